"""Forms with files: parsed as they arrive and streamed straight into the store, so that memory stays flat."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from anyio import CancelScope
from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.utils.scope.state import ScopeState

from conference import dates
from conference.errors import DomainError, Forbidden, InvalidInput
from conference.filenames import safe_filename
from conference.filetypes import (
    FILE_TYPES,
    HEAD_BYTES,
    TAIL_BYTES,
    FileRefused,
    FileType,
    check_ending,
    sniff,
)
from conference.i18n import _, current_language
from conference.multipart import FAREWELL_BYTES, Body, Part, UploadBroken, UploadTooLarge
from conference.storage import Storage, Stored

MAX_FIELDS = 100
MAX_FILES = 20
CSRF_FIELD = "_csrf_token"


class FileTooLarge(InvalidInput):
    """A file has more octets than its field takes."""

    http_status = 413


@dataclass(frozen=True)
class FileRule:
    """What a file field takes: one file of at most ``most_bytes`` octets, of one of these kinds (keys of FILE_TYPES)."""

    most_bytes: int
    extensions: frozenset[str]


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
    """What a form with files said.

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


Taker = Callable[[Part], Awaitable[None]]
"""What becomes of a file part: it reads the part's octets, or leaves them to be passed over."""


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

    A file that is empty or not of an accepted type ends up in ``errors``, the rest of the form is still read, and no
    file is kept. Raises Forbidden, UploadTooLarge, UploadBroken, StorageFull or StorageUnavailable, and then leaves no
    file behind.
    """
    body, count = Body(request, max_bytes), 0
    form = UploadForm()

    async def take(part: Part) -> None:
        nonlocal count
        if part.name != file_field:
            raise UploadBroken(_("The form brings a file where none belongs."))
        count += 1
        if count > MAX_FILES:
            raise UploadTooLarge(_("Please send at most %(most)s files at a time.") % {"most": MAX_FILES})
        if form.errors:
            return
        try:
            received = await _stored(storage, body.data(), part, FILE_TYPES)
        except FileRefused as refusal:
            form.errors[part.name] = refusal.message
            return
        if received is not None:
            form.files.append(received)

    await _read(request, storage, form, body, take, check_csrf=check_csrf)
    if form.errors:
        await form.discard(storage)
    return form


async def receive_each(
    request: Request[Any, Any, Any],
    storage: Storage,
    rules: Mapping[str, FileRule],
    *,
    max_bytes: int,
    new_key: Callable[[str], Awaitable[str]],
) -> UploadForm:
    """Read a form of which each field in ``rules`` takes one file, judged by itself: what is refused is in ``errors``,
    the others lie in the store.

    ``max_bytes`` is for all files together. ``new_key(field)`` gives the key under which a file is about to be stored;
    the InvalidInput it raises is that field's error. Files of other fields are passed over, and so is what is too
    large: whoever typed much beside it gets the form back. Without files the form may come urlencoded too. The route is
    left out of the CSRF middleware, as for ``receive``, which says what is raised.
    """
    form = UploadForm()
    if request.content_type[0] != RequestEncodingType.MULTI_PART:
        sent = (await request.form()).multi_items()
        form.fields = {name: value for name, value in sent if isinstance(value, str)}
        verify_csrf(request, _header_token(request) or form.fields.get(CSRF_FIELD))
        return form
    body, left = Body(request, max_bytes, patience=FAREWELL_BYTES), max_bytes

    async def take(part: Part) -> None:
        nonlocal left
        rule = rules.get(part.name)
        if rule is None or part.name in form.errors or any(one.field == part.name for one in form.files):
            return
        data = _at_most(rule.most_bytes, body.data(), too_large_words(rule.most_bytes))
        data = _at_most(left, data, _too_large_together(max_bytes))
        try:
            received = await _stored(storage, data, part, rule.extensions, partial(new_key, part.name))
        except (UploadTooLarge, UploadBroken):
            raise
        except DomainError as refusal:
            form.errors[part.name] = refusal.message
            return
        if received is not None:
            form.files.append(received)
            left -= received.stored.size

    await _read(request, storage, form, body, take, most_fields=10 * MAX_FIELDS)
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
            # As the middleware does: the page that answers, with what is to be mended, has a form as well.
            ScopeState.from_scope(request.scope).csrf_token = token
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
    body: Body,
    take: Taker,
    *,
    check_csrf: bool = True,
    most_fields: int = MAX_FIELDS,
) -> None:
    try:
        verified, texts = not check_csrf, 0
        if not verified and (token := _header_token(request)):
            verify_csrf(request, token)
            verified = True
        while (part := await body.next_part()) is not None:
            if part.filename is not None:
                if not verified:
                    verify_csrf(request, None)
                await take(part)
                continue
            texts += 1
            if texts > most_fields:
                raise UploadBroken(_("The form has too many fields."))
            form.fields[part.name] = await body.text()
            if part.name == CSRF_FIELD and not verified:
                verify_csrf(request, form.fields[CSRF_FIELD])
                verified = True
        if not verified:
            verify_csrf(request, None)
    except BaseException as error:
        with CancelScope(shield=True):
            await form.discard(storage)
            if isinstance(error, InvalidInput | Forbidden):
                await body.farewell()
        raise


def too_large_words(most: int) -> str:
    """What is said of a file with more octets than its field takes."""
    size = dates.file_size_words(most, current_language())
    return _("This file is too large: at most %(size)s can be sent here.") % {"size": size}


def _too_large_together(most: int) -> str:
    size = dates.file_size_words(most, current_language())
    return _("The files of this form are too large together: at most %(size)s.") % {"size": size}


def _header_token(request: Request[Any, Any, Any]) -> str | None:
    config = request.app.csrf_config
    return request.headers.get(config.header_name) if config is not None else None


async def _stored(
    storage: Storage,
    data: AsyncIterator[bytes],
    part: Part,
    accepted: Collection[str],
    new_key: Callable[[], Awaitable[str]] | None = None,
) -> ReceivedFile | None:
    """The file of ``part`` put into the store, or None for a file input left empty.

    Raises FileRefused and what ``data``, ``new_key`` and the store raise, and then nothing of it is kept.
    """
    head = b""
    async for chunk in data:
        head += chunk
        if len(head) >= HEAD_BYTES:
            break
    if not part.filename and not head:
        return None  # A file input left empty is sent as a nameless, empty part (HTML 4.10.21.4).
    filename = safe_filename(part.filename or "")
    file_type = sniff(head[:HEAD_BYTES], filename, accepted)
    tail, key = _Tail(), await new_key() if new_key else None
    stored = await storage.put_stream(tail.watch(head, data), key)
    try:
        check_ending(file_type, filename, tail.octets(), stored.size)
    except FileRefused:
        with CancelScope(shield=True):
            await storage.delete(stored.key)
        raise
    return ReceivedFile(part.name, filename, part.declared_type, file_type, stored)


async def _at_most(octets: int, data: AsyncIterator[bytes], message: str) -> AsyncIterator[bytes]:
    """``data``, which may not be longer. Raises FileTooLarge."""
    async for chunk in data:
        octets -= len(chunk)
        if octets < 0:
            raise FileTooLarge(message)
        yield chunk


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
