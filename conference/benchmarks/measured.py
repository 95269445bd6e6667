"""The application with what each answer cost written into its headers: for measuring alone, one request at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message as Headers
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from conference.db.shared import count_queries
from conference.settings import Settings

COST = "x-bench-cost"
ROUTE = "x-bench-route"


@dataclass(frozen=True)
class Cost:
    """What an answer cost the server. Of one that is sent while it is made: until it began.

    ``processor_ms`` is the process's own time, with SQLite's in it; ``database_ms`` that of another process that is the
    database: how long it was waited for, unless somebody knows better.
    """

    processor_ms: float
    database_ms: float
    queries: int

    @property
    def ms(self) -> float:
        """All of it."""
        return self.processor_ms + self.database_ms


def read_cost(headers: Headers) -> Cost:
    """What the headers of an answer say. Raises ValueError when they do not come from ``Measured``."""
    processor, database, queries = headers.get(COST, "").split()
    return Cost(float(processor), float(database), int(queries))


def measured(make_app: Callable[[Settings], Any], settings: Settings) -> ASGIApp:
    """``make_app``'s application, measured."""
    return Measured(make_app(settings))


class Measured:
    """Keeps an answer that comes in one piece until all of it is made, and says what that cost."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) != "http":
            await self._app(scope, receive, send)
            return
        head: list[Message] = []
        with count_queries() as count:
            began = time.process_time()

            async def tell(message: Message) -> None:
                if message["type"] == "http.response.start":
                    head.append(message)
                    return
                if head:
                    processor = 1000 * (time.process_time() - began)
                    cost = f"{processor:.3f} {1000 * count.seconds:.3f} {count.total}"
                    start: Any = head.pop()
                    route = str(scope.get("path_template", ""))
                    start["headers"] = [
                        *start["headers"],
                        (COST.encode(), cost.encode()),
                        (ROUTE.encode(), route.encode()),
                    ]
                    await send(start)
                await send(message)

            await self._app(scope, receive, tell)
