"""Whether this process has been told to stop: what answers for minutes must end of its own accord, or it is waited for."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LOOK_SECONDS = 0.5
_END_SECONDS = 20.0  # how long requests under way may take, and a little

_is_asked = False
_waiting: set[asyncio.Event] = set()


def is_asked() -> bool:
    """Whether the process is to stop."""
    return _is_asked


def ask() -> None:
    """Let everything end that would go on for long. Call it on the event loop's thread."""
    global _is_asked
    _is_asked = True
    for event in _waiting:
        event.set()


@contextmanager
def woken_by_stop(event: asyncio.Event) -> Iterator[None]:
    """While in here, ``event`` is set when the process is told to stop."""
    _waiting.add(event)
    try:
        yield
    finally:
        _waiting.discard(event)


def listen_for_signals() -> None:
    """Notice SIGTERM and SIGINT beside the server, which goes on hearing them by the event loop's own way."""
    loop = asyncio.get_running_loop()

    def notice(_number: int, _frame: Any) -> None:
        loop.call_soon_threadsafe(ask)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, notice)


def stop_with(parent: int) -> None:
    """Have this server process end when ``parent``, the process that started it, is gone.

    Otherwise it would serve on alone and hold the port, so that nobody could start the server again. It looks rather
    than asks the system for a signal (prctl(2)): while the application is loading, nobody here hears SIGTERM, and the
    one signal would be lost.
    """
    threading.Thread(target=_look_after, args=(parent,), daemon=True, name="parent").start()


def _look_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    for _turn in range(int(_END_SECONDS / _LOOK_SECONDS)):
        os.kill(os.getpid(), signal.SIGTERM)  # again and again, until somebody hears it
        time.sleep(_LOOK_SECONDS)
    os._exit(1)
