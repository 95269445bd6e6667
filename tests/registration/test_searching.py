"""What a registration is found by: folded once by whoever writes it, whichever way it comes, and by the migration."""

from __future__ import annotations

import contextlib
import io
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st
from piccolo.apps.migrations.tables import Migration

from conference import db
from conference.db.migrations import migrations_of
from registration.desk.editing import Edited, edit
from registration.desk.filters import Filter
from registration.desk.lists import registrations_page
from registration.entries.registrations import Details, change_details
from registration.entries.searching import MOST_LETTERS, folded, searched, words_of
from registration.tables import Registration
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, make_scene, the_registration


async def found(scene: Scene, search: str) -> list[str]:
    page = await registrations_page(scene.conference, Filter(q=search), REGISTERED)
    return [row.name for row in page.rows]


async def none_is_out_of_step() -> None:
    """What is searched of every registration is what it says now."""
    for row in await Registration.objects():
        assert row.searched == searched(row.name, row.email, row.organisation, row.code)


def test_letters_are_the_same_in_every_dress() -> None:
    assert folded("Søren ŁUKASZ Ñandú Straße ﬁne") == "soren lukasz nandu strasse fine"
    assert folded("أحمد عَبْد") == folded("أحمد عبد")
    assert words_of("  Łódź\tTĀNE  \u0301 x y", 4) == ["lodz", "tane", "x"]
    assert words_of("a" * 500, 6) == ["a" * MOST_LETTERS]


@given(st.text(max_size=30))
def test_a_word_is_found_in_what_holds_it(word: str) -> None:
    text = searched(f"Ann {word} Lee", "ann@example.org", word, "abcd")
    assert all(part in text for part in words_of(word, 6))
    assert folded(text) == text


async def test_every_way_to_change_what_somebody_says_changes_what_finds_them(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    mine = await scene.confirmed(KOLKATA_ATTENDEE)
    assert await found(scene, "MENÓN anjali") == [KOLKATA_ATTENDEE.name]
    assert await found(scene, mine.code) == [KOLKATA_ATTENDEE.name]

    details = Details("Ánjali Nair", "IN", "Asia/Kolkata", "en", "Bibliothèque de Kollam")
    await change_details(mine.id, details, revision=mine.revision, now=REGISTERED)
    assert await found(scene, "bibliotheque NAIR") == ["Ánjali Nair"]
    assert await found(scene, "menon nair") == []

    mine = await the_registration(mine.code)
    edited = Edited(
        Details("Zoë", "IN", "Asia/Kolkata", "en"), "zoe@new.example", "zoe@new.example", None, ""
    )
    await edit(
        mine.id,
        scene.conference,
        await scene.programme(),
        edited,
        revision=mine.revision,
        actor=scene.organiser,
        now=REGISTERED,
    )
    assert await found(scene, "zoe new.example") == ["Zoë"]
    assert await found(scene, "kollam") == []
    await scene.register(AUCKLAND_ATTENDEE)
    await none_is_out_of_step()


@pytest.mark.parametrize("name", ["José Núñez", "Ana_Lopez 100 %", "Ⅻ ﬁ ẞ", "علي"])
async def test_those_who_registered_before_there_was_such_a_column_are_found(
    each_database: db.Database, name: str
) -> None:
    scene = await make_scene()
    mine = await scene.confirmed(KOLKATA_ATTENDEE)
    await Registration.update({Registration.name: name}).where(Registration.id == mine.id)
    newest = [one for one in sorted(migrations_of("registration")) if one >= "2026-11-29T16:40:00:000022"]
    for one in reversed(newest):
        manager = await import_module(migrations_of("registration")[one]).forwards()
        with contextlib.redirect_stdout(io.StringIO()):
            await manager.run(backwards=True)
    await Migration.delete().where(Migration.name.is_in(newest))

    assert await db.migrate() == [f"registration: {one}" for one in newest]

    await none_is_out_of_step()
    assert await found(scene, name) == [name]
