"""Steps as the maker of an insole reports them: a workbook with the sheets "Left Steps" and "Right Steps", in seconds.

The workbook is read with openpyxl, which is imported here and only here: everything else works without it.
"""

from __future__ import annotations

import math
import re
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evenside.errors import ReadError
from evenside.validation.marks import SIDES, Problem, Steps
from evenside.validation.table_of_pairs import number
from evenside_analysis.types import Floats

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

__all__ = ["read_report", "recorded_at"]

_COLUMNS = ("Initial contact (s)", "Toe off (s)")
_INSTALL = "install openpyxl, or evenside with its extra: pip install 'evenside[validate]'"


def recorded_at(name: str) -> str:
    """What the name of a report and that of its recording have in common: the digits of their moment."""
    digits = re.sub(r"\D", "", name)
    return digits if len(digits) >= 12 else ""


def read_report(path: Path, problems: list[Problem]) -> Steps | None:
    """The steps of both feet; None for any other workbook. Rows that are no steps are told and left out.

    Raises:
        ReadError: no workbook, openpyxl is missing, or a sheet lacks its columns.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise ReadError(f"{path}: workbooks cannot be read", mend=_INSTALL) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that it does not know
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                sheets = {side: _sheet(book, f"{side.capitalize()} Steps") for side in SIDES}
            finally:
                book.close()
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, SyntaxError) as error:
        raise ReadError(f"{path}: no workbook: {error}", mend="export the report again") from error
    if all(rows is None for rows in sheets.values()):
        return None
    left, right = (_steps(path, f"{side.capitalize()} Steps", sheets[side], problems) for side in SIDES)
    return Steps(left, right)


def _sheet(book: Workbook, title: str) -> list[tuple[object, ...]] | None:
    return [tuple(row) for row in book[title].iter_rows(values_only=True)] if title in book.sheetnames else None


def _steps(path: Path, title: str, rows: list[tuple[object, ...]] | None, problems: list[Problem]) -> Floats:
    head = rows[0] if rows else ()
    missing = [column for column in _COLUMNS if column not in head]
    if rows is None or missing:
        what = f"no column {' or '.join(map(repr, missing))} in sheet {title!r}" if rows else f"no sheet {title!r}"
        raise ReadError(f"{path}: {what}", mend="export the report with all its sheets")
    places = [head.index(column) for column in _COLUMNS]
    good: list[tuple[float, float]] = []
    for line, row in enumerate(rows[1:], 2):
        contact_s, toe_off_s = (number(row[place]) if place < len(row) else math.nan for place in places)
        if contact_s < toe_off_s:
            good.append((contact_s, toe_off_s))
        elif any(cell is not None for cell in row):
            words = f"{row!r:.80}: expected {_COLUMNS[0]} before {_COLUMNS[1]}"
            problems.append(Problem(f"{path}: sheet {title!r}, row {line}", words))
    return np.array(sorted(good)).reshape(-1, 2)
