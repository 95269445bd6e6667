"""What the demonstration conference leaves behind: things written for it, one of each kind that a page shows in its own way.

They are ours and under CC0, so that anybody may do anything with them. Nobody handed them out on 25 June 2021.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import resources as package_files

from conference import texts
from conference.db import locked
from conference.storage import Storage, Stored
from conference.tables import Conference
from conference.texts import LocalText
from conference.uploads import ReceivedFile
from conference.viewer import SignedInOrganiser
from sessions.packs import contents, placing, resource_files, resources
from sessions.packs.arranging import note_item
from sessions.packs.collecting.chapters import chapters_column, chapters_of_file
from sessions.packs.collecting.file_checks import look_at
from sessions.packs.contents import Content
from sessions.packs.relations import write_relations
from sessions.packs.resource_facts import Creator, PackFacts, ResourceFacts, pack_facts
from sessions.packs.resource_packs import change_pack, create_pack, publish_pack
from sessions.packs.tables import PackAccess, Resource, ResourceKind, ResourcePack
from sessions.packs.topics import save_topics, topics_of

LICENCE = "CC0-1.0"
TOPICS: tuple[LocalText, ...] = (
    {"en": "First contact", "fr": "Premier contact", "ar": "التواصل الأول"},
    {"en": "Time zones", "fr": "Fuseaux horaires", "ar": "المناطق الزمنية"},
    {"en": "Funding", "fr": "Financement", "ar": "التمويل"},
)
TOOLKIT, FUNDING = "International partnership toolkit", "Fundraising for international projects"
CLOCKS: LocalText = {"en": "Meeting across time zones", "fr": "Se réunir entre fuseaux horaires"}
CLOCKS_NOTE: LocalText = {
    "en": "For the first call with a library elsewhere: half a minute to watch, a page to print, and figures.",
    "fr": "Pour le premier appel avec une bibliothèque lointaine : une demi-minute à voir, une page à imprimer, des chiffres.",
}


@dataclass(frozen=True)
class Thing:
    """A file of ours (or, with a ``url``, something elsewhere) and what is said of it. ``topic`` is the English name of one;
    ``belongs_to`` and ``translation_of`` are files of others, above it in the list; ``pack`` is the English title of its."""

    name: str
    pack: str
    kind: ResourceKind
    title: LocalText
    description: LocalText = field(default_factory=dict)
    language: str = "en"
    topic: str = ""
    accessibility: tuple[str, ...] = ()
    belongs_to: str = ""
    translation_of: str = ""
    chapters: str = ""
    note: LocalText = field(default_factory=dict)


FILM = "we-meet-at-ten.mp4"
PAGE = "before-a-first-meeting.pdf"
FILM_TITLE: LocalText = {
    "en": "“We meet at ten”: four clocks in half a minute",
    "fr": "« On se retrouve à dix heures » : quatre horloges en une demi-minute",
    "ar": "«نلتقي في العاشرة»: أربع ساعات في نصف دقيقة",
}
THINGS: tuple[Thing, ...] = (
    Thing(
        "first-message.md",
        TOOLKIT,
        ResourceKind.TEMPLATE,
        {"en": "A first message to a library you do not know yet"},
        {
            "en": "What to think of before writing, a letter to fill in, and what to agree on after the first talk."
        },
        topic="First contact",
        accessibility=("structuralNavigation", "displayTransformability"),
    ),
    Thing(
        "project-outline.md",
        FUNDING,
        ResourceKind.TEMPLATE,
        {"en": "The outline of an international project, on one page"},
        {"en": "Six questions that a funder asks, in the order in which they ask them."},
        topic="Funding",
        accessibility=("structuralNavigation", "displayTransformability"),
    ),
    Thing(
        FILM,
        CLOCKS["en"],
        ResourceKind.RECORDING,
        FILM_TITLE,
        {
            "en": "A silent film of four pictures. All that is seen is in its captions, in English, French and Arabic.",
            "fr": "Un film muet en quatre images. Tout ce que l’on voit est dans les sous-titres, en anglais, français et arabe.",
        },
        topic="Time zones",
        accessibility=("captions", "longDescription"),
        chapters="we-meet-at-ten.chapters.vtt",
        note={"en": "To begin a meeting with.", "fr": "Pour ouvrir une réunion."},
    ),
    *(
        Thing(
            f"we-meet-at-ten.{language}.vtt",
            CLOCKS["en"],
            ResourceKind.CAPTIONS,
            FILM_TITLE,
            language=language,
            topic="Time zones",
            belongs_to=FILM,
        )
        for language in ("en", "fr", "ar")
    ),
    Thing(
        PAGE,
        CLOCKS["en"],
        ResourceKind.HANDOUT,
        {"en": "Before a first meeting across time zones"},
        {"en": "Five questions on one page. They take ten minutes and save an hour at three in the morning."},
        topic="Time zones",
        accessibility=("taggedPDF", "structuralNavigation"),
        note={
            "en": "Print it, or send it with the invitation.",
            "fr": "À imprimer, ou à joindre à l’invitation.",
        },
    ),
    Thing(
        "avant-une-premiere-reunion.pdf",
        CLOCKS["en"],
        ResourceKind.HANDOUT,
        {"fr": "Avant une première réunion entre fuseaux horaires"},
        {
            "fr": "Cinq questions sur une page. Dix minutes suffisent, et personne ne se lève à trois heures du matin."
        },
        language="fr",
        topic="Time zones",
        accessibility=("taggedPDF", "structuralNavigation"),
        translation_of=PAGE,
    ),
    Thing(
        "shared-working-hours.csv",
        CLOCKS["en"],
        ResourceKind.DATASET,
        {
            "en": "Working hours that seven cities share",
            "fr": "Les heures de travail que partagent sept villes",
        },
        {
            "en": "For each pair of London, Lagos, Dubai, Kolkata, Singapore, Auckland and New York: the difference of "
            "their clocks and how long nine to five is at the same time, in January, in the weeks of the clock changes "
            "and in July 2027."
        },
        topic="Time zones",
    ),
)


async def store_things(storage: Storage) -> dict[str, Stored]:
    """Put the files into the store; what each became, by its name."""
    return {thing.name: await storage.put_stream(_octets(thing.name)) for thing in THINGS}


async def _octets(name: str) -> AsyncIterator[bytes]:
    yield _file(name)


def _file(name: str) -> bytes:
    return (package_files.files("sessions.demo") / "files" / name).read_bytes()


async def leave_behind(
    conference: Conference,
    stored: Mapping[str, Stored],
    *,
    storage: Storage,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Fill the conference's packs with the things, which lie in the store, and publish them. Nobody is told."""
    await save_topics(conference, [("", topic) for topic in TOPICS], actor=actor, now=now)
    facts = PackFacts(CLOCKS, CLOCKS_NOTE)
    await create_pack(conference, facts, actor=actor, now=now)
    rows = await ResourcePack.objects().where(ResourcePack.conference == conference.id)
    packs = {texts.pick(pack.title, "en"): pack for pack in rows}
    funding = packs[FUNDING]
    for_those_registered = replace(pack_facts(funding), access=PackAccess.REGISTERED)
    await change_pack(
        conference, funding.code, for_those_registered, revision=funding.revision, actor=actor, now=now
    )
    received = {name: await look_at(file, name, storage=storage) for name, file in stored.items()}
    async with contents.adopted(storage, [received[thing.name].stored for thing in THINGS], now=now) as kept:
        await _add(conference, packs, received, kept, actor=actor, now=now)
    for title in (TOOLKIT, FUNDING, CLOCKS["en"]):
        await publish_pack(conference, packs[title].code, is_told=False, actor=actor, now=now)


