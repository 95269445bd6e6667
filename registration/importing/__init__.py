"""People whom organisers register from a sheet: columns read, rows looked at first, added one by one in the background."""
