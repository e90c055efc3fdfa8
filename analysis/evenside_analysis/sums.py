"""Running sums of several series at once: mean, SD and the adjusted interval without keeping the values.

A block of a series is a column; NaN in it is a value that is missing, and passed over. ``MomentSums`` holds what mean
and SD need, ``PairSums`` adds the products of neighbours that the lag-1 autocorrelation needs (neighbours among the
values that are there). Sums run over values minus the first value ever seen. That first value is one of the data, so a
wild one also widens the spread: the sum of squares exceeds its centred value at most n times, whatever the level of the
signal, and a day of strides keeps the nine digits of ``uncertainty.adjusted_interval``.

Every sum is a cumulative one with the carry in front: any cut of the stream into blocks gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Bools, Floats, Ints
from evenside_analysis.uncertainty import Intervals, intervals_of_sums

__all__ = ["MomentSums", "PairSums", "accumulated", "add", "add_values", "before_each", "interval", "moments"]


@dataclass(frozen=True, slots=True, eq=False)
class MomentSums:
    """Of every series (series,) the count, and sums over ``value - first``."""

    n: Ints
    first: Floats
    total: Floats
    squares: Floats

    @staticmethod
    def start(series: int) -> MomentSums:
        zero = np.zeros(series)
        return MomentSums(np.zeros(series, np.int64), zero, zero, zero)


@dataclass(frozen=True, slots=True, eq=False)
class PairSums:
    """``MomentSums`` with the products of neighbours (series,), all over ``value - first``."""

    moments: MomentSums
    lagged: Floats
    last: Floats  # minus first

    @staticmethod
    def start(series: int) -> PairSums:
        return PairSums(MomentSums.start(series), np.zeros(series), np.zeros(series))


def add_values(sums: MomentSums, values: Floats) -> MomentSums:
    """The sums with ``values`` (rows, series) appended. Raises ValueError for another number of series."""
    return _added(sums, values)[0]


def add(sums: PairSums, values: Floats) -> PairSums:
    """The sums with ``values`` (rows, series) appended, in the order of time. Raises ValueError as above."""
    moments_after, shifted, counted = _added(sums.moments, values)
    # Before the first value `last` is 0, and the first value minus itself is 0 too: that product adds nothing.
    before, last = before_each(sums.last, shifted, counted)
    return PairSums(moments_after, accumulated(sums.lagged, np.where(counted, before * shifted, 0.0)), last)


def moments(sums: MomentSums) -> tuple[Ints, Floats, Floats]:
    """n, mean and sample SD (series,); the mean is NaN for n = 0, the SD for n < 2."""
    n = sums.n
    mean = np.where(n > 0, sums.first + sums.total / np.maximum(n, 1), np.nan)
    sd = np.where(n > 1, np.sqrt(_centred_squares(sums) / np.maximum(n - 1, 1)), np.nan)
    return n, mean, sd


def interval(sums: PairSums) -> Intervals:
    """Of each series what ``uncertainty.adjusted_interval`` says of all its values added so far."""
    n, total = sums.moments.n, sums.moments.total
    shift = total / np.maximum(n, 1)
    # Σ (x_i - m)(x_i+1 - m) over the n - 1 neighbours; every value is in two of them except first (0) and last.
    lagged = sums.lagged - shift * (2.0 * total - sums.last) + (n - 1) * shift * shift
    return intervals_of_sums(n, sums.moments.first + shift, _centred_squares(sums.moments), lagged)


def accumulated(carry: Floats, values: Floats) -> Floats:
    """``carry`` (...) plus the rows of ``values`` (rows, ...), one after the other."""
    out: Floats = np.cumsum(np.concatenate([carry[np.newaxis], values]), axis=0)[-1]
    return out


def before_each(carry: Floats, values: Floats, counted: Bools) -> tuple[Floats, Floats]:
    """Of every entry of ``values`` (rows, ...) the counted one before it in its series, and the last of each series.

    ``carry`` (...) stands for the one before the first.
    """
    rows = np.arange(1, values.shape[0] + 1).reshape(-1, *([1] * carry.ndim))
    last = np.maximum.accumulate(np.where(counted, rows, 0), axis=0)
    place = np.concatenate([np.zeros((1, *carry.shape), np.int64), last])
    taken = np.take_along_axis(np.concatenate([carry[np.newaxis], values]), place, axis=0)
    return taken[:-1], taken[-1]


def _added(sums: MomentSums, values: Floats) -> tuple[MomentSums, Floats, Bools]:
    """The sums with the values; values minus the first of each series, 0 where missing; and which are there."""
    if values.ndim != 2 or values.shape[1:] != sums.n.shape:
        raise ValueError(f"values must have shape (rows, {sums.n.size}), got {values.shape}")
    counted = np.isfinite(values)
    n = sums.n + counted.sum(axis=0)
    earliest = values[counted.argmax(axis=0), np.arange(n.size)] if values.size else sums.first
    first = np.where(sums.n > 0, sums.first, np.where(n > 0, earliest, 0.0))
    shifted = np.where(counted, values - first, 0.0)
    both = np.stack([shifted, shifted * shifted], axis=1)
    total, squares = accumulated(np.stack([sums.total, sums.squares]), both)
    return MomentSums(n, first, total, squares), shifted, counted


def _centred_squares(sums: MomentSums) -> Floats:
    return np.maximum(sums.squares - sums.total * sums.total / np.maximum(sums.n, 1), 0.0)
