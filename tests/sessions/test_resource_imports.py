"""Resources that come back in a bag, or from elsewhere with a sheet: the same as they went, or refused before anything is written."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from conference import i18n, texts
from conference.filetypes import FILE_TYPES
from conference.storage import Storage, StorageFull, open_storage
from conference.tables import AuditEntry, Conference
from conference.uploads import ReceivedFile
from conference.viewer import SignedInOrganiser
from sessions.packs import resource_packs, resources
from sessions.packs.bags import bag_metadata
from sessions.packs.bags.bag_zip import laid_out
from sessions.packs.bags.bagging import everything
from sessions.packs.describing.records import records_of
from sessions.packs.importing import kept, taking_in
from sessions.packs.importing.reasons import words
from sessions.packs.importing.tables import ArchiveState, ImportedResource, ItemOutcome, ResourceImport
from sessions.packs.relations import write_relations
from sessions.packs.resource_facts import Creator, FileDetails, PackFacts, ResourceFacts
from sessions.packs.tables import PackItem, Resource, ResourceKind, ResourcePack, StoredContent, Topic
from tests.makers import NOW, make_conference, make_organiser, make_session, make_speaker
from tests.sessions.pack_desk import PDF
from tests.sessions.test_resources import upload
from tests.shared import data_path

MOST = 50_000_000
VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage("", tmp_path / "kept")


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def send(
    conference: Conference, content: bytes, storage: Storage, actor: SignedInOrganiser, name: str = "bag.zip"
) -> ResourceImport:
    """The archive, sent and looked through."""
    stored = await storage.put_stream(chunks(content), await kept.new_key("file"))
    received = ReceivedFile("file", name, "", FILE_TYPES["zip"], stored)
    code = await kept.keep(conference, received, storage=storage, actor=actor, now=NOW)
    assert await taking_in.work_on_archives(storage, MOST, NOW) == 1
    return await kept.import_by_code(conference.id, code)


async def take_in(archive: ResourceImport, storage: Storage, actor: SignedInOrganiser) -> ResourceImport:
    """The archive, taken in as far as it goes."""
    await kept.start(archive, actor=actor, now=NOW)
    while await taking_in.work_on_archives(storage, MOST, NOW):
        pass
    return await kept.import_by_code(archive.conference, archive.code)


async def outcomes(archive: ResourceImport) -> list[tuple[str, list[str]]]:
    rows = await kept.rows_of(archive.id, most=1000)
    return [(row.outcome, [words(reason) for reason in json.loads(row.reasons)]) for row in rows]


def zipped(files: dict[str, bytes], **options: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def bagged(payload: dict[str, bytes], **tags: bytes) -> dict[str, bytes]:
    """A bag as other programs make it."""
    manifest = "".join(f"{hashlib.sha256(one).hexdigest()}  data/{name}\n" for name, one in payload.items())
    files = {
        "bagit.txt": b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": b"External-Description: A bag\n  from elsewhere\n",
        "manifest-sha256.txt": manifest.encode(),
        **{f"data/{name}": content for name, content in payload.items()},
    }
    files |= {name.replace("__", "-").replace("_txt", ".txt"): content for name, content in tags.items()}
    return {f"bag/{name}": content for name, content in files.items()}


async def bag_of_everything(conference: Conference, storage: Storage) -> bytes:
    contents = await everything(conference, base_url="https://conf.example.org")
    _name, layout = laid_out(contents)
    return b"".join([chunk async for chunk in layout.stream(storage.stream)])


async def make_source(storage: Storage, actor: SignedInOrganiser) -> Conference:
    """A conference that leaves something of every sort behind."""
    source = await make_conference("first", owner=actor, languages=("en", "fr", "ar"))
    speaker = await make_speaker(source, "Ruth Okafor", orcid="0000-0002-1825-0097")
    await Topic(
        conference=source.id, code="TOPIC1", name=texts.encode({"en": "Reading", "fr": "Lecture"})
    ).save()
    pack = await resource_packs.create_pack(
        source,
        PackFacts(title={"en": "Toolkit", "ar": "أدوات"}, note={"en": "Take **it**"}),
        actor=actor,
        now=NOW,
    )
    facts = ResourceFacts(
        kind=ResourceKind.SLIDES,
        title={"en": "Bridges", "ar": "جسور"},
        description={"en": "Forty slides", "fr": "Quarante diapositives"},
        languages=("en", "ar"),
        creators=(
            Creator("Ruth Okafor", "presenter", "0000-0002-1825-0097", speaker.code),
            Creator("Zoë Müller", "editor"),
        ),
        licence="CC-BY-SA-4.0",
        rights_holder="CILIP",
        issued="2026-06",
        accessibility=("taggedPDF",),
        topics=("TOPIC1",),
    )
    film = replace(
        facts, kind=ResourceKind.RECORDING, title={"en": "Elsewhere"}, url="https://video.example/1"
    )
    form = await upload(storage, "a.txt", "قائمة.txt", "b.vtt")
    first, second, captions = await resources.add_files(
        source, pack.code, OPEN, form, storage=storage, actor=actor, now=NOW
    )
    await resources.change_resource(source, pack.code, first.code, facts, revision=1, actor=actor, now=NOW)
    link = await resources.add_link(source, pack.code, film, actor=actor, now=NOW)
    await write_relations(
        source, captions.id, ResourceFacts(ResourceKind.CAPTIONS, {"en": "b"}, belongs_to=link.code)
    )
    await resources.move_resource(source, pack.code, link.code, "up", actor=actor, now=NOW)
    await PackItem.update({PackItem.note: texts.encode({"en": "Read this", "fr": "À lire"})}).where(
        PackItem.resource == second.id
    )
    chapters = json.dumps([{"at": 0, "title": "Start"}, {"at": 90, "title": "Middle"}])
    await Resource.update({Resource.chapters: chapters}).where(Resource.id == link.id)
    other = await resource_packs.create_pack(source, PackFacts(title={"en": "Second"}), actor=actor, now=NOW)
    await PackItem(pack=other.id, resource=captions.id, position=0).save()
    await PackItem(pack=other.id, resource=first.id, position=1).save()
    return source


OPEN = FileDetails(licence="CC-BY-4.0", languages=("fr",))


async def told(conference: Conference) -> list[Any]:
    """Everything that is said of the conference's packs and resources, but for what is made anew: codes, addresses, dates."""
    packs = (
        await ResourcePack.objects()
        .where(ResourcePack.conference == conference.id)
        .order_by(ResourcePack.position, ResourcePack.id)
    )
    said: list[Any] = []
    for pack in packs:
        items = (
            await PackItem.objects().where(PackItem.pack == pack.id).order_by(PackItem.position, PackItem.id)
        )
        records = await records_of([item.resource for item in items], base_url="https://conf.example.org")
        said.append(
            (
                texts.decode(pack.title),
                texts.decode(pack.note),
                pack.access,
                [
                    (
                        texts.decode(item.note),
                        record.kind,
                        record.title,
                        record.description,
                        record.languages,
                        [(maker.name, maker.role, maker.orcid) for maker in record.makers],
                        record.licence_code,
                        record.rights_holder,
                        record.issued,
                        record.accessibility,
                        record.topics,
                        record.chapters,
                        record.link,
                        record.file and (record.file.filename, record.file.media_type, record.file.sha512),
                        [(one.relation, one.title) for one in record.related],
                    )
                    for item in items
                    for record in [records[item.resource]]
                ],
            )
        )
    return said


