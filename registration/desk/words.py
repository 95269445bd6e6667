"""The desk's words about registrations: their states, what its filters offer, and what a filter means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conference import dates, texts, timezones
from conference.i18n import _, current_language, ngettext
from registration.calendars.replies import NOT_COMING
from registration.desk.filters import ANY_LINE, FOR_A_PLACE, NO_CATEGORY, UNCONFIRMED_FOR, Filter
from registration.desk.lists import Category
from registration.queries import Purpose
from registration.tables import RegistrationStatus
from registration.views import when
from sessions.programme.snapshot import ReleasedProgramme

Options = list[tuple[str, str]]


def status_names() -> dict[str, str]:
    """What the states of a registration are called."""
    return {
        RegistrationStatus.PENDING.value: _("Waiting for confirmation"),
        RegistrationStatus.APPLIED.value: _("To be decided"),
        RegistrationStatus.WAITING.value: _("On the waitlist"),
        RegistrationStatus.CONFIRMED.value: _("Confirmed"),
        RegistrationStatus.REFUSED.value: _("Refused"),
        RegistrationStatus.WITHDRAWN.value: _("Withdrawn"),
    }


STATUS_TONES = {
    RegistrationStatus.PENDING.value: "warning",
    RegistrationStatus.APPLIED.value: "warning",
    RegistrationStatus.WAITING.value: "warning",
    RegistrationStatus.CONFIRMED.value: "good",
    RegistrationStatus.REFUSED.value: "bad",
    RegistrationStatus.WITHDRAWN.value: "",
}


@dataclass(frozen=True)
class Choices:
    """The options of each filter as (value, label). Where a list is empty, the filter is not shown."""

    statuses: Options
    categories: Options
    countries: Options
    slots: Options
    lines: Options
    consents: Options
    unconfirmed: Options

    def words(self, wanted: Filter) -> list[str]:
        """The filter in words, one for each thing it asks."""
        language = current_language()
        said = [f"“{wanted.q}”"] if wanted.q else []
        for value, options in (
            (wanted.status, self.statuses),
            (wanted.category, self.categories),
            (wanted.country, self.countries),
            (wanted.slot, self.slots),
        ):
            said += [dict(options).get(value, value)] if value else []
        if wanted.waits:
            said.append(_("waits for %(what)s") % {"what": dict(self.lines).get(wanted.waits, wanted.waits)})
        if wanted.consent:
            said.append(
                _("consented: %(what)s") % {"what": dict(self.consents).get(wanted.consent, wanted.consent)}
            )
        if wanted.since:
            said.append(_("from %(day)s") % {"day": dates.long_day(wanted.since, language)})
        if wanted.until:
            said.append(_("until %(day)s") % {"day": dates.long_day(wanted.until, language)})
        if wanted.unconfirmed:
            said.append(dict(self.unconfirmed).get(str(wanted.unconfirmed), ""))
        return [one for one in said if one]


def filter_choices(
    programme: ReleasedProgramme | None,
    categories: Sequence[Category],
    countries: Sequence[str],
    purposes: Sequence[Purpose],
    zone: str,
) -> Choices:
    """What can be chosen from in this conference; times are on the reader's clock in ``zone``."""
    language = current_language()
    home = programme.zone if programme else zone
    slots = [
        (
            slot.code,
            f"{texts.pick(session.title, language)} · {when(slot.start, slot.end, zone, home, language).here}",
        )
        for session, slot in (programme.placings if programme else ())
        if slot.seats is not None
    ]
    named = [(category.code, texts.pick(category.name, language)) for category in categories]
    return Choices(
        statuses=list(status_names().items()),
        categories=[*named, (NO_CATEGORY, _("no category"))] if named else [],
        countries=[pair for pair in timezones.countries(language) if pair[0] in countries],
        slots=slots,
        lines=[
            (ANY_LINE, _("any workshop or the conference")),
            (FOR_A_PLACE, _("a place at the conference")),
            *slots,
        ],
        consents=[(purpose.code, shortened(texts.pick(purpose.wording, language))) for purpose in purposes],
        unconfirmed=[
            (
                str(days),
                ngettext("not confirmed for a day", "not confirmed for %(count)s days", days)
                % {"count": days},
            )
            for days in UNCONFIRMED_FOR
        ],
    )


def shortened(text: str, most: int = 60) -> str:
    """At most so many characters, cut between words."""
    if len(text) <= most:
        return text
    return f"{text[:most].rsplit(' ', 1)[0]}…"


@dataclass(frozen=True)
class CalendarAnswer:
    """What a calendar answered to the invite of a slot, in words."""

    words: str
    is_no: bool


def calendar_words(answers: Mapping[str, str]) -> dict[str, CalendarAnswer]:
    """The answers (PARTSTAT, by the slot's code) in words; a yes goes without saying, since they chose the session."""
    words = {
        "DECLINED": _("Declined by their calendar"),
        "DELEGATED": _("Passed on by their calendar"),
        "TENTATIVE": _("Tentative in their calendar"),
    }
    return {
        slot: CalendarAnswer(words[said], said in NOT_COMING)
        for slot, said in answers.items()
        if said in words
    }
