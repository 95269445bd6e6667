"""Files that answer questions: sent with the form, kept for its next try, handed to whom they concern, and swept."""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from conference import clock, codes, db, texts
from conference.conferences import touch_public
from conference.storage import Storage, open_storage
from conference.tables import Role
from conference.throttle import TooManyTries
from registration.asking import answer_files
from registration.asking.answer_files import KEPT, NoRoomForFiles, kept_files, reserve, sweep
from registration.asking.file_limits import FileLimits
from registration.asking.form_files import KeptFile
from registration.asking.questions import QuestionFacts, add_question, facts_of
from registration.asking.tables import Answer, AnswerFile, Question, QuestionKind
from registration.asking.writing_answers import FileGone, write_answers
from registration.entries.own_link import CONFIRM_WITHIN
from registration.tables import Registration
from tests.makers import NOW, make_member
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, NEW_YORK_SPEAKER
from tests.registration.cast import REGISTERED, Scene, make_scene
from tests.registration.test_pages import GOOD, only_registration, sign_in
from tests.shared import data_path

LETTER = b"%PDF-1.7\n" + b"Dear organisers,\n" * 100
ANYTHING = FileLimits(kinds=("pdf", "picture", "document", "sheet", "slides", "text"))
HOUR = timedelta(hours=1)


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene()


async def ask_for_file(scene: Scene, *, label: texts.LocalText | None = None, **facts: Any) -> str:
    """A question that a file answers; the field of the form."""
    values = {"is_required": True, "file": ANYTHING, **facts}
    asked = QuestionFacts(QuestionKind.FILE, label or {"en": "A letter of your library"}, {}, **values)
    question = await add_question(await scene.fresh(), asked, actor="test", now=NOW)
    await scene.fresh()
    return f"q_{question.code}"


def chosen(field: str, content: bytes = LETTER, name: str = "letter.pdf") -> dict[str, Any]:
    return {"files": {field: (name, content, "application/octet-stream")}}


def kept_reference(page: str, field: str) -> str:
    found = re.search(rf'name="{field}_kept" value="([^"]+)"', page)
    assert found, page
    return found[1]


def stored(data_dir: Path) -> list[bytes]:
    return [path.read_bytes() for path in (data_dir / "files").rglob("*") if path.is_file()]


async def the_answer() -> Answer:
    (answer,) = await Answer.objects()
    return answer


# --- asked for at the desk -------------------------------------------------------------------------------------------


async def test_an_organiser_asks_for_a_file_of_certain_kinds_and_size(scene: Scene, browser: Browser) -> None:
    await sign_in_as(browser, scene.organiser)
    new = "/organise/libraries/questions/new"
    assert 'name="file_kind_pdf" value="yes" checked' in (await browser.get(new)).text
    form = {"kind": "file", "label_en": "A letter", "file_megabytes": "21"}
    answer = await browser.post_form(new, form)
    assert answer.status_code == 422
    assert "from 1 to 20" in answer.text
    assert "Please tick at least one kind of file." in answer.text
    form |= {"file_megabytes": "2", "file_kind_picture": "yes", "file_kind_text": "yes"}
    assert (await browser.post_form(new, form)).status_code == 303
    question = await Question.objects().first()
    assert question is not None
    assert json.loads(question.limits) == {"most_bytes": 2_000_000, "kinds": ["picture", "text"]}
    assert facts_of(question).file == FileLimits(2_000_000, ("picture", "text"))
    page = (await browser.get(f"/organise/libraries/questions/{question.code}")).text
    assert 'name="file_kind_text" value="yes" checked' in page
    assert 'name="file_kind_pdf" value="yes" checked' not in page
    page = (await browser.get("/libraries/register")).text
    assert "Picture (JPEG, PNG, WebP) or plain text. At most 2 MB." in page
    assert 'accept=".jpg,.jpeg,.png,.webp,.txt,.md"' in page


# --- sent with the form ----------------------------------------------------------------------------------------------


