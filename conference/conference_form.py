"""The form of a conference's facts: short for a new one, whole on its settings page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from conference import dates, i18n, texts
from conference.conferences import ConferenceFacts
from conference.forms import FilledForm, Typed, is_web_address
from conference.i18n import _
from conference.texts import LocalText

LOCAL = ("name", "tagline", "description", "audience", "privacy")
MOST_LANGUAGES = 12
MOST_DAYS = 60
MOST_PARTNERS = 40
PARTNER_ROLES = ("partner", "funder")


def suggested_slug(name: str, year: int | None = None) -> str:
    """A short name for the address, made from the conference's name: letters a–z, digits and hyphens; may be empty."""
    bare = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", bare.replace("'", ""))
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word
        if len(longer) > 40:
            break
        slug = longer
    if slug and year is not None and str(year) not in slug:
        slug = f"{slug}-{year}"
    return slug


def parse_languages(typed: str) -> tuple[tuple[str, ...], list[str]]:
    """Language codes from a list such as ``en, fr pt-BR``: those that are, each once, and the words that are none."""
    found: list[str] = []
    unknown: list[str] = []
    for word in re.split(r"[\s,;]+", typed.strip()):
        code = word[:16].replace("_", "-")
        language, dash, region = code.partition("-")
        code = language.lower() + dash + (region.upper() if len(region) == 2 else region.title())
        if not word:
            continue
        if len(word) <= 16 and i18n.is_language(code):
            if code not in found:
                found.append(code)
        else:
            unknown.append(word)
    return tuple(found), unknown


