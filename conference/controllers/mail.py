"""The mail page: the conference's outbox, one mail opened, mails sent again, held back and let go."""

from __future__ import annotations

from urllib.parse import urlencode

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, jobs, texts
from conference.addresses import AddressRefused
from conference.errors import InvalidInput, NotFound
from conference.guards import AT_THE_DESK, requires
from conference.i18n import _, language_name, ngettext
from conference.mail import desk as mail_desk
from conference.mail import holding, suppressions, trouble
from conference.mail.desk import Wanted
from conference.tables import Conference, MailState, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, page_number, see_other, settings_of, typed


class MailController(Controller):
    path = "/organise/{slug:str}/mail"
    dependencies = AT_THE_DESK

    @get("/", name="mail:list", guards=[requires(Permission.SEE)])
    async def list_(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        return await _list_page(request, conference, organiser, role)

    @post("/all", name="mail:all", guards=[requires(Permission.REGISTRATION)])
    async def all(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Redirect:
        sent, now = await typed(request), clock.now()
        wanted = _wanted(sent)
        do = sent.get("do", "")
        if do == "again":
            count = await holding.send_all_again(conference.id, wanted, actor=organiser, now=now)
            told = ngettext(
                "%(count)s mail is queued once more.", "%(count)s mails are queued once more.", count
            )
        elif do == "hold":
            count = await holding.hold_all(conference.id, wanted, actor=organiser, now=now)
            told = ngettext("%(count)s mail is held back.", "%(count)s mails are held back.", count)
        elif do == "release":
            count = await holding.release_all(conference.id, wanted, actor=organiser, now=now)
            told = ngettext("%(count)s mail may go.", "%(count)s mails may go.", count)
        else:
            raise InvalidInput(_("Please choose one of the options."))
        jobs.wake()
        return see_other(f"{_here(conference)}{_query(wanted)}", told % {"count": count})

    @post("/try-now", name="mail:try-now", guards=[requires(Permission.REGISTRATION)])
    async def try_now(
        self, conference: NamedDependency[Conference], organiser: NamedDependency[SignedInOrganiser]
    ) -> Redirect:
        await holding.try_now(conference.id, actor=organiser, now=clock.now())
        jobs.wake()
        return see_other(_here(conference), _("The mail server is tried now. Look again in a minute."))

    @post("/lift", name="mail:lift", guards=[requires(Permission.REGISTRATION)], status_code=303)
    async def lift(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Redirect | Template:
        address = (await typed(request)).get("address", "")
        try:
            await suppressions.lift(address, conference_id=conference.id, actor=organiser, now=clock.now())
        except (AddressRefused, NotFound) as error:
            errors = {"address": error.message}
            return await _list_page(request, conference, organiser, role, address=address, errors=errors)
        return see_other(_here(conference), _("This address gets its mail again."))

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
        may_change = may(role, Permission.REGISTRATION)
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
            may_send=may_change and opened.line.state in holding.STOPPED,
            may_hold=may_change and opened.line.state is MailState.QUEUED,
            language_of=language_name,
        )

    @post("/{code:str}/again", name="mail:again", guards=[requires(Permission.REGISTRATION)])
    async def again(
        self,
        code: FromPath[str],
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Redirect:
        await holding.send_again(conference.id, code, actor=organiser, now=clock.now())
        jobs.wake()
        return see_other(f"{_here(conference)}/{code}", _("The mail is queued once more."))

    @post("/{code:str}/hold", name="mail:hold", guards=[requires(Permission.REGISTRATION)])
    async def hold(
        self,
        code: FromPath[str],
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Redirect:
        await holding.hold(conference.id, code, actor=organiser, now=clock.now())
        return see_other(f"{_here(conference)}/{code}", _("The mail is held back."))


def _here(conference: Conference) -> str:
    return f"/organise/{conference.slug}/mail"


def _wanted(values: dict[str, str]) -> Wanted:
    state = values.get("state", "")
    return Wanted(
        MailState(state) if state in list(MailState) else None,
        texts.clean_line(values.get("kind", ""))[:40],
        texts.clean_line(values.get("q", ""))[:200],
    )


def _query(wanted: Wanted, **more: str) -> str:
    said = {
        "state": wanted.state.value if wanted.state else "",
        "kind": wanted.kind,
        "q": wanted.search,
        **more,
    }
    query = urlencode({name: value for name, value in said.items() if value})
    return f"?{query}" if query else ""


async def _list_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    role: Role,
    *,
    address: str = "",
    errors: dict[str, str] | None = None,
) -> Template:
    wanted = _wanted(dict(request.query_params.items()))
    number = page_number(request)
    mails, has_more = await mail_desk.mails_of(conference.id, wanted, page=number)
    counts = await mail_desk.counts_by_state(conference.id)
    names = mail_desk.state_names()
    here = _here(conference)
    tabs = [
        (
            _("All (%(count)s)") % {"count": sum(counts.values())},
            here + _query(Wanted(None, wanted.kind, wanted.search)),
            wanted.state is None,
        )
    ]
    tabs += [
        (
            f"{names[each]} ({count})",
            here + _query(Wanted(each, wanted.kind, wanted.search)),
            each == wanted.state,
        )
        for each, count in counts.items()
        if count or each == wanted.state
    ]
    kind_names = mail_desk.kind_names()
    kinds = await mail_desk.kinds_of(conference.id)
    return page(
        request,
        "conference/mail.html",
        conference=conference,
        organiser=organiser,
        section="mail",
        mails=mails,
        tabs=tabs,
        wanted=wanted,
        counts={state.value: count for state, count in counts.items()},
        kinds=[(kind, kind_names.get(kind, kind)) for kind in kinds],
        kind_names=kind_names,
        state_names=names,
        stuck=await trouble.stuck(clock.now()),
        may_change=may(role, Permission.REGISTRATION),
        address=address,
        errors=errors or {},
        has_mail_server=bool(settings_of(request).smtp_url),
        mail_folder=str(settings_of(request).data_dir / "mail"),
        newer=_query(wanted, page=str(number - 1)) if number > 1 else "",
        older=_query(wanted, page=str(number + 1)) if has_more else "",
        number=number,
        status=422 if errors else 200,
    )
