"""Forms with files: what arrives, what is refused, and that neither memory nor the store keeps what it should not."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncBaseTransport, AsyncClient, Response
from litestar import Litestar, Request, get, post
from litestar import Response as Answer
from litestar.config.csrf import CSRFConfig

from conference.errors import DomainError
from conference.multipart import MAX_TEXT_BYTES
from conference.storage import Storage, open_storage
from conference.uploads import MAX_FIELDS, MAX_FILES, receive

PDF = b"%PDF-1.7\n" + b"0123456789" * 5000
BOUNDARY = "----WebKitFormBoundaryx1y2z3"
MAX_BYTES = 400_000_000


def part(
    name: str, content: bytes, filename: str | None = None, media_type: str = "application/pdf"
) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
    if filename is not None:
        head += f'; filename="{filename}"\r\nContent-Type: {media_type}'
    return head.encode() + b"\r\n\r\n" + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


@dataclass
class Desk:
    """An app with one upload form, its store, and a browser that has opened the form."""

    app: Litestar
    client: AsyncClient
    folder: Path
    token: str
    answers: list[Any]

    async def send(
        self, body: bytes | AsyncIterator[bytes], *, headers: dict[str, str] | None = None
    ) -> Response:
        headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", **(headers or {})}
        return await self.client.post("/files", content=body, headers=headers)

    def signed(self, *parts: bytes) -> bytes:
        return part("_csrf_token", self.token.encode()) + b"".join(parts) + END

    def kept(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


def transport(app: Any) -> AsyncBaseTransport:
    """httpx and Litestar name the types of an ASGI message differently; ``Any`` lets them meet."""
    return ASGITransport(app)


def make_app(storage: Storage, answers: list[Any], max_bytes: int) -> Litestar:
    @get("/form", sync_to_thread=False)
    def form() -> str:
        return "a form"

    @post("/checked", sync_to_thread=False)
    def checked() -> str:
        return "fine"

    @post("/files", opt={"exclude_from_csrf": True})
    async def files(request: Request[Any, Any, Any]) -> dict[str, Any]:
        form = await receive(request, storage, max_bytes=max_bytes)
        answers.append(form)
        return {
            "fields": {name: value for name, value in form.fields.items() if name != "_csrf_token"},
            "files": [
                [file.field, file.filename, file.declared_type, file.file_type.media_type, file.stored.size]
                for file in form.files
            ],
            "errors": form.errors,
        }

    def refuse(_request: Request[Any, Any, Any], error: DomainError) -> Answer[str]:
        return Answer(error.message, status_code=error.http_status, media_type="text/plain")

    return Litestar(
        [form, checked, files],
        csrf_config=CSRFConfig(secret="a secret of the tests", cookie_name="csrf"),
        exception_handlers={DomainError: refuse},
        openapi_config=None,
    )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    answers: list[Any] = []
    app = make_app(open_storage("", tmp_path), answers, MAX_BYTES)
    async with AsyncClient(transport=transport(app), base_url="http://desk") as client:
        await client.get("/form")
        yield Desk(app, client, tmp_path, client.cookies["csrf"], answers)


async def test_fields_and_files_arrive(desk: Desk) -> None:
    answer = await desk.send(
        desk.signed(
            part("title", "Grüße".encode()),
            part("file", PDF, "Métadonnées %22final%22.pdf"),
            part("licence", b"CC-BY-4.0"),
            part("file", b"WEBVTT\n\n", "talk.vtt", "text/vtt"),
        )
    )
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "fields": {"title": "Grüße", "licence": "CC-BY-4.0"},
        "files": [
            ["file", "Métadonnées _final_.pdf", "application/pdf", "application/pdf", len(PDF)],
            ["file", "talk.vtt", "text/vtt", "text/vtt", 8],
        ],
        "errors": {},
    }
    stored = desk.answers[0].files[0].stored
    assert stored.sha512 == hashlib.sha512(PDF).hexdigest()
    assert (desk.folder / "files" / stored.key).read_bytes() == PDF


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
async def test_it_does_not_matter_how_the_body_is_cut(desk: Desk, size: int) -> None:
    content = b"a line\r\n--" + BOUNDARY[:-1].encode() + b"\r\n\r\n--end"
    body = desk.signed(part("title", b"x"), part("file", content, "notes.txt", "text/plain"))

    async def cut() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    answer = await desk.send(cut())
    assert answer.status_code == 201, answer.text
    assert [path.read_bytes() for path in desk.kept()] == [content]


async def test_a_file_input_left_empty_is_no_file(desk: Desk) -> None:
    answer = await desk.send(
        desk.signed(part("title", b"x"), part("file", b"", "", "application/octet-stream"))
    )
    assert answer.json() == {"fields": {"title": "x"}, "files": [], "errors": {}}


async def test_a_refused_file_is_an_error_beside_its_field_and_nothing_is_kept(desk: Desk) -> None:
    answer = await desk.send(
        desk.signed(
            part("title", b"typed before"),
            part("file", PDF, "good.pdf"),
            part("file", b"<!doctype html><script>" + bytes(20_000), "photo.jpg", "image/jpeg"),
            part("file", PDF, "also good.pdf"),
            part("note", b"typed after"),
        )
    )
    assert answer.json() == {
        "fields": {"title": "typed before", "note": "typed after"},
        "files": [],
        "errors": {
            "file": "“photo.jpg” holds a web page, which does not agree with “.jpg” at the end of its name."
        },
    }
    assert desk.kept() == []


async def test_a_file_refused_by_its_end_is_not_kept(desk: Desk) -> None:
    answer = await desk.send(desk.signed(part("file", b"\xff\xd8\xff" + bytes(3_000_000), "cut.jpg")))
    assert answer.json()["errors"] == {"file": "“cut.jpg” is a JPEG picture that breaks off."}
    assert desk.kept() == []


async def test_an_empty_file_is_refused(desk: Desk) -> None:
    answer = await desk.send(desk.signed(part("file", b"", "notes.txt")))
    assert answer.json()["errors"] == {"file": "“notes.txt” is empty."}


async def test_without_the_token_not_an_octet_is_stored(desk: Desk) -> None:
    file = part("file", PDF, "a.pdf")
    forged = part("_csrf_token", b"f" * 128)
    late = part("_csrf_token", desk.token.encode())
    for body in (file + END, forged + file + END, file + late + END, part("title", b"x") + END, END):
        answer = await desk.send(body)
        assert answer.status_code == 403, body[:200]
    assert (await desk.send(file + END, headers={"x-csrftoken": "f" * 128})).status_code == 403
    assert desk.answers == []
    assert desk.kept() == []


async def test_the_token_needs_its_cookie(desk: Desk) -> None:
    desk.client.cookies.clear()
    assert (await desk.send(desk.signed(part("file", PDF, "a.pdf")))).status_code == 403
    desk.client.cookies["csrf"] = "e" * 128
    assert (await desk.send(desk.signed(part("file", PDF, "a.pdf")))).status_code == 403
    assert desk.kept() == []


async def test_the_token_may_come_in_the_header_as_with_the_middleware(desk: Desk) -> None:
    headers = {"x-csrftoken": desk.token}
    assert (await desk.client.post("/checked", headers=headers)).status_code == 201
    answer = await desk.send(part("file", PDF, "a.pdf") + END, headers=headers)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no multipart at all",
        part("title", b"x"),
        part("title", b"x") + part("file", PDF, "a.pdf"),
        part("title", b"x") + part("file", PDF, "a.pdf")[:-1000],
        f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n".encode() + END,
        f"--{BOUNDARY}\r\n\r\nx\r\n".encode() + END,
        f'--{BOUNDARY}\r\nContent-Disposition: attachment; name="file"\r\n\r\nx\r\n'.encode() + END,
        f"--{BOUNDARY}\r\n{'x' * 100_000}: y\r\n\r\nx\r\n".encode() + END,
        part("title", b"\xff\xfe") + END,
        part("elsewhere", PDF, "a.pdf") + END,
        b"".join(part(f"field{number}", b"x") for number in range(MAX_FIELDS + 1)) + END,
    ],
)
async def test_a_broken_form_is_refused_whole(desk: Desk, body: bytes) -> None:
    answer = await desk.send(body, headers={"x-csrftoken": desk.token})
    assert answer.status_code == 400, answer.text
    assert desk.kept() == []


async def test_another_type_of_body_is_refused(desk: Desk) -> None:
    for content_type in (
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=" + "x" * 5000,
        "",
    ):
        answer = await desk.send(b"{}", headers={"content-type": content_type, "x-csrftoken": desk.token})
        assert answer.status_code == 400, content_type


async def test_too_long_texts_and_too_many_files_are_refused(desk: Desk) -> None:
    long = part("a", bytes(MAX_TEXT_BYTES // 2)) + part("b", bytes(MAX_TEXT_BYTES // 2 + 1))
    many = [part("file", b"x", f"{number}.txt") for number in range(MAX_FILES + 1)]
    assert (await desk.send(desk.signed(part("file", PDF, "a.pdf"), long))).status_code == 413
    assert (await desk.send(desk.signed(*many))).status_code == 413
    assert desk.kept() == []


async def test_too_large_files_are_refused_with_the_limit(tmp_path: Path) -> None:
    app = make_app(open_storage("", tmp_path), [], 10_000_000)
    async with AsyncClient(transport=transport(app), base_url="http://desk") as client:
        await client.get("/form")
        desk = Desk(app, client, tmp_path, client.cookies["csrf"], [])
        fits = await desk.send(desk.signed(part("file", PDF[:9] + bytes(9_999_991), "a.pdf")))
        assert fits.status_code == 201, fits.text
        for path in desk.kept():
            path.unlink()
        announced = desk.signed(part("file", PDF[:9] + bytes(20_000_000), "a.pdf"))

        async def unannounced() -> AsyncIterator[bytes]:
            yield announced[:100_000]
            yield announced[100_000:]

        together = desk.signed(*[part("file", PDF[:9] + bytes(4_000_000), "a.pdf")] * 3)
        for body in (announced, unannounced(), together):
            answer = await desk.send(body)
            assert answer.status_code == 413
            assert "10 MB" in answer.text
        assert desk.kept() == []


async def test_a_sender_who_goes_away_leaves_nothing(desk: Desk) -> None:
    body = desk.signed(part("file", PDF + bytes(12_000_000), "a.pdf"))[:-500_000]
    messages = [{"type": "http.request", "body": body, "more_body": True}, {"type": "http.disconnect"}]
    headers = {
        "content-type": f"multipart/form-data; boundary={BOUNDARY}",
        "cookie": f"csrf={desk.token}",
        "host": "desk",
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/files",
        "raw_path": b"/files",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("desk", 80),
        "client": ("127.0.0.1", 1),
    }
    sent: list[Any] = []

    async def receive_message() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send_message(message: Any) -> None:
        sent.append(message)

    application: Any = desk.app  # called as a server does, below the types of a whole scope
    await application(scope, receive_message, send_message)
    assert sent[0]["status"] == 400
    await asyncio.sleep(0.1)
    assert desk.kept() == []


async def test_a_store_that_is_down_is_said_and_the_form_is_not_taken(desk: Desk) -> None:
    (desk.folder / "files").rmdir()
    (desk.folder / "files").write_text("in the way")
    assert (await desk.send(desk.signed(part("file", PDF, "a.pdf")))).status_code == 503


async def test_discarding_a_form_removes_its_files(desk: Desk) -> None:
    await desk.send(desk.signed(part("file", PDF, "a.pdf"), part("file", PDF, "b.pdf")))
    assert len(desk.kept()) == 2
    await desk.answers[0].discard(open_storage("", desk.folder))
    assert desk.kept() == []


def resident_bytes() -> int:
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("needs /proc to see this process's memory")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_memory_stays_flat_while_200_megabytes_pass(desk: Desk) -> None:
    chunk = bytes(range(256)) * 256
    rss: list[int] = []

    async def long_body() -> AsyncIterator[bytes]:
        yield part("_csrf_token", desk.token.encode())
        yield part("file", b"%PDF-1.7\n", "long.pdf")[:-2]
        for number in range(3200):
            if number % 100 == 0:
                rss.append(resident_bytes())
            yield chunk
        yield b"\r\n" + END

    answer = await desk.send(long_body())
    assert answer.status_code == 201, answer.text
    assert answer.json()["files"][0][4] == 9 + 3200 * len(chunk)
    # The first tenth fills buffers that stay; after it nothing more may grow.
    assert max(rss) - rss[len(rss) // 10] < 20_000_000
