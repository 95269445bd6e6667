"""Registrations from the first form to withdrawal, and the links they are reached by."""
