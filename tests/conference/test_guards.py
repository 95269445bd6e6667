"""Every organiser route as every role: each carries a guard, and answers as the one table of permissions says."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from conference.app import create_app
from conference.db import Database
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from tests.makers import make_conference, make_member, make_organiser
from tests.pages import Browser, make_settings, sign_in_as
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, NEW_YORK_SPEAKER, STRANGER, Person

IN_A_CONFERENCE = "/organise/{slug"
# Open to everyone: this is where one signs in.
BEFORE_SIGN_IN = {
    "/organise/sign-in",
    "/organise/sign-in/sent",
    "/organise/sign-in/{token:str}",
    "/organise/sign-out",
}
PEOPLE: dict[Role, Person] = {
    Role.PROGRAMME: NEW_YORK_SPEAKER,
    Role.REGISTRATION: KOLKATA_ATTENDEE,
    Role.VIEWER: AUCKLAND_ATTENDEE,
}


@dataclass(frozen=True)
class DeskRoute:
    """A route of the desk with what its guards ask for; ``needs`` is empty when none of them asks for a permission."""

    method: str
    path: str
    needs: tuple[Permission, ...]
    guards: tuple[str, ...]


def desk_routes(app: Litestar) -> list[DeskRoute]:
    """Every route below /organise, as the application really answers it."""
    found = []
    for route in app.routes:
        if not (isinstance(route, HTTPRoute) and route.path_format.startswith("/organise")):
            continue
        for method, (handler, _model) in route.route_handler_map.items():
            assert isinstance(handler, HTTPRouteHandler)
            guards = handler.resolve_guards()
            if method == "OPTIONS":
                continue
            needs = tuple(
                p for guard in guards if isinstance(p := getattr(guard, "permission", None), Permission)
            )
            names = tuple(getattr(guard, "__name__", str(guard)) for guard in guards)
            found.append(DeskRoute(str(method), route.path, needs, names))
    return found


def an_address(path: str) -> str:
    """The route's path with the test's conference in it, and codes that name nothing."""
    filled = re.sub(r"\{slug(:str)?\}", "libraries", path)
    filled = re.sub(r"\{\w+:int\}", "999999", filled)
    return re.sub(r"\{\w+(:\w+)?\}", "nothing8", filled)


@pytest.fixture
def routes(database: Database, data_dir: object, tmp_path: object) -> list[DeskRoute]:
    from pathlib import Path

    assert isinstance(data_dir, Path)
    return desk_routes(create_app(make_settings(data_dir)))


async def test_every_route_of_a_conference_s_desk_says_what_it_needs(routes: list[DeskRoute]) -> None:
    inside = [route for route in routes if route.path.startswith(IN_A_CONFERENCE)]
    assert len(inside) >= 12
    assert [route for route in inside if not route.needs] == []


async def test_every_other_route_of_the_desk_asks_for_a_sign_in(routes: list[DeskRoute]) -> None:
    outside = [r for r in routes if not r.path.startswith(IN_A_CONFERENCE) and r.path not in BEFORE_SIGN_IN]
    assert {route.path for route in outside} >= {"/organise", "/organise/new", "/organise/account"}
    assert [route for route in outside if "signed_in" not in route.guards] == []


async def test_whatever_changes_something_needs_more_than_seeing(routes: list[DeskRoute]) -> None:
    inside = [route for route in routes if route.path.startswith(IN_A_CONFERENCE) and route.method != "GET"]
    assert [route for route in inside if set(route.needs) <= {Permission.SEE}] == []


async def ask(browser: Browser, route: DeskRoute) -> int:
    """The status of the answer to this browser; a form is posted empty, with its CSRF token."""
    path = an_address(route.path)
    if route.method == "GET":
        return (await browser.get(path)).status_code
    answer = await browser.request(route.method, path, headers={"x-csrftoken": await browser.csrf()})
    return answer.status_code


async def test_every_route_answers_every_role_as_the_table_says(
    browser: Browser, routes: list[DeskRoute]
) -> None:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    members = {role: await make_member(conference, person, role) for role, person in PEOPLE.items()}
    inside = [route for route in routes if route.path.startswith(IN_A_CONFERENCE)]
    wrong: list[tuple[str, DeskRoute, int]] = []
    for route in inside:  # nobody: led to sign in
        if (status := await ask(browser, route)) != 303:
            wrong.append(("nobody", route, status))
    await sign_in_as(browser, await make_organiser(STRANGER))
    for route in inside:  # signed in, in another team or none: as if there were no such conference
        if (status := await ask(browser, route)) != 404:
            wrong.append(("stranger", route, status))
    asking: list[tuple[Role, SignedInOrganiser]] = [*members.items(), (Role.OWNER, owner)]
    for role, organiser in asking:
        await browser.post_form("/organise/sign-out")
        await sign_in_as(browser, organiser)
        for route in inside:
            allowed = all(may(role, permission) for permission in route.needs)
            status = await ask(browser, route)
            if (status == 403) == allowed or status >= 500:
                wrong.append((role.value, route, status))
    assert wrong == []


async def test_a_stranger_s_look_cannot_tell_a_conference_from_none(browser: Browser) -> None:
    await make_conference(owner=await make_organiser())
    await sign_in_as(browser, await make_organiser(STRANGER))
    there, nowhere = [await browser.get(f"/organise/{slug}/") for slug in ("libraries", "nowhere")]
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert there.text.replace("libraries", "nowhere") == nowhere.text


async def test_losing_the_role_closes_the_desk_at_once(browser: Browser) -> None:
    from conference import team
    from tests.makers import NOW

    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    viewer = await make_member(conference, KOLKATA_ATTENDEE, Role.VIEWER)
    await sign_in_as(browser, viewer)
    assert (await browser.get("/organise/libraries/")).status_code == 200
    await team.take_role(conference, viewer.id, actor=owner, now=NOW)
    assert (await browser.get("/organise/libraries/")).status_code == 404


async def test_a_viewer_sees_no_buttons_that_would_refuse_them(browser: Browser) -> None:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    await sign_in_as(browser, await make_member(conference, KOLKATA_ATTENDEE, Role.VIEWER))
    for path in ("", "team", "settings", "mail", "log"):
        page = (await browser.get(f"/organise/libraries/{path}")).text.split('<main id="main"')[1]
        page = re.sub(r'<form[^>]*method="get".*?</form>', "", page, flags=re.S)  # a search changes nothing
        buttons = re.findall(r"<button(?![^>]*hidden)[^>]*>([^<]*)", page)
        shown = [] if "<fieldset disabled>" in page else buttons
        assert shown == [], path
    assert await Conference.count() == 1
