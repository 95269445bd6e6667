"""Rules about speakers."""

from __future__ import annotations

import pytest

from conference import db
from conference.errors import NotFound, StaleEdit
from conference.tables import AuditEntry
from sessions.forms import SpeakerForm
from sessions.speakers.records import (
    SpeakerFacts,
    SpeakerInUse,
    add_speaker,
    change_speaker,
    delete_speaker,
    facts_of,
    speaker_by_code,
)
from sessions.tables import Speaker
from tests.makers import NOW, make_conference, make_organiser, make_session

RUTH = SpeakerFacts(
    name="Ruth Okafor",
    pronouns="she/her",
    job_title="Director",
    organisation="City Library",
    country="US",
    zone="America/New_York",
    biography={"en": "Ruth *reads*."},
    links=({"title": "Blog", "url": "https://example.org/ruth"},),
    email="ruth@example.org",
    internal_notes="Prefers mornings.",
)


async def test_a_speaker_is_stored_whole_and_read_back_equal(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    speaker = await add_speaker(conference, RUTH, actor=petra, now=NOW)
    assert facts_of(await speaker_by_code(conference.id, speaker.code)) == RUTH
    with pytest.raises(NotFound):
        await speaker_by_code(conference.id + 1, speaker.code)


async def test_a_change_names_the_revision_it_saw(each_database: db.Database) -> None:
    petra = await make_organiser()
    speaker = await add_speaker(await make_conference(), RUTH, actor=petra, now=NOW)
    changed = SpeakerFacts(name="Ruth A. Okafor", email="new@example.org")
    await change_speaker(speaker.id, changed, revision=1, actor=petra, now=NOW)
    with pytest.raises(StaleEdit) as refusal:
        await change_speaker(speaker.id, RUTH, revision=1, actor=petra, now=NOW)
    assert (refusal.value.mine["name"], refusal.value.theirs["name"]) == ("Ruth Okafor", "Ruth A. Okafor")
    assert "example.org" not in str(refusal.value.theirs)
    assert (await Speaker.select(Speaker.name, Speaker.revision)) == [
        {"name": "Ruth A. Okafor", "revision": 2}
    ]


async def test_the_audit_log_keeps_neither_address_nor_notes(each_database: db.Database) -> None:
    petra = await make_organiser()
    speaker = await add_speaker(await make_conference(), RUTH, actor=petra, now=NOW)
    await change_speaker(
        speaker.id, SpeakerFacts(name="Ruth", email="new@example.org"), revision=1, actor=petra, now=NOW
    )
    entries = str(
        await AuditEntry.select(AuditEntry.before, AuditEntry.after).where(
            AuditEntry.subject == f"speaker:{speaker.code}"
        )
    )
    assert "ruth@example.org" not in entries
    assert "new@example.org" not in entries
    assert "mornings" not in entries
    assert "City Library" in entries


async def test_a_speaker_in_a_session_is_not_deleted(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    speaker = await add_speaker(conference, RUTH, actor=petra, now=NOW)
    session = await make_session(conference, speakers=(speaker,))
    with pytest.raises(SpeakerInUse, match="appears in a session"):
        await delete_speaker(speaker.id, actor=petra, now=NOW)
    await session.remove()
    await delete_speaker(speaker.id, actor=petra, now=NOW)
    assert await Speaker.count() == 0


def test_the_form_gives_back_the_facts_it_was_made_from() -> None:
    form = SpeakerForm.of(RUTH, ("en",), 3)
    again = SpeakerForm.from_post(form.values, ("en",), RUTH)
    assert (again.errors, again.facts, again.revision) == ({}, RUTH, 3)


def test_a_biography_in_a_language_no_longer_offered_is_kept() -> None:
    before = SpeakerFacts(name="R", biography={"en": "One", "fr": "Un"})
    form = SpeakerForm.of(before, ("en",), 1)
    form.values["biography_en"] = "Two"
    again = SpeakerForm.from_post(form.values, ("en",), before)
    assert again.facts is not None
    assert again.facts.biography == {"en": "Two", "fr": "Un"}


def test_a_country_with_one_zone_needs_no_choice_of_zone() -> None:
    form = SpeakerForm.from_post({"name": "Asha", "kind": "person", "country": "IN"}, ("en",))
    assert form.facts is not None
    assert form.facts.zone == "Asia/Kolkata"
    several = SpeakerForm.from_post({"name": "Ana", "kind": "person", "country": "BR"}, ("en",))
    assert list(several.errors) == ["zone"]
    assert several.country_zones[0] == "America/Sao_Paulo"
    old = {"name": "Asha", "kind": "person", "country": "IN", "zone": "Asia/Calcutta"}
    renamed = SpeakerForm.from_post(old, ("en",))
    assert renamed.facts is not None
    assert renamed.facts.zone == "Asia/Kolkata"