async def test_a_file_sent_with_the_form_is_an_answer(scene: Scene, browser: Browser, data_dir: Path) -> None:
    field = await ask_for_file(scene)
    page = (await browser.get("/libraries/register")).text
    assert 'enctype="multipart/form-data"' in page
    assert "At most 5 MB." in page
    answer = await browser.post_form("/libraries/register", GOOD, **chosen(field, name="Métro “1”.pdf"))
    assert answer.status_code == 303
    row = await the_answer()
    assert (row.value, row.file_name, row.file_type, row.file_size) == (
        "Métro “1”.pdf",
        "Métro “1”.pdf",
        "application/pdf",
        len(LETTER),
    )
    assert row.file_key.startswith("answers/")
    assert stored(data_dir) == [LETTER]
    await sweep(open_storage("", data_dir), REGISTERED + 3 * HOUR)
    assert stored(data_dir) == [LETTER]


async def test_a_form_without_file_questions_is_sent_as_ever(scene: Scene, browser: Browser) -> None:
    assert "multipart" not in (await browser.get("/libraries/register")).text
    assert (await browser.post_form("/libraries/register", GOOD)).status_code == 303
    without = await browser.post("/libraries/register", data=GOOD)
    assert without.status_code == 403


async def test_a_needed_file_is_asked_for(scene: Scene, browser: Browser) -> None:
    field = await ask_for_file(scene)
    answer = await browser.post_form("/libraries/register", GOOD)
    assert answer.status_code == 422
    assert f'id="{field}-error">Please choose a file.' in answer.text


async def test_a_failed_form_keeps_the_file_for_the_next_try(
    scene: Scene, browser: Browser, data_dir: Path
) -> None:
    field = await ask_for_file(scene)
    answer = await browser.post_form("/libraries/register", {**GOOD, "email": "anjali@"}, **chosen(field))
    assert answer.status_code == 422
    assert "Kept for you: letter.pdf (1.7 kB)" in text_of(answer.text)
    reference = kept_reference(answer.text, field)
    # A second slip still keeps it, and no octet is sent again.
    answer = await browser.post_form("/libraries/register", {**GOOD, "name": "", f"{field}_kept": reference})
    assert "Kept for you: letter.pdf (1.7 kB)" in text_of(answer.text)
    answer = await browser.post_form("/libraries/register", {**GOOD, f"{field}_kept": reference})
    assert answer.status_code == 303
    assert (await the_answer()).file_name == "letter.pdf"
    assert len(stored(data_dir)) == 1


async def test_choosing_zones_without_script_loses_no_file(scene: Scene, browser: Browser) -> None:
    field = await ask_for_file(scene)
    answer = await browser.post_form("/libraries/register", {**GOOD, "show_zones": "yes"}, **chosen(field))
    assert answer.status_code == 200
    assert kept_reference(answer.text, field)


async def test_a_kept_file_is_replaced_or_taken_away(scene: Scene, browser: Browser) -> None:
    field = await ask_for_file(scene)
    bad = {**GOOD, "email": "anjali@"}
    first = await browser.post_form("/libraries/register", bad, **chosen(field))
    kept = {f"{field}_kept": kept_reference(first.text, field)}
    second = await browser.post_form("/libraries/register", {**bad, **kept}, **chosen(field, name="new.pdf"))
    assert "Kept for you: new.pdf" in text_of(second.text)
    taken = await browser.post_form("/libraries/register", {**GOOD, **kept, f"{field}_remove": "yes"})
    assert taken.status_code == 422
    assert "Please choose a file." in taken.text
    assert "Kept for you" not in taken.text
    # What is wrong with the new one takes nothing from the one kept.
    third = await browser.post_form(
        "/libraries/register", {**GOOD, **kept}, **chosen(field, b"MZ" + bytes(9), "x.pdf")
    )
    assert third.status_code == 422
    assert "Kept for you: letter.pdf" in text_of(third.text)
    assert "holds a program" in third.text


