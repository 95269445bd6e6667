"""Web pages of ``sessions``: each reads the request, calls one rule or query, picks a page."""
