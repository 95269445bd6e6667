"""Web pages of the people who come: each reads the request, calls one rule or query, picks a page."""

from litestar.types import ControllerRouterHandler

from registration.controllers.desk import RegistrationsController
from registration.controllers.feeds import private_feed
from registration.controllers.me import LinkController, MeController
from registration.controllers.questions import QuestionsController
from registration.controllers.register import RegisterController

route_handlers: list[ControllerRouterHandler] = [
    RegisterController,
    MeController,
    LinkController,
    private_feed,
    RegistrationsController,
    QuestionsController,
]
