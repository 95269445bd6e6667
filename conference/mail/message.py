"""The message that leaves: a letter's words, headers and calendar file as MIME.

Pure, so that every retry sends the very same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime
from typing import Any

from conference import calendar, i18n, texts
from conference.addresses import AddressRefused, parse_address
from conference.mail import BREAK, PRODUCT, Letter, conference_facts, one_line, resolve
from conference.mail.headers import POLICY, Encoded, encoded_text, mailbox
from conference.mail.own_words import OwnWords
from conference.mail.words import in_language, render


def compose(
    letter: Letter, *, base_url: str, mail_from: str, own_words: OwnWords | None = None
) -> EmailMessage:
    """The whole message, byte for byte the same each time it is made from the same letter and words.

    ``own_words`` are the team's, None for the built-in ones.

    With a calendar the parts are those of STANDARDS 1.6 (RFC 6047): alternative(plain, html, calendar) first in
    a mixed, then the same file as an attachment. Raises AddressRefused for a recipient that is not one address.
    """
    words = render(
        letter.kind,
        letter.payload,
        letter.language,
        letter.zone,
        name=letter.recipient_name,
        base_url=base_url,
        own_words=own_words,
        unsubscribe=letter.unsubscribe,
    )
    sender = _ascii_address(mail_from)
    home = conference_facts(letter.payload)
    with i18n.use_language(letter.language):
        sender_name = one_line(in_language(home.get("name"))) or PRODUCT
    message = EmailMessage(policy=POLICY)
    message["From"] = mailbox(sender_name, sender)
    if reply_to := _reply_to(home):
        message["Reply-To"] = mailbox(sender_name, reply_to)
    message["To"] = mailbox(one_line(letter.recipient_name), parse_address(letter.recipient).address)
    message["Subject"] = Encoded(encoded_text(words.subject.replace(BREAK, "")))
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = Encoded(f"<{letter.mail_key}@{sender.rpartition('@')[2]}>")
    # RFC 3834 and its Exchange counterpart: no "out of office" comes back.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if letter.unsubscribe:
        # RFC 2369, RFC 8058 3.1: both headers, and the address takes a POST without any cookie.
        message["List-Unsubscribe"] = Encoded(f"<{base_url}{letter.unsubscribe}>")
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(words.text, cte="quoted-printable")
    message.add_alternative(words.html, subtype="html", cte="quoted-printable")
    invite, method = letter.payload.get("invite"), letter.calendar_method
    file = letter.calendar or _invitation(letter, invite, method, base_url, sender, sender_name)
    if file is not None and letter.calendar_method:
        # RFC 6047 2.4: method= equals METHOD. base64 keeps the folding and CRLF of the file.
        message.add_alternative(
            file, subtype="calendar", params={"method": letter.calendar_method}, cte="base64"
        )
        message.add_attachment(file.encode(), maintype="application", subtype="ics", filename="invite.ics")
        # RFC 6047 2.4: further objects are parts of their own, each with its method.
        for number, more in enumerate(letter.payload.get("more_invites", ()), start=2):
            further = _invitation(letter, more, more["method"], base_url, sender, sender_name)
            if further is not None:
                message.add_attachment(
                    further,
                    subtype="calendar",
                    params={"method": more["method"]},
                    cte="base64",
                    filename=f"invite-{number}.ics",
                )
    message["Content-Language"] = letter.language  # last: making a multipart moves Content- headers inside
    _fix_boundaries(message, letter.mail_key)
    return message


def _invitation(
    letter: Letter,
    facts: Mapping[str, Any] | None,
    method: str | None,
    base_url: str,
    organiser: str,
    organiser_name: str,
) -> str | None:
    """A calendar file of a letter: made now, so that no secret link lies in the table.

    ``facts`` (``invite`` of the payload, or one of ``more_invites``) hold uid, sequence, title (LocalText), start, end,
    status, and, each optional, join and url (link_ref).
    """
    if facts is None or method not in ("REQUEST", "CANCEL"):
        return None
    entry = calendar.CalendarEntry(
        uid=facts["uid"],
        sequence=facts["sequence"],
        revised_at=letter.created_at,
        start=datetime.fromisoformat(facts["start"]),
        end=datetime.fromisoformat(facts["end"]),
        title=texts.pick(facts["title"], letter.language),
        location_url=resolve(facts["join"], base_url) if "join" in facts else "",
        url=resolve(facts["url"], base_url) if "url" in facts else "",
        status="cancelled" if facts["status"] == "cancelled" else "confirmed",
        organiser_name=organiser_name,
        organiser_address=organiser,
    )
    zone = str(conference_facts(letter.payload).get("zone") or letter.zone)
    described = replace(entry, description=calendar.entry_text(entry, zone, "", language=letter.language))
    name, address = letter.recipient_name, letter.recipient
    told: calendar.Method = "CANCEL" if method == "CANCEL" else "REQUEST"
    return calendar.invite(
        described, name, address, told, letter.created_at, language=letter.language
    ).decode()


def _reply_to(home: Mapping[str, Any]) -> str:
    try:
        return parse_address(str(home.get("reply_to") or "")).address
    except AddressRefused:  # the conference gives no address, or one that mail cannot reach: none is better
        return ""


def _ascii_address(address: str) -> str:
    """The sender as configured. An operator's ``meridian@localhost`` is allowed, which no person's address is."""
    return address if address.isascii() else parse_address(address).address


def _fix_boundaries(message: EmailMessage, mail_key: str) -> None:
    parts: Iterable[EmailMessage | MIMEPart] = message.walk()
    for number, part in enumerate(parts):
        if part.is_multipart():
            digest = hashlib.sha256(f"{mail_key}:{number}".encode()).hexdigest()[:24]
            part.set_boundary(f"=_{digest}")