@dataclass
class ConferenceForm(FilledForm):
    """What stands in the fields, what is wrong with it, and the facts when nothing is."""

    facts: ConferenceFacts | None = None

    @property
    def is_valid(self) -> bool:
        """Whether the facts may be stored."""
        return self.facts is not None and not self.errors

    @property
    def labels(self) -> dict[str, str]:
        """What each field is called, those of a language and of a partner's row too: for the list of what to mend."""
        labels = field_labels()
        several = len(self.languages) > 1
        for name in LOCAL:
            for code, language in self.language_names:
                labels[f"{name}_{code}"] = f"{labels[name]} · {language}" if several else labels[name]
        for number in self.partner_rows:
            partner = _("Partner %(number)s") % {"number": number + 1}
            labels[f"partner_name_{number}"] = labels[f"partner_url_{number}"] = partner
        return labels

    @property
    def partner_rows(self) -> list[int]:
        """Numbers of the rows for partners: those filled in, and two more."""
        return self.rows("partner_name", "partner_url", most=MOST_PARTNERS)

    @classmethod
    def blank(cls, *, zone: str, language: str, contact: str) -> ConferenceForm:
        """The form of a conference that does not exist yet."""
        values = {"zone": zone, "languages": language, "contact_email": contact}
        return cls(values=values, languages=(language,))

    @classmethod
    def of(cls, facts: ConferenceFacts) -> ConferenceForm:
        """The form as it stands for a conference."""
        values = {
            "slug": facts.slug,
            "zone": facts.zone,
            "starts_on": facts.starts_on.isoformat(),
            "ends_on": facts.ends_on.isoformat(),
            "languages": ", ".join(facts.languages),
            "themes": "\n".join(facts.themes),
            "organiser_name": facts.organiser_name,
            "organiser_url": facts.organiser_url,
            "contact_email": facts.contact_email,
            "early_entry_minutes": str(facts.early_entry_minutes),
            "is_listed": "yes" if facts.is_listed else "",
        }
        for name in LOCAL:
            for code, text in getattr(facts, name).items():
                values[f"{name}_{code}"] = text
        for number, partner in enumerate(facts.partners):
            values[f"partner_name_{number}"] = partner.get("name", "")
            values[f"partner_url_{number}"] = partner.get("url", "")
            values[f"partner_role_{number}"] = partner.get("role", "partner")
        return cls(values=values, languages=facts.languages)

    @classmethod
    def from_post(cls, values: Mapping[str, str], before: ConferenceFacts | None = None) -> ConferenceForm:
        """Read what was typed. ``before`` are the facts of an existing conference, whose form is the whole one.

        Texts in a language that is no longer the conference's are kept, so that it may come back.
        """
        typed = Typed(values)
        languages, unknown = parse_languages(typed.raw("languages"))
        if unknown:
            typed.errors["languages"] = _(
                "%(word)s is no language code. Write codes such as en, fr or pt-BR."
            ) % {"word": f"“{unknown[0][:20]}”"}
        elif not languages:
            typed.errors["languages"] = _("Please name at least one language, such as en.")
        elif len(languages) > MOST_LANGUAGES:
            typed.errors["languages"] = _("That is more than %(most)s languages.") % {"most": MOST_LANGUAGES}
        languages = languages[:MOST_LANGUAGES] or (before.languages if before else ("en",))
        if before is None:
            _carry_over(typed.values, languages[0])
        form = cls(values=dict(typed.values), languages=languages, errors=typed.errors)
        form.facts = form._facts(typed, before)
        if typed.errors:
            form.facts = None
        return form

    def _suggested(self, typed: Typed, name: LocalText, starts_on: date | None) -> str:
        """An address made from the name, since the field was left empty; shown in it when the form comes back.

        Without a name or a date nothing is made yet: they are asked for first, and the field is no fault.
        """
        if not name or starts_on is None:
            return ""
        made = suggested_slug(texts.pick(name, self.languages[0]), starts_on.year)
        if not made:
            typed.errors["slug"] = _("Please choose an address: none can be made from this name.")
        self.values["slug"] = made
        return made

    def _facts(self, typed: Typed, before: ConferenceFacts | None) -> ConferenceFacts | None:
        languages = self.languages

        def local(name: str, most: int, *, required: bool = False, lines: bool = False) -> LocalText:
            kept = {c: t for c, t in getattr(before, name).items() if c not in languages} if before else {}
            return kept | typed.local_text(name, languages, required=required, most=most, lines=lines)

        name = local("name", 200, required=True)
        starts_on, ends_on = typed.day("starts_on"), typed.day("ends_on")
        for field_name, day in (("starts_on", starts_on), ("ends_on", ends_on)):
            if day and not 1970 <= day.year <= 2200:
                typed.errors[field_name] = _("Please give a date, such as 2026-06-25.")
        if starts_on and ends_on and ends_on < starts_on:
            typed.errors["ends_on"] = _("The last day comes before the first.")
        elif starts_on and ends_on and (ends_on - starts_on).days >= MOST_DAYS:
            typed.errors["ends_on"] = _("A conference lasts at most %(most)s days.") % {"most": MOST_DAYS}
        zone = typed.zone("zone")
        if before is None and not typed.raw("slug"):
            slug = self._suggested(typed, name, starts_on)
        else:
            slug = typed.slug("slug")
        facts: dict[str, Any] = {
            "tagline": local("tagline", 300),
            "audience": local("audience", 5_000, lines=True),
            "organiser_name": typed.line("organiser_name", required=True),
            "organiser_url": typed.url("organiser_url", most=500),
            "contact_email": typed.email("contact_email"),
        }
        if before is not None:
            facts |= {
                "description": local("description", 20_000, lines=True),
                "privacy": local("privacy", 20_000, lines=True),
                "themes": _themes(typed),
                "partners": _partners(typed),
                "early_entry_minutes": typed.whole_number(
                    "early_entry_minutes", required=True, least=0, most=240
                ),
                "is_listed": typed.ticked("is_listed"),
            }
        if typed.errors or starts_on is None or ends_on is None:
            return None
        return ConferenceFacts(
            slug=slug,
            name=name,
            zone=zone,
            starts_on=starts_on,
            ends_on=ends_on,
            languages=languages,
            **facts,
        )


