"""Secrets, tokens, and ways to be led astray."""

from __future__ import annotations

import json
from urllib.parse import urljoin, urlsplit

from conference import auth, clock, outbox
from conference.codes import derived_token
from registration.entries.links import join_key
from sessions.queries import latest_programme
from sessions.tables import Room
from tests.attacks.world import World, everything_stored
from tests.makers import make_organiser
from tests.pages import BASE_URL, Browser
from tests.people import STRANGER

CODES = {"import", "complaint", "sheet", "export"}  # name things, and open nothing by themselves
VENDOR = "meet.example.org/demo"


def stranger_of(world: World) -> Browser:
    """A browser that nobody knows."""
    return Browser(transport=world.browser._transport, base_url=BASE_URL)


async def test_no_live_secret_lies_in_the_database(calm_world: World) -> None:
    registration = calm_world.registration
    secrets = [
        *(secret for name, secret in calm_world.secrets.items() if name not in CODES),
        *(
            value
            for name, value in calm_world.browser.cookies.items()
            if name == "organiser" or name.startswith("attendee_")
        ),
    ]
    secrets.append(join_key(registration.code, registration.feed_generation).partition(".")[2])
    assert len(secrets) == 10
    await calm_world.browser.post_form(
        "/organise/sign-in", {"email": calm_world.organiser.email, "with": "link"}
    )
    stored = json.dumps(await everything_stored(), default=str)
    assert [secret for secret in secrets if secret in stored] == []


async def test_a_vendor_s_link_is_on_no_page(calm_world: World) -> None:
    rooms = await Room.select(Room.vendor_url).where(Room.conference == calm_world.conference.id)
    assert VENDOR in rooms[0]["vendor_url"]
    told: set[str] = set()
    async with stranger_of(calm_world) as stranger:
        for template, addresses in calm_world.addresses.items():
            for address in addresses:
                for browser in (calm_world.browser, stranger):
                    answer = await browser.get(address)
                    if VENDOR in answer.text or VENDOR in str(answer.headers):
                        told.add(template if browser is calm_world.browser else f"stranger {template}")
    # The form in which the team writes it, and the team's own file of everything.
    assert told <= {"/organise/{slug:str}/rooms/{code:str}", "/organise/{slug:str}/exchange/draft/{name:str}"}


async def test_mails_feeds_and_releases_hold_no_vendor_s_link(calm_world: World) -> None:
    await outbox.mail_job(calm_world.settings)(clock.now())
    mails = list((calm_world.settings.data_dir / "mail").glob("*.eml"))
    assert mails
    for mail in mails:
        assert VENDOR.encode() not in mail.read_bytes()
    stored = await everything_stored()
    keepers = [name for name, rows in stored.items() if VENDOR in json.dumps(rows, default=str)]
    assert keepers == ["room"]


async def test_only_the_entitled_are_sent_to_the_vendor(calm_world: World) -> None:
    programme = await latest_programme(calm_world.conference)
    assert programme is not None
    slot = next(slot for _s, slot in programme.placings if slot.seats is None and slot.room)
    good = join_key(calm_world.registration.code, calm_world.registration.feed_generation)
    with clock.fixed_at(slot.start):
        async with stranger_of(calm_world) as stranger:
            for key in (
                "",
                "x",
                good[:-1],
                good + "x",
                good.upper(),
                good.partition(".")[0] + ".",
                "." + good,
                "\0",
                "é",
                join_key(calm_world.registration.code, 99),
                join_key("other", 1),
            ):
                for suffix in ("", "/recording"):
                    answer = await stranger.get(f"/join/{slot.code}{suffix}", params={"key": key})
                    assert answer.status_code in (200, 303, 403, 404), (key, answer.status_code)
                    assert VENDOR not in answer.headers.get("location", "")
            answer = await stranger.get(f"/join/{slot.code}", params={"key": good})
            assert (
                answer.status_code == 200
            )  # this person's presence is noted: a scanner's look is not theirs
            assert VENDOR not in answer.text + str(answer.headers)
            answer = await stranger.post_form(f"/join/{slot.code}?key={good}")
            assert answer.status_code == 303
            assert VENDOR in answer.headers["location"]
            assert answer.headers["referrer-policy"] == "no-referrer"
        async with stranger_of(calm_world) as other:
            # A code from elsewhere, followed by somebody who may not: never an answer from a cache.
            assert VENDOR not in (await other.get(f"/join/{slot.code}")).headers.get("location", "")


