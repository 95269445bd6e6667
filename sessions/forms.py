"""Forms of the desk: what they share, and those of rooms, tracks and speakers. ``session_form`` has the sessions'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conference import i18n, timezones
from conference.forms import FilledForm, Typed, is_web_address, whole_number
from conference.i18n import _
from conference.texts import LocalText
from sessions.door.facts import names_vendor
from sessions.privacy import host_of
from sessions.room_hours_form import MOST_HOURS, hours_values, read_hours
from sessions.rooms import RoomFacts
from sessions.speakers.orcid import OrcidRefused, parse_orcid
from sessions.speakers.records import SpeakerFacts
from sessions.tables import SpeakerKind
from sessions.tracks import FIRST_COLOURS, TrackFacts, is_colour

MOST_LINKS = 30
ZONE_UNKNOWN = "unknown"
"""What the field of a zone says where a country is known, and nobody knows yet where in it."""
_NOT_KEPT = {"_csrf_token", "revision", "do"}


@dataclass
class DeskForm(FilledForm):
    """A form of the desk, with the revision it was made from and rows for links."""

    @property
    def revision(self) -> int:
        """The revision the form was made from; 0 when it names none, which is older than any."""
        return whole_number(self.value("revision")) or 0

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What was typed, to be sent once more by a page that asks about it."""
        return [(name, value) for name, value in self.values.items() if name not in _NOT_KEPT and value]

    @property
    def link_rows(self) -> list[int]:
        """Numbers of the rows for links."""
        return self.rows("link_url", "link_title", most=MOST_LINKS)


def local_values(name: str, text: Mapping[str, str]) -> dict[str, str]:
    """The fields of a text, one for each language."""
    return {f"{name}_{code}": words for code, words in text.items()}


def read_orcid(typed: Typed, name: str = "orcid") -> str:
    """The ORCID iD that was typed, or ""."""
    try:
        return parse_orcid(typed.line(name))
    except OrcidRefused as refusal:
        typed.errors[name] = refusal.message
        return ""


def link_values(links: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The fields of a list of links."""
    values = {}
    for number, link in enumerate(links):
        values[f"link_title_{number}"] = link.get("title", "")
        values[f"link_url_{number}"] = link.get("url", "")
    return values


def read_links(typed: Typed) -> tuple[dict[str, str], ...]:
    """The links that were typed; a title without an address is an error, an address without a title is its own."""
    links = []
    for number in range(MOST_LINKS):
        title, url = typed.line(f"link_title_{number}"), typed.raw(f"link_url_{number}")
        if not url and not title:
            continue
        if not is_web_address(url):
            typed.errors[f"link_url_{number}"] = _("Please give a web address that begins with https://.")
        elif len(url) > 2000:
            typed.errors[f"link_url_{number}"] = _("This is too long: at most %(most)s characters.") % {
                "most": 2000
            }
        else:
            links.append({"title": title, "url": url})
    return tuple(links)


def mail_languages(languages: Sequence[str]) -> list[str]:
    """The languages a speaker may be written to in: the conference's, then those Meridian's own mails speak."""
    return list(dict.fromkeys([*languages, *i18n.interface_languages()]))


def read_mail_language(typed: Typed, languages: Sequence[str], name: str = "language") -> str:
    """The language of mails that was chosen, "" for the conference's first."""
    return typed.choice(name, mail_languages(languages), required=False)


def read_local(
    typed: Typed,
    name: str,
    languages: Sequence[str],
    before: Mapping[str, str] | None,
    *,
    most: int,
    required: bool = False,
    lines: bool = False,
) -> LocalText:
    """A text per language. Texts in a language that is no longer the conference's are kept: it may come back."""
    kept = {code: text for code, text in (before or {}).items() if code not in languages}
    return kept | typed.local_text(name, languages, required=required, most=most, lines=lines)


@dataclass
class RoomForm(DeskForm):
    """The form of a room; ``facts`` are there when nothing is wrong."""

    facts: RoomFacts | None = None

    @classmethod
    def of(cls, facts: RoomFacts, languages: tuple[str, ...], revision: int) -> RoomForm:
        """The form as it stands for a room."""
        values = {
            **local_values("name", facts.name),
            "capacity": "" if facts.capacity is None else str(facts.capacity),
            "vendor_url": facts.vendor_url,
            "revision": str(revision),
            **local_values("getting_in", facts.getting_in),
            **local_values("dial_in", facts.dial_in),
            **hours_values(facts.open_hours),
        }
        return cls(values, languages)

    @property
    def hours_rows(self) -> list[int]:
        """Numbers of the rows for open hours."""
        return self.rows("open_from", "open_until", most=MOST_HOURS)

    @classmethod
    def from_post(
        cls,
        values: Mapping[str, str],
        languages: tuple[str, ...],
        before: RoomFacts | None = None,
        *,
        zone: str,
    ) -> RoomForm:
        """Read what was typed. ``before`` are the facts of an existing room; ``zone`` is the conference's."""
        typed = Typed(values)
        facts = RoomFacts(
            name=read_local(
                typed, "name", languages, before.name if before else None, most=120, required=True
            ),
            capacity=typed.whole_number("capacity", least=1),
            vendor_url=typed.url("vendor_url"),
            open_hours=read_hours(typed, zone),
            getting_in=read_local(
                typed, "getting_in", languages, before.getting_in if before else None, most=3000, lines=True
            ),
            dial_in=read_local(
                typed, "dial_in", languages, before.dial_in if before else None, most=500, lines=True
            ),
        )
        refuse_vendor(typed, facts)
        return cls(dict(typed.values), languages, typed.errors, None if typed.errors else facts)


def refuse_vendor(typed: Typed, facts: RoomFacts) -> None:
    """Note an error beside each text for people that names the host of the room's private link."""
    host = host_of(facts.vendor_url)
    for name, text in (("getting_in", facts.getting_in), ("dial_in", facts.dial_in)):
        note_vendor(typed, name, text, [host] if host else [])


def note_vendor(typed: Typed, name: str, text: Mapping[str, str], hosts: Iterable[str]) -> None:
    """Note an error beside each language's field whose text names one of these hosts."""
    for language, words in text.items():
        if names_vendor(words, hosts):
            typed.errors[f"{name}_{language}"] = _(
                "This names the address of a room’s meeting. Please leave it out: everyone can read this text, "
                "and the join link leads people in."
            )


@dataclass
class TrackForm(DeskForm):
    """The form of a track; ``facts`` are there when nothing is wrong."""

    facts: TrackFacts | None = None

    @classmethod
    def blank(cls, languages: tuple[str, ...], tracks: int) -> TrackForm:
        """The form of a new track, the one after ``tracks`` others: each begins with another colour."""
        return cls({"colour": FIRST_COLOURS[tracks % len(FIRST_COLOURS)]}, languages)

    @classmethod
    def of(cls, facts: TrackFacts, languages: tuple[str, ...], revision: int) -> TrackForm:
        """The form as it stands for a track."""
        values = {**local_values("name", facts.name), "colour": facts.colour, "revision": str(revision)}
        return cls(values, languages)

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], languages: tuple[str, ...], before: TrackFacts | None = None
    ) -> TrackForm:
        """Read what was typed. ``before`` are the facts of an existing track."""
        typed = Typed(values)
        colour = typed.raw("colour").lower()
        if colour and not is_colour(colour):
            typed.errors["colour"] = _(
                "Please give a colour as # and six digits from 0 to f, such as #0b5d8a."
            )
        facts = TrackFacts(
            name=read_local(
                typed, "name", languages, before.name if before else None, most=120, required=True
            ),
            colour=colour,
        )
        return cls(dict(typed.values), languages, typed.errors, None if typed.errors else facts)


