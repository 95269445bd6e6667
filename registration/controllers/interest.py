"""*Tell me when registration opens*: the address, the mail that asks to confirm it, and the press of a button."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, i18n
from conference.conferences import languages_of
from conference.tables import Conference
from conference.web import AnyRequest, page, reader_zone, see_other, typed
from registration.asking.forms import AddressForm
from registration.controllers.attendee import IN_CONFERENCE, MOST_BYTES, private
from registration.controllers.register import closed_page, stage_now
from registration.entries.interest import confirm_interest, forget_interest, interest_by_link, note_interest
from registration.opening import Stage
from registration.queries import offer_of


class InterestController(Controller):
    path = "/{slug:str}/register/interest"
    dependencies = IN_CONFERENCE
    request_max_body_size = MOST_BYTES

    @post("/", name="interest:note", status_code=303)
    async def note(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template | Redirect:
        now, offer = clock.now(), await offer_of(conference)
        stage = stage_now(conference, offer, now)
        if stage is Stage.OPEN:
            return see_other(f"/{conference.slug}/register")
        form = AddressForm.from_post(await typed(request))
        if not form.is_valid or not offer.rules.takes_interest or stage is Stage.OVER:
            return closed_page(request, conference, offer, stage, 422, form)
        language = i18n.current_language()
        zone, _is_chosen = reader_zone(request, conference.zone)
        language = language if language in languages_of(conference) else languages_of(conference)[0]
        await note_interest(conference, form.email, language, zone, now)
        return see_other(f"/{conference.slug}/register/interest/sent")

    @get("/sent", name="interest:sent")
    async def sent(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        return page(request, "registration/interest.html", conference=conference, step="sent", link="")

    @get("/noted", name="interest:noted")
    async def noted(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        return page(request, "registration/interest.html", conference=conference, step="noted", link="")

    @get("/gone", name="interest:gone")
    async def gone(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        return page(request, "registration/interest.html", conference=conference, step="gone", link="")

    @get("/{link:str}", name="interest:link")
    async def show(
        self, request: AnyRequest, conference: NamedDependency[Conference], link: FromPath[str]
    ) -> Template:
        await interest_by_link(conference, link)  # only looked at: mail scanners follow links
        return private(
            page(request, "registration/interest.html", conference=conference, step="confirm", link=link)
        )

    @post("/{link:str}", name="interest:confirm", status_code=303)
    async def confirm(
        self, request: AnyRequest, conference: NamedDependency[Conference], link: FromPath[str]
    ) -> Redirect:
        if (await typed(request)).get("wanted") == "no":
            await forget_interest(conference, link)
            return see_other(f"/{conference.slug}/register/interest/gone")
        await confirm_interest(conference, link, clock.now())
        return see_other(f"/{conference.slug}/register/interest/noted")
