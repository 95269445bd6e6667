"""Web pages of the ground: front page, sign-in, the organiser desk: each reads the request, calls one rule or query, picks a page."""

from litestar.types import ControllerRouterHandler

from conference.controllers.front import FrontController

route_handlers: list[ControllerRouterHandler] = [
    FrontController,
]
