"""Pairs of strides that stand out from those around them: turns and stumbles, where no sensor tells of a turn.

A vertical force does not see the foot change its heading, but nobody turns round at the pace of walking on. A pair is
unsteady where its stance times together, or its stride times together, lie more than ``_SDS`` robust standard
deviations (1.4826 MAD) from the median of the pairs from 16 s before it to 4 s after it. Left and right are added
first: which of them is longer plays no part, so what is left out takes no side. After a sudden change of pace a few
pairs may be left out, of both sides alike.

Rows are handed on 4 s late.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.rows import Rows
from evenside_analysis.types import Bools, Flag, Floats, Ints

__all__ = ["SteadyState", "mark_unsteady"]

_BEFORE_S, _AFTER_S = 16.0, 4.0
_SDS = 6.0  # at 5, the long tail of strides that vary on one side alone moves an asymmetry by a tenth
_SD_MIN = 0.01  # of the median: healthy strides vary by 1 to 3 %, samples of 100 Hz alone by 0.3 %
_PAIRS_MIN = 9  # a turn of four steps is no majority among them
_NORMAL = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class SteadyState:
    """Rows that wait, and of the last ones their ends and sums of both sides; how many were unsteady."""

    waiting: Rows
    end_s: Floats = field(default_factory=lambda: np.empty(0))  # (n,) the waiting ones among them
    sums_s: Floats = field(default_factory=lambda: np.empty((2, 0)))  # (2, n) NaN where flagged or of one side
    unsteady: int = 0

    @staticmethod
    def start(metrics: int) -> SteadyState:
        return SteadyState(Rows.none(metrics))


def mark_unsteady(columns: tuple[int, int], state: SteadyState, new: Rows) -> tuple[SteadyState, Rows]:
    """Add rows; return those that are now certain, with Flag.UNSTEADY where it holds.

    Args:
        columns: of stance time and stride time.
    """
    waiting = state.waiting.followed_by(new)
    end_s, sums_s = state.end_s, state.sums_s
    if new.end_s.size:
        both = (new.left[:, columns] + new.right[:, columns]).T
        end_s = np.concatenate((end_s, new.end_s))
        sums_s = np.concatenate((sums_s, np.where(new.flags == 0, both, np.nan)), axis=1)
    until_s = new.settled_s - _AFTER_S
    count = int(waiting.end_s.searchsorted(until_s))
    if not count:
        return SteadyState(waiting, end_s, sums_s, state.unsteady), Rows.none(new.left.shape[1], until_s)
    at = end_s.size - waiting.end_s.size + np.arange(count)
    apart = _stands_out(end_s, sums_s, at)
    told = waiting.select(slice(count))
    flags = told.flags | np.where(apart, int(Flag.UNSTEADY), 0)
    first = int(end_s.searchsorted(until_s - _BEFORE_S))
    after = SteadyState(
        waiting.select(slice(count, None)),
        end_s[first:],
        sums_s[:, first:],
        state.unsteady + int(np.count_nonzero(apart)),
    )
    return after, Rows(told.end_s, flags, told.left, told.right, until_s)


def _stands_out(end_s: Floats, sums_s: Floats, at: Ints) -> Bools:
    """Of the rows ``at`` whether one of their sums lies apart from those around."""
    first = end_s.searchsorted(end_s[at] - _BEFORE_S)
    end = (end_s - _AFTER_S).searchsorted(end_s[at], "right")
    place = first[:, np.newaxis] + np.arange(int((end - first).max()))
    around = sums_s.take(np.minimum(place, end_s.size - 1), axis=1)
    around[:, place >= end[:, np.newaxis]] = np.nan
    count = np.isfinite(around).sum(axis=2)
    centre = _median(around, count)
    spread = _NORMAL * _median(np.abs(around - centre[:, :, np.newaxis]), count)
    away = np.abs(sums_s[:, at] - centre) > _SDS * np.maximum(spread, _SD_MIN * centre)
    return np.asarray((away & (count >= _PAIRS_MIN)).any(axis=0))


def _median(values: Floats, count: Ints) -> Floats:
    """Along the last axis, of the ``count`` finite ones; NaN where there are none."""
    ranked = np.sort(values, axis=-1)  # NaN comes last
    last = values.shape[-1] - 1
    low, high = (
        np.take_along_axis(ranked, np.clip(place, 0, last)[..., np.newaxis], axis=-1)[..., 0]
        for place in ((count - 1) // 2, count // 2)
    )
    return np.asarray(0.5 * (low + high))
