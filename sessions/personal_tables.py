"""Which tables of the programme hold people, and what of them.

Speakers stand on a published programme with their agreement: erasing them (``sessions.speakers.erasing``) leaves their talks alone.
"""

from __future__ import annotations

from conference.i18n import _, lazy
from conference.personal_data import (
    Held,
    NotHeld,
    Whose,
    addressed,
    belonging,
    choice,
    country,
    instant,
    itself,
    language,
    local_text,
    octets,
    structure,
    text,
    yes_no,
    zone,
)
from sessions.desk_words import speaker_kind_names
from sessions.door.forms import trouble_names
from sessions.door.tables import DoorCall, DoorCount, DoorPass, DoorRules
from sessions.packs.importing.tables import ImportedResource, ResourceImport
from sessions.packs.tables import (
    Expected,
    LinkCheck,
    PackItem,
    Resource,
    ResourceChase,
    ResourceFile,
    ResourcePack,
    ResourceRules,
    ResourceText,
    ResourceTopic,
    ResourceVersion,
    StoredContent,
    Tombstone,
    Topic,
    Upload,
    UploadPart,
    UploadState,
)
from sessions.programme.days import role_name
from sessions.speakers.answer_words import consent_names, state_names
from sessions.tables import (
    Appearance,
    AppearanceRole,
    Availability,
    AvailabilityKind,
    DraftChange,
    KeptDraft,
    ProgrammeImport,
    Release,
    Room,
    ScheduleRules,
    ScheduleStep,
    Session,
    SessionPart,
    Slot,
    Speaker,
    SpeakerMessage,
    SpeakerRequest,
    Track,
)

_SPEAKERS_STAY = lazy(
    "What is private of this goes when you erase yourself, and all of it where nothing of it is published. What the published "
    "programme says of you stays, unless you have your name taken off then."
)


def _role_names() -> dict[str, str]:
    return {role.value: role_name(role.value) for role in AppearanceRole}


def _suits_names() -> dict[str, str]:
    return {
        AvailabilityKind.AVAILABLE.value: _("Suits you"),
        AvailabilityKind.IF_NEEDED.value: _("If it has to be"),
    }


def _upload_state_names() -> dict[str, str]:
    return {
        UploadState.RECEIVING.value: _("On its way"),
        UploadState.RECEIVED.value: _("Arrived"),
        UploadState.KEPT.value: _("Kept"),
        UploadState.REFUSED.value: _("Refused"),
    }


