"""Sitemaps (sitemaps.org, protocol 0.9): which pages there are, for search engines. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from conference.dates import iso_utc

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
MOST = 50_000
"""Addresses that one file may hold."""

Place = tuple[str, datetime | None]
"""A whole address, and when what is there last changed."""


def sitemap(places: Iterable[Place]) -> bytes:
    """The pages of a site, the first 50,000 of them."""
    return _written("urlset", "url", places)


def sitemap_index(places: Iterable[Place]) -> bytes:
    """The sitemaps of a site."""
    return _written("sitemapindex", "sitemap", places)


def _written(root_name: str, name: str, places: Iterable[Place]) -> bytes:
    root = Element(root_name, {"xmlns": _NAMESPACE})
    for url, changed_at in list(places)[:MOST]:
        element = SubElement(root, name)
        SubElement(element, "loc").text = url
        if changed_at is not None:
            SubElement(element, "lastmod").text = iso_utc(changed_at)
    indent(root)
    written: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + written + b"\n"
