"""Signposts for programs (signposting.org/FAIR): typed links in the header of an answer, and all of them as a link set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from sessions.packs.describing.citations import FORMATS, Work
from sessions.packs.tables import ResourceKind

LINKSET = "application/linkset+json"
_SCHEMA = "https://schema.org/"
MOST_IN_HEADER = 30
"""More links than these are in the link set alone: servers and proxies take headers of some 8 kB."""


class Signpost(NamedTuple):
    """A link of the page. ``media_type`` of its target where it is known."""

    relation: str
    target: str
    media_type: str = ""


class Item(NamedTuple):
    """A file or page that belongs to what the page is about."""

    url: str
    media_type: str = ""


def signposts(
    work: Work,
    *,
    cite_url: str,
    schema_type: str,
    items: Sequence[Item] = (),
    collections: Sequence[str] = (),
) -> list[Signpost]:
    """The signposts of the page about ``work``. ``cite_url`` is the address of its citations without the dot and extension."""
    return [
        Signpost("cite-as", work.url),
        Signpost("type", f"{_SCHEMA}{schema_type}"),
        # FAIR Signposting asks that a landing page say so.
        *([Signpost("type", f"{_SCHEMA}AboutPage")] if schema_type != "AboutPage" else []),
        *(Signpost("author", f"https://orcid.org/{maker.orcid}") for maker in work.makers if maker.orcid),
        *([Signpost("license", work.licence.url)] if work.licence else []),
        *(
            Signpost("describedby", f"{cite_url}.{one.extension}", one.media_type)
            for one in FORMATS.values()
            if one.extension != "txt"
        ),
        *(Signpost("item", item.url, item.media_type) for item in items),
        *(Signpost("collection", url, "text/html") for url in collections),
    ]


def schema_type(kind: str) -> str:
    """What schema.org calls a resource of this kind."""
    return {ResourceKind.RECORDING.value: "VideoObject", ResourceKind.DATASET.value: "Dataset"}.get(
        kind, "LearningResource"
    )


def link_header(signposts: Sequence[Signpost], linkset_url: str) -> str:
    """The ``Link`` header (RFC 8288): the signposts, as many as fit, and where all of them are (RFC 9264)."""
    whole = Signpost("linkset", linkset_url, LINKSET)
    return ", ".join(map(_link, [*signposts[:MOST_IN_HEADER], whole]))


def _link(signpost: Signpost) -> str:
    kind = f'; type="{signpost.media_type}"' if signpost.media_type else ""
    return f'<{signpost.target}>; rel="{signpost.relation}"{kind}'


def linkset(anchor: str, signposts: Sequence[Signpost]) -> str:
    """The link set as JSON (RFC 9264 4.2): of the page at ``anchor``, and of each item back to it."""
    context: dict[str, object] = {"anchor": anchor}
    for relation in dict.fromkeys(one.relation for one in signposts):
        context[relation] = [
            {"href": one.target, **({"type": one.media_type} if one.media_type else {})}
            for one in signposts
            if one.relation == relation
        ]
    back = [
        {"anchor": one.target, "collection": [{"href": anchor, "type": "text/html"}]}
        for one in signposts
        if one.relation == "item"
    ]
    return json.dumps({"linkset": [context, *back]}, ensure_ascii=False, indent=2) + "\n"
