"""E-mail addresses: what people type, checked and put into the one form that mail can be sent to."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, EmailSyntaxError, validate_email

from conference.errors import InvalidInput
from conference.i18n import _

# RFC 5321 4.5.3.1.3 allows a path of 256 octets with its angle brackets.
LONGEST_ADDRESS = 254

# Copied addresses drag these along: zero-width characters, soft hyphens, marks of direction, byte order marks.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


class AddressRefused(InvalidInput):
    """The text is no e-mail address that this conference can write to; the message says what is wrong."""


@dataclass(frozen=True)
class EmailAddress:
    """One address that mail can be sent to.

    ``address`` is ASCII: the local part as typed (RFC 5321 2.4: its case may matter to the receiver), the domain
    in lower case with A-labels (RFC 5890), so no server needs SMTPUTF8. ``display`` shows the domain in its own
    script. ``key`` is for comparing: two texts that reach the same mailbox in practice have the same key.
    """

    address: str
    display: str
    key: str


@lru_cache(maxsize=256)  # one form has its address read several times: checked, compared, and put into a mail
def parse_address(typed: str) -> EmailAddress:
    """Read an address as a person typed or pasted it.

    Space around it and invisible characters in it are forgiven. Quoted local parts, comments, address literals
    and local parts outside ASCII are refused: hardly anybody has one, and many servers cannot deliver to them.
    Raises AddressRefused with a sentence for the person. The domain is not looked up.
    """
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", typed)).strip()
    if not text:
        raise AddressRefused(_("Please give an e-mail address."))
    if "@" not in text:
        raise AddressRefused(_("An e-mail address has an @ in it, as in name@example.org."))
    if len(text) > LONGEST_ADDRESS:
        raise AddressRefused(_("This e-mail address is longer than addresses can be."))
    local, domain = text.rsplit("@", 1)
    if any(mark in text for mark in "<>,;") or text.count("@") > 1:
        raise AddressRefused(_("Please give one e-mail address alone, as in name@example.org."))
    if not local.isascii():
        raise AddressRefused(
            _(
                "Many mail servers cannot deliver to letters with accents or outside a–z before the @. "
                "Please give another address of yours."
            )
        )
    if "." not in unicodedata.normalize("NFKC", domain).replace("。", "."):
        raise AddressRefused(_("The part after the @ lacks its ending, as in name@example.org."))
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailSyntaxError as error:
        raise AddressRefused(
            _("This does not look like an e-mail address. Please compare it with name@example.org.")
        ) from error
    except EmailNotValidError as error:  # pragma: no cover - the library's other kinds need a look-up
        raise AddressRefused(_("Mail cannot be sent to this address.")) from error
    domain = found.ascii_domain.lower()
    address = f"{found.local_part}@{domain}"
    if len(address) > LONGEST_ADDRESS:
        raise AddressRefused(_("This e-mail address is longer than addresses can be."))
    return EmailAddress(
        address=address,
        display=f"{found.local_part}@{found.domain}",
        key=f"{found.local_part.casefold()}@{domain}",
    )


def address_key(typed: str) -> str:
    """The form in which addresses are compared and looked up; raises AddressRefused as parse_address does."""
    return parse_address(typed).key
