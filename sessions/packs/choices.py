"""What the forms of a resource offer to choose from, read from the conference's rows."""

from __future__ import annotations

from conference import texts
from conference.tables import Conference
from sessions.packs.relations import related_to
from sessions.packs.resource_facts import KnownSpeaker
from sessions.packs.resource_forms import Offered
from sessions.packs.resource_words import ROLES
from sessions.packs.tables import Resource
from sessions.packs.topics import topics_of
from sessions.tables import Appearance, AppearanceState, Speaker

# What people did for their slides, by what they do in the session; a chair or host of it has made none of them.
_ROLE_OF = {
    "presenter": "presenter",
    "panellist": "panellist",
    "facilitator": "facilitator",
    "interpreter": "interpreter",
}


async def offered_for(conference: Conference, resource: Resource | None, language: str) -> Offered:
    """What may be said of a resource of the conference; ``resource`` None: of one that is not there yet."""
    return Offered(
        topics=tuple(
            (topic.code, texts.pick(topic.name, language)) for topic in await topics_of(conference.id)
        ),
        related=tuple(await related_to(resource, language)) if resource else (),
        speakers=tuple(await speakers_of(conference.id)),
    )


async def speakers_of(conference_id: int) -> list[KnownSpeaker]:
    """Every speaker of the conference."""
    rows = (
        await Speaker.select(Speaker.code, Speaker.name, Speaker.orcid)
        .where(Speaker.conference == conference_id)
        .order_by(Speaker.name, Speaker.id)
    )
    return [KnownSpeaker(row["code"], row["name"], row["orcid"]) for row in rows]


async def speakers_in(session_id: int) -> list[KnownSpeaker]:
    """Those who appear in the session, in its order, each once, with what they do in it."""
    rows = (
        await Appearance.select(
            Appearance.role,
            Appearance.speaker._.code.as_alias("code"),
            Appearance.speaker._.name.as_alias("name"),
            Appearance.speaker._.orcid.as_alias("orcid"),
        )
        .where((Appearance.session == session_id) & (Appearance.state != AppearanceState.DECLINED.value))
        .order_by(Appearance.position, Appearance.id)
    )
    found: dict[str, KnownSpeaker] = {}
    for row in rows:
        role = _ROLE_OF.get(row["role"], "")
        known = found.get(row["code"])
        if known is None or (not known.role and role in ROLES):
            found[row["code"]] = KnownSpeaker(row["code"], row["name"], row["orcid"], role)
    return list(found.values())
