"""The licences a resource may carry, in words that people who are no lawyers can choose by."""

from __future__ import annotations

from dataclasses import dataclass

from conference.i18n import lazy


@dataclass(frozen=True)
class Licence:
    """A licence. ``code`` is its SPDX id, or "InC" of rightsstatements.org where nothing is allowed.

    ``name`` and ``means`` are English: pass them to gettext when they are shown. ``url`` is the canonical address.
    """

    code: str
    name: str
    means: str
    url: str


_CC = "https://creativecommons.org/"
LICENCES: dict[str, Licence] = {
    licence.code: licence
    for licence in (
        Licence(
            "CC-BY-4.0",
            lazy("Creative Commons Attribution 4.0"),
            lazy("Anyone may share and change it, also commercially, if they name the creators."),
            _CC + "licenses/by/4.0/",
        ),
        Licence(
            "CC-BY-SA-4.0",
            lazy("Creative Commons Attribution-ShareAlike 4.0"),
            lazy("Like Attribution, and what is made from it must carry the same licence."),
            _CC + "licenses/by-sa/4.0/",
        ),
        Licence(
            "CC-BY-NC-4.0",
            lazy("Creative Commons Attribution-NonCommercial 4.0"),
            lazy("Anyone may share and change it if they name the creators, but not for money."),
            _CC + "licenses/by-nc/4.0/",
        ),
        Licence(
            "CC0-1.0",
            lazy("Creative Commons Zero 1.0, no rights reserved"),
            lazy("Given to everyone: it may be used for anything, without asking or naming anyone."),
            _CC + "publicdomain/zero/1.0/",
        ),
        Licence(
            "InC",
            lazy("In copyright, all rights reserved"),
            lazy("To read and keep for oneself. Anything more needs the creators’ permission."),
            "http://rightsstatements.org/vocab/InC/1.0/",
        ),
    )
}