async def test_a_reference_serves_only_its_own_question_conference_and_hour(
    scene: Scene, browser: Browser
) -> None:
    field = await ask_for_file(scene)
    other = await ask_for_file(scene, is_required=False)
    answer = await browser.post_form("/libraries/register", {**GOOD, "name": ""}, **chosen(field))
    reference = kept_reference(answer.text, field)
    row = await AnswerFile.objects().first()
    assert row is not None
    wrong = [f"{row.code}.{'x' * 22}", row.code, "", f"{reference}x", "é.ü", reference.replace(".", "..")]
    for one in wrong:
        refused = await browser.post_form("/libraries/register", {**GOOD, f"{field}_kept": one})
        assert refused.status_code == 422, one
    elsewhere = {**GOOD, f"{field}_kept": reference, f"{other}_kept": reference}
    refused = await browser.post_form("/libraries/register", elsewhere)
    assert refused.status_code == 422
    assert f'id="{other}-error">The file you sent is not here any more.' in refused.text
    with clock.fixed_at(REGISTERED + KEPT + timedelta(seconds=1)):
        late = await browser.post_form("/libraries/register", {**GOOD, f"{field}_kept": reference})
        assert late.status_code == 422
        assert "is not here any more" in late.text
    assert await Registration.count() == 0
    assert await kept_files(await scene.fresh(), {1: (field[2:], reference)}, REGISTERED) != {}


async def test_one_kept_file_answers_for_one_person_only(scene: Scene, browser: Browser) -> None:
    field = await ask_for_file(scene)
    answer = await browser.post_form("/libraries/register", {**GOOD, "name": ""}, **chosen(field))
    kept = {f"{field}_kept": kept_reference(answer.text, field)}
    assert (await browser.post_form("/libraries/register", {**GOOD, **kept})).status_code == 303
    # The button pressed twice is once.
    assert (await browser.post_form("/libraries/register", {**GOOD, **kept})).status_code == 303
    second = await browser.post_form("/libraries/register", {**GOOD, "email": "w@example.org", **kept})
    assert second.status_code == 422
    assert "is not here any more" in second.text
    assert "Kept for you" not in second.text
    assert await Registration.count() == 1
    assert await Answer.count() == 1


async def test_a_file_of_a_question_that_is_not_asked_is_left_out(scene: Scene, browser: Browser) -> None:
    from registration.asking.conditions import Condition

    yes_no = await add_question(
        await scene.fresh(), QuestionFacts(QuestionKind.YES_NO, {"en": "Visa?"}, {}), actor="test", now=NOW
    )
    field = await ask_for_file(scene, show_if=Condition(yes_no.code, ("yes",)))
    no = {**GOOD, f"q_{yes_no.code}": "no"}
    assert (await browser.post_form("/libraries/register", no, **chosen(field))).status_code == 303
    assert [row.file_name for row in await Answer.objects()] == [""]
    yes = {**no, f"q_{yes_no.code}": "yes", "email": "w@example.org"}
    assert (await browser.post_form("/libraries/register", yes)).status_code == 422


# --- what is refused -------------------------------------------------------------------------------------------------


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", bytes(300_000_000))
    return out.getvalue()


HOSTILE: list[tuple[str, str | bytes]] = [
    ("photo.jpg", b"<!doctype html><script>alert(1)</script>"),
    ("photo.svg", "adversarial/images/ssrf_iframe.svg"),
    ("photo.png", "adversarial/images/ssrf_svg_image.svg"),
    ("photo.jpg", "adversarial/images/imagetragik1_payload_url_portscan.jpg"),
    ("photo.png", "adversarial/images/smallest-invalid.png"),
    ("letter.docx", "adversarial/archives/zip-slip.zip"),
    ("letter.docx", "adversarial/archives/zipbomb-nested.zip"),
    ("letter.zip", "adversarial/archives/corkami-zip.zip"),
    ("letter.tar", "adversarial/archives/zip-slip-win.tar"),
    ("letter.docx", bomb()),
    ("letter.pdf", b"%PDF-1.7\n<script>alert(1)</script>"),
    ("letter.exe", b"MZ" + bytes(100)),
    ("letter.txt", b"#!/bin/sh\nrm -rf /"),
    ("letter", LETTER),
    ("letter.pdf", b""),
    ("talk.mp4", b"\0\0\0\x18ftypmp42" + bytes(100)),
]


