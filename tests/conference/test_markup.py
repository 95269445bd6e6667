"""Markdown that people write becomes harmless HTML, and plain text for calendars."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from conference.markup import plain, summary, to_html
from tests.shared import data_path


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def tags_of(html: str) -> list[tuple[str, dict[str, str]]]:
    """The tags a browser would see, with their attributes."""
    parser = _Tags()
    parser.feed(html)
    return parser.found


def test_the_usual_marks_are_understood() -> None:
    assert to_html("Some *soft* and **loud** words.\n\n- one\n- two") == (
        "<p>Some <em>soft</em> and <strong>loud</strong> words.</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
    )


def test_headings_fit_below_the_pages_own() -> None:
    assert to_html("# Title\n\n###### Deep") == "<h2>Title</h2>\n<h6>Deep</h6>\n"
    assert to_html("# Title", top=4) == "<h4>Title</h4>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://tracker.example/pixel.png)",
        '<a href="https://example.org" onclick="x()">y</a>',
        "[x](https://example.org 'a\" onmouseover=\"alert(1)')",
    ],
)
def test_nothing_runs_or_loads(text: str) -> None:
    assert {tag for tag, _attributes in tags_of(to_html(text))} <= {"p", "a"}
    for _tag, attributes in tags_of(to_html(text)):
        assert attributes.keys() <= {"href", "title", "rel"}
        assert attributes.get("href", "https:").startswith("https:")


def test_links_lead_out_without_a_trace() -> None:
    assert to_html("[site](https://example.org/a?b=1&c=2)") == (
        '<p><a href="https://example.org/a?b=1&amp;c=2" rel="noopener nofollow ugc">site</a></p>\n'
    )


def test_plain_text_keeps_paragraphs_and_drops_marks() -> None:
    assert plain("# Title\n\nOne **two** [three](https://example.org).\n\n- a\n- b &amp; c") == (
        "Title\nOne two three.\n\n– a\n– b & c"
    )


def test_typed_tags_stay_as_typed_in_plain_text() -> None:
    assert plain("a <b>bold</b> claim & 1 < 2") == "a <b>bold</b> claim & 1 < 2"


def test_a_summary_ends_between_words() -> None:
    assert summary("Short.") == "Short."
    cut = summary("word " * 100, 50)
    assert cut == "word " * 9 + "word…"


def test_naughty_strings_make_markup_that_is_equal_each_time() -> None:
    for text in json.loads(data_path("adversarial/strings/blns.json").read_text()):
        to_html.cache_clear()
        first = to_html(text)
        to_html.cache_clear()
        assert to_html(text) == first
        assert not {tag for tag, _attributes in tags_of(first)} & {"script", "img", "iframe", "style", "svg"}
        plain(text)
