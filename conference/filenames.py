"""What an uploaded file may be called, and how its name travels in a header."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

MAX_NAME_BYTES = 150


def safe_filename(name: str, fallback: str = "file") -> str:
    """``name`` as a plain file name for every system: no folders, control or bidi characters, at most 150 octets.

    Keeps the extension and the writing system; ``fallback`` where nothing is left. Doing it twice changes nothing.
    """
    name = re.split(r"[/\\]", name)[-1]
    # Cf holds the bidi controls; only the joiners are needed to write (Persian, Indic, emoji).
    name = "".join(
        " " if category[0] == "Z" else character
        for character in name
        if (category := unicodedata.category(character)) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
        or character in "\u200c\u200d"
    )
    name = unicodedata.normalize("NFC", name)
    name = re.sub(r'[<>:"|?*%]', "_", name)
    name = re.sub(r" +", " ", name).strip(" .\u200c\u200d")
    if re.match(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³])(\.|$)", name):
        name = f"_{name}"  # Windows keeps these names for devices.
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, dot, extension = name, "", ""
    room = MAX_NAME_BYTES - len(f"{dot}{extension}".encode())
    if len(stem.encode()) > room:
        stem = stem.encode()[:room].decode(errors="ignore").rstrip(" .\u200c\u200d")
    return f"{stem}{dot}{extension}" or fallback


def content_disposition(filename: str, *, inline: bool = False) -> str:
    """The header's value: an ASCII fallback first, then the true name (RFC 6266 4.3, RFC 8187 3.2)."""
    name = safe_filename(filename)
    word = "inline" if inline else "attachment"
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    plain = re.sub(r"[^ -~]", "_", plain)
    plain = re.sub(r'["\\%]', "_", plain)
    value = f'{word}; filename="{plain}"'
    if plain != name:
        value += f"; filename*=UTF-8''{quote(name, safe='')}"
    return value
