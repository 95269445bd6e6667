"""The library across conferences: what is asked, found, counted and shown."""
