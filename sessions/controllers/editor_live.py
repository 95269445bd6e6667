"""The stream that tells an open schedule editor what others change."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from litestar import Controller, get
from litestar.channels import ChannelsPlugin
from litestar.di import NamedDependency
from litestar.response import ServerSentEvent, ServerSentEventMessage

from conference.guards import AT_THE_DESK, requires
from conference.tables import Conference
from conference.team import Permission
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest
from sessions.schedule.live import DraftNews, draft_version, follow_draft

COME_BACK_AFTER = 2_000  # milliseconds until a browser whose line broke tries again


class EditorLiveController(Controller):
    path = "/organise/{slug:str}/schedule"
    guards = (requires(Permission.SEE),)
    dependencies = AT_THE_DESK

    @get("/events", name="editor:events")
    async def events(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        channels: NamedDependency[ChannelsPlugin],
    ) -> ServerSentEvent:
        # A browser that comes back says itself what it has seen last.
        asked = str(request.headers.get("last-event-id") or request.query_params.get("since", ""))
        since = int(asked) if asked.isdecimal() and asked.isascii() and len(asked) < 18 else None
        if since is None:
            since = await draft_version(conference.id)
        return ServerSentEvent(
            _as_events(
                follow_draft(channels, conference.id, since, lasts=request.app.state.stream_lasts),
                organiser.id,
            ),
        )


async def _as_events(
    news: AsyncIterator[DraftNews | None], organiser_id: int
) -> AsyncIterator[ServerSentEventMessage]:
    async for one in news:
        if one is None:
            yield ServerSentEventMessage(event="here", data="", retry=COME_BACK_AFTER)
            continue
        told = {
            "version": one.version,
            "slots": one.slots,
            "actor": one.actor,
            "mine": one.organiser == organiser_id,
        }
        yield ServerSentEventMessage(
            event="draft", id=str(one.version), data=json.dumps(told, ensure_ascii=False)
        )