async def test_a_bag_comes_back_as_it_went(each_database: object, storage: Storage) -> None:
    actor = await make_organiser()
    source = await make_source(storage, actor)
    content = await bag_of_everything(source, storage)
    target = await make_conference("second", owner=actor, languages=("en", "fr", "ar"))
    await make_speaker(target, "Ruth Okafor")
    archive = await send(target, content, storage, actor)
    assert (archive.state, archive.kind) == (ArchiveState.LOOKED, "bag"), archive.refusal
    assert await Resource.count().where(Resource.conference == target.id) == 0
    assert await ResourcePack.count().where(ResourcePack.conference == target.id) == 0
    assert {outcome for outcome, _reasons in await outcomes(archive)} == {ItemOutcome.TO_ADD}
    done = await take_in(archive, storage, actor)
    assert done.state == ArchiveState.DONE
    assert {outcome for outcome, _reasons in await outcomes(done)} == {ItemOutcome.ADDED}
    assert await told(target) == await told(source)
    assert len(await told(target)) == 2
    # The same files lie in the store once.
    assert await StoredContent.count() == 3
    states = await ResourcePack.select(ResourcePack.state).where(ResourcePack.conference == target.id)
    assert {row["state"] for row in states} == {"collecting"}
    actions = [row["action"] for row in await AuditEntry.select(AuditEntry.action)]
    assert actions.count("resources-imported") == 1


