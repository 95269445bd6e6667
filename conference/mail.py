"""Compose a mail from the facts in an OutgoingMail row: pure, so that every retry sends the very same bytes.

A mail is ``templates/mail/<kind>.txt``. Its first line is ``Subject: …``, then a blank line, then the body:
paragraphs between blank lines; lists of lines that begin with ``- `` (continued by two spaces); a line that is
``Label: <address>`` (or a label with its address on the next line), which becomes a button when it stands alone;
and a footer after a line ``--``. The HTML part is made from the finished text, so both parts tell the same facts.

A payload is JSON. It holds plain facts and three kinds of reference, resolved only while rendering:

* ``token_ref(purpose, *parts)`` is a secret, derived by ``codes.derived_token``; so no secret lies in the table;
* ``link_ref(*pieces)`` is an address under the site's own, its pieces texts and token references;
* an instant is an ISO 8601 text with offset (``queue_mail`` writes datetimes so).

Every other text in a payload came from a person: it is put on one line, and addresses in it are broken with
zero-width spaces so that no program makes a link of them. Texts in several languages are ``LocalText`` maps.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from functools import cache
from typing import Any, TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from conference import calendar, dates, i18n, texts, timezones
from conference.addresses import AddressRefused, parse_address
from conference.assets import asset_folder
from conference.codes import derived_token
from conference.i18n import _
from conference.strip import build_strip

Ref: TypeAlias = dict[str, list[Any]]

PRODUCT = "Meridian"
LONGEST_FACT = 400  # characters of one text in a mail; a person's name is no place for an essay
_TOKEN = "$token"  # noqa: S105 - the name of a reference, not a secret
_LINK = "$link"
_LINK_PATH = re.compile(r"/[A-Za-z0-9/_.~%?&=-]*")
_BREAK = "\u200b"


@dataclass(frozen=True)
class RenderedMail:
    """What the recipient reads: a one-line subject, the plain text and the whole HTML document."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Letter:
    """Everything a message is made of: an OutgoingMail row as plain values.

    ``mail_key`` is the left-hand side of the Message-ID, made when the mail was queued. ``created_at`` (aware)
    becomes ``Date``, so a retry is the same message. ``zone`` is the recipient's. ``calendar`` is an iCalendar
    file whose METHOD is ``calendar_method``.
    """

    kind: str
    payload: Mapping[str, Any]
    recipient: str
    recipient_name: str
    language: str
    zone: str
    mail_key: str
    created_at: datetime
    calendar: str | None = None
    calendar_method: str | None = None


def token_ref(purpose: str, *parts: object) -> Ref:
    """A payload value that becomes ``codes.derived_token(purpose, *parts)`` when the mail is rendered."""
    return {_TOKEN: [purpose, *map(str, parts)]}


def link_ref(*pieces: str | Ref) -> Ref:
    """A payload value that becomes an address of this site: ``link_ref("/join/", code)``.

    The pieces, joined, must be a path that begins with ``/``; a token reference may be one of them.
    """
    return {_LINK: list(pieces)}


def one_line(text: str) -> str:
    """The text without line breaks, control characters or marks that reverse what is shown (bidi overrides)."""
    kept = "".join(
        " " if ch.isspace() or unicodedata.category(ch) in {"Cc", "Cs", "Zl", "Zp"} else ch
        for ch in text
        if ch not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff"
    )
    return " ".join(kept.split())


def defanged(text: str) -> str:
    """``one_line(text)``, at most LONGEST_FACT long, in which no program finds an address to make a link of."""
    line = one_line(text)
    if len(line) > LONGEST_FACT:
        line = line[: LONGEST_FACT - 1].rstrip() + "…"
    line = line.replace("://", f":{_BREAK}//{_BREAK}").replace("@", f"@{_BREAK}")
    line = re.sub(r"(?i)\b(mailto|tel|javascript|data):", rf"\1{_BREAK}:", line)
    return re.sub(r"(?<=\w)\.(?=[^\W\d_]{2})", f".{_BREAK}", line)


