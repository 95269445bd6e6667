"""Web pages of the ground: front page, sign-in, the organiser desk: each reads the request, calls one rule or query, picks a page."""

from litestar.types import ControllerRouterHandler

from conference.controllers.account import AccountController
from conference.controllers.conferences import SettingsController
from conference.controllers.desk import DeskController, OverviewController
from conference.controllers.front import FrontController
from conference.controllers.mail import MailController
from conference.controllers.mail_news import MailNewsController
from conference.controllers.mail_templates import MailTemplatesController
from conference.controllers.operation import OperationController
from conference.controllers.sign_in import SignInController
from conference.controllers.team import TeamController

route_handlers: list[ControllerRouterHandler] = [
    FrontController,
    SignInController,
    AccountController,
    DeskController,
    OverviewController,
    SettingsController,
    TeamController,
    MailController,
    MailTemplatesController,
    MailNewsController,
    OperationController,
]
