"""The desk's pages about speakers: the list with its filters, one speaker, the chase list; what the public sees."""

from __future__ import annotations

import re
from datetime import timedelta

from conference import clock, db
from conference.tables import Conference, OutgoingMail, Role
from sessions.forms import SpeakerForm
from sessions.releases.publishing import release_programme
from sessions.speakers.records import SpeakerFacts, facts_of
from sessions.tables import Appearance, AppearanceState, DraftChange, Speaker, SpeakerKind
from tests.makers import (
    NOW,
    make_conference,
    make_member,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
)
from tests.pages import Browser, sign_in_as, text_of
from tests.people import STRANGER

LIST = "/organise/libraries/speakers"


async def signed_in(browser: Browser) -> Conference:
    petra = await make_organiser()
    conference = await make_conference(owner=petra)
    await sign_in_as(browser, petra)
    return conference


async def test_the_list_is_searched_and_filtered(browser: Browser) -> None:
    conference = await signed_in(browser)
    ruth = await make_speaker(conference)
    sam = await make_speaker(conference, "Sam Lee", zone="", kind=SpeakerKind.ORGANISATION)
    session = await make_session(conference, speakers=(ruth,))
    await make_session(conference, "Panel", speakers=(sam,))
    await Appearance.update({Appearance.state: AppearanceState.CONFIRMED.value}).where(
        Appearance.speaker == ruth.id
    )
    page = text_of((await browser.get(LIST)).text)
    assert "2 speakers" in page
    assert "zone unknown" in page
    for query, name in (
        ("q=okafor", "Ruth Okafor"),
        ("state=planned", "Sam Lee"),
        (f"session={session.code}", "Ruth Okafor"),
        ("missing=zone", "Sam Lee"),
    ):
        found = text_of((await browser.get(f"{LIST}?{query}")).text)
        assert "One speaker" in found
        assert name in found
    assert "Nobody found" in (await browser.get(f"{LIST}?state=no")).text


async def test_lists_cost_the_same_for_one_speaker_and_for_thirty(browser: Browser) -> None:
    conference = await signed_in(browser)
    counts = []
    for number in (1, 29):
        people = tuple([await make_speaker(conference, f"Speaker {number} {n}") for n in range(number)])
        for person in people[:10]:
            await make_session(conference, speakers=people[:3] if person in people[:3] else (person,))
        found = []
        for path in ("", "/chase", "/requests", "/mail", "/mail/new", f"/{people[0].code}"):
            with db.count_queries() as counted:
                assert (await browser.get(LIST + path)).status_code == 200
            found.append(counted.total)
        counts.append(found)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 12


async def test_the_chase_list_says_since_when_and_leads_to_a_mail(browser: Browser) -> None:
    conference = await signed_in(browser)
    ruth, sam = await make_speaker(conference), await make_speaker(conference, "Sam Lee", email="")
    await make_session(conference, speakers=(ruth, sam))
    await Appearance.update(
        {
            Appearance.state: AppearanceState.INVITED.value,
            Appearance.invited_at: clock.now() - timedelta(days=9),
            Appearance.reminded_at: clock.now() - timedelta(days=2, hours=1),
        }
    ).where(Appearance.speaker == ruth.id)
    page = (await browser.get(f"{LIST}/chase")).text
    assert "invited 9 days ago reminded 2 days ago" in text_of(page)
    assert "not invited yet" in page
    assert f'name="speaker" value="{ruth.code}"' in page
    assert sam.code in page
    assert f'name="speaker" value="{sam.code}"' not in page  # no address, no box
    assert "One speaker" in text_of((await browser.get(f"{LIST}/chase?missing=email")).text)
    assert "Nobody owes this" in (await browser.get(f"{LIST}/chase?missing=zone")).text
    invited = await browser.post_form(
        f"{LIST}/invite", {"speaker": [ruth.code], "again": "yes", "back": "chase"}
    )
    assert invited.headers["location"] == f"{LIST}/chase"
    assert await OutgoingMail.count() == 1


