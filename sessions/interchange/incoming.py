"""Text on its way in: decoding of untrusted files, and HTML from other systems made Markdown."""

from __future__ import annotations

import codecs
import re
import unicodedata
from html import unescape
from typing import BinaryIO

from conference.i18n import _
from conference.texts import clean
from sessions.interchange.model import ImportRefused

# Characters XML 1.0 does not allow (2.2); no person means them.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ILLEGAL_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,40})["']""")
# Only encodings of text that decode in one pass; others (utf-7, punycode, ...) hide attacks or cost too much.
_ENCODINGS = re.compile(
    r"utf_?8|utf_?(16|32)(_[bl]e)?|ascii|us_ascii|latin_?1|iso_?8859_\d{1,2}|windows_?\d{3,4}|cp\d{3,4}|koi8_[rut]"
    r"|mac_\w+|shift_?jis\w*|s_?jis|euc_?\w+|iso_?2022_\w+|gb_?\d+|gbk|big5\w*"
)


def read_limited(data: bytes | BinaryIO, limit: int) -> bytes:
    """The bytes of a file of at most ``limit`` bytes. Raises ImportRefused when it is empty or larger."""
    content = data if isinstance(data, bytes) else data.read(limit + 1)
    if len(content) > limit:
        raise ImportRefused(_("The file is larger than %(size)d MB.") % {"size": limit // 1_000_000})
    if not content.strip():
        raise ImportRefused(_("The file is empty."))
    return content


def decoded(content: bytes) -> str:
    """The text of an XML or YAML file by its byte order mark, its XML declaration, or as UTF-8.

    Raises ImportRefused when the encoding is unknown or the bytes are not in it: names guessed wrongly are worse.
    """
    mark, encoding = next(((m, e) for m, e in _BYTE_ORDER_MARKS if content.startswith(m)), (b"", ""))
    if not encoding:
        if content[:4].find(b"\x00") in (1, 3) or content[:4].startswith(b"\x00<"):
            encoding = "utf-16-be" if content.startswith(b"\x00") else "utf-16-le"
        else:
            declared = _DECLARED.match(content[:400])
            encoding = declared.group(1).decode().lower() if declared else "utf-8"
            # A declaration that can be read byte by byte is not in UTF-16 or UTF-32, whatever it says.
            encoding = "utf-8" if re.match(r"utf[-_]?(16|32)", encoding) else encoding
    try:
        if not _ENCODINGS.fullmatch(encoding.replace("-", "_")):
            raise LookupError(encoding)
        return content[len(mark) :].decode(encoding)
    except LookupError:
        raise ImportRefused(
            _("The file's encoding “%(name)s” is not known; save it as UTF-8.") % {"name": encoding[:40]}
        ) from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ImportRefused(
            _("The file should be %(name)s but line %(line)d is not; save it as UTF-8.")
            % {"name": encoding.upper(), "line": line}
        ) from None


def without_illegal(text: str) -> tuple[str, int]:
    """XML text without the characters and character references that XML does not allow, and how many went."""
    text, removed = _ILLEGAL.subn("", text)
    references = 0

    def checked(match: re.Match[str]) -> str:
        nonlocal references
        number = int(match.group(1), 16) if match.group(1) else int(match.group(2))
        if number <= 0x10FFFF and not _ILLEGAL.match(chr(number)):
            return match.group()
        references += 1
        return ""

    if "&#" in text:
        text = _ILLEGAL_REFERENCE.sub(checked, text)
    return text, removed + references


def slugified(text: str, longest: int = 60) -> str:
    """Lower-case ASCII letters, digits and single hyphens of ``text``; "" when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:longest].strip("-")


_TAG = re.compile(
    r"</?(?:p|br|a|ul|ol|li|b|i|u|em|strong|h[1-6]|div|span|code|pre|blockquote|d[ldt]|hr|table|t[rdh]|tbody|img|sub|sup)"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "blockquote",
        "dl",
        "dt",
        "dd",
        "table",
        "tr",
        "tbody",
        "section",
        "article",
        "header",
        "footer",
        "figure",
    ]
)
_SILENT = frozenset(("script", "style", "head", "title", "template", "iframe", "object"))
_MARKS = {"em": "*", "i": "*", "strong": "**", "b": "**", "code": "`"}
_SPECIAL = re.compile(r"([\\`*\[\]<])")
_EDGE_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")
_LINE_START = re.compile(r"^(#{1,6}(?=\s)|[-+>](?=\s)|\d{1,9}(?=[.)]\s))")
_DEEPEST = 12  # of lists or of emphasis within each other
_LONGEST = 500_000  # characters of HTML that are worth converting
_WEB = re.compile(r"(?:https?://|mailto:)[^\s<>\"\\^`{|}]{1,2000}", re.IGNORECASE)


def is_web_address(text: str) -> bool:
    """Whether ``text`` is an http(s) address that may stand in a link."""
    return bool(re.fullmatch(r"https?://[^\s<>\"\\^`{|}/?#][^\s<>\"\\^`{|}]{0,1990}", text, re.IGNORECASE))


# Python's own HTML parser takes time quadratic in unclosed "<!--" and the like; a text needs no more than tags.
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})(?=[\s/>])([^<>]{0,2000})>|<!--[^<>]*-->")
_HREF = re.compile(r"""(?<![\w-])href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


class _Markdown:
    """Collects the Markdown of a fragment of HTML; unknown elements leave their text, active ones leave nothing."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self._inline: list[tuple[str, str, list[str]]] = [("", "", [])]  # element, address, pieces
        self._lists: list[list[int]] = []  # [next number], 0 for bullets
        self._prefix = ""
        self._silent = 0
        self._pre = False

    def _text(self) -> str:
        while len(self._inline) > 1:
            self._close_inline(self._inline[-1][0])
        pieces = self._inline[0][2]
        text = "".join(pieces)
        pieces.clear()
        if self._pre:
            return text.strip("\n")
        lines = [_LINE_START.sub(_escaped_start, " ".join(line.split())) for line in text.strip().split("\n")]
        # Two spaces make the break of a <br> hold (CommonMark 6.7); several in a row are a new paragraph.
        return re.sub(r"(?:  \n){2,}", "\n\n", "  \n".join(lines))

    def _flush(self) -> None:
        text = self._text()
        if not text:
            return
        indent = "  " * max(len(self._lists) - 1, 0)
        if self._pre:
            fence = "~~~" if "```" in text else "```"
            text = f"{fence}\n{text}\n{fence}"
        elif self._prefix:
            hang = "\n" + indent + " " * len(self._prefix)
            text = indent + self._prefix + text.replace("\n", hang)
            if self._lists:
                self._prefix = " " * len(self._prefix)
        elif self._lists:
            text = indent + "  " + text
        self.blocks.append(text)

    def _close_inline(self, tag: str) -> None:
        while len(self._inline) > 1:
            element, address, pieces = self._inline.pop()
            raw = "".join(pieces)
            inner = " ".join(raw.split())
            lead = " " if raw[:1].isspace() else ""
            tail = " " if raw[-1:].isspace() else ""
            if not inner:
                rendered = " " if raw else ""
            elif element == "a":
                if not address:
                    rendered = lead + inner + tail
                elif inner.replace("\\", "") in (address, address.removeprefix("mailto:")):
                    rendered = f"{lead}<{address}>{tail}"
                else:
                    target = f"<{address}>" if "(" in address or ")" in address else address
                    rendered = f"{lead}[{inner}]({target}){tail}"
            else:
                rendered = f"{lead}{_MARKS[element]}{inner}{_MARKS[element]}{tail}"
            self._inline[-1][2].append(rendered)
            if element == tag:
                return

    def feed(self, html: str) -> None:
        """Take in the whole fragment. What looks like no tag is text."""
        end = 0
        for match in _ANY_TAG.finditer(html):
            if match.start() > end:
                self._data(unescape(html[end : match.start()]))
            end = match.end()
            closing, name, attributes = match.groups()
            if name is None:
                continue
            if closing:
                self._end(name.lower())
            else:
                self._start(name.lower(), attributes)
                if attributes.endswith("/"):
                    self._end(name.lower())
        self._data(unescape(html[end:]))

    def _start(self, tag: str, attributes: str) -> None:
        if tag in _SILENT:
            self._silent += 1
        if self._silent:
            return
        if tag == "br":
            self._inline[-1][2].append("\n")
        elif len(self._inline) > _DEEPEST or len(self._lists) > _DEEPEST:
            return
        elif tag == "a":
            found = _HREF.search(attributes)
            address = unescape(next(filter(None, found.groups()), "")).strip() if found else ""
            self._inline.append(("a", address if _WEB.fullmatch(address) else "", []))
        elif tag in _MARKS and not self._pre:
            self._inline.append((tag, "", []))
        elif tag in ("ul", "ol"):
            self._flush()
            self._lists.append([1 if tag == "ol" else 0])
            self._prefix = ""
        elif tag == "li":
            self._flush()
            counter = self._lists[-1] if self._lists else [0]
            self._prefix = f"{counter[0]}. " if counter[0] else "- "
            counter[0] += 1 if counter[0] else 0
        elif tag == "hr":
            self._flush()
            self.blocks.append("---")
        elif re.fullmatch("h[1-6]", tag):
            self._flush()
            self._prefix = "### " if tag in ("h1", "h2", "h3") else "#### "
        elif tag == "pre":
            self._flush()
            self._pre = True
        elif tag in ("td", "th"):
            self._inline[-1][2].append(" ")
        elif tag in _BLOCKS:
            self._flush()

    def _end(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(self._silent - 1, 0)
        if self._silent:
            return
        if tag in (element for element, _address, _pieces in self._inline[1:]):
            self._close_inline(tag)
        elif tag == "pre":
            self._flush()
            self._pre = False
        elif tag in ("ul", "ol"):
            self._flush()
            self._lists = self._lists[:-1]
            self._prefix = ""
        elif tag == "li" or re.fullmatch("h[1-6]", tag):
            self._flush()
            self._prefix = ""
        elif tag in _BLOCKS:
            self._flush()

    def _data(self, data: str) -> None:
        if self._silent:
            return
        if self._pre:
            self._inline[-1][2].append(data)
        elif self._inline[-1][0] == "code":
            self._inline[-1][2].append(data.replace("`", "'"))
        else:
            words = re.sub(r"\s+", " ", data)
            self._inline[-1][2].append(_EDGE_UNDERSCORE.sub(r"\\_", _SPECIAL.sub(r"\\\1", words)))

    def markdown(self) -> str:
        self._flush()
        lines: list[str] = []
        for block in self.blocks:
            in_list = bool(re.match(r"\s*(?:- |\d+\. )", block))
            if lines and not (in_list and re.match(r"\s*(?:- |\d+\. )", lines[-1])):
                lines.append("")
            lines.append(block)
        return "\n".join(lines)


def _escaped_start(match: re.Match[str]) -> str:
    mark = match.group()
    return mark + "\\" if mark.isdigit() else "\\" + mark


def markdown_of(text: str) -> str:
    """The text of a schedule as Markdown: HTML is converted, anything else is only cleaned.

    Paragraphs, line breaks, links, lists, headings and emphasis are kept; scripts and styles are dropped with their
    content; any other element leaves its text.
    """
    text = clean(text)
    if len(text) > _LONGEST or not _TAG.search(text):
        return text
    parser = _Markdown()
    parser.feed(text)
    return clean(parser.markdown())
