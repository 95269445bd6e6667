"""Web pages of ``registration``: each reads the request, calls one rule or query, picks a page."""
