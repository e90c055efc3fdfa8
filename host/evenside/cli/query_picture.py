"""An asymmetry index over time as a picture of text: zero in the middle, right above it, left below.

A column is a stretch of time; it holds the mean of the points that end in it, and stays empty where there are none.
Pure: the width comes in, lines come out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from math import ceil, isnan
from statistics import median

from evenside.store import SeriesPoint

__all__ = ["picture"]

HALF_ROWS = 6
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_LABEL = 9  # characters before the axis


def picture(title: str, points: Sequence[SeriesPoint], width: int) -> str:
    """Lines of at most ``width`` characters. Where no point has an AI it says so."""
    columns = _columns(points, max(10, width - _LABEL - 2))
    known = [abs(value) for value in columns if value is not None]
    if not known:
        return f"{title}\nevery figure of this span is withheld"
    top = _round_up(max(known))
    lines = [title]
    for row in range(HALF_ROWS, 0, -1):
        label = f"{top * row / HALF_ROWS:.3g} right" if row in (HALF_ROWS, HALF_ROWS // 2) else ""
        lines.append(f"{label:>{_LABEL}} ┤" + "".join(_above(value, top, row) for value in columns).rstrip())
    lines.append(f"{'0':>{_LABEL}} ┼" + "".join("·" if value is None else "─" for value in columns))
    for row in range(1, HALF_ROWS + 1):
        label = f"{top * row / HALF_ROWS:.3g} left" if row in (HALF_ROWS, HALF_ROWS // 2) else ""
        lines.append(f"{label:>{_LABEL}} ┤" + "".join(_below(value, top, row) for value in columns).rstrip())
    first, last = (_when(ts_ns) for ts_ns in (points[0].start_ns, points[-1].end_ns))
    lines.append(" " * (_LABEL + 2) + f"{first}{last:>{max(1, len(columns) - len(first))}}")
    return "\n".join(lines)


def _columns(points: Sequence[SeriesPoint], count: int) -> list[float | None]:
    first_ns = points[0].end_ns
    spacing_ns = median(b.end_ns - a.end_ns for a, b in pairwise(points)) if len(points) > 1 else 1
    reach_ns = points[-1].end_ns - first_ns
    count = min(count, round(reach_ns / max(1, spacing_ns)) + 1)
    sums: list[list[float]] = [[] for _ in range(count)]
    for point in points:
        if not isnan(point.ai):
            sums[min(count - 1, (point.end_ns - first_ns) * count // (reach_ns + 1))].append(point.ai)
    return [sum(column) / len(column) if column else None for column in sums]


def _above(value: float | None, top: float, row: int) -> str:
    """Of the ``row``-th line over zero."""
    if value is None or value <= 0.0:
        return " "
    eighths = round(8 * (value / top * HALF_ROWS - (row - 1)))
    return _EIGHTHS[min(8, max(0, eighths))]


def _below(value: float | None, top: float, row: int) -> str:
    """Blocks that hang from above exist in two sizes only: half a line and a whole one."""
    if value is None or value >= 0.0:
        return " "
    halves = round(2 * (-value / top * HALF_ROWS - (row - 1)))
    return " ▀█"[min(2, max(0, halves))]


def _round_up(value: float) -> float:
    """To a number that is easily read."""
    size = max(value, 1.0)
    step = 1.0 if size <= 10 else 5.0 if size <= 50 else 25.0
    return ceil(size / step) * step


def _when(ts_ns: int) -> str:
    return f"{datetime.fromtimestamp(ts_ns // 10**9).astimezone():%Y-%m-%d %H:%M}"
