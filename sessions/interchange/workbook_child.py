"""Run as a process of its own: a workbook on standard input, its cells as JSON on standard output.

The reader of workbooks allocates what a file claims to hold, and a false claim ends the whole process: so it is not the
server's. Nothing of the project is imported here, which keeps the start quick.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook

MOST_MEMORY = 1_500_000_000  # bytes
MOST_SHEETS = 50


def cell(value: object) -> str:
    """A cell as text: dates as ISO 8601, lengths as hours and minutes, whole numbers without a point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        # A midnight is what a cell with a date alone holds.
        return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02d}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value) if value is not None else ""


def main(most_rows: int, most_columns: int) -> None:
    """Write ``{"sheets": [[name, rows], …]}`` or ``{"reason": …}``."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        sheets = [
            [
                name,
                [
                    [cell(value) for value in row[:most_columns]]
                    for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=most_rows)
                ],
            ]
            for name in book.sheet_names[:MOST_SHEETS]
        ]
    except (CalamineError, ValueError, OSError, OverflowError) as error:
        json.dump({"reason": str(error)[:120]}, sys.stdout)
        return
    json.dump({"sheets": sheets}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
