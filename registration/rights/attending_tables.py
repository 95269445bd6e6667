"""Which tables of what people attend hold them: seats, lines, agendas, invites, calendars, presence, certificates."""

from __future__ import annotations

from conference.dates import iso_utc
from conference.i18n import _, lazy
from conference.personal_data import (
    Fact,
    Held,
    Row,
    Telling,
    Whose,
    belonging,
    choice,
    instant,
    language,
    local_text,
    number,
    structure,
    text,
)
from registration.attending.tables import Certificate, Presence
from registration.calendars.tables import AgendaItem, Feed, FeedKind, InviteMethod, InviteReply, InviteSent
from registration.reminding.tables import ReminderPlan, ReminderSent
from registration.reminding.views import kind_titles
from registration.rights.reasons import ONE_CONFERENCE, SECRET
from registration.seating.tables import Seat, WaitlistEntry, WaitState
from registration.views import when

# --- sessions: rows with a slot are given these by ``rights.copying`` ------------------------------------------------


def _time(row: Row) -> dict[str, str] | None:
    if row["session_start"] is None:
        return None
    return {"start": iso_utc(row["session_start"]), "end": iso_utc(row["session_end"])}


def _time_words(row: Row, to: Telling) -> str:
    if row["session_start"] is None:
        return ""
    told = when(row["session_start"], row["session_end"], to.zone, to.home, to.language)
    return f"{told.here} ({told.there})" if told.there else told.here


_SESSION = (
    local_text("session", lazy("Session"), "session_title"),
    Fact("time", lazy("When"), _time, _time_words, ("slot",)),
)


def _line(row: Row) -> str:
    return "seat" if row["slot"] else "place at the conference"


def _line_words(row: Row, _to: Telling) -> str:
    return _("a seat in this session") if row["slot"] else _("a place at the conference")


def _is_first(row: Row) -> bool:
    return bool(row["precedence"])


def _first_words(row: Row, _to: Telling) -> str:
    return _("yes") if row["precedence"] else ""


def _wait_names() -> dict[str, str]:
    return {
        WaitState.WAITING.value: _("You wait"),
        WaitState.OFFERED.value: _("A place is offered to you"),
        WaitState.SEATED.value: _("You got the place"),
        WaitState.EXPIRED.value: _("The offer passed"),
        WaitState.LEFT.value: _("You left the line"),
    }


def _method_names() -> dict[str, str]:
    return {InviteMethod.REQUEST.value: _("Invite"), InviteMethod.CANCEL.value: _("Cancellation")}


def _reply_names() -> dict[str, str]:
    return {"ACCEPTED": _("Accepted"), "DECLINED": _("Declined"), "TENTATIVE": _("Perhaps")}


def _reminder_names() -> dict[str, str]:
    return {kind.value: title for kind, title in kind_titles().items()}


def _feed_names() -> dict[str, str]:
    return {
        FeedKind.AGENDA.value: _("Your agenda"),
        FeedKind.PROGRAMME.value: _("The programme through your filters"),
        FeedKind.TALKS.value: _("What you do as a speaker"),
    }


_FEED_FACTS = (
    choice("kind", lazy("Calendar"), _feed_names),
    text("filters", lazy("Filters"), "query"),
    instant("made_at", lazy("Made"), "created_at"),
    instant("removed_at", lazy("Removed"), "revoked_at"),
)
_FEED_SILENT = {"code": SECRET, "generation": SECRET, "token_hash": SECRET}

