"""Forms with files: parsed as they arrive and streamed straight into the store, so that memory stays flat."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from anyio import CancelScope
from litestar import Request
from litestar.enums import RequestEncodingType
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from conference.errors import Forbidden, InvalidInput
from conference.filenames import safe_filename
from conference.filetypes import HEAD_BYTES, TAIL_BYTES, FileRefused, FileType, check_ending, sniff
from conference.forms import whole_number
from conference.i18n import _
from conference.storage import Storage, Stored

MAX_FIELDS = 100
MAX_TEXT_BYTES = 1024 * 1024
MAX_FILES = 20
CSRF_FIELD = "_csrf_token"
# What is still read of a refused upload: a browser that is cut off while sending shows no page.
_FAREWELL_BYTES = 64 * 1024 * 1024
_FAREWELL_SECONDS = 20


class UploadTooLarge(InvalidInput):
    """More octets came than are allowed."""

    http_status = 413


class UploadBroken(InvalidInput):
    """The body is no sound multipart/form-data, or the sender went away before its end."""


@dataclass(frozen=True)
class ReceivedFile:
    """A file that now lies in the store. ``filename`` is safe to show and to offer for download."""

    field: str
    filename: str
    declared_type: str
    file_type: FileType
    stored: Stored


@dataclass
class UploadForm:
    """What a form with files said. Either ``errors`` is empty, or no file was kept.

    ``errors`` maps a file field to one sentence about why its file was refused. Of a text field sent twice the
    last value counts.
    """

    fields: dict[str, str] = field(default_factory=dict)
    files: list[ReceivedFile] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    async def discard(self, storage: Storage) -> None:
        """Remove the files from the store again: for a form that turns out not to be valid."""
        while self.files:
            await storage.delete(self.files.pop().stored.key)


async def receive(
    request: Request[Any, Any, Any],
    storage: Storage,
    *,
    max_bytes: int,
    file_field: str = "file",
    check_csrf: bool = True,
) -> UploadForm:
    """Read a multipart form, its files going into ``storage`` while they arrive.

    ``max_bytes`` is for all files of the form together. The route is to be left out of Litestar's CSRF middleware
    (``opt={"exclude_from_csrf": True}``), which would read the whole body into memory: the token is checked here
    instead, from the header or from the ``_csrf_token`` field, which must stand before the first file.
    ``check_csrf`` is switched off only for callers who prove themselves without cookies.

    A file that is empty or not of an accepted type ends up in ``errors`` and the rest of the form is still read.
    Raises Forbidden, UploadTooLarge, UploadBroken, StorageFull or StorageUnavailable, and then leaves no file behind.
    """
    form = UploadForm()
    body = _Body(request, max_bytes)
    try:
        await _read(request, storage, form, body, file_field, check_csrf)
        if form.errors:
            await form.discard(storage)
    except BaseException as error:
        with CancelScope(shield=True):
            await form.discard(storage)
            if isinstance(error, InvalidInput | Forbidden):
                await body.farewell()
        raise
    return form


def verify_csrf(request: Request[Any, Any, Any], token: str | None) -> None:
    """Refuse (Forbidden) unless ``token`` and the cookie are both signed by the app and the same.

    The same double submit as Litestar's middleware, for routes that are excluded from it.
    """
    config = request.app.csrf_config
    cookie = request.cookies.get(config.cookie_name) if config is not None else None
    if config is not None and token and cookie:
        ours, theirs = (_signed_part(value, config.secret) for value in (token, cookie))
        if ours is not None and theirs is not None and hmac.compare_digest(ours, theirs):
            return
    raise Forbidden(_("This form has expired. Please load the page again and send it once more."))


def _signed_part(token: str, secret: str) -> bytes | None:
    """The random part of a Litestar CSRF token (64 digits, then their HMAC-SHA-256), or None if it is forged."""
    part, digest = token[:64].encode(), token[64:].encode()
    expected = hmac.new(secret.encode(), part, hashlib.sha256).hexdigest().encode()
    return part if hmac.compare_digest(digest, expected) else None


async def _read(
    request: Request[Any, Any, Any],
    storage: Storage,
    form: UploadForm,
    body: _Body,
    file_field: str,
    check_csrf: bool,
) -> None:
    verified = not check_csrf
    config = request.app.csrf_config
    if not verified and config is not None and (token := request.headers.get(config.header_name)):
        verify_csrf(request, token)
        verified = True
    text_left, texts, files = MAX_TEXT_BYTES, 0, 0
    while (part := await body.next_part()) is not None:
        if part.filename is None:
            value = await body.text(text_left)
            text_left -= len(value)
            texts += 1
            if texts > MAX_FIELDS:
                raise UploadBroken(_("The form has too many fields."))
            try:
                form.fields[part.name] = value.decode()
            except UnicodeDecodeError:
                raise UploadBroken(_("The form is not written in UTF-8.")) from None
            if part.name == CSRF_FIELD and not verified:
                verify_csrf(request, form.fields[CSRF_FIELD])
                verified = True
            continue
        if not verified:
            verify_csrf(request, None)
        if part.name != file_field:
            raise UploadBroken(_("The form brings a file where none belongs."))
        files += 1
        if files > MAX_FILES:
            raise UploadTooLarge(_("Please send at most %(most)s files at a time.") % {"most": MAX_FILES})
        await _keep(storage, form, body, part)
    if not verified:
        verify_csrf(request, None)


async def _keep(storage: Storage, form: UploadForm, body: _Body, part: _Part) -> None:
    """Store the file of ``part``, or say in the form's errors why not; either way its octets are read."""
    data = body.data()
    head = b""
    async for chunk in data:
        head += chunk
        if len(head) >= HEAD_BYTES:
            break
    if not part.filename and not head:
        return  # A file input left empty is sent as a nameless, empty part (HTML 4.10.21.4).
    filename = safe_filename(part.filename or "")
    try:
        file_type = sniff(head[:HEAD_BYTES], filename)
    except FileRefused as refusal:
        form.errors.setdefault(part.name, refusal.message)
    if form.errors:
        async for _chunk in data:
            pass
        return
    tail = _Tail()
    stored = await storage.put_stream(tail.watch(head, data))
    form.files.append(ReceivedFile(part.name, filename, part.declared_type, file_type, stored))
    try:
        check_ending(file_type, filename, tail.octets(), stored.size)
    except FileRefused as refusal:
        form.errors.setdefault(part.name, refusal.message)


