"""Our own YAML says everything: whatever a programme holds comes back, and to the public only what is public goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings

from sessions.interchange import own_yaml
from sessions.interchange.model import ImportRefused, ProgrammeFile, SlotFacts
from sessions.tables import AppearanceState, SessionKind
from tests.sessions.programmes import QUICK, programmes


@settings(max_examples=60, deadline=None, phases=QUICK)
@given(programmes())
def test_what_is_written_for_organisers_is_read_back_field_by_field(programme: ProgrammeFile) -> None:
    result = own_yaml.read(own_yaml.write(programme, private=True))
    assert result.programme == programme
    assert result.doubts == ()


@settings(max_examples=25, deadline=None, phases=QUICK)
@given(programmes())
def test_what_is_written_for_the_public_is_read_back_without_what_is_private(
    programme: ProgrammeFile,
) -> None:
    public = own_yaml.read(own_yaml.write(programme)).programme
    assert public.rules is None
    assert not any(room.vendor_url for room in public.rooms)
    for speaker in public.speakers:
        private = (
            speaker.language,
            speaker.email,
            speaker.access_needs,
            speaker.technical_needs,
            speaker.internal_notes,
        )
        assert not any(private)
        assert speaker.availability == ()
        assert speaker.availability_given_at is None
    for session in public.sessions:
        assert not session.recording_url
        assert not session.internal_notes
        for one in session.appearances:
            assert replace(one, role=one.role, part=one.part) == type(one)(one.speaker, one.role, one.part)
    shown = [one for one in programme.sessions if one.kind != SessionKind.BLOCKER]
    assert [one.title for one in public.sessions] == [one.title for one in shown]
    for written, kept in zip(shown, public.sessions, strict=True):
        declined = [one for one in written.appearances if one.state == AppearanceState.DECLINED]
        assert len(kept.appearances) == len(written.appearances) - len(declined)


HEAD = """
conference: {name: Day, zone: Europe/Paris, starts: 2026-10-25T00:00, ends: 2026-10-25T10:00}
speakers: [{id: ada, name: Ada}]
sessions:
"""


def refused(text: str) -> str:
    with pytest.raises(ImportRefused) as caught:
        own_yaml.read((HEAD + text).encode())
    return caught.value.message


def test_the_second_of_two_equal_hours_is_kept() -> None:
    programme = own_yaml.read(
        (HEAD + "  - {id: s, title: Late, starts: 2026-10-25T02:30, second_hour: yes}").encode()
    ).programme
    (session,) = programme.sessions
    assert session.slots == (SlotFacts(None, datetime.fromisoformat("2026-10-25T02:30"), 30),)
    assert session.slots[0].local_start is not None
    assert session.slots[0].local_start.fold == 1
    again = own_yaml.read(own_yaml.write(programme)).programme.sessions[0].slots[0].local_start
    assert again is not None
    assert again.fold == 1


def test_what_cannot_be_is_refused_with_its_line() -> None:
    assert "Line 5" in refused("  - {id: s, title: T, speakers: [{id: ada, part: 2}]}")
    assert "a part that is not there" in refused("  - {id: s, title: T, speakers: [{id: ada, part: 2}]}")
    assert "is none of planned, invited" in refused(
        "  - {id: s, title: T, speakers: [{id: ada, state: maybe}]}"
    )
    assert "is not an instant" in refused(
        "  - {id: s, title: T, speakers: [{id: ada, invited: 2026-10-25T02:30}]}"
    )
    for speaker, reason in (
        ("orcid: 0000-0002-1825-0098", "is not an ORCID"),
        ("email: nobody", "is not an e-mail address"),
        ("availability: [{from: 2026-10-25T10:00Z, until: 2026-10-25T09:00Z}]", "ends before it starts"),
    ):
        with pytest.raises(ImportRefused, match=reason):
            own_yaml.read(HEAD.replace("name: Ada", f"name: Ada, {speaker}").encode())
