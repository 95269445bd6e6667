"""Pure: what a harvester asks for (OAI-PMH 2.0), read from the arguments of its request; every mistake it can make has its code.

openarchives.org/OAI/2.0/openarchivesprotocol.htm, chapters 3 (general), 3.5 (flow control), 3.6 (errors) and 4 (verbs).
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sessions.packs.tables import ResourceKind

Sign = Callable[[str], str]
"""The signature of a text, in characters that may stand in an address."""
Pairs = Sequence[tuple[str, str]]


class Verb(StrEnum):
    """What can be asked."""

    IDENTIFY = "Identify"
    FORMATS = "ListMetadataFormats"
    SETS = "ListSets"
    RECORD = "GetRecord"
    IDENTIFIERS = "ListIdentifiers"
    RECORDS = "ListRecords"


@dataclass(frozen=True)
class _Arguments:
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    has_token: bool = False  # resumptionToken instead of all others


_LIST = _Arguments(frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"}), has_token=True)
_ARGUMENTS = {
    Verb.IDENTIFY: _Arguments(),
    Verb.FORMATS: _Arguments(optional=frozenset({"identifier"})),
    Verb.SETS: _Arguments(has_token=True),
    Verb.RECORD: _Arguments(frozenset({"identifier", "metadataPrefix"})),
    Verb.IDENTIFIERS: _LIST,
    Verb.RECORDS: _LIST,
}

# What values look like. The first two are the protocol's own (its XML Schema); a URI has these characters (RFC 3986 2).
_PREFIX = re.compile(r"[A-Za-z0-9\-_.!~*'()]+")
_SET = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*")
_CHARACTER = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_URI = re.compile(
    r"[A-Za-z0-9\-._~]+"  # no URI, but what may stand where one is expected
    rf"|[A-Za-z][A-Za-z0-9+.\-]*:(?://[A-Za-z0-9\-.]+(?::[0-9]{{1,5}})?(?=[/?#]|$)|(?!//))"
    rf"(?:{_CHARACTER}|/)*(?:\?(?:{_CHARACTER}|[/?])*)?(?:\#(?:{_CHARACTER}|[/?])*)?"
)
_TOKEN = re.compile(r"[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SECOND = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
# XML 1.0 2.2 knows no such characters, so that they cannot even be said back.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LONGEST_ARGUMENT = 1000  # characters

BY_CONFERENCE, BY_KIND = "conference", "kind"
"""The two hierarchies of sets: ``conference:{slug}`` and ``kind:{kind}``."""


class Refused(Exception):  # named for the fact, as every refusal here
    """What a harvester asked cannot be answered. ``code`` is the protocol's, the text is for people; ``arguments`` are said
    back, but for a request that could not be understood."""

    def __init__(self, code: str, message: str, arguments: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.arguments = arguments or {}


@dataclass(frozen=True)
class Selection:
    """Which records are asked for: those stamped between both instants, inclusive (None: no bound), in a set ("": all)."""

    prefix: str
    since: datetime | None = None
    until: datetime | None = None
    set_spec: str = ""

    @property
    def conference(self) -> str:
        """The slug of the conference whose set is asked for, else ""."""
        return self._of(BY_CONFERENCE)

    @property
    def kind(self) -> str:
        """The kind whose set is asked for, else ""."""
        return self._of(BY_KIND)

    def _of(self, root: str) -> str:
        return self.set_spec.removeprefix(f"{root}:") if self.set_spec.startswith(f"{root}:") else ""

    @property
    def is_known(self) -> bool:
        """Whether such a set can exist. The roots of both hierarchies hold everything."""
        return (
            self.set_spec in ("", BY_CONFERENCE, BY_KIND)
            or self.kind in [kind.value for kind in ResourceKind]
            or bool(self.conference)
        )


@dataclass(frozen=True)
class Place:
    """How far a list was told: behind the record with this datestamp, source and row id; ``cursor`` records of ``size``."""

    datestamp: datetime
    source: int
    row: int
    cursor: int
    size: int


@dataclass(frozen=True)
class Asked:
    """A request that could be understood. ``arguments`` is what was said, to be said back."""

    verb: Verb
    arguments: Mapping[str, str] = field(default_factory=dict)
    identifier: str = ""
    selection: Selection = Selection("")
    place: Place | None = None


def read_request(pairs: Pairs, sign: Sign) -> Asked:
    """What the arguments of a request ask for. Raises Refused: badVerb, badArgument, badResumptionToken.

    Whether a format, set or record exists is not decided here.
    """
    names = [name for name, _value in pairs]
    verbs = [value for name, value in pairs if name == "verb"]
    if not verbs:
        raise Refused("badVerb", "The verb is missing: say for instance ?verb=Identify.")
    if len(verbs) > 1:
        raise Refused("badVerb", "There is more than one verb.")
    if verbs[0] not in list(Verb):
        raise Refused("badVerb", f"There is no such verb. Those that are: {', '.join(Verb)}.")
    verb = Verb(verbs[0])
    allowed = _ARGUMENTS[verb]
    given = {name: value for name, value in pairs if name != "verb"}
    if repeated := sorted({name for name in names if names.count(name) > 1 and name in _known(allowed)}):
        raise _bad(f"Given more than once: {', '.join(repeated)}.")
    if unknown := [name for name in given if name not in _known(allowed)]:
        raise _bad(f"{verb} has no such argument as one of the {len(unknown)} that it does not know.")
    _check_values(given)
    arguments = {"verb": verb.value, **given}
    if "resumptionToken" in given:
        if len(given) > 1:
            raise _bad("With a resumptionToken there may be no other argument.")
        selection, place = _read_token(given["resumptionToken"], verb, sign, arguments)
        return Asked(verb, arguments, selection=selection, place=place)
    if missing := sorted(allowed.required - given.keys()):
        raise _bad(f"Missing: {', '.join(missing)}.")
    since, until = _bounds(given)
    return Asked(
        verb,
        arguments,
        identifier=given.get("identifier", ""),
        selection=Selection(given.get("metadataPrefix", ""), since, until, given.get("set", "")),
    )


def _known(allowed: _Arguments) -> frozenset[str]:
    return allowed.required | allowed.optional | ({"resumptionToken"} if allowed.has_token else set())


def _bad(message: str) -> Refused:
    return Refused("badArgument", message)


def _check_values(given: Mapping[str, str]) -> None:
    shapes = {"metadataPrefix": _PREFIX, "set": _SET, "identifier": _URI}
    for name, value in given.items():
        if len(value) > LONGEST_ARGUMENT or _NOT_IN_XML.search(value):
            raise _bad(f"The {name} is too long, or has characters that XML does not know.")
        if name in shapes and not shapes[name].fullmatch(value):
            raise _bad(f"The {name} is not written as one.")


# --- dates (3.3) -----------------------------------------------------------------------------------------------------


def _bounds(given: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    since = _instant(given["from"], "from") if "from" in given else None
    until = _instant(given["until"], "until") if "until" in given else None
    if since is not None and until is not None:
        if len(given["from"]) != len(given["until"]):
            raise _bad("from and until must be equally exact: two days, or two seconds.")
        if since > until:
            raise _bad("from is later than until.")
    if until is not None and _DAY.fullmatch(given["until"]):
        until += timedelta(days=1) - timedelta(seconds=1)  # the whole day
    return since, until


def _instant(written: str, name: str) -> datetime:
    if not _DAY.fullmatch(written) and not _SECOND.fullmatch(written):
        raise _bad(f"{name} is no day (YYYY-MM-DD) and no second (YYYY-MM-DDThh:mm:ssZ).")
    try:
        found = datetime.fromisoformat(written)
        # PostgreSQL and Python end at different years; nobody harvests beyond either.
        return found.replace(tzinfo=UTC) if found.year < 9999 else datetime(9998, 12, 31, tzinfo=UTC)
    except ValueError as error:
        raise _bad(f"There is no such day or hour as {name} names.") from error


def stamp_of(instant: datetime) -> str:
    """An instant as the protocol writes it: UTC, whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- resumption tokens (3.5) -----------------------------------------------------------------------------------------


