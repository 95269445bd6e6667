"""How much a reader's browser fetches to show a page for the first time."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPConnection
from urllib.parse import urljoin, urlsplit

_CSS_REFERENCE = re.compile(r"""(?:@import\s+|url\()\s*["']?([^"')\s;]+)""")
# import "…", import … from "…", export … from "…"; not what is exported with a text in it.
_MODULE_IMPORT = re.compile(
    r"""(?:^|[\s;])(?:import\s*|(?:import|export)\b[^"';()]*\bfrom\s*)["']([^"']+)["']"""
)


@dataclass(frozen=True)
class Fetched:
    """One answer. ``octets`` is what the connection carried: head and compressed body."""

    path: str
    status: int
    octets: int
    body: bytes
    compressed: bytes
    cookies: str


def fetch(url: str, path: str) -> Fetched:
    """GET as a browser does, gzip accepted; ``cookies`` is what to send back."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        compressed = answer.read()
        head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + 17
        is_gzip = answer.headers["content-encoding"] == "gzip"
        body = zlib.decompress(compressed, 31) if is_gzip else compressed
        cookies = "; ".join(line.partition(";")[0] for line in answer.headers.get_all("set-cookie", []))
        return Fetched(path, answer.status, head + len(compressed), body, compressed, cookies)
    finally:
        connection.close()


def whole_page(url: str, path: str) -> list[Fetched]:
    """The page and everything of this server that it loads: styles, scripts and what they import, images."""
    fetched: dict[str, Fetched] = {}
    waiting = [path]
    while waiting:
        wanted = waiting.pop()
        if wanted in fetched:
            continue
        found = fetched[wanted] = fetch(url, wanted)
        here = urljoin(url, wanted)
        for reference in _references(found, is_page=wanted == path):
            target = urljoin(here, reference)
            if target.startswith(url + "/"):
                parts = urlsplit(target)
                waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return list(fetched.values())


def _references(found: Fetched, *, is_page: bool) -> list[str]:
    text = found.body.decode("utf-8", "replace")
    if is_page:
        loads = _Loads()
        loads.feed(text)
        return loads.found
    if ".css" in found.path:
        return [name for name in _CSS_REFERENCE.findall(text) if not name.startswith(("data:", "#"))]
    if ".js" in found.path:
        return _MODULE_IMPORT.findall(text)
    return []


class _Loads(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in {"script", "img", "source", "iframe"} and values.get("src"):
            self.found.append(values["src"] or "")
        loaded = {"stylesheet", "icon", "preload", "modulepreload", "manifest"}
        if tag == "link" and values.get("href") and loaded & set((values.get("rel") or "").split()):
            self.found.append(values["href"] or "")
