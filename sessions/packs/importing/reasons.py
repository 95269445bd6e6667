"""Why an archive, or something in it, is not taken: as codes that are kept, and in words for whoever reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conference.i18n import _, lazy

Reason = tuple[str, dict[str, Any]]


class Refused(Exception):
    """An archive that is not taken, as a whole. ``reason`` says why."""

    def __init__(self, code: str, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.reason: Reason = (code, dict(facts or {}))


WORDS: dict[str, str] = {
    # of the whole archive
    "no-zip": lazy("This is not a zip file that can be read: it is broken, or breaks off."),
    "empty": lazy("The zip file is empty."),
    "many": lazy("The zip file holds more than %(most)s files."),
    "large": lazy("“%(name)s” in it is too large."),
    "two-things": lazy(
        "The file is a zip and something else at once, so that two programs could see two different things in it."
    ),
    "overlap": lazy("“%(name)s” lies across another file in the zip, as in files made to fill disks."),
    "encrypted": lazy("“%(name)s” is encrypted. Please send the files without a password."),
    "packed": lazy("“%(name)s” is packed in a way that is not read here. Please make an ordinary zip file."),
    "link": lazy("“%(name)s” is a link to another place and not a file."),
    "outside": lazy("“%(name)s” would be unpacked outside its folder."),
    "name": lazy("“%(name)s” has a name that cannot be kept."),
    "twice": lazy("“%(name)s” stands in the zip twice, or as a file and a folder."),
    "bomb": lazy("“%(name)s” unpacks to an absurd size."),
    "damaged": lazy("“%(name)s” is damaged: it is not what the zip says it should be."),
    "what": lazy(
        "This zip holds neither a BagIt bag (there is no bagit.txt) nor a sheet metadata.csv or metadata.xlsx that says what its files are."
    ),
    "several": lazy("There is more than one bag in it. Please send them one by one."),
    "nested": lazy("There is another bag inside the bag (“%(name)s”). Please send that one by itself."),
    "bag-version": lazy(
        "bagit.txt does not say which version of BagIt this is, or names one that is not read here."
    ),
    "no-manifest": lazy("The bag has no list of its files with checksums (manifest-sha512.txt or another)."),
    "manifest": lazy("The bag’s list %(name)s cannot be read: line %(line)s."),
    "fetch": lazy(
        "The bag is not whole: %(count)s of its files lie elsewhere (fetch.txt). Nothing is fetched from there; please complete the bag first."
    ),
    "missing": lazy("The bag is not whole: “%(name)s” is missing, and %(count)s in all."),
    "unlisted": lazy("“%(name)s” is in the bag but not in its list of files."),
    "checksum": lazy("“%(name)s” is not what its checksum says: it was changed or damaged."),
    "oxum": lazy("The bag holds %(found)s octets and files, and says of itself that it holds %(said)s."),
    "metadata": lazy("What the bag says about its files (metadata.json) cannot be read."),
    "sheet": "%(words)s",
    "no-title-column": lazy("None of the sheet’s columns is called file, link or title."),
    # of one resource
    "no-file": lazy("There is no file “%(name)s” in the zip."),
    "no-file-no-link": lazy("Neither a file nor a link is named."),
    "both": lazy("A file and a link are named: it can be one of them only."),
    "file": "%(words)s",
    "link-address": lazy("“%(value)s” is not a web address."),
    "kind": lazy("“%(value)s” is no kind of resource."),
    "licence": lazy("“%(value)s” is not one of the licences that can be chosen here."),
    "not-ready": "%(words)s",
    "known": lazy("It is here already."),
    "failed": lazy("Something went wrong with it on our side. The people who run this site can see what."),
    # what is left out or assumed
    "language": lazy("“%(value)s” is not a language; left out."),
    "issued": lazy("“%(value)s” is not a date such as 2026-06-25, 2026-06 or 2026; left out."),
    "orcid": lazy("“%(value)s” is not an ORCID iD; left out."),
    "accessibility": lazy("“%(value)s” is not a known term of accessibility; left out."),
    "session": lazy("There is no session “%(value)s” here; it goes to the whole conference."),
    "belongs": lazy("“%(value)s”, to which it belongs, is not in the zip."),
    "no-licence": lazy("It has no licence yet."),
    "left": lazy("“%(name)s” is not named in the sheet; left out."),
    "foreign": lazy("The bag does not say what its files are: titles are made of their names."),
}


def words(reason: Sequence[Any]) -> str:
    """The reason in the language in force."""
    code, facts = reason
    return str(_(WORDS[code]) % facts)