def resolve(payload: Any, base_url: str) -> Any:
    """The payload with its references put in and every text by a person made harmless."""
    if isinstance(payload, Mapping):
        if set(payload) == {_TOKEN}:
            return derived_token(*payload[_TOKEN])
        if set(payload) == {_LINK}:
            pieces = [p if isinstance(p, str) else derived_token(*p[_TOKEN]) for p in payload[_LINK]]
            path = "".join(pieces)
            if not _LINK_PATH.fullmatch(path):
                raise ValueError(f"a link in a mail's payload is no path of this site: {path!r:.80}")
            return base_url + path
        return {str(key): resolve(value, base_url) for key, value in payload.items()}
    if isinstance(payload, list):
        return [resolve(value, base_url) for value in payload]
    return defanged(payload) if isinstance(payload, str) else payload


def render(
    kind: str,
    payload: Mapping[str, Any],
    language: str,
    zone: str,
    *,
    name: str = "",
    base_url: str,
) -> RenderedMail:
    """The words of a mail of this kind, in ``language``, with times in ``zone`` (the recipient's).

    Raises jinja2.UndefinedError when the payload lacks a fact that the template tells.
    """
    with i18n.use_language(language):
        facts = resolve(payload, base_url)
        home = facts["conference"] = _home(facts)
        clock = _Clock(zone, str(home.get("zone") or zone), language)
        source = _environment().get_template(f"{kind}.txt")
        finished = source.render(
            facts, name=defanged(name), clock=clock, base_url=base_url, language=language
        )
        subject, body = _split(kind, finished)
        conference_name = _in_language(home.get("name"))
        main, footer = _html_parts(body, base_url)
        html = (
            _environment()
            .get_template("layout.html")
            .render(
                subject=subject,
                title=conference_name or PRODUCT,
                body=main,
                footer=footer,
                language=language,
                direction=i18n.direction(language),
            )
        )
    return RenderedMail(subject=subject, text=body + "\n", html=html)


def compose(letter: Letter, *, base_url: str, mail_from: str) -> EmailMessage:
    """The whole message, byte for byte the same each time it is made from the same letter.

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
    )
    sender = _ascii_address(mail_from)
    home = _home(letter.payload)
    with i18n.use_language(letter.language):
        sender_name = one_line(_in_language(home.get("name"))) or PRODUCT
    message = EmailMessage(policy=_POLICY)
    message["From"] = _mailbox(sender_name, sender)
    if reply_to := _reply_to(home):
        message["Reply-To"] = _mailbox(sender_name, reply_to)
    message["To"] = _mailbox(one_line(letter.recipient_name), parse_address(letter.recipient).address)
    message["Subject"] = Encoded(_encoded_text(words.subject.replace(_BREAK, "")))
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = Encoded(f"<{letter.mail_key}@{sender.rpartition('@')[2]}>")
    # RFC 3834 and its Exchange counterpart: no "out of office" comes back.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(words.text, cte="quoted-printable")
    message.add_alternative(words.html, subtype="html", cte="quoted-printable")
    file = letter.calendar or _invitation(letter, base_url, sender, sender_name)
    if file is not None and letter.calendar_method:
        # RFC 6047 2.4: method= equals METHOD. base64 keeps the folding and CRLF of the file.
        message.add_alternative(
            file, subtype="calendar", params={"method": letter.calendar_method}, cte="base64"
        )
        message.add_attachment(file.encode(), maintype="application", subtype="ics", filename="invite.ics")
    message["Content-Language"] = letter.language  # last: making a multipart moves Content- headers inside
    _fix_boundaries(message, letter.mail_key)
    return message


def _invitation(letter: Letter, base_url: str, organiser: str, organiser_name: str) -> str | None:
    """The calendar file of a letter whose payload has ``invite``: made now, so that no secret link lies in the table.

    ``invite`` holds uid, sequence, title (LocalText), start, end, status, and, each optional, join and url (link_ref).
    """
    facts = letter.payload.get("invite")
    if facts is None or letter.calendar_method not in ("REQUEST", "CANCEL"):
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
    zone = str(_home(letter.payload).get("zone") or letter.zone)
    described = replace(entry, description=calendar.entry_text(entry, zone, "", language=letter.language))
    name, address = letter.recipient_name, letter.recipient
    method: calendar.Method = "CANCEL" if letter.calendar_method == "CANCEL" else "REQUEST"
    return calendar.invite(
        described, name, address, method, letter.created_at, language=letter.language
    ).decode()


class Encoded(str):
    """A header's value already encoded and folded as it goes out."""

    __slots__ = ()


