"""The desk's pages about sheets: sent, told, looked at, taken in and reported, without script; and who may."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from conference import clock, db
from conference.db import count_queries
from conference.tables import Role
from registration.asking.consents import add_purpose
from registration.asking.questions import QuestionFacts, add_question
from registration.asking.tables import Consent, QuestionKind
from registration.importing.running import work_on_sheets
from registration.importing.tables import RegistrationImport
from registration.tables import Registration
from tests.makers import NOW, make_conference, make_member
from tests.pages import Browser, sign_in_as, text_of
from tests.people import NEW_YORK_SPEAKER
from tests.registration.cast import Scene, as_sent, mails, make_scene
from tests.registration.lines import rule
from tests.shared import data_path

HOME = "/organise/libraries/registrations/import"
SHEET = (
    "Full name,Mail,Land,Workshop\n"
    "Ada King,ada@example.org,India,Maps\n"
    "=cmd|' /C calc'!A0,not an address,India,\n"
    "Bob,bob@example.org,USA,\n"
)


@pytest.fixture
async def scene(database: db.Database, browser: Browser) -> Scene:
    scene = await make_scene()
    await sign_in_as(browser, scene.organiser)
    return scene


async def send(browser: Browser, content: bytes | str, name: str = "people.csv") -> str:
    """Send the sheet; the address of its page."""
    octets = content.encode() if isinstance(content, str) else content
    answer = await browser.post_form(HOME, files={"file": (name, octets, "text/csv")})
    assert answer.status_code == 303, text_of(answer.text)[-400:]
    return str(answer.headers["location"])


def form_of(page: str) -> dict[str, str]:
    """What the page's form would send: what is guessed."""
    main = page.split('<main id="main"')[1]
    found: dict[str, str] = {}
    for name, inner in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', main, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        found[name] = chosen[1] if chosen else ""
    found |= dict(re.findall(r'type="radio"[^>]* name="(\w+)" value="(\w+)" checked', main))
    return found


async def look(browser: Browser, content: bytes | str, **said: str) -> str:
    """Send the sheet and have it looked at as guessed; the address of its page."""
    there = await send(browser, content)
    form = form_of((await browser.get(there)).text)
    answer = await browser.post_form(there, {**form, **said})
    assert answer.status_code == 303, text_of(answer.text)[-600:]
    return there


async def work() -> None:
    while await work_on_sheets(clock.now()):
        pass


async def test_a_sheet_is_told_looked_at_and_taken_in(scene: Scene, browser: Browser) -> None:
    there = await send(browser, SHEET)
    page = (await browser.get(there)).text
    assert form_of(page) == {
        "column_0": "name",
        "column_1": "email",
        "column_2": "country",
        "column_3": "seats",
        "country": "",
        "mail": "welcome",
    }
    assert "Ada King" in page
    await browser.post_form(there, form_of(page))
    page = (await browser.get(there)).text
    assert await Registration.count() == 0
    assert "Register 2 people" in page
    assert "“not an address” is no e-mail address that mail can be sent to." in page
    remarks = (await browser.get(f"{there}?show=remarks")).text
    assert "No time zone is given, and United States has several: that of New York is taken." in remarks
    answer = await browser.post_form(f"{there}/do", {"do": "start"})
    assert answer.headers["location"] == there
    going = (await browser.get(there)).text
    assert "0 of 2" in text_of(going)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in going
    await work()
    done = (await browser.get(f"{there}?show=added")).text
    assert "The sheet is taken in" in done
    registration = await Registration.objects().where(Registration.email == "ada@example.org").first()
    assert registration is not None
    assert f"/organise/libraries/registrations/{registration.code}" in done
    assert "Done" in text_of((await browser.get(HOME)).text)


