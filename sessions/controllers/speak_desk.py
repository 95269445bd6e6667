"""The desk's buttons that ask speakers: inviting one or several, reminding them, sending the link to their page."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from conference import clock
from conference.guards import requires
from conference.i18n import _, ngettext
from conference.team import Permission
from conference.web import AnyRequest, see_other, typed, typed_list
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.speakers.invitations import CannotBeMailed, Invited, invite_speakers, send_link
from sessions.speakers.records import speaker_by_code

CHANGE = [requires(Permission.PROGRAMME)]
_NAMED = 5  # people named in a message; of more, their number is enough


class SpeakDeskController(Controller):
    """``again`` (yes) reminds those who were invited before; ``back`` (chase) leads back to the chase list."""

    path = "/organise/{slug:str}/speakers"
    dependencies = AT_THE_DESK
    guards = CHANGE

    @post("/invite", name="speakers-desk:invite-several", status_code=303)
    async def invite_several(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Redirect:
        sent, codes = await typed(request), await typed_list(request, "speaker")
        back = _back(desk, sent)
        if not codes:
            return see_other(back, _("Please choose at least one speaker first."), kind="warning")
        done = await invite_speakers(
            desk.conference, codes, again=sent.get("again") == "yes", actor=desk.organiser, now=clock.now()
        )
        told, kind = invited_words(done)
        return see_other(back, told, kind=kind)

    @post("/{code:str}/invite", name="speakers-desk:invite", status_code=303)
    async def invite(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Redirect:
        sent = await typed(request)
        speaker = await speaker_by_code(desk.conference.id, code)
        done = await invite_speakers(
            desk.conference,
            [speaker.code],
            again=sent.get("again") == "yes",
            actor=desk.organiser,
            now=clock.now(),
        )
        told, kind = invited_words(done)
        return see_other(_back(desk, sent, code), told, kind=kind)

    @post("/{code:str}/link", name="speakers-desk:link", status_code=303)
    async def link(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Redirect:
        sent = await typed(request)
        renew = sent.get("renew") == "yes"
        try:
            was_sent = await send_link(
                desk.conference, code, renew=renew, actor=desk.organiser, now=clock.now()
            )
        except CannotBeMailed as error:
            return see_other(_back(desk, sent, code), error.message, kind="error")
        told = _("It was sent a moment ago; a second one would only confuse.")
        if renew:
            told = _("A new link is on its way; the old one is dead.")
        elif was_sent:
            told = _("The link to their own page is on its way.")
        return see_other(_back(desk, sent, code), told, kind="success" if was_sent else "info")


def _back(desk: Desk, sent: dict[str, str], code: str = "") -> str:
    if sent.get("back") == "chase":
        return desk.path("speakers", "chase")
    return desk.path("speakers", code) if code else desk.path("speakers")


def invited_words(done: Invited) -> tuple[str, str]:
    """What became of the speakers, in sentences, and the kind of message it makes."""
    parts = []
    if done.invited:
        parts.append(
            ngettext("Invited: %(names)s.", "Invited %(count)d speakers: %(names)s.", len(done.invited))
            % {"count": len(done.invited), "names": _names(done.invited)}
        )
    if done.reminded:
        parts.append(
            ngettext("Reminded: %(names)s.", "Reminded %(count)d speakers: %(names)s.", len(done.reminded))
            % {"count": len(done.reminded), "names": _names(done.reminded)}
        )
    if done.without_address:
        parts.append(
            _("Not invited, for want of an e-mail address: %(names)s.")
            % {"names": _names(done.without_address)}
        )
    if done.not_waiting:
        parts.append(
            _(
                "Nothing to ask, since they are in no session yet or were asked about all of theirs: %(names)s."
            )
            % {"names": _names(done.not_waiting)}
        )
    if not parts:
        parts.append(_("They were written to a moment ago; a second mail would only confuse."))
    worked = bool(done.invited or done.reminded)
    return " ".join(parts), "success" if worked and not done.without_address else "warning"


def _names(names: list[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return _("%(names)s and %(count)s more") % {
        "names": ", ".join(names[:_NAMED]),
        "count": len(names) - _NAMED,
    }
