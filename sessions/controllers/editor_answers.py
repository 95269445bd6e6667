"""What the schedule's changes answer over HTTP: to the script in JSON, to a plain form with the day's page."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from litestar import Response
from litestar.response import Redirect

from conference.errors import DomainError, NotFound, StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.timezones import RepeatedHour
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, see_other
from sessions.controllers.editor_parts import Parts, asked_day, hour_choices
from sessions.schedule.draft import DraftRoom
from sessions.schedule.editor_asked import WHOLE
from sessions.schedule.placings_cache import Standing
from sessions.schedule.slot_changes import StaleSlot, ids_of
from sessions.schedule.step_answer import after_step, cards_now
from sessions.schedule.steps import StepDone


def shown_day(sent: Any) -> str:
    """The day whose page the asker sees: ISO, WHOLE for all of them, "" when they do not say."""
    day = sent.get("day") if isinstance(sent, dict) else None
    return WHOLE if day == WHOLE else asked_day(sent)


async def step_answer(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    done: StepDone,
    earlier: Standing,
    sent: Any,
    *,
    note: str = "",
    rooms: list[DraftRoom] | None = None,
) -> Response[dict[str, Any]]:
    """What the script is told after a step. ``note`` is said before the rest, such as “Undone: …”."""
    day = shown_day(sent)
    answer = await after_step(conference, done, earlier, organiser.id, asked=day, rooms=rooms)
    told = Parts(request, conference).answer(answer, day)
    if note:
        told |= {"note": note, "said": f"{note}. {answer.said.removeprefix(f'{done.label}. ')}"}
    return Response(told, status_code=200)


async def step_page(
    conference: Conference,
    organiser: SignedInOrganiser,
    done: StepDone,
    earlier: Standing,
    *,
    day: str,
    note: str = "",
) -> Redirect:
    """The day on which the step's first slot stands now, else ``day``, with what it did said there."""
    stands = next((one.after.local_start for one in done.slots if one.after and one.after.local_start), None)
    shown = WHOLE if day == WHOLE else (stands or day)[:10]
    answer = await after_step(conference, done, earlier, organiser.id, asked=shown)
    tone = "warning" if answer.own_clashes else "success"
    return back(conference, shown, note or answer.said, kind="success" if note else tone)


async def refused(
    request: AnyRequest, conference: Conference, error: DomainError, codes: Collection[str]
) -> Response[dict[str, Any]]:
    """Why a change of these slots was refused, and how they stand, so that the script can put them back."""
    told: dict[str, Any] = {"message": error.message}
    if isinstance(error, RepeatedHour):
        told["choices"] = [{"fold": fold, "label": label} for fold, label in hour_choices(error)]
    elif isinstance(error, (StaleEdit, NotFound)):
        parts, ids = Parts(request, conference), await ids_of(conference.id, codes)
        told["cards"] = [parts.card(card) for card in await cards_now(conference, ids.values())]
        told["removed"] = sorted(set(codes) - set(ids))
        if isinstance(error, StaleEdit):
            told |= {"mine": error.mine, "theirs": error.theirs}
        if isinstance(error, StaleSlot):
            told["card"] = next((card for card in told["cards"] if card["code"] == error.code), None)
    return Response(told, status_code=error.http_status)


def stale_lines(stale: StaleEdit) -> list[tuple[str, Any, Any]]:
    """What differs between the two versions: a label, mine, theirs."""
    labels = {"room": _("Room"), "start": _("Start"), "length_minutes": _("Length in minutes")}
    return [
        (label, stale.mine[key], stale.theirs[key])
        for key, label in labels.items()
        if stale.mine[key] != stale.theirs[key]
    ]


def back(conference: Conference, day: str, flash: str, *, kind: str) -> Redirect:
    """To the editor's page of the day."""
    query = f"?{urlencode({'day': day})}" if day else ""
    return see_other(f"/organise/{conference.slug}/schedule{query}", flash, kind=kind)
