"""What people type about files and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conference import texts
from conference.forms import SPARE_ROWS, Typed
from conference.i18n import _
from sessions.forms import DeskForm, local_values, read_local, read_orcid
from sessions.packs.licences import LICENCES
from sessions.packs.resource_facts import (
    Creator,
    FileDetails,
    KnownSpeaker,
    ResourceFacts,
    is_issue_date,
    recognised,
)
from sessions.packs.resource_words import ACCESSIBILITY, KIND_NAMES, ROLES, is_language_tag
from sessions.packs.tables import ResourceKind

MOST_CREATORS = 40
MOST_LANGUAGES = 20


@dataclass(frozen=True)
class Offered:
    """What a conference offers to choose from: its topics and other resources as (code, name); the speakers to recognise."""

    topics: tuple[tuple[str, str], ...] = ()
    related: tuple[tuple[str, str], ...] = ()
    speakers: tuple[KnownSpeaker, ...] = ()

    @property
    def topic_codes(self) -> frozenset[str]:
        """The codes of the topics."""
        return frozenset(code for code, _name in self.topics)

    @property
    def related_codes(self) -> frozenset[str]:
        """The codes of the resources."""
        return frozenset(code for code, _name in self.related)


NOTHING = Offered()


@dataclass
class ResourceForm(DeskForm):
    """A resource as typed: a link, or what is said of a file that is there already. ``note`` says why, for its history."""

    facts: ResourceFacts | None = None
    note: str = ""

    @classmethod
    def of(cls, facts: ResourceFacts, languages: Sequence[str], revision: int) -> ResourceForm:
        """The resource as it stands."""
        return cls(
            {
                "kind": facts.kind.value,
                "licence": facts.licence,
                "rights_holder": facts.rights_holder,
                "issued": facts.issued,
                "belongs_to": facts.belongs_to,
                "translation_of": facts.translation_of,
                "url": facts.url,
                "revision": str(revision),
                **local_values("title", facts.title),
                **local_values("description", facts.description),
                **language_values(facts.languages),
                **creator_values(facts.creators),
                **{f"topic_{code}": "yes" for code in facts.topics},
                **{f"acc_{term}": "yes" for term in facts.accessibility},
            },
            tuple(languages),
        )

    @classmethod
    def from_post(
        cls,
        values: Mapping[str, str],
        languages: Sequence[str],
        *,
        is_link: bool,
        offered: Offered = NOTHING,
        before: ResourceFacts | None = None,
    ) -> ResourceForm:
        """What was posted. A link needs its address; a file has none. ``before`` are the facts of an existing resource."""
        typed = Typed(values)
        facts = ResourceFacts(
            title=read_local(
                typed, "title", languages, before.title if before else None, most=200, required=True
            ),
            description=read_local(
                typed,
                "description",
                languages,
                before.description if before else None,
                most=2000,
                lines=True,
            ),
            kind=ResourceKind(typed.choice("kind", list(KIND_NAMES)) or ResourceKind.OTHER),
            url=typed.url("url", required=True) if is_link else "",
            languages=read_languages(typed),
            creators=recognised(read_creators(typed), offered.speakers),
            licence=typed.choice("licence", list(LICENCES), required=False),
            rights_holder=typed.line("rights_holder"),
            issued=read_issued(typed),
            accessibility=tuple(term for term in ACCESSIBILITY if typed.ticked(f"acc_{term}")),
            topics=tuple(code for code, _name in offered.topics if typed.ticked(f"topic_{code}")),
            belongs_to=typed.choice("belongs_to", offered.related_codes, required=False),
            translation_of=typed.choice("translation_of", offered.related_codes, required=False),
        )
        note = typed.line("note", most=500)
        form = cls(dict(typed.values), tuple(languages), typed.errors, note=note)
        if not form.errors:
            form.facts = facts
        return form

    @property
    def asks_for_rows(self) -> bool:
        """Whether not the form was sent but more rows for people were asked for; then there are more, and no errors yet."""
        if self.values.get("do") != "rows":
            return False
        self.errors.clear()
        self.values["creator_name_rows"] = str(len(self.creator_rows) + SPARE_ROWS)
        return True

    @property
    def creator_rows(self) -> list[int]:
        """Numbers of the rows for people."""
        return self.rows("creator_name", most=MOST_CREATORS)

    @property
    def further_languages(self) -> list[str]:
        """Languages that are ticked beside the conference's own."""
        ticked = (name.removeprefix("lang_") for name in self.values if name.startswith("lang_"))
        return [code for code in ticked if code != "more" and code not in self.languages]