async def test_a_bag_taken_in_twice_adds_nothing(database: object, storage: Storage) -> None:
    actor = await make_organiser()
    source = await make_source(storage, actor)
    content = await bag_of_everything(source, storage)
    archive = await send(source, content, storage, actor)
    assert {outcome for outcome, _reasons in await outcomes(archive)} == {ItemOutcome.KNOWN}
    assert {reason for _outcome, reasons in await outcomes(archive) for reason in reasons} == {
        "It is here already."
    }
    before = await Resource.count()
    await take_in(archive, storage, actor)
    assert await Resource.count() == before


async def test_killed_at_any_point_each_resource_comes_once(
    each_database: object, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    actor = await make_organiser()
    source = await make_source(storage, actor)
    content = await bag_of_everything(source, storage)
    target = await make_conference("second", owner=actor, languages=("en", "fr", "ar"))
    archive = await send(target, content, storage, actor)
    await kept.start(archive, actor=actor, now=NOW)
    places = ("_settle", "_add", "_put_together", "_finish")
    for place in places:
        right = getattr(taking_in, place)

        async def killed(*given: Any, right: Callable[..., Any] = right, **named: Any) -> None:
            await right(*given, **named)
            raise Killed

        monkeypatch.setattr(taking_in, place, killed)
        with pytest.raises(Killed):
            while await taking_in.work_on_archives(storage, MOST, NOW):
                pass
        monkeypatch.setattr(taking_in, place, right)
    while await taking_in.work_on_archives(storage, MOST, NOW):
        pass
    assert (await kept.import_by_code(target.id, archive.code)).state == ArchiveState.DONE
    assert await told(target) == await told(source)
    assert await Resource.count().where(Resource.conference == target.id) == 4


async def test_a_bag_of_others_brings_its_files_with_titles_made_of_names(
    database: object, storage: Storage
) -> None:
    actor = await make_organiser()
    conference = await make_conference()
    archive = await send(
        conference, zipped(bagged({"My_slides.pdf": PDF, "b/é 1.txt": b"x"})), storage, actor
    )
    assert [words(note) for note in json.loads(archive.notes)] == [
        "The bag does not say what its files are: titles are made of their names."
    ]
    await take_in(archive, storage, actor)
    ((title, _note, _access, items),) = await told(conference)
    assert title == {"en": "A bag from elsewhere"}
    assert [(item[2], item[13][0]) for item in items] == [
        ({"en": "My slides"}, "My_slides.pdf"),
        ({"en": "é 1"}, "é 1.txt"),
    ]


SHEET = """file,link,title,title_fr,description,kind,languages,creators,licence,date,topics,session,pack,note,belongs to
slides/a.pdf,,Opening,Ouverture,Forty slides,Slides,"English, fr",Zoë Müller (0000-0002-1825-0097); CILIP,cc by 4.0,2026-06-25,Reading;Maps,Bridges,Toolkit,Read this,
,https://video.example/1,Keynote,,,recording,en,,CC-BY-4.0,2026,,,Toolkit,,
a.vtt,,,,,,fr,,CC-BY-4.0,,,,Toolkit,,slides/a.pdf
missing.pdf,,Lost,,,,,,CC-BY-4.0,,,,,,
,,Nothing,,,,,,CC-BY-4.0,,,,,,
slides/a.pdf,https://x.example/,Both,,,,,,CC-BY-4.0,,,,,,
page.pdf,,A page,,,,,,CC-BY-4.0,,,,,,
,javascript:alert(1),Evil,,,,,,CC-BY-4.0,,,,,,
b.txt,,,,,poem,Klingon,Ada (0000-0002-1825-0098),WTFPL,yesterday,,Nowhere,,,
"""
FILES = {
    "metadata.csv": SHEET.encode(),
    "slides/a.pdf": PDF,
    "a.vtt": VTT,
    "b.txt": b"b",
    "page.pdf": b"<html><script>alert(1)</script></html>",
    "left.txt": b"left",
    "__MACOSX/._a.vtt": b"junk",
}


async def test_a_zip_with_a_sheet_is_looked_at_row_by_row(each_database: object, storage: Storage) -> None:
    actor = await make_organiser()
    conference = await make_conference(languages=("en", "fr"))
    session = await make_session(conference, "Bridges")
    content = zipped({f"folder/{name}": one for name, one in FILES.items()})
    archive = await send(conference, content, storage, actor, "Our files.zip")
    assert await outcomes(archive) == [
        ("to-add", []),
        ("to-add", []),
        ("to-add", []),
        ("refused", ["There is no file “missing.pdf” in the zip."]),
        ("refused", ["Neither a file nor a link is named."]),
        ("refused", ["A file and a link are named: it can be one of them only."]),
        (
            "refused",
            ["“page.pdf” holds a web page, which does not agree with “.pdf” at the end of its name."],
        ),
        ("refused", ["“javascript:alert(1)” is not a web address."]),
        (
            "refused",
            ["“poem” is no kind of resource.", "“WTFPL” is not one of the licences that can be chosen here."],
        ),
    ]
    assert [words(note) for note in json.loads(archive.notes)] == [
        "“folder/left.txt” is not named in the sheet; left out."
    ]
    assert await Resource.count() == 0
    await take_in(archive, storage, actor)
    own, toolkit = await told(conference)
    assert own[0] == {"en": "Bridges"}
    assert toolkit[0] == {"en": "Toolkit"}
    slides = toolkit[3][0]
    assert slides[:9] == (
        {"en": "Read this"},
        "slides",
        {"en": "Opening", "fr": "Ouverture"},
        {"en": "Forty slides"},
        ("en", "fr"),
        [("Zoë Müller", "", "0000-0002-1825-0097"), ("CILIP", "", "")],
        "CC-BY-4.0",
        "",
        "2026-06-25",
    )
    assert slides[10] == ({"en": "Reading"}, {"en": "Maps"})
    assert slides[14] == [("with", {"en": "a"})]
    assert [item[2] for item in toolkit[3]] == [
        {"en": "Opening", "fr": "Ouverture"},
        {"en": "Keynote"},
        {"en": "a"},
    ]
    rows = await Resource.select(Resource.session).where(Resource.kind == "slides")
    assert [row["session"] for row in rows] == [session.id]


async def test_a_workbook_does_as_well_as_a_csv(database: object, storage: Storage) -> None:
    out = io.BytesIO()
    with Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["File", "Title", "Licence"])
        sheet.write_row(1, 0, ["a.txt", "A list", "CC0-1.0"])
    actor, conference = await make_organiser(), await make_conference()
    archive = await send(conference, zipped({"metadata.xlsx": out.getvalue(), "a.txt": b"a"}), storage, actor)
    assert await outcomes(archive) == [("to-add", [])]


