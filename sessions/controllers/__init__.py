"""Web pages of the programme: each reads the request, calls one rule or query, picks a page."""

from litestar.types import ControllerRouterHandler

from sessions.controllers.changes import ChangesController
from sessions.controllers.downloads import DownloadsController
from sessions.controllers.programme import ProgrammeController
from sessions.controllers.public import LandingController
from sessions.controllers.releases import ReleasesController
from sessions.controllers.speakers import SpeakersController

route_handlers: list[ControllerRouterHandler] = [
    ChangesController,
    DownloadsController,
    ProgrammeController,
    LandingController,
    ReleasesController,
    SpeakersController,
]
