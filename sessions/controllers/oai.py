"""The address that library systems harvest, ``/oai``: OAI-PMH 2.0, by GET and by POST."""

from __future__ import annotations

import asyncio
import gzip
from datetime import datetime
from urllib.parse import parse_qsl

from litestar import Controller, HttpMethod, route
from litestar.response import Response

from conference import clock, codes, texts
from conference.web import AnyRequest, settings_of
from sessions.packs.harvesting import oai
from sessions.packs.harvesting.oai_asked import (
    BY_CONFERENCE,
    BY_KIND,
    Asked,
    Refused,
    Verb,
    read_request,
    write_token,
)
from sessions.packs.harvesting.oai_records import earliest_datestamp, entry_of, harvest, sets_in_use
from sessions.packs.resource_words import KIND_NAMES

PATH = "/oai"
RECORDS, HEADERS = 200, 1000  # on a page
_MOST_ARGUMENTS = 50
_SMALLEST_PACKED = 1400  # octets: what fits into one packet is not worth packing


class OaiController(Controller):
    path = PATH

    # A harvester has no cookies, and nothing that it asks changes anything.
    @route(
        "/", http_method=[HttpMethod.GET, HttpMethod.POST], name="oai:answer", opt={"exclude_from_csrf": True}
    )
    async def answer(self, request: AnyRequest) -> Response[bytes]:
        now = clock.now().replace(microsecond=0)
        settings = settings_of(request)
        repository = oai.Repository(
            url=f"{settings.base_url}{PATH}",
            host=settings.base_host,
            name=f"Meridian, {settings.base_host}",
            admin=settings.mail_from,
        )
        try:
            asked = read_request(await _pairs(request), _sign)
            body = await _body(asked, repository, settings.base_url, now)
        except Refused as refused:
            document = oai.refusal(repository, now, refused)
        else:
            document = oai.answer(repository, now, asked.arguments, asked.verb, body)
        return await _sent(request, document.encode())


async def _pairs(request: AnyRequest) -> list[tuple[str, str]]:
    """The arguments in their order, each as often as it was given; of a POST those in its body."""
    query = request.scope["query_string"]
    written = query + b"&" + await request.body() if request.method == HttpMethod.POST else query
    try:
        return parse_qsl(
            written.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_ARGUMENTS,
        )
    except ValueError as error:
        raise Refused(
            "badArgument", "The arguments are not written as a form's are (UTF-8, a few)."
        ) from error


def _sign(text: str) -> str:
    return codes.derived_token("oai", text)[:22]


async def _body(asked: Asked, repository: oai.Repository, base_url: str, now: datetime) -> str:
    match asked.verb:
        case Verb.IDENTIFY:
            return oai.identify(repository, await earliest_datestamp() or now)
        case Verb.FORMATS:
            return await _formats(asked, repository, base_url, now)
        case Verb.SETS:
            return await _sets(asked)
        case Verb.RECORD:
            return await _record(asked, repository, base_url, now)
        case Verb.IDENTIFIERS | Verb.RECORDS:
            return await _list(asked, repository, base_url, now)


async def _formats(asked: Asked, repository: oai.Repository, base_url: str, now: datetime) -> str:
    if asked.identifier:
        code = repository.code_in(asked.identifier)
        entry = await entry_of(code, base_url=base_url, now=now, with_record=True) if code else None
        if entry is None:
            raise Refused("idDoesNotExist", "There is no such record.", asked.arguments)
        if entry.is_deleted:
            raise Refused("noMetadataFormats", "The record is deleted.", asked.arguments)
    return oai.formats()


async def _sets(asked: Asked) -> str:
    if "resumptionToken" in asked.arguments:
        raise Refused("badResumptionToken", "The list of sets is told at once.", asked.arguments)
    conferences, kinds = await sets_in_use()
    named = [(BY_CONFERENCE, "Conferences")]
    named += [
        (f"{BY_CONFERENCE}:{slug}", texts.pick(name, languages[0], languages) if name else slug)
        for slug, name, languages in conferences
    ]
    named += [(BY_KIND, "Kinds"), *((f"{BY_KIND}:{kind}", KIND_NAMES.get(kind, kind)) for kind in kinds)]
    return oai.sets(named)


def _format(asked: Asked) -> oai.Format:
    found = oai.FORMATS.get(asked.selection.prefix)
    if found is None:
        raise Refused(
            "cannotDisseminateFormat", "There is no such format: see ListMetadataFormats.", asked.arguments
        )
    return found


async def _record(asked: Asked, repository: oai.Repository, base_url: str, now: datetime) -> str:
    code = repository.code_in(asked.identifier)
    entry = await entry_of(code, base_url=base_url, now=now, with_record=True) if code else None
    if entry is None:
        raise Refused("idDoesNotExist", "There is no such record.", asked.arguments)
    return oai.record(repository, entry, _format(asked))


async def _list(asked: Asked, repository: oai.Repository, base_url: str, now: datetime) -> str:
    metadata = _format(asked)
    is_whole = asked.verb is Verb.RECORDS
    if not asked.selection.is_known:
        raise Refused("noRecordsMatch", "There is no such set: see ListSets.", asked.arguments)
    found = await harvest(
        asked.selection,
        asked.place,
        length=RECORDS if is_whole else HEADERS,
        base_url=base_url,
        now=now,
        with_records=is_whole,
    )
    if (
        not found.entries
    ):  # also where what was left of a list up to a date has changed since, and is later now
        raise Refused("noRecordsMatch", "There are no such records.", asked.arguments)
    parts = [
        oai.record(repository, entry, metadata) if is_whole else oai.header(repository, entry)
        for entry in found.entries
    ]
    if found.following is not None:
        token = write_token(asked.verb, asked.selection, found.following, _sign)
        parts.append(oai.resumption(token, size=found.size, cursor=found.cursor))
    elif asked.place is not None:
        parts.append(oai.resumption("", size=found.size, cursor=found.cursor))
    return "".join(parts)


async def _sent(request: AnyRequest, document: bytes) -> Response[bytes]:
    headers = {
        "cache-control": "no-cache",
        "vary": "accept-encoding",
        "access-control-allow-origin": "*",
        "content-type": "text/xml; charset=utf-8",
    }
    if "gzip" in request.headers.get("accept-encoding", "") and len(document) > _SMALLEST_PACKED:
        # In a thread: a page of records takes longer to pack than others should wait.
        document = await asyncio.to_thread(gzip.compress, document, 5, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(document, headers=headers, media_type="text/xml", status_code=200)
