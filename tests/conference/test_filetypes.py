"""What is kept, what is refused, and what it is then called."""

import io
import json
import struct
import tarfile
import zipfile
from email.message import Message
from email.utils import collapse_rfc2231_value
from pathlib import Path

import pytest

from conference.filenames import MAX_NAME_BYTES, content_disposition, safe_filename
from conference.filetypes import FILE_TYPES, TAIL_BYTES, FileRefused, check_ending, sniff
from tests.shared import data_path

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\1\0\0\0\0\0\0\0\0\0\0\0\0IEND\xaeB\x60\x82"
MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2mp41"
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x42\x87\x81\x04"


def make_zip(members: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # of 1980: the same each time
    return whole.getvalue()


def office(folder: str) -> bytes:
    return make_zip({"[Content_Types].xml": b"<Types/>", f"{folder}/document.xml": b"<x/>"})


def open_document(media_type: str) -> bytes:
    return make_zip({"mimetype": media_type.encode(), "content.xml": b"<x/>"})


def accept(content: bytes, name: str) -> str:
    """The whole check, as an upload does it; the media type."""
    file_type = sniff(content[:8192], name)
    check_ending(file_type, name, content[-TAIL_BYTES:], len(content))
    return file_type.media_type


GOOD = {
    "slides.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
    "a.png": PNG,
    "a.JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF\0rest\xff\xd9",
    "a.gif": b"GIF89a\1\0\1\0\0\0\0;",
    "a.webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "talk.mp4": MP4,
    "talk.webm": WEBM,
    "talk.mp3": b"ID3\4\0\0\0\0\0\0",
    "bare.mp3": b"\xff\xfb\x90\x64" + bytes(400),
    "talk.m4a": b"\0\0\0\x20ftypM4A \0\0\0\0",
    "talk.ogg": b"OggS\0\2",
    "a.odt": open_document(FILE_TYPES["odt"].media_type),
    "a.ods": open_document(FILE_TYPES["ods"].media_type),
    "a.odp": open_document(FILE_TYPES["odp"].media_type),
    "a.epub": open_document("application/epub+zip"),
    "a.docx": office("word"),
    "a.xlsx": office("xl"),
    "a.pptx": office("ppt"),
    "a.zip": make_zip({"notes/read.me": b"hello"}),
    "a.txt": "Grüße, здравствуйте, नमस्ते".encode(),
    "latin.txt": "Grüße".encode("latin-1"),
    "utf16.csv": "name,country\r\nZoë,Österreich".encode("utf-16"),
    "a.csv": b"name,script\r\nX,<script>alert(1)</script>",
    "a.md": b"# Notes\n\n<p align=center>centred</p>",
    "a.vtt": b"WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nHello",
    "a.srt": b"\xef\xbb\xbf1\r\n00:00:00,000 --> 00:00:04,000\r\nHello",
    "a.json": b'{"title": "Notes"}',
}


@pytest.mark.parametrize("name", GOOD)
def test_every_accepted_kind_is_known_by_its_content(name: str) -> None:
    extension = name.rpartition(".")[2].lower().replace("jpeg", "jpg")
    assert accept(GOOD[name], name) == FILE_TYPES[extension].media_type


def test_every_accepted_extension_is_tried_above() -> None:
    assert {name.rpartition(".")[2].lower().replace("jpeg", "jpg") for name in GOOD} == set(FILE_TYPES)


def test_only_what_runs_nothing_is_shown_inline() -> None:
    inline = {extension for extension, file_type in FILE_TYPES.items() if file_type.inline_allowed}
    assert inline == {"png", "jpg", "gif", "webp", "mp4", "webm", "mp3", "m4a", "ogg", "vtt"}


HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
BAD: list[tuple[str, bytes, str]] = [
    ("photo.jpg", HTML, "a web page"),
    ("photo.jpg", b"<!-- x -->\n<script>alert(1)</script>", "a web page"),
    ("notes.txt", HTML, "a web page"),
    ("page.html", HTML, "a web page"),
    ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "an SVG drawing"),
    ("drawing.png", b'<?xml version="1.0"?>\n<!-- hi --><svg/>', "an SVG drawing"),
    ("data.txt", b'<?xml version="1.0"?><x/>', "an XML document"),
    ("setup.exe", b"MZ\x90\0\3\0\0\0\4", "a program"),
    ("setup.pdf", b"MZ\x90\0\3\0\0\0\4", "a program"),
    ("run.txt", b"\x7fELF\2\1\1\0", "a program"),
    ("run.txt", b"#!/bin/sh\nrm -rf /", "a program"),
    ("shell.md", b"<?php system($_GET['c']);", "a program"),
    ("slides.pdf", PNG, "a PNG picture"),
    ("slides.png", b"%PDF-1.7\n", "a PDF document"),
    ("late.pdf", b"junk\n%PDF-1.7\n", "plain text"),
    ("film.webm", b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska", "a Matroska recording"),
    ("a.docx", GOOD["a.odt"], "a zip archive"),
    ("a.docx", GOOD["a.xlsx"], "a zip archive"),
    ("a.odt", GOOD["a.odp"], "a zip archive"),
    ("a.docm", GOOD["a.docx"], "a zip archive"),
    ("a.png", PNG[:8] + b"\0\0\0\rIHDR" + bytes(8), "a PNG picture"),
    ("huge.png", PNG[:16] + struct.pack(">II", 60_000, 60_000) + PNG[24:], "a PNG picture"),
    ("empty.txt", b"", "an empty file"),
    ("binary.txt", b"\0\1\2\3", "something unknown"),
    ("captions.vtt", b"1\n00:00:00,000 --> 00:00:04,000\nHello", "plain text"),
    ("captions.srt", b"WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nHello", "plain text"),
    ("a.json", b"not json", "plain text"),
    ("pdf", GOOD["slides.pdf"], "a PDF document"),
    (".pdf", GOOD["slides.pdf"], "a PDF document"),
    ("scripted.gif", b"GIF89a/*\1\0\0\0*/=1;<script>alert(1)</script>", "a GIF picture"),
    ("gifar.gif", GOOD["a.gif"] + GOOD["a.zip"], "a GIF picture"),
    ("hidden.pdf", GOOD["slides.pdf"] + GOOD["a.zip"] + b"\n%%EOF", "a PDF document"),
    ("broken.jpg", GOOD["a.JPEG"][:-2], "a JPEG picture"),
    ("broken.zip", GOOD["a.zip"][:-30], "a zip archive"),
    (
        "macro.docx",
        make_zip({"[Content_Types].xml": b"", "word/a.xml": b"", "word/vbaProject.bin": b"x"}),
        "a zip archive",
    ),
    ("slip.zip", make_zip({"../../etc/cron.d/x": b"x"}), "a zip archive"),
    ("slip.zip", make_zip({"C:\\Windows\\x": b"x"}), "a zip archive"),
    ("slip.zip", make_zip({"/etc/passwd": b"x"}), "a zip archive"),
]


@pytest.mark.parametrize(("name", "content", "found"), BAD)
def test_what_is_not_what_it_says_is_refused_and_named(name: str, content: bytes, found: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        accept(content, name)
    assert refusal.value.found == found
    assert safe_filename(name) in refusal.value.message


def test_an_unlisted_format_is_called_by_its_name() -> None:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("notes.txt"))
    with pytest.raises(FileRefused) as refusal:
        sniff(whole.getvalue()[:8192], "backup.tar")
    assert refusal.value.found == "Tape Archive file"


def test_a_zip_with_a_link_is_refused() -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        link = zipfile.ZipInfo("passwords")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(FileRefused, match="outside its folder"):
        accept(whole.getvalue(), "link.zip")


def test_a_zip_that_unpacks_to_an_absurd_size_is_refused() -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(120 * 1024 * 1024))
    with pytest.raises(FileRefused, match="absurd"):
        accept(whole.getvalue(), "bomb.zip")