class _Tail:
    """Remembers the last TAIL_BYTES of what passes."""

    def __init__(self) -> None:
        self._kept = bytearray()

    async def watch(self, head: bytes, data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        self._remember(head)
        yield head
        async for chunk in data:
            self._remember(chunk)
            yield chunk

    def _remember(self, chunk: bytes) -> None:
        self._kept += chunk
        if len(self._kept) > 2 * TAIL_BYTES:
            del self._kept[:-TAIL_BYTES]

    def octets(self) -> bytes:
        return bytes(self._kept[-TAIL_BYTES:])


@dataclass(frozen=True)
class _Part:
    name: str
    filename: str | None
    declared_type: str


class _Body:
    """The request's body as parts and pieces, read only as fast as they are asked for."""

    def __init__(self, request: Request[Any, Any, Any], max_bytes: int) -> None:
        content_type, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary", b"")
        if content_type != RequestEncodingType.MULTI_PART.encode() or not boundary:
            raise UploadBroken(_("This address takes a form with files (multipart/form-data)."))
        self._request = request
        self._max_bytes = max_bytes
        self._file_bytes = 0
        # Besides the files: the texts, and what separates the parts.
        self._max_body = max_bytes + 2 * MAX_TEXT_BYTES
        self._body_bytes = 0
        self._more = True
        self._events: deque[_Part | bytes | None] = deque()
        self._header_name = b""
        self._header_value = b""
        self._headers: dict[bytes, bytes] = {}
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._headers.clear,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
            )
        except FormParserError as error:
            raise _broken() from error
        announced = request.headers.get("content-length", "")
        self._announced = whole_number(announced, 18) or 0

    async def next_part(self) -> _Part | None:
        """The next part's head, past whatever was left unread of the one before; None after the last."""
        if self._announced > self._max_body:
            raise self._too_large()
        while (event := await self._next_event()) is not _END:
            if isinstance(event, _Part):
                return event
        return None

    async def text(self, limit: int) -> bytes:
        """The whole value of a text part. Raises UploadTooLarge past ``limit`` octets."""
        value = bytearray()
        async for chunk in self._part_data():
            value += chunk
            if len(value) > limit:
                raise UploadTooLarge(_("The texts of the form are too long."))
        return bytes(value)

    async def data(self) -> AsyncIterator[bytes]:
        """The octets of a file part. Raises UploadTooLarge when all files together pass the limit."""
        async for chunk in self._part_data():
            self._file_bytes += len(chunk)
            if self._file_bytes > self._max_bytes:
                raise self._too_large()
            yield chunk

    async def farewell(self) -> None:
        """Read on for a little, unheard, so that the sender gets to see the answer."""
        stop_at = self._body_bytes + _FAREWELL_BYTES
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                while self._more and self._body_bytes < stop_at:
                    await self._next_chunk()
        except (TimeoutError, UploadBroken):
            return

    async def _part_data(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._next_event(), bytes):
            yield event
        if event is not None:
            raise _broken()

    async def _next_event(self) -> _Part | bytes | None:
        while not self._events:
            if not self._more:
                raise _broken()  # The sender finished before the closing boundary.
            chunk = await self._next_chunk()
            if self._body_bytes > self._max_body:
                raise self._too_large()
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise _broken() from error
        return self._events.popleft()

    async def _next_chunk(self) -> bytes:
        # Not request.stream(): its limit is the app's for ordinary forms, far below that of a recording.
        message = await self._request.receive()
        if message["type"] != "http.request":
            self._more = False
            raise _broken()
        self._more = message["more_body"]
        self._body_bytes += len(message["body"])
        return message["body"]

    def _too_large(self) -> UploadTooLarge:
        limit = self._max_bytes / 1_000_000
        return UploadTooLarge(
            _("That is too large: at most %(limit)s MB can be uploaded here at a time.")
            % {"limit": f"{limit:g}"}
        )

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        disposition, options = parse_options_header(self._headers.get(b"content-disposition"))
        if disposition != b"form-data" or b"name" not in options:
            raise FormParserError("a part without a name")
        filename = options.get(b"filename")
        self._events.append(
            _Part(
                _form_name(options[b"name"]),
                None if filename is None else _form_name(filename),
                self._headers.get(b"content-type", b"").decode("latin-1")[:100],
            )
        )

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(data[start:end])

    def _on_part_end(self) -> None:
        self._events.append(None)

    def _on_end(self) -> None:
        self._events.append(_END)


_END = _Part("", None, "end of the form")


def _form_name(octets: bytes) -> str:
    """A name as browsers write it: UTF-8, with three characters escaped (HTML 4.10.22.8)."""
    name = octets.decode("utf-8", errors="replace")
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _broken() -> UploadBroken:
    return UploadBroken(_("The upload broke off or cannot be read. Please send it again."))
