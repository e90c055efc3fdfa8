"""Where the table starts in a file, what its columns are called, and how many there are.

All from the first lines alone. Names are matched exactly, apart from blanks around them; where one is missing the error
names the nearest ones the file does have.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from evenside.errors import LayoutError, ReadError
from evenside.readers.layout import Column, Layout, TableFormat
from evenside.readers.lines import TextFile

__all__ = ["SEPARATORS", "Head", "Table", "find_column", "locate_table", "read_head", "split_cells"]

SEPARATORS = {"comma": ",", "tab": "\t", "semicolon": ";", "whitespace": ""}
_HEAD_LINES = 300
_HEAD_CHUNKS = 4


@dataclass(frozen=True, slots=True)
class Head:
    """The first lines of a file."""

    path: Path
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Where the data of one file starts, and what stands in it."""

    names: tuple[str, ...]  # () without a header
    width: int  # cells a line
    first_line: int  # number of the first line of data, counted from 1
    before: tuple[str, ...]  # the lines above it


def read_head(path: Path, encoding: str) -> Head:
    """Some hundred lines from the start of a file.

    Raises:
        ReadError: the file cannot be read, is binary, or is empty.
    """
    file, lines = TextFile(path, encoding), list[str]()
    for number, chunk in enumerate(file.chunks(), start=1):
        lines += chunk.text.decode("utf-8", errors="replace").split("\n")[:-1]
        if len(lines) >= _HEAD_LINES or number >= _HEAD_CHUNKS:
            break
    if not any(line.strip() for line in lines):
        what = f"holds nothing readable: {file.damage}" if file.damage else "is empty"
        raise ReadError(f"{path}: {what}", mend="record or copy it again")
    return Head(path, tuple(lines))


def split_cells(line: str, table: TableFormat) -> list[str]:
    """The cells of one line, without blanks around them."""
    separator = SEPARATORS[table.separator]
    if not separator:
        return line.split()
    if '"' in line:
        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
        except (csv.Error, StopIteration):
            return line.split(separator)
    return [cell.strip() for cell in line.split(separator)]


def locate_table(layout: Layout, head: Head) -> Table:
    """Find header and first line of data.

    Raises:
        LayoutError: the header is not where the layout says, or lines and header differ in their number of cells.
        ReadError: there is no line of data.
    """
    table = layout.table
    names, first = _header(layout, head)
    data = [line for line in head.lines[first:] if line.strip() and not _is_comment(line, table)]
    if not data:
        raise ReadError(f"{head.path}: a header and no line of data", mend="record or copy it again")
    rows = [split_cells(line, table) for line in data[:_HEAD_LINES]]
    width = Counter(len(row) for row in rows).most_common(1)[0][0]
    while names and not names[-1]:
        names = names[:-1]
    spare = [row for row in rows if len(row) == width and any(row[len(names) :])]
    if names and (width < len(names) or spare):
        raise LayoutError(
            f"{head.path}:{first + 1}: lines have {width} values, but the header has {len(names)} names",
            mend=f"check table.separator and table.header in {layout.place}",
        )
    if table.columns is not None and width != table.columns:
        raise LayoutError(
            f"{head.path}:{first + 1}: lines have {width} values, layout {layout.name} expects {table.columns}",
            mend=f"check table.separator and table.columns in {layout.place}, or choose another layout",
        )
    return Table(names, width, first + 1, head.lines[:first])


def _is_comment(line: str, table: TableFormat) -> bool:
    return bool(table.comment) and line.startswith(table.comment)


def _header(layout: Layout, head: Head) -> tuple[tuple[str, ...], int]:
    """Names of the columns, and how many lines stand above the data."""
    table, lines = layout.table, head.lines
    if table.header == "last_comment":
        return _last_comment(layout, head)
    above = 0
    if table.header_after:
        found = (number for number, line in enumerate(lines, 1) if line.startswith(table.header_after))
        above = next(found, -1)
        if above < 0:
            raise LayoutError(
                f"{head.path}: layout {layout.name} expects a line that starts with {table.header_after!r}",
                mend=f"check table.header_after in {layout.place}, or choose another layout",
            )
    elif table.header_line is not None:
        above = table.header_line - 1
    else:
        while above < len(lines) and (not lines[above].strip() or _is_comment(lines[above], table)):
            above += 1
    if table.header == "none":
        return (), above
    if above >= len(lines):
        raise LayoutError(
            f"{head.path}: has no line {above + 1}, where layout {layout.name} expects the header",
            mend=f"check table.header_line in {layout.place}",
        )
    names = split_cells(lines[above], table)
    if table.header == "line":
        return tuple(names), above + 1
    second = split_cells(lines[above + 1], table) if above + 1 < len(lines) else []
    both = tuple(f"{upper}/{lower}" for upper, lower in zip(names, second, strict=False))
    return both, above + 2


def _last_comment(layout: Layout, head: Head) -> tuple[tuple[str, ...], int]:
    table, last, above = layout.table, "", 0
    for line in head.lines:
        if _is_comment(line, table):
            last = line
        elif line.strip():
            break
        above += 1
    if not last:
        raise LayoutError(
            f"{head.path}:1: layout {layout.name} expects lines that start with {table.comment!r} and name the columns",
            mend=f"check table.header and table.comment in {layout.place}, or choose another layout",
        )
    return tuple(split_cells(last[len(table.comment) :].lstrip(" "), table)), above


def find_column(layout: Layout, key: str, column: Column, table: Table, head: Head) -> int:
    """Position of a column, counted from 0.

    Raises:
        LayoutError: the file has no such column, or two of that name.
    """
    if isinstance(column, int):
        if column <= table.width:
            return column - 1
        raise LayoutError(
            f"{head.path}: {key} of layout {layout.name} asks for column {column}; lines have {table.width}",
            mend=f"correct {key} in {layout.place}, or choose another layout",
        )
    found = [position for position, name in enumerate(table.names) if name == column]
    if len(found) == 1:
        return found[0]
    if found:
        raise LayoutError(
            f"{head.path}: two columns are called {column!r}, at {found[0] + 1} and {found[1] + 1}",
            mend=f"give {key} in {layout.place} as a number",
        )
    raise LayoutError(
        f"{head.path}: there is no column {column!r} ({key} of layout {layout.name}); {_has(column, table.names)}",
        mend=f"correct {key} in {layout.place}, or choose another layout",
    )


def _has(column: str, names: Sequence[str]) -> str:
    close = get_close_matches(column, names, 3, 0.5)
    if close:
        return "nearest in the file: " + ", ".join(repr(name) for name in close)
    shown = ", ".join(repr(name) for name in names[:12])
    return f"the file has {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")
