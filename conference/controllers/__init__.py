"""Web pages of ``conference``: each reads the request, calls one rule or query, picks a page."""
