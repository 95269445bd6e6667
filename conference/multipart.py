"""A multipart/form-data body, read part by part only as fast as somebody asks for it, so that memory stays flat."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.enums import RequestEncodingType
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from conference.errors import InvalidInput
from conference.forms import whole_number
from conference.i18n import _

MAX_TEXT_BYTES = 1024 * 1024
# What is still read of a refused upload: a browser that is cut off while sending shows no page.
FAREWELL_BYTES = 64 * 1024 * 1024
_FAREWELL_SECONDS = 20


class UploadTooLarge(InvalidInput):
    """More octets came than are allowed."""

    http_status = 413


class UploadBroken(InvalidInput):
    """The body is no sound multipart/form-data, or the sender went away before its end."""


@dataclass(frozen=True)
class Part:
    """The head of a part; ``filename`` is None for a text, and "" for a file input left empty."""

    name: str
    filename: str | None
    declared_type: str


class Body:
    """The request's body as parts and pieces. All files together may have ``max_bytes`` octets; ``patience`` more are
    let through for whoever drops what is too large and answers the form nevertheless. Raises UploadBroken for another
    kind of body."""

    def __init__(self, request: Request[Any, Any, Any], max_bytes: int, patience: int = 0) -> None:
        content_type, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary", b"")
        if content_type != RequestEncodingType.MULTI_PART.encode() or not boundary:
            raise UploadBroken(_("This address takes a form with files (multipart/form-data)."))
        self._request = request
        self._max_bytes = max_bytes
        self._most_read = max_bytes + patience
        self._file_bytes, self._text_left = 0, MAX_TEXT_BYTES
        # Besides the files: the texts, and what separates the parts.
        self._max_body = self._most_read + 2 * MAX_TEXT_BYTES
        self._body_bytes = 0
        self._more = True
        self._events: deque[Part | bytes | None] = deque()
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

    async def next_part(self) -> Part | None:
        """The next part's head, past whatever was left unread of the one before; None after the last."""
        if self._announced > self._max_body:
            raise self._too_large()
        while (event := await self._next_event()) is not _END:
            if isinstance(event, Part):
                return event
        return None

    async def text(self) -> str:
        """The whole value of a text part. Raises UploadTooLarge when all texts together pass their limit."""
        value = bytearray()
        async for chunk in self._part_data():
            value += chunk
            if len(value) > self._text_left:
                raise UploadTooLarge(_("The texts of the form are too long."))
        self._text_left -= len(value)
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise UploadBroken(_("The form is not written in UTF-8.")) from None

    async def data(self) -> AsyncIterator[bytes]:
        """The octets of a file part. Raises UploadTooLarge when all files together pass the limit."""
        async for chunk in self._part_data():
            self._file_bytes += len(chunk)
            if self._file_bytes > self._most_read:
                raise self._too_large()
            yield chunk

    async def farewell(self) -> None:
        """Read on for a little, unheard, so that the sender gets to see the answer."""
        stop_at = self._body_bytes + FAREWELL_BYTES
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

    async def _next_event(self) -> Part | bytes | None:
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
            Part(
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


_END = Part("", None, "end of the form")


def _form_name(octets: bytes) -> str:
    """A name as browsers write it: UTF-8, with three characters escaped (HTML 4.10.22.8)."""
    name = octets.decode("utf-8", errors="replace")
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _broken() -> UploadBroken:
    return UploadBroken(_("The upload broke off or cannot be read. Please send it again."))
