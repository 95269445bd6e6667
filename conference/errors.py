"""What can go wrong, said in one sentence fit for the person reading it."""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal with a reason. ``message`` is one translated sentence for the person reading."""

    http_status: ClassVar[int] = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(DomainError):
    """What was sent cannot be read (a broken upload, malformed JSON)."""


class NotFound(DomainError):
    """There is nothing at this address."""

    http_status = 404


class Forbidden(DomainError):
    """The person is known but may not do this."""

    http_status = 403


class Gone(DomainError):
    """There was something at this address, and it has expired or been used."""

    http_status = 410


class Conflict(DomainError):
    """The request was understood but does not fit the state of things (a taken room, a full workshop)."""

    http_status = 409


class StaleEdit(Conflict):
    """Someone else changed the row since it was read.

    ``mine`` is what was about to be written and ``theirs`` what stands now, both as plain values
    for the page or the JSON answer to show side by side.
    """

    def __init__(self, message: str, *, mine: dict[str, Any], theirs: dict[str, Any]) -> None:
        super().__init__(message)
        self.mine = mine
        self.theirs = theirs


class BadSetting(Exception):
    """A setting that cannot be used; ``variable`` names it. Stops the start."""

    def __init__(self, variable: str, message: str) -> None:
        super().__init__(f"{variable}: {message}")
        self.variable = variable
        self.message = message
