"""The words of a mail: a template and the facts of a payload, told in a language as plain text and as HTML.

A mail is ``templates/mail/<kind>.txt``. Its first line is ``Subject: …``, then a blank line, then the body:
paragraphs between blank lines; lists of lines that begin with ``- `` (continued by two spaces); a line that is
``Label: <address>`` (or a label with its address on the next line), which becomes a button when it stands alone;
and a footer after a line ``--``. The HTML part is made from the finished text, so both parts tell the same facts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup, escape

from conference import dates, i18n, texts, timezones
from conference.assets import asset_folder
from conference.i18n import _
from conference.mail import PRODUCT, conference_facts, defanged, one_line, resolve
from conference.mail.own_words import OwnWords, fill_body, fill_subject
from conference.strip import build_strip
from conference.strip_words import Subject


@dataclass(frozen=True)
class RenderedMail:
    """What the recipient reads: a one-line subject, the plain text and the whole HTML document.

    ``main`` and ``footer`` are the two parts of the document that differ from mail to mail.
    """

    subject: str
    text: str
    html: str
    main: Markup
    footer: Markup


def render(
    kind: str,
    payload: Mapping[str, Any],
    language: str,
    zone: str,
    *,
    name: str = "",
    base_url: str,
    own_words: OwnWords | None = None,
    unsubscribe: str = "",
) -> RenderedMail:
    """The words of a mail of this kind, in ``language``, with times in ``zone`` (the recipient's).

    ``own_words`` are the team's, instead of the built-in ones; the footer stands in any case. ``unsubscribe`` is the
    path of a page that stops such mails. Raises jinja2.UndefinedError when the payload lacks a fact that the template
    tells.
    """
    with i18n.use_language(language):
        told = _told(payload, language, zone, name, base_url)
        source = _environment().get_template(f"{kind}.txt")
        finished = source.render(told) if own_words is None else _in_own_words(kind, source, told, own_words)
        subject, body = _split(kind, finished)
        if unsubscribe:
            label = i18n.labelled(_("I want no more news of this conference"))
            footer = "" if _FOOTER in body else "\n\n-- "
            body = f"{body}{footer}\n\n{label}\n{base_url}{unsubscribe}"
        conference_name = in_language(told["conference"].get("name"))
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
    return RenderedMail(subject=subject, text=body + "\n", html=html, main=main, footer=footer)


def built_in_words(
    kind: str,
    payload: Mapping[str, Any],
    language: str,
    zone: str,
    placeholders: Collection[str],
    *,
    base_url: str,
) -> OwnWords:
    """The built-in words with their placeholders, for a team to begin with; ``payload`` is an example's.

    Where the template has no part for each of its facts, ``{details}`` stands for all it says.
    """
    said = {**payload, "conference": {**conference_facts(payload), "name": {"en": "{conference}"}}}
    if "title" in said:
        said["title"] = {"en": "{session}"}
    with i18n.use_language(language):
        told = _told(said, language, zone, "{name}", base_url)
        parts = [name for name in _environment().get_template(f"{kind}.txt").blocks if name in placeholders]
        changed = "".join(f"{{% block {name} %}}{{{name}}}\n{{% endblock %}}" for name in parts)
        source = _environment().from_string(f'{{% extends "{kind}.txt" %}}{changed}')
        subject, body = _split(kind, source.render(told))
        main = body.partition(_FOOTER)[0]
        if not parts:
            main = f"{main.partition(_PARAGRAPH)[0]}{_PARAGRAPH}{{details}}"
    return OwnWords(subject, main)


_PARAGRAPH, _FOOTER = "\n\n", "\n-- \n"


def _told(payload: Mapping[str, Any], language: str, zone: str, name: str, base_url: str) -> dict[str, Any]:
    """All that a template may tell, in the language in force."""
    facts = resolve(payload, base_url)
    home = facts["conference"] = conference_facts(facts)
    clock = _Clock(zone, str(home.get("zone") or zone), language)
    return {**facts, "name": defanged(name), "clock": clock, "base_url": base_url, "language": language}


def _in_own_words(kind: str, source: Template, told: Mapping[str, Any], own_words: OwnWords) -> str:
    """What the built-in template would render, in the team's words: the blocks of the template are the parts."""
    context = source.new_context(dict(told))
    finished = "".join(
        source.root_render_func(context)
    )  # and its blocks then know what it set and imported at its top
    _subject, body = _split(kind, finished)
    main, _dashes, footer = body.partition(_FOOTER)
    values = {"name": str(told["name"]), "conference": in_language(told["conference"].get("name"))}
    if "title" in told:
        values["session"] = in_language(told["title"])
    parts = {name: "".join(block(context)) for name, block in source.blocks.items()}
    parts["details"] = main.partition(_PARAGRAPH)[2]
    subject = fill_subject(own_words.subject, values)
    return f"Subject: {one_line(subject)}\n\n{fill_body(own_words.body, values, parts)}\n\n--\n{footer}"


@dataclass(frozen=True)
class _Clock:
    """Times in a template: the recipient's, and the conference's beside it where they differ."""

    zone: str
    conference_zone: str
    language: str

    def when(self, start: str, end: str | None = None) -> str:
        """``Friday 25 June 2021, 14:30–15:15 (Kolkata, IST, UTC+5:30)``: for the reader."""
        return self._told(start, end, self.zone)

    def line(self, start: str, end: str | None = None) -> str:
        """As ``when``, for a line of its own: French begins it with a capital, which inside a sentence it does not."""
        told = self.when(start, end)
        return told[:1].upper() + told[1:]

    def there(self, start: str, end: str | None = None) -> str:
        """The same on the conference's clocks; empty where the reader's clocks show that anyway."""
        first = datetime.fromisoformat(start)
        if timezones.offset_at(first, self.zone) == timezones.offset_at(first, self.conference_zone):
            return ""
        same_day = dates.day_shift(first, self.zone, self.conference_zone) == 0
        return self._told(start, end, self.conference_zone, with_day=not same_day)

    def brief(self, start: str) -> str:
        """``Fri 25 Jun, 14:30 (Kolkata)``: for the reader, in a subject."""
        first = datetime.fromisoformat(start)
        return _("%(day)s, %(time)s (%(place)s)") % {
            "day": dates.short_day(dates.local_date(first, self.zone), self.language),
            "time": dates.clock_time(first, self.zone, self.language),
            "place": dates.city_name(self.zone, self.language),
        }

    @property
    def place(self) -> str:
        """The reader's clock by its city: ``Kolkata``."""
        return dates.city_name(self.zone, self.language)

    def length(self, minutes: int) -> str:
        """``1 hour 30 minutes``."""
        return dates.duration_words(minutes, self.language)

    def date(self, day: str) -> str:
        """``Friday 25 June 2021``, of an ISO date."""
        return dates.long_day(date.fromisoformat(day), self.language)

    def strip(self, start: str, end: str, subject: Subject = "conference") -> str:
        """The meridian strip in words: what hours of the reader's day it takes; empty beyond a day."""
        first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
        if last - first >= timedelta(days=1):
            return ""
        day = dates.local_date(first, self.zone)
        span = (first, last)
        return build_strip(
            day, self.zone, self.conference_zone, spans=[span], subject=subject, language=self.language
        ).text

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


def in_language(value: str | Mapping[str, str] | None) -> str:
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
    main, _dashes, footer = body.partition(_FOOTER)
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
    install = environment.install_gettext_callables  # type: ignore[attr-defined] # jinja2.ext.i18n adds it at run time
    install(_, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext)
    environment.filters["text"] = in_language
    environment.filters["label"] = i18n.labelled
    return environment
