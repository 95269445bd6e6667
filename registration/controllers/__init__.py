"""Web pages of the people who come: each reads the request, calls one rule or query, picks a page."""

from litestar.types import ControllerRouterHandler

from registration.controllers.attendance_desk import AttendanceController
from registration.controllers.calendars import CalendarsController, TalksController
from registration.controllers.categories_desk import CategoriesController
from registration.controllers.certificate import CertificateController
from registration.controllers.certificates_desk import CertificatesDeskController
from registration.controllers.complaints import ComplaintsController
from registration.controllers.complaints_desk import ComplaintsDeskController
from registration.controllers.data import DataController
from registration.controllers.deleting_desk import DeletingController
from registration.controllers.desk import RegistrationsController
from registration.controllers.desk_data import DeskDataController
from registration.controllers.desk_edit import EditController
from registration.controllers.desk_line import LineController
from registration.controllers.desk_messages import MessagesController
from registration.controllers.desk_numbers import NumbersController
from registration.controllers.desk_one import OneRegistrationController
from registration.controllers.desk_reminders import RemindersDeskController
from registration.controllers.desk_sheets import SheetsController
from registration.controllers.details import DetailsController
from registration.controllers.feeds import private_feed
from registration.controllers.groups import GroupController
from registration.controllers.groups_desk import GroupRulesController
from registration.controllers.import_desk import ImportController
from registration.controllers.interest import InterestController
from registration.controllers.invitations_desk import InvitationsController
from registration.controllers.me import MeController
from registration.controllers.opening_desk import OpeningController
from registration.controllers.own_link import LinkController
from registration.controllers.place import PlaceController, PlaceLinkController
from registration.controllers.privacy import NoticeDeskController, PrivacyController
from registration.controllers.questions import QuestionsController
from registration.controllers.register import RegisterController
from registration.controllers.reminders import RemindersController, RemindersLinkController
from registration.controllers.replies import RepliesController
from registration.controllers.retention_desk import RetentionController
from registration.controllers.verify import VerifyController
from registration.controllers.waitlist import WaitlistController

route_handlers: list[ControllerRouterHandler] = [
    RegisterController,
    MeController,
    WaitlistController,
    PlaceController,
    PlaceLinkController,
    GroupController,
    GroupRulesController,
    CertificateController,
    VerifyController,
    AttendanceController,
    CertificatesDeskController,
    DetailsController,
    DataController,
    ComplaintsController,
    ComplaintsDeskController,
    PrivacyController,
    NoticeDeskController,
    RetentionController,
    DeletingController,
    LinkController,
    RemindersController,
    RemindersLinkController,
    private_feed,
    CalendarsController,
    TalksController,
    RepliesController,
    RegistrationsController,
    NumbersController,
    LineController,
    MessagesController,
    ImportController,
    SheetsController,
    OneRegistrationController,
    RemindersDeskController,
    EditController,
    DeskDataController,
    QuestionsController,
    OpeningController,
    InvitationsController,
    CategoriesController,
    InterestController,
]
