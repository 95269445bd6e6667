"""Uploads as their senders see them: what broke off, what was refused, and the words that the script of the page says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conference import dates, i18n
from conference.i18n import _
from sessions.packs.tables import Upload, UploadState


@dataclass(frozen=True)
class UploadView:
    """An upload that is not done. ``received`` and ``size`` in words, ``until`` the day on the reader's clock it waits for."""

    code: str
    filename: str
    received: str
    size: str
    until: str
    refusal: str
    is_whole: bool


def upload_views(uploads: Sequence[Upload], zone: str) -> list[UploadView]:
    """The uploads for a reader in ``zone``."""
    language = i18n.current_language()
    return [
        UploadView(
            code=upload.code,
            filename=upload.filename,
            received=dates.file_size_words(upload.received, language),
            size=dates.file_size_words(upload.size, language),
            until=dates.long_day(dates.local_date(upload.expires_at, zone), language),
            refusal=upload.refusal if upload.state == UploadState.REFUSED else "",
            is_whole=upload.state == UploadState.RECEIVED,
        )
        for upload in uploads
    ]


def upload_words() -> dict[str, str]:
    """What the script of the page says, in the language in force; %s is a share such as 40 %."""
    return {
        "leave": _("Leave it out"),
        "stop": _("Stop"),
        "goOn": _("Go on"),
        "stopped": _("Stopped. What has arrived is kept."),
        "sending": _("Sending: %(share)s") % {"share": "%s"},
        "goesOn": _("Goes on from %(share)s") % {"share": "%s"},
        "broken": _("The line broke. It goes on as soon as it is back."),
        "gaveUp": _("The line stays broken. What has arrived is kept: go on when it is back."),
        "checking": _("All sent. The server is checking the file."),
        "kept": _("Arrived."),
        "later": _("The server does not answer. Please go on in a moment."),
        "offline": _("The server cannot be reached. Please try again when the line is back."),
    }
