"""The HTTP server: granian around the application, one process or several, started and stopped calmly."""

from __future__ import annotations

import errno
import gc
import logging
import multiprocessing
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from litestar.exceptions import LitestarException
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from conference import db, stopping
from conference.errors import BadSetting, DomainError
from conference.settings import Settings

logger = logging.getLogger("meridian.web")
STOP_SECONDS = 15  # how long requests under way may take once the server is told to stop
BACKLOG = 1024
ANNOUNCE_TURNS = 500

MakeApp = Callable[[Settings], Any]


def serve_forever(settings: Settings, make_app: MakeApp) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered first.

    ``make_app`` is called in each server process, with the database bound there. It is a function of a module, since
    some systems pass it to the processes by name. Raises BadSetting when the address cannot be listened on.
    """
    address = listening_address(settings)
    announced = multiprocessing.Value("b", 0)
    gc.collect()
    gc.freeze()  # forked processes share what is loaded by now: the collector must not touch it
    server = Server(
        "meridian",
        address=address,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        backlog=BACKLOG,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.serve(target_loader=partial(_load, settings, make_app, announced, os.getpid()), wrap_loader=False)


def listening_address(settings: Settings) -> str:
    """The IP address to listen on. Raises BadSetting, naming the variable, when there is none or it is taken.

    Asked beforehand, because the server's own sockets share a port with whoever else shares it.
    """
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise BadSetting("MERIDIAN_HOST", f"“{settings.host}” cannot be found: {error.strerror}") from error
    family, _kind, _protocol, _name, place = found[0]
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":  # there it would mean what SO_REUSEPORT means here
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                reason = f"{settings.port} is taken by another program; set it to a free port"
                raise BadSetting("MERIDIAN_PORT", reason) from error
            if error.errno in (errno.EACCES, errno.EPERM):
                reason = f"{settings.port} may not be used by this account; ports from 1024 on may"
                raise BadSetting("MERIDIAN_PORT", reason) from error
            raise BadSetting(
                "MERIDIAN_HOST", f"“{settings.host}” cannot be listened on: {error.strerror}"
            ) from error
    return str(place[0])


def _load(settings: Settings, make_app: MakeApp, announced: Any, parent: int) -> ASGIApp:
    stopping.stop_with(parent)
    db.bind(db.make_engine(settings.database_url, settings.data_dir))
    app = make_app(settings)
    gc.freeze()
    gc.enable()
    return _Announced(app, settings, announced)


class _Announced:
    """The application; says where it can be found once it is ready, in one process of several."""

    def __init__(self, app: ASGIApp, settings: Settings, announced: Any) -> None:
        self._app = app
        self._settings = settings
        self._announced = announced

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) != "lifespan":  # a type that Litestar's Scope leaves out
            await self._answer(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            await send(message)
            if str(message["type"]) == "lifespan.startup.complete":
                stopping.listen_for_signals()
                threading.Thread(target=self._announce, daemon=True).start()

        await self._app(scope, receive, tell)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except LitestarException as error:
            # The answer had begun: that it ends short of its length tells its reader. Why is known, and no fault of ours.
            refusal = _what_failed(error)
            if not isinstance(refusal, DomainError):
                raise
            logger.warning("%s broke off: %s", scope.get("path", ""), refusal.message)

    def _announce(self) -> None:
        # The server begins to listen after the application has started, and does not say when.
        place = (self._settings.host, self._settings.port)
        for _turn in range(ANNOUNCE_TURNS):
            with suppress(OSError), socket.create_connection(place, timeout=1):
                break
            time.sleep(0.01)
        with self._announced.get_lock():
            is_first, self._announced.value = not self._announced.value, 1
        if is_first:
            print(f"Meridian is ready at {self._settings.base_url}/", flush=True)


def _what_failed(error: BaseException) -> BaseException:
    """What lies at the bottom: the framework wraps it once for each layer, and again where a streamed answer has tasks."""
    while True:
        if isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        elif isinstance(error, LitestarException) and error.__cause__ is not None:
            error = error.__cause__
        else:
            return error
