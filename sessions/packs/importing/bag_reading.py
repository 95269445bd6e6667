"""A bag (RFC 8493) in an archive: whole, and every file what its checksum says, before anything of it is taken. Blocking."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from sessions.packs.bags import bag_metadata
from sessions.packs.bags.bag import read_path
from sessions.packs.importing.archive import Archive, Scanned
from sessions.packs.importing.reasons import Refused

_STRONGEST_FIRST = ("sha512", "sha256", "sha1", "md5")
_MANIFEST = re.compile(r"manifest-(sha512|sha256|sha1|md5)\.txt")
_LINE = re.compile(r"([0-9a-fA-F]{32,128})[ \t]+\*?(.+)")
_MOST_TAGS = 16 * 1024 * 1024  # octets of a manifest or other file about the bag
_MOST_METADATA = 32 * 1024 * 1024
_DECLARED = re.compile(r"\ufeff?BagIt-Version: (?:0\.9[3-7]|1\.0)\s+Tag-File-Character-Encoding: UTF-8\s*")

Manifests = dict[str, dict[str, str]]
"""For each algorithm the checksum of each file, by its name below the bag's folder."""


def bag_folder(archive: Archive) -> str | None:
    """The folder in which the one bag stands, with a slash at its end, "" for the top; None where there is no bag.

    Raises Refused where there are several, one in another.
    """
    found = [name for name in archive.names if name == "bagit.txt" or name.endswith("/bagit.txt")]
    if not found:
        return None
    folders = sorted((name.removesuffix("bagit.txt") for name in found), key=len)
    top = folders[0]
    if top.count("/") > 1:
        return None
    for other in folders[1:]:
        raise Refused("nested" if other.startswith(top) else "several", {"name": other})
    return top


def verified(archive: Archive, top: str, passed: Callable[[int], None]) -> dict[str, Scanned]:
    """The payload of the bag in folder ``top``, by name in the archive, each file read and found to be what the bag says.

    Raises Refused for a bag that is not whole, or not valid in any way.
    """
    inside = {
        unicodedata.normalize("NFC", name.removeprefix(top)): name
        for name in archive.names
        if name.startswith(top)
    }
    if not _DECLARED.fullmatch(_text(archive, inside["bagit.txt"])):
        raise Refused("bag-version")
    fetched = _text(archive, inside["fetch.txt"]) if "fetch.txt" in inside else ""
    if count := sum(bool(line.strip()) for line in fetched.split("\n")):
        raise Refused("fetch", {"count": count})
    manifests = _manifests(archive, inside, "")
    if not manifests:
        raise Refused("no-manifest")
    payload = {path: name for path, name in inside.items() if path.startswith("data/")}
    for listed in manifests.values():
        missing = [path for path in listed if path not in payload]
        if missing:
            raise Refused("missing", {"name": missing[0], "count": len(missing)})
        if unlisted := [path for path in payload if path not in listed]:
            raise Refused("unlisted", {"name": unlisted[0]})
    _check_oxum(archive, inside, payload)
    tags = _manifests(archive, inside, "tag")
    for listed in tags.values():
        if missing := [path for path in listed if path not in inside]:
            raise Refused("missing", {"name": missing[0], "count": len(missing)})
    for path in dict.fromkeys(path for listed in tags.values() for path in listed):
        _check(archive, inside[path], path, tags, passed)
    return {name: _check(archive, name, path, manifests, passed) for path, name in payload.items()}


def described(archive: Archive, top: str) -> Mapping[str, Any] | None:
    """What a bag of ours says of its files; None for a bag of others. Raises Refused for one that says it wrongly."""
    name = f"{top}data/metadata.json"
    if name not in archive:
        return None
    try:
        said = json.loads(archive.read(name, _MOST_METADATA))
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or said.get("format") != bag_metadata.FORMAT:
        return None
    if said.get("version") != bag_metadata.VERSION:
        raise Refused("metadata")
    return said


def info(archive: Archive, top: str) -> dict[str, str]:
    """The labels of bag-info.txt, the first of each; lines that go on are joined."""
    name = f"{top}bag-info.txt"
    if name not in archive:
        return {}
    found: dict[str, str] = {}
    label = ""
    for line in _text(archive, name).splitlines():
        if line[:1] in (" ", "\t") and label:
            found[label] += f" {line.strip()}"
            continue
        label, colon, value = line.partition(":")
        if colon and label not in found:
            found[label] = value.strip()
        else:
            label = ""
    return found


def _manifests(archive: Archive, inside: Mapping[str, str], prefix: str) -> Manifests:
    found: Manifests = {}
    for path, name in inside.items():
        match = _MANIFEST.fullmatch(path.removeprefix(prefix)) if path.startswith(prefix) else None
        if match is None:
            continue
        listed: dict[str, str] = {}
        for number, line in enumerate(re.split(r"\r\n|\r|\n", _text(archive, name)), start=1):
            if not line.strip():
                continue
            parts = _LINE.fullmatch(line)
            known = unicodedata.normalize("NFC", read_path(parts[2]).removeprefix("./")) if parts else ""
            if parts is None or known in listed or known.startswith("data/") == bool(prefix):
                raise Refused("manifest", {"name": path, "line": number})
            listed[known] = parts[1].lower()
        found[match[1]] = listed
    return found


def _check(
    archive: Archive, name: str, path: str, manifests: Manifests, passed: Callable[[int], None]
) -> Scanned:
    """Read the file, and compare it with the strongest checksum that the bag has of it."""
    algorithm = next(one for one in _STRONGEST_FIRST if path in manifests.get(one, {}))
    scanned = archive.scan(name, {algorithm, "sha512"}, passed)
    if scanned.digests[algorithm] != manifests[algorithm][path]:
        raise Refused("checksum", {"name": path})
    return scanned


def _check_oxum(archive: Archive, inside: Mapping[str, str], payload: Mapping[str, str]) -> None:
    if "bag-info.txt" not in inside:
        return
    said = info(archive, inside["bag-info.txt"].removesuffix("bag-info.txt")).get("Payload-Oxum", "")
    found = f"{sum(archive.size(name) for name in payload.values())}.{len(payload)}"
    if said and said != found:
        raise Refused("oxum", {"said": said[:40], "found": found})


def _text(archive: Archive, name: str) -> str:
    try:
        return archive.read(name, _MOST_TAGS).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("bag-version") from error
