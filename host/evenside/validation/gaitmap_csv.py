"""Annotations in the way of gaitmap: strides as rows of a CSV table, in samples of the recording.

``stride_events``: initial contacts and toe-offs from motion capture; a stance runs from ``pre_ic`` to ``tc``, a swing
from ``tc`` to ``ic``. ``stride_borders``: hand-labelled stretches of one stride each, wherever in it they begin.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from evenside.errors import ReadError
from evenside.validation.marks import SIDES, Borders, Problem, Swings, no_marks
from evenside.validation.table_of_pairs import number
from evenside_analysis.types import Floats

__all__ = ["RATES_HZ", "read_stride_borders", "read_stride_events", "table_kind", "usual_rate_hz"]

RATES_HZ = (204.8, 102.4)
"""Of the sensors of these sets: where the table counts samples, it does not say which."""

_STRIDE_S = (0.7, 2.0)  # from running to slow walking
_EVENTS = ("foot", "pre_ic", "ic", "tc")
_BORDERS = ("foot", "start", "end")

Row = dict[str, str | None]


def table_kind(path: Path) -> str:
    """``events``, ``borders``, or "" for any other file."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return ""
    names = {name.strip() for name in header}
    return "events" if set(_EVENTS) <= names else "borders" if set(_BORDERS) <= names else ""


def read_stride_events(path: Path, problems: list[Problem]) -> Swings:
    """Raises ReadError: no row can be used."""
    rows = _rows(path, _EVENTS[1:], problems)
    left, right = (_swings(np.array([row for foot, row in rows if foot == side])) for side in SIDES)
    return Swings(left, right, no_marks())


def read_stride_borders(path: Path, problems: list[Problem]) -> Borders:
    """Raises ReadError: no row can be used."""
    rows = _rows(path, _BORDERS[1:], problems)
    left, right = (np.array([row for foot, row in rows if foot == side]).reshape(-1, 2) for side in SIDES)
    return Borders(left, right)


def usual_rate_hz(spans: Floats) -> float | None:
    """The rate at which strides (n, 2) of so many samples are as long as strides are; None for none of RATES_HZ."""
    if not len(spans):
        return None
    stride = float(np.median(spans[:, 1] - spans[:, 0]))
    return next((rate_hz for rate_hz in RATES_HZ if _STRIDE_S[0] <= stride / rate_hz <= _STRIDE_S[1]), None)


def _rows(path: Path, columns: tuple[str, ...], problems: list[Problem]) -> list[tuple[str, list[float]]]:
    good: list[tuple[str, list[float]]] = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file)
            for row in table:
                foot, values = _read(row, columns)
                if foot in SIDES and _in_order(columns, values):
                    good.append((foot, values))
                else:
                    words = f"{dict(row)!r:.120}: expected foot left or right and numbers in {', '.join(columns)}"
                    problems.append(Problem(f"{path}:{table.line_num}", words))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReadError(f"{path}: {error}", mend="copy it again") from error
    if not good:
        raise ReadError(f"{path}: no stride in it", mend=f"give rows with foot, {', '.join(columns)}")
    return sorted(good, key=lambda stride: stride[1][0])


def _read(row: Row, columns: tuple[str, ...]) -> tuple[str, list[float]]:
    return (row.get("foot") or "").strip(), [number(row.get(name)) for name in columns]


def _in_order(columns: tuple[str, ...], values: list[float]) -> bool:
    named = dict(zip(columns, values, strict=True))
    if "tc" in named:
        return named["pre_ic"] < named["tc"] < named["ic"]
    return named["start"] < named["end"]


def _swings(strides: Floats) -> Floats:
    """From (n, 3) pre_ic, ic, tc to (m, 2) toe-off and contact; a contact that no swing leads to has no toe-off."""
    out: list[tuple[float, float]] = []
    for before, contact, toe_off in strides.reshape(-1, 3).tolist():
        if not out or out[-1][1] < before:
            out.append((np.nan, before))
        out.append((toe_off, contact))
    return np.array(out).reshape(-1, 2)
