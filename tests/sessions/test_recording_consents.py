"""Nothing of a recording is shown without the word of everyone in it, and all of it goes when somebody takes it back."""

from __future__ import annotations

from typing import Any

import pytest

from conference import db
from conference.tables import Conference
from sessions.packs.held_packs import NotReady
from sessions.packs.queries import pack_items
from sessions.packs.resource_facts import PackFacts, ResourceFacts
from sessions.packs.resource_packs import change_pack, publish_pack
from sessions.packs.resources import add_link
from sessions.packs.tables import PackAccess, Resource, ResourceKind, ResourcePack, Tombstone
from sessions.speakers.own_answers import answer_consents
from sessions.tables import Appearance, ConsentState, Session, Speaker
from tests.makers import NOW, make_conference, make_organiser, make_session, make_speaker
from tests.pages import Browser
from tests.sessions.resource_makers import make_pack_row, make_resource_row

GIVEN, REFUSED, UNKNOWN = ConsentState.GIVEN, ConsentState.REFUSED, ConsentState.UNKNOWN


class Scene:
    """A session of two people with a recording in its own pack."""

    conference: Conference
    session: Session
    zoe: Speaker
    pack: ResourcePack
    film: Resource
    actor: Any

    @classmethod
    async def make(cls, access: PackAccess = PackAccess.PUBLIC) -> Scene:
        scene = cls()
        scene.actor = await make_organiser()
        scene.conference = await make_conference(owner=scene.actor)
        scene.session = await make_session(scene.conference, "Sourdough")
        scene.zoe = await make_speaker(scene.conference, "Zoë Müller")
        ruth = await make_speaker(scene.conference, "Ruth Okafor")
        for speaker, consent in ((scene.zoe, UNKNOWN), (ruth, GIVEN)):
            await Appearance(
                session=scene.session.id,
                speaker=speaker.id,
                recording_consent=consent,
                publishing_consent=consent,
            ).save()
        scene.pack = await make_pack_row(
            scene.conference, session=scene.session.id, is_automatic=True, access=access
        )
        scene.film = await make_resource_row(
            scene.conference,
            scene.pack,
            title="The film",
            kind=ResourceKind.RECORDING,
            session=scene.session.id,
            licence="CC0-1.0",
            url="https://video.example/film",
        )
        await make_resource_row(scene.conference, scene.pack, title="Slides", licence="CC0-1.0")
        return scene

    async def says(self, recording: ConsentState, publishing: ConsentState) -> None:
        await answer_consents(
            self.zoe.id, self.session.code, recording=recording, publishing=publishing, now=NOW
        )

    async def publish(self) -> None:
        await publish_pack(self.conference, self.pack.code, actor=self.actor, now=NOW)

    async def titles(self) -> list[str]:
        return [item.title["en"] for item in await pack_items(self.pack.id)]


async def test_a_recording_is_published_when_everyone_in_it_has_agreed(each_database: db.Database) -> None:
    scene = await Scene.make()
    with pytest.raises(NotReady, match="Zoë Müller") as refusal:
        await scene.publish()
    assert "Ruth" not in refusal.value.message
    await scene.says(GIVEN, REFUSED)
    with pytest.raises(NotReady, match="Zoë Müller"):
        await scene.publish()
    await scene.says(GIVEN, GIVEN)
    await scene.publish()
    assert await scene.titles() == ["The film", "Slides"]


async def test_for_those_registered_being_recorded_is_enough_until_the_pack_is_opened_to_all(
    each_database: db.Database,
) -> None:
    scene = await Scene.make(PackAccess.REGISTERED)
    await scene.says(GIVEN, REFUSED)
    await scene.publish()
    row = await ResourcePack.objects().get(ResourcePack.id == scene.pack.id)
    assert row is not None
    wider = PackFacts({"en": "All"}, access=PackAccess.PUBLIC, session=scene.session.id)
    with pytest.raises(NotReady, match="Zoë Müller"):
        await change_pack(
            scene.conference, scene.pack.code, wider, revision=row.revision, actor=scene.actor, now=NOW
        )


async def test_no_recording_slips_into_a_pack_that_is_out(each_database: db.Database) -> None:
    scene = await Scene.make()
    await Resource.delete().where(Resource.id == scene.film.id)
    await scene.publish()
    facts = ResourceFacts(
        ResourceKind.TRANSCRIPT, {"en": "Words"}, licence="CC0-1.0", url="https://video.example/words"
    )
    with pytest.raises(NotReady, match="Zoë Müller"):
        await add_link(scene.conference, scene.pack.code, facts, actor=scene.actor, now=NOW)
    assert await scene.titles() == ["Slides"]


async def test_consent_taken_back_takes_the_recording_down_at_once(each_database: db.Database) -> None:
    scene = await Scene.make()
    await scene.says(GIVEN, GIVEN)
    await scene.publish()
    await scene.says(REFUSED, REFUSED)
    assert await scene.titles() == ["Slides"]
    (stone,) = await Tombstone.objects()
    assert (stone.code, stone.subject, stone.kind, stone.reason) == (
        scene.film.code,
        "resource",
        "recording",
        "consent",
    )
    await scene.says(REFUSED, REFUSED)
    assert await Tombstone.count() == 1


async def test_readers_are_told_that_it_was_taken_down_and_nothing_else(browser: Browser) -> None:
    scene = await Scene.make()
    await scene.says(GIVEN, GIVEN)
    await scene.publish()
    await scene.says(GIVEN, REFUSED)
    page = await browser.get(f"/libraries/resources/{scene.pack.code}")
    assert ("Slides" in page.text, "The film" in page.text) == (True, False)
    gone = await browser.get(f"/libraries/resources/{scene.pack.code}/{scene.film.code}")
    assert gone.status_code == 410
    assert "at the wish of a person in it" in gone.text