def test_a_zip64_archive_is_understood() -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for number in range(70_000):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    content = whole.getvalue()
    file_type = sniff(content[:8192], "many.zip")
    check_ending(file_type, "many.zip", content, len(content))
    with pytest.raises(FileRefused, match="too full"):
        check_ending(file_type, "many.zip", content[-TAIL_BYTES:], len(content))


KEPT = {
    "KenSilverman.png",
    "imagemagick_CVE-2022-44268_convert_etc_passwd.png",  # a sound picture; nothing here converts it
    "restart.jpg",
    "rgb24x8.jpg",
    "corkami-zip.zip",
    "javascript.pdf",  # kept, and only ever sent as a download
    "zipbomb-nested.zip",  # kept, and never unpacked; its own ratio is 9 to 1
}


@pytest.mark.parametrize("folder", ["images", "pdf", "archives", "xml"])
def test_hostile_files_are_refused_or_harmless(folder: str) -> None:
    for path in sorted(data_path(f"adversarial/{folder}").iterdir()):
        if path.name == "SOURCES.md":
            continue
        try:
            accept(path.read_bytes(), path.name)
        except FileRefused:
            assert path.name not in KEPT
        else:
            assert path.name in KEPT, path.name


def test_hostile_json_is_kept_or_refused_and_never_an_error() -> None:
    verdicts = set()
    for path in sorted(data_path("adversarial/json").glob("*.json")):
        try:
            verdicts.add(accept(path.read_bytes(), path.name))
        except FileRefused as refusal:
            verdicts.add(refusal.found)
            assert not path.name.startswith("y_")
    assert "application/json" in verdicts


