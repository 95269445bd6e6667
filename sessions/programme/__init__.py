"""The released programme as the public sees it."""
