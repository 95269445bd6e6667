"""A day of the programme as a grid: rooms across, time down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sessions.programme.days import DayView, Layout, Row, TimeView, time_view


@dataclass(frozen=True)
class Cell:
    """A cell of the grid over ``rowspan`` lines and ``colspan`` rooms. No rows: nothing is on there."""

    rows: tuple[Row, ...]
    rowspan: int
    colspan: int = 1

    @property
    def is_across(self) -> bool:
        """Whether it is a break that everyone has."""
        return bool(self.rows) and all(row.is_break for row in self.rows)


@dataclass(frozen=True)
class Line:
    """A line of the grid: from its ``time`` until the next line's, with the cells that begin here."""

    time: TimeView
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Grid:
    """Rooms across, time down: the day as a table whose cells tile it without gap or overlap."""

    rooms: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class _Block:
    start: datetime
    end: datetime
    rows: tuple[Row, ...]


def grid_of(day: DayView, layout: Layout) -> Grid:
    """The day's grid. Slots of one room that overlap share a cell; a break during which nothing else is on goes right
    across. Rooms without anything that day are left out."""
    programme = layout.programme
    order = {room.code: index for index, room in enumerate(programme.rooms)}
    in_room: dict[str, list[Row]] = {}
    for row in day.rows:
        in_room.setdefault(row.slot.room, []).append(row)
    codes = sorted(in_room, key=lambda code: order.get(code, len(order)))
    columns = [_blocks(in_room[code]) for code in codes]
    across = _breaks_across(columns)
    columns = [[block for block in column if block not in across] for column in columns]
    edges = sorted(
        {edge for blocks in (*columns, across) for block in blocks for edge in (block.start, block.end)}
    )
    index = {edge: number for number, edge in enumerate(edges)}
    count = len(edges) - 1
    lines: list[list[Cell]] = [[] for _number in range(max(count, 0))]
    covered = {number: block for block in across for number in range(index[block.start], index[block.end])}
    for position, column in enumerate(columns):
        begins = {index[block.start]: block for block in column}
        number = 0
        while number < count:
            if block := covered.get(number):
                span = index[block.end] - number
                if position == 0:
                    lines[number].append(Cell(block.rows, span, len(columns)))
            elif block := begins.get(number):
                span = index[block.end] - number
                lines[number].append(Cell(block.rows, span))
            else:
                span = 1
                while number + span < count and number + span not in begins and number + span not in covered:
                    span += 1
                lines[number].append(Cell((), span))
            number += span
    names = tuple(layout.text(programme.room_by_code[code].name) if code in order else "" for code in codes)
    return Grid(
        names,
        tuple(
            Line(time_view(start, end, layout.zone, programme.zone, layout.language), tuple(cells))
            for start, end, cells in zip(edges, edges[1:], lines, strict=False)
        ),
    )


def _blocks(rows: list[Row]) -> list[_Block]:
    """Rows of one room, those that overlap joined."""
    blocks: list[_Block] = []
    for row in sorted(rows, key=lambda row: (row.slot.start, row.slot.end)):
        if blocks and row.slot.start < blocks[-1].end:
            last = blocks[-1]
            blocks[-1] = replace(last, end=max(last.end, row.slot.end), rows=(*last.rows, row))
        else:
            blocks.append(_Block(row.slot.start, row.slot.end, (row,)))
    return blocks


def _breaks_across(columns: list[list[_Block]]) -> list[_Block]:
    """Breaks during which no other room has anything on."""
    breaks = [block for column in columns for block in column if all(row.is_break for row in block.rows)]
    others = [block for column in columns for block in column]
    return [
        block
        for block in breaks
        if not any(
            other is not block and other.start < block.end and block.start < other.end for other in others
        )
    ]
