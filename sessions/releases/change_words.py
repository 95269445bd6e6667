"""A change of the programme in a sentence, on the reader's clock and in their language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from conference import dates, texts
from conference.i18n import _, use_language
from sessions.releases.differences import Change, ChangeKind


def describe(change: Change, zone: str, language: str) -> str:
    """What happened, as one sentence without the session's title; times on the clock of ``zone``, the day with them."""

    def moment(iso: str) -> str:
        instant = datetime.fromisoformat(iso)
        day = dates.short_day(dates.local_date(instant, zone), language)
        return dates.day_and_time(day, dates.clock_time(instant, zone, language), language)

    def joined(moments: Iterable[str]) -> str:
        return "; ".join(moment(iso) for iso in moments)

    before: Any = change.get("before")
    after: Any = change.get("after")
    kind = change["kind"]
    with use_language(language):
        if kind == ChangeKind.NEW:
            return _("New: %(time)s.") % {"time": joined(after["starts"])}
        if kind == ChangeKind.SLOT_ADDED:
            return _("One more time: %(time)s.") % {"time": moment(after["start"])}
        if kind in (ChangeKind.MOVED, ChangeKind.LENGTH):
            if before["start"] == after["start"]:  # releases of an earlier version call this moved as well
                end = dates.clock_time(datetime.fromisoformat(after["end"]), zone, language)
                return _("Now ends at %(end)s (starts %(time)s as before).") % {
                    "end": end,
                    "time": moment(after["start"]),
                }
            if _minutes(before) != _minutes(after):
                return _("Moved from %(before)s to %(after)s, now %(length)s long.") % {
                    "before": moment(before["start"]),
                    "after": moment(after["start"]),
                    "length": dates.duration_words(_minutes(after), language),
                }
            return _("Moved from %(before)s to %(after)s.") % {
                "before": moment(before["start"]),
                "after": moment(after["start"]),
            }
        if kind == ChangeKind.ROOM_CHANGED:
            return _("Now in %(after)s, before in %(before)s.") % {
                "after": texts.pick(after, language),
                "before": texts.pick(before, language),
            }
        if kind == ChangeKind.RETITLED:
            return _("Was called “%(before)s”.") % {"before": texts.pick(before, language)}
        if kind == ChangeKind.SPEAKERS_CHANGED:
            return _speakers_words(before, after, change.get("renamed", []))
        if kind == ChangeKind.CANCELLED:
            return _("Cancelled (was %(time)s).") % {
                "time": joined(before.get("starts") or [before["start"]])
            }
        if kind == ChangeKind.REMOVED:
            return _("Taken off the programme (was %(time)s).") % {
                "time": joined(before.get("starts") or [before["start"]])
            }
        if kind == ChangeKind.RESTORED:
            return _("Takes place after all: %(time)s.") % {
                "time": joined(after.get("starts") or [after["start"]])
            }
        return _("Description or details changed.")


def _minutes(times: dict[str, str]) -> int:
    start, end = datetime.fromisoformat(times["start"]), datetime.fromisoformat(times["end"])
    return int((end - start).total_seconds() // 60)


def _speakers_words(before: list[str], after: list[str], renamed: list[list[str]]) -> str:
    old_names, new_names = [old for old, _new in renamed], [new for _old, new in renamed]
    come = [name for name in after if name not in before and name not in new_names]
    gone = [name for name in before if name not in after and name not in old_names]
    sentences = [
        _("%(before)s is now named %(after)s.") % {"before": old, "after": new} for old, new in renamed
    ]
    if come and gone:
        sentences.append(
            _("With %(come)s; no longer with %(gone)s.") % {"come": ", ".join(come), "gone": ", ".join(gone)}
        )
    elif come:
        sentences.append(_("Now also with %(come)s.") % {"come": ", ".join(come)})
    elif gone:
        sentences.append(_("No longer with %(gone)s.") % {"gone": ", ".join(gone)})
    return " ".join(sentences) or _("The order of the speakers changed.")
