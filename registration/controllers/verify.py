"""The public page by which anyone who has a certificate's code checks it. It says no more than the paper does."""

from __future__ import annotations

from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import dates, i18n, texts
from conference.web import AnyRequest, page, see_other
from registration.attending.certificates import certificate_by_code, code_typed
from registration.attending.paper import spaced

HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex", "referrer-policy": "no-referrer"}
LONGEST_TYPED = 60


class VerifyController(Controller):
    path = "/verify"

    @get("/", name="verify:form")
    async def form(self, request: AnyRequest) -> Template | Redirect:
        typed = request.query_params.get("code", "")[:LONGEST_TYPED].strip()
        if code := code_typed(typed):
            return see_other(f"/verify/{code}")
        return _page(request, typed, is_bad=bool(typed), status=422 if typed else 200)

    @get("/{code:str}", name="verify:certificate")
    async def check(self, request: AnyRequest, code: FromPath[str]) -> Template | Redirect:
        known = code_typed(code[:LONGEST_TYPED])
        if known and known != code:
            return see_other(f"/verify/{known}")
        found = await certificate_by_code(known) if known else None
        if found is None:
            return _page(request, code[:LONGEST_TYPED], is_unknown=True, status=404)
        facts, language = found.issued.facts, i18n.current_language()
        return page(
            request,
            "registration/verify.html",
            headers=HEADERS,
            code=spaced(found.issued.code),
            name=facts.name,
            about=texts.pick(facts.conference, language),
            slug=found.slug,
            days=dates.day_range(facts.starts_on, facts.ends_on, language),
            total=dates.duration_words(facts.minutes, language),
            organisation=facts.issuer.organisation,
            issued=dates.long_day(dates.local_date(found.issued.issued_at, facts.home), language),
        )


def _page(
    request: AnyRequest, typed: str, *, is_bad: bool = False, is_unknown: bool = False, status: int = 200
) -> Template:
    return page(
        request,
        "registration/verify_form.html",
        status=status,
        headers=HEADERS,
        typed=typed,
        is_bad=is_bad,
        is_unknown=is_unknown,
    )
