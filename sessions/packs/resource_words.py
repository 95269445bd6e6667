"""What may be said of a resource, in words: kinds, what people did, features for people with disabilities, languages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conference.i18n import _, is_language, language_name, lazy
from sessions.packs.licences import LICENCES
from sessions.packs.tables import PackAccess, ResourceKind, ResourceState

# Languages that conferences of libraries leave papers in, beside those of the conference itself.
_OFFERED = [
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
]

KIND_NAMES: dict[str, str] = {
    ResourceKind.SLIDES: lazy("Slides"),
    ResourceKind.RECORDING: lazy("Recording"),
    ResourceKind.CAPTIONS: lazy("Captions"),
    ResourceKind.TRANSCRIPT: lazy("Transcript"),
    ResourceKind.HANDOUT: lazy("Handout"),
    ResourceKind.TEMPLATE: lazy("Template"),
    ResourceKind.CASE_STUDY: lazy("Case study"),
    ResourceKind.GUIDELINE: lazy("Guideline"),
    ResourceKind.DATASET: lazy("Data"),
    ResourceKind.CHAT: lazy("Chat or questions"),
    ResourceKind.LINK: lazy("Link"),
    ResourceKind.OTHER: lazy("Other"),
}

ROLES: dict[str, str] = {
    "presenter": lazy("presents"),
    "author": lazy("wrote it"),
    "editor": lazy("edited it"),
    "panellist": lazy("is on the panel"),
    "facilitator": lazy("leads the workshop or talk"),
    "interpreter": lazy("interprets"),
    "translator": lazy("translated it"),
    "contributor": lazy("helped"),
}
"""What a person did for a resource; "" where nothing is said."""

ACCESSIBILITY: dict[str, str] = {
    "captions": lazy("captions"),
    "transcript": lazy("a transcript"),
    "audioDescription": lazy("what is seen is described aloud"),
    "signLanguage": lazy("sign language"),
    "alternativeText": lazy("pictures described in words"),
    "longDescription": lazy("charts described at length"),
    "structuralNavigation": lazy("headings to move by"),
    "tableOfContents": lazy("a table of contents"),
    "taggedPDF": lazy("a tagged PDF"),
    "readingOrder": lazy("read aloud in the right order"),
    "highContrastDisplay": lazy("high contrast"),
    "largePrint": lazy("large print"),
    "displayTransformability": lazy("text that can be made larger and rewrapped"),
}
"""Terms of schema.org's accessibilityFeature (the W3C's vocabulary, of which these are what conferences leave behind)."""

# BCP 47 (RFC 5646 2.1), as far as people need it: language, script, region, variants.
_TAG = re.compile(
    r"(?i)[a-z]{2,3}(-[a-z]{4})?(-(?:[a-z]{2}|[0-9]{3}))?(-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
)
MOST_TAG = 16


def kind_name(kind: str) -> str:
    """A resource's kind in words."""
    return _(KIND_NAMES.get(kind, KIND_NAMES[ResourceKind.OTHER]))


def kind_options() -> list[tuple[str, str]]:
    """(kind, name) for files and links alike."""
    return [(kind, kind_name(kind)) for kind in KIND_NAMES]


def role_options() -> list[tuple[str, str]]:
    """(role, what the person did)."""
    return [(role, _(name)) for role, name in ROLES.items()]


def accessibility_options() -> list[tuple[str, str]]:
    """(term, what it means)."""
    return [(term, _(name)) for term, name in ACCESSIBILITY.items()]


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
        (
            PackAccess.ATTENDED.value,
            _("Those who were there"),
            _(
                "Who came into a room of the conference and agreed to that being noted. Others see that it exists."
            ),
        ),
        (PackAccess.TEAM.value, _("The team"), _("Nobody else learns that it exists.")),
    ]


def access_name(access: str) -> str:
    """Who may open a pack, in words."""
    return next(name for code, name, _means in access_options() if code == access)


def state_words(state: str) -> tuple[str, str]:
    """How far a resource has come, for who handed it in, and the tone of its badge."""
    return {
        ResourceState.READY.value: (_("Accepted"), "good"),
        ResourceState.WITHDRAWN.value: (_("Withdrawn"), ""),
    }.get(state, (_("With the team"), "warning"))


def language_options(own: Sequence[str], language: str) -> list[tuple[str, str]]:
    """(code, name in ``language``): the conference's ``own`` first, then the rest by name."""
    rest = sorted(
        ((code, language_name(code, language)) for code in _OFFERED if code not in own),
        key=lambda pair: pair[1],
    )
    return [(code, language_name(code, language)) for code in own] + rest


def is_language_tag(tag: str) -> bool:
    """Whether ``tag`` is a language as libraries write it (BCP 47), and one that is known."""
    return len(tag) <= MOST_TAG and _TAG.fullmatch(tag) is not None and is_language(tag)
