"""Packs made, filled and published through the desk's forms, as an organiser does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from conference.tables import Conference
from sessions.packs.tables import PackItem
from tests.makers import make_conference, make_organiser
from tests.pages import Browser, sign_in_as, text_of

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
DESK = "/organise/libraries/resources"
File = tuple[str, bytes]


async def desk(browser: Browser, slug: str = "libraries") -> Conference:
    """A conference, and its owner signed in."""
    owner = await make_organiser()
    conference = await make_conference(slug, owner=owner)
    await sign_in_as(browser, owner)
    return conference


async def make_pack(
    browser: Browser,
    title: str = "Everything",
    access: str = "public",
    slug: str = "libraries",
    **fields: str,
) -> str:
    """A pack made through its form; its code."""
    answer = await browser.post_form(
        f"/organise/{slug}/resources/new", {"title_en": title, "access": access, **fields}
    )
    assert answer.status_code == 303, text_of(answer.text)
    return answer.headers["location"].rpartition("/")[2]


async def send(
    browser: Browser,
    pack: str,
    *files: File,
    token_first: bool = True,
    slug: str = "libraries",
    **fields: str,
) -> httpx.Response:
    """Upload as a browser does: the fields in their order, then the files."""
    token = {"_csrf_token": (None, (await browser.csrf()).encode())}
    texts = {name: (None, value.encode()) for name, value in {"licence": "CC-BY-4.0", **fields}.items()}
    content = [("file", (name, data)) for name, data in files]
    start: Sequence[Any] = [*token.items(), *texts.items()] if token_first else [*texts.items()]
    parts = [*start, *content] if token_first else [*start, *content, *token.items()]
    return await browser.post(f"/organise/{slug}/resources/{pack}/files", files=parts)


async def publish(browser: Browser, pack: str) -> None:
    answer = await browser.post_form(f"{DESK}/{pack}/publish")
    assert answer.status_code == 303


async def codes(pack: str) -> list[str]:
    rows = (
        await PackItem.select(PackItem.resource._.code.as_alias("code"))
        .where(PackItem.pack._.code == pack)
        .order_by(PackItem.position)
    )
    return [row["code"] for row in rows]


def kept_files(data_dir: Path) -> list[Path]:
    return [path for path in (data_dir / "files").rglob("*") if path.is_file()]
