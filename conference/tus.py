"""Resumable uploads, as the protocol tus 1.0.0 has them (https://tus.io/protocols/resumable-upload): its headers, read and written.

Spoken are the core protocol and the extensions creation, expiration, checksum and termination. The kept server libraries are
for other frameworks or for newer Pythons than ours; the client in our pages is tus-js-client itself.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any, ClassVar

from conference.errors import Conflict, InvalidInput
from conference.forms import whole_number
from conference.i18n import _

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
ALGORITHMS = ("sha1", "sha256", "sha512")
CONTENT_TYPE = "application/offset+octet-stream"
MOST_DIGITS = 15

# RFC 4648 base64, as the protocol asks for; the keys are ASCII without space or comma.
_PAIR = re.compile(r"([!-+\--~]+)(?: ([A-Za-z0-9+/]*={0,2}))?")


class TusMisread(InvalidInput):
    """A header is missing or says nothing that can be understood."""


class WrongVersion(InvalidInput):
    """The client speaks another version of the protocol."""

    http_status = 412


class WrongContentType(InvalidInput):
    """A PATCH brings something else than octets at an offset."""

    http_status = 415


class OffsetDiffers(Conflict):
    """Octets for a place other than where the upload stands: some were sent twice, or some are missing."""


class ChecksumDiffers(InvalidInput):
    """What arrived is not what was sent."""

    http_status: ClassVar[int] = 460


@dataclass(frozen=True)
class Checksum:
    """What the octets of one PATCH must come to."""

    algorithm: str
    digest: bytes

    def start(self) -> Any:
        """A hash to feed them to."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def check_version(headers: Mapping[str, str]) -> None:
    """Every request but OPTIONS names the version. Raises WrongVersion."""
    if headers.get("tus-resumable") != VERSION:
        raise WrongVersion(f"This server speaks tus {VERSION}.")


def read_length(headers: Mapping[str, str]) -> int:
    """How long the whole file is. Raises TusMisread; to say it later (Upload-Defer-Length) is not offered."""
    return _number(headers, "upload-length")


def read_offset(headers: Mapping[str, str]) -> int:
    """Where the octets of a PATCH belong. Raises TusMisread."""
    return _number(headers, "upload-offset")


def check_content_type(headers: Mapping[str, str]) -> None:
    """What a PATCH brings. Raises WrongContentType."""
    if headers.get("content-type", "").partition(";")[0].strip() != CONTENT_TYPE:
        raise WrongContentType(f"A PATCH brings {CONTENT_TYPE}.")


def read_metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """What the client says of the file, by key. Raises TusMisread."""
    found: dict[str, str] = {}
    for pair in headers.get("upload-metadata", "").split(","):
        if not (pair := pair.strip()):
            continue
        match = _PAIR.fullmatch(pair)
        try:
            if match is None or match[1] in found:
                raise ValueError(pair)
            found[match[1]] = base64.b64decode(match[2] or "", validate=True).decode()
        except (binascii.Error, ValueError):
            raise TusMisread(
                "Upload-Metadata: keys with their values in base64, separated by commas."
            ) from None
    return found


def read_checksum(headers: Mapping[str, str]) -> Checksum | None:
    """What the octets of a PATCH must come to, if the client says so. Raises TusMisread."""
    value = headers.get("upload-checksum")
    if value is None:
        return None
    algorithm, _space, digest = value.strip().partition(" ")
    try:
        if algorithm not in ALGORITHMS:
            raise ValueError(algorithm)
        return Checksum(algorithm, base64.b64decode(digest, validate=True))
    except (binascii.Error, ValueError):
        raise TusMisread(f"Upload-Checksum: one of {', '.join(ALGORITHMS)}, a space, and base64.") from None


def method_of(method: str, headers: Mapping[str, str]) -> str:
    """The method that is meant: some networks let only GET and POST through (X-HTTP-Method-Override)."""
    return headers.get("x-http-method-override", method).upper() if method == "POST" else method


def answer_headers(
    *, offset: int | None = None, length: int | None = None, expires_at: datetime | None = None
) -> dict[str, str]:
    """The headers of an answer. ``expires_at`` is aware."""
    headers = {"tus-resumable": VERSION, "cache-control": "no-store"}
    if offset is not None:
        headers["upload-offset"] = str(offset)
    if length is not None:
        headers["upload-length"] = str(length)
    if expires_at is not None:
        headers["upload-expires"] = format_datetime(expires_at, usegmt=True)
    return headers


def offered(max_bytes: int) -> dict[str, str]:
    """What OPTIONS tells of this server."""
    return {
        "tus-resumable": VERSION,
        "tus-version": VERSION,
        "tus-max-size": str(max_bytes),
        "tus-extension": EXTENSIONS,
        "tus-checksum-algorithm": ",".join(ALGORITHMS),
    }


def _number(headers: Mapping[str, str], name: str) -> int:
    number = whole_number(headers.get(name, ""), MOST_DIGITS)
    if number is None:
        raise TusMisread(_("The upload does not say where it stands. Please choose the file again."))
    return number
