"""How long processes have had a processor for themselves. Linux only: elsewhere nothing is known."""

from __future__ import annotations

from pathlib import Path


def children_of(pid: int) -> list[int]:
    """The processes that this one has started."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in found]


def processor_ms(pid: int) -> float | None:
    """What the process and those it has started have used so far, in milliseconds; None where nothing is known."""
    times = [_used(one) for one in (pid, *children_of(pid))]
    known = [time for time in times if time is not None]
    return sum(known) if known else None


def _used(pid: int) -> float | None:
    try:
        # Documentation/scheduler/sched-stats.rst: nanoseconds on a processor come first.
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1_000_000
    except (OSError, ValueError, IndexError):  # ended meanwhile, or another system
        return None
