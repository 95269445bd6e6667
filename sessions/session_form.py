"""The forms of a session and of each of its slots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache

from conference import dates, i18n, timezones
from conference.forms import Typed, whole_number
from conference.i18n import _
from conference.texts import clean_line
from sessions.drafting import SessionFacts
from sessions.forms import DeskForm, link_values, local_values, read_links, read_local
from sessions.schedule.placing import LONGEST, SHORTEST
from sessions.schedule.session_slots import SlotFacts
from sessions.session_people import AppearanceFacts
from sessions.tables import AppearanceRole, SessionKind

MOST_PEOPLE = 60
MOST_PARTS = 20


@dataclass(frozen=True)
class Person:
    """A speaker who may be put into a session."""

    id: int
    code: str
    name: str


class People:
    """The speakers of a conference as a form names them: by name, and by name and code where two share a name."""

    def __init__(self, people: Sequence[Person]) -> None:
        shared = Counter(person.name.casefold() for person in people)
        self._by_label: dict[str, Person] = {}
        self.labels: dict[int, str] = {}
        for person in people:
            label = f"{person.name} ({person.code})" if shared[person.name.casefold()] > 1 else person.name
            self.labels[person.id] = label
            self._by_label[label.casefold()] = person
        self._by_code = {person.code: person for person in people}
        self._shared = shared

    def find(self, typed: str) -> Person | None:
        """The one speaker meant by a name, a name and code, or a code."""
        return self._by_label.get(typed.casefold()) or self._by_code.get(typed)

    def why_not(self, typed: str) -> str:
        """Why ``find`` knows nobody."""
        if self._shared[typed.casefold()] > 1:
            return _("Several speakers have this name. Choose one from the list, with the code in brackets.")
        return _("No speaker has this name. Choose one from the list, or add the speaker first.")


@lru_cache(maxsize=32)
def other_languages(chosen: tuple[str, ...], display: str) -> tuple[tuple[str, str], ...]:
    """(code, name) of the languages people may speak beside ``chosen``, sorted by name."""
    names = {str(code): str(name) for code, name in i18n.locale_of("en").languages.items()}
    own = i18n.locale_of(display).languages
    codes = [code for code in names if len(code) == 2 and code not in chosen and i18n.is_language(code)]
    return tuple(sorted(((code, str(own.get(code, names[code]))) for code in codes), key=lambda p: p[1]))


@dataclass
class SessionForm(DeskForm):
    """The form of a session; ``facts`` are there when nothing is wrong."""

    facts: SessionFacts | None = None

    @property
    def people_rows(self) -> list[int]:
        """Numbers of the rows for speakers."""
        return self.rows("person", most=MOST_PEOPLE)

    @property
    def part_rows(self) -> list[int]:
        """Numbers of the rows for parts."""
        return self.rows(*(f"part_{code}" for code in self.languages), most=MOST_PARTS)

    @property
    def part_choices(self) -> list[tuple[str, str]]:
        """The parts that are filled in, as a speaker's row offers them."""
        chosen = []
        for number in self.part_rows:
            titles = [title for code in self.languages if (title := self.value(f"part_{code}_{number}"))]
            if titles:
                chosen.append((str(number + 1), f"{number + 1}. {titles[0][:60]}"))
        return chosen

    @property
    def has_parts(self) -> bool:
        """Whether any part is filled in."""
        return bool(self.part_choices)

    def move_up(self, number: int) -> None:
        """Exchange a speaker's row with the one above it."""
        if 0 < number < MOST_PEOPLE:
            for name in ("person", "role", "in_part"):
                above, below = f"{name}_{number - 1}", f"{name}_{number}"
                self.values[above], self.values[below] = self.value(below), self.value(above)

    @classmethod
    def blank(cls, languages: tuple[str, ...]) -> SessionForm:
        """The form of a new session."""
        return cls({"kind": SessionKind.TALK.value, "is_recorded": "yes"}, languages)

    @classmethod
    def of(
        cls,
        facts: SessionFacts,
        languages: tuple[str, ...],
        revision: int,
        *,
        people: People,
        tracks: Mapping[str, int],
    ) -> SessionForm:
        """The form as it stands for a session. ``tracks`` are row ids by code."""
        values = {
            "kind": facts.kind,
            **local_values("title", facts.title),
            **local_values("abstract", facts.abstract),
            "language": facts.language,
            "track": next((code for code, row in tracks.items() if row == facts.track), ""),
            **link_values(facts.links),
            "is_recorded": "yes" if facts.is_recorded else "",
            "recording_url": facts.recording_url,
            "internal_notes": facts.internal_notes,
            "revision": str(revision),
        }
        for number, part in enumerate(facts.parts):
            values |= {f"part_{code}_{number}": text for code, text in part.items()}
        for number, appearance in enumerate(facts.appearances):
            values[f"person_{number}"] = people.labels.get(appearance.speaker, "")
            values[f"role_{number}"] = appearance.role
            values[f"in_part_{number}"] = "" if appearance.part is None else str(appearance.part + 1)
        return cls(values, languages)

    @classmethod
    def from_post(
        cls,
        values: Mapping[str, str],
        languages: tuple[str, ...],
        before: SessionFacts | None = None,
        *,
        people: People,
        tracks: Mapping[str, int],
    ) -> SessionForm:
        """Read what was typed. ``before`` are the facts of an existing session."""
        typed = Typed(values)
        title = read_local(
            typed, "title", languages, before.title if before else None, most=300, required=True
        )
        parts, part_at = _read_parts(typed, languages, before)
        language = typed.raw("language")
        if language and not (len(language) <= 16 and i18n.is_language(language)):
            typed.errors["language"] = _("Please choose one of the options.")
        facts = SessionFacts(
            kind=typed.choice("kind", set(SessionKind)),
            title=title,
            abstract=read_local(
                typed, "abstract", languages, before.abstract if before else None, most=20_000, lines=True
            ),
            language=language,
            track=tracks.get(typed.choice("track", set(tracks), required=False)),
            appearances=_read_people(typed, people, part_at),
            parts=parts,
            links=read_links(typed),
            is_recorded=typed.ticked("is_recorded"),
            recording_url=typed.url("recording_url"),
            internal_notes=typed.text("internal_notes", most=10_000),
        )
        return cls(dict(typed.values), languages, typed.errors, None if typed.errors else facts)