@dataclass
class SpeakerForm(DeskForm):
    """The form of a speaker; ``facts`` are there when nothing is wrong."""

    facts: SpeakerFacts | None = None

    @property
    def country_zones(self) -> tuple[str, ...]:
        """The zones of the country that is chosen, to be offered first."""
        return timezones.zones_of_country(self.value("country"))

    @classmethod
    def of(cls, facts: SpeakerFacts, languages: tuple[str, ...], revision: int) -> SpeakerForm:
        """The form as it stands for a speaker."""
        plain = (
            "name",
            "kind",
            "pronouns",
            "job_title",
            "organisation",
            "country",
            "zone",
            "orcid",
            "language",
            "email",
            "access_needs",
            "technical_needs",
            "internal_notes",
        )
        values = {
            **{name: getattr(facts, name) for name in plain},
            **local_values("biography", facts.biography),
            **link_values(facts.links),
            "revision": str(revision),
        }
        if facts.country and not facts.zone:
            values["zone"] = ZONE_UNKNOWN
        return cls(values, languages)

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], languages: tuple[str, ...], before: SpeakerFacts | None = None
    ) -> SpeakerForm:
        """Read what was typed. ``before`` are the facts of an existing speaker.

        With a country that keeps one zone, the zone need not be chosen; with several, it is asked for, and may be
        said to be unknown.
        """
        typed = Typed(values)
        countries = {code for code, _name in timezones.countries(i18n.current_language())}
        country = typed.choice("country", countries, required=False)
        zones = timezones.zones_of_country(country)
        if country and not typed.raw("zone"):
            if len(zones) == 1:
                typed.values["zone"] = zones[0]
            else:
                typed.errors["zone"] = _(
                    "This country keeps several time zones. Please choose where the speaker will be: they now come first in the list."
                )
        zone = "" if typed.raw("zone") == ZONE_UNKNOWN else typed.zone("zone", required=False)
        facts = SpeakerFacts(
            name=typed.line("name", required=True),
            kind=typed.choice("kind", set(SpeakerKind)),
            pronouns=typed.line("pronouns", most=60),
            job_title=typed.line("job_title"),
            organisation=typed.line("organisation"),
            country=country,
            zone=zone,
            biography=read_local(
                typed, "biography", languages, before.biography if before else None, most=10_000, lines=True
            ),
            links=read_links(typed),
            orcid=read_orcid(typed),
            language=read_mail_language(typed, languages),
            email=typed.email("email", required=False),
            access_needs=typed.text("access_needs", most=5_000),
            technical_needs=typed.text("technical_needs", most=5_000),
            internal_notes=typed.text("internal_notes", most=10_000),
        )
        return cls(dict(typed.values), languages, typed.errors, None if typed.errors else facts)