async def test_the_refused_rows_come_back_as_a_sheet_to_mend(scene: Scene, browser: Browser) -> None:
    there = await look(browser, SHEET)
    answer = await browser.get(f"{there}/refused.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="libraries-refused.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["line", "reason", "Full name", "Mail", "Land", "Workshop"]
    assert rows[1][0] == "3"
    assert "is no e-mail address" in rows[1][1]
    assert rows[1][2] == "'=cmd|' /C calc'!A0"  # no spreadsheet runs it
    mended = answer.content.replace(b"not an address", b"carl@example.org")
    again = await look(browser, mended)
    assert "Register one person" in (await browser.get(again)).text
    second = (await browser.get(f"{again}/refused.csv")).content.decode("utf-8-sig")
    assert second.splitlines()[0] == "line,reason,Full name,Mail,Land,Workshop"


async def test_what_is_wrong_with_a_sheet_or_its_columns_is_said(scene: Scene, browser: Browser) -> None:
    nothing = await browser.post_form(HOME)
    assert nothing.status_code == 422
    assert "Choose a file." in nothing.text
    for content in (b"", b"PK\x03\x04nonsense", b"Name,E-mail\n"):
        refused = await browser.post_form(HOME, files={"file": ("a.csv", content, "text/csv")})
        assert refused.status_code == 422
    bomb = data_path("adversarial/archives/zipbomb-nested.zip").read_bytes()
    refused = await browser.post_form(HOME, files={"file": ("a.xlsx", bomb, "text/csv")})
    assert refused.status_code == 422
    assert await RegistrationImport.count() == 0
    there = await send(browser, SHEET)
    form = form_of((await browser.get(there)).text)
    for change, told in (
        ({"column_1": ""}, "Please say which column holds the e-mail addresses."),
        ({"column_0": ""}, "Please say which column holds the names."),
        ({"column_2": "email"}, "Another column is this already."),
        ({"column_2": "question:nothing"}, "Please choose one of the options."),
        ({"country": "XX"}, "Please choose a country."),
        ({"mail": "shout"}, "Please choose one of the options."),
    ):
        answer = await browser.post_form(there, {**form, **change})
        assert answer.status_code == 422, change
        assert told in answer.text, change
    assert "What are the columns?" in (await browser.get(there)).text


async def test_a_large_sheet_is_looked_at_by_the_job_with_its_progress(
    scene: Scene, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registration.importing.looking.BATCH", 2)
    there = await look(browser, SHEET + "Carl,carl@example.org,India,\nDora,dora@example.org,India,\n")
    page = text_of((await browser.get(there)).text)
    assert "The rows are being looked at" in page
    assert "2 of 5" in page
    await work()
    assert "Register 4 people" in (await browser.get(there)).text


async def test_going_back_stopping_and_forgetting(scene: Scene, browser: Browser) -> None:
    there = await look(browser, SHEET)
    await browser.post_form(f"{there}/do", {"do": "columns"})
    page = (await browser.get(there)).text
    assert form_of(page)["column_3"] == "seats", "what was said is kept"
    await browser.post_form(there, {**form_of(page), "mail": "none"})
    await browser.post_form(f"{there}/do", {"do": "start"})
    busy = await browser.post_form(f"{there}/do", {"do": "forget"})
    assert "Stop that first." in (await browser.get(busy.headers["location"])).text
    await browser.post_form(f"{there}/do", {"do": "stop"})
    stopped = (await browser.get(there)).text
    assert "The import is stopped" in stopped
    assert "Go on" in stopped
    late = await browser.post_form(there, form_of(page))
    assert (
        "A colleague has gone on with this sheet meanwhile."
        in (await browser.get(late.headers["location"])).text
    )
    gone = await browser.post_form(f"{there}/do", {"do": "forget"})
    assert gone.headers["location"] == HOME
    assert (await browser.get(there)).status_code == 404
    assert await RegistrationImport.count() == 0


async def test_what_is_exported_can_be_taken_in_again_elsewhere(scene: Scene, browser: Browser) -> None:
    await add_question(
        await scene.fresh(),
        QuestionFacts(QuestionKind.SEVERAL, {"en": "Breads"}, {}, ({"en": "Rye"}, {"en": "Wheat"})),
        actor="t",
        now=NOW,
    )
    await add_purpose(await scene.fresh(), "updates", {"en": "Write to me."}, actor="t", now=NOW)
    await scene.fresh()
    there = await look(
        browser,
        "Name,E-mail,Country,Breads,Seats,Organisation\n"
        '"=HYPERLINK(""http://evil.example"")",ada@example.org,India,Rye; Wheat,Maps,+44 Library\n',
    )
    await browser.post_form(f"{there}/do", {"do": "start"})
    await work()
    for kind in ("csv", "csv?raw=yes", "xlsx"):
        exported = (await browser.get(f"/organise/libraries/registrations/export.{kind}")).content
        # The same people are found again …
        again = await look(browser, exported)
        assert "Registered already" in (await browser.get(again)).text
        # … and where nobody is, they become what they were.
        await Registration.delete(force=True)
        copy = await look(browser, exported)
        assert "Register one person" in (await browser.get(copy)).text, kind
        await browser.post_form(f"{copy}/do", {"do": "start"})
        await work()
        back = (await browser.get("/organise/libraries/registrations/export.csv?raw=yes")).text
        (row,) = csv.DictReader(io.StringIO(back))
        assert row["name"] == '=HYPERLINK("http://evil.example")', kind
        assert row["organisation"] == "+44 Library", kind
        assert (row["country"], row["zone"]) == ("IN", "Asia/Kolkata")
        assert row["Breads"] == "Rye\nWheat", kind
        assert row["seats"].startswith("Maps ("), kind
        assert row["consent: updates"] == ""
    assert await Consent.count() == 0


async def test_every_payload_of_the_corpus_is_a_name_and_never_a_formula(
    scene: Scene, browser: Browser
) -> None:
    payloads = [
        line
        for line in data_path("adversarial/csv-injection/payloadbox.txt").read_text().splitlines()
        if line.strip()
    ]
    out = io.StringIO()
    csv.writer(out).writerows(
        [
            ["Name", "E-mail", "Country"],
            *([text, f"p{n}@example.org", "India"] for n, text in enumerate(payloads)),
        ]
    )
    there = await look(browser, out.getvalue())
    await browser.post_form(f"{there}/do", {"do": "start"})
    await work()
    kept = [row.name for row in await Registration.objects().order_by(Registration.id)]
    assert kept == [" ".join(text.split()) for text in payloads]
    sheet = (await browser.get("/organise/libraries/registrations/export.csv")).content.decode("utf-8-sig")
    for row in csv.DictReader(io.StringIO(sheet)):
        assert not re.match(r"\s*[=+\-@]", row["name"])
    again = await look(browser, sheet)
    assert "Nobody would be added" in (await browser.get(again)).text


async def test_how_many_places_are_left_is_said_before(scene: Scene, browser: Browser) -> None:
    await rule(scene, capacity=1)
    there = await look(browser, SHEET)
    assert "1 place is left at the conference" in text_of((await browser.get(there)).text)


async def test_the_mail_says_who_registered_them_and_how_to_withdraw(scene: Scene, browser: Browser) -> None:
    there = await look(browser, SHEET)
    await browser.post_form(f"{there}/do", {"do": "start"})
    await work()
    mail = next(one for one in await mails("registration-imported") if one.recipient == "ada@example.org")
    message = as_sent(mail)
    part = message.get_body(("plain",))
    assert part is not None
    words = " ".join(str(part.get_content()).split())
    assert message["Subject"] == "You are registered for Working Internationally"
    assert "The organisers of Working Internationally have registered you." in words
    assert "Times in our mails are those of Kolkata." in words
    assert "Withdraw by the same link" in words
    assert "You have consented to nothing by this." in words
    assert "gave us your name and address" in words


async def test_a_list_of_rows_costs_the_same_queries_however_long(scene: Scene, browser: Browser) -> None:
    short = await look(browser, SHEET)
    long = await look(
        browser,
        SHEET + "".join(f"Person {n},person{n}@example.org,India,\n" for n in range(90)),
    )
    counts = []
    for there in (short, long):
        with count_queries() as count:
            assert (await browser.get(f"{there}?show=to-add")).status_code == 200
        counts.append(count.total)
    assert counts[0] == counts[1]


async def test_a_sheet_is_for_the_team_of_its_conference(scene: Scene, browser: Browser) -> None:
    there = await look(browser, SHEET)
    other = await make_conference("elsewhere", owner=scene.organiser)
    code = there.rpartition("/")[2]
    assert (await browser.get(f"/organise/{other.slug}/registrations/import/{code}")).status_code == 404
    await sign_in_as(browser, await make_member(scene.conference, NEW_YORK_SPEAKER, Role.VIEWER))
    for path in (HOME, there, f"{there}/refused.csv"):
        assert (await browser.get(path)).status_code == 403
    answer = await browser.post_form(f"{there}/do", {"do": "start"})
    assert answer.status_code == 403


async def test_pages_of_numbers_that_are_none_are_the_first(scene: Scene, browser: Browser) -> None:
    there = await look(browser, SHEET)
    strange: list[dict[str, Any]] = [{"show": "nothing"}, {"page": "999999"}, {"page": "-1"}, {"show": "\0"}]
    for query in strange:
        assert (await browser.get(there, params=query)).status_code == 200
    unknown = await browser.post_form(f"{there}/do", {"do": "dance"})
    assert unknown.headers["location"] == there
