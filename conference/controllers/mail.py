"""The mail page: the conference's outbox, one mail opened, a refused one sent again."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, jobs
from conference.guards import AT_THE_DESK, requires
from conference.i18n import _, language_name
from conference.mail import desk as mail_desk
from conference.tables import Conference, MailState, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, page_number, see_other, settings_of


class MailController(Controller):
    path = "/organise/{slug:str}/mail"
    dependencies = AT_THE_DESK

    @get("/", name="mail:list", guards=[requires(Permission.SEE)])
    async def list_(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        wanted = request.query_params.get("state", "")
        state = MailState(wanted) if wanted in list(MailState) else None
        number = page_number(request)
        mails, has_more = await mail_desk.mails_of(conference.id, state=state, page=number)
        counts = await mail_desk.counts_by_state(conference.id)
        names = mail_desk.state_names()
        here = f"/organise/{conference.slug}/mail"
        kept = f"state={state.value}&" if state else ""
        tabs = [(_("All (%(count)s)") % {"count": sum(counts.values())}, here, state is None)]
        tabs += [
            (f"{names[each]} ({count})", f"{here}?state={each.value}", each == state)
            for each, count in counts.items()
            if count or each == state
        ]
        return page(
            request,
            "conference/mail.html",
            conference=conference,
            organiser=organiser,
            section="mail",
            mails=mails,
            tabs=tabs,
            kind_names=mail_desk.kind_names(),
            state_names=names,
            has_mail_server=bool(settings_of(request).smtp_url),
            mail_folder=str(settings_of(request).data_dir / "mail"),
            newer=f"?{kept}page={number - 1}" if number > 1 else "",
            older=f"?{kept}page={number + 1}" if has_more else "",
            number=number,
        )

    @get("/{code:str}", name="mail:open", guards=[requires(Permission.SEE)])
    async def open(
        self,
        request: AnyRequest,
        code: FromPath[str],
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        opened = await mail_desk.open_mail(conference.id, code, base_url=settings_of(request).base_url)
        return page(
            request,
            "conference/mail-open.html",
            conference=conference,
            organiser=organiser,
            section="mail",
            mail=opened,
            kind_names=mail_desk.kind_names(),
            state_names=mail_desk.state_names(),
            hidden=mail_desk.HIDDEN,
            may_send=may(role, Permission.REGISTRATION)
            and opened.line.state in (MailState.REFUSED, MailState.HELD),
            language_of=language_name,
        )

    @post("/{code:str}/again", name="mail:again", guards=[requires(Permission.REGISTRATION)])
    async def again(
        self,
        code: FromPath[str],
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Redirect:
        await mail_desk.send_again(conference.id, code, actor=organiser, now=clock.now())
        jobs.wake()
        return see_other(f"/organise/{conference.slug}/mail/{code}", _("The mail is queued once more."))
