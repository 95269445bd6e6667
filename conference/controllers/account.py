"""The organiser's own account: what they are called, their zone and language, their password."""

from __future__ import annotations

from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response, Template

from conference import auth, clock, i18n
from conference.controllers.sign_in import preference_cookies, signed_in_answer
from conference.forms import Typed
from conference.guards import SIGNED_IN, signed_in
from conference.i18n import _
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed

HERE = "/organise/account"


class AccountController(Controller):
    path = HERE
    guards = (signed_in,)
    dependencies = SIGNED_IN

    @get("/", name="account:show")
    async def show(self, request: AnyRequest, organiser: NamedDependency[SignedInOrganiser]) -> Template:
        fields = Typed({"name": organiser.name, "zone": organiser.zone, "language": organiser.language})
        return await _page(request, organiser, fields)

    @post("/", name="account:change")
    async def change(
        self, request: AnyRequest, organiser: NamedDependency[SignedInOrganiser]
    ) -> Response[Any]:
        fields = Typed(await typed(request))
        name = fields.line("name", required=True)
        zone = fields.zone("zone", required=False)
        language = fields.choice("language", i18n.interface_languages(), required=False)
        if fields.errors:
            return await _page(request, organiser, fields, status=422)
        await auth.change_account(organiser, name=name, zone=zone, language=language, now=clock.now())
        changed = SignedInOrganiser(
            organiser.id, name, organiser.email, organiser.may_create, zone=zone, language=language
        )
        return see_other(HERE, _("Your account is saved."), cookies=preference_cookies(changed))

    @post("/password", name="account:password")
    async def password(
        self, request: AnyRequest, organiser: NamedDependency[SignedInOrganiser]
    ) -> Redirect | Template:
        fields = Typed(
            {
                **await typed(request),
                "name": organiser.name,
                "zone": organiser.zone,
                "language": organiser.language,
            }
        )
        new, again = fields.values.get("password", ""), fields.values.get("again", "")
        if len(new) > 1000:
            fields.errors["password"] = _("This is too long: at most %(most)s characters.") % {"most": 1000}
        elif new != again:
            fields.errors["again"] = _("The two do not agree. Please type the new password twice.")
        else:
            try:
                secret = await auth.set_password(organiser, new, now=clock.now())
            except auth.WeakPassword as error:
                fields.errors["password"] = error.message
            else:
                flash = _("Your password is set. Other browsers are signed out.")
                return await signed_in_answer(request, secret, HERE, flash)
        return await _page(request, organiser, fields, status=422)


async def _page(
    request: AnyRequest, organiser: SignedInOrganiser, fields: Typed, *, status: int = 200
) -> Template:
    return page(
        request,
        "conference/account.html",
        organiser=organiser,
        status=status,
        values={name: fields.raw(name) for name in ("name", "zone", "language")},
        errors=fields.errors,
        languages=[(code, i18n.language_name(code)) for code in i18n.interface_languages()],
        has_password=await auth.has_password(organiser),
        least=auth.LEAST_PASSWORD,
    )
