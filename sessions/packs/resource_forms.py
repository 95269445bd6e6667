"""What organisers type about packs, files and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conference import texts
from conference.forms import Typed
from conference.i18n import _, is_language, language_name
from conference.texts import LocalText
from sessions.forms import DeskForm, local_values
from sessions.packs.licences import LICENCES
from sessions.packs.pack_views import KIND_NAMES, kind_name
from sessions.packs.queries import PackedResource
from sessions.packs.resource_facts import Creator, FileDetails, PackFacts, ResourceFacts
from sessions.packs.tables import PackAccess, ResourceKind, ResourcePack

MOST_CREATORS = 40
# Languages that conferences of libraries leave papers in, beside those of the conference itself.
_OFFERED = (
    *(
        "af",
        "am",
        "ar",
        "bg",
        "bn",
        "ca",
        "cs",
        "cy",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "eu",
        "fa",
        "fi",
        "fr",
    ),
    *(
        "ga",
        "ha",
        "he",
        "hi",
        "hr",
        "hu",
        "hy",
        "id",
        "ig",
        "is",
        "it",
        "ja",
        "ka",
        "kk",
        "km",
        "ko",
        "lo",
        "lt",
    ),
    *(
        "lv",
        "mk",
        "mn",
        "ms",
        "mt",
        "my",
        "ne",
        "nl",
        "no",
        "pa",
        "pl",
        "ps",
        "pt",
        "ro",
        "ru",
        "rw",
        "si",
        "sk",
    ),
    *(
        "sl",
        "so",
        "sq",
        "sr",
        "sv",
        "sw",
        "ta",
        "te",
        "th",
        "tr",
        "uk",
        "ur",
        "uz",
        "vi",
        "xh",
        "yo",
        "zh",
        "zu",
    ),
)


def language_options(own: Sequence[str], language: str) -> list[tuple[str, str]]:
    """(code, name in ``language``): the conference's ``own`` first, then the rest by name."""
    rest = sorted(
        ((code, language_name(code, language)) for code in _OFFERED if code not in own),
        key=lambda pair: pair[1],
    )
    return [(code, language_name(code, language)) for code in own] + rest


def kind_options() -> list[tuple[str, str]]:
    """(kind, name) for files and links alike."""
    return [(kind, kind_name(kind)) for kind in KIND_NAMES]


def licence_options() -> list[tuple[str, str, str]]:
    """(code, name, what it means) in the reader's language."""
    return [(one.code, _(one.name), _(one.means)) for one in LICENCES.values()]


def access_options() -> list[tuple[str, str, str]]:
    """(access, name, what it means) in the reader's language."""
    return [
        (PackAccess.PUBLIC.value, _("Everyone"), _("On the open web, also for those who were not there.")),
        (
            PackAccess.REGISTERED.value,
            _("Those registered"),
            _("Others see that it exists and how to get in, not what is inside."),
        ),
    ]


@dataclass
class PackForm(DeskForm):
    """A pack as typed. ``facts`` is None while anything is wrong; ``values`` goes back into the form."""

    facts: PackFacts | None = None

    @classmethod
    def blank(cls, languages: Sequence[str], session: str = "", title: LocalText | None = None) -> PackForm:
        """A new pack, perhaps for a session (its code) whose title it takes."""
        values = {"session": session, "access": PackAccess.PUBLIC.value, **local_values("title", title or {})}
        return cls(values, tuple(languages))

    @classmethod
    def from_row(cls, pack: ResourcePack, session: str, languages: Sequence[str]) -> PackForm:
        """The pack as it stands; ``session`` is its session's code."""
        return cls(
            {
                "session": session,
                "access": pack.access,
                "revision": str(pack.revision),
                **local_values("title", texts.decode(pack.title)),
                **local_values("note", texts.decode(pack.note)),
            },
            tuple(languages),
        )

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], languages: Sequence[str], sessions: Mapping[str, int]
    ) -> PackForm:
        """What was posted; ``sessions`` maps the codes of sessions that may be chosen to their row ids."""
        typed = Typed(values)
        title = typed.local_text("title", languages, required=True, most=200)
        note = typed.local_text("note", languages, most=5000, lines=True)
        access = typed.choice("access", [item.value for item in PackAccess])
        session = typed.choice("session", list(sessions), required=False)
        form = cls(typed.values, tuple(languages), typed.errors)
        if not form.errors:
            form.facts = PackFacts(title, note, PackAccess(access), sessions[session] if session else None)
        return form


@dataclass
class ResourceForm(DeskForm):
    """A resource as typed: a link, or what is said of a file that is there already."""

    facts: ResourceFacts | None = None

    @classmethod
    def from_item(cls, item: PackedResource, languages: Sequence[str]) -> ResourceForm:
        """The resource as it stands."""
        return cls(
            {
                "kind": item.kind,
                "language": item.languages[0] if item.languages else "",
                "creators": "\n".join(person.name for person in item.creators),
                "licence": item.licence,
                "url": item.url,
                "revision": str(item.revision),
                **local_values("title", item.title),
                **local_values("description", item.description),
            },
            tuple(languages),
        )

    @classmethod
    def from_post(cls, values: Mapping[str, str], languages: Sequence[str], *, is_link: bool) -> ResourceForm:
        """What was posted. A link needs its address; a file has none."""
        typed = Typed(values)
        title = typed.local_text("title", languages, required=True, most=200)
        description = typed.local_text("description", languages, most=2000, lines=True)
        kind = typed.choice("kind", list(KIND_NAMES))
        url = typed.url("url", required=True) if is_link else ""
        languages_, creators, licence = _shared(typed)
        form = cls(typed.values, tuple(languages), typed.errors)
        if not form.errors:
            form.facts = ResourceFacts(
                ResourceKind(kind), title, description, languages_, creators, licence, url
            )
        return form


@dataclass
class FilesForm(DeskForm):
    """What is said of files sent together. ``details`` is None while anything is wrong."""

    details: FileDetails | None = None

    @classmethod
    def from_post(cls, values: Mapping[str, str], languages: Sequence[str]) -> FilesForm:
        """What was posted beside the files."""
        typed = Typed(values)
        title = typed.local_text("title", languages, most=200)
        kind = typed.choice("kind", list(KIND_NAMES), required=False)
        languages_, creators, licence = _shared(typed)
        form = cls(typed.values, tuple(languages), typed.errors)
        if not form.errors:
            form.details = FileDetails(
                ResourceKind(kind) if kind else None, title, languages_, creators, licence
            )
        return form


def _shared(typed: Typed) -> tuple[tuple[str, ...], tuple[Creator, ...], str]:
    language = typed.raw("language")
    if language and not (len(language) <= 16 and is_language(language)):
        typed.errors["language"] = _("Please choose one of the options.")
    lines = typed.text("creators", most=5000).splitlines()
    creators = tuple(name for line in lines if (name := texts.clean_line(line)))
    if len(creators) > MOST_CREATORS or any(len(name) > 200 for name in creators):
        typed.errors["creators"] = _("Please name at most %(most)s people, one on each line.") % {
            "most": MOST_CREATORS
        }
    licence = typed.choice("licence", list(LICENCES), required=False)
    return (language,) if language else (), tuple(Creator(name) for name in creators), licence
