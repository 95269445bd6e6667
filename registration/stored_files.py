"""Which files in the store rows need, in all three packages."""

from __future__ import annotations

import sessions.stored_files as programme
from conference.stored_files import Claim, by_key
from registration.asking.tables import AnswerFile
from registration.desk.tables import RegistrationExport

CLAIMS: tuple[Claim, ...] = (
    *programme.CLAIMS,
    by_key(
        "answers",
        "answers",
        AnswerFile,
        AnswerFile.key,
        label=AnswerFile.name,
        size=AnswerFile.size,
        crc32=AnswerFile.crc32,
        only=AnswerFile.is_whole.eq(True),
    ),
    by_key(
        "lists taken away",
        "exports",
        RegistrationExport,
        RegistrationExport.key,
        size=RegistrationExport.size,
        only=RegistrationExport.finished_at.is_not_null() & RegistrationExport.is_broken.eq(False),
    ),
)
