"""What people and programs call the columns of a sheet, or the fields of a record, in our words."""

from __future__ import annotations

import functools
import re
import unicodedata

from sessions.interchange.frab_reader import language_of

# One line per field; spellings are compared without case, accents, punctuation and the bumps of camelCase.
_SESSION = {
    "title": "title|session title|talk title|presentation title|preconference title|workshop title|paper title|event title|session name"
    "|talk name|event name|presentation topic|topic|session|talk|subject|summary|headline|proposal title|titre|titulo|titel|titolo|thema",
    "subtitle": "subtitle|sub title|untertitel|sous titre|subtitulo",
    "abstract": "abstract|teaser|short description|short abstract|zusammenfassung|resume|resumen",
    "description": "description|details|long description|full description|outline|content|synopsis|info|beschreibung|descripcion|descricao",
    "start": "start|starts|start time|starts at|start at|begin|begins|beginning|from|start date|date start|time start|start datetime|startdatetime"
    "|datetime|date time|date and time|when|beginn|anfang|inicio|debut|starting time|start utc|startdate|starttime|local start",
    "end": "end|ends|end time|ends at|end at|until|to|finish|end date|date end|time end|end datetime|enddatetime|ende|fin|fim|end utc|enddate|endtime",
    "day": "day|date|session date|day date|datum|tag|fecha|jour|dia|data|weekday",
    "time": "time|hour|times|time slot|timeslot|slot|uhrzeit|zeit|heure|hora|horario|orario",
    "minutes": "duration|length|minutes|duration minutes|duration min|length minutes|proposed session length|session length|dauer|duree|duracion",
    "room": "room|location|venue|hall|stage|place|room name|hall name|venue name|raum|saal|salle|sala|lugar|where|zoom room|venue serial|venue id|room id",
    "track": "track|theme|stream|strand|tracks|track name|topic area|themengebiet|piste",
    "category": "category|categories|categoria",
    "kind": "type|kind|format|session type|event type|talk type|talk or workshop|session format|submission type|session kind|presentation type"
    "|typ|art|tipo|event type name",
    "language": "language|lang|spoken language|session language|sprache|langue|idioma|lingua",
    "people": "speakers|speaker|presenter|presenters|author|authors|speaker names|speaker name|speaker s|speakers names|instructor|instructors"
    "|facilitator|facilitators|by|who|ponente|ponentes|referent|referenten|referentin|intervenants|panelists|panellists|persons|people|hosts"
    "|presented by|speaker ids|owner|owners|relatori",
    "interpreter": "interpreter|interpreters",
    "host": "host",
    "chair": "chair|moderator|moderators|session chair|moderation|chairs",
    "id": "id|code|serial|slug|number|session id|session code|talk id|paper id|nr|no|key|uid|sn|event id",
    "guid": "guid|uuid",
    "url": "url|session url|talk url|permalink|page|uri|public url|event url|more info",
    "links": "links|attachments|materials",
    "slides": "slides url|slides|slide|presentation url|slide url",
    "recording": "video|video url|record|recording|youtube|recording link",
    "notes": "co write|notes url|pad|etherpad|document",
    "licence": "licence|license|recording license|recording licence",
    "seats": "seats|capacity|max|max participants|places|maximum participants|limit",
    "optout": "do not record|optout|opt out|no recording",
    "zone": "timezone|time zone|tz|zone",
    "state": "state|status",
    "service": "service|is service|is break|is service session",
}
_PERSON = {
    "name": "name|full name|fullname|speaker|speaker name|your name|public name|display name|full public name|person|nombre|nom|presenter|author",
    "first": "first name|firstname|given name|forename|vorname|prenom|first",
    "last": "last name|lastname|surname|family name|nachname|apellidos|apellido|last|nom de famille",
    "biography": "bio|biography|speaker bio|short bio|biografie|biographie|biografia|about|about you|speaker biography|description|abstract",
    "organisation": "organisation|organization|company|institution|inst|affiliation|org|employer|firma|organisme|institut|organizacion"
    "|company institution|library|university",
    "job_title": "job title|position|position title|work title|role|tagline|tag line|job|title|funktion|poste|cargo|headline",
    "country": "country|land|pays|pais|country code",
    "zone": "timezone|time zone|tz|zone",
    "pronouns": "pronouns|pronoun",
    "orcid": "orcid|orcid id|orc id",
    "email": "email|e mail|mail|email address|e mail address|your email|public email",
    "id": "id|code|slug|speaker id|serial|guid|uuid|speaker code|key",
    "twitter": "twitter|twitter handle|twitter username|x",
    "github": "github|github handle|github username",
    "link": "links|website|url|homepage|blog|linkedin|mastodon|link|site|web|social links|personal website|href|linkedin url|facebook",
    "kind": "kind",
    "language": "mail language|preferred language",
    "access_needs": "access needs|accessibility|accessibility needs|access requirements",
    "technical_needs": "technical needs|technical requirements|tech needs",
    "notes": "notes|internal notes",
}
_TRANSLATED = frozenset(("title", "abstract", "description", "biography", "bio", "subtitle"))
# What is there for pictures and paperwork is left out without a word.
_KNOWN_USELESS = re.compile(
    r"(?:sessions|schema|origin|photo|img|image|picture|avatar|thumbnail|logo|profile picture|image url|imgpath|timestamp|sn|sort|menu|submenu|time img)( .*)?"
)


