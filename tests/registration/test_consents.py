"""Consents: the exact words and language that were read, never ticked beforehand, taken back as easily as given."""

from __future__ import annotations

import re

import pytest

from conference.db import Database
from conference.errors import StaleEdit
from registration.asking.consents import add_purpose, change_purpose
from registration.asking.tables import Consent, ConsentPurpose
from registration.tables import Registration
from tests.makers import NOW
from tests.pages import Browser, sign_in_as, text_of
from tests.people import KOLKATA_ATTENDEE
from tests.registration.cast import Scene, make_scene
from tests.registration.test_pages import GOOD, sign_in

ASK = "/organise/libraries/questions/purposes/updates"
WORDS = {"en": "You may write to me.", "fr": "Vous pouvez m’écrire."}
REGISTER = "/libraries/register"


@pytest.fixture
async def scene(database: Database) -> Scene:
    scene = await make_scene(languages=("fr", "en"))
    await add_purpose(scene.conference, "updates", WORDS, actor="test", now=NOW)
    return scene


async def reword(scene: Scene, text: str, revision: int = 1) -> None:
    """An organiser changes the words."""
    words = {"en": text, "fr": f"{text} (fr)"}
    await change_purpose(
        scene.conference,
        "updates",
        words,
        is_active=True,
        revision=revision,
        actor=scene.organiser,
        now=NOW,
    )


def box_of(page: str) -> tuple[str, str]:
    """The mark of the words beside the box, and the box."""
    mark = re.search(r'name="words_updates" value="(\w+)"', page)
    box = re.search(r'<input type="checkbox"[^>]*name="consent_updates"[^>]*>', page)
    assert mark
    assert box
    return mark[1], box[0]


@pytest.mark.parametrize(
    ("reader", "language", "words"),
    [("en", "en", WORDS["en"]), ("fr", "fr", WORDS["fr"]), ("ar", "fr", WORDS["fr"])],
)
async def test_the_words_recorded_are_those_beside_the_box(
    scene: Scene, browser: Browser, reader: str, language: str, words: str
) -> None:
    page = (await browser.get(f"{REGISTER}?lang={reader}")).text
    mark, box = box_of(page)
    assert "checked" not in box
    assert f'lang="{language}" dir="auto">{words}</label>' in page
    form = {**GOOD, "language": "en", "consent_updates": "yes", "words_updates": mark}
    assert (await browser.post_form(REGISTER, form)).status_code == 303
    (consent,) = await Consent.objects()
    assert (consent.wording, consent.language) == (words, language)


async def test_words_changed_while_somebody_read_them_are_read_again(scene: Scene, browser: Browser) -> None:
    mark, _box = box_of((await browser.get(f"{REGISTER}?lang=en")).text)
    await reword(scene, "You may write to me every day.")
    form = {**GOOD, "language": "en", "consent_updates": "yes", "words_updates": mark}

    answer = await browser.post_form(REGISTER, form)

    assert answer.status_code == 422
    assert "changed meanwhile" in answer.text
    new_mark, box = box_of(answer.text)
    assert "checked" not in box
    assert "every day" in answer.text
    assert await Registration.count() == 0
    assert (await browser.post_form(REGISTER, {**form, "words_updates": new_mark})).status_code == 303
    (consent,) = await Consent.objects()
    assert consent.wording == "You may write to me every day."


async def test_zones_shown_in_between_keep_a_tick_only_beside_the_same_words(
    scene: Scene, browser: Browser
) -> None:
    mark, _box = box_of((await browser.get(f"{REGISTER}?lang=en")).text)
    form = {**GOOD, "show_zones": "1", "consent_updates": "yes", "words_updates": mark}
    assert "checked" in box_of((await browser.post_form(REGISTER, form)).text)[1]
    await reword(scene, "Something else.")
    assert "checked" not in box_of((await browser.post_form(REGISTER, form)).text)[1]


async def test_consents_given_keep_their_words_and_the_own_page_tells_both(
    scene: Scene, browser: Browser
) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    await sign_in(browser, scene, registration)
    page = (await browser.get("/libraries/me?lang=en")).text
    mark = re.search(r'name="words" value="(\w+)"', page)
    assert mark
    form = {"purpose": "updates", "given": "yes", "words": mark[1]}
    await reword(scene, "More than before.")
    await browser.post_form("/libraries/me/consents", form)
    assert await Consent.count() == 0
    page = (await browser.get("/libraries/me?lang=en")).text
    assert "These words were changed meanwhile" in text_of(page)
    mark = re.search(r'name="words" value="(\w+)"', page)
    assert mark
    await browser.post_form("/libraries/me/consents", {**form, "words": mark[1]})
    await reword(scene, "Even more.", revision=2)
    (consent,) = await Consent.select(Consent.wording, Consent.withdrawn_at)
    assert consent == {"wording": "More than before.", "withdrawn_at": None}
    assert "More than before." in (await browser.get("/libraries/me?lang=fr")).text


async def test_of_two_organisers_who_change_the_words_the_second_sees_the_first(
    scene: Scene, browser: Browser
) -> None:
    await sign_in_as(browser, scene.organiser)
    page = (await browser.get(f"{ASK}?lang=en")).text
    assert 'name="revision" value="1"' in page
    mine = {"wording_en": "Mine.", "wording_fr": "Le mien.", "is_active": "yes", "revision": "1"}
    assert (await browser.post_form(ASK, {**mine, "wording_en": "Theirs."})).status_code == 303

    stale = await browser.post_form(ASK, mine)

    assert stale.status_code == 409
    assert "Saved meanwhile" in stale.text
    assert "Theirs." in stale.text
    assert "Mine." in stale.text
    assert 'name="revision" value="2"' in stale.text
    assert (await browser.post_form(ASK, {**mine, "revision": "2"})).status_code == 303
    (purpose,) = await ConsentPurpose.objects()
    assert (purpose.revision, "Mine." in purpose.wording) == (3, True)


async def test_an_old_revision_changes_nothing(each_database: Database) -> None:
    scene = await make_scene()
    await add_purpose(scene.conference, "updates", WORDS, actor="test", now=NOW)
    await reword(scene, "Once.")
    with pytest.raises(StaleEdit):
        await reword(scene, "Twice.")
    (purpose,) = await ConsentPurpose.objects()
    assert "Once." in purpose.wording
