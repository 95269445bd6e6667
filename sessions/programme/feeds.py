"""Released slots as calendar entries: one making for downloads, private feeds and mailed invitations alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from conference.calendar import CalendarEntry, entry_text
from conference.i18n import _, ngettext, use_language
from conference.markup import plain
from conference.texts import pick
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.tables import SessionKind

LONGEST_ABSTRACT = 4000  # characters; some calendars refuse entries of many kilobytes


@dataclass(frozen=True)
class CalendarPlace:
    """What entries say of their conference. ``base_url`` has no slash at its end; ``uid_host`` is fixed for life."""

    slug: str
    base_url: str
    uid_host: str
    zone: str
    languages: tuple[str, ...]


def uid_of(slot_code: str, uid_host: str) -> str:
    """The UID of a slot: the same in every download, feed and invitation, for ever (RFC 5545 3.8.4.7)."""
    return f"slot-{slot_code}@{uid_host}"


def join_address(slot_code: str, base_url: str) -> str:
    """The public join link of a slot."""
    return f"{base_url}/join/{slot_code}"


def calendar_entry(
    place: CalendarPlace,
    programme: ReleasedProgramme,
    session: ReleasedSession,
    slot: ReleasedSlot,
    *,
    language: str,
    join_url: str = "",
) -> CalendarEntry:
    """One slot. ``join_url`` takes the place of the public join link, for a person's own, who is told no more that
    they must register; the vendor's is never known here.

    DTSTAMP and SEQUENCE come from the release, so that equal releases give equal bytes.
    """
    cancelled = slot.is_cancelled or session.is_cancelled
    track = programme.track_by_code.get(session.track or "")
    entry = CalendarEntry(
        uid=uid_of(slot.code, place.uid_host),
        sequence=slot.sequence,
        revised_at=slot.revised_at,
        start=slot.start,
        end=slot.end,
        title=pick(session.title, language, place.languages),
        location_url="" if cancelled else join_url or join_address(slot.code, place.base_url),
        url=f"{place.base_url}/{place.slug}/sessions/{session.code}",
        status="cancelled" if cancelled else "confirmed",
        categories=(pick(track.name, language, place.languages),) if track else (),
    )
    about = _about(place, programme, session, slot, language, is_theirs=bool(join_url))
    return replace(entry, description=entry_text(entry, place.zone, about, language=language))


def calendar_entries(
    place: CalendarPlace,
    programme: ReleasedProgramme,
    placings: Iterable[tuple[ReleasedSession, ReleasedSlot]],
    *,
    language: str,
) -> list[CalendarEntry]:
    """Entries of many slots; breaks are left out, since nobody wants an alarm for one."""
    return [
        calendar_entry(place, programme, session, slot, language=language)
        for session, slot in placings
        if session.kind != SessionKind.BREAK
    ]


def _about(
    place: CalendarPlace,
    programme: ReleasedProgramme,
    session: ReleasedSession,
    slot: ReleasedSlot,
    language: str,
    *,
    is_theirs: bool,
) -> str:
    speakers = programme.speaker_by_code
    names = dict.fromkeys(speakers[a.speaker].name for a in session.appearances if a.speaker in speakers)
    parts = []
    with use_language(language):
        if names:
            parts.append(_("With %(names)s") % {"names": ", ".join(names)})
        if slot.seats is not None and not is_theirs:
            places = ngettext("%(count)d seat", "%(count)d seats", slot.seats) % {"count": slot.seats}
            parts.append(
                _("Registration needed (%(seats)s): %(link)s")
                % {"seats": places, "link": f"{place.base_url}/{place.slug}/register"}
            )
    titles = [f"– {title}" for part in session.parts if (title := pick(part, language, place.languages))]
    if titles:
        parts.append("\n".join(titles))
    if abstract := plain(pick(session.abstract, language, place.languages)):
        parts.append(
            abstract if len(abstract) <= LONGEST_ABSTRACT else abstract[:LONGEST_ABSTRACT].rstrip() + " …"
        )
    return "\n\n".join(parts)
