"""For whoever runs the server: is it alive, is it ready, how is it doing; and what crawlers may look at."""

from __future__ import annotations

import asyncio

from litestar import Controller, get
from litestar.response import Response

from conference import clock, db, operation
from conference.assets import asset_folder
from conference.mail import trouble
from conference.operation import Metric
from conference.storage import Storage
from conference.web import AnyRequest, settings_of

PLAIN = "text/plain"  # Litestar adds the charset
READY_WITHIN = 3.0  # seconds
NO_FORMS = {"exclude_from_csrf": True}  # so probes and crawlers are given no cookie

# What belongs to one person, or to the team. The public pages are for everyone, crawlers included.
ROBOTS = "\n".join(
    [
        "User-agent: *",
        *(
            f"Disallow: /{path}"
            # Zips are put together anew for each asker, and what is in them stands on pages of its own.
            for path in ("organise/", "join/", "calendar/", "speak/", "*/me", "*/register", "*.zip")
        ),
    ]
)


class OperationController(Controller):
    path = "/"
    opt = NO_FORMS

    @get("/healthz", name="operation:alive", sync_to_thread=False)
    def alive(self) -> Response[str]:
        return _plain("ok\n")

    @get("/readyz", name="operation:ready")
    async def ready(self, request: AnyRequest) -> Response[str]:
        try:
            async with asyncio.timeout(READY_WITHIN):
                missing = await db.pending_migrations()
        except (
            Exception
        ) as error:  # whatever is wrong with the database, a probe wants an answer and not a page
            return _plain(f"database: {type(error).__name__}\n", 503)
        if missing:
            return _plain(f"database: {len(missing)} migrations have not run\n", 503)
        # Without files pages are still shown and people still register: a proxy must not take the site away for it.
        away = await _storage(request).look(READY_WITHIN)
        return _plain(f"ready\n{away.line}\n" if away else "ready\n")

    @get("/healthz/mail", name="operation:mail")
    async def mail(self) -> Response[str]:
        stuck = await trouble.stuck(clock.now())
        # Anybody may ask, so the server's words stay on the desk and in `meridian doctor`.
        return _plain(f"{stuck.line}\n", 503) if stuck else _plain("mail: ok\n")

    @get("/healthz/files", name="operation:files")
    async def files(self, request: AnyRequest) -> Response[str]:
        away = await _storage(request).look(READY_WITHIN)
        # Anybody may ask, so why it is away stays on the desk and in `meridian doctor`.
        return _plain(f"{away.line}\n", 503) if away else _plain("files: ok\n")

    @get("/metrics", name="operation:metrics")
    async def metrics(self, request: AnyRequest) -> Response[str]:
        now, cache = clock.now(), request.app.state.page_cache
        answers: dict[tuple[tuple[str, str], ...], float] = {
            (("result", "hit"),): cache.hits,
            (("result", "miss"),): cache.misses,
        }
        found = [
            *await operation.mail_metrics(now),
            *await operation.job_metrics(now),
            Metric("meridian_page_cache_answers", "Shared pages answered.", "counter", answers),
            operation.store_metric(_storage(request).health.away, now),
            *operation.process_metrics(),
        ]
        return Response(operation.as_text(found), media_type="text/plain; version=0.0.4")

    @get("/robots.txt", name="operation:robots", sync_to_thread=False)
    def robots(self, request: AnyRequest) -> Response[str]:
        return Response(
            f"{ROBOTS}\n\nSitemap: {settings_of(request).base_url}/sitemap.xml\n",
            media_type=PLAIN,
            headers={"cache-control": "public, max-age=86400"},
        )

    @get("/favicon.ico", name="operation:icon", sync_to_thread=False)
    def icon(self) -> Response[bytes]:
        return Response(
            (asset_folder("static") / "img/meridian.svg").read_bytes(),
            media_type="image/svg+xml",
            headers={"cache-control": "public, max-age=86400"},
        )


def _storage(request: AnyRequest) -> Storage:
    storage: Storage = request.app.state.storage
    return storage


def _plain(text: str, status: int = 200) -> Response[str]:
    return Response(text, status_code=status, media_type=PLAIN, headers={"cache-control": "no-store"})
