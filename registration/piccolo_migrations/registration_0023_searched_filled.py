"""What those who have registered already are found by."""

import unicodedata

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-29T16:40:00:000023"
VERSION = "1.38.0"
DESCRIPTION = "What those who have registered already are found by"

AT_ONCE = 500
ALSO = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ŧ": "t"}


class AnyTable(Table):
    """Piccolo sends a statement through a table; which one does not matter."""


def folded(text):
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(ALSO.get(letter, letter) for letter in plain if not unicodedata.combining(letter))


async def fill():
    last = 0
    while True:
        rows = await AnyTable.raw(
            "SELECT id, name, email, organisation, code FROM registration WHERE id > {} ORDER BY id LIMIT {}",
            last,
            AT_ONCE,
        )
        for row in rows:
            text = folded(f"{row['name']} {row['email']} {row['organisation']} {row['code']}")
            await AnyTable.raw("UPDATE registration SET searched = {} WHERE id = {}", text, row["id"])
        if len(rows) < AT_ONCE:
            return
        last = rows[-1]["id"]


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="registration", description=DESCRIPTION)
    manager.add_raw(fill)
    return manager
