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
    if not np.isfinite(rows.settled_s):
        return FigureWindows(rows), _none(rows)
    last = int(np.ceil(rows.settled_s / hop_s)) - 1
    last -= last * hop_s >= rows.settled_s  # the quotient may have been rounded up
    index = _within_reach(hop_s, hops, rows, state.next, last)
    first = np.searchsorted(rows.end_s, (index - hops) * hop_s, side="right")
    end = np.searchsorted(rows.end_s, index * hop_s, side="right")
    has = end > first
    after = last + 1 if state.next is None else max(last + 1, state.next)
    kept = rows.select(rows.end_s > (after - hops) * hop_s)
    return FigureWindows(kept, after), Closed(index[has], first[has], end[has], rows)


def _within_reach(hop_s: float, hops: int, rows: Rows, begin: int | None, last: int) -> Ints:
    """The windows from ``begin`` to ``last`` that may hold one of the rows, however long the pauses between them."""
    if not rows.end_s.size:
        return np.empty(0, np.int64)
    hop = np.ceil(rows.end_s / hop_s).astype(np.int64)
    pauses = (hop[1:] - hop[:-1] > hops + 1).nonzero()[0]
    first = hop[np.concatenate(([0], pauses + 1))] - 1
    end = np.minimum(hop[np.concatenate((pauses, [hop.size - 1]))] + hops, last) + 1
    if begin is not None:
        first = np.maximum(first, begin)
    return np.concatenate([np.arange(*reach) for reach in zip(first.tolist(), end.tolist(), strict=True)])


def _none(rows: Rows) -> Closed:
    nothing = np.empty(0, np.int64)
    return Closed(nothing, nothing, nothing, rows)
