"""People's rights over their data: seeing it, taking it along, having it erased, complaining; and how long it is kept."""
