"""Every table says whether it holds people, and every column of those that do is told to them or left out for a reason."""

from __future__ import annotations

import pytest
from piccolo.columns import ForeignKey
from piccolo.conf.apps import Finder
from piccolo.table import Table

from conference import piccolo_conf
from conference.personal_data import Held, Whose
from conference.tables import Organiser
from registration.rights.everything import HELD, NOT_HELD
from registration.tables import Attendee, Registration
from sessions.tables import Speaker

PEOPLE = (Registration, Attendee, Speaker, Organiser)


def all_tables() -> set[type[Table]]:
    return {table for app in piccolo_conf.APPS for table in Finder().get_app_config(app).table_classes}


def test_every_table_is_declared_as_holding_people_or_not() -> None:
    """A new table belongs into a ``personal_tables.py``: with how a person's rows are found, or with why there are none."""
    held, not_held = {one.table for one in HELD}, {one.table for one in NOT_HELD}
    assert held | not_held == all_tables()
    assert held & not_held == set()
    assert [one.table for one in NOT_HELD if not one.reason] == []


@pytest.mark.parametrize("held", HELD, ids=lambda held: held.name)
def test_every_column_is_told_or_left_out_for_a_reason(held: Held) -> None:
    told = {column for fact in held.facts for column in fact.columns}
    own = {
        column._meta.name
        for column in held.table._meta.columns
        if column._meta.name in ("id", "revision")
        or (isinstance(column, ForeignKey) and column._foreign_key_meta.resolved_references in PEOPLE)
    }
    columns = {column._meta.name for column in held.table._meta.columns}
    assert columns - told - held.silent.keys() - own == set()
    assert held.silent.keys() <= columns
    assert all(held.silent.values())


def test_names_in_the_file_are_unique_and_each_is_explained() -> None:
    names = [held.name for held in HELD]
    assert len(names) == len(set(names))
    for held in HELD:
        facts = [fact.name for fact in held.facts]
        assert len(facts) == len(set(facts)), held.name
        assert all(fact.label for fact in held.facts)


def test_erasing_touches_every_table_of_attendees_or_says_why_it_stays() -> None:
    assert [held.name for held in HELD if not held.forgets and not held.stays] == []
    assert [held.name for held in HELD if held.whose is not Whose.ATTENDEE and held.forgets] == []
