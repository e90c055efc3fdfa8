"""Lines to numbers: a matrix of the columns that are asked for, and which lines were wrong.

Strategy: a whole chunk by pyarrow's CSV reader; only where it refuses is the chunk read again line by line, to name the
bad ones and keep the rest. Both ways give the same bits (each rounds a decimal to the nearest double). A lost mark, an
empty cell and an infinity are NaN; so is a cell that is no number (the others of its line are kept), and every cell of
a line with the wrong width.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np

from evenside.readers.header import SEPARATORS, split_cells
from evenside.readers.layout import TableFormat
from evenside.readers.lines import Chunk
from evenside_analysis.types import Floats, Ints

__all__ = ["BadLine", "Parsed", "parse_chunk"]

_ALWAYS_LOST = ("", "NaN", "nan", "NAN")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be read, or not wholly."""

    line: int
    words: str
    cut_off: bool = False  # the last line of a file that ends in its middle
    cell: str = ""  # the one that is no number, where the line has the right width


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """The rows of a chunk in their order."""

    values: Floats  # (n, columns)
    line: Ints  # (n,) number of the line of each row
    bad: tuple[BadLine, ...]


def parse_chunk(chunk: Chunk, columns: tuple[int, ...], width: int, table: TableFormat) -> Parsed:
    """The asked columns (positions counted from 0, increasing) of every line that is neither blank nor a comment."""
    if _plain(chunk.text, table):
        values = _at_once(chunk.text, columns, width, table)
        if values is not None and len(values) == (count := chunk.text.count(b"\n")):  # fewer where a line is empty
            return Parsed(_finite(values), np.arange(chunk.first, chunk.first + count, dtype=np.int64), ())
    text, line = _data_lines(chunk, table)
    if not line.size:
        return Parsed(np.empty((0, len(columns))), line, ())
    values = _at_once(text, columns, width, table)
    if values is not None and len(values) == line.size:
        return Parsed(_finite(values), line, ())
    return _one_by_one(text, line, columns, width, table, chunk.unfinished)


def _plain(text: bytes, table: TableFormat) -> bool:
    """Whether there is nothing to be taken out before the text can be read."""
    return table.separator != "whitespace" and not (table.comment and table.comment.encode() in text)


def _finite(values: Floats) -> Floats:
    values[~np.isfinite(values)] = np.nan
    return values


def _data_lines(chunk: Chunk, table: TableFormat) -> tuple[bytes, Ints]:
    """The text without blank lines and comments, and the number of each line that is left."""
    text, mark = chunk.text, table.comment.encode()
    whitespace = table.separator == "whitespace"
    kept, numbers = list[bytes](), list[int]()
    for number, line in enumerate(text.split(b"\n"), chunk.first):
        if line.strip(b" ") and not (mark and line.startswith(mark)):
            kept.append(b"\t".join(line.split()) if whitespace else line)
            numbers.append(number)
    kept.append(b"")
    return b"\n".join(kept), np.array(numbers, dtype=np.int64)


def _at_once(text: bytes, columns: tuple[int, ...], width: int, table: TableFormat) -> Floats | None:
    """All lines by pyarrow, or None where one of them is not as it should be."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(position) for position in range(width)]
    wanted = [names[position] for position in columns]
    if not wanted:
        return None
    try:
        found = csv.read_csv(
            BytesIO(text),
            csv.ReadOptions(use_threads=False, column_names=names, block_size=len(text) + 1),
            csv.ParseOptions(delimiter=SEPARATORS[table.separator] or "\t"),
            csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.float64()),
                null_values=[*_ALWAYS_LOST, *table.lost],
                decimal_point="," if table.decimal == "comma" else ".",
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    values = np.empty((found.num_rows, len(wanted)))
    for position, column in enumerate(found.columns):
        values[:, position] = column.to_numpy()
    return values


def _one_by_one(
    text: bytes, line: Ints, columns: tuple[int, ...], width: int, table: TableFormat, unfinished: bool
) -> Parsed:
    values = np.full((line.size, len(columns)), np.nan)
    left_out = np.zeros(line.size, np.bool_)
    bad: list[BadLine] = []
    for row, raw in enumerate(text.decode("utf-8", errors="replace").split("\n")[: line.size]):
        left_out[row] = not raw.strip(" ")
        cells = split_cells(raw, table)
        if len(cells) == width:
            wrong = _read_row(cells, columns, values[row], table)
            cell, cut_off = "" if wrong is None else cells[wrong][:40], False
            words = "" if wrong is None else f"column {wrong + 1}: expected a number, found {cell!r}"
        else:
            words, cell = f"expected {width} values, found {len(cells)}", ""
            cut_off = unfinished and row == line.size - 1 and len(cells) < width
        if words and not left_out[row]:
            bad.append(BadLine(int(line[row]), words, cut_off, cell))
            left_out[row] = cut_off
    return Parsed(_finite(values[~left_out]), line[~left_out], tuple(bad))


def _read_row(cells: list[str], columns: tuple[int, ...], row: Floats, table: TableFormat) -> int | None:
    """Fill one row; the place of its first cell that is no number, or None. The good cells are kept."""
    wrong: int | None = None
    for position, column in enumerate(columns):
        cell = cells[column]
        if cell in _ALWAYS_LOST or cell in table.lost:
            continue
        value = _number(cell, table)
        if value is not None:
            row[position] = value
        elif wrong is None:
            wrong = column
    return wrong


def _number(cell: str, table: TableFormat) -> float | None:
    if table.decimal == "comma":
        cell = cell.replace(",", ".")
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None
