"""The composition root: the one place, beside the command line, that names all three packages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from litestar import Litestar
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend
from litestar.config.csrf import CSRFConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.logging import LoggingConfig
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig

from conference import __version__, codes, db, error_pages, jobs, outbox
from conference.assets import asset_folder
from conference.audience import FindAudience
from conference.controllers import route_handlers as conference_handlers
from conference.errors import DomainError
from conference.headers import SafeHeaders
from conference.lean import LeanLitestar
from conference.leaving_files import removing
from conference.mail.folder import deleting_job
from conference.mail.forgetting import scrub_left_over
from conference.pagecache import PageCache
from conference.settings import Settings
from conference.storage import open_storage
from conference.versions import Versions
from conference.viewer import FindHolder, PresenceKeeper
from conference.web import make_environment, put_language_in_force
from registration.affected import affected_by
from registration.announcing import sending as packs_out
from registration.asking.answer_files import sweeping
from registration.attending.certificates import give_certificates
from registration.attending.keeper import PRESENCE_KEEPER
from registration.audience import audience_of
from registration.calendars.agendas import KEEPER
from registration.calendars.sync import send_owed_invites
from registration.controllers import route_handlers as registration_handlers
from registration.desk.exports import forgetting, making
from registration.desk_counts import registration_counts
from registration.entries.access import attending_by_key, provide_viewer
from registration.entries.interest import tell_interested
from registration.entries.registrations import expire_unconfirmed
from registration.importing.running import work_on_sheets
from registration.importing.sheets_kept import forget_old
from registration.places.passing_on import pass_on_places
from registration.reminding import rechecking as attendees
from registration.reminding.sending import forget_reminders, send_reminders
from registration.rights.data_links import forget_old_links
from registration.rights.retaining import delete_due
from registration.seating.passing_on import pass_on_offers
from sessions.controllers import route_handlers as sessions_handlers
from sessions.desk_counts import programme_counts
from sessions.door.calls import forget_calls
from sessions.door.passing import forget_passes
from sessions.imports.looking import forget_old_imports
from sessions.packs.collecting.link_checks import check_links
from sessions.packs.file_texts import reading_texts
from sessions.packs.importing.kept import forget_old as forget_old_archives
from sessions.packs.importing.taking_in import working_on_archives
from sessions.packs.jobs import making_previews, sweeping_uploads, taking_in_uploads
from sessions.packs.open_to_all import tell_harvesters
from sessions.packs.search_index import index_lacking
from sessions.packs.turning import turn_packs
from sessions.programme.stars import AgendaKeeper
from sessions.releases.audience import FindAffected
from sessions.releases.telling import tell_speakers
from sessions.schedule.live import STREAM_LASTS, draft_channel, forget_old_changes
from sessions.speakers import slot_reminders
from sessions.speakers.reminders import remind_unconfirmed

logger = logging.getLogger("meridian.web")
LARGEST_FORM = 2_000_000  # octets, held in memory while it is read; uploads are streamed and have their own


async def provide_agenda_keeper() -> AgendaKeeper:
    """Dependency ``agenda_keeper``: how the public programme reaches the agenda of someone signed in."""
    return KEEPER


async def provide_attending_by_key() -> FindHolder:
    """Dependency ``attending_by_key``: how a lower package asks whose personal link it was given."""
    return attending_by_key


async def provide_presence_keeper() -> PresenceKeeper:
    """Dependency ``presence_keeper``: how the door of a room has it noted who went in."""
    return PRESENCE_KEEPER


async def provide_affected_by() -> FindAffected:
    """Dependency ``affected_by``: how the desk asks whom a release concerns among those who registered."""
    return affected_by


async def provide_audience_of() -> FindAudience:
    """Dependency ``audience_of``: how the schedule editor asks where those who registered are."""
    return audience_of


def job_kinds(settings: Settings) -> list[jobs.JobKind]:
    """What goes on beside the pages."""
    storage = open_storage(settings.storage_url, settings.data_dir)
    return [
        jobs.JobKind(
            "send-mail",
            timedelta(seconds=2),
            outbox.mail_job(
                settings, {**attendees.RECHECKS, **slot_reminders.RECHECKS, **packs_out.RECHECKS}
            ),
        ),
        jobs.JobKind("send-invites", timedelta(seconds=5), send_owed_invites),
        jobs.JobKind("tell-speakers", timedelta(seconds=5), tell_speakers),
        jobs.JobKind("pass-on-offers", timedelta(seconds=20), pass_on_offers),
        jobs.JobKind("pass-on-places", timedelta(seconds=20), pass_on_places),
        jobs.JobKind("announce-packs", timedelta(seconds=30), packs_out.announce_packs),
        jobs.JobKind("tell-interested", timedelta(seconds=20), tell_interested),
        jobs.JobKind("expire-unconfirmed", timedelta(minutes=10), expire_unconfirmed),
        jobs.JobKind("send-reminders", timedelta(seconds=15), send_reminders),
        jobs.JobKind("forget-reminders", timedelta(days=1), forget_reminders),
        jobs.JobKind("remind-of-slots", timedelta(minutes=1), slot_reminders.remind_of_slots),
        jobs.JobKind("remind-speakers", timedelta(minutes=10), remind_unconfirmed),
        jobs.JobKind("work-on-sheets", timedelta(seconds=2), work_on_sheets, is_long=True),
        jobs.JobKind("make-exports", timedelta(seconds=2), making(storage), is_long=True),
        jobs.JobKind("forget-exports", timedelta(minutes=5), forgetting(storage)),
        jobs.JobKind("forget-imports", timedelta(hours=1), partial(forget_old_imports, storage)),
        jobs.JobKind("forget-sheets", timedelta(hours=1), forget_old),
        jobs.JobKind("sweep-answer-files", timedelta(minutes=5), sweeping(storage)),
        jobs.JobKind("delete-due-data", timedelta(hours=1), delete_due),
        jobs.JobKind("forget-data-links", timedelta(minutes=10), forget_old_links),
        jobs.JobKind("scrub-mail", timedelta(minutes=5), scrub_left_over),
        jobs.JobKind("delete-mail-files", timedelta(hours=1), deleting_job(settings.data_dir / "mail")),
        jobs.JobKind("take-in-uploads", timedelta(minutes=1), taking_in_uploads(storage)),
        jobs.JobKind("make-previews", timedelta(seconds=5), making_previews(storage), is_long=True),
        jobs.JobKind("remove-files", timedelta(minutes=1), removing(storage)),
        jobs.JobKind("turn-packs", timedelta(seconds=30), turn_packs),
        jobs.JobKind("tell-harvesters", timedelta(seconds=30), tell_harvesters),
        jobs.JobKind("read-texts", timedelta(minutes=1), reading_texts(storage)),
        jobs.JobKind("index-resources", timedelta(minutes=1), index_lacking),
        jobs.JobKind("check-links", timedelta(minutes=10), check_links),
        jobs.JobKind(
            "take-in-archives",
            timedelta(seconds=2),
            working_on_archives(storage, settings.max_upload_bytes),
            is_long=True,
        ),
        jobs.JobKind("forget-archives", timedelta(hours=1), partial(forget_old_archives, storage)),
        jobs.JobKind("sweep-uploads", timedelta(hours=1), sweeping_uploads(storage)),
        jobs.JobKind("forget-draft-changes", timedelta(hours=1), forget_old_changes),
        jobs.JobKind("give-certificates", timedelta(minutes=10), give_certificates),
        jobs.JobKind("forget-door-passes", timedelta(hours=1), forget_passes),
        jobs.JobKind("forget-door-calls", timedelta(hours=1), forget_calls),
    ]


def create_app(settings: Settings | None = None) -> Litestar:
    """The whole application. The database must have been migrated (``meridian serve`` does it before)."""
    settings = settings or Settings.from_environment()
    channels = ChannelsPlugin(backend=MemoryChannelsBackend(), arbitrary_channels_allowed=True)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        settings, versions = app.state.settings, app.state.versions
        await db.open_pool()
        await versions.refresh()
        tasks = [asyncio.create_task(versions.keep_fresh())]
        if settings.run_jobs:
            tasks.append(asyncio.create_task(jobs.run_forever(job_kinds(settings))))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await db.close_pool()

    app = LeanLitestar(
        route_handlers=[
            *conference_handlers,
            *sessions_handlers,
            *registration_handlers,
            create_static_files_router(
                path="/static",
                directories=[asset_folder("static")],
                name="static",
                cache_control=None,
                opt={"exclude_from_csrf": True},
            ),
        ],
        dependencies={
            "viewer": Provide(provide_viewer),
            "attending_by_key": Provide(provide_attending_by_key),
            "presence_keeper": Provide(provide_presence_keeper),
            "agenda_keeper": Provide(provide_agenda_keeper),
            "affected_by": Provide(provide_affected_by),
            "audience_of": Provide(provide_audience_of),
        },
        before_request=put_language_in_force,
        request_max_body_size=LARGEST_FORM,
        csrf_config=CSRFConfig(
            secret=settings.secret_key.hex(),
            cookie_secure=settings.is_https,
            cookie_httponly=True,
        ),
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(make_environment())),
        exception_handlers={
            DomainError: error_pages.answer_domain_error,
            HTTPException: error_pages.answer_http_error,
            Exception: error_pages.answer_bug,
        },
        lifespan=[lifespan],
        plugins=[channels],
        include_in_schema=False,  # pages are no interface for programs; the controllers of /api/v1 say otherwise
        openapi_config=OpenAPIConfig(
            title="Meridian",
            version=__version__,
            path="/schema",
            # The document alone: the viewers Litestar offers load scripts from elsewhere.
            render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
        ),
        logging_config=LoggingConfig(log_exceptions="never"),
    )
    app.state.channels = channels
    app.state.routes = app.asgi_handler
    furnish(app, settings)
    return app


def furnish(app: Litestar, settings: Settings) -> None:
    """Give an application that is not running what it works on, with nothing kept in memory yet.

    Its routes, which take a third of a second to make, know only the secret key of ``settings`` and whether they say https.
    """
    codes.use_secret(settings.secret_key)
    channels: ChannelsPlugin = app.state.channels
    # Whoever follows a draft is woken within the process; what other processes write, ``Versions`` notices.
    versions = Versions(lambda conference_id: channels.publish(b"", draft_channel(conference_id)))
    app.state.settings = settings
    app.state.storage = open_storage(settings.storage_url, settings.data_dir)
    app.state.versions = versions
    app.state.stream_lasts = STREAM_LASTS
    app.state.desk_counts = (programme_counts, registration_counts)
    app.state.page_cache = PageCache(app.state.routes, lambda: versions.public, refresh=versions.refresh)
    app.asgi_handler = SafeHeaders(app.state.page_cache, https=settings.is_https, host=settings.base_host)
