"""What the desk's filters of speakers offer, and what speakers still owe, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conference import i18n, texts
from conference.i18n import _, current_language
from sessions.desk_words import country_name, kind_names
from sessions.programme.days import role_name
from sessions.speakers.answer_words import state_names
from sessions.speakers.audience import Filter, Missing, SpeakerRow
from sessions.tables import AppearanceRole, Track

Options = list[tuple[str, str]]


def missing_names() -> dict[str, str]:
    """What a speaker may still owe, as a short badge says it."""
    return {
        Missing.ANSWER.value: _("answer"),
        Missing.RECORDING.value: _("word on recording"),
        Missing.PUBLISHING.value: _("word on publishing"),
        Missing.AVAILABILITY.value: _("availability"),
        Missing.ZONE.value: _("time zone"),
        Missing.BIOGRAPHY.value: _("biography"),
        Missing.PHOTO.value: _("photo"),
        Missing.EMAIL.value: _("e-mail address"),
    }


@dataclass(frozen=True)
class FilterChoices:
    """The options of each filter as (value, label): only what some speaker of this conference has."""

    states: Options
    roles: Options
    sessions: Options
    tracks: Options
    kinds: Options
    missing: Options
    languages: Options
    countries: Options

    def words(self, wanted: Filter) -> list[str]:
        """The filter in words, a phrase for each thing it asks."""
        offered = (
            (_("answer"), self.states, wanted.state),
            (_("role"), self.roles, wanted.role),
            (_("session"), self.sessions, wanted.session),
            (_("track"), self.tracks, wanted.track),
            (_("kind of session"), self.kinds, wanted.kind),
            (_("still missing"), self.missing, wanted.missing),
            (_("language"), self.languages, wanted.language),
            (_("Country"), self.countries, wanted.country),
        )
        said = [f"{label}: {dict(options).get(value, value)}" for label, options, value in offered if value]
        return [f"“{wanted.q}”", *said] if wanted.q else said


def filter_choices(
    rows: Iterable[SpeakerRow], languages: Sequence[str], tracks: Iterable[Track] = ()
) -> FilterChoices:
    """What can be asked of these speakers. ``languages`` are the conference's."""
    everyone = list(rows)
    appears = [one for row in everyone for one in row.appears]
    language = current_language()
    titles = {one.session: texts.pick(one.session_title, language, languages) for one in appears}
    spoken = sorted({row.language for row in everyone if row.language})
    countries = {row.country for row in everyone if row.country}
    held = {one.state for one in appears}
    owed = {what.value for row in everyone for what in row.missing}
    return FilterChoices(
        states=[(state, name) for state, name in state_names().items() if state in held],
        roles=[
            (role.value, role_name(role.value))
            for role in AppearanceRole
            if any(one.role == role for one in appears)
        ],
        sessions=sorted(titles.items(), key=lambda pair: (pair[1].casefold(), pair[0])),
        tracks=[
            (track.code, texts.pick(track.name, language, languages))
            for track in tracks
            if any(one.track == track.code for one in appears)
        ],
        kinds=[(kind, name) for kind, name in kind_names().items() if any(a.kind == kind for a in appears)],
        missing=[
            *([("anything", _("anything"))] if owed else []),
            *((what, name) for what, name in missing_names().items() if what in owed),
        ],
        languages=[(code, i18n.language_name(code, language)) for code in spoken]
        + ([("-", _("none chosen"))] if spoken and any(not row.language for row in everyone) else []),
        countries=sorted(
            ((code, country_name(code)) for code in countries), key=lambda pair: pair[1].casefold()
        )
        + ([("-", _("Not known"))] if countries and any(not row.country for row in everyone) else []),
    )
