"""Packs as bags: read back by unzip, Python's zipfile, bagit and sha512sum; opened as a page; found by players."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import bagit
import pytest

from conference.i18n import use_language
from conference.web import make_environment
from conference.zip_layout import ZipLayout
from sessions.packs.bags.bag import Bag, bag_members, folded, read_path, written_path
from sessions.packs.bags.bag_contents import BaggedPack, BagItem, Contents, bag_of, link_file, paths_of
from sessions.packs.bags.bag_names import Places, bag_name
from sessions.packs.bags.bag_page import page_maker
from sessions.packs.describing.resource_record import Host, Maker, PublishedSession, Related, ResourceRecord
from sessions.packs.queries import StoredFile

STORED = {
    "slides": b"%PDF-1.7 slides",
    "film": os.urandom(300_000),
    "vtt": b"WEBVTT\n",
    "text": "نصّ".encode(),
}
HOST = Host(
    id=1,
    slug="libraries",
    name={"en": "Working Internationally <2026>", "fr": "Travailler à l’international"},
    url="https://conf.example.org/libraries",
    zone="Europe/London",
    languages=("en", "fr", "ar"),
    organiser="CILIP",
)


def stored(key: str, filename: str, media_type: str) -> StoredFile:
    content = STORED[key]
    digest = hashlib.sha512(content).hexdigest()
    return StoredFile(key, filename, media_type, len(content), digest, zlib.crc32(content))


def record(code: str, kind: str, name: str, **more: object) -> ResourceRecord:
    known: dict[str, object] = {
        "id": len(code),
        "code": code,
        "url": f"https://conf.example.org/resources/{code}",
        "kind": kind,
        "state": "ready",
        "title": {"en": name},
        "host": HOST,
        "licence_code": "CC-BY-4.0",
    }
    return ResourceRecord(**{**known, **more})  # type: ignore[arg-type]


def beside(relation: str, code: str, kind: str, *languages: str) -> Related:
    return Related(relation, 0, code, kind, {"en": code}, languages, ())


SLIDES = record(
    "SLIDES",
    "slides",
    "Bridges <b>",
    title={"en": "Bridges <b>", "ar": "جسور"},
    description={"en": "Forty slides", "fr": "Quarante diapositives"},
    languages=("en", "ar"),
    makers=(
        Maker("Zoë Müller", "author", "0000-0002-1825-0097", "SPK1"),
        Maker("CILIP", is_organisation=True),
    ),
    rights_holder="CILIP",
    issued="2026-06-25",
    accessibility=("taggedPDF",),
    topics=({"en": "Reading", "fr": "Lecture"},),
    session=PublishedSession("SES1", {"en": "Opening"}),
    file=stored("slides", "Métadonnées.pdf", "application/pdf"),
)
FILM = record(
    "FILM",
    "recording",
    "Keynote",
    file=stored("film", "Keynote day 1.mp4", "video/mp4"),
    seconds=5400,
    related=(beside("with", "VTT", "captions", "fr"), beside("with", "TEXT", "transcript", "ar")),
)
CAPTIONS = record(
    "VTT",
    "captions",
    "Captions",
    languages=("fr",),
    file=stored("vtt", "captions_final.vtt", "text/vtt"),
    related=(beside("of", "FILM", "recording"),),
)
TRANSCRIPT = record(
    "TEXT",
    "transcript",
    "Transcript",
    languages=("ar",),
    file=stored("text", "نص.txt", "text/plain"),
    related=(beside("of", "FILM", "recording"),),
)
ELSEWHERE = record(
    "LINK", "recording", "Panel", link="https://video.example/watch?v=1&t=2", licence_code="InC"
)
PACK = BaggedPack(
    "PACK1",
    {"en": "Toolkit", "ar": "أدوات"},
    "https://conf.example.org/libraries/resources/PACK1",
    (
        BagItem(CAPTIONS),
        BagItem(SLIDES, {"en": "Read **this** first."}),
        BagItem(FILM),
        BagItem(TRANSCRIPT),
        BagItem(ELSEWHERE),
    ),
    note={"en": "What the day left behind."},
)
CONTENTS = Contents(
    HOST,
    PACK.title,
    PACK.url,
    (PACK,),
    datetime(2026, 11, 22, 23, 30, tzinfo=UTC),
    about=PACK.note,
    contact="team@example.org",
)
make_page = page_maker(make_environment())


async def read(key: str, start: int, end: int) -> AsyncIterator[bytes]:
    yield STORED[key][start:end]


async def whole(bag: Bag) -> bytes:
    return b"".join([piece async for piece in ZipLayout(bag_members(bag), bag.day).stream(read)])


async def unpacked(folder: Path, contents: Contents = CONTENTS) -> Path:
    with zipfile.ZipFile(io.BytesIO(await whole(bag_of(contents, make_page)))) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    (found,) = folder.iterdir()  # noqa: ASYNC240  # nothing else runs in this loop
    return found


async def test_libraries_find_a_valid_bag_with_everything_in_it(tmp_path: Path) -> None:
    folder = await unpacked(tmp_path)
    assert folder.name == "libraries-Toolkit"
    bag = bagit.Bag(str(folder))
    bag.validate()
    assert (folder / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    octets = sum(path.stat().st_size for path in (folder / "data").rglob("*") if path.is_file())
    info = {name: value for name, value in bag.info.items() if name != "Bag-Software-Agent"}
    assert info == {
        "Source-Organization": "CILIP",
        "Contact-Email": "team@example.org",
        "External-Description": "Toolkit. What the day left behind.",
        "External-Identifier": "https://conf.example.org/libraries/resources/PACK1",
        "Bag-Group-Identifier": "https://conf.example.org/libraries",
        "Internal-Sender-Identifier": "PACK1",
        "Internal-Sender-Description": "Working Internationally <2026>",
        "Language": ["fr", "en", "ar"],
        "Licence": [
            "https://creativecommons.org/licenses/by/4.0/",
            "http://rightsstatements.org/vocab/InC/1.0/",
        ],
        "Bagging-Date": "2026-11-22",
        "Bag-Size": bag.info["Bag-Size"],
        "Payload-Oxum": f"{octets}.18",
    }
    assert sorted(bag.payload_files()) == sorted(
        f"data/{path}"
        for path in (
            "index.html",
            "metadata.json",
            "licences.txt",
            *(f"citations/citations.{ending}" for ending in ("bib", "ris", "csl.json", "txt")),
            *(f"dublin-core/{code}.xml" for code in ("SLIDES", "FILM", "VTT", "TEXT", "LINK")),
            "files/02-Métadonnées.pdf",
            "files/03-Keynote day 1.mp4",
            "files/03-Keynote day 1.fr.vtt",
            "files/03-Keynote day 1-transcript-ar.txt",
            "files/05-Panel.html",
            "files/05-Panel.url",
        )
    )
    assert (folder / "data/files/03-Keynote day 1.mp4").read_bytes() == STORED["film"]
    assert not (folder / "fetch.txt").exists()


@pytest.mark.parametrize("tool", ["sha512sum", "unzip"])
async def test_plain_tools_agree(tmp_path: Path, tool: str) -> None:
    if not shutil.which(tool):
        pytest.skip(f"needs {tool}")
    (tmp_path / "pack.zip").write_bytes(await whole(bag_of(CONTENTS, make_page)))
    check = "cd libraries-Toolkit && sha512sum --strict -c manifest-sha512.txt tagmanifest-sha512.txt"
    for command in (["unzip", "-t", "pack.zip"], ["unzip", "-q", "pack.zip"], ["sh", "-c", check]):
        done = subprocess.run(  # noqa: ASYNC221  # nothing else runs in this loop
            command,
            cwd=tmp_path,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


async def test_a_damaged_payload_is_noticed(tmp_path: Path) -> None:
    folder = await unpacked(tmp_path)
    (folder / "data/files/02-Métadonnées.pdf").write_bytes(b"%PDF-1.7 slide5")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(folder)).validate()


async def test_the_bag_opens_offline_and_loads_nothing(tmp_path: Path) -> None:
    folder = await unpacked(tmp_path)
    page = (folder / "data/index.html").read_text("utf-8")
    assert "<h1" in page
    assert 'dir="auto">Bridges' not in page  # titles are links
    assert "Bridges &lt;b&gt;" in page
    assert "Read <strong>this</strong> first." in page
    assert "https://orcid.org/0000-0002-1825-0097" in page
    for loads in ("<script", "<img", "<link", "<iframe", "src=", "@import", "url("):
        assert loads not in page, loads
    local = [one for one in re.findall(r'href="([^"]+)"', page) if ":" not in one and not one.startswith("#")]
    assert len(local) > 8
    for one in local:
        assert (folder / "data" / unquote(one)).is_file(), one
    first = (folder / "index.html").read_text("utf-8")
    assert 'href="data/index.html"' in first


def test_the_page_is_in_the_readers_language_and_direction() -> None:
    with use_language("ar"):
        page = make_page(CONTENTS, paths_of(CONTENTS))
    assert '<html lang="ar" dir="rtl">' in page
    assert '<h1 dir="auto">أدوات</h1>' in page
    assert '<p lang="en" dir="auto">Forty slides</p>' in page


async def test_two_downloads_are_the_same() -> None:
    first, second = bag_of(CONTENTS, make_page), bag_of(replace(CONTENTS), make_page)
    assert await whole(first) == await whole(second)
    etags = {
        ZipLayout(bag_members(bag_of(changed, make_page))).etag
        for changed in (
            CONTENTS,
            replace(CONTENTS, title={"en": "Other"}),
            replace(CONTENTS, packs=(replace(PACK, items=PACK.items[1:]),)),
            replace(CONTENTS, packs=(replace(PACK, items=(*PACK.items[1:], PACK.items[0])),)),
        )
    }
    assert len(etags) == 4


async def test_an_empty_pack_is_a_valid_bag(tmp_path: Path) -> None:
    empty = replace(CONTENTS, packs=(replace(PACK, items=()),))
    bagit.Bag(str(await unpacked(tmp_path, empty))).validate()


async def test_metadata_tells_everything_in_all_languages(tmp_path: Path) -> None:
    folder = await unpacked(tmp_path)
    said = json.loads((folder / "data/metadata.json").read_text("utf-8"))
    (pack,) = said["packs"]
    assert pack["title"] == {"en": "Toolkit", "ar": "أدوات"}
    assert [(item["resource"], item["note"]) for item in pack["items"]][:2] == [
        ("VTT", {}),
        ("SLIDES", {"en": "Read **this** first."}),
    ]
    by_code = {one["code"]: one for one in said["resources"]}
    assert by_code["VTT"]["belongs_to"] == "FILM"
    assert by_code["LINK"]["link"] == "https://video.example/watch?v=1&t=2"
    slides = by_code["SLIDES"]
    assert slides["creators"] == [
        {"name": "Zoë Müller", "role": "author", "orcid": "0000-0002-1825-0097", "speaker": "SPK1"},
        {"name": "CILIP"},
    ]
    assert slides["path"] == "files/02-Métadonnées.pdf"
    assert (folder / "data" / slides["path"]).is_file()
    assert slides["file"]["sha512"] == hashlib.sha512(STORED["slides"]).hexdigest()


async def test_dublin_core_stands_beside_each_resource(tmp_path: Path) -> None:
    folder = await unpacked(tmp_path)
    root = ElementTree.parse(folder / "data/dublin-core/SLIDES.xml").getroot()
    found = [(element.tag.partition("}")[2], element.text) for element in root]
    assert root.tag == "{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"
    assert ("title", "جسور") in found
    assert ("creator", "Zoë Müller") in found
    assert ("rights", "https://creativecommons.org/licenses/by/4.0/") in found


def test_several_packs_have_a_folder_each_and_a_resource_lies_there_once() -> None:
    second = replace(PACK, code="PACK2", title={"en": "Everything / all"}, items=PACK.items[:2])
    contents = replace(CONTENTS, packs=(replace(PACK, items=PACK.items[1:3]), second))
    paths = paths_of(contents)
    assert paths == {
        "SLIDES": "files/01-Toolkit/01-Métadonnées.pdf",
        "FILM": "files/01-Toolkit/02-Keynote day 1.mp4",
        "VTT": "files/02-Everything-all/02-Keynote day 1.fr.vtt",
    }


def test_names_are_unpackable_everywhere_and_no_two_the_same() -> None:
    places = Places()
    wanted = [
        "slides.pdf",
        "SLIDES.pdf",
        "sli\u0301des.pdf",
        "slíDES.pdf",
        "../../etc/passwd",
        "CON.txt",
        "COM¹.txt",
        'a<b>:"|?*.txt',
        "100%0A.pdf",
        "-rf.txt",
        ".hidden",
        "~tmp",
        "x" * 300 + ".pdf",
        "日" * 300 + ".pdf",
        "قائمة\u202e.pdf",
        "trailing. . ",
        "ﬁle.pdf",
        "file.pdf",
        "",
    ]
    paths = [places.take("files", name) for name in wanted]
    assert paths == [
        "files/slides.pdf",
        "files/SLIDES-2.pdf",
        "files/slídes.pdf",
        "files/slíDES-2.pdf",
        "files/etc-passwd",
        "files/_CON.txt",
        "files/_COM¹.txt",
        "files/a_b______.txt",
        "files/100_0A.pdf",
        "files/rf.txt",
        "files/hidden",
        "files/tmp",
        "files/" + "x" * 76 + ".pdf",
        "files/" + "日" * 48 + ".pdf",
        "files/قائمة.pdf",
        "files/trailing",
        "files/ﬁle.pdf",
        "files/file-2.pdf",
        "files/file",
    ]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("conf", "Zoë’s day: 1/2"), "conf-Zoë’s-day-1-2"),
        (("", "日本の資料"), "日本の資料"),
        (("../..",), "pack"),
        (("x" * 200,), "x" * 60),
    ],
)
def test_a_title_becomes_a_folder_name(words: tuple[str, ...], name: str) -> None:
    assert bag_name(*words) == name


def test_long_values_go_on_in_indented_lines_and_none_begins_a_label_of_its_own() -> None:
    value = (
        "A toolkit for public libraries that work with partners abroad\r\nBag-Count: 9 of 9" + " word" * 20
    )
    lines = folded("External-Description", value).splitlines()
    assert lines[0].startswith("External-Description: A toolkit")
    assert all(len(line) <= 79 for line in lines)
    assert all(line.startswith("  ") for line in lines[1:])
    assert " ".join(line.strip() for line in lines).endswith("Bag-Count: 9 of 9" + " word" * 20)


@pytest.mark.parametrize(
    "path", ["data/a\nb.txt", "data/100%.txt", "data/%0A.txt", "data/ä b.txt", "data/\r%25"]
)
def test_manifests_write_line_ends_and_percent_signs_apart(path: str) -> None:
    assert "\n" not in written_path(path)
    assert read_path(written_path(path)) == path


def test_a_shortcut_says_one_thing_only() -> None:
    assert (
        link_file("https://x.example/ä\r\nIconFile=\\\\evil\\share")
        == b"[InternetShortcut]\r\nURL=https://x.example/%C3%A4%0D%0AIconFile=%5C%5Cevil%5Cshare\r\n"
    )