def _read_parts(
    typed: Typed, languages: Sequence[str], before: SessionFacts | None
) -> tuple[tuple[dict[str, str], ...], dict[int, int]]:
    """The parts that have a title, and for each such row's number where among them it stands."""
    parts: list[dict[str, str]] = []
    part_at: dict[int, int] = {}
    for number in range(MOST_PARTS):
        found = {code: typed.line(f"part_{code}_{number}", most=300) for code in languages}
        found = {code: text for code, text in found.items() if text}
        if found:
            old = before.parts[number] if before and number < len(before.parts) else {}
            part_at[number] = len(parts)
            parts.append({code: text for code, text in old.items() if code not in languages} | found)
    return tuple(parts), part_at


def _read_people(typed: Typed, people: People, part_at: Mapping[int, int]) -> tuple[AppearanceFacts, ...]:
    found: list[AppearanceFacts] = []
    for number in range(MOST_PEOPLE):
        name = clean_line(typed.values.get(f"person_{number}", ""))
        if not name:
            continue
        person = people.find(name)
        if person is None:
            typed.errors[f"person_{number}"] = people.why_not(name)
            continue
        role = typed.raw(f"role_{number}") or AppearanceRole.PRESENTER.value
        if role not in set(AppearanceRole):
            typed.errors[f"role_{number}"] = _("Please choose one of the options.")
            continue
        if any(a.speaker == person.id and a.role == role for a in found):
            typed.errors[f"person_{number}"] = _("This speaker already has this role in the session.")
            continue
        row = typed.raw(f"in_part_{number}")
        part = part_at.get((whole_number(row, 3) or 0) - 1)
        if row and part is None:
            typed.errors[f"in_part_{number}"] = _("This part has no title. Give it one, or choose another.")
            continue
        found.append(AppearanceFacts(person.id, role, part))
    return tuple(found)