async def test_hostile_files_are_refused_with_a_word_and_leave_nothing(
    scene: Scene, browser: Browser, data_dir: Path
) -> None:
    field = await ask_for_file(scene)
    for name, content in HOSTILE:
        octets = data_path(content).read_bytes() if isinstance(content, str) else content
        answer = await browser.post_form("/libraries/register", GOOD, **chosen(field, octets, name))
        assert answer.status_code == 422, (name, octets[:20])
        told = re.search(rf'id="{field}-error">([^<]+)<', answer.text)
        assert told is not None, (name, octets[:20])
        assert len(told[1]) > 15, told[1]
    assert await Registration.count() == 0
    await sweep(open_storage("", data_dir), REGISTERED + 2 * HOUR)
    assert stored(data_dir) == []


async def test_of_a_strange_picture_at_most_its_pixels_are_kept(
    scene: Scene, browser: Browser, data_dir: Path
) -> None:
    field = await ask_for_file(scene)
    for name in (
        "KenSilverman.png",
        "imagemagick_CVE-2022-44268_convert_etc_passwd.png",
        "restart.jpg",
        "rgb24x8.jpg",
    ):
        octets = data_path(f"adversarial/images/{name}").read_bytes()
        bad = {**GOOD, "email": ""}
        answer = await browser.post_form("/libraries/register", bad, **chosen(field, octets, name))
        assert ("Kept for you" in answer.text) != (f'id="{field}-error"' in answer.text), name
        if "Kept for you" not in answer.text:  # taken away again, when the sweep comes
            await sweep(open_storage("", data_dir), REGISTERED)
        assert octets not in stored(data_dir)
    assert len(stored(data_dir)) >= 2
    assert not [one for one in stored(data_dir) if b"passwd" in one]


async def test_names_that_would_mislead_are_made_plain(scene: Scene, browser: Browser) -> None:
    field = await ask_for_file(scene)
    name = '../../etc/"a\r\nb\u202efdp.exe\x00.pdf'
    assert (
        await browser.post_form("/libraries/register", GOOD, **chosen(field, name=name))
    ).status_code == 303
    kept = (await the_answer()).file_name
    assert not re.search(r'[\r\n\0"/\\\u202e]', kept)
    assert kept.endswith(".pdf")


async def test_a_picture_loses_what_the_camera_wrote_and_keeps_its_way_up(
    scene: Scene, browser: Browser, data_dir: Path
) -> None:
    field = await ask_for_file(scene)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "taken at home, 51.5074 N"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    Image.new("RGB", (60, 20), "teal").save(out, "JPEG", exif=exif)
    sent = out.getvalue() + bytes(2000) + b"<script>alert(1)</script>\xff\xd9"
    answer = await browser.post_form("/libraries/register", GOOD, **chosen(field, sent, "Me.JPEG"))
    assert answer.status_code == 303
    (kept,) = stored(data_dir)
    picture = Image.open(io.BytesIO(kept))
    assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (20, 60), {})
    assert b"script" not in kept
    assert b"taken" not in kept
    assert (await the_answer()).file_size == len(kept)


async def test_too_much_is_refused_beside_the_field(scene: Scene, browser: Browser) -> None:
    field = await ask_for_file(scene, file=FileLimits(1_000_000, ("pdf",)))
    answer = await browser.post_form("/libraries/register", GOOD, **chosen(field, LETTER + bytes(1_000_000)))
    assert answer.status_code == 422
    assert "This file is too large: at most 1 MB can be sent here." in answer.text
    assert 'value="PKV Vanitha Library"' in answer.text


# --- who gets it -----------------------------------------------------------------------------------------------------


async def registered_with_file(scene: Scene, browser: Browser, field: str) -> Registration:
    answer = await browser.post_form("/libraries/register", GOOD, **chosen(field, name="Über “uns”.pdf"))
    assert answer.status_code == 303
    registration = await only_registration()
    await sign_in(browser, scene, registration)
    return await only_registration()


async def test_the_person_has_it_back_as_something_to_save(scene: Scene, browser: Browser) -> None:
    field = await ask_for_file(scene)
    await registered_with_file(scene, browser, field)
    page = (await browser.get("/libraries/me/details")).text
    url = f"/libraries/me/details/files/{field[2:]}"
    assert f'href="{url}"' in page
    answer = await browser.get(url)
    assert answer.content == LETTER
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert "%C3%9Cber" in answer.headers["content-disposition"]
    assert (await browser.get("/libraries/me/details/files/nothing")).status_code == 404


