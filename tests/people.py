"""A small cast who stay the same in every test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Someone in the tests, with where they are."""

    name: str
    email: str
    zone: str
    country: str
    language: str = "en"


BERLIN_ORGANISER = Person("Petra Vogel", "petra@example.org", "Europe/Berlin", "DE")
NEW_YORK_SPEAKER = Person("Ruth Okafor", "ruth@example.org", "America/New_York", "US")
KOLKATA_ATTENDEE = Person("Anjali Menon", "anjali@example.org", "Asia/Kolkata", "IN")  # UTC+5:30
AUCKLAND_ATTENDEE = Person("Wiremu Tāne", "wiremu@example.org", "Pacific/Auckland", "NZ")  # already tomorrow
STRANGER = Person("Nobody Known", "stranger@example.org", "Europe/London", "GB")  # no right to see anything
