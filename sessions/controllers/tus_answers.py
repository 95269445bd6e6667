"""Resumable uploads over HTTP (tus 1.0.0), for whoever may send: the desk and the speakers' own page give the rest.

Beside the protocol there are two addresses for the script of our pages: ``begin``, which checks what is said of several files
before the first octet leaves and finds those again that broke off, and ``finish``, which says what became of one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from litestar import HttpMethod, Response
from litestar.response import Redirect

from conference import clock, tus
from conference.errors import DomainError, InvalidInput
from conference.forms import whole_number
from conference.i18n import _, ngettext
from conference.storage import Storage
from conference.uploads import verify_csrf
from conference.web import AnyRequest, see_other, settings_of
from sessions.packs.collecting import arriving, uploads
from sessions.packs.collecting.receiving import receive_octets
from sessions.packs.collecting.uploads import Announced, Sender, Target
from sessions.packs.held_packs import NotReady
from sessions.packs.resource_facts import FileDetails
from sessions.packs.tables import Upload, UploadState

# The token is checked here: Litestar's middleware would read the whole body into memory to look for it.
ROUTE: dict[str, Any] = {
    "http_method": [
        HttpMethod.HEAD,
        HttpMethod.PATCH,
        HttpMethod.DELETE,
        HttpMethod.POST,
        HttpMethod.OPTIONS,
    ],
    "opt": {"exclude_from_csrf": True},
}
CREATE: dict[str, Any] = {
    "http_method": [HttpMethod.POST, HttpMethod.OPTIONS],
    "opt": {"exclude_from_csrf": True},
}
MOST_FILES = 50

FindTarget = Callable[[Mapping[str, str]], Awaitable[Target]]
"""Where the files go that somebody announces with these fields. Raises NotFound."""


@dataclass(frozen=True)
class Sending:
    """Somebody who sends files from a page. ``base`` is the path below which the uploads have their addresses."""

    request: AnyRequest
    sender: Sender
    base: str

    @property
    def storage(self) -> Storage:
        """The store of files."""
        storage: Storage = self.request.app.state.storage
        return storage

    @property
    def max_bytes(self) -> int:
        """The largest file that is kept."""
        return settings_of(self.request).max_upload_bytes

    def url(self, upload: Upload) -> str:
        """The address of an upload, without the host: people may know the server by another name than its settings do."""
        return f"{self.base}/{upload.code}"

    async def begin(self, target: Target, file: Announced, details: FileDetails, *, note: str = "") -> Upload:
        """See ``uploads.begin_upload``."""
        return await uploads.begin_upload(
            self.sender,
            target,
            file,
            details,
            note=note,
            storage=self.storage,
            max_bytes=self.max_bytes,
            now=clock.now(),
        )


async def create(sending: Sending, find_target: FindTarget) -> Response[Any]:
    """The extension creation: an upload for one file, which ``Upload-Metadata`` names and says where it goes."""
    request = sending.request
    if request.method == HttpMethod.OPTIONS:
        return _options(sending)
    tus.check_version(request.headers)
    verify_csrf(request, _token(request))
    metadata = tus.read_metadata(request.headers)
    filename = metadata.get("filename") or metadata.get("name", "")
    if not filename:
        raise tus.TusMisread("Upload-Metadata: the file has no filename.")
    target = await find_target(metadata)
    file = Announced(filename, tus.read_length(request.headers))
    upload = await sending.begin(target, file, FileDetails())
    headers = tus.answer_headers(expires_at=upload.expires_at) | {"location": sending.url(upload)}
    return Response(b"", status_code=201, headers=headers)


async def answer(sending: Sending, code: str) -> Response[Any]:
    """An upload's own address: where it stands (HEAD), more of it (PATCH), enough of it (DELETE)."""
    request = sending.request
    method = tus.method_of(request.method, request.headers)
    if method == HttpMethod.OPTIONS:
        return _options(sending)
    tus.check_version(request.headers)
    if method != HttpMethod.HEAD:
        verify_csrf(request, _token(request))
    upload = await uploads.upload_of(sending.sender, code, clock.now())
    if method == HttpMethod.HEAD:
        headers = tus.answer_headers(offset=upload.received, length=upload.size, expires_at=upload.expires_at)
        return Response(b"", status_code=200, headers=headers)
    if method == HttpMethod.DELETE:
        await uploads.discard_upload(upload, storage=sending.storage)
        return Response(b"", status_code=204, headers=tus.answer_headers())
    if method != HttpMethod.PATCH:
        raise tus.TusMisread("An upload takes HEAD, PATCH and DELETE.")
    tus.check_content_type(request.headers)
    received = await receive_octets(
        upload,
        _octets(request),
        offset=tus.read_offset(request.headers),
        checksum=tus.read_checksum(request.headers),
        storage=sending.storage,
        now=clock.now(),
    )
    headers = tus.answer_headers(offset=received, expires_at=clock.now() + uploads.LASTS)
    return Response(b"", status_code=204, headers=headers)


