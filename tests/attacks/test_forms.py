"""Every form of the whole application, filled in by someone who means it ill."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from urllib.parse import quote_plus

import httpx

from tests.attacks.world import TRACEBACK, Form, World, everything_stored, heard_bugs, read_page, some
from tests.shared import data_path

FORM = "application/x-www-form-urlencoded"
# What they do cannot be undone, so they come last.
LAST = ("remove", "delete", "again", "close", "registration-state", "consents")
SIGNS_OUT = ("/organise/sign-out", "/me/sign-out", "/withdraw", "/erase")
# Routes whose forms stand on pages that the demo never shows: they are attacked all the same.
UNSEEN = {
    "/organise/sign-in": ("email", "password", "with", "next"),
    "/organise/{slug:str}/releases": ("note", "clashes", "seen"),
    "/organise/{slug:str}/registrations/open": (),
    "/organise/{slug:str}/schedule/undo": ("step", "day"),
    "/organise/{slug:str}/speakers/invite": ("speaker", "again"),
    "/organise/{slug:str}/mail/try-now": (),
    "/join/{code:str}": (),
    "/organise/{slug:str}/registrations/{code:str}/presence": ("do", "slot"),
    "/{slug:str}/me/certificate/agree": ("words",),
    "/{slug:str}/me/certificate/left": ("slot",),
    "/{slug:str}/me/certificate/make": (),
    "/{slug:str}/register/interest": ("email", "language", "zone"),
    "/{slug:str}/me/line": ("slot", "step"),
    "/{slug:str}/me/declined": ("slot", "frees"),
    "/{slug:str}/me/calendars/{code:str}/renew": (),
    "/{slug:str}/me/link": ("email",),
    "/{slug:str}/me/data/ask": ("email",),
    "/{slug:str}/me/data/confirm": (),
    "/{slug:str}/me/place": ("step",),
    "/{slug:str}/me/{token:str}/place": ("step",),
    "/organise/{slug:str}/registrations/{code:str}/place": ("step",),
    "/organise/{slug:str}/registrations/import/{code:str}/do": ("do",),
    "/organise/{slug:str}/resources/{pack:str}/review": (),
    "/organise/{slug:str}/resources/{pack:str}/item/{code:str}/accept": (),
    "/organise/{slug:str}/resources/order": ("code",),
    "/organise/{slug:str}/resources/{pack:str}/order": ("code",),
    "/organise/{slug:str}/resources/exchange/{code:str}": ("do",),
    "/organise/{slug:str}/delete/link": (),
    "/oai": ("verb", "metadataPrefix", "identifier", "set", "from", "until", "resumptionToken"),
    **{
        f"{base}/{step}": fields
        for base in (
            "/organise/{slug:str}/resources/{pack:str}/item/{code:str}",
            "/speak/{token:str}/files/given/{code:str}",
        )
        for step, fields in {
            "captions": ("language",),
            "chapters": ("chapters", "revision"),
            "chapters-file": ("revision",),
        }.items()
    },
    "/speak/{token:str}/files/given/{code:str}/file": ("note",),
    **{
        f"{base}/uploads{step}": fields
        for base in ("/organise/{slug:str}", "/speak/{token:str}")
        for step, fields in {
            "": (),
            "/begin": ("pack", "session", "name", "size", "title"),
            "/done": ("pack", "count"),
            "/{code:str}": (),
            "/{code:str}/finish": (),
            "/{code:str}/discard": (),
        }.items()
    },
}
# Beside the list: numbers too long for Python, for SQL, for a calendar; digits that are none; halves of characters.
OWN = (
    "9" * 5000,
    "²",
    "2147483648",
    "9223372036854775808",
    "-1",
    "a\0b",
    "\0",
    "1e9",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "x" * 30_000,
    "\u202e\u2066{{7*7}}%(name)s%s{0}",
)


def naughty() -> list[str]:
    """The Big List of Naughty Strings, and a few of our own."""
    return [*json.loads(data_path("adversarial/strings/blns.json").read_text("utf-8")), *OWN]


def all_forms(world: World) -> list[Form]:
    """The forms that leave people signed in, those that end something at the end."""
    forms = [form for form in world.forms.values() if not form.action.endswith(SIGNS_OUT)]
    known = {world.template_of(form.action) for form in forms}
    for route, names in UNSEEN.items():
        if route not in known:
            action = world.filled_in(route)
            forms.append(Form(action, action, tuple((name, "") for name in names), texts=frozenset(names)))
    return sorted(forms, key=lambda form: (any(word in form.action for word in LAST), form.action))


async def send(world: World, form: Form, values: Sequence[tuple[str, str]]) -> httpx.Response:
    """Post the values as the form would; a form with files as multipart."""
    csrf = await world.browser.csrf()
    if form.is_multipart:
        parts = [(name, (None, value)) for name, value in [("_csrf_token", csrf), *values] if name]
        return await world.browser.post(form.action, files=parts)
    body = "&".join(f"{quote_plus(n)}={quote_plus(v)}" for n, v in [*values, ("_csrf_token", csrf)])
    return await world.browser.post(form.action, content=body, headers={"content-type": FORM})


async def as_it_stands(world: World, form: Form) -> Form:
    """The form as its page shows it now, with the present revision; as it was when the page has it no more."""
    page = read_page(await world.browser.get(form.page), form.page)
    return next((f for f in page.forms if f.action == form.action and f.names == form.names), form)


def check(answer: httpx.Response, form: Form, sent: object, heard: list[str]) -> None:
    """Whatever was sent, it is answered, without our insides, and a form that comes back can be sent once more."""
    said = (form.action, form.names, str(sent)[:200], heard[-1:])
    assert answer.status_code < 500, said
    assert not TRACEBACK.search(answer.text), said
    assert 'name="_csrf_token" value=""' not in answer.text, said


async def test_naughty_strings_in_all_fields_at_once(world: World) -> None:
    strings = naughty()
    database = world.settings.data_dir / "meridian.sqlite"
    with closing(sqlite3.connect(database)) as watch, heard_bugs() as heard:
        for number, form in enumerate(all_forms(world)):
            for at in some(range(len(strings)), number, 6):
                before = watch.execute("PRAGMA data_version").fetchone()
                values = [(name, strings[(at + i) % len(strings)]) for i, name in enumerate(form.names)]
                answer = await send(world, form, values)
                check(answer, form, strings[at], heard)
                if answer.status_code >= 400:
                    written = watch.execute("PRAGMA data_version").fetchone() != before
                    assert not written, (form.action, answer.status_code, values)
    assert heard == []


async def test_one_wrong_field_in_a_form_that_is_right(world: World) -> None:
    wrong = (*OWN, "", "../../etc/passwd", "<script>alert(1)</script>", "👩‍🚀", "javascript:alert(1)")
    with heard_bugs() as heard:
        for form in all_forms(world):
            for number, name in enumerate(some(form.names, 1, 5)):
                for value in some(wrong, number, 1):
                    fresh = await as_it_stands(world, form)
                    values = [
                        (n, value if n == name else v) for n, v in fresh.fields if n not in fresh.buttons
                    ]
                    if name in fresh.buttons:
                        values.append((name, value))
                    check(await send(world, fresh, values), form, (name, value), heard)
    assert heard == []


async def test_naughty_strings_are_stored_and_shown_as_they_are(world: World) -> None:
    strings, stored = naughty(), 0
    checked = re.compile("email|zone|slug|password|url|languages|starts|ends|day|time|country|contact")
    with heard_bugs() as heard:
        for number, form in enumerate(all_forms(world)):
            if not form.texts:
                continue
            for at in some(range(len(strings) - len(OWN)), number, 2):
                fresh = await as_it_stands(world, form)
                values = [
                    (
                        name,
                        strings[(at + i) % 500]
                        if name in fresh.texts and not checked.search(name)
                        else value,
                    )
                    for i, (name, value) in enumerate(fresh.fields)
                    if name not in fresh.buttons
                ]
                answer = await send(world, fresh, values)
                check(answer, form, strings[at], heard)
                stored += answer.status_code == 303
        assert stored > 10
        world.addresses.clear()
        await world.explore(each=2)
        assert world.failures == []
        for addresses in world.addresses.values():
            answer = await world.browser.get(addresses[0])
            if "html" not in answer.headers.get("content-type", ""):
                continue  # a calendar or a file to keep: with nosniff no browser shows it as a page
            shown = answer.text
            assert not re.search(
                r"<script>alert|<img src=x|onerror=(?!\S*(?:&|\\u003))[^<>]*javascript", shown, re.I
            ), addresses
    assert heard == []


async def test_empty_mistyped_and_doubled_forms_write_nothing(each_world: World) -> None:
    world = each_world
    with heard_bugs() as heard:
        for number, form in enumerate(all_forms(world)):
            sets: list[list[tuple[str, str]]] = [
                [],
                [(name, "") for name in form.names],
                [(name, "\0") for name in form.names],
                [(name, value) for name in form.names for value in ("a\0b", "9" * 20, "-1")],
                [(name, "3000000000") for name in form.names],
                [(name, "9223372036854775808") for name in form.names],
                [(f"{name}[]", "x") for name in form.names] + [("x" * 5000, "y")] * 3,
                [(name, value if name in form.texts else "3000000000") for name, value in form.fields],
            ]
            for values in some(sets, number, 2):
                before = await everything_stored()
                answer = await send(world, form, values)
                check(answer, form, values[:5], heard)
                if answer.status_code >= 400:
                    after = await everything_stored()
                    assert [name for name in before if before[name] != after[name]] == [], (
                        form.action,
                        values,
                    )
    assert heard == []
