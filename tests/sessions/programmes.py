"""Any programme there may be, for properties that must hold for all of them (hypothesis)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import Phase
from hypothesis import strategies as st

from conference.texts import LocalText, clean, clean_line
from sessions.door.facts import DoorFacts
from sessions.interchange.model import (
    AppearanceFacts,
    AvailabilityFacts,
    ConferenceFacts,
    LinkFacts,
    OpenHours,
    PackFacts,
    PartnerFacts,
    ProgrammeFile,
    RoomFacts,
    RulesFacts,
    SessionFacts,
    SlotFacts,
    SpeakerFacts,
    TrackFacts,
)
from sessions.tables import (
    AppearanceRole,
    AppearanceState,
    AvailabilityKind,
    ConsentState,
    SessionKind,
    SpeakerKind,
)

# Without shrinking: a whole programme shrinks for minutes, and its seed tells as much.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
at = datetime.fromisoformat  # wall-clock times are naive
LANGUAGES = ("en", "fr", "ar", "pt-BR", "no")
AWKWARD = ("no", "~", "null", "- a", "a: b", "# c", "'", '"', "=1+1", "@x", "\ttab", "1e3", "10:30", "<b>&amp;", "\u2028", "🗓", "{a}", "*x", "&y", "%z", "עברית")  # fmt: skip

_letters = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(AWKWARD)
lines = _letters.map(clean_line)
names = lines.filter(bool)
words = (_letters | st.lists(_letters, max_size=4).map("\n".join)).map(clean)
keys = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
zones = st.sampled_from(["Europe/London", "Asia/Kolkata", "America/St_Johns", "Pacific/Auckland", "UTC"])
guids = st.uuids(version=4).map(str)
moments = st.datetimes(at("2020-01-01T00:00"), at("2035-01-01T00:00")).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)
instants = st.datetimes(at("2020-01-01T00:00"), at("2035-01-01T00:00"), timezones=st.just(UTC))
addresses = st.sampled_from(["https://example.org/a?b=1&c=%20", "http://x.example/é", "https://e.example/#~"])
links = st.lists(st.builds(LinkFacts, addresses, lines), max_size=2).map(tuple)


def local(texts: st.SearchStrategy[str], least: int = 0) -> st.SearchStrategy[LocalText]:
    """Texts by language, without empty ones."""
    return st.dictionaries(st.sampled_from(LANGUAGES), texts.filter(bool), min_size=least, max_size=3)


def stretches(of: st.SearchStrategy[datetime]) -> st.SearchStrategy[tuple[datetime, datetime]]:
    """A beginning and a later end."""
    return st.tuples(of, st.integers(1, 10_000)).map(lambda two: (two[0], two[0] + timedelta(minutes=two[1])))


conferences = st.builds(
    ConferenceFacts,
    slug=st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True),
    name=local(names, 1),
    zone=zones,
    starts=st.just(at("2026-06-25T10:00")),
    ends=st.just(at("2026-06-26T17:30")),
    tagline=local(lines),
    description=local(words),
    languages=st.lists(st.sampled_from(LANGUAGES), min_size=1, max_size=3, unique=True).map(tuple),
    audience=local(words),
    themes=st.lists(names, max_size=2).map(tuple),
    price=lines,
    organiser_name=lines,
    organiser_url=st.just("") | addresses,
    url=st.just("") | addresses,
    partners=st.lists(
        st.builds(PartnerFacts, names, st.just("") | addresses, st.sampled_from(["partner", "funder"])),
        max_size=4,
    ).map(tuple),
    contact_email=st.sampled_from(["", "team@example.org"]),
    privacy=local(words),
    early_entry_minutes=st.integers(0, 120),
    is_listed=st.booleans(),
)
rooms = st.builds(
    RoomFacts,
    key=keys,
    name=local(names, 1),
    capacity=st.none() | st.integers(0, 9999),
    illustrative=st.booleans(),
    open_hours=st.lists(stretches(moments).map(lambda two: OpenHours(two[0], two[1])), max_size=2).map(tuple),
    vendor_url=st.just("") | addresses,
    getting_in=local(words),
    dial_in=local(words),
)
tracks = st.builds(TrackFacts, keys, local(names, 1), st.sampled_from(["", "#1f4e79"]))
speakers = st.builds(
    SpeakerFacts,
    key=keys,
    name=names,
    kind=st.sampled_from(SpeakerKind),
    role=lines,
    organisation=lines,
    country=st.sampled_from(["", "NO", "GB", "KE"]),
    zone=st.just("") | zones,
    biography=local(words),
    links=links,
    guid=st.just("") | guids | lines,
    pronouns=lines,
    orcid=st.sampled_from(["", "0000-0002-1825-0097", "0000-0002-1694-233X"]),
    language=st.just("") | st.sampled_from(LANGUAGES),
    email=st.sampled_from(["", "ada@example.org"]),
    access_needs=words,
    technical_needs=words,
    internal_notes=words,
    availability=st.lists(
        st.builds(
            lambda two, kind: AvailabilityFacts(two[0], two[1], kind),
            stretches(instants),
            st.sampled_from(AvailabilityKind),
        ),
        max_size=2,
    ).map(tuple),
    availability_given_at=st.none() | instants,
)


Keyed = TypeVar("Keyed", RoomFacts, TrackFacts, SpeakerFacts, PackFacts)


def _unique(of: st.SearchStrategy[Keyed], most: int) -> st.SearchStrategy[tuple[Keyed, ...]]:
    return st.lists(of, max_size=most, unique_by=lambda one: one.key).map(lambda found: tuple(found))


@st.composite
def programmes(draw: st.DrawFn) -> ProgrammeFile:
    """A programme in which every key that is named is there."""
    some_rooms, some_tracks = draw(_unique(rooms, 3)), draw(_unique(tracks, 2))
    some_speakers = draw(_unique(speakers, 3))

    def one_of(facts: Sequence[RoomFacts | TrackFacts]) -> st.SearchStrategy[str | None]:
        return st.none() | (st.sampled_from([one.key for one in facts]) if facts else st.none())

    slots = st.builds(
        SlotFacts,
        room=one_of(some_rooms),
        local_start=st.none()
        | st.builds(lambda m, fold: m.replace(fold=fold), moments, st.sampled_from([0, 1])),
        length_minutes=st.integers(1, 7 * 24 * 60),
        seats=st.none() | st.integers(0, 500),
        guid=st.just("") | guids,
        number=st.none() | st.integers(1, 2**29),
        is_cancelled=st.booleans(),
    )
    sessions = []
    for key in draw(st.lists(keys, max_size=3, unique=True)):
        parts = draw(st.lists(local(names, 1), max_size=2))
        people = []
        for speaker in draw(st.lists(st.sampled_from(some_speakers), max_size=3)) if some_speakers else []:
            people.append(
                AppearanceFacts(
                    speaker.key,
                    draw(st.sampled_from(AppearanceRole)),
                    draw(st.none() | st.integers(0, len(parts) - 1)) if parts else None,
                    draw(st.sampled_from(AppearanceState)),
                    draw(st.none() | instants),
                    draw(st.none() | instants),
                    draw(st.none() | instants),
                    draw(words),
                    draw(st.sampled_from(ConsentState)),
                    draw(st.sampled_from(ConsentState)),
                )
            )
        placings = tuple(draw(st.lists(slots, min_size=1, max_size=3)))
        sessions.append(
            draw(
                st.builds(
                    SessionFacts,
                    key=st.just(key),
                    kind=st.sampled_from(SessionKind),
                    title=local(names, 1),
                    slots=st.just(placings),
                    guid=st.just(placings[0].guid) | st.just("") | guids,
                    subtitle=local(lines),
                    abstract=local(words),
                    description=local(words),
                    language=st.just("") | st.sampled_from(LANGUAGES),
                    track=one_of(some_tracks),
                    appearances=st.just(tuple(people)),
                    parts=st.just(tuple(parts)),
                    do_not_record=st.booleans(),
                    licence=lines,
                    links=links,
                    url=st.just("") | addresses,
                    questions=st.booleans(),
                    illustrative=st.booleans(),
                    is_cancelled=st.booleans(),
                    recording_url=st.just("") | addresses,
                    internal_notes=words,
                )
            )
        )
    packs = draw(
        _unique(
            st.builds(
                PackFacts,
                key=keys,
                title=local(names, 1),
                sessions=st.lists(st.sampled_from([one.key for one in sessions]), max_size=2).map(tuple)
                if sessions
                else st.just(()),
                expects=st.lists(names, max_size=2).map(tuple),
                note=local(words),
            ),
            2,
        )
    )
    doors = st.builds(
        DoorFacts,
        stage_early_minutes=st.integers(0, 240),
        getting_in=local(words),
        help_email=st.just("") | st.just("help@example.org"),
    )
    rules = st.builds(
        RulesFacts,
        levels=st.dictionaries(st.sampled_from(["room", "speaker"]), st.sampled_from(["block", "warn"])),
        day_starts=st.integers(0, 1440),
        speaker_latest=st.integers(0, 1440),
        gap_minutes=st.integers(0, 60),
        expected_audience=st.dictionaries(
            st.sampled_from(["NO", "Asia/Kolkata", "KE"]), st.floats(0, 1e6, allow_subnormal=False)
        ),
    )
    return ProgrammeFile(
        draw(conferences),
        some_rooms,
        some_tracks,
        some_speakers,
        tuple(sessions),
        packs,
        draw(st.none() | rules),
        draw(st.none() | doors),
    )
