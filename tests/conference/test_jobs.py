"""Work beside the pages: shared by any number of processes, never lost, never twice at once."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

import pytest

from conference import clock, db, jobs
from conference.jobs import JobKind, run_due
from conference.tables import Job
from tests.makers import NOW

EVERY = timedelta(minutes=1)


class Counter:
    """A job that counts its runs and says what it is told to."""

    def __init__(self, *answers: int) -> None:
        self.runs: list[datetime] = []
        self._answers = list(answers)

    async def __call__(self, now: datetime) -> int:
        self.runs.append(now)
        return self._answers.pop(0) if self._answers else 0

    @property
    def kind(self) -> JobKind:
        return JobKind("count", EVERY, self)


async def test_a_job_runs_at_once_and_then_at_its_pace(database: db.Database) -> None:
    counter = Counter()
    runs_after = []
    for seconds in (0, 1, 59, 61, 62, 122):
        now = NOW + timedelta(seconds=seconds)
        with clock.fixed_at(now):
            await run_due([counter.kind], now)
        runs_after.append(len(counter.runs))
    assert runs_after == [1, 1, 1, 2, 2, 3]


async def test_a_job_that_found_work_looks_again_at_once(database: db.Database) -> None:
    counter = Counter(5, 3, 0)
    with clock.fixed_at(NOW):
        assert [await run_due([counter.kind], NOW) for _ in range(5)] == [5, 3, 0, 0, 0]
    assert len(counter.runs) == 3


async def test_many_processes_run_a_job_once(each_database: db.Database) -> None:
    counter = Counter()
    with clock.fixed_at(NOW):
        await asyncio.gather(*(run_due([counter.kind], NOW) for _ in range(6)))
    assert len(counter.runs) == 1
    assert await Job.count() == 1


async def test_a_killed_process_s_job_is_taken_up_when_its_lease_ends(database: db.Database) -> None:
    await Job(name="count", run_at=NOW, lease_until=NOW + jobs.LEASE).save()
    counter = Counter()
    for wait, runs in ((timedelta(), 0), (jobs.LEASE - timedelta(seconds=1), 0), (jobs.LEASE, 1)):
        with clock.fixed_at(NOW + wait):
            await run_due([counter.kind], NOW + wait)
        assert len(counter.runs) == runs


async def test_a_failed_job_is_noted_logged_and_stops_no_other(
    database: db.Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(now: datetime) -> int:
        raise RuntimeError("the printer is on fire")

    counter = Counter()
    with clock.fixed_at(NOW), caplog.at_level(logging.ERROR, "meridian.jobs"):
        await run_due([JobKind("burn", EVERY, fail), counter.kind], NOW)
    assert len(counter.runs) == 1
    assert "burn" in caplog.text
    row = await Job.objects().where(Job.name == "burn").first()
    assert row is not None
    assert row.last_error == "RuntimeError: the printer is on fire"
    assert row.run_at == NOW + EVERY
    assert row.lease_until is None


async def test_a_cured_job_forgets_its_error(database: db.Database) -> None:
    await Job(name="count", run_at=NOW, last_error="RuntimeError").save()
    with clock.fixed_at(NOW):
        await run_due([Counter().kind], NOW)
    row = await Job.objects().first()
    assert row is not None
    assert (row.last_error, row.last_run_at) == ("", NOW)


async def test_a_server_that_stops_gives_its_job_back_at_once(database: db.Database) -> None:
    began = asyncio.Event()

    async def never_done(now: datetime) -> int:
        began.set()
        await asyncio.sleep(3600)
        return 0

    with clock.fixed_at(NOW):
        task = asyncio.create_task(run_due([JobKind("count", EVERY, never_done)], NOW))
        await began.wait()
        counter = Counter()
        await run_due([counter.kind], NOW)
        assert counter.runs == []  # it is leased
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await run_due([counter.kind], NOW)
    assert counter.runs == [NOW]


async def test_who_overslept_the_lease_leaves_the_row_to_its_successor(database: db.Database) -> None:
    later = NOW + jobs.LEASE + timedelta(seconds=1)
    successor = Counter(1)

    async def oversleep(now: datetime) -> int:
        with clock.fixed_at(later):
            assert await run_due([successor.kind], later) == 1
        raise RuntimeError("too late")

    with clock.fixed_at(NOW):
        await run_due([JobKind("count", EVERY, oversleep)], NOW)
    row = await Job.objects().first()
    assert row is not None
    assert (row.last_run_at, row.last_error, row.run_at) == (later, "", later)


async def test_waking_ends_the_wait(database: db.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "IDLE_SECONDS", 30.0)
    ran = asyncio.Event()

    async def work(now: datetime) -> int:
        ran.set()
        return 0

    task = asyncio.create_task(jobs.run_forever([JobKind("work", timedelta(0), work)]))
    try:
        await asyncio.wait_for(ran.wait(), 5)
        ran.clear()
        await asyncio.sleep(0.05)
        jobs.wake()
        await asyncio.wait_for(ran.wait(), 5)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_long_job_keeps_no_other_waiting(database: db.Database) -> None:
    begun, quick, done = asyncio.Event(), Counter(0, 0, 0, 0), asyncio.Event()

    async def long(_now: datetime) -> int:
        begun.set()
        await done.wait()
        return 0

    kinds = [JobKind("long", EVERY, long, is_long=True), JobKind("quick", timedelta(0), quick)]
    task = asyncio.create_task(jobs.run_forever(kinds))
    await asyncio.wait_for(begun.wait(), 5)
    async with asyncio.timeout(5):
        while len(quick.runs) < 3:
            jobs.wake()
            await asyncio.sleep(0)
    done.set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not jobs._wakes