async def test_nobody_else_gets_it(scene: Scene, browser: Browser) -> None:
    field = await ask_for_file(scene)
    registration = await registered_with_file(scene, browser, field)
    desk = f"/organise/libraries/registrations/{registration.code}/files/{field[2:]}"
    own = f"/libraries/me/details/files/{field[2:]}"
    assert (await browser.get(desk)).status_code == 303  # to sign in
    await browser.post_form("/libraries/me/sign-out")
    assert (await browser.get(own)).status_code == 303
    await sign_in(browser, scene, await scene.confirmed(AUCKLAND_ATTENDEE))
    assert (await browser.get(own)).status_code == 404  # theirs, and they sent none
    await sign_in_as(browser, await make_member(scene.conference, NEW_YORK_SPEAKER, Role.VIEWER))
    assert (await browser.get(desk)).status_code == 403
    page = await browser.get(f"/organise/libraries/registrations/{registration.code}")
    assert "Über “uns”.pdf" in page.text
    assert "/files/" not in page.text


async def test_the_team_has_it_at_the_desk_and_may_change_it(
    scene: Scene, browser: Browser, data_dir: Path
) -> None:
    field = await ask_for_file(scene)
    registration = await registered_with_file(scene, browser, field)
    await sign_in_as(browser, scene.organiser)
    here = f"/organise/libraries/registrations/{registration.code}"
    assert f'href="{here}/files/{field[2:]}"' in (await browser.get(here)).text
    assert (await browser.get(f"{here}/files/{field[2:]}")).content == LETTER
    form = {**GOOD, "revision": str(registration.revision)}
    answer = await browser.post_form(f"{here}/edit", form, **chosen(field, b"%PDF-1.7 new", "new.pdf"))
    assert answer.status_code == 303
    assert (await the_answer()).file_name == "new.pdf"
    await sweep(open_storage("", data_dir), REGISTERED)
    assert stored(data_dir) == [b"%PDF-1.7 new"]
    sheet = (await browser.get("/organise/libraries/registrations/export.csv?raw=yes")).text
    assert "new.pdf" in sheet


async def test_all_their_files_are_one_zip_with_a_folder_for_each(scene: Scene, browser: Browser) -> None:
    field = await ask_for_file(scene, label={"en": "Lettre d’appui"})
    await ask_for_file(scene, label={"en": "Nobody’s"}, is_required=False)
    home = "/organise/libraries/registrations"
    await browser.post_form(
        "/libraries/register", {**GOOD, "name": "अंजलि / Menon"}, **chosen(field, name="a.pdf")
    )
    other = {**GOOD, "name": "Wiremu Tāne", "email": "w@example.org"}
    await browser.post_form("/libraries/register", other, **chosen(field, b"%PDF-1.7 other", "a.pdf"))
    await sign_in_as(browser, scene.organiser)
    assert f'href="{home}/files.zip?q=Wiremu"' in (await browser.get(f"{home}?q=Wiremu")).text
    answer = await browser.get(f"{home}/files.zip")
    assert answer.headers["content-disposition"] == 'attachment; filename="libraries-files.zip"'
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = [re.sub(r" [a-z0-9]{12}/", "/", name) for name in archive.namelist()]
        assert names == ["अंजलि - Menon/Lettre d’appui - a.pdf", "Wiremu Tāne/Lettre d’appui - a.pdf"]
        assert archive.read(archive.namelist()[1]) == b"%PDF-1.7 other"
    some = await browser.get(f"{home}/files.zip?q=Wiremu")
    assert len(zipfile.ZipFile(io.BytesIO(some.content)).namelist()) == 1
    none = await browser.get(f"{home}/files.zip?q=nobody")
    assert none.status_code == 404
    assert "None of them has answered with a file." in none.text


# --- changed on the own page -----------------------------------------------------------------------------------------


async def test_details_saved_without_a_new_file_leave_it_and_a_new_one_takes_its_place(
    scene: Scene, browser: Browser, data_dir: Path
) -> None:
    field = await ask_for_file(scene)
    registration = await registered_with_file(scene, browser, field)
    storage = open_storage("", data_dir)
    before = await the_answer()
    form = {**GOOD, "name": "Anjali M.", "revision": str(registration.revision)}
    assert (await browser.post_form("/libraries/me/details", form)).status_code == 303
    assert (await the_answer()).file_key == before.file_key
    form["revision"] = str((await only_registration()).revision)
    changed = await browser.post_form("/libraries/me/details", form, **chosen(field, LETTER[:50], "new.pdf"))
    assert changed.status_code == 303
    assert (await the_answer()).file_name == "new.pdf"
    assert await sweep(storage, REGISTERED) == 1
    assert stored(data_dir) == [LETTER[:50]]


