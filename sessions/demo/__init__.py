"""The demonstration conference, carried in the package as ``working-internationally.yaml``."""