def test_real_archives_are_kept() -> None:
    for path in sorted(data_path("resource-packs/open-event").glob("*.zip")):
        assert accept(path.read_bytes(), path.name) == "application/zip"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Métadonnées.pdf", "Métadonnées.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\zoe\\slides.pdf", "slides.pdf"),
        ("cod\u202efdp.exe", "codfdp.exe"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie_ x=1.pdf"),
        ('quote".pdf', "quote_.pdf"),
        ("100%0A.pdf", "100_0A.pdf"),
        ("...hidden", "hidden"),
        ("trailing. . ", "trailing"),
        ("CON.txt", "_CON.txt"),
        ("می\u200cخواهم.pdf", "می\u200cخواهم.pdf"),
        ("\u200c.\u200c", "file"),
        ("", "file"),
        ("e\u0301.txt", "é.txt"),
        ("e\u202e\u0301.txt", "é.txt"),
        ("a\u2028b\u00a0c.txt", "a b c.txt"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("語" * 100 + ".pdf", "語" * 48 + ".pdf"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


def test_naughty_names_are_safe_and_stay_as_they_are_the_second_time() -> None:
    for name in json.loads(Path(data_path("adversarial/strings/blns.json")).read_text("utf-8")):
        safe = safe_filename(f"{name}.pdf")
        assert safe == safe_filename(safe)
        assert 0 < len(safe.encode()) <= MAX_NAME_BYTES
        assert not set(safe) & set('/\\<>:"|?*%\r\n\0\u202e')
        assert content_disposition(name).isascii()


def test_a_name_beyond_ascii_travels_twice() -> None:
    assert content_disposition("Métadonnées 1.pdf") == (
        "attachment; filename=\"Metadonnees 1.pdf\"; filename*=UTF-8''M%C3%A9tadonn%C3%A9es%201.pdf"
    )
    assert content_disposition("plain.pdf", inline=True) == 'inline; filename="plain.pdf"'


def test_other_programs_read_the_name_back() -> None:
    header = Message()
    header["content-disposition"] = "attachment; " + content_disposition('発表 "final".pdf').split("; ")[-1]
    assert collapse_rfc2231_value(header.get_param("filename", header="content-disposition") or "") == (
        "発表 _final_.pdf"
    )
