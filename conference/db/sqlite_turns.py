"""Who may write to the SQLite file: one after the other, and several short transactions under one COMMIT.

A COMMIT waits for the disk, longer than most transactions take. So those that say they are short share one: each is a
savepoint in a transaction begun with BEGIN IMMEDIATE, and is over for its caller when the COMMIT of all is. What one of
them raises undoes its own savepoint only; what goes wrong with the COMMIT goes wrong for all.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from conference.db.shared import DatabaseBusy, until_done
from conference.db.sqlite_connections import Connection

MOST_TOGETHER = 16  # transactions under one COMMIT
LONGEST_TOGETHER = 0.025  # seconds until the first of them is not made to wait for more
REST_SECONDS = 0.005  # what another process that is waiting needs to see that the file is free
CROWDED_SECONDS = 1.0  # so long after it was not, others are thought to be waiting

_SAVEPOINT = "turn"


@dataclass
class Together:
    """A transaction on the connection, of one or of several who are short."""

    is_open: bool  # whether others may join
    began_at: float = field(default_factory=time.monotonic)
    members: int = 0
    failure: BaseException | None = None  # why all of it was undone
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def takes_more(self) -> bool:
        """Whether one more may join, seen from when a member leaves."""
        is_young = time.monotonic() - self.began_at < LONGEST_TOGETHER
        return self.is_open and self.failure is None and self.members < MOST_TOGETHER and is_young


class Turns:
    """The turns on the one connection that writes, given in the order of asking."""

    def __init__(self, writer: Connection) -> None:
        self._writer = writer
        self._is_taken = False
        self._waiting: deque[tuple[asyncio.Future[None], bool]] = deque()
        self._together: Together | None = None
        self._ending: asyncio.Task[None] | None = None  # kept: the event loop alone would not
        self._crowded_until = 0.0

    async def begin(self, *, is_short: bool) -> Together:
        """Wait for a turn and begin a transaction, or a part of the one under way. Raises DatabaseBusy."""
        await self._wait(is_short=is_short)
        try:
            if self._together is None:
                await self._begin_immediate()
                self._together = Together(is_short)
            if is_short:
                self._writer.at_once(f"SAVEPOINT {_SAVEPOINT}")
            self._together.members += 1
        except BaseException:
            self._give_up()
            raise
        return self._together

    async def end(self, together: Together, failure: BaseException | None) -> None:
        """End the transaction, or the part of it, which ``failure`` undoes.

        Returns once it is on the disk, and raises what kept it from getting there. Cancelled, it still sees to that.
        """
        try:
            if together.is_open:
                self._end_part(together, failure)
            elif failure is not None:
                together.failure = failure
        except BaseException as error:  # the part may stand half undone: nothing of it all may be kept
            together.failure = error
            raise
        finally:
            self._leave(together)
        if failure is None:
            await until_done(together.done)
        elif not together.is_open:
            await asyncio.wait([together.done])

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """A turn without a transaction: for one statement, or to close."""
        await self._wait(is_short=False)
        try:
            yield
        finally:
            self._next()

    async def _wait(self, *, is_short: bool) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((granted, is_short))
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():  # it came just now, and must not be lost
                self._give_up()
            raise

    async def _begin_immediate(self) -> None:
        if time.monotonic() < self._crowded_until:
            await asyncio.sleep(REST_SECONDS)
        try:
            self._writer.at_once("BEGIN IMMEDIATE")
        except DatabaseBusy:  # another process is writing: wait for it in the thread
            self._crowded_until = time.monotonic() + CROWDED_SECONDS
            await self._writer.execute("BEGIN IMMEDIATE")

    def _end_part(self, together: Together, failure: BaseException | None) -> None:
        if not self._writer.in_transaction:  # SQLite has undone all of it by itself, as when the disk is full
            together.failure = failure or sqlite3.OperationalError("the transaction was undone")
            return
        if failure is not None:
            self._writer.at_once(f"ROLLBACK TO {_SAVEPOINT}")
        self._writer.at_once(f"RELEASE {_SAVEPOINT}")

    def _give_up(self) -> None:
        """Pass on a turn that nothing came of: perhaps others are in the transaction, perhaps none has begun."""
        self._leave(self._together or Together(is_open=False, failure=asyncio.CancelledError()))

    def _leave(self, together: Together) -> None:
        while self._waiting and self._waiting[0][0].done():  # cancelled
            self._waiting.popleft()
        if together.takes_more() and self._waiting and self._waiting[0][1]:
            self._next()  # who joins, and ends it or passes it on
            return
        self._ending = asyncio.ensure_future(self._finish(together))

    async def _finish(self, together: Together) -> None:
        try:
            if together.failure is None:
                await self._writer.execute("COMMIT")
        except BaseException as error:
            together.failure = error
        if together.failure is not None:
            with contextlib.suppress(Exception):  # a connection that is lost has undone it
                await self._writer.roll_back()
        self._together = None
        self._next()
        if together.failure is None:
            together.done.set_result(None)
        else:
            together.done.set_exception(together.failure)
            together.done.exception()  # looked at: perhaps nobody waits for it

    def _next(self) -> None:
        while self._waiting:
            granted, _is_short = self._waiting.popleft()
            if not granted.done():
                granted.set_result(None)
                return
        self._is_taken = False
