"""Web pages of the programme: each reads the request, calls one rule or query, picks a page."""

from litestar.types import ControllerRouterHandler

route_handlers: list[ControllerRouterHandler] = []
