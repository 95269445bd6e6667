"""Registrations over time and by country: counted in the database, drawn as bars. The drawing is pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from conference import dates
from conference.tables import Conference
from registration.desk.filters import Filter
from registration.desk.lists import meant, rows_of

MOST_DAYS = 62  # beyond that, a bar stands for a week
MOST_COUNTRIES = 25  # bars; the table has them all
WIDTH, HEIGHT = 640, 160  # of the drawing over time, in its own units
BAR_WIDTH = 320  # of the longest bar by country


async def counted(
    conference: Conference, wanted: Filter, now: datetime
) -> tuple[dict[date, int], dict[str, int]]:
    """How many of those the filter means registered on each day of the conference's zone, and how many come from each
    country, most first. Two queries, whose answers are as long as the time and the world, not the list.

    Counted by the quarter of an hour: no zone's midnight is within one."""
    test = meant(conference, wanted, now)
    # Both engines write the same first sixteen characters of an instant: 2026-06-25 09:15, in UTC.
    written = "CAST(registration.created_at AS VARCHAR)"
    quarter = f"SUBSTR({written}, 1, 13) AS hour, CAST(SUBSTR({written}, 15, 2) AS INTEGER) / 15 AS quarter"
    per_day: Counter[date] = Counter()
    for row in await rows_of(f"{quarter}, COUNT(*) AS number", test, "GROUP BY 1, 2"):
        moment = datetime.fromisoformat(f"{row['hour']}:{15 * row['quarter']:02}+00:00")
        per_day[dates.local_date(moment, conference.zone)] += row["number"]
    countries = "registration.country AS country, COUNT(*) AS number"
    per_country = {row["country"]: row["number"] for row in await rows_of(countries, test, "GROUP BY 1")}
    by_number = sorted(per_country.items(), key=lambda pair: (-pair[1], pair[0]))
    return dict(sorted(per_day.items())), dict(by_number)


@dataclass(frozen=True)
class Span:
    """A day, or a week that begins on ``first``: how many registered in it, and how many had by its end."""

    first: date
    last: date
    number: int
    so_far: int


def spans(per_day: Mapping[date, int]) -> list[Span]:
    """Every day from the first to the last, those without anybody as well; weeks from Monday when the days are many."""
    if not per_day:
        return []
    first, last = min(per_day), max(per_day)
    step = 1
    if (last - first).days >= MOST_DAYS:
        step, first = 7, first - timedelta(days=first.weekday())
    made: list[Span] = []
    so_far, day = 0, first
    while day <= last:
        number = sum(per_day.get(day + timedelta(days=offset), 0) for offset in range(step))
        so_far += number
        made.append(Span(day, day + timedelta(days=step - 1), number, so_far))
        day += timedelta(days=step)
    return made


@dataclass(frozen=True)
class Bar:
    """A bar of a drawing, in its units."""

    x: float
    y: float
    width: float
    height: float


def columns(numbers: Sequence[int]) -> list[Bar]:
    """Upright bars side by side, the highest as high as the drawing."""
    top, step = max(numbers, default=0) or 1, WIDTH / max(len(numbers), 1)
    wide = min(step * 0.8, 40)
    return [
        Bar(
            round(index * step + (step - wide) / 2, 1),
            round(HEIGHT - number / top * HEIGHT, 1),
            round(wide, 1),
            round(number / top * HEIGHT, 1),
        )
        for index, number in enumerate(numbers)
    ]


def lengths(numbers: Sequence[int]) -> list[float]:
    """How long the lying bars are, the longest as long as the drawing allows."""
    top = max(numbers, default=0) or 1
    return [round(number / top * BAR_WIDTH, 1) for number in numbers]
