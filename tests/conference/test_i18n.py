"""The words of the interface: every one reaches the catalogues, and every catalogue has them all."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from markupsafe import Markup

from conference import i18n

ROOT = Path(__file__).parent.parent.parent
LOCALE = ROOT / "conference" / "locale"
CATALOGUES = sorted(path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/messages.po"))

Message = tuple[str | None, str | tuple[str, ...]]


@cache
def interface_texts() -> frozenset[Message]:
    """Every text of templates and code, as (context, message)."""
    with (LOCALE / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]  # Babel leaves it untyped
    keywords = {**DEFAULT_KEYWORDS, "lazy": None}
    found = extract_from_dir(
        ROOT,
        methods,
        options,
        keywords=keywords,
        directory_filter=lambda path: Path(path).name not in SKIPPED,
    )
    return frozenset(
        (context, message if isinstance(message, str) else tuple(message))
        for _file, _line, message, _comments, context in found
    )


SKIPPED = {"tests", "docs", "static", "data", "dist", "build", ".venv", ".git", "piccolo_migrations"}


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        return read_po(source, locale=language)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)[sd]", text))


def test_the_interface_speaks_more_than_english() -> None:
    assert len(interface_texts()) > 1000
    assert {"en", *CATALOGUES} == set(i18n.interface_languages())
    assert CATALOGUES


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_catalogue_has_every_text_and_no_other(language: str) -> None:
    known = {
        (message.context, message.id if isinstance(message.id, str) else tuple(message.id))
        for message in catalogue(language)
        if message.id
        and message.string
        and all([message.string] if isinstance(message.string, str) else message.string)
    }
    # gettext finds a text that is also the singular of a plural under that one
    singulars = {(context, message[0]) for context, message in known if isinstance(message, tuple)}
    assert interface_texts() - known - singulars == set()
    assert known - interface_texts() == set()


@pytest.mark.parametrize("language", CATALOGUES)
def test_translations_keep_their_placeholders_and_are_meant(language: str) -> None:
    for message in catalogue(language):
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        if isinstance(message.id, str):
            assert isinstance(message.string, str)
            assert placeholders(message.string) == placeholders(message.id), message.id
        else:
            may = placeholders(message.id[0]) | placeholders(message.id[1])
            for form in message.string or ():
                assert placeholders(form) <= may, message.id


@pytest.mark.parametrize("language", CATALOGUES)
def test_texts_come_out_in_the_language_in_force(language: str) -> None:
    with i18n.use_language(language):
        assert i18n._("Programme") != "Programme" or language == "fr"
        assert i18n._("Register") != "Register"
        assert i18n.ngettext("%(count)s session", "%(count)s sessions", 3)
    assert i18n._("Register") == "Register"


def test_a_language_without_a_catalogue_is_english() -> None:
    with i18n.use_language("sw"):
        assert i18n._("Register") == "Register"


def test_a_label_carries_the_colon_of_its_language() -> None:
    with i18n.use_language("fr"):
        assert i18n.labelled("Ouvrir ma page") == "Ouvrir ma page\u00a0:"
        assert i18n.labelled(Markup("A &amp; B")) == Markup("A &amp; B\u00a0:")
    assert i18n.labelled("Open my page") == "Open my page:"


def test_no_template_writes_a_colon_behind_a_translated_text_itself() -> None:
    """French puts a space before it that does not break: the filter ``label`` knows."""
    for path in sorted((ROOT / "templates").rglob("*.*")):
        assert not re.search(r"\b_\([^}]*\) ?\}\}:(?=\s|</)", path.read_text("utf-8")), (
            f"{path}: write {{{{ _(…)|label }}}}"
        )
