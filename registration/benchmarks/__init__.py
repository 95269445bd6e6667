"""What ``meridian bench`` measures."""
