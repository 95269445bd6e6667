"""Addresses people type, and a public corpus of adversarial ones."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from conference.addresses import AddressRefused, EmailAddress, address_key, parse_address
from conference.outbox import deliver_due
from conference.tables import MailState, OutgoingMail
from tests.conference.test_outbox import NOW, queue, settings_for
from tests.shared import data_path
from tests.smtp import smtp_server


def test_an_address_keeps_its_local_part_and_compares_without_case() -> None:
    assert parse_address("  Anna.Berger@Example.ORG ") == EmailAddress(
        address="Anna.Berger@example.org",
        display="Anna.Berger@example.org",
        key="anna.berger@example.org",
    )


def test_a_domain_in_its_own_script_is_sent_to_as_a_labels_and_shown_as_typed() -> None:
    assert parse_address("anna@Bücher.example") == EmailAddress(
        address="anna@xn--bcher-kva.example",
        display="anna@bücher.example",
        key="anna@xn--bcher-kva.example",
    )
    assert address_key("anna@xn--bcher-kva.example") == address_key("ANNA@BÜCHER.example")


def test_what_copying_drags_along_is_forgiven() -> None:
    assert parse_address("\ufeff\u200bzoe@b.example\u00a0\n").address == "zoe@b.example"
    assert parse_address("zoe@b。example").address == "zoe@b.example"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Please give an e-mail address."),
        (" \t ", "Please give an e-mail address."),
        ("zoe.example.org", "has an @ in it"),
        ("Zoë <zoe@b.example>", "one e-mail address alone"),
        ("a@b.example, c@d.example", "one e-mail address alone"),
        ("a@b@c.example", "one e-mail address alone"),
        ("zoë@b.example", "letters with accents"),
        ("zoe@localhost", "lacks its ending"),
        ("zoe@b.example\r\nBcc: x@y.example", "one e-mail address alone"),
        ("zoe\r\nX@b.example", "does not look like"),
        ("zoe\x00@b.example", "does not look like"),
        ('"zoe zoe"@b.example', "does not look like"),
        ("zoe@[127.0.0.1]", "does not look like"),
        ("zoe@b..example", "does not look like"),
        ("zoe@-b.example", "does not look like"),
        ("a" * 65 + "@b.example", "does not look like"),
        ("zoe@" + "é" * 60 + ".example", "does not look like"),
        ("zoe@" + "b." * 130 + "example", "longer than"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(typed: str, said: str) -> None:
    with pytest.raises(AddressRefused, match=said):
        parse_address(typed)


def corpus() -> list[tuple[str, str]]:
    """(address, category) of the corpus; it writes control characters as their pictures, U+2400 and on."""
    tests = ElementTree.parse(data_path("adversarial/email/isemail-tests.xml")).getroot()
    return [
        (
            "".join(
                chr(ord(ch) - 0x2400) if 0x2400 <= ord(ch) < 0x2420 else ch
                for ch in (test.findtext("address") or "")
            ),
            test.findtext("category") or "",
        )
        for test in tests.iter("test")
    ]


def test_the_corpus_is_judged_sanely() -> None:
    accepted: dict[str, list[str]] = {}
    refused: dict[str, list[str]] = {}
    for address, category in corpus():
        try:
            found = parse_address(address)
        except AddressRefused:
            refused.setdefault(category, []).append(address)
        else:
            # Whatever is accepted is one bare mailbox, fit to stand in a header and an SMTP command.
            assert found.address.isascii()
            assert found.address.isprintable()
            assert not set(found.address) & set(' <>,;"()[]\\')
            assert found.address.count("@") == 1
            accepted.setdefault(category, []).append(address)
    # Errors are accepted only where all that is wrong is white space at the ends, which we strip.
    assert [a for a in accepted.pop("ISEMAIL_ERR", []) if a == a.strip()] == []
    assert [a for a in accepted.pop("ISEMAIL_CFWS", []) if a == a.strip()] == []
    assert [a for a in accepted.pop("ISEMAIL_DEPREC", []) if a == a.strip()] == []
    assert set(accepted) == {"ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN"}
    # Of what is valid, only a bare top-level domain is refused.
    assert refused["ISEMAIL_VALID_CATEGORY"] == ["test@io"]
    assert "ISEMAIL_DNSWARN" not in refused or all(
        "." not in a.rpartition("@")[2] for a in refused["ISEMAIL_DNSWARN"]
    )


@pytest.mark.usefixtures("database")
async def test_each_address_of_the_corpus_arrives_as_typed_or_is_refused_in_a_sentence(
    tmp_path: Path,
) -> None:
    taken: dict[str, str] = {}
    for number, (typed, _category) in enumerate(corpus()):
        try:
            await queue(typed, key=f"corpus:{number}")
            taken[parse_address(typed).address] = typed
        except AddressRefused as refused:
            said = refused.message
            assert said.endswith(".") and "\n" not in said and len(said) < 200, typed  # noqa: PT018 - each of many
    async with smtp_server() as mailbox:
        settings = settings_for(tmp_path, mailbox.url)
        while (await deliver_due(settings, NOW)).sent:
            pass
    assert {str(row.state) for row in await OutgoingMail.objects()} == {MailState.SENT.value}
    assert set(mailbox.recipients) == set(taken)
    assert len(taken) > 10
    for message, address in zip(mailbox.messages, mailbox.recipients, strict=True):
        (to,) = message["To"].addresses
        assert to.addr_spec == address
        local, domain = taken[address].strip().rsplit("@", 1)
        assert address == f"{local}@{domain.encode('idna').decode().lower()}"
