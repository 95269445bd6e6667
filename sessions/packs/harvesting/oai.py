"""Pure: the answers of the OAI-PMH 2.0 repository, as XML that its schema takes.

Small enough to be our own: of the libraries for servers, pyoai has not been kept up since 2022, and oai-repo (0.5) is not
asynchronous, goes on by OFFSET, and brings five packages along.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from xml.sax.saxutils import escape, quoteattr

from sessions.packs.describing.dublin_core import statements
from sessions.packs.describing.resource_record import ResourceRecord
from sessions.packs.harvesting.oai_asked import BY_CONFERENCE, BY_KIND, Refused, Verb, stamp_of
from sessions.packs.harvesting.oai_records import Entry

OAI = "http://www.openarchives.org/OAI/2.0/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OAI_DC = f"{OAI}oai_dc/"
OAI_IDENTIFIER = f"{OAI}oai-identifier"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<OAI-PMH xmlns="{OAI}" xmlns:xsi="{XSI}" xsi:schemaLocation="{OAI} {OAI}OAI-PMH.xsd">\n'
)
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# The oai-identifier schema takes names of two parts and more that each begin with a letter; its parts of the code are ours.
_REPOSITORY = re.compile(r"[a-zA-Z][a-zA-Z0-9\-]*(\.[a-zA-Z][a-zA-Z0-9\-]*)+")
_ADDRESS = re.compile(r"\S+@(\S+\.)+\S+")  # as the protocol's schema has it


@dataclass(frozen=True)
class Format:
    """A kind of metadata: its schema, its namespace, and how a resource is written in it."""

    prefix: str
    schema: str
    namespace: str
    write: Callable[[ResourceRecord], str]


def _oai_dc(record: ResourceRecord) -> str:
    elements = "".join(
        f"<dc:{said.element}{f' xml:lang={quoteattr(said.language)}' if said.language else ''}>"
        f"{_text(said.value)}</dc:{said.element}>"
        for said in statements(record)
    )
    return (
        f'<oai_dc:dc xmlns:oai_dc="{OAI_DC}" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xsi="{XSI}"'
        f' xsi:schemaLocation="{OAI_DC} {OAI}oai_dc.xsd">{elements}</oai_dc:dc>'
    )


FORMATS: Mapping[str, Format] = {
    one.prefix: one for one in (Format("oai_dc", f"{OAI}oai_dc.xsd", OAI_DC, _oai_dc),)
}


@dataclass(frozen=True)
class Repository:
    """Who answers. ``url`` is the address that is asked, ``host`` the site's, by which records are named for ever."""

    url: str
    host: str
    name: str
    admin: str

    @property
    def identifier(self) -> str:
        """The site's name as identifiers of records may have it: a machine without a name of its own gets one."""
        if _REPOSITORY.fullmatch(self.host):
            return self.host
        try:
            ip_address(self.host)
        except ValueError:
            return f"{re.sub('[^a-zA-Z0-9-]', '-', self.host).lstrip('0123456789-') or 'meridian'}.invalid"
        return f"ip-{re.sub('[^0-9a-f]', '-', self.host)}.invalid"

    @property
    def admin_email(self) -> str:
        """The address as the protocol's schema takes it."""
        return (
            self.admin
            if _ADDRESS.fullmatch(self.admin)
            else f"{self.admin.partition('@')[0]}@{self.identifier}"
        )

    def name_of(self, code: str) -> str:
        """The identifier of a record."""
        return f"oai:{self.identifier}:{code}"

    def code_in(self, identifier: str) -> str:
        """The code in a record's identifier; "" for one that is none of ours."""
        code = identifier.removeprefix(self.name_of(""))
        is_ours = code != identifier and re.fullmatch("[a-z0-9]{1,12}", code)
        return code if is_ours else ""


# --- answers ---------------------------------------------------------------------------------------------------------


