"""Kinds of question and conditions, through the desk and the form."""

from __future__ import annotations

import json

import pytest

from conference import db
from registration.asking.tables import Answer, Question
from tests.pages import Browser, sign_in_as, text_of
from tests.registration.cast import Scene, make_scene

ASK = "/organise/libraries/questions"
FORM = "/libraries/register"
PERSON = {"name": "Anjali", "email": "anjali@example.org", "country": "IN", "zone": "Asia/Kolkata"}


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene()


async def ask(browser: Browser, **fields: str) -> str:
    answer = await browser.post_form(f"{ASK}/new", {"kind": "text", **fields})
    assert answer.status_code == 303, text_of(answer.text)
    row = await Question.objects().order_by(Question.id, ascending=False).first()
    assert row is not None
    return row.code


async def test_a_form_with_conditions_from_the_desk_to_the_answers(scene: Scene, browser: Browser) -> None:
    await sign_in_as(browser, scene.organiser)
    comes = await ask(browser, kind="yes-no", label_en="Do you bake?")
    breads = await ask(
        browser,
        kind="several",
        label_en="Which breads?",
        choices_en="Rye\nWheat",
        is_required="yes",
        show_question=comes,
        **{f"show_is_{comes}_0": "yes"},
    )
    loaves = await ask(
        browser,
        kind="number",
        label_en="How many loaves?",
        least="1",
        most="9",
        show_question=breads,
        **{f"show_is_{breads}_0": "Rye"},
    )
    edit = (await browser.get(f"{ASK}/{loaves}")).text
    assert f'name="show_is_{breads}_0" value="Rye" checked' in " ".join(edit.split())

    page = await browser.get(FORM)
    assert "Only if your answer to “Do you bake?” is: Yes." in page.text
    assert 'type="number" value="" min="1" max="9"' in page.text

    refused = await browser.post_form(FORM, {**PERSON, f"q_{comes}": "yes"})
    assert refused.status_code == 422
    assert "Which breads?: Please choose at least one answer." in text_of(refused.text)
    refused = await browser.post_form(
        FORM, {**PERSON, f"q_{comes}": "yes", f"q_{breads}_0": "Rye", f"q_{loaves}": "99"}
    )
    assert refused.status_code == 422
    assert 'value="99"' in refused.text
    assert 'value="Rye" checked' in refused.text

    done = await browser.post_form(
        FORM, {**PERSON, f"q_{comes}": "yes", f"q_{breads}_1": "Wheat", f"q_{loaves}": "99", "q_gone": "x"}
    )
    assert done.status_code == 303
    kept = {row["value"]: json.loads(row["asked"]) for row in await Answer.select(Answer.value, Answer.asked)}
    assert set(kept) == {"yes", '["Wheat"]'}
    assert kept['["Wheat"]'] == {
        "label": {"en": "Which breads?"},
        "choices": [{"en": "Rye"}, {"en": "Wheat"}],
    }


async def test_conditions_that_cannot_hold_are_refused_with_a_word(scene: Scene, browser: Browser) -> None:
    await sign_in_as(browser, scene.organiser)
    first = await ask(browser, kind="choice", label_en="First", choices_en="A\nB")
    hang = {"show_question": first, f"show_is_{first}_0": "B"}
    second = await ask(browser, kind="yes-no", label_en="Second", **hang)

    new = {"kind": "text", "label_en": "Third", "show_question": first}
    answer = await browser.post_form(f"{ASK}/new", new)
    assert answer.status_code == 422
    assert "Please tick at least one answer" in answer.text
    answer = await browser.post_form(f"{ASK}/new", {**new, f"show_is_{first}_0": "Z"})
    assert answer.status_code == 422
    assert "is not there any more" in answer.text

    as_it_is = {"kind": "choice", "label_en": "First", "is_active": "yes", "revision": "1"}
    circle = {"show_question": second, f"show_is_{second}_0": "yes"}
    for change, words in [
        ({**as_it_is, "choices_en": "A\nB", **circle}, "in a circle"),
        ({**as_it_is, "choices_en": "A\nC"}, "“Second” is asked only after certain answers to this"),
        ({**as_it_is, "choices_en": "A\nB", "is_active": ""}, "“Second” is asked only after"),
    ]:
        answer = await browser.post_form(f"{ASK}/{first}", change)
        assert answer.status_code == 422
        assert words in answer.text
    answer = await browser.post_form(f"{ASK}/{first}", {**as_it_is, "choices_en": "A\nB\nC"})
    assert answer.status_code == 303
