"""The programme before, during and after the conference."""
