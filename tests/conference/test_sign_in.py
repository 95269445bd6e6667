"""Signing in and out: links, passwords, throttles, and nowhere else to be led to."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from conference import auth, clock, db
from conference.addresses import address_key
from conference.controllers.sign_in import local_path
from conference.mail import words as mail_words
from conference.tables import AuditEntry, Organiser, OutgoingMail, SignIn, SignInLink
from conference.throttle import WINDOW
from conference.web import ORGANISER_COOKIE
from tests.makers import make_organiser
from tests.people import BERLIN_ORGANISER, STRANGER
from tests.shared import data_path

if TYPE_CHECKING:
    from tests.pages import Browser

PASSWORD = "three library cats"
EMAIL = BERLIN_ORGANISER.email


async def mailed_token() -> str:
    """The secret in the latest sign-in mail, as its reader finds it."""
    row = await OutgoingMail.objects().order_by(OutgoingMail.id, ascending=False).first()
    assert row is not None
    words = mail_words.render(
        row.kind, json.loads(row.payload), "en", "UTC", base_url="http://conf.example.org"
    )
    found = re.search(r"/organise/sign-in/(\S+)", words.text)
    assert found
    return found[1]


async def test_a_link_is_mailed_and_signs_in_by_its_button_only(browser: Browser) -> None:
    await make_organiser()
    assert (await browser.get("/organise/")).headers["location"] == "/organise/sign-in?next=/organise"
    answer = await browser.post_form(
        "/organise/sign-in", {"email": f" {EMAIL.upper()} ", "next": "/organise/new"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/organise/sign-in/sent")
    assert "60 minutes" in (await browser.get("/organise/sign-in/sent")).text
    path = f"/organise/sign-in/{await mailed_token()}"
    for method in ("GET", "HEAD", "GET"):  # a mail scanner looks at it, several times
        looked = await browser.request(method, path)
        assert (looked.status_code, looked.headers["referrer-policy"]) == (200, "no-referrer")
        assert looked.headers["cache-control"] == "no-store"
    assert ORGANISER_COOKIE not in browser.cookies
    signed = await browser.post_form(path)
    assert (signed.status_code, signed.headers["location"]) == (303, "/organise/new")
    cookie = next(c for c in signed.headers.get_list("set-cookie") if c.startswith(f"{ORGANISER_COOKIE}="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await browser.get("/organise/")).status_code == 200


async def test_a_spent_expired_or_unknown_link_says_so_and_offers_a_new_one(browser: Browser) -> None:
    organiser = await make_organiser()
    now = clock.now()
    spent = (await auth.make_sign_in_link(organiser.id, now=now)).token
    await auth.sign_in_by_link(spent, now=now)
    late = (await auth.make_sign_in_link(organiser.id, now=now - timedelta(hours=2))).token
    for token in (spent, late, "nothing-of-the-kind", "%00%ff"):
        for answer in (
            await browser.get(f"/organise/sign-in/{token}"),
            await browser.post_form(f"/organise/sign-in/{token}"),
        ):
            assert answer.status_code == 410
            assert "Mail me a new link" in answer.text
    assert ORGANISER_COOKIE not in browser.cookies


async def test_two_presses_at_once_sign_in_once(each_database: db.Database) -> None:
    organiser = await make_organiser()
    token = (await auth.make_sign_in_link(organiser.id, now=clock.now())).token
    tries = [auth.sign_in_by_link(token, now=clock.now()) for _ in range(5)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LinkSpent"] * 4 + ["str"]
    assert await SignIn.count() == 1


async def test_an_unknown_address_gets_the_same_answer_and_no_mail(browser: Browser) -> None:
    await make_organiser()
    known = await browser.post_form("/organise/sign-in", {"email": EMAIL})
    unknown = await browser.post_form("/organise/sign-in", {"email": STRANGER.email})
    assert (known.status_code, known.headers["location"]) == (
        unknown.status_code,
        unknown.headers["location"],
    )
    assert await OutgoingMail.count() == 1


async def test_a_password_signs_in_and_a_wrong_one_keeps_the_address_typed(browser: Browser) -> None:
    organiser = await make_organiser()
    await auth.set_password(organiser, PASSWORD, now=clock.now())
    form = {"with": "password", "email": EMAIL, "password": "wrong"}
    for typed in (form, {**form, "email": STRANGER.email, "password": PASSWORD}):
        wrong = await browser.post_form("/organise/sign-in", typed)
        assert wrong.status_code == 422
        assert "do not belong together" in wrong.text
        assert f'value="{typed["email"]}"' in wrong.text
        assert "wrong" not in re.findall(r'<input[^>]*type="password"[^>]*>', wrong.text)[0]
    assert ORGANISER_COOKIE not in browser.cookies
    right = await browser.post_form("/organise/sign-in", {**form, "password": PASSWORD})
    assert right.status_code == 303
    assert (await browser.get("/organise/")).status_code == 200


async def test_an_organiser_without_a_password_cannot_sign_in_by_an_empty_one(browser: Browser) -> None:
    await make_organiser()
    for password in ("", " ", "None"):
        answer = await browser.post_form(
            "/organise/sign-in", {"with": "password", "email": EMAIL, "password": password}
        )
        assert answer.status_code == 422
    assert ORGANISER_COOKIE not in browser.cookies


async def test_guessing_is_throttled_and_stops_the_right_password_too(browser: Browser) -> None:
    organiser = await make_organiser()
    await auth.set_password(organiser, PASSWORD, now=clock.now())
    form = {"with": "password", "email": EMAIL, "password": "guess"}
    statuses = [(await browser.post_form("/organise/sign-in", form)).status_code for _ in range(9)]
    assert statuses == [422] * auth.THROTTLE_LIMIT + [429]
    blocked = await browser.post_form("/organise/sign-in", {**form, "password": PASSWORD})
    assert blocked.status_code == 429
    assert "quarter of an hour" in blocked.text
    with clock.fixed_at(clock.now() + WINDOW + timedelta(seconds=1)):
        assert (
            await browser.post_form("/organise/sign-in", {**form, "password": PASSWORD})
        ).status_code == 303


async def test_asking_for_links_is_throttled_for_each_address(browser: Browser) -> None:
    await make_organiser()
    statuses = [
        (await browser.post_form("/organise/sign-in", {"email": EMAIL})).status_code for _ in range(10)
    ]
    assert statuses == [303] * auth.THROTTLE_LIMIT + [429] * 2
    assert await OutgoingMail.count() == auth.THROTTLE_LIMIT
    other = await browser.post_form("/organise/sign-in", {"email": STRANGER.email})
    assert other.status_code == 303


async def test_one_network_cannot_try_address_after_address(browser: Browser) -> None:
    statuses = [
        (await browser.post_form("/organise/sign-in", {"email": f"n{number}@example.org"})).status_code
        for number in range(4 * auth.THROTTLE_LIMIT + 1)
    ]
    assert statuses == [303] * (4 * auth.THROTTLE_LIMIT) + [429]
    elsewhere = await browser.post_form(
        "/organise/sign-in", {"email": EMAIL}, headers={"x-forwarded-for": "1.2.3.4, 203.0.113.9"}
    )
    assert elsewhere.status_code == 303  # the proxy on this machine says it is someone else


async def test_one_household_of_ipv6_is_one_network_however_many_addresses_it_has(browser: Browser) -> None:
    statuses = [
        (
            await browser.post_form(
                "/organise/sign-in",
                {"email": f"n{number}@example.org"},
                headers={"x-forwarded-for": f"2001:db8:1:2::{number:x}"},
            )
        ).status_code
        for number in range(4 * auth.THROTTLE_LIMIT + 1)
    ]
    assert statuses[-2:] == [303, 429]
    headers = {"x-forwarded-for": "2001:db8:1:3::1"}
    assert (
        await browser.post_form("/organise/sign-in", {"email": EMAIL}, headers=headers)
    ).status_code == 303


async def test_a_sign_in_ends_by_signing_out_and_by_time(browser: Browser) -> None:
    organiser = await make_organiser()
    secret = await auth.sign_in_by_link(
        (await auth.make_sign_in_link(organiser.id, now=clock.now())).token, now=clock.now()
    )
    browser.cookies.set(ORGANISER_COOKIE, secret)
    assert (await browser.get("/organise/")).status_code == 200
    with clock.fixed_at(clock.now() + auth.SIGN_IN_LIFETIME + timedelta(seconds=1)):
        assert (await browser.get("/organise/")).status_code == 303
    out = await browser.post_form("/organise/sign-out")
    assert out.headers["location"] == "/organise/sign-in"
    browser.cookies.set(ORGANISER_COOKIE, secret)  # someone who copied the cookie
    assert (await browser.get("/organise/")).status_code == 303


async def test_a_form_from_elsewhere_is_refused(browser: Browser) -> None:
    await make_organiser()
    answer = await browser.post("/organise/sign-in", data={"email": EMAIL})
    assert answer.status_code == 403
    assert await OutgoingMail.count() == 0


@pytest.mark.parametrize(
    "wanted",
    [
        *(
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "evil",
            "",
            "/organise//\\x",
            "/organise",
        ),
        *("/organise/../evil", "/organise/\r\nSet-Cookie: a=b", "/organise/sign-out", "javascript:alert(1)"),
        *("/organise/@evil.example", "/organise/" + "a" * 600, "/organise/<script>", "\x00/organise/"),
    ],
)
def test_nobody_is_led_to_another_site(wanted: str) -> None:
    assert local_path(wanted) == "/organise/"


@pytest.mark.parametrize(
    "wanted", ["/organise/", "/organise/libraries/team", "/organise/x/schedule?day=2026-06-25"]
)
def test_one_is_led_on_to_the_page_one_wanted(wanted: str) -> None:
    assert local_path(wanted) == wanted


async def test_the_next_address_is_never_another_site(browser: Browser) -> None:
    organiser = await make_organiser()
    page = await browser.get("/organise/sign-in?next=//evil.example/")
    assert "evil" not in page.text
    token = (await auth.make_sign_in_link(organiser.id, now=clock.now())).token
    browser.cookies.set("organiser-next", "//evil.example/")
    assert (await browser.post_form(f"/organise/sign-in/{token}")).headers["location"] == "/organise/"


async def test_the_account_page_keeps_name_zone_and_language(browser: Browser) -> None:
    from tests.pages import sign_in_as

    await sign_in_as(browser, await make_organiser())
    wrong = await browser.post_form("/organise/account", {"name": "", "zone": "Mars/Base", "language": "xx"})
    assert wrong.status_code == 422
    assert wrong.text.count('class="error"') == 3
    saved = await browser.post_form(
        "/organise/account", {"name": "Petra V.", "zone": "Asia/Calcutta", "language": "en"}
    )
    assert saved.status_code == 303
    assert "Kolkata" in (await browser.get("/")).text.split("zonebar")[1][:300]
    row = await Organiser.objects().where(Organiser.email_key == address_key(EMAIL)).first()
    assert row is not None
    assert (row.name, row.zone, row.language) == ("Petra V.", "Asia/Kolkata", "en")
    assert [entry.action for entry in await AuditEntry.objects()] == ["account-changed"]


async def test_a_new_password_signs_out_every_other_browser_and_ends_open_links(browser: Browser) -> None:
    from tests.pages import sign_in_as

    organiser = await make_organiser()
    other = await auth.sign_in_by_link(
        (await auth.make_sign_in_link(organiser.id, now=clock.now())).token, now=clock.now()
    )
    open_link = (await auth.make_sign_in_link(organiser.id, now=clock.now())).token
    await sign_in_as(browser, organiser)
    short = await browser.post_form("/organise/account/password", {"password": "short", "again": "short"})
    assert (short.status_code, "at least 10" in short.text) == (422, True)
    unlike = await browser.post_form(
        "/organise/account/password", {"password": PASSWORD, "again": PASSWORD + "s"}
    )
    assert (unlike.status_code, "do not agree" in unlike.text) == (422, True)
    done = await browser.post_form("/organise/account/password", {"password": PASSWORD, "again": PASSWORD})
    assert done.status_code == 303
    assert (await browser.get("/organise/account")).status_code == 200
    assert await auth.organiser_by_cookie(other, now=clock.now()) is None
    assert not await auth.link_is_open(open_link, now=clock.now())


async def test_nothing_secret_lies_in_the_database(browser: Browser) -> None:
    from tests.pages import sign_in_as

    organiser = await make_organiser()
    await browser.post_form("/organise/sign-in", {"email": EMAIL})
    token = await mailed_token()
    await sign_in_as(browser, organiser)
    await browser.post_form("/organise/account/password", {"password": PASSWORD, "again": PASSWORD})
    secrets = [token, browser.cookies[ORGANISER_COOKIE], PASSWORD]
    for table in (SignIn, SignInLink, Organiser, OutgoingMail, AuditEntry):
        stored = str(await table.select())
        assert not [secret for secret in secrets if secret in stored], table.__name__


async def test_strange_texts_in_every_field_are_an_error_and_never_a_fault(browser: Browser) -> None:
    texts = [line for line in data_path("adversarial/strings/blns.txt").read_text().split("\n") if line]
    seen = set()
    for number, text in enumerate(texts[:: max(1, len(texts) // 60)]):
        answer = await browser.post_form(
            "/organise/sign-in",
            {"email": text, "password": text, "next": text, "with": "password" if number % 2 else text},
            headers={"x-forwarded-for": f"198.51.100.{number}"},
        )
        seen.add(answer.status_code)
    assert seen <= {303, 422}
