"""OAI-PMH 2.0: what library systems ask, and what they are answered."""