@dataclass
class SlotForm:
    """The form of one slot. Field names begin with ``prefix``, so that several stand on one page.

    ``facts`` are there when nothing is wrong; ``rooms`` are row ids by code; ``zone`` is the conference's.
    """

    prefix: str
    values: dict[str, str]
    rooms: Mapping[str, int]
    zone: str
    errors: dict[str, str] = field(default_factory=dict)
    facts: SlotFacts | None = None

    def name(self, part: str) -> str:
        """The full name of a field."""
        return f"{self.prefix}_{part}"

    def value(self, part: str) -> str:
        """What stands in the field."""
        return self.values.get(self.name(part), "")

    @property
    def revision(self) -> int:
        """The revision the form was made from; 0 when it names none."""
        return whole_number(self.value("revision")) or 0

    @property
    def fold(self) -> int | None:
        """Which of two equal hours is meant, None while nobody said."""
        return {"0": 0, "1": 1}.get(self.value("fold"))

    @cached_property
    def fold_choices(self) -> list[tuple[str, str]]:
        """The two instants of a start that happens twice, in words; empty for every other start."""
        wall = Typed(self.values).wall_clock(self.name("start"), required=False)
        if wall is None:
            return []
        try:
            timezones.to_utc(wall, self.zone)
        except timezones.RepeatedHour as twice:
            language = i18n.current_language()
            first, second = (
                dates.zone_name(self.zone, instant, language) for instant in (twice.first, twice.second)
            )
            return [
                ("0", _("The first time (%(zone)s)") % {"zone": first}),
                ("1", _("The second time (%(zone)s)") % {"zone": second}),
            ]
        except timezones.LocalTimeError:
            pass
        return []

    @classmethod
    def blank(
        cls, rooms: Mapping[str, int], zone: str, *, minutes: int = 45, prefix: str = "slot"
    ) -> SlotForm:
        """The form of a new slot."""
        return cls(prefix, {f"{prefix}_length": str(minutes)}, rooms, zone)

    @classmethod
    def of(
        cls,
        prefix: str,
        facts: SlotFacts,
        revision: int,
        start: datetime | None,
        *,
        rooms: Mapping[str, int],
        zone: str,
    ) -> SlotForm:
        """The form as it stands for a slot that begins at ``start`` (aware, None off the grid)."""
        values = {
            "length": str(facts.length_minutes),
            "seats": "" if facts.seats is None else str(facts.seats),
            "room": next((code for code, row in rooms.items() if row == facts.room), ""),
            "start": facts.local_start.isoformat(timespec="minutes") if facts.local_start else "",
            "revision": str(revision),
        }
        if start is not None:
            values["fold"] = str(timezones.wall_time(start, zone).fold)
        return cls(prefix, {f"{prefix}_{name}": value for name, value in values.items()}, rooms, zone)

    @classmethod
    def from_post(
        cls, prefix: str, values: Mapping[str, str], *, rooms: Mapping[str, int], zone: str
    ) -> SlotForm:
        """Read what was typed. Room and start come together, or neither of them."""
        typed = Typed({name: value for name, value in values.items() if name.startswith(f"{prefix}_")})
        room_field, start_field = f"{prefix}_room", f"{prefix}_start"
        length = typed.whole_number(f"{prefix}_length", required=True, least=SHORTEST, most=LONGEST)
        seats = typed.whole_number(f"{prefix}_seats", least=1, most=100_000)
        room = rooms.get(typed.choice(room_field, set(rooms), required=False))
        start = typed.wall_clock(start_field, required=False)
        if start is not None and start.year > 2200:
            typed.errors[start_field] = _("Please give a date and time, such as 2026-06-25 10:00.")
        if typed.raw(room_field) and not typed.raw(start_field):
            typed.errors[start_field] = _("Say when it begins as well, or leave the room open.")
        elif typed.raw(start_field) and not typed.raw(room_field):
            typed.errors[room_field] = _("Say in which room as well, or leave the start open.")
        form = cls(prefix, dict(typed.values), rooms, zone, typed.errors)
        if not typed.errors and length is not None:
            form.facts = SlotFacts(length, seats, room, start)
        return form
