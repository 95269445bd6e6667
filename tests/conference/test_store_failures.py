"""What a store says is told apart by what it means, and never by a number that happens to stand in an address."""

import errno

import pytest
from obstore.exceptions import GenericError, NotFoundError, PermissionDeniedError

from conference.store_failures import Failure, kind_of, reason_of, words_of

AT = "Error performing GET http://127.0.0.1:41640/403/416/28 in 3ms, after 3 retries"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NotFoundError("Object at location a not found"), Failure.MISSING),
        (FileNotFoundError(errno.ENOENT, "No such file"), Failure.MISSING),
        (EOFError("3 octets at 5"), Failure.MISSING),
        (
            GenericError(f"{AT} - Server returned non-2xx status code: 416 Range Not Satisfiable"),
            Failure.MISSING,
        ),
        (NotFoundError("<Error><Code>NoSuchBucket</Code></Error>"), Failure.NO_STORE),
        (PermissionDeniedError("no"), Failure.REFUSED),
        (PermissionError(errno.EACCES, "Permission denied"), Failure.REFUSED),
        (GenericError(f"{AT} - status code: 403 Forbidden"), Failure.REFUSED),
        (OSError(errno.ENOSPC, "No space left on device"), Failure.FULL),
        (GenericError("Unable to copy data to file: No space left on device (os error 28)"), Failure.FULL),
        (GenericError(f"{AT} - HTTP error\nDebug source:\nHttpError {{ kind: Timeout }}"), Failure.SLOW),
        (
            GenericError(f"{AT} - HTTP error\nDebug source:\nHttpError {{ kind: Connect, }}"),
            Failure.UNREACHABLE,
        ),
        (GenericError(f"{AT} - status code: 500 Internal Server Error"), Failure.BROKEN),
        (GenericError(AT), Failure.BROKEN),
    ],
)
def test_failures_are_told_apart(error: Exception, kind: Failure) -> None:
    assert kind_of(error) is kind
    assert words_of(kind)


def test_a_reason_is_one_short_line() -> None:
    reason = reason_of(GenericError(f"{AT} {'x' * 500}\n\nDebug source:\nGeneric {{ secret }}"))
    assert reason.startswith("Error performing GET")
    assert len(reason) == 200
    assert "\n" not in reason
    assert "secret" not in reason