ATTENDING: tuple[Held, ...] = (
    Held(
        Seat,
        "seats",
        lazy("Your seats"),
        Whose.ATTENDEE,
        belonging(Seat.registration),
        facts=(*_SESSION, instant("taken_at", lazy("Taken"))),
        is_deleted=True,
    ),
    Held(
        WaitlistEntry,
        "waitlists",
        lazy("Waiting lists"),
        Whose.ATTENDEE,
        belonging(WaitlistEntry.registration),
        facts=(
            *_SESSION,
            Fact("waits_for", lazy("Waits for"), _line, _line_words, ("slot",)),
            choice("state", lazy("State"), _wait_names),
            instant("joined_at", lazy("Joined")),
            instant("offered_at", lazy("Offered")),
            instant("offer_until", lazy("Offer stands until"), "offer_expires_at"),
            instant("settled_at", lazy("Settled")),
            Fact("put_first", lazy("Put first by the organisers"), _is_first, _first_words, ("precedence",)),
        ),
        silent={"conference": ONE_CONFERENCE, "code": "names the place in line and nothing else"},
        is_deleted=True,
    ),
    Held(
        AgendaItem,
        "agenda",
        lazy("Your agenda"),
        Whose.ATTENDEE,
        belonging(AgendaItem.registration),
        facts=(*_SESSION, instant("chosen_at", lazy("Chosen"))),
        is_deleted=True,
    ),
    Held(
        InviteSent,
        "invites",
        lazy("Invites sent to your calendar"),
        Whose.ATTENDEE,
        belonging(InviteSent.registration),
        facts=(
            _SESSION[0],
            choice("method", lazy("Kind"), _method_names),
            instant("sent_at", lazy("Sent")),
            instant("start", lazy("Said to begin")),
            instant("end", lazy("Said to end")),
            number("sequence", lazy("Version")),
            text("uid", lazy("Name in calendars")),
        ),
        silent={"slot": "told by the session's title", "facts": "a fingerprint of the times told"},
        is_deleted=True,
    ),
    Held(
        InviteReply,
        "invite_replies",
        lazy("What your calendar answered"),
        Whose.ATTENDEE,
        belonging(InviteReply.registration),
        facts=(
            *_SESSION,
            choice("answer", lazy("Answer"), _reply_names, "partstat"),
            number("sequence", lazy("Version")),
            instant("replied_at", lazy("Answered")),
            instant("settled_at", lazy("Settled")),
        ),
        is_deleted=True,
    ),
    Held(
        Feed,
        "calendars",
        lazy("Your private calendars"),
        Whose.ATTENDEE,
        belonging(Feed.registration),
        facts=_FEED_FACTS,
        silent={**_FEED_SILENT, "speaker": "another section"},
        is_deleted=True,
    ),
    Held(
        ReminderSent,
        "reminders",
        lazy("Reminders you were sent"),
        Whose.ATTENDEE,
        belonging(ReminderSent.registration),
        (
            choice("kind", lazy("Kind"), _reminder_names),
            text("slot_code", lazy("Code of the session’s time")),
            instant("start", lazy("Said to begin")),
            instant("queued_at", lazy("Sent")),
        ),
        is_deleted=True,
    ),
    Held(
        ReminderPlan,
        "next_reminder",
        lazy("Your next reminder"),
        Whose.ATTENDEE,
        belonging(ReminderPlan.registration),
        (instant("look_at", lazy("When")),),
        silent={
            "changed_at": "how things stood when it was worked out",
            "release_number": "the same, of the programme",
        },
        is_deleted=True,
    ),
    Held(
        Presence,
        "presence",
        lazy("Sessions you were in"),
        Whose.ATTENDEE,
        belonging(Presence.registration),
        facts=(
            *_SESSION,
            instant("from", lazy("From"), "first_at"),
            instant("again", lazy("Last time through the door"), "last_at"),
            instant("left_at", lazy("Left")),
        ),
        is_deleted=True,
    ),
    Held(
        Certificate,
        "certificates",
        lazy("Certificates of attendance"),
        Whose.ATTENDEE,
        belonging(Certificate.registration),
        facts=(
            text("code", lazy("Code")),
            number("minutes", lazy("Minutes attended")),
            language("language", lazy("Language")),
            instant("issued_at", lazy("Issued")),
            structure("says", lazy("What it says"), "facts"),
        ),
        is_deleted=True,
    ),
)

SPEAKING: tuple[Held, ...] = (
    Held(
        Feed,
        "speaker_calendars",
        lazy("Your private calendar as a speaker"),
        Whose.SPEAKER,
        belonging(Feed.speaker),
        _FEED_FACTS,
        stays=lazy("It goes with your record as a speaker."),
        silent={**_FEED_SILENT, "registration": "another section"},
    ),
)
