"""Resources that come back, or from elsewhere: a bag, or a zip of files with a sheet about them; looked at row by row first."""
