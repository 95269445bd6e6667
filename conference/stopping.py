"""Whether this process has been told to stop: what answers for minutes must end of its own accord, or it is waited for."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_PR_SET_PDEATHSIG = 1  # prctl(2)

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
    """Have this server process told to stop when ``parent``, the process that started it, is killed.

    Otherwise it would serve on alone and hold the port, so that nobody could start the server again. On systems
    without prctl(2) whoever kills the parent has to end the rest as well.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed before we asked
            os.kill(os.getpid(), signal.SIGTERM)
