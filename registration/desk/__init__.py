"""The organiser's desk of registrations: who comes, found, counted, mended, written to, brought in and taken away."""