class _EncodedHeaders(EmailPolicy):
    """SMTP's policy, leaving values of type Encoded as they are.

    CPython (3.11.7 measured) folds a long quoted display name without its quotes, which turns ``"a, <b@c.d>"``
    into another recipient, and loses spaces between encoded words. So the headers that hold people's words are
    encoded here, by RFC 2047, and only kept by the policy.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        if isinstance(value, Encoded):
            return name, value
        return super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        if isinstance(value, Encoded):
            return SMTP.header_factory(name, re.sub(r"\r?\n", "", value))
        return super().header_fetch_parse(name, value)

    def fold(self, name: str, value: Any) -> str:
        if isinstance(value, Encoded):
            return f"{name}: {value}\r\n"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        if isinstance(value, Encoded):
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _EncodedHeaders(linesep="\r\n", raise_on_defect=False)


def _encoded_text(text: str) -> str:
    """Unstructured text as a header value (RFC 5322 2.2.1, RFC 2047): plain where short and ASCII."""
    if text.isascii() and len(text) <= 66 and "=?" not in text:
        return text
    return _encoded_words(text)


def _encoded_words(text: str) -> str:
    """The text as RFC 2047 encoded words, each within 75 characters and of whole characters, one to a line."""
    chunks: list[bytes] = [b""]
    for character in text:
        data = character.encode()
        if len(chunks[-1]) + len(data) > 36:
            chunks.append(b"")
        chunks[-1] += data
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in chunks)


def _mailbox(name: str, address: str) -> Encoded:
    """``Name <address>`` that reads back as one mailbox whatever the name holds."""
    if len(name) > 120:
        name = name[:119].rstrip() + "…"
    if not name:
        return Encoded(address)
    if re.fullmatch(r"[A-Za-z0-9 '_-]{1,60}", name):
        shown = name
    elif name.isascii() and len(name) <= 60 and "=?" not in name and not set(name) & set('\\"<>@'):
        shown = f'"{name}"'
    else:
        shown = _encoded_words(name)
    return Encoded(f"{shown}\r\n <{address}>" if len(shown) + len(address) > 65 else f"{shown} <{address}>")


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


@dataclass(frozen=True)
class _Clock:
    """Times in a template: the recipient's, and the conference's beside it where they differ."""

    zone: str
    conference_zone: str
    language: str

    def when(self, start: str, end: str | None = None) -> str:
        """``Friday 25 June 2021, 14:30–15:15 (Kolkata, IST, UTC+5:30)``: for the reader."""
        return self._told(start, end, self.zone)

    def there(self, start: str, end: str | None = None) -> str:
        """The same on the conference's clocks; empty where the reader's clocks show that anyway."""
        first = datetime.fromisoformat(start)
        if timezones.offset_at(first, self.zone) == timezones.offset_at(first, self.conference_zone):
            return ""
        same_day = dates.day_shift(first, self.zone, self.conference_zone) == 0
        return self._told(start, end, self.conference_zone, with_day=not same_day)

    def strip(self, start: str, end: str) -> str:
        """The meridian strip in words: what hours of the reader's day the conference takes; empty beyond a day."""
        first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
        if last - first >= timedelta(days=1):
            return ""
        day = dates.local_date(first, self.zone)
        span = (first, last)
        return build_strip(day, self.zone, self.conference_zone, spans=[span], language=self.language).text

    def _told(self, start: str, end: str | None, zone: str, *, with_day: bool = True) -> str:
        first = datetime.fromisoformat(start)
        if end is None:
            times = dates.clock_time(first, zone, self.language)
        else:
            times = dates.time_range(first, datetime.fromisoformat(end), zone, self.language)
        facts = {
            "day": dates.long_day(dates.local_date(first, zone), self.language),
            "time": times,
            "zone": dates.zone_name(zone, first, self.language),
        }
        return (_("%(day)s, %(time)s (%(zone)s)") if with_day else _("%(time)s (%(zone)s)")) % facts


