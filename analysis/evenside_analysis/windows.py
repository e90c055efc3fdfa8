"""Means over fixed windows at absolute places: window ``k`` covers ``[k, k + 1) * window_s`` of session time.

A window is emitted once a later sample, or a "nothing heard up to here" row, lies beyond it. Empty windows are not
emitted. Sums run from the first sample of a window to its last in order, so the cut into blocks cannot change a bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Floats, Ints

_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class WindowState:
    """The window still open: its index, the sum and the count of its samples so far."""

    index: int | None = None
    total: float = 0.0
    count: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class WindowMeans:
    """Closed windows in order; every window below index ``settled`` has now been emitted."""

    index: Ints  # (k,)
    mean: Floats  # (k,)
    count: Ints  # (k,), samples that were not NaN, at least 1
    settled: int  # the least of all integers before the first sample


def window_means(
    window_s: float, state: WindowState, time_s: Floats, values: Floats
) -> tuple[WindowState, WindowMeans]:
    """Feed samples of one quantity; NaN values count as absent but let time pass.

    Args:
        time_s: (n,) strictly increasing, also across calls.
        values: (n,).
    """
    if not time_s.size:
        return state, _none(_NEVER if state.index is None else state.index)
    heard = np.isfinite(values)
    if state.index is not None and state.index == math.floor(time_s[-1] / window_s):  # most blocks of a live stream
        longer = float(np.concatenate(([state.total], values[heard])).cumsum()[-1])
        return WindowState(state.index, longer, state.count + int(heard.sum())), _none(state.index)
    index = np.floor(time_s / window_s).astype(np.int64)
    weights = np.where(heard, values, 0.0)
    counts = heard.astype(np.int64)
    if state.index is not None:
        index = np.concatenate([[state.index], index])
        weights = np.concatenate([[state.total], weights])
        counts = np.concatenate([[state.count], counts])
    segment = np.concatenate([[0], np.cumsum(np.diff(index) != 0)])
    # bincount adds in the order of the samples, starting from the carried sum
    total = np.bincount(segment, weights)
    count = np.rint(np.bincount(segment, counts)).astype(np.int64)
    first = index[np.flatnonzero(np.diff(segment, prepend=-1))]
    last = WindowState(int(first[-1]), float(total[-1]), int(count[-1]))
    closed = count[:-1] > 0
    means = total[:-1][closed] / count[:-1][closed]
    return last, WindowMeans(first[:-1][closed], means, count[:-1][closed], int(first[-1]))


def _none(settled: int) -> WindowMeans:
    return WindowMeans(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64), settled)