@dataclass
class FilesForm(DeskForm):
    """What is said of files sent together. ``details`` is None while anything is wrong.

    ``people`` are speakers who can be ticked as their makers, as (code, name).
    """

    details: FileDetails | None = None
    people: tuple[tuple[str, str], ...] = field(default_factory=tuple)

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], languages: Sequence[str], *, speakers: Sequence[KnownSpeaker] = ()
    ) -> FilesForm:
        """What was posted beside the files. People are named one a line, or ticked among the ``speakers``."""
        typed = Typed(values)
        kind = typed.choice("kind", list(KIND_NAMES), required=False)
        ticked = [
            Creator(one.name, one.role, one.orcid, one.code)
            for one in speakers
            if typed.ticked(f"by_{one.code}")
        ]
        named = [Creator(name) for name in read_names(typed)]
        details = FileDetails(
            kind=ResourceKind(kind) if kind else None,
            title=typed.local_text("title", languages, most=200),
            languages=read_languages(typed),
            creators=_once_each([*ticked, *recognised(named, speakers)]),
            licence=typed.choice("licence", list(LICENCES), required=False),
            rights_holder=typed.line("rights_holder"),
            issued=read_issued(typed),
        )
        form = cls(dict(typed.values), tuple(languages), typed.errors)
        if not form.errors:
            form.details = details
        return form


def language_values(languages: Sequence[str]) -> dict[str, str]:
    """The boxes of languages that are ticked."""
    return {f"lang_{code}": "yes" for code in languages}


def read_languages(typed: Typed) -> tuple[str, ...]:
    """The languages that were ticked (``lang_<code>``) and chosen besides (``lang_more``), each once."""
    ticked = [
        name.removeprefix("lang_") for name in typed.values if name.startswith("lang_") and typed.ticked(name)
    ]
    codes = [code for code in ticked if code != "more"]
    codes += [more] if (more := typed.raw("lang_more")) else []
    if len(codes) > MOST_LANGUAGES or not all(is_language_tag(code) for code in codes):
        typed.errors["lang_more"] = _("Please choose one of the options.")
        return ()
    return tuple(dict.fromkeys(codes))


def creator_values(creators: Sequence[Creator]) -> dict[str, str]:
    """The rows of people."""
    values = {}
    for number, person in enumerate(creators):
        values[f"creator_name_{number}"] = person.name
        values[f"creator_role_{number}"] = person.role
        values[f"creator_orcid_{number}"] = person.orcid
    return values


def read_creators(typed: Typed) -> list[Creator]:
    """The people in the rows, each with what they did and their ORCID iD; a row without a name must be empty."""
    people = []
    for number in range(MOST_CREATORS):
        name = typed.line(f"creator_name_{number}")
        role = typed.choice(f"creator_role_{number}", ROLES, required=False)
        orcid = read_orcid(typed, f"creator_orcid_{number}")
        if name:
            people.append(Creator(name, role, orcid))
        elif orcid:
            typed.errors[f"creator_name_{number}"] = _("Whose ORCID iD is this? Please give the name.")
    return people


def read_names(typed: Typed) -> list[str]:
    """The people named one on each line."""
    lines = typed.text("creators", most=5000).splitlines()
    names = [name for line in lines if (name := texts.clean_line(line))]
    if len(names) > MOST_CREATORS or any(len(name) > 200 for name in names):
        typed.errors["creators"] = _("Please name at most %(most)s people, one on each line.") % {
            "most": MOST_CREATORS
        }
        return []
    return names


def read_issued(typed: Typed) -> str:
    """The date the resource carries: a day, a month or a year."""
    value = typed.line("issued", most=20)
    if value and not is_issue_date(value):
        typed.errors["issued"] = _("Please give a day, a month or a year: 2026-06-25, 2026-06 or 2026.")
        return ""
    return value


def _once_each(people: Sequence[Creator]) -> tuple[Creator, ...]:
    """The people, nobody twice."""
    found: dict[str, Creator] = {}
    for person in people:
        found.setdefault(person.speaker or person.name, person)
    return tuple(found.values())
