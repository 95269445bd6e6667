"""A pack, or everything, as a BagIt bag (RFC 8493) in a zip that can be resumed."""
