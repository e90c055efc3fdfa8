"""Running sums of a stream: mean, SD and the adjusted interval without keeping the values.

Two small states. ``MomentSums`` holds what mean and SD need, ``PairSums`` adds the products of neighbours that the
lag-1 autocorrelation needs. Sums run over values minus the first value ever seen. That first value is one of the
data, so a wild one also widens the spread: the sum of squares exceeds its centred value at most n times, whatever the
level of the signal, and a day of strides keeps the nine digits of ``uncertainty.adjusted_interval``. Every sum is a
cumulative one with the carry in front: any cut of the stream into blocks gives the same bits.

A missing value never enters: what a NaN means (a lost pair, a break of the series) is for the caller to decide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Floats
from evenside_analysis.uncertainty import Interval, intervals_of_sums

__all__ = ["MomentSums", "PairSums", "add", "add_values", "interval", "moments"]


@dataclass(frozen=True, slots=True)
class MomentSums:
    """Sums over ``value - first``."""

    n: int
    first: float
    total: float
    squares: float

    @staticmethod
    def start() -> MomentSums:
        return MomentSums(0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class PairSums:
    """``MomentSums`` of d = ln(R / L) with the products of neighbours, all over ``d - first``."""

    moments: MomentSums
    lagged: float
    last: float  # minus first

    @staticmethod
    def start() -> PairSums:
        return PairSums(MomentSums.start(), 0.0, 0.0)


def add_values(sums: MomentSums, values: Floats) -> MomentSums:
    """The sums with ``values`` (m,) appended. Raises ValueError for a value that is not finite."""
    _refuse_missing(values)
    if values.size == 0:
        return sums
    first = sums.first if sums.n else float(values[0])
    shifted = values - first
    return MomentSums(
        sums.n + values.size, first, _carried(sums.total, shifted), _carried(sums.squares, shifted * shifted)
    )


def add(sums: PairSums, d: Floats) -> PairSums:
    """The sums with ``d`` (m,) appended, in the order of time. Raises ValueError for a value that is not finite."""
    moments_after = add_values(sums.moments, d)
    if d.size == 0:
        return sums
    shifted = d - moments_after.first
    # Before the first value `last` is 0, and the first value minus itself is 0 too: that product adds nothing.
    neighbours = np.concatenate([[sums.last], shifted])
    return PairSums(moments_after, _carried(sums.lagged, neighbours[:-1] * shifted), float(shifted[-1]))


def moments(sums: MomentSums) -> tuple[int, float, float]:
    """n, mean and sample SD; the mean is NaN for n = 0, the SD for n < 2."""
    if sums.n == 0:
        return 0, math.nan, math.nan
    mean = sums.first + sums.total / sums.n
    if sums.n == 1:
        return 1, mean, math.nan
    return sums.n, mean, math.sqrt(_centred_squares(sums) / (sums.n - 1))


def interval(sums: PairSums) -> Interval:
    """What ``uncertainty.adjusted_interval`` says of all values added so far."""
    n, mean, _ = moments(sums.moments)
    shift = sums.moments.total / n if n else 0.0
    # Σ (x_i - m)(x_i+1 - m) over the n - 1 neighbours; every value is in two of them except first (0) and last.
    lagged = sums.lagged - shift * (2.0 * sums.moments.total - sums.last) + (n - 1) * shift * shift
    return intervals_of_sums(
        np.array([n]), np.array([mean]), np.array([_centred_squares(sums.moments)]), np.array([lagged])
    ).row(0)


def _centred_squares(sums: MomentSums) -> float:
    return max(sums.squares - sums.total * sums.total / sums.n, 0.0) if sums.n else 0.0


def _carried(carry: float, values: Floats) -> float:
    return float(np.cumsum(np.concatenate([[carry], values]))[-1])


def _refuse_missing(values: Floats) -> None:
    if values.ndim != 1:
        raise ValueError(f"values must have one axis, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("a running sum takes finite values only: drop missing values first")
