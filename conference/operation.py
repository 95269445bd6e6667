"""Numbers for whoever runs the server, in the text format that Prometheus reads (version 0.0.4)."""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from piccolo.query.functions.aggregate import Count, Min

from conference.mail import trouble
from conference.store_health import Away
from conference.tables import Job, MailState, OutgoingMail


@dataclass(frozen=True)
class Metric:
    """One measured thing: its name, meaning and type, and its values by labels (("state", "sent"),)."""

    name: str
    meaning: str
    kind: str
    values: Mapping[tuple[tuple[str, str], ...], float]


def as_text(metrics: list[Metric]) -> str:
    """The metrics as lines ``name{label="value"} number``."""
    lines = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.meaning}", f"# TYPE {metric.name} {metric.kind}"]
        for labels, value in metric.values.items():
            inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
            shown = int(value) if float(value).is_integer() else round(value, 3)
            lines.append(f"{metric.name}{'{' + inside + '}' if inside else ''} {shown}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


async def mail_metrics(now: datetime) -> list[Metric]:
    """How many mails are in each state, and how long the oldest unsent one has waited, and whether mail is
    stuck. Five queries."""
    rows = await OutgoingMail.select(OutgoingMail.state, Count()).group_by(OutgoingMail.state)
    found = {row["state"]: row["count"] for row in rows}
    oldest = (
        await OutgoingMail.select(Min(OutgoingMail.created_at))
        .where(OutgoingMail.state.is_in([MailState.QUEUED.value, MailState.SENDING.value]))
        .first()
    )
    first = oldest["min"] if oldest else None
    if isinstance(
        first, str
    ):  # SQLite hands back what it stored, as an aggregate has no column to convert it
        first = datetime.fromisoformat(first)
    halt = await trouble.stuck(now)
    waited = max(0.0, (now - first).total_seconds()) if first else 0.0
    return [
        Metric(
            "meridian_mails",
            "Mails in the outbox by state.",
            "gauge",
            {(("state", state.value),): found.get(state.value, 0) for state in MailState},
        ),
        Metric(
            "meridian_mail_oldest_waiting_seconds",
            "Age of the oldest mail that has not left.",
            "gauge",
            {(): waited},
        ),
        Metric(
            "meridian_mail_stuck_seconds",
            "Since when no mail leaves, by what stands in the way; 0 while mail flows.",
            "gauge",
            {(("kind", halt.kind),): (now - halt.since).total_seconds()} if halt else {(): 0},
        ),
    ]


async def job_metrics(now: datetime) -> list[Metric]:
    """Since when each job has not run, and whether its last run failed. One query."""
    rows = await Job.select(Job.name, Job.last_run_at, Job.last_error)
    return [
        Metric(
            "meridian_job_last_run_seconds",
            "Time since the job last ran.",
            "gauge",
            {
                (("job", row["name"]),): (now - row["last_run_at"]).total_seconds()
                for row in rows
                if row["last_run_at"]
            },
        ),
        Metric(
            "meridian_job_failed",
            "1 when the job's last run ended in an error.",
            "gauge",
            {(("job", row["name"]),): 1 if row["last_error"] else 0 for row in rows},
        ),
    ]


def store_metric(away: Away | None, now: datetime) -> Metric:
    """Since when this process cannot use the store of files."""
    seconds = (now - away.since).total_seconds() if away else 0
    return Metric(
        "meridian_store_away_seconds",
        "Since when files cannot be reached; 0 while they can.",
        "gauge",
        {(): seconds},
    )


def process_metrics() -> list[Metric]:
    """Memory of this process."""
    return [
        Metric(
            "process_resident_memory_bytes",
            "Resident memory of this process.",
            "gauge",
            {(): resident_bytes()},
        )
    ]


def resident_bytes() -> int:
    """Resident memory now; where the system does not tell, the most it has been."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
