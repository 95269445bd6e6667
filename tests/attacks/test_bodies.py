"""What is sent to the forms' addresses and is no form of ours: without token, broken, huge, in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from tests.attacks.test_forms import FORM, UNSEEN, all_forms, check
from tests.attacks.world import World, everything_stored, heard_bugs, some
from tests.shared import data_path

LARGE = 9_000_000  # octets


async def test_every_form_is_attacked(calm_world: World) -> None:
    attacked = {calm_world.template_of(form.action) for form in calm_world.forms.values()} | set(UNSEEN)
    # These stand on pages that need a failed mail, an unreleased session, a second slot, somebody to decide on, or a
    # mail that stopped half-way.
    rare = re.compile(
        r"/(mail/\{code:str\}/again|delete|remove|state|publish|unpublish|licence|decide|rest)$"
    )
    assert [
        route for route in calm_world.routes("POST") if route not in attacked and not rare.search(route)
    ] == []


async def test_no_form_is_taken_without_its_token(calm_world: World) -> None:
    before = await everything_stored()
    for number, form in enumerate(all_forms(calm_world)):
        # One click from a mail program, proved by its address (RFC 8058, 3.1); and what harvesters ask changes nothing.
        if "/unsubscribe/" in form.action or form.action == "/oai":
            continue
        if re.search(
            r"/uploads(/nothing8)?$", form.action
        ):  # tus: a header that no form of another site can send
            assert (await calm_world.browser.post(form.action)).status_code == 412
            continue
        fields = {name: value for name, value in form.fields if name and name != "_csrf_token"}
        tries: list[tuple[dict[str, str], dict[str, str]]] = [
            ({}, {}),
            ({"_csrf_token": "x" * 128}, {}),
            ({}, {"x-csrftoken": ""}),
            ({"_csrf_token": "\0"}, {"origin": "https://evil.example"}),
        ]
        for more, headers in some(tries, number, 2):
            if form.is_multipart:
                parts = [(name, (None, value)) for name, value in {**fields, **more}.items()]
                answer = await calm_world.browser.post(form.action, files=parts, headers=headers)
            else:
                answer = await calm_world.browser.post(form.action, data={**fields, **more}, headers=headers)
            # Of a thing that is not there nothing more is asked, where the token comes behind a file.
            refused = (403, 404) if "nothing8" in form.action else (403,)
            assert answer.status_code in refused, (form.action, answer.status_code)
    assert await everything_stored() == before


def odd_bodies(names: Sequence[str]) -> list[tuple[bytes, bytes]]:
    """Content types and bodies that go wrong in every way a form can."""
    multipart = b"multipart/form-data; boundary=b"
    head = b'--b\r\nContent-Disposition: form-data; name="%s"'
    parts = [head % name.encode() for name in names]
    return [
        (FORM.encode(), b"\xff\xfe\x00&=&&==&%&zz=%ff"),
        (FORM.encode(), b"&".join(name.encode() + b"=%ff%fe%00%ED%A0%80" for name in names)),
        (FORM.encode() + b"; charset=utf-7", b"a=+ADw-"),
        (FORM.encode() + b"; charset=nonsense", b"a=b"),
        (FORM.encode(), b"a=b&" * 20_000),
        (b"multipart/form-data", b"--b\r\n"),
        (b"multipart/form-data; boundary=", b"----\r\n"),
        (b"multipart/form-data; boundary=" + b"b" * 500, b"--b\r\n"),
        (multipart, b""),
        (multipart, b"--b"),
        (multipart, b"--b\r\n\r\n\r\n--b--"),
        (multipart, b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
        (multipart, b"".join(part + b"\r\n\r\nx\r\n" for part in parts)),
        (multipart, b"".join(p + b'; filename="\xff"\r\n\r\n\xff\r\n' for p in parts) + b"--b--\r\n"),
        (multipart, head % b"x" + b"\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nx\r\n--b--\r\n"),
        (multipart, (head % b"x" + b"\r\n\r\nx\r\n") * 3000 + b"--b--\r\n"),
        (b"multipart/form-data; boundary=\xff", b"--\xff\r\n"),
        (b"application/json", b"{"),
        (b"application/json", b"\xff"),
        (b"application/json", b"[" * 100_000),
        (b"application/msgpack", b"\xc1"),
        (b"nonsense", b"x"),
        (b"", b"x"),
    ]


async def test_bodies_that_are_no_form(calm_world: World) -> None:
    with heard_bugs() as heard:
        for number, form in enumerate(all_forms(calm_world)):
            for kind, body in some(odd_bodies(form.names or ("x",)), number, 4):
                before = await everything_stored()
                headers = {b"content-type": kind, b"x-csrftoken": (await calm_world.browser.csrf()).encode()}
                answer = await calm_world.browser.post(form.action, content=body, headers=headers)
                check(answer, form, (kind, body[:60]), heard)
                if answer.status_code >= 400:
                    assert await everything_stored() == before
    assert heard == []


async def test_bodies_that_are_too_large_are_not_read(calm_world: World) -> None:
    for form in some([form for form in all_forms(calm_world) if form.texts], 0, 12):
        headers = {"content-type": FORM, "x-csrftoken": await calm_world.browser.csrf()}
        answer = await calm_world.browser.post(form.action, content=b"a=" + b"x" * LARGE, headers=headers)
        # An upload takes larger ones, as it streams them; this is no upload.
        # What a form belonged to may be gone by now: other attacks have been here.
        refused = (400, 413) if form.is_multipart else (413,)
        assert answer.status_code in (*refused, 404), form.action


async def test_json_that_is_none_or_not_ours(calm_world: World) -> None:
    texts = [path.read_bytes() for path in sorted(data_path("adversarial/json").glob("*.json"))]
    slots = [form.action for form in calm_world.forms.values() if "/schedule/slots/" in form.action]
    routes = [slots[0], f"/organise/{calm_world.conference.slug}/schedule/undo"]
    revision = {"revision": 1, "room": "x", "start": "2026-06-25T10:00", "length": 30}
    odd: list[object] = [None, [], {}, 1e308, -1, 10**30, "\0", "\ud800", True]
    shapes = [{**revision, key: value} for key in revision for value in odd]
    texts += [json.dumps(shape).encode() for shape in shapes] + [b"[" * 100_000]
    before = await everything_stored()
    with heard_bugs() as heard:
        for route in routes:
            for text in some(texts, 0, 80):
                headers = {"content-type": "application/json", "accept": "application/json"}
                headers["x-csrftoken"] = await calm_world.browser.csrf()
                answer = await calm_world.browser.post(route, content=text, headers=headers)
                assert answer.status_code < 500, (route, text[:80], heard)
                answer.json()
                if answer.status_code == 200:  # some are right after all, such as no room: off the schedule
                    before = await everything_stored()
                else:
                    assert await everything_stored() == before, (route, text[:80])
    assert heard == []
