"""What people are asked: questions, consents, and the form that holds them."""