def with_name(content: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    return content.replace(old, new)


def encrypted() -> bytes:
    content = bytearray(zipped({"metadata.csv": b"file\na.txt\n", "a.txt": b"a"}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(mark)
        content[place + at] |= 1
    return bytes(content)


def linked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("a.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("metadata.csv", "file\na.txt\n")
    return out.getvalue()


def doubled() -> bytes:
    return with_name(
        zipped({"a.txt": b"1", "b.txt": b"2", "metadata.csv": b"file\na.txt\n"}), b"b.txt", b"A.txt"
    )


def overlapping() -> bytes:
    """Two entries of the list that point to the same octets, as in zip bombs that are not nested."""
    content = bytearray(zipped({"a.txt": b"1" * 50, "b.txt": b"2" * 50}))
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    content[second + 42 : second + 46] = (0).to_bytes(4, "little")
    return bytes(content)


GOOD = bagged({"a.pdf": PDF, "b.txt": b"b"})
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "slip": (
        lambda: zipped({"../../evil.txt": b"x", "metadata.csv": b"file\n"}),
        "unpacked outside its folder",
    ),
    "absolute": (lambda: zipped({"/etc/x": b"x", "metadata.csv": b"file\n"}), "unpacked outside its folder"),
    "drive": (lambda: zipped({"C:/x.txt": b"x", "metadata.csv": b"file\n"}), "unpacked outside its folder"),
    "backslash": (lambda: zipped({"a\\..\\x.txt": b"x"}), "unpacked outside its folder"),
    "newline": (lambda: zipped({"a\nb.txt": b"x"}), "has a name that cannot be kept"),
    "link": (linked, "is a link to another place"),
    "encrypted": (encrypted, "is encrypted"),
    "twice": (doubled, "stands in the zip twice"),
    "file-and-folder": (lambda: zipped({"a": b"x", "a/b": b"y"}), "stands in the zip twice"),
    "overlap": (overlapping, "lies across another file"),
    "bomb": (lambda: zipped({"a.txt": bytes(110_000_000)}), "too large"),
    "small-bomb": (
        lambda: zipped({f"{number}.txt": bytes(30_000_000) for number in range(4)}),
        "unpacks to an absurd size",
    ),
    "before": (lambda: b"%PDF-1.7\n" + zipped(GOOD), "a zip and something else at once"),
    "after": (lambda: zipped(GOOD) + b"<html>", "a zip and something else at once"),
    "no-zip": (lambda: b"PK\x03\x04" + bytes(500), "is not a zip file that can be read"),
    "empty": (lambda: zipped({}), "The zip file is empty"),
    "what": (lambda: zipped({"a.txt": b"x"}), "holds neither a BagIt bag"),
    "checksum": (lambda: zipped({**GOOD, "bag/data/b.txt": b"c"}), "is not what its checksum says"),
    "missing": (
        lambda: zipped({name: one for name, one in GOOD.items() if not name.endswith("b.txt")}),
        "“data/b.txt” is missing",
    ),
    "unlisted": (lambda: zipped({**GOOD, "bag/data/c.txt": b"c"}), "not in its list of files"),
    "fetch": (
        lambda: zipped({**GOOD, "bag/fetch.txt": b"http://127.0.0.1:9/x 5 data/x.txt\n"}),
        "Nothing is fetched from there",
    ),
    "nested": (
        lambda: zipped({**GOOD, **{f"bag/data/{name}": one for name, one in GOOD.items()}}),
        "another bag inside the bag",
    ),
    "several": (
        lambda: zipped({**GOOD, **{name.replace("bag/", "other/", 1): one for name, one in GOOD.items()}}),
        "more than one bag",
    ),
    "no-manifest": (
        lambda: zipped({name: one for name, one in GOOD.items() if "manifest" not in name}),
        "no list of its files",
    ),
    "manifest": (lambda: zipped({**GOOD, "bag/manifest-sha256.txt": b"nonsense"}), "cannot be read: line 1"),
    "climbing-manifest": (
        lambda: zipped({**GOOD, "bag/manifest-sha256.txt": b"0" * 64 + b"  data/../../etc/passwd\n"}),
        "is missing",
    ),
    "version": (lambda: zipped({**GOOD, "bag/bagit.txt": b"BagIt-Version: 9\n"}), "which version of BagIt"),
    "oxum": (lambda: zipped({**GOOD, "bag/bag-info.txt": b"Payload-Oxum: 1.1\n"}), "says of itself"),
    "tagmanifest": (
        lambda: zipped({**GOOD, "bag/tagmanifest-md5.txt": b"0" * 32 + b"  bag-info.txt\n"}),
        "is not what its checksum says",
    ),
    "headings": (lambda: zipped({"metadata.csv": b"foo;bar\n1;2\n"}), "None of the sheet’s columns"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_and_broken_archives_are_refused_whole(
    database: object, storage: Storage, name: str, tmp_path: Path
) -> None:
    make, reason = HOSTILE[name]
    actor, conference = await make_organiser(), await make_conference()
    archive = await send(conference, make(), storage, actor)
    assert archive.state == ArchiveState.REFUSED
    assert reason in words(json.loads(archive.refusal))
    for language in ("fr", "ar"):
        with i18n.use_language(language):
            assert words(json.loads(archive.refusal))
    assert await ImportedResource.count() == 0
    assert await Resource.count() == await ResourcePack.count() == await StoredContent.count() == 0
    assert [path.name for path in (tmp_path / "kept").rglob("*") if path.is_file()] == [
        archive.key.rpartition("/")[2]
    ]


@pytest.mark.parametrize(
    "name",
    ["corkami-zip.zip", "traversal-init-py.zip", "zip-slip-win.tar", "zip-slip.zip", "zipbomb-nested.zip"],
)
async def test_real_attacks_are_refused_whole(database: object, storage: Storage, name: str) -> None:
    actor, conference = await make_organiser(), await make_conference()
    archive = await send(conference, data_path(f"adversarial/archives/{name}").read_bytes(), storage, actor)
    assert archive.state == ArchiveState.REFUSED
    assert await ImportedResource.count() == await Resource.count() == 0


METADATA: list[Any] = [
    None,
    [],
    {"resources": 5, "packs": "x"},
    {
        "resources": [5, {"path": 7, "file": {}}, {"path": "../../x", "file": {"filename": 5}}],
        "packs": [{}, 1],
    },
    {
        "resources": [
            {
                "code": "x" * 5000,
                "path": "a.pdf",
                "file": {"filename": "../a\u202e.pdf\r\nX: y"},
                "title": {"en": "\x00" + "t" * 9999, "zz-not-a-language": "x", "5": 5},
                "creators": [{"name": {"a": 1}}, {"name": "A", "orcid": [], "role": "emperor"}],
                "languages": ["en", 5, "x" * 300],
                "topics": [[], {"en": 5}, "T"],
                "chapters": [
                    {"at": True, "title": "x"},
                    {"at": 10**30, "title": "x"},
                    {"at": 5, "title": "y"},
                ],
                "accessibility": [{}],
                "session": {"code": [], "title": 5},
            }
        ],
        "packs": [{"title": {"en": "P"}, "access": "everyone", "items": [{"resource": "x" * 200}, "q"]}],
    },
]


@pytest.mark.parametrize("said", METADATA)
async def test_whatever_metadata_says_is_made_harmless(database: object, storage: Storage, said: Any) -> None:
    actor, conference = await make_organiser(), await make_conference()
    if isinstance(said, dict):
        said = {"format": bag_metadata.FORMAT, "version": 1, **said}
    content = zipped(bagged({"a.pdf": PDF, "metadata.json": json.dumps(said).encode()}))
    archive = await send(conference, content, storage, actor)
    assert archive.state == ArchiveState.LOOKED
    await take_in(archive, storage, actor)
    for row in await Resource.objects():
        assert len(texts.pick(row.title, "en")) <= 200
        assert "\x00" not in row.title


async def test_a_store_that_is_away_leaves_the_archive_for_later(
    database: object, storage: Storage, tmp_path: Path
) -> None:
    actor = await make_organiser()
    conference = await make_conference()
    archive = await send(conference, zipped(GOOD), storage, actor)
    await kept.start(archive, actor=actor, now=NOW)
    (tmp_path / "kept" / "files").rename(tmp_path / "away")
    with pytest.raises(Exception, match="store"):
        await taking_in.work_on_archives(storage, MOST, NOW)
    assert (await kept.counted(archive.id)).of(ItemOutcome.TO_ADD) == 2
    (tmp_path / "away").rename(tmp_path / "kept" / "files")
    while await taking_in.work_on_archives(storage, MOST, NOW):
        pass
    assert await Resource.count() == 2


async def test_archives_are_forgotten_after_a_week(database: object, storage: Storage) -> None:
    actor, conference = await make_organiser(), await make_conference()
    archive = await send(conference, zipped(GOOD), storage, actor)
    assert await kept.forget_old(storage, NOW + kept.KEPT / 2) == 0
    assert await kept.forget_old(storage, NOW + kept.KEPT) == 1
    assert not await storage.exists(archive.key)
    assert await ImportedResource.count() == 0


async def test_an_archive_that_is_lost_is_refused_and_not_asked_for_for_ever(
    database: object, storage: Storage
) -> None:
    actor, conference = await make_organiser(), await make_conference()
    first = await send(conference, zipped(GOOD), storage, actor)
    await storage.delete(first.key)
    done = await take_in(first, storage, actor)
    assert done.state == ArchiveState.DONE
    assert (
        await outcomes(done)
        == [("refused", ["“bag.zip” is damaged: it is not what the zip says it should be."])] * 2
    )
    await ResourceImport.update({ResourceImport.state: ArchiveState.LOOKING.value}).where(
        ResourceImport.id == first.id
    )
    await taking_in.work_on_archives(storage, MOST, NOW)
    lost = await kept.import_by_code(conference.id, first.code)
    assert lost.state == ArchiveState.REFUSED


async def test_a_full_disk_is_told_and_nothing_is_half_there(
    database: object, storage: Storage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    actor, conference = await make_organiser(), await make_conference()
    archive = await send(conference, zipped(GOOD), storage, actor)

    async def full(*_given: Any, **_named: Any) -> None:
        raise StorageFull("There is no room left for files.")

    monkeypatch.setattr(Storage, "put_stream", full)
    done = await take_in(archive, storage, actor)
    assert await outcomes(done) == [("refused", ["There is no room left for files."])] * 2
    assert await Resource.count() == await ResourcePack.count() == await StoredContent.count() == 0
