"""Programmes as files: frab/Pentabarf XML, schedule JSON, and Meridian's own YAML."""