def _carry_over(values: dict[str, str], first: str) -> None:
    """Texts typed while the form stood in another language move to the first of those now chosen."""
    for name in LOCAL:
        if f"{name}_{first}" not in values:
            typed = [text for key, text in values.items() if key.startswith(f"{name}_") and text]
            if typed:
                values[f"{name}_{first}"] = typed[0]


def _themes(typed: Typed) -> tuple[str, ...]:
    lines = [texts.clean_line(line) for line in typed.text("themes", most=4000).split("\n")]
    themes = tuple(dict.fromkeys(line for line in lines if line))
    if len(themes) > 40 or any(len(theme) > 120 for theme in themes):
        typed.errors["themes"] = _("At most 40 themes, each of at most 120 characters.")
    return themes


def _partners(typed: Typed) -> tuple[dict[str, str], ...]:
    partners = []
    for number in range(MOST_PARTNERS):
        name = typed.line(f"partner_name_{number}")
        url = typed.raw(f"partner_url_{number}")
        if url and not is_web_address(url):
            typed.errors[f"partner_url_{number}"] = _("Please give a web address that begins with https://.")
        elif len(url) > 500:
            typed.errors[f"partner_url_{number}"] = _("This is too long: at most %(most)s characters.") % {
                "most": 500
            }
        elif url and not name:
            typed.errors[f"partner_name_{number}"] = _("Please give this partner’s name.")
        elif name:
            role = typed.raw(f"partner_role_{number}")
            partners.append(
                {"name": name, "url": url, "role": role if role in PARTNER_ROLES else PARTNER_ROLES[0]}
            )
    return tuple(partners)


def field_labels() -> dict[str, str]:
    """What each fact is called, in the language in force: labels of fields and rows of comparisons."""
    return {
        "name": _("Name"),
        "slug": _("Address"),
        "starts_on": _("First day"),
        "ends_on": _("Last day"),
        "zone": _("Time zone"),
        "languages": _("Languages"),
        "tagline": _("Tagline"),
        "description": _("Description"),
        "audience": _("Who it is for"),
        "themes": _("Themes"),
        "organiser_name": _("Organiser"),
        "organiser_url": _("Organiser’s web page"),
        "contact_email": _("Contact address"),
        "partners": _("Partners"),
        "privacy": _("Privacy notice"),
        "early_entry_minutes": _("Doors open"),
        "is_listed": _("Listed on the front page"),
    }


def shown_facts(facts: ConferenceFacts) -> dict[str, str]:
    """Each fact in words, under the names of ``field_labels``."""
    language = i18n.current_language()
    shown: dict[str, str] = {}
    for fact in fields(facts):
        value = getattr(facts, fact.name)
        if isinstance(value, bool):
            shown[fact.name] = _("yes") if value else _("no")
        elif isinstance(value, Mapping):
            shown[fact.name] = "\n".join(f"[{code}] {text}" for code, text in sorted(value.items()))
        elif fact.name == "partners":
            shown[fact.name] = "\n".join(" ".join(filter(None, (p.get("name"), p.get("url")))) for p in value)
        elif isinstance(value, tuple):
            shown[fact.name] = ", ".join(value)
        elif fact.name in ("starts_on", "ends_on"):
            shown[fact.name] = dates.long_day(value, language)
        else:
            shown[fact.name] = str(value)
    return shown


@dataclass(frozen=True)
class Difference:
    """One fact that two versions tell differently."""

    label: str
    mine: str
    theirs: str


def differences(mine: ConferenceFacts, theirs: ConferenceFacts) -> Sequence[Difference]:
    """Where the two versions differ, in words."""
    labels, my_facts, their_facts = field_labels(), shown_facts(mine), shown_facts(theirs)
    return [
        Difference(labels[name], my_facts[name], their_facts[name])
        for name in labels
        if my_facts[name] != their_facts[name]
    ]
