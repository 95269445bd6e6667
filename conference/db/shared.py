"""What both database engines have in common: whose transaction it is, counting, waiting, and what can go wrong."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar

from conference.errors import DomainError

Result = TypeVar("Result")


class DatabaseBusy(DomainError):
    """Another process held what this transaction needed for too long, or the two stood in each other's way.

    Nothing was written; the person (or the job) may try again. Nothing here tries again unasked.
    """

    http_status: ClassVar[int] = 503


class MayEnd(Protocol):
    """A transaction that knows whether it is over."""

    ended: bool


Transaction = TypeVar("Transaction", bound=MayEnd)


class CurrentTransaction:
    """The transaction the running task is in; takes the place of Piccolo's plain ContextVar.

    A task started inside a transaction inherits the variable and may outlive the transaction. It must not then
    write into whatever the connection is used for next, so a transaction that has ended counts as none.
    """

    def __init__(self, name: str) -> None:
        self._variable: ContextVar[MayEnd | None] = ContextVar(name, default=None)

    def get(self, _default: MayEnd | None = None) -> MayEnd | None:
        """The transaction to join, or None."""
        transaction = self._variable.get()
        return None if transaction is None or transaction.ended else transaction

    def set(self, transaction: MayEnd) -> Token[MayEnd | None]:
        """Make this the running task's transaction."""
        return self._variable.set(transaction)

    def reset(self, token: Token[MayEnd | None]) -> None:
        """Go back to what was before ``set``."""
        # ValueError: entered in one task and left in another (a test fixture). The ended one counts as none anyway.
        with contextlib.suppress(ValueError):
            self._variable.reset(token)


@dataclass
class QueryCount:
    """The statements sent within a ``count_queries()`` block; BEGIN and COMMIT are not among them.

    ``seconds`` is how long they were waited for where another process is the database, all together.
    """

    sql: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """How many statements."""
        return len(self.sql)


_counts: ContextVar[tuple[QueryCount, ...]] = ContextVar("query_counts", default=())


@contextmanager
def count_queries() -> Iterator[QueryCount]:
    """Count the statements that this task, and those it starts, send to the database."""
    count = QueryCount()
    token = _counts.set((*_counts.get(), count))
    try:
        yield count
    finally:
        _counts.reset(token)


def note_query(sql: str) -> None:
    """Add a statement to every count it belongs to."""
    for count in _counts.get():
        count.sql.append(sql)


@contextmanager
def timed_query(sql: str) -> Iterator[None]:
    """Add a statement that runs within the block, and how long that takes, to every count it belongs to."""
    note_query(sql)
    began = time.perf_counter()
    try:
        yield
    finally:
        for count in _counts.get():
            count.seconds += time.perf_counter() - began


async def until_done(future: asyncio.Future[Result]) -> Result:
    """The future's result. A cancelled caller still waits for the end before the cancellation goes on its way.

    For work that has begun and cannot be taken back, such as a statement running on a connection.
    """
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([future])
        if not future.cancelled():
            future.exception()  # looked at, so that asyncio does not report it as forgotten
        raise


Rows = list[dict[str, Any]]