async def _add(
    conference: Conference,
    packs: Mapping[str, ResourcePack],
    received: Mapping[str, ReceivedFile],
    kept: Sequence[Content],
    *,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    topics = {texts.pick(topic.name, "en"): topic.code for topic in await topics_of(conference.id)}
    made: dict[str, Resource] = {}
    for thing, content in zip(THINGS, kept, strict=True):
        pack = packs[thing.pack]
        facts = ResourceFacts(
            kind=thing.kind,
            title=thing.title,
            description=thing.description,
            languages=(thing.language,),
            creators=(Creator("Meridian"),),
            licence=LICENCE,
            accessibility=thing.accessibility,
            topics=(topics[thing.topic],) if thing.topic else (),
            belongs_to=made[thing.belongs_to].code if thing.belongs_to else "",
            translation_of=made[thing.translation_of].code if thing.translation_of else "",
        )
        async with locked(Conference, conference.id):
            homes = await placing.homes_of(conference, pack, now=now)
            resource = await resources.insert_resource(
                conference, facts, session=pack.session, actor=actor, now=now
            )
            await write_relations(conference, resource.id, facts)
            await resource_files.put_file(resource, received[thing.name], content, now=now)
            if thing.chapters:
                column = chapters_column(chapters_of_file(_file(thing.chapters), thing.chapters))
                await Resource.update({Resource.chapters: column}).where(Resource.id == resource.id)
            await resources.settle([resource], homes, actor=actor, now=now)
        if thing.note:
            await note_item(conference, pack.code, resource.code, thing.note, seen={}, actor=actor, now=now)
        made[thing.name] = resource