def write_token(verb: Verb, selection: Selection, place: Place, sign: Sign) -> str:
    """Everything that is needed to go on, signed: the server keeps nothing, and a token works as often as it is sent."""
    said = [
        verb.value,
        selection.prefix,
        stamp_of(selection.since) if selection.since else "",
        stamp_of(selection.until) if selection.until else "",
        selection.set_spec,
        stamp_of(place.datestamp),
        place.source,
        place.row,
        place.cursor,
        place.size,
    ]
    packed = base64.urlsafe_b64encode(json.dumps(said, separators=(",", ":")).encode()).rstrip(b"=").decode()
    return f"{packed}.{sign(packed)}"


def _read_token(token: str, verb: Verb, sign: Sign, arguments: Mapping[str, str]) -> tuple[Selection, Place]:
    refused = Refused("badResumptionToken", "This is no token of a list that can be gone on with.", arguments)
    if not _TOKEN.fullmatch(token):
        raise refused
    packed, _dot, signature = token.partition(".")
    if not hmac.compare_digest(signature, sign(packed)):
        raise refused
    of_verb, prefix, since, until, set_spec, datestamp, source, row, cursor, size = json.loads(
        base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    )
    if of_verb != verb:
        raise refused
    return (
        Selection(
            prefix,
            datetime.fromisoformat(since) if since else None,
            datetime.fromisoformat(until) if until else None,
            set_spec,
        ),
        Place(datetime.fromisoformat(datestamp), source, row, cursor, size),
    )
