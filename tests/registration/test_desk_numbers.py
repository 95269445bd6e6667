"""Charts, who is in which workshop, and sheets of registrations."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from conference import db
from conference.codes import new_code
from conference.db import count_queries
from conference.tables import Role
from registration.asking.tables import Answer, Question
from registration.desk import workshops
from registration.desk.charts import HEIGHT, WIDTH, columns, counted, spans
from registration.desk.filters import Filter
from registration.seating.tables import WaitlistEntry, WaitState
from tests.makers import make_member
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, NEW_YORK_SPEAKER, Person
from tests.registration.cast import REGISTERED, Scene, make_scene

DESK = "/organise/libraries/registrations"
FORMULA = Person("=HYPERLINK(1)", "formula@example.org", "Asia/Kolkata", "IN")


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene()


async def test_registrations_are_counted_by_day_and_country_on_both_engines(
    each_database: db.Database,
) -> None:
    scene = await make_scene(zone="Pacific/Auckland")
    await scene.confirmed(KOLKATA_ATTENDEE)
    late = REGISTERED.replace(hour=23, minute=59)  # the next day in Auckland
    await scene.confirmed(AUCKLAND_ATTENDEE, now=late)
    days, countries = await counted(scene.conference, Filter(), REGISTERED)
    assert sum(days.values()) == 2
    assert (late + timedelta(hours=12)).date() in days
    assert countries == {"IN": 1, "NZ": 1}
    assert (await counted(scene.conference, Filter(country="NZ"), REGISTERED))[1] == {"NZ": 1}


def test_days_without_anybody_are_shown_and_many_days_become_weeks() -> None:
    first = date(2026, 3, 4)
    few = spans({first: 2, first + timedelta(days=3): 1})
    assert [(span.first.day, span.number, span.so_far) for span in few] == [
        (4, 2, 2),
        (5, 0, 2),
        (6, 0, 2),
        (7, 1, 3),
    ]
    many = spans({first: 2, first + timedelta(days=100): 1})
    assert many[0].first == date(2026, 3, 2)  # a Monday
    assert {(span.last - span.first).days for span in many} == {6}
    assert many[-1].so_far == sum(span.number for span in many) == 3
    assert spans({}) == []


@given(st.lists(st.integers(0, 10_000), max_size=80))
def test_bars_stay_in_the_drawing(numbers: list[int]) -> None:
    bars = columns(numbers)
    assert len(bars) == len(numbers)
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH + 0.2 for bar in bars)
    assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT + 0.2 for bar in bars)


async def test_the_charts_say_in_a_table_what_they_draw(scene: Scene, browser: Browser) -> None:
    await sign_in_as(browser, scene.organiser)
    assert "Nobody to count" in (await browser.get(f"{DESK}/charts")).text
    await scene.confirmed(KOLKATA_ATTENDEE)
    await scene.confirmed(AUCKLAND_ATTENDEE)
    answer = await browser.get(f"{DESK}/charts")
    page = text_of(answer.text)
    assert "India 1 50" in page
    assert "New Zealand 1 50" in page
    assert "style=" not in answer.text
    only = text_of((await browser.get(f"{DESK}/charts?country=IN")).text)
    assert "India 1 100" in only
    assert "New Zealand 1" not in only


async def test_a_workshop_of_thousands_is_read_page_by_page(
    scene: Scene, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshops, "PAGE_SIZE", 2)
    for name in ("zoe", "Adam", "Mia"):
        person = Person(name, f"{name}@example.org", "Europe/Paris", "FR")
        await scene.confirmed(person, scene.bread_early)
    await sign_in_as(browser, scene.organiser)
    address = f"{DESK}/workshops/{scene.bread_early.code}"
    first, last = (await browser.get(address)).text, (await browser.get(f"{address}?page=7")).text
    assert text_of(first).index("Adam") < text_of(first).index("Mia")
    assert "zoe" not in text_of(first)
    assert f'rel="next" href="{address}?page=2"' in first
    assert "zoe" in text_of(last)
    assert "Mia" not in text_of(last)
    assert "Page 2 of 2" in text_of(last)


async def test_a_workshop_lists_who_sits_and_who_waits_in_order(scene: Scene, browser: Browser) -> None:
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    for name in ("Zoe", "Adam"):  # Zoe came first
        registration = await scene.confirmed(Person(name, f"{name}@example.org", "Europe/Paris", "FR"))
        await WaitlistEntry(
            conference=scene.conference.id,
            slot=scene.bread_early.id,
            registration=registration.id,
            code=new_code(12),
            state=WaitState.WAITING,
            joined_at=REGISTERED,
        ).save()
    await sign_in_as(browser, scene.organiser)
    page = text_of((await browser.get(f"{DESK}/workshops/{scene.bread_early.code}")).text)
    assert page.index("Anjali Menon") < page.index("1 Zoe") < page.index("2 Adam")
    assert (await browser.get(f"{DESK}/workshops/nothing")).status_code == 404
    waiting = text_of((await browser.get(f"{DESK}?waits={scene.bread_early.code}")).text)
    assert "2 registrations" in waiting


async def test_a_sheet_has_a_column_for_each_question_and_no_formula_runs(
    scene: Scene, browser: Browser
) -> None:
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    formula = await scene.register(FORMULA)
    question = Question(conference=scene.conference.id, code="why", label=json.dumps({"en": "Why?"}))
    await question.save()
    await Answer(registration=formula.id, question=question.id, value="@SUM(1)").save()
    await sign_in_as(browser, scene.organiser)

    answer = await browser.get(f"{DESK}/export.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["Anjali Menon", "'=HYPERLINK(1)"]
    assert rows[1]["Why?"] == "'@SUM(1)"
    assert rows[0]["seats"].startswith("Bread & “Butter” (")
    raw = (await browser.get(f"{DESK}/export.csv?raw=yes&status=pending")).content.decode()
    assert [row["name"] for row in csv.DictReader(io.StringIO(raw))] == ["=HYPERLINK(1)"]

    book = (await browser.get(f"{DESK}/export.xlsx")).content
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert [row[2] for row in sheet] == ["name", "Anjali Menon", "=HYPERLINK(1)"]
    assert len(sheet[0]) == len(rows[0])


async def test_only_those_who_care_for_registrations_take_sheets_away(scene: Scene, browser: Browser) -> None:
    await sign_in_as(browser, await make_member(scene.conference, NEW_YORK_SPEAKER, Role.VIEWER))
    for name in ("export.csv", "export.xlsx"):
        assert (await browser.get(f"{DESK}/{name}")).status_code == 403


@pytest.mark.parametrize(
    "path", ["/charts", "/workshops", "/export.csv", "?q=p&status=pending&since=2020-01-01"]
)
async def test_each_page_costs_the_same_queries_for_one_person_and_for_three(
    scene: Scene, browser: Browser, path: str
) -> None:
    await sign_in_as(browser, scene.organiser)
    costs = []
    for number in range(3):
        await scene.register(
            Person(f"P{number}", f"p{number}@example.org", "Asia/Kolkata", "IN"), scene.bread_late
        )
        await browser.get(DESK + path)
        with count_queries() as count:
            await browser.get(DESK + path)
        costs.append(count.total)
    assert len(set(costs)) == 1