def _home(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the payload says of the conference: a map of facts, or its name alone."""
    home = payload.get("conference") or {}
    return {"name": home} if isinstance(home, str) else dict(home)


def _in_language(value: str | Mapping[str, str] | None) -> str:
    """A LocalText in the language in force; a plain text as it is."""
    return value if isinstance(value, str) else texts.pick(value, i18n.current_language())


def _split(kind: str, finished: str) -> tuple[str, str]:
    first, _line, rest = finished.lstrip("\n").partition("\n")
    label, _colon, subject = first.partition(":")
    if label != "Subject" or not subject.strip():
        raise ValueError(f"templates/mail/{kind}.txt does not begin with a Subject line")
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in rest.split("\n"))).strip("\n")
    # RFC 3676 4.3: the line before a signature is two dashes and a space.
    return one_line(subject), re.sub(r"(?m)^--$", "-- ", body)


_LABELLED = re.compile(r"(?P<label>[^\n]*?)\s*[:：]?\s*(?P<url>https?://[^\s<>\"]+)")


def _html_parts(body: str, base_url: str) -> tuple[Markup, Markup]:
    main, _dashes, footer = body.partition("\n-- \n")
    return (
        Markup("\n").join(_html_block(block, base_url) for block in _blocks(main)),
        Markup("\n").join(_html_block(block, base_url) for block in _blocks(footer)),
    )


def _blocks(text: str) -> list[list[str]]:
    """Paragraphs as lists of lines; an address on a line of its own joins the label above it."""
    found = []
    for block in text.strip("\n").split("\n\n"):
        lines: list[str] = []
        for line in block.split("\n"):
            if lines and lines[-1].endswith((":", "：")) and re.fullmatch(r"\s*https?://\S+", line):
                lines[-1] = f"{lines[-1]} {line.strip()}"
            elif line.strip():
                lines.append(line)
        if lines:
            found.append(lines)
    return found


def _html_block(lines: list[str], base_url: str) -> Markup:
    if lines[0].startswith("- ") and all(line.startswith(("- ", "  ")) for line in lines):
        items: list[list[str]] = []
        for line in lines:
            if line.startswith("- "):
                items.append([line[2:]])
            else:
                items[-1].append(line[2:])
        inside = Markup("").join(
            Markup("<li><strong>{}</strong><br>\n{}</li>").format(item[0], _html_lines(item[1:], base_url))
            if len(item) > 1
            else Markup("<li>{}</li>").format(_html_lines(item, base_url))
            for item in items
        )
        return Markup("<ul>{}</ul>").format(inside)
    if len(lines) == 1 and (link := _own_link(lines[0], base_url)):
        label, url = link
        if label:
            return Markup(
                '<p class="act"><a class="button" href="{url}">{label}</a></p>\n<p class="address">{url}</p>'
            ).format(url=url, label=label)
        return Markup('<p class="address"><a href="{url}">{url}</a></p>').format(url=url)
    return Markup("<p>{}</p>").format(_html_lines(lines, base_url))


def _html_lines(lines: list[str], base_url: str) -> Markup:
    shown = []
    for line in lines:
        if link := _own_link(line, base_url):
            label, url = link
            shown.append(Markup('<a href="{}">{}</a>').format(url, label or url))
        else:
            shown.append(escape(line.strip()))
    return Markup("<br>\n").join(shown)


def _own_link(line: str, base_url: str) -> tuple[str, str] | None:
    """Label and address of a line that offers a link to this site; None for every other line."""
    found = _LABELLED.fullmatch(line.strip())
    if found is None or not found["url"].startswith(base_url + "/"):
        return None
    return found["label"], found["url"]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(asset_folder("templates") / "mail"),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    # The extension adds this method at run time.
    install = environment.install_gettext_callables  # type: ignore[attr-defined]
    install(_, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext)
    environment.filters["text"] = _in_language
    return environment
