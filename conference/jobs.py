"""Work that goes on beside the pages: mail, invites owed after a release, retention.

Jobs run inside the web process by default or in ``meridian worker``. Each has a row with a lease, so that any number
of processes share the work and a killed one's work is taken up when its lease ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from conference import clock
from conference.tables import Job

logger = logging.getLogger("meridian.jobs")
LEASE = timedelta(minutes=1)
IDLE_SECONDS = 2.0

Work = Callable[[datetime], Awaitable[int]]


@dataclass(frozen=True)
class JobKind:
    """A recurring piece of work. ``run(now)`` does a bounded amount and returns how much it did (0 = nothing due).

    What takes more than a moment ``is_long``: it goes on beside the others, and no mail waits for it.
    """

    name: str
    every: timedelta
    run: Work
    is_long: bool = False


_wakes: set[asyncio.Event] = set()


def wake() -> None:
    """Something is due: the jobs of this process look at once instead of at their next turn."""
    for event in _wakes:
        event.set()


async def run_due(kinds: Sequence[JobKind], now: datetime) -> int:
    """Run each job that is due and not leased elsewhere, once; returns how much work was done."""
    done = 0
    for kind in kinds:
        if await _lease(kind, now):
            done += await _run(kind, now)
    return done


async def run_forever(kinds: Sequence[JobKind]) -> None:
    """Run jobs until cancelled: the quick ones in turn, and beside them the long ones in turn."""
    lanes = [[kind for kind in kinds if kind.is_long is is_long] for is_long in (False, True)]
    async with asyncio.TaskGroup() as group:  # which, cancelled, waits for both to put away what they hold
        for lane in lanes:
            if lane:
                group.create_task(_run_in_turn(lane))


async def _run_in_turn(kinds: Sequence[JobKind]) -> None:
    wake_up = asyncio.Event()
    _wakes.add(wake_up)
    try:
        while True:
            wake_up.clear()
            try:
                busy = await run_due(kinds, clock.now())
            except asyncio.CancelledError:
                raise
            except Exception:  # the outermost edge of the loop: a database away for a moment must not end it
                logger.exception("jobs could not be looked up")
                busy = 0
            if busy:
                await asyncio.sleep(0.05)  # let requests in between batches
                continue
            try:
                await asyncio.wait_for(wake_up.wait(), IDLE_SECONDS)
            except TimeoutError:
                continue
    finally:
        _wakes.discard(wake_up)


async def _lease(kind: JobKind, now: datetime) -> bool:
    row = await Job.objects().where(Job.name == kind.name).first()
    if row is None:
        first = Job(name=kind.name, run_at=now)
        await Job.insert(first).on_conflict(target=Job.name, action="DO NOTHING")
    elif row.run_at > now or (row.lease_until is not None and row.lease_until > now):
        return False
    # One statement that asks again, since another process may have taken the job, or even finished it, meanwhile.
    is_free = Job.lease_until.is_null() | (Job.lease_until <= now)
    taken = (
        await Job.update({Job.lease_until: now + LEASE})
        .where((Job.name == kind.name) & (Job.run_at <= now) & is_free)
        .returning(Job.id)
    )
    return bool(taken)


async def _run(kind: JobKind, now: datetime) -> int:
    done, error = 0, ""
    # Who overslept the lease leaves the row to the process that has it now.
    is_ours = (Job.name == kind.name) & (Job.lease_until == now + LEASE)
    try:
        done = await kind.run(now)
    except asyncio.CancelledError:  # the server stops: whoever starts next need not wait for the lease to end
        await Job.update({Job.lease_until: None}).where(is_ours)
        raise
    except Exception as caught:  # the outermost edge of a job: logged, recorded, tried again at its next turn
        logger.exception("job %s failed", kind.name)
        error = f"{type(caught).__name__}: {caught}"[:500]
    # A job that found work looks again at once.
    next_run = clock.now() if done else clock.now() + kind.every
    await Job.update(
        {Job.run_at: next_run, Job.lease_until: None, Job.last_run_at: now, Job.last_error: error}
    ).where(is_ours)
    return done