def answer(repository: Repository, now: datetime, arguments: Mapping[str, str], verb: Verb, body: str) -> str:
    """The whole answer to a request that could be answered."""
    return f"{_opening(repository, now, arguments)}<{verb}>{body}</{verb}>\n</OAI-PMH>\n"


def refusal(repository: Repository, now: datetime, refused: Refused) -> str:
    """The answer to one that could not. What was not understood is not said back (3.2)."""
    said = {} if refused.code in ("badVerb", "badArgument") else refused.arguments
    error = f'<error code="{refused.code}">{_text(str(refused))}</error>'
    return f"{_opening(repository, now, said)}{error}\n</OAI-PMH>\n"


def _opening(repository: Repository, now: datetime, arguments: Mapping[str, str]) -> str:
    said = "".join(f" {name}={quoteattr(value)}" for name, value in arguments.items())
    return f"{_HEAD}<responseDate>{stamp_of(now)}</responseDate>\n<request{said}>{_text(repository.url)}</request>\n"


def identify(repository: Repository, earliest: datetime) -> str:
    """What stands in Identify (4.2)."""
    said = (
        ("repositoryName", repository.name),
        ("baseURL", repository.url),
        ("protocolVersion", "2.0"),
        ("adminEmail", repository.admin_email),
        ("earliestDatestamp", stamp_of(earliest)),
        ("deletedRecord", "persistent"),
        ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
        ("compression", "gzip"),
    )
    named = (
        ("scheme", "oai"),
        ("repositoryIdentifier", repository.identifier),
        ("delimiter", ":"),
        ("sampleIdentifier", repository.name_of("k3v9x2pq")),
    )
    return (
        f"{_elements(said)}<description>"
        f'<oai-identifier xmlns="{OAI_IDENTIFIER}" xmlns:xsi="{XSI}"'
        f' xsi:schemaLocation="{OAI_IDENTIFIER} {OAI}oai-identifier.xsd">{_elements(named)}</oai-identifier>'
        "</description>"
    )


def formats() -> str:
    """What stands in ListMetadataFormats (4.4)."""
    return "".join(
        "<metadataFormat>"
        + _elements(
            (("metadataPrefix", one.prefix), ("schema", one.schema), ("metadataNamespace", one.namespace))
        )
        + "</metadataFormat>"
        for one in FORMATS.values()
    )


def sets(named: Iterable[tuple[str, str]]) -> str:
    """What stands in ListSets (4.6), of (setSpec, setName)."""
    return "".join(
        f"<set>{_elements((('setSpec', spec), ('setName', name)))}</set>\n" for spec, name in named
    )


def header(repository: Repository, entry: Entry) -> str:
    """A record's header (2.5): also of what is deleted, with the sets it was in, so that who harvests one set learns of it."""
    specs = [f"{BY_CONFERENCE}:{entry.conference}"] if entry.conference else []
    specs += [f"{BY_KIND}:{entry.kind}"] if entry.kind else []
    said = [("identifier", repository.name_of(entry.code)), ("datestamp", stamp_of(entry.datestamp))]
    said += [("setSpec", spec) for spec in specs]
    status = ' status="deleted"' if entry.is_deleted else ""
    return f"<header{status}>{_elements(said)}</header>\n"


def record(repository: Repository, entry: Entry, metadata: Format) -> str:
    """A record: its header, and what is said of it unless it is deleted."""
    said = "" if entry.record is None else f"<metadata>{metadata.write(entry.record)}</metadata>"
    return f"<record>{header(repository, entry)}{said}</record>\n"


def resumption(token: str, *, size: int, cursor: int) -> str:
    """The element at the end of an incomplete list (3.5); without a token at the end of the whole."""
    return f'<resumptionToken completeListSize="{size}" cursor="{cursor}">{_text(token)}</resumptionToken>'


def _elements(said: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<{name}>{_text(value)}</{name}>" for name, value in said)


def _text(text: str) -> str:
    return escape(_NOT_IN_XML.sub("", text))