async def test_a_file_is_taken_away_unless_it_is_needed(
    scene: Scene, browser: Browser, data_dir: Path
) -> None:
    field = await ask_for_file(scene)
    registration = await registered_with_file(scene, browser, field)
    form = {**GOOD, "revision": str(registration.revision), f"{field}_remove": "yes"}
    refused = await browser.post_form("/libraries/me/details", form)
    assert refused.status_code == 422
    assert "The file is taken away when you save." in refused.text
    assert await Answer.count() == 1
    await Question.update({Question.is_required: False}).where(Question.code == field[2:])
    await touch_public(scene.conference.id)
    assert (await browser.post_form("/libraries/me/details", form)).status_code == 303
    assert await Answer.count() == 0
    assert await sweep(open_storage("", data_dir), REGISTERED) == 1
    assert stored(data_dir) == []


async def test_a_stale_form_keeps_the_new_file(scene: Scene, browser: Browser) -> None:
    field = await ask_for_file(scene)
    registration = await registered_with_file(scene, browser, field)
    form = {**GOOD, "revision": str(registration.revision - 1)}
    stale = await browser.post_form("/libraries/me/details", form, **chosen(field, name="new.pdf"))
    assert stale.status_code == 409
    kept = kept_reference(stale.text, field)
    form = {**GOOD, "revision": str(registration.revision), f"{field}_kept": kept}
    assert (await browser.post_form("/libraries/me/details", form)).status_code == 303
    assert (await the_answer()).file_name == "new.pdf"
    form["revision"] = str(registration.revision + 1)
    again = await browser.post_form("/libraries/me/details", form)
    assert again.status_code == 303, "sent once more it is the file that is there"


# --- abuse, and what is swept ----------------------------------------------------------------------------------------


async def test_one_network_sends_only_so_many_files(
    scene: Scene, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_files, "MOST_FROM_A_NETWORK", 2)
    field = await ask_for_file(scene)
    bad = {**GOOD, "name": ""}
    for _time in range(2):
        assert "Kept for you" in (await browser.post_form("/libraries/register", bad, **chosen(field))).text
    third = await browser.post_form("/libraries/register", bad, **chosen(field))
    assert third.status_code == 422
    assert "Too many tries" in third.text
    assert 'value="PKV Vanitha Library"' in third.text
    assert await AnswerFile.count() == 2
    headers = {"x-forwarded-for": "203.0.113.9"}
    elsewhere = await browser.post_form("/libraries/register", bad, headers=headers, **chosen(field))
    assert "Kept for you" in elsewhere.text


