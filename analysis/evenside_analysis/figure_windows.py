"""Rows gathered into the windows of figures: window ``k`` holds the rows that end in ``(k hop - length, k hop]``.

Places are absolute and windows overlap; a window is closed once every row in it is settled. A window without rows is
passed over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.rows import Rows
from evenside_analysis.types import Ints

__all__ = ["Closed", "FigureWindows", "close_windows"]


@dataclass(frozen=True, slots=True, eq=False)
class FigureWindows:
    """Rows that a window still to be closed may hold, and the first such window."""

    rows: Rows
    next: int | None = None  # None before anything was settled

    @staticmethod
    def start(metrics: int) -> FigureWindows:
        return FigureWindows(Rows.none(metrics))


@dataclass(frozen=True, slots=True, eq=False)
class Closed:
    """Windows ``index`` (k,) with at least one row: the rows [first[i], end[i]) of ``rows``."""

    index: Ints
    first: Ints
    end: Ints
    rows: Rows


def close_windows(hop_s: float, hops: int, state: FigureWindows, new: Rows) -> tuple[FigureWindows, Closed]:
    """Add rows; return the windows of ``hops`` hops that are over."""
    rows = state.rows.followed_by(new)
    last = int(np.ceil(rows.settled_s / hop_s)) - 1 if np.isfinite(rows.settled_s) else None
    begin = state.next
    if begin is None and last is not None:
        begin = min(int(np.ceil(rows.end_s[0] / hop_s)), last + 1) if rows.end_s.size else last + 1
    if begin is None or last is None or last < begin:
        none = np.empty(0, np.int64)
        return FigureWindows(rows, begin), Closed(none, none, none, rows)
    index = np.arange(begin, last + 1, dtype=np.int64)
    first = np.searchsorted(rows.end_s, (index - hops) * hop_s, side="right")
    end = np.searchsorted(rows.end_s, index * hop_s, side="right")
    has = end > first
    kept = rows.select(rows.end_s > (last + 1 - hops) * hop_s)
    return FigureWindows(kept, last + 1), Closed(index[has], first[has], end[has], rows)
