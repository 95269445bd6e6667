"""Our calendar files as other programs read them: icalendar, vobject, libical and ical.js.

Each says the same of a file, or raises: vobject and libical also refuse what the standards do not allow.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import icalendar
from playwright.async_api import Browser, Page

from tests import libical

ICAL_JS = Path(__file__).parent / "vendor" / "ical.js" / "ical.min.js"


class Event(NamedTuple):
    """An event as a reader has it. Times are seconds since 1970; ``status`` is "" where it says none."""

    uid: str
    start: int
    end: int
    title: str
    description: str
    sequence: int
    status: str


def by_icalendar(body: bytes) -> list[Event]:
    return [
        Event(
            str(event["UID"]),
            int(event.decoded("DTSTART").timestamp()),
            int(event.decoded("DTEND").timestamp()),
            str(event["SUMMARY"]),
            str(event["DESCRIPTION"]),
            int(event.decoded("SEQUENCE")),
            str(event.get("STATUS", "")),
        )
        for event in icalendar.Calendar.from_ical(body).walk("VEVENT")
    ]


def by_vobject(body: bytes) -> list[Event]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses what newer Pythons deprecate
        import vobject

        calendar = vobject.readOne(body.decode())
        calendar.validate(raiseException=True)
        return [
            Event(
                event.uid.value,
                int(event.dtstart.value.timestamp()),
                int(event.dtend.value.timestamp()),
                event.summary.value,
                event.description.value,
                int(event.sequence.value),
                event.status.value if "status" in event.contents else "",
            )
            for event in calendar.contents.get("vevent", [])
        ]


def by_libical(body: bytes) -> list[Event]:
    calendar = libical.Calendar(body)
    if faults := calendar.faults():
        raise ValueError(f"libical does not allow it: {faults[:5]}")
    return [Event(*facts) for facts in calendar.events()]


_READ = """(text) => {
  const whole = new ICAL.Component(ICAL.parse(text));
  return whole.getAllSubcomponents('vevent').map((one) => new ICAL.Event(one)).map((event) => [
    event.uid, event.startDate.toUnixTime(), event.endDate.toUnixTime(), event.summary, event.description,
    event.sequence, event.component.getFirstPropertyValue('status') || '']);
}"""
_LOAD = """async (source) => {
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  window.ICAL = (await import(address)).default;
}"""


class Readers:
    """Every reader at once."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def read(self, body: bytes) -> list[Event]:
        """What all of them say of the file, in the order of start and UID. Fails where one says something else."""
        said = sorted(by_icalendar(body), key=_order)
        others: dict[str, Callable[[bytes], list[Event]]] = {"vobject": by_vobject, "libical": by_libical}
        answers = {name: read(body) for name, read in others.items()}
        answers["ical.js"] = [Event(*facts) for facts in await self._page.evaluate(_READ, body.decode())]
        for name, answer in answers.items():
            assert sorted(answer, key=_order) == said, name
        return said


def _order(event: Event) -> tuple[int, str]:
    return event.start, event.uid


@asynccontextmanager
async def every_reader(chromium: Browser) -> AsyncIterator[Readers]:
    """The readers, those in the browser in a zone far from everyone's."""
    context = await chromium.new_context(timezone_id="America/Caracas")
    try:
        page = await context.new_page()
        await page.evaluate(_LOAD, ICAL_JS.read_text())
        yield Readers(page)
    finally:
        await context.close()