async def begin(
    sending: Sending,
    find_target: FindTarget,
    details: FileDetails | None,
    errors: Mapping[str, str],
    fields: Mapping[str, str],
) -> Response[dict[str, Any]]:
    """The files that a page announces, all of them or none: for each its address and how much of it is there already.

    422 with an error for each field where something is wrong; of a file that is refused, under ``file``.
    """
    announced = _announced(fields)
    if details is None or errors:
        return Response({"errors": dict(errors)}, status_code=422)
    target = await find_target(fields)
    begun: list[Upload] = []
    try:
        for file in announced:
            begun.append(await sending.begin(target, file, details, note=fields.get("note", "")[:500]))
    except DomainError as refusal:
        for upload in begun:
            if not upload.received:
                await uploads.discard_upload(upload, storage=sending.storage)
        return Response({"errors": {"file": refusal.message}}, status_code=422)
    told = [{"url": sending.url(upload), "received": upload.received} for upload in begun]
    return Response({"uploads": told}, status_code=200)


async def finish(sending: Sending, code: str) -> Response[dict[str, Any]]:
    """What became of an upload that is whole: ``kept``, ``refused`` or ``waiting``, with a sentence for the person."""
    upload = await uploads.upload_of(sending.sender, code, clock.now())
    if upload.state == UploadState.RECEIVING:
        return Response({"state": "receiving", "received": upload.received}, status_code=409)
    try:
        upload = await arriving.arrive(upload.id, storage=sending.storage, now=clock.now())
    except NotReady as refusal:
        return Response({"state": "waiting", "message": refusal.message}, status_code=200)
    return Response({"state": str(upload.state), "message": upload.refusal}, status_code=200)


def done(fields: Mapping[str, str], home: str) -> Redirect:
    """Back to the page the files were sent from, which says how many; ``home`` is the path it must lie below."""
    count = whole_number(fields.get("count", ""), 3) or 1
    back = fields.get("back", "")
    told = ngettext("One file is added.", "%(count)s files are added.", count) % {"count": count}
    if not (back == home or back.startswith(f"{home}/")):
        return see_other(home, told)
    if "/item/" in back:  # the page of one thing sends new versions of it alone
        told = _("The new file is in its place; the old one stays in the history.")
    return see_other(back, told)


def refused(request: AnyRequest, error: DomainError) -> Response[Any]:
    """A refusal in the words of the protocol, or of the script of our pages."""
    if "tus-resumable" not in request.headers:
        return Response({"message": error.message}, status_code=error.http_status)
    headers = tus.answer_headers() | {"tus-version": tus.VERSION}
    return Response(error.message, status_code=error.http_status, headers=headers, media_type="text/plain")


HANDLERS: MutableMapping[int | type[Exception], Any] = {DomainError: refused}


def _announced(fields: Mapping[str, str]) -> list[Announced]:
    try:
        told = json.loads(fields.get("files", ""))
        files = [
            Announced(str(one["name"])[:1000], int(one["size"]), int(one.get("modified", 0))) for one in told
        ]
    except (ValueError, TypeError, KeyError):
        raise InvalidInput(_("Please choose at least one file.")) from None
    if not files or any(file.size < 0 or file.size >= 10**tus.MOST_DIGITS for file in files):
        raise InvalidInput(_("Please choose at least one file."))
    if len(files) > MOST_FILES:
        raise InvalidInput(_("Please send at most %(most)s files at a time.") % {"most": MOST_FILES})
    return files


async def _octets(request: AnyRequest) -> AsyncIterator[bytes]:
    """The body as it arrives. A line that breaks is its end: what came is good."""
    # Not request.stream(): its limit is the app's for ordinary forms, and it raises when the line breaks.
    while True:
        message = await request.receive()
        if message["type"] != "http.request":
            return
        if message["body"]:
            yield message["body"]
        if not message["more_body"]:
            return


def _token(request: AnyRequest) -> str | None:
    config = request.app.csrf_config
    return request.headers.get(config.header_name) if config is not None else None


def _options(sending: Sending) -> Response[Any]:
    return Response(b"", status_code=204, headers=tus.offered(sending.max_bytes))
