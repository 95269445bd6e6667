"""What the pages of one sheet show: its columns, how far it is, its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar.response import Template

from conference import clock, i18n, texts, timezones
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page_number, reader_zone
from registration.controllers.desk import desk_page
from registration.importing.columns import guessed_columns, target_names
from registration.importing.columns_form import ColumnsForm
from registration.importing.reading import MailChoice, Plan
from registration.importing.rows import VIEWS, View, count_of, outcome_names, rows_page
from registration.importing.seats import seat_columns
from registration.importing.sheets_kept import cells_of, counted, plan_of, samples
from registration.importing.tables import ImportState, RegistrationImport, RowOutcome
from registration.places.counting import limits_of, places_of
from registration.queries import Offer, offer_of
from registration.views import when
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme

_SHOWN_SAMPLES = 3


def desk_of(conference: Conference, code: str = "") -> str:
    """The address of an import, or of all of them."""
    home = f"/organise/{conference.slug}/registrations/import"
    return f"{home}/{code}" if code else home


@dataclass(frozen=True)
class ColumnsPage:
    """The page on which the organiser says what the columns are, and what its form may say."""

    request: AnyRequest
    conference: Conference
    organiser: SignedInOrganiser
    sheet: RegistrationImport
    offer: Offer
    groups: Sequence[tuple[str, list[tuple[str, str]]]]
    headings: Sequence[str]
    first_rows: Sequence[Sequence[str]]
    guessed: Plan

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.headings)

    @property
    def targets(self) -> set[str]:
        """What a column may be."""
        return {target for _group, names in self.groups for target, _name in names}

    def page(self, form: ColumnsForm | None = None, status: int = 200) -> Template:
        """The form as typed, or as guessed."""
        form, language = form or ColumnsForm.of(self.guessed), i18n.current_language()
        columns = []
        for number, heading in enumerate(self.headings):
            shown = [row[number] for row in self.first_rows if number < len(row) and row[number].strip()]
            columns.append((f"column_{number}", heading, [cell[:80] for cell in shown[:_SHOWN_SAMPLES]]))
        # Columns without anything in them are not worth a question.
        columns = [one for one in columns if one[2] or form.values.get(one[0])]
        return desk_page(
            self.request,
            "import_columns.html",
            self.conference,
            self.organiser,
            sheet=self.sheet,
            doubts=cells_of(self.sheet.notes),
            here=desk_of(self.conference, str(self.sheet.code)),
            values=form.values,
            errors=form.errors,
            columns=columns,
            groups=self.groups,
            countries=timezones.countries(language),
            languages=[(code, i18n.language_name(code, language)) for code in self.offer.languages],
            categories=[
                (category.code, texts.pick(category.facts.name, language, self.offer.languages))
                for category in self.offer.categories
            ],
            mails=mail_choices(),
            status=status,
        )


async def columns_page(
    request: AnyRequest, conference: Conference, organiser: SignedInOrganiser, sheet: RegistrationImport
) -> ColumnsPage:
    """What the page needs: four queries."""
    offer, programme = await offer_of(conference), await latest_programme(conference)
    headings, first_rows = cells_of(sheet.headings), await samples(sheet)
    plan = plan_of(sheet)
    if not plan.columns:
        guessed = guessed_columns(headings, first_rows, offer.questions, seat_columns(programme))
        plan = Plan(tuple(guessed), language=offer.languages[0])
    groups = target_names(
        offer.questions, _seats_named(request, conference, programme), i18n.current_language()
    )
    return ColumnsPage(request, conference, organiser, sheet, offer, groups, headings, first_rows, plan)


def _seats_named(
    request: AnyRequest, conference: Conference, programme: ReleasedProgramme | None
) -> list[tuple[str, str]]:
    language, (zone, _is_chosen) = i18n.current_language(), reader_zone(request, conference.zone)
    known = programme.slot_by_code if programme else {}
    return [
        (
            seat.code,
            f"{texts.pick(seat.title, language)} · "
            f"{when(known[seat.code][1].start, known[seat.code][1].end, zone, conference.zone, language).here}",
        )
        for seat in seat_columns(programme)
    ]


def mail_choices() -> list[tuple[str, str, str]]:
    """What people of a sheet may be sent: value, label, what it means."""
    return [
        (
            MailChoice.WELCOME.value,
            _("Tell them that they are registered"),
            _(
                "They are confirmed at once. The mail says who registered them, opens their own page, and lets them withdraw."
            ),
        ),
        (
            MailChoice.CONFIRM.value,
            _("Ask them to confirm"),
            _("As if they had filled in the form: who does not confirm within a week takes no part."),
        ),
        (
            MailChoice.NONE.value,
            _("No mail"),
            _(
                "They are confirmed at once, and you tell them yourself. They hear from us when something changes in their sessions."
            ),
        ),
    ]


async def progress_page(
    request: AnyRequest, conference: Conference, organiser: SignedInOrganiser, sheet: RegistrationImport
) -> Template:
    """How far looking or registering is; the page asks for itself again until it is done."""
    counts, plan = await counted(sheet), plan_of(sheet)
    is_running = sheet.state == ImportState.RUNNING
    done, total = counts.looked_at, counts.total
    if is_running:
        added = counts.of(RowOutcome.ADDED) + counts.of(RowOutcome.WAITING)
        done, total = added, added + counts.of(RowOutcome.TO_ADD)
    return desk_page(
        request,
        "import_progress.html",
        conference,
        organiser,
        sheet=sheet,
        here=desk_of(conference, str(sheet.code)),
        is_running=is_running,
        done=done,
        total=total,
        mail=plan.mail.value,
    )


async def rows_of_sheet(
    request: AnyRequest, conference: Conference, organiser: SignedInOrganiser, sheet: RegistrationImport
) -> Template:
    """What would become of the rows, or what has."""
    counts, plan = await counted(sheet), plan_of(sheet)
    with_remarks = await count_of(sheet, VIEWS["remarks"])
    numbers = {
        "refused": counts.of(RowOutcome.REFUSED),
        "remarks": with_remarks,
        "known": counts.of(RowOutcome.KNOWN),
        "to-add": counts.of(RowOutcome.TO_ADD),
        "added": counts.of(RowOutcome.ADDED) + counts.of(RowOutcome.WAITING),
    }
    asked = request.query_params.get("show", "")
    names = [name for name in VIEWS if numbers[name]]
    view: View | None = VIEWS.get(asked) if asked in names else VIEWS[names[0]] if names else None
    found = await rows_page(sheet, view, page_number(request)) if view else None
    left = await _places_left(conference) if numbers["to-add"] else None
    mail = next(label for value, label, _about in mail_choices() if value == plan.mail)
    context: dict[str, Any] = {
        "sheet": sheet,
        "doubts": cells_of(sheet.notes),
        "here": desk_of(conference, str(sheet.code)),
        "numbers": numbers,
        "counts": counts,
        "waiting": counts.of(RowOutcome.WAITING),
        "views": [(name, view_names()[name], numbers[name]) for name in names],
        "view": view.name if view else "",
        "found": found,
        "outcomes": outcome_names(),
        "mail": mail,
        "left": left if left is not None and left < numbers["to-add"] else None,
        "is_done": sheet.state == ImportState.DONE,
        "is_stopped": sheet.state == ImportState.STOPPED,
    }
    return desk_page(request, "import_rows.html", conference, organiser, **context)


async def _places_left(conference: Conference) -> int | None:
    """How many more may come to the conference; None: no limit."""
    limits = await limits_of(conference.id)
    if limits.capacity is None:
        return None
    return (await places_of(conference.id, limits, clock.now())).left_for(None)


def view_names() -> dict[str, str]:
    """What the views of a sheet's rows are called."""
    return {
        "refused": _("Refused"),
        "remarks": _("With a remark"),
        "known": _("Registered already"),
        "to-add": _("To be added"),
        "added": _("Added"),
    }
