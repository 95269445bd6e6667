"""Markdown that people write, as harmless HTML and as plain text."""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

# html=False: tags that people type stand on the page as they were typed.
_markdown = (
    MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").enable("strikethrough")
)

_TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code"),
    *("strong", "em", "s", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
# Pictures are left out: they would be fetched from elsewhere and tell who reads the page.
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}


@lru_cache(maxsize=1024)
def to_html(text: str, *, top: int = 2) -> Markup:
    """CommonMark as HTML that carries no script, style, picture or foreign attribute. Equal text gives equal HTML.

    ``top`` is the level (2 to 6) at which a first-level heading is written, so that it fits below the page's own.
    """
    html = _markdown.render(text)
    html = re.sub(r"(</?h)([1-6])(?=>)", lambda m: f"{m[1]}{min(6, int(m[2]) + top - 1)}", html)
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener nofollow ugc",
    )
    return Markup(clean)  # noqa: S704  # cleaned by nh3 just now


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """The text without its marks, for calendars, descriptions and search: paragraphs stay apart, links keep their words."""
    html = _markdown.render(text)
    html = re.sub(r"<li>\s*(<p>)?", "– ", html)
    bare = unescape(re.sub(r"<[^>]*>", "", html))
    return re.sub(r"\n{3,}", "\n\n", bare).strip()


def summary(text: str, most: int = 200) -> str:
    """The beginning of the text on one line, cut between words."""
    line = " ".join(plain(text).split())
    if len(line) <= most:
        return line
    return line[:most].rsplit(" ", 1)[0][: most - 1].rstrip(",;:.–— ") + "…"