async def test_the_unconfirmed_fill_only_so_much(
    each_database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    monkeypatch.setattr(answer_files, "MOST_UNCONFIRMED", 12_000_000)
    for number in range(2):
        await reserve(scene.conference, 5_000_000, network=f"203.0.113.{number}", now=NOW)
    with pytest.raises(NoRoomForFiles):
        await reserve(scene.conference, 5_000_000, network="203.0.113.7", now=NOW)
    await reserve(scene.conference, 5_000_000, network="", now=NOW)  # the team is not counted
    assert await AnswerFile.count() == 3


async def test_the_network_is_counted_on_both_engines(
    each_database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    monkeypatch.setattr(answer_files, "MOST_FROM_A_NETWORK", 1)
    await reserve(scene.conference, 5_000_000, network="203.0.113.7", now=NOW)
    with pytest.raises(TooManyTries):
        await reserve(scene.conference, 5_000_000, network="203.0.113.7", now=NOW)


async def whole_file(scene: Scene, storage: Storage, now: datetime = REGISTERED) -> KeptFile:
    """A file in the store, ready to answer."""

    async def chunks() -> Any:
        yield LETTER

    key = await reserve(scene.conference, 5_000_000, network="", now=now)
    done = await storage.put_stream(chunks(), key)
    columns: dict[Any, Any] = {"is_whole": True, "size": done.size, "name": "letter.pdf"}
    await AnswerFile.update(columns).where(AnswerFile.key == key)
    return KeptFile("", key, "letter.pdf", "application/pdf", done.size)


async def a_question(scene: Scene) -> int:
    question = Question(
        conference=scene.conference.id,
        code=codes.new_code(),
        kind=QuestionKind.FILE,
        label=texts.encode({"en": "A letter"}),
    )
    await question.save()
    return int(question.id)


async def write(registration: Registration, question: int, file: KeptFile | None) -> None:
    async with db.locked(Registration, registration.id):
        value, files = (file.name, {question: file}) if file else ("", {})
        await write_answers(registration.id, {question: value}, {}, files, REGISTERED)


async def test_two_who_send_the_same_kept_file_at_once_cannot_both_have_it(
    each_database: db.Database, tmp_path: Path
) -> None:
    scene = await make_scene()
    question, storage = await a_question(scene), open_storage("", tmp_path)
    people = [await scene.confirmed(KOLKATA_ATTENDEE), await scene.confirmed(AUCKLAND_ATTENDEE)]
    file = await whole_file(scene, storage)
    outcomes = await asyncio.gather(*(write(one, question, file) for one in people), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["FileGone", "NoneType"]
    gone = next(outcome for outcome in outcomes if isinstance(outcome, FileGone))
    assert gone.questions == {question}
    assert await Answer.count() == 1


async def test_whoever_deletes_answers_need_not_think_of_the_store(
    each_database: db.Database, tmp_path: Path
) -> None:
    scene = await make_scene()
    question, storage = await a_question(scene), open_storage("", tmp_path)
    registration = await scene.confirmed()
    await write(registration, question, await whole_file(scene, storage))
    await whole_file(scene, storage)  # of a form that was never sent again
    assert await sweep(storage, REGISTERED + KEPT) == 0
    assert await sweep(storage, REGISTERED + KEPT + timedelta(minutes=10)) == 1
    assert len(stored(tmp_path)) == 1
    await Registration.delete().where(Registration.id == registration.id)
    assert await sweep(storage, REGISTERED + 2 * HOUR) == 1
    assert stored(tmp_path) == []
    assert await AnswerFile.count() == 0


async def test_a_deleted_conference_leaves_no_file_behind(each_database: db.Database, tmp_path: Path) -> None:
    scene = await make_scene()
    question, storage = await a_question(scene), open_storage("", tmp_path)
    await write(await scene.confirmed(), question, await whole_file(scene, storage))
    await type(scene.conference).delete().where(type(scene.conference).id == scene.conference.id)
    assert await Answer.count() == 0
    assert await sweep(storage, REGISTERED + 2 * HOUR) == 1
    assert stored(tmp_path) == []


async def test_files_of_people_who_can_confirm_no_more_are_swept(
    each_database: db.Database, tmp_path: Path
) -> None:
    scene = await make_scene()
    question, storage = await a_question(scene), open_storage("", tmp_path)
    late, there = await scene.register(KOLKATA_ATTENDEE), await scene.confirmed(AUCKLAND_ATTENDEE)
    for one in (late, there):
        await write(one, question, await whole_file(scene, storage))
    assert await sweep(storage, REGISTERED + CONFIRM_WITHIN - HOUR) == 0
    assert await sweep(storage, REGISTERED + CONFIRM_WITHIN + HOUR) == 1
    assert [row.registration for row in await Answer.objects()] == [there.id]


async def test_a_file_that_never_arrived_whole_is_swept_and_answers_nothing(
    each_database: db.Database, tmp_path: Path
) -> None:
    scene = await make_scene()
    question, storage = await a_question(scene), open_storage("", tmp_path)
    key = await reserve(
        scene.conference, 5_000_000, network="", now=REGISTERED
    )  # then the process was killed
    registration = await scene.confirmed()
    with pytest.raises(FileGone):
        await write(registration, question, KeptFile("", key, "letter.pdf", "application/pdf", 1))
    assert await Answer.count() == 0
    assert await sweep(storage, REGISTERED + 2 * HOUR) == 1