async def test_a_viewer_sees_and_changes_nothing(browser: Browser) -> None:
    conference = await make_conference()
    ruth = await make_speaker(conference)
    await make_session(conference, speakers=(ruth,))
    await sign_in_as(browser, await make_member(conference, STRANGER, Role.VIEWER))
    for path in ("", "/chase", "/requests", f"/{ruth.code}"):
        page = await browser.get(LIST + path)
        assert page.status_code == 200
        assert 'type="file"' not in page.text
        assert "They told us" not in page.text
        assert "Write to" not in page.text
    assert (await browser.get(f"{LIST}/mail")).status_code == 403
    assert (await browser.post_form(f"{LIST}/{ruth.code}/photo/remove")).status_code == 403


async def test_a_speaker_is_stored_with_everything_the_form_asks(browser: Browser) -> None:
    await signed_in(browser)
    form = {
        "name": "Ruth Okafor",
        "kind": "person",
        "country": "US",
        "zone": "unknown",
        "orcid": "https://orcid.org/0000-0002-1694-233x",
        "language": "fr",
        "access_needs": "Captions.",
        "technical_needs": "Two screens.",
    }
    added = await browser.post_form(f"{LIST}/new", form)
    assert added.status_code == 303, text_of(added.text)
    [row] = await Speaker.objects()
    facts = facts_of(row)
    assert (facts.orcid, facts.zone, facts.country) == ("0000-0002-1694-233X", "", "US")
    assert (facts.language, facts.access_needs, facts.technical_needs) == ("fr", "Captions.", "Two screens.")
    page = (await browser.get(f"{LIST}/{row.code}")).text
    assert '<option value="unknown" selected>' in page
    refused = await browser.post_form(f"{LIST}/new", {**form, "orcid": "0000-0002-1694-2330"})
    assert (refused.status_code, 'id="orcid-error"' in refused.text) == (422, True)
    assert await DraftChange.count() == 1


def test_the_form_with_everything_gives_back_the_facts_it_was_made_from() -> None:
    facts = SpeakerFacts(
        name="Ruth",
        country="US",
        orcid="0000-0002-1825-0097",
        language="fr",
        access_needs="Captions.",
        technical_needs="Two screens.",
    )
    form = SpeakerForm.of(facts, ("en", "fr"), 3)
    again = SpeakerForm.from_post(form.values, ("en", "fr"), facts)
    assert (again.errors, again.facts) == ({}, facts)


async def test_the_public_sees_orcid_and_organisations_apart_and_nothing_private(browser: Browser) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    ruth = await make_speaker(
        conference,
        orcid="0000-0002-1825-0097",
        pronouns="she/her",
        access_needs="needs-captions",
        technical_needs="needs-screens",
        internal_notes="needs-watching",
    )
    library = await make_speaker(conference, "City Library", kind=SpeakerKind.ORGANISATION)
    session = await make_session(conference, speakers=(ruth, library))
    await make_slot(conference, session, await make_room(conference))
    await Appearance.update({Appearance.answer_note: "needs-privacy"}).where(Appearance.speaker == ruth.id)
    await release_programme(conference, note="", actor=petra, now=NOW)
    listed = (await browser.get("/libraries/speakers")).text
    assert re.search(r"<h2>People</h2>.*Ruth Okafor.*<h2>Organisations</h2>.*City Library", listed, re.S)
    page = (await browser.get(f"/libraries/speakers/{ruth.code}")).text
    assert 'href="https://orcid.org/0000-0002-1825-0097"' in page
    assert "she/her" in page
    for path in (
        "/libraries/speakers",
        f"/libraries/speakers/{ruth.code}",
        f"/libraries/sessions/{session.code}",
        "/libraries/programme",
        "/libraries/programme.xml",
        "/libraries/programme.json",
        "/libraries/programme.ics",
        "/libraries/changes",
    ):
        text = (await browser.get(path)).text
        assert "needs-" not in text
        assert ruth.email not in text
