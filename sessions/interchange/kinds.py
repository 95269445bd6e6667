"""What other systems call a session, in our words."""

from __future__ import annotations

import re

from sessions.tables import AppearanceRole, SessionKind

# Read from the top: "Opening Keynote" is a keynote, "Social break" a break, "Panel discussion workshop" a panel.
_BY_TYPE = (
    (SessionKind.KEYNOTE, r"key-?note"),
    (
        SessionKind.BREAK,
        r"\bbreaks?\b|\bpause\b|lunch|coffee|breakfast|dinner|\btea time\b|mittag|registration",
    ),
    (
        SessionKind.NETWORKING,
        r"network|social|meet-?up|meeting|\bbofs?\b|birds of a feather|party|reception|get-?together|unconference"
        r"|assembly|outside|\bhallway|key-?sign",
    ),
    (SessionKind.PANEL, r"panel|podium|discussion|diskussion|debate|round-?table|fireside|\bq ?& ?a session"),
    (
        SessionKind.WORKSHOP,
        r"work-?shop|tutorial|hands-?on|training|\blabs?\b|master-?class|\bsprints?\b|hack(?:athon|ing session)"
        r"|certification|\bcourse\b|lötarea|clinic",
    ),
    (SessionKind.PLENARY, r"plenary|opening|closing|ceremony|welcome|general session|announcement"),
    (
        SessionKind.TALK,
        r"talk|lecture|vortrag|dev-?room|main-?track|lightning|presentation|präsentation|paper|demo|session|\bslot\b"
        r"|podcast|performance|concert|film|movie|screening|\bgames?\b|\bother\b|\bdj ?-?set|\bband\b|entertainment|show"
        r"|poster|conference|event|speech|report|case study|pecha ?kucha|ignite",
    ),
)
_TYPES = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _BY_TYPE)
_REST = (
    r"(?:(?:lunch|coffee|tea|morning|afternoon|short|comfort|refreshment|dinner) )?(?:break|lunch|pause|breakfast|dinner|supper)"
    r"|coffee|caf[eé]|comida|desayuno|almuerzo|merienda|tea|registration|movement|mittagspause|kaffeepause|almoço|pausa|déjeuner"
)
_BREAK_TITLE = re.compile(rf"(?:{_REST})(?:\s*(?:/|&|,|and|und)\s*(?:{_REST}))*", re.IGNORECASE)
# "☕ 20 minute coffee break (Hall)" is a coffee break.
_AROUND = re.compile(r"^[\W_]+|^\W*\d{1,3}[ -]?min(?:ute)?s?\W+|\s*\([^()]*\)$|[\W_]+$", re.IGNORECASE)
# Kinds of which one expects that somebody speaks.
SPEAKING = (SessionKind.KEYNOTE, SessionKind.PANEL, SessionKind.TALK, SessionKind.WORKSHOP)
_LONGEST_TELLING_TITLE = 45  # a longer one is a talk's, whatever words are in it
_BY_TITLE = (SessionKind.KEYNOTE, SessionKind.NETWORKING, SessionKind.PLENARY)


def kind_of(said: str, track: str, title: str, has_speakers: bool | None) -> tuple[SessionKind, bool]:
    """The kind of a session another system calls ``said``, and whether that word is known.

    With no word, the track ("Breaks", "Keynotes") and the title ("Lunch") tell; else it is a talk. ``has_speakers`` None:
    files of this sort name none.
    """
    if not has_speakers and _BREAK_TITLE.fullmatch(_AROUND.sub("", _AROUND.sub("", title[:200]))):
        return SessionKind.BREAK, True
    if said:
        for kind, pattern in _TYPES:
            if pattern.search(said):
                return kind, True
        return SessionKind.TALK, False
    if re.fullmatch(r"breaks?|pausen?", track, re.IGNORECASE) and not has_speakers:
        return SessionKind.BREAK, True
    if re.fullmatch(r"key-?notes?", track, re.IGNORECASE):
        return SessionKind.KEYNOTE, True
    if has_speakers is False and len(title) <= _LONGEST_TELLING_TITLE:
        for kind, pattern in _TYPES:
            if kind in _BY_TITLE and pattern.search(title):
                return kind, True
    return SessionKind.TALK, True


def default_role(kind: SessionKind) -> AppearanceRole:
    """The role of someone of whom a file only says that they take part."""
    if kind == SessionKind.PANEL:
        return AppearanceRole.PANELLIST
    return AppearanceRole.FACILITATOR if kind == SessionKind.WORKSHOP else AppearanceRole.PRESENTER
