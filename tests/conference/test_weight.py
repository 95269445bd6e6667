"""What a page loads, for measuring how much that is."""

from __future__ import annotations

from conference.benchmarks.weight import Fetched, _references


def references(path: str, text: str, *, is_page: bool = False) -> list[str]:
    return _references(Fetched(path, 200, 0, text.encode(), b"", ""), is_page=is_page)


def test_modules_load_what_they_import_and_no_other_text() -> None:
    script = """
import "./alone.js";
import { a, b } from './named.js';
import * as all from "./all.js"; export { c } from "./again.js";
export const TYPE = "application/json";
export function find() { return document.querySelector("[data-stars]"); }
"""
    assert references("/static/js/x.js", script) == ["./alone.js", "./named.js", "./all.js", "./again.js"]


def test_pages_load_styles_scripts_and_pictures() -> None:
    page = '<link rel="stylesheet" href="/a.css"><link rel="canonical" href="/x"><script src="b.js"></script><img src="c.png">'
    assert references("/", page, is_page=True) == ["/a.css", "b.js", "c.png"]
    assert references("/a.css", '@import "d.css"; p { background: url(e.svg) }') == ["d.css", "e.svg"]
