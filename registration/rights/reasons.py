"""Why some columns are not told, said once."""

ONE_CONFERENCE = "the file is of one conference"
SECRET = "a secret, or what one is made of"  # noqa: S105 - says that something is one
