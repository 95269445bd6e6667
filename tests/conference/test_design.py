"""The design's promises that a machine can check: contrast, size, no inline style or script, pages that render."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from conference.assets import asset_folder
from conference.web import make_environment

CSS = asset_folder("static") / "css"
TEXT = ("ink", "soft", "accent", "accent-strong", "bad", "warn")
GROUNDS = ("paper", "leaf", "sheet")
PAIRS = [
    *((text, ground) for text in TEXT for ground in GROUNDS),
    ("ink", "wash"),
    ("soft", "wash"),
    ("accent-strong", "wash"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("paper", "bad"),
    ("bad", "bad-wash"),
    ("warn", "warn-wash"),
    ("ink", "bad-wash"),
    ("ink", "warn-wash"),
    ("night-text", "night-wash"),
]


def palettes() -> dict[str, dict[str, str]]:
    """The colours of both schemes as the stylesheet defines them; dark inherits what it does not change."""
    css = (CSS / "meridian.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", block)) for block in blocks[:2])
    return {"light": light, "dark": light | dark}


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_what_it_lies_on(scheme: str, text: str, ground: str) -> None:
    colours = palettes()[scheme]
    one, other = sorted((luminance(colours[text]), luminance(colours[ground])))
    assert (other + 0.05) / (one + 0.05) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_edges_of_fields_can_be_seen(scheme: str) -> None:
    colours = palettes()[scheme]
    for ground in GROUNDS:
        one, other = sorted((luminance(colours["edge-line"]), luminance(colours[ground])))
        assert (other + 0.05) / (one + 0.05) >= 3


def test_a_public_page_loads_less_than_thirty_kilobytes_of_style() -> None:
    assert sum((CSS / name).stat().st_size for name in ("meridian.css", "strip.css")) < 30_000


def test_every_colour_that_is_used_is_defined() -> None:
    sheets = "".join((CSS / name).read_text() for name in ("meridian.css", "organise.css"))
    assert set(re.findall(r"var\(--([a-z-]+)\)", sheets)) <= set(re.findall(r"--([a-z-]+):", sheets))


def test_no_template_carries_inline_style_or_script() -> None:
    pages = [path for path in asset_folder("templates").rglob("*.html") if "mail" not in path.parts]
    assert pages
    for path in pages:
        html = path.read_text()
        assert not re.search(
            r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*(?:\bsrc=|application/ld\+json))", html
        ), path


def context(**more: Any) -> dict[str, Any]:
    viewer = SimpleNamespace(
        zone="Asia/Kolkata", zone_label="Kolkata, IST, UTC+5:30", organiser=None, path="/wi/programme"
    )
    return {"language": "en", "direction": "ltr", "viewer": viewer, "flashes": [], **more}


CONFERENCE = SimpleNamespace(
    slug="wi", name="Cats & <Libraries>", zone="Europe/London", zone_label="London, BST, UTC+1"
)


def test_an_error_page_offers_a_way_on_and_shows_both_versions_of_a_stale_edit() -> None:
    template = make_environment().get_template("error.html")
    plain = template.render(
        context(title="Not found", message="There is nothing at this address.", stale=None)
    )
    assert "<h1>Not found</h1>" in plain
    assert '<a class="button" href="/">All conferences</a>' in plain
    stale = {"mine": {"title": "A <b>", "room": "1"}, "theirs": {"title": "B", "room": "1"}}
    both = template.render(context(title="No", message="Changed.", stale=stale, conference=CONFERENCE))
    assert '<th scope="row">title</th><td dir="auto">A &lt;b&gt;</td><td dir="auto">B</td>' in both
    assert '<th scope="row">room' not in both
    assert "<bdi>Cats &amp; &lt;Libraries&gt;</bdi>" in both


def test_the_zone_bar_names_both_clocks_and_changes_without_script() -> None:
    page = (
        make_environment()
        .get_template("error.html")
        .render(context(title="T", message="M", conference=CONFERENCE))
    )
    assert "<b>Times in Kolkata, IST, UTC+5:30.</b>" in page
    assert "Conference time: London, BST, UTC+1." in page
    assert '<form method="get" action="/wi/programme">' in page
    assert '<option value="Asia/Kolkata" selected>' in page
    assert '<a href="/wi/programme" aria-current="page">Programme</a>' in page


def test_a_field_with_an_error_points_to_it() -> None:
    environment = make_environment()
    form = environment.from_string(
        '{% from "components/forms.html" import field, error_summary %}'
        '{{ field("E-mail", "email", value, errors, "email", "We write here.", true) }}'
        '{{ error_summary(errors, {"email": "E-mail"}) }}'
    )
    html = form.render(value='"><script>', errors={"email": "No domain."})
    assert 'value="&#34;&gt;&lt;script&gt;"' in html
    assert 'aria-describedby="email-hint email-error" aria-invalid="true"' in html
    assert '<p class="error" id="email-error">No domain.</p>' in html
    assert '<a href="#f-email">E-mail: No domain.</a>' in html
    assert "One thing needs your attention" in html
    assert "aria-invalid" not in form.render(value="", errors={})


@pytest.mark.parametrize("conference", [None, CONFERENCE])
def test_the_desk_has_its_side_list_only_inside_a_conference(conference: SimpleNamespace | None) -> None:
    environment = make_environment()
    environment.globals["csrf_token"] = lambda: "token"
    page = environment.from_string(
        '{% extends "organise.html" %}{% block main %}<h1>Rooms</h1>{% endblock %}'
    )
    viewer = SimpleNamespace(
        zone="UTC", zone_label="UTC", path="/organise/", organiser=SimpleNamespace(label="Berta")
    )
    more: dict[str, Any] = {"conference": conference} if conference else {}
    html = page.render(context(**more) | {"viewer": viewer, "section": "rooms"})
    assert html.count("<h1>Rooms</h1>") == 1
    assert ('<a href="/organise/wi/rooms" aria-current="page">Rooms</a>' in html) == bool(conference)
    assert 'value="token"' in html
