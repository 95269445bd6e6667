"""How what remains comes in: uploads that survive a broken line, captions, consents, links that are looked after, and who still owes what."""
