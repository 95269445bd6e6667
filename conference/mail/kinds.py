"""The kinds of mail whose words a team may write itself: what each is, its placeholders, and facts to try them with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conference.i18n import _, lazy
from conference.mail import link_ref

EVERYWHERE = ("name", "conference", "details")
"""Placeholders of every kind. ``details`` is the built-in mail without its greeting and its footer."""


@dataclass(frozen=True)
class Kind:
    """A kind of mail. ``own`` are the placeholders it has beside those of every mail; of ``needed`` each must stand in
    the words, unless ``details`` does. ``facts`` are an example's payload beside what the conference says."""

    name: str
    title: str  # marked for the catalogues; pass it to ``_`` when shown
    group: str  # "attendees" or "speakers"
    own: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    has_session: bool = False

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Every placeholder that may stand in the words."""
        return (*EVERYWHERE, *(("session",) if self.has_session else ()), *self.own)

    def missing(self, body: str) -> list[str]:
        """Placeholders without which a mail in these words would be of no use to its reader, in curly brackets."""
        if "{details}" in body:
            return []
        return [f"{{{name}}}" for name in self.needed if f"{{{name}}}" not in body]


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "registration-confirm",
            lazy("Please confirm"),
            "attendees",
            ("link", "until", "seats", "waiting"),
            ("link",),
        ),
        Kind(
            "registration-confirmed",
            lazy("Registration confirmed"),
            "attendees",
            ("opening", "seats", "waiting", "link", "feed"),
            ("link",),
        ),
        Kind(
            "registration-imported",
            lazy("Registered by the organisers"),
            "attendees",
            ("opening", "seats", "waiting", "link", "feed"),
            ("link",),
        ),
        Kind(
            "registration-link",
            lazy("Link to a registration"),
            "attendees",
            ("step", "link", "until"),
            ("link",),
        ),
        Kind("registration-withdrawn", lazy("Registration withdrawn"), "attendees", ("seats", "link")),
        Kind("invite", lazy("Calendar invitation"), "attendees", needed=("details",), has_session=True),
        Kind("invite-updated", lazy("Calendar update"), "attendees", needed=("details",), has_session=True),
        Kind(
            "invite-cancelled",
            lazy("Calendar cancellation"),
            "attendees",
            needed=("details",),
            has_session=True,
        ),
        Kind(
            "invite-declined",
            lazy("Question about a declined invitation"),
            "attendees",
            needed=("details",),
            has_session=True,
        ),
        Kind(
            "invite-countered",
            lazy("Answer to another time proposed"),
            "attendees",
            needed=("details",),
            has_session=True,
        ),
        Kind("waitlist-confirm", lazy("Waiting list: please confirm"), "attendees", needed=("details",)),
        Kind("waitlist-joined", lazy("On the waiting list"), "attendees", needed=("details",)),
        Kind("place-offer", lazy("Offer of a place"), "attendees", needed=("details",)),
        Kind("place-lapsed", lazy("Offer of a place has lapsed"), "attendees", needed=("details",)),
        Kind("waitlist-offer", lazy("Offer of a seat"), "attendees", needed=("details",), has_session=True),
        Kind("agenda-invites", lazy("Changes of an agenda"), "attendees", needed=("details",)),
        Kind("release-digest", lazy("Changes after a release"), "attendees", needed=("details",)),
        Kind("session-reminder", lazy("Reminder of a session"), "attendees", needed=("details",)),
        Kind("day-digest", lazy("A person’s day"), "attendees", needed=("details",)),
        Kind("registration-refused", lazy("Registration refused"), "attendees"),
        Kind("certificate", lazy("Certificate of attendance"), "attendees", ("link",), ("link",)),
        Kind("packs-out", lazy("Resource packs that are out"), "attendees", ("packs", "link"), ("packs",)),
        Kind("interest-confirm", lazy("Interest: please confirm"), "attendees", needed=("details",)),
        Kind("interest-open", lazy("Registration is open"), "attendees", ("link",), ("link",)),
        Kind(
            "speaker-invitation",
            lazy("Invitation to speak"),
            "speakers",
            ("sessions", "link"),
            ("link", "sessions"),
        ),
        Kind(
            "speaker-reminder", lazy("Reminder of an invitation"), "speakers", ("sessions", "link"), ("link",)
        ),
        Kind("speaker-link", lazy("Link to a speaker’s page"), "speakers", ("link", "until"), ("link",)),
        Kind(
            "speaker-session",
            lazy("Reminder of a session for its speakers"),
            "speakers",
            needed=("details",),
            has_session=True,
        ),
        Kind(
            "resource-chase",
            lazy("Slides and files still expected"),
            "speakers",
            ("owed", "link"),
            ("link", "owed"),
        ),
        Kind("speaker-release", lazy("Changes for a speaker"), "speakers", needed=("details",)),
    )
}


def meanings() -> dict[str, str]:
    """What each placeholder stands for, in the language in force."""
    return {
        "name": _("the person’s name"),
        "conference": _("the conference’s name"),
        "session": _("the session’s title"),
        "details": _("all that the built-in mail says, between its greeting and its footer"),
        "link": _("the button that the mail is for, with its address"),
        "until": _("how long the link works, in a sentence"),
        "seats": _("the person’s places, with their times; nothing when there are none"),
        "waiting": _("the waiting lists the person is on; nothing when there are none"),
        "opening": _("when the conference opens, on the reader’s clock"),
        "feed": _("the address for the person’s own calendar"),
        "step": _("a reminder to confirm, where that is still to be done"),
        "packs": _("the packs that are out, each with its address"),
        "owed": _("what is still missing, session by session, and until when"),
        "sessions": _("the speaker’s sessions, with their times on the speaker’s clock"),
    }


def example(kind: str, home: Mapping[str, Any], start: datetime) -> dict[str, Any]:
    """A payload to try the words of a kind with. ``home`` is what the payload says of the conference, ``start`` (aware)
    when its first session begins. The links lead nowhere."""
    end, moment = start + timedelta(minutes=45), start.isoformat()
    slug_path = f"/{home['slug']}/"
    session = {
        "title": {"en": "Stories in small libraries", "fr": "Des histoires dans les petites bibliothèques"},
        "start": moment,
        "end": end.isoformat(),
    }
    seat = {**session, "join": link_ref("/join/example"), "help": link_ref("/join/example/help")}
    page, feed = link_ref(slug_path, "me/example"), link_ref("/calendar/example.ics")
    speaks = {
        "title": session["title"],
        "role": "presenter",
        "times": [{"start": moment, "end": end.isoformat()}],
    }
    speak = link_ref("/speak/example")
    soon = (start - timedelta(days=7)).isoformat()
    earlier = {
        "was_start": (start - timedelta(hours=1)).isoformat(),
        "was_end": (end - timedelta(hours=1)).isoformat(),
    }
    reminded = {**seat, "seat": True}
    reminding = {"early_minutes": 15, "page": page, "choose": link_ref(slug_path, "me/example/reminders")}
    facts: dict[str, dict[str, Any]] = {
        "registration-confirm": {"link": page, "expires_at": soon, "seats": [session], "waiting": []},
        "registration-confirmed": {
            "page": page,
            "feed": feed,
            "choose": link_ref(slug_path, "me/example/reminders"),
            "seats": [seat],
            "waiting": [],
        },
        "registration-imported": {
            "page": page,
            "feed": feed,
            "seats": [seat],
            "waiting": [],
        },
        "registration-link": {"page": page, "expires_at": soon},
        "registration-withdrawn": {"seats": [session], "register": link_ref(slug_path, "register")},
        "invite": {**seat, "page": page},
        "invite-updated": {**seat, **earlier, "page": page},
        "invite-cancelled": {**session, "reason": "cancelled", "page": page},
        "invite-declined": {**session, "seat": True, "page": page},
        "invite-countered": {**session, "seat": True, "repeats": True, "page": page},
        "waitlist-confirm": {
            "link": page,
            "expires_at": soon,
            "places": 30,
            "category": {},
            "wishes": [session],
        },
        "waitlist-joined": {"page": page, "place": 3, "category": {}, "is_approved": False},
        "place-offer": {"page": page, "expires_at": soon, "category": {}},
        "place-lapsed": {"page": page},
        "waitlist-offer": {**session, "expires_at": soon, "page": page},
        "agenda-invites": {"changes": [{**seat, **earlier, "reason": "new"}], "page": page, "feed": feed},
        "release-digest": {"changes": [{**seat, **earlier, "reason": "updated"}], "page": page, "feed": feed},
        "session-reminder": {"sessions": [reminded], "reminder": "day", **reminding},
        "day-digest": {"day": moment[:10], "sessions": [reminded], "gone": [], **reminding},
        "registration-refused": {},
        "certificate": {"minutes": 195, "sessions": 4, "page": page},
        "packs-out": {
            "packs": [
                {
                    "title": session["title"],
                    "url": link_ref(slug_path, "resources/example"),
                    "kinds": ["slides", "recording"],
                    "until": None,
                    "is_public": False,
                }
            ],
            "page": page,
        },
        "interest-confirm": {"link": link_ref(slug_path, "register/interest/example")},
        "interest-open": {"register": link_ref(slug_path, "register"), "closes_at": soon},
        "speaker-invitation": {"page": speak, "sessions": [speaks]},
        "speaker-reminder": {"page": speak, "sessions": [speaks]},
        "speaker-link": {"page": speak, "expires_at": soon},
        "speaker-session": {
            **session,
            "reminder": "day",
            "roles": ["presenter"],
            "room": link_ref("/speak/join/example"),
            "early_minutes": 60,
            "page": speak,
            "choose": link_ref("/speak/example/reminders"),
        },
        "resource-chase": {
            "page": speak,
            "sessions": [
                {"title": session["title"], "what": ["slides"], "due": moment[:10], "is_overdue": False}
            ],
        },
        "speaker-release": {
            "page": speak,
            "is_first": False,
            "changes": [
                {"kind": "moved", **session, **earlier, "room": {"en": "Main room", "fr": "Grande salle"}}
            ],
        },
    }
    said = {key: value for key, value in home.items() if key != "slug"}
    opens = {"opens": moment, "closes": (start + timedelta(hours=7)).isoformat()}
    return {
        "conference": {
            **said,
            **(opens if kind in ("registration-confirmed", "registration-imported") else {}),
        },
        **facts[kind],
    }