def normalised(heading: str) -> str:
    """The heading in small letters and single spaces: ``startsAt`` is ``starts at``, ``Prénom *`` is ``prenom``."""
    heading = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading[:200])
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode().lower()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain).split())


def _table(fields: dict[str, str]) -> dict[str, str]:
    return {spelling: field for field, spellings in fields.items() for spelling in spellings.split("|")}


_SESSION_FIELDS = _table(_SESSION)
_PERSON_FIELDS = _table(_PERSON)


def in_language(heading: str) -> tuple[str, str]:
    """The heading and the language it ends in: "title (fr)" and "title-fr" are a title in French; "" for none."""
    found = re.fullmatch(
        r"(.*?)(?:\s*\(([A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?)\)|[-_]([a-z]{2}))", heading.strip(), re.DOTALL
    )
    if not found or normalised(found.group(1)) not in _TRANSLATED:
        return heading, ""
    return found.group(1), language_of(found.group(2) or found.group(3))


@functools.lru_cache(maxsize=4096)
def session_field(heading: str) -> str:
    """The field of a session that the heading names, or ""."""
    plain = normalised(in_language(heading)[0])
    if known := _SESSION_FIELDS.get(plain):
        return known
    if re.match(r"title of (?:your|the) ", plain):
        return "title"
    if re.match(r"(?:short )?(?:description|abstract) of (?:your|the) ", plain):
        return "abstract"
    return "people" if re.fullmatch(r"(?:co )?(?:speaker|presenter|author) ?\d?(?: name)?", plain) else ""


@functools.lru_cache(maxsize=4096)
def person_field(heading: str) -> str:
    """The field of a person that the heading names, or ""."""
    return _PERSON_FIELDS.get(normalised(in_language(heading)[0]), "")


def is_useless(heading: str) -> bool:
    """Whether nobody would miss the column."""
    return not heading.strip() or bool(_KNOWN_USELESS.fullmatch(normalised(heading)))


def is_of_sessions(headings: list[str]) -> bool | None:
    """Whether records with these headings tell of sessions (True) or of people (False); None: neither is named."""
    sessions = {field for heading in headings if (field := session_field(heading))}
    people = {field for heading in headings if (field := person_field(heading))}
    placed = sessions & {
        "start",
        "end",
        "day",
        "time",
        "room",
        "minutes",
        "abstract",
        "track",
        "kind",
        "category",
        "language",
    }
    has_name = "name" in people or {"first", "last"} <= people
    plain = {normalised(heading) for heading in headings}
    if "title" in sessions and (placed or "people" in sessions or not has_name):
        # "title" beside a name and a biography is a job; "name, title, abstract" is a session with its speaker.
        only_job = (
            plain & {"title", "headline"}
            and has_name
            and not (plain & {"abstract", "speakers", "speaker", "authors"})
        )
        if not (only_job and placed <= {"language"}):
            return True
    if (
        has_name
        and placed & {"start", "time", "room", "abstract"}
        and ("people" in sessions or "start" in sessions)
    ):
        return True
    if has_name:
        return False
    return True if "title" in sessions else None
