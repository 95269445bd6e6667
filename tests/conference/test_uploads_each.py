"""Forms whose file fields are judged one by one: what is refused is said beside its field, and all else is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response
from litestar import Litestar, Request, get, post
from litestar import Response as Answer
from litestar.config.csrf import CSRFConfig

from conference.errors import DomainError, InvalidInput
from conference.storage import Storage, open_storage
from conference.uploads import FileRule, receive_each
from tests.conference.test_uploads import BOUNDARY, END, PDF, part, transport

RULES = {
    "letter": FileRule(60_000, frozenset({"pdf"})),
    "photo": FileRule(20_000_000, frozenset({"jpg", "png"})),
}
ALL_TOGETHER = 20_050_000


@dataclass
class Form:
    """An app with a form of two file fields, its store, and a browser that has opened it."""

    client: AsyncClient
    folder: Path
    keys: list[str] = field(default_factory=list)
    refuse_keys: bool = False

    async def send(self, *parts: bytes) -> Response:
        token = part("_csrf_token", self.client.cookies["csrf"].encode())
        return await self.client.post(
            "/form",
            content=token + b"".join(parts) + END,
            headers={"content-type": f"multipart/form-data; boundary={BOUNDARY}"},
        )

    def kept(self) -> dict[str, bytes]:
        folder = self.folder / "files"
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
async def form(tmp_path: Path) -> AsyncIterator[Form]:
    storage = open_storage("", tmp_path)
    made: list[Form] = []

    async def new_key(name: str) -> str:
        if made[0].refuse_keys:
            raise InvalidInput("Not now.")
        made[0].keys.append(name)
        return f"answers/{Storage.new_key()}"

    @get("/form", sync_to_thread=False)
    def show() -> str:
        return "a form"

    @post("/form", opt={"exclude_from_csrf": True})
    async def take(request: Request[Any, Any, Any]) -> dict[str, Any]:
        sent = await receive_each(request, storage, RULES, max_bytes=ALL_TOGETHER, new_key=new_key)
        fields = {name: value for name, value in sent.fields.items() if name != "_csrf_token"}
        files = {one.field: [one.filename, one.stored.key, one.stored.size] for one in sent.files}
        return {"fields": fields, "files": files, "errors": sent.errors}

    def refuse(_request: Request[Any, Any, Any], error: DomainError) -> Answer[str]:
        return Answer(error.message, status_code=error.http_status, media_type="text/plain")

    app = Litestar(
        [show, take],
        csrf_config=CSRFConfig(secret="a secret of the tests", cookie_name="csrf"),
        exception_handlers={DomainError: refuse},
        openapi_config=None,
    )
    async with AsyncClient(transport=transport(app), base_url="http://form") as client:
        await client.get("/form")
        made.append(Form(client, tmp_path))
        yield made[0]


async def test_each_field_keeps_its_file_under_the_key_it_was_given(form: Form) -> None:
    answer = (await form.send(part("letter", PDF, "letter.pdf"), part("name", "Zoë".encode()))).json()
    assert answer["fields"] == {"name": "Zoë"}
    assert answer["errors"] == {}
    name, key, size = answer["files"]["letter"]
    assert (name, size) == ("letter.pdf", len(PDF))
    assert key.startswith("answers/")
    assert form.kept() == {key: PDF}
    assert form.keys == ["letter"]


async def test_a_refused_file_takes_nothing_else_with_it(form: Form) -> None:
    letter = PDF + bytes(20_000)
    page = b"<!doctype html><script>alert(1)</script>"
    answer = (await form.send(part("letter", letter, "l.pdf"), part("photo", page, "me.jpg"))).json()
    assert answer["files"] == {}
    assert answer["errors"]["letter"] == "This file is too large: at most 60 kB can be sent here."
    assert "holds a web page" in answer["errors"]["photo"]
    answer = (await form.send(part("letter", PDF, "l.pdf"), part("photo", page, "me.jpg"))).json()
    assert list(answer["files"]) == ["letter"]
    assert list(answer["errors"]) == ["photo"]
    assert list(form.kept().values()) == [PDF]


async def test_only_the_kinds_of_the_field_are_taken(form: Form) -> None:
    answer = (await form.send(part("letter", b"Dear all,", "letter.txt"))).json()
    assert answer["errors"] == {
        "letter": "“letter.txt” is plain text of a kind that is not accepted. Accepted are: pdf."
    }
    assert form.keys == []


async def test_all_files_together_have_a_limit_too(form: Form) -> None:
    whole = b"\xff\xd8\xff" + bytes(19_999_990) + b"\xff\xd9"
    answer = (await form.send(part("photo", whole, "me.jpg"), part("letter", PDF + PDF[9:], "l.pdf"))).json()
    assert list(answer["files"]) == ["photo"]
    assert "too large" in answer["errors"]["letter"]


async def test_what_is_far_too_large_is_passed_over_and_the_form_still_read(form: Form) -> None:
    answer = await form.send(part("letter", PDF + bytes(60_000_000), "l.pdf"), part("name", b"Ada"))
    assert answer.json()["fields"] == {"name": "Ada"}
    assert list(answer.json()["errors"]) == ["letter"]
    assert (await form.send(part("letter", PDF + bytes(90_000_000), "l.pdf"))).status_code == 413
    assert form.kept() == {}


async def test_files_nobody_asked_for_and_second_ones_are_passed_over(form: Form) -> None:
    parts = (
        part("other", PDF, "o.pdf"),
        part("letter", PDF, "first.pdf"),
        part("letter", PDF, "second.pdf"),
        part("photo", b"", "", "application/octet-stream"),
    )
    answer = (await form.send(*parts)).json()
    assert {name: told[0] for name, told in answer["files"].items()} == {"letter": "first.pdf"}
    assert answer["errors"] == {}
    assert len(form.kept()) == 1


async def test_a_key_that_is_refused_is_said_beside_the_field(form: Form) -> None:
    form.refuse_keys = True
    answer = (await form.send(part("letter", PDF, "l.pdf"), part("name", b"Ada"))).json()
    assert answer["errors"] == {"letter": "Not now."}
    assert answer["fields"] == {"name": "Ada"}
    assert form.kept() == {}


async def test_a_store_without_room_is_said_beside_the_field(form: Form) -> None:
    (form.folder / "files").rmdir()
    (form.folder / "files").write_text("in the way")
    answer = (await form.send(part("letter", PDF, "l.pdf"), part("name", b"Ada"))).json()
    assert answer["fields"] == {"name": "Ada"}
    assert list(answer["errors"]) == ["letter"]


async def test_a_form_without_files_may_come_plain_and_needs_its_token_either_way(form: Form) -> None:
    token = form.client.cookies["csrf"]
    answer = await form.client.post("/form", data={"name": "Zoë", "_csrf_token": token})
    assert answer.json() == {"fields": {"name": "Zoë"}, "files": {}, "errors": {}}
    assert (await form.client.post("/form", data={"name": "Zoë"})).status_code == 403
    assert (await form.client.post("/form", data={}, headers={"x-csrftoken": token})).status_code == 201
    form.client.cookies.clear()
    form.client.cookies["csrf"] = "e" * 128
    assert (await form.send(part("letter", PDF, "l.pdf"))).status_code == 403
    assert form.kept() == {}


async def test_a_form_that_breaks_off_keeps_nothing(form: Form) -> None:
    token = part("_csrf_token", form.client.cookies["csrf"].encode())
    answer = await form.client.post(
        "/form",
        content=token + part("letter", PDF, "l.pdf") + part("photo", PDF, "m.jpg")[:-1000],
        headers={"content-type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    assert answer.status_code == 400
    assert form.kept() == {}
