"""Means over overlapping windows at absolute places: window ``k`` covers ``[k, k + 2) * hop_s`` of session time.

A sample counts by a Hann weight, ``sin²`` of its place in the window. Neighbouring weights add up to one, so the
windows share the samples among them and the mean of many windows is that of all samples. A plain window of a walk
catches one step more of one foot or of the other, and its asymmetry swings by tens of points; under the soft edges of
these that nearly cancels (Harris 1978, Proc. IEEE 66:51-83).

A window is emitted once a later sample, or a "nothing heard up to here" row, lies beyond it. Windows without a sample
are not emitted. Sums run from the first sample to the last in order, so the cut into blocks cannot change a bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Floats, Ints

__all__ = ["WindowMeans", "WindowState", "window_end_s", "window_means"]

_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class WindowState:
    """The hop still open, the sums of its samples so far, and the rising half of the window that began before it.

    Sums are of weight times value and of weight: ``rise`` by the weight in the window that begins with the hop,
    ``fall`` by that in the one that ends with it.
    """

    index: int | None = None
    rise: tuple[float, float] = (0.0, 0.0)
    fall: tuple[float, float] = (0.0, 0.0)
    before: tuple[float, float] = (0.0, 0.0)  # the rise of the hop ``index - 1``


@dataclass(frozen=True, slots=True, eq=False)
class WindowMeans:
    """Closed windows in order; every window below index ``settled`` has now been emitted."""

    index: Ints  # (k,)
    mean: Floats  # (k,)
    weight: Floats  # (k,), samples that were not NaN by their weight, above 0; a full window has those of one hop
    settled: int  # the least of all integers before the first sample


def window_means(hop_s: float, state: WindowState, time_s: Floats, values: Floats) -> tuple[WindowState, WindowMeans]:
    """Feed samples of one quantity; NaN values count as absent but let time pass.

    Args:
        time_s: (n,) strictly increasing, also across calls.
        values: (n,).
    """
    if not time_s.size:
        return state, _none(state)
    place = time_s / hop_s
    index = np.floor(place).astype(np.int64)
    heard = np.isfinite(values)
    rising = np.where(heard, np.sin(0.5 * np.pi * (place - index)) ** 2, 0.0)
    falling = np.where(heard, 1.0 - rising, 0.0)
    values = np.where(heard, values, 0.0)
    parts: list[Floats] = [rising * values, rising, falling * values, falling]
    carried = (*state.rise, *state.fall)
    if state.index == index[-1]:  # most blocks of a live stream
        sums = [_sum(carry, part) for carry, part in zip(carried, parts, strict=True)]
        return WindowState(state.index, (sums[0], sums[1]), (sums[2], sums[3]), state.before), _none(state)
    if state.index is not None:
        index = np.append(state.index, index)
        parts = [np.append(carry, part) for carry, part in zip(carried, parts, strict=True)]
    hop = np.append(0, np.cumsum(np.diff(index) != 0))
    # bincount adds in the order of the samples, starting from the carried sum
    sums_of: list[Floats] = [np.asarray(np.bincount(hop, part), np.float64) for part in parts]
    hops = index[np.flatnonzero(np.diff(hop, prepend=-1))]
    return _closed(state, hops, sums_of)


def _closed(state: WindowState, hops: Ints, sums_of: list[Floats]) -> tuple[WindowState, WindowMeans]:
    """The windows that the hops complete, all but the last of which are over."""
    rise, rise_weight, fall, fall_weight = sums_of
    last = int(hops[-1])
    done = hops[:-1]
    begun, begun_rise, begun_weight = done, rise[:-1], rise_weight[:-1]
    if state.index is not None:
        begun = np.append(state.index - 1, begun)
        begun_rise, begun_weight = np.append(state.before[0], begun_rise), np.append(state.before[1], begun_weight)
    windows = np.union1d(begun, done - 1)
    total, weight = np.zeros(windows.size), np.zeros(windows.size)
    for where, part, by in ((begun, begun_rise, begun_weight), (done - 1, fall[:-1], fall_weight[:-1])):
        at = np.searchsorted(windows, where)
        total[at] += part
        weight[at] += by
    over = (windows < last - 1) & (weight > 0.0)
    means = WindowMeans(windows[over], total[over] / weight[over], weight[over], last - 1)
    open_before = windows == last - 1
    before = (float(total[open_before][0]), float(weight[open_before][0])) if open_before.any() else (0.0, 0.0)
    after = WindowState(
        last,
        (float(rise[-1]), float(rise_weight[-1])),
        (float(fall[-1]), float(fall_weight[-1])),
        before,
    )
    return after, means


def _sum(carry: float, part: Floats) -> float:
    return float(np.append(carry, part).cumsum()[-1])


def _none(state: WindowState) -> WindowMeans:
    settled = _NEVER if state.index is None else state.index - 1
    return WindowMeans(np.empty(0, np.int64), np.empty(0), np.empty(0), settled)


def window_end_s(index: Ints | int, hop_s: float) -> Floats:
    """When a window ends."""
    return np.asarray((np.asarray(index) + 2) * hop_s, np.float64)
