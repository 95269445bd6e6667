"""Web pages of the ground: front page, sign-in, the organiser desk: each reads the request, calls one rule or query, picks a page."""

from litestar.types import ControllerRouterHandler

route_handlers: list[ControllerRouterHandler] = []
