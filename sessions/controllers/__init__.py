"""Web pages of the programme: each reads the request, calls one rule or query, picks a page."""

from litestar.types import ControllerRouterHandler

from sessions.controllers.changes import ChangesController
from sessions.controllers.door_desk import DoorDeskController
from sessions.controllers.downloads import DownloadsController
from sessions.controllers.earlier_releases import EarlierReleasesController
from sessions.controllers.editor import EditorController
from sessions.controllers.editor_breaks import EditorBreaksController
from sessions.controllers.editor_changes import EditorChangesController
from sessions.controllers.editor_live import EditorLiveController
from sessions.controllers.editor_together import EditorTogetherController
from sessions.controllers.embed import EmbedController, EmbedDeskController
from sessions.controllers.exchange_desk import ExchangeDeskController
from sessions.controllers.join import JoinController
from sessions.controllers.join_help import JoinHelpController
from sessions.controllers.library import LibraryController
from sessions.controllers.nights import NightsController
from sessions.controllers.now import NowController
from sessions.controllers.oai import OaiController
from sessions.controllers.pack_arranging import PackArrangingController
from sessions.controllers.pack_items import PackItemsController
from sessions.controllers.pack_states import PackStatesController
from sessions.controllers.previews import PreviewsController
from sessions.controllers.programme import ProgrammeController
from sessions.controllers.public import LandingController
from sessions.controllers.releases import ReleasesController
from sessions.controllers.resource_captions import ResourceCaptionsController
from sessions.controllers.resource_chase import ResourceChaseController
from sessions.controllers.resource_exchange import ResourceExchangeController
from sessions.controllers.resource_item import ResourceItemController
from sessions.controllers.resource_news import AllNewsController, ResourceNewsController
from sessions.controllers.resource_page import ResourcePageController
from sessions.controllers.resource_rules import ResourceRulesController
from sessions.controllers.resources import ResourcesController
from sessions.controllers.resources_desk import ResourcesDeskController
from sessions.controllers.rooms import RoomsController
from sessions.controllers.schedule_rules import ScheduleRulesController
from sessions.controllers.session_slots import SessionSlotsController
from sessions.controllers.sessions_desk import SessionsDeskController
from sessions.controllers.speak import SpeakController
from sessions.controllers.speak_availability import SpeakAvailabilityController
from sessions.controllers.speak_desk import SpeakDeskController
from sessions.controllers.speak_files import SpeakFilesController, SpeakUploadsController
from sessions.controllers.speak_given import SpeakGivenController
from sessions.controllers.speak_link import SpeakLinkController
from sessions.controllers.speak_profile import SpeakProfileController
from sessions.controllers.speak_reminders import SpeakerRemindersDeskController, SpeakRemindersController
from sessions.controllers.speaker_answers import SpeakerAnswersController
from sessions.controllers.speaker_chase import SpeakerChaseController
from sessions.controllers.speaker_messages import SpeakerMessagesController
from sessions.controllers.speaker_photos import SpeakerPhotoController, SpeakerPhotoDeskController
from sessions.controllers.speakers import SpeakersController
from sessions.controllers.speakers_desk import SpeakersDeskController
from sessions.controllers.stars import StarsController
from sessions.controllers.topics import TopicsController
from sessions.controllers.tracks import TracksController
from sessions.controllers.uploads_desk import UploadsDeskController

route_handlers: list[ControllerRouterHandler] = [
    ChangesController,
    DoorDeskController,
    DownloadsController,
    EditorController,
    EditorLiveController,
    EditorBreaksController,
    EditorChangesController,
    EditorTogetherController,
    EmbedController,
    EmbedDeskController,
    ExchangeDeskController,
    JoinController,
    JoinHelpController,
    LibraryController,
    OaiController,
    NightsController,
    ProgrammeController,
    LandingController,
    NowController,
    ReleasesController,
    EarlierReleasesController,
    PreviewsController,
    ResourceCaptionsController,
    ResourceChaseController,
    ResourceExchangeController,
    ResourceItemController,
    ResourceRulesController,
    ResourcesController,
    ResourcePageController,
    ResourceNewsController,
    AllNewsController,
    ResourcesDeskController,
    PackArrangingController,
    PackItemsController,
    PackStatesController,
    SpeakersController,
    SpeakerAnswersController,
    SpeakerChaseController,
    SpeakerMessagesController,
    SpeakerPhotoController,
    SpeakerPhotoDeskController,
    RoomsController,
    ScheduleRulesController,
    SessionSlotsController,
    SessionsDeskController,
    SpeakersDeskController,
    StarsController,
    SpeakController,
    SpeakAvailabilityController,
    SpeakDeskController,
    SpeakFilesController,
    SpeakGivenController,
    SpeakLinkController,
    SpeakRemindersController,
    SpeakerRemindersDeskController,
    SpeakUploadsController,
    SpeakProfileController,
    TopicsController,
    TracksController,
    UploadsDeskController,
]