HELD: tuple[Held, ...] = (
    Held(
        DoorCall,
        "calls_at_the_door",
        lazy("You asked for help with getting in"),
        Whose.ATTENDEE,
        addressed(DoorCall.conference, DoorCall.email),
        (
            text("name", lazy("Name")),
            text("email", lazy("E-mail")),
            choice("trouble", lazy("What keeps you out"), trouble_names),
            text("text", lazy("Your words")),
            language("language", lazy("Language")),
            zone("zone", lazy("Time zone")),
            instant("asked_at", lazy("Asked")),
            text("answer", lazy("The team’s answer")),
            instant("answered_at", lazy("Answered")),
        ),
        is_deleted=True,
        silent={
            "conference": "you see one conference",
            "slot": "where they were; the words say it",
            "code": "names the call and nothing else",
            "organiser": "another person's",
        },
    ),
    Held(
        Speaker,
        "speakers",
        lazy("You as a speaker"),
        Whose.SPEAKER,
        itself(Speaker),
        (
            text("name", lazy("Name")),
            text("code", lazy("Code")),
            choice("kind", lazy("Kind"), speaker_kind_names),
            text("pronouns", lazy("Pronouns")),
            text("job_title", lazy("Job title")),
            text("organisation", lazy("Organisation")),
            country("country", lazy("Country")),
            zone("zone", lazy("Time zone")),
            local_text("biography", lazy("Biography")),
            structure("links", lazy("Links")),
            text("orcid", lazy("ORCID iD")),
            language("language", lazy("Language of mails")),
            text("email", lazy("E-mail")),
            text("access_needs", lazy("Access needs")),
            text("technical_needs", lazy("Technical needs")),
            text("team_note", lazy("The team’s note"), "internal_notes"),
            text("photo", lazy("Photo"), "photo_key"),
            text("guid", lazy("Name in an imported file")),
            instant("availability_given_at", lazy("Said when you can")),
            yes_no("remind_day", lazy("Reminder a day before")),
            yes_no("remind_hour", lazy("Reminder an hour before")),
            yes_no("remind_minutes", lazy("Reminder ten minutes before")),
            instant("link_until", lazy("Your link works until"), "link_expires_at"),
        ),
        stays=_SPEAKERS_STAY,
        silent={
            "conference": "the file is of one conference",
            "link_hash": "a secret",
            "link_generation": "a secret is made of it",
        },
    ),
    Held(
        Appearance,
        "appearances",
        lazy("Your sessions as a speaker"),
        Whose.SPEAKER,
        belonging(Appearance.speaker),
        (
            local_text("session", lazy("Session"), "session_title"),
            choice("role", lazy("Role"), _role_names),
            choice("state", lazy("State"), state_names),
            instant("invited_at", lazy("Invited")),
            instant("reminded_at", lazy("Reminded")),
            instant("answered_at", lazy("Answered")),
            text("answer_note", lazy("Your words")),
            choice("recording", lazy("May be recorded"), consent_names, "recording_consent"),
            choice("publishing", lazy("May be published"), consent_names, "publishing_consent"),
        ),
        stays=_SPEAKERS_STAY,
        silent={
            "session": "told by its title",
            "part": "part of the session's own order",
            "position": "the order on the page",
        },
        also=(Appearance.session._.title.as_alias("session_title"),),
    ),
    Held(
        Availability,
        "availability",
        lazy("When you said you can speak"),
        Whose.SPEAKER,
        belonging(Availability.speaker),
        (
            instant("from", lazy("From"), "start"),
            instant("until", lazy("Until"), "end"),
            choice("kind", lazy("Kind"), _suits_names),
        ),
        stays=_SPEAKERS_STAY,
    ),
    Held(
        SpeakerRequest,
        "speaker_requests",
        lazy("Changes you asked for as a speaker"),
        Whose.SPEAKER,
        belonging(SpeakerRequest.speaker),
        (
            text("text", lazy("Your words")),
            instant("asked_at", lazy("Asked")),
            text("answer", lazy("The team’s answer")),
            instant("answered_at", lazy("Answered")),
            local_text("session", lazy("Session"), "session_title"),
        ),
        stays=_SPEAKERS_STAY,
        silent={"organiser": "another person's", "session": "told by its title"},
        also=(SpeakerRequest.session._.title.as_alias("session_title"),),
    ),
    Held(
        Upload,
        "uploads",
        lazy("Files you sent as a speaker"),
        Whose.SPEAKER,
        belonging(Upload.speaker),
        (
            text("filename", lazy("File")),
            octets("size", lazy("Size")),
            octets("received", lazy("Arrived")),
            choice("state", lazy("State"), _upload_state_names),
            text("refusal", lazy("Why it was not kept")),
            structure("details", lazy("What you said of it")),
            instant("created_at", lazy("Sent")),
        ),
        stays=lazy(
            "What you handed in and readers have seen stays with the session; the rest goes with you."
        ),
        silent={
            "conference": "the file is of one conference",
            "code": "an address of this server's, for the browser that sends",
            "media_type": "told by the file's name",
            "organiser": "another person's",
            "session": "the place it was sent for",
            "pack": "the place it was sent for",
            "replaces": "the place it was sent for",
            "resource": "published work, told by its own page",
            "expires_at": "until when it may be finished",
        },
    ),
    Held(
        ResourceChase,
        "asked_for_files",
        lazy("When you were asked for files"),
        Whose.SPEAKER,
        belonging(ResourceChase.speaker),
        (instant("asked_at", lazy("Asked")),),
        stays=_SPEAKERS_STAY,
        silent={
            "conference": "the file is of one conference",
            "code": "which mail it was",
            "organiser": "another person's",
        },
    ),
)

NOT_HELD: tuple[NotHeld, ...] = (
    NotHeld(Room, "a virtual room"),
    NotHeld(DoorRules, "how people get into rooms"),
    NotHeld(DoorPass, "that somebody went in, by a hash that only the door of this slot knows, for a day"),
    NotHeld(DoorCount, "how many went in"),
    NotHeld(Track, "a theme"),
    NotHeld(Session, "what takes place; who speaks in it is in the appearances"),
    NotHeld(SessionPart, "a part of a session"),
    NotHeld(Slot, "when it takes place"),
    NotHeld(SpeakerMessage, "words of the team to speakers; who got them is in the mails"),
    NotHeld(ScheduleRules, "what the schedule must keep to"),
    NotHeld(ScheduleStep, "an organiser's steps in the editor, for undoing them; about slots"),
    NotHeld(DraftChange, "which slots changed, kept for a day"),
    NotHeld(ProgrammeImport, "a file of the programme, kept for a day"),
    NotHeld(Release, "the programme as published: its speakers are public with their agreement"),
    NotHeld(KeptDraft, "the draft before a release was restored over it, with the speakers of the programme"),
    NotHeld(ResourcePack, "what a session leaves behind"),
    NotHeld(Resource, "published work with the names of its makers, as its licence asks"),
    NotHeld(ResourceVersion, "published work as it was before"),
    NotHeld(ResourceFile, "the bytes of published work"),
    NotHeld(ResourceText, "what published captions and transcripts say, kept as long as their file"),
    NotHeld(StoredContent, "the bytes of published work"),
    NotHeld(
        ResourceImport,
        "a file of published work to be taken in, kept for a week; sent by somebody of the team",
    ),
    NotHeld(ImportedResource, "published work in such a file, with the names of its makers"),
    NotHeld(UploadPart, "bytes on their way"),
    NotHeld(PackItem, "the order of a pack"),
    NotHeld(ResourceTopic, "what published work is about"),
    NotHeld(Topic, "a subject"),
    NotHeld(ResourceRules, "what sessions are to leave behind"),
    NotHeld(Expected, "what a session is to leave behind"),
    NotHeld(LinkCheck, "whether an address still answers"),
    NotHeld(Tombstone, "that something was at an address; nothing of it, and nobody in it"),
)