async def test_looking_at_a_link_changes_nothing(calm_world: World) -> None:
    link = f"/organise/sign-in/{calm_world.secrets['sign-in']}"
    own = f"/{calm_world.conference.slug}/me/{calm_world.secrets['page']}"
    speaker = f"/speak/{calm_world.secrets['speak']}"
    room = f"/speak/join/{calm_world.secrets['room']}"
    other = await make_organiser(STRANGER)

    fresh = await auth.make_sign_in_link(other.id, now=clock.now())
    before = await everything_stored()
    async with stranger_of(calm_world) as scanner:
        for address in (
            link,
            own,
            f"/organise/sign-in/{fresh.token}",
            speaker,
            f"{speaker}/availability",
            room,
        ):
            for method in ("GET", "HEAD", "GET", "OPTIONS"):
                answer = await scanner.request(method, address)
                assert answer.status_code < 500
                assert not [
                    c for c in answer.headers.get_list("set-cookie") if "organiser=" in c or "attendee" in c
                ]
    assert await everything_stored() == before
    async with stranger_of(calm_world) as person:
        assert (await person.post_form(f"/organise/sign-in/{fresh.token}")).status_code == 303
    async with stranger_of(calm_world) as thief:
        assert (await thief.post_form(f"/organise/sign-in/{fresh.token}")).status_code == 410
        assert "organiser" not in thief.cookies


async def test_tokens_cannot_be_guessed_from_each_other(calm_world: World) -> None:
    slug, secrets = calm_world.conference.slug, calm_world.secrets
    wrong = [
        secrets["feed"],
        secrets["sign-in"],
        secrets["speak"],
        secrets["page"][:-1],
        secrets["page"] + "=",
        secrets["page"].swapcase(),
        "",
        ".",
        "%00",
        "é",
        calm_world.registration.code,
        derived_token("me", calm_world.registration.code, 2),
    ]
    async with stranger_of(calm_world) as thief:
        for token in wrong:
            for answer in (
                await thief.get(f"/{slug}/me/{token}"),
                await thief.post_form(f"/{slug}/me/{token}"),
                await thief.post_form(f"/{slug}/me/{token}/withdraw"),
            ):
                assert answer.status_code in (200, 301, 303, 307, 400, 404, 405, 410), (
                    token,
                    answer.status_code,
                )
                assert calm_world.registration.name not in answer.text
                assert not [name for name in thief.cookies if name.startswith("attendee")]
        for token in (secrets["page"], secrets["sign-in"]):
            assert (await thief.get(f"/calendar/{token}.ics")).status_code == 404


EVIL = (
    "//evil.example",
    "/\\evil.example",
    "https://evil.example/",
    "/organise/\\evil.example",
    "/organise//evil.example",
    "/organise/../../evil",
    "javascript:alert(1)",
    "/organise/\r\nX-Evil: 1",
    "/organise/%0d%0aX-Evil:1",
    "\t//evil.example",
    "/organise/@evil.example",
    "///evil.example",
    "/%09/evil.example",
    "/organise/?next=//evil.example",
)


async def test_nobody_is_led_to_another_site(calm_world: World) -> None:
    for evil in EVIL:
        await try_to_lead_astray(calm_world, evil)


async def try_to_lead_astray(world: World, evil: str) -> None:
    """Offer the address wherever an answer may lead on."""
    other = await make_organiser(STRANGER)

    places = []
    for names in ("next", "return", "url", "to", "back"):
        places.append(await world.browser.get("/organise/sign-in", params={names: evil}))
    async with stranger_of(world) as guest:
        await guest.post_form("/organise/sign-in", {"email": STRANGER.email, "next": evil})
        link = await auth.make_sign_in_link(other.id, now=clock.now())
        guest.cookies.set("organiser-next", evil.replace("\r", "").replace("\n", ""))
        places.append(await guest.post_form(f"/organise/sign-in/{link.token}"))
        places.append(
            await guest.post_form(
                "/organise/account", {"name": "X", "next": evil, "zone": "", "language": ""}
            )
        )
    places.append(
        await world.browser.get(f"/{world.conference.slug}/programme", params={"tz": evil, "lang": evil})
    )
    for answer in places:
        assert answer.status_code < 500
        assert "x-evil" not in answer.headers
        there = urljoin(BASE_URL, answer.headers.get("location", "/"))
        assert urlsplit(there).netloc == urlsplit(BASE_URL).netloc, there
        assert "\\" not in answer.headers.get("location", "")
