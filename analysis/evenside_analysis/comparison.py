"""Left against right over many spans and metrics at once: means, SDs, and the 95 % interval of the asymmetry.

Two estimators. Strides are positive on both sides, so ``d_i = ln(R_i / L_i)`` of every pair carries the inference
(``uncertainty``). Loads of a window may be zero on one side (a bag hangs on one shoulder), where no logarithm exists:
there the asymmetry is a ratio of sums, ``A = Σ(R - L) / Σ(R + L)``, and the interval that of its linearised residuals
``e_i = ((R_i - L_i) - A (R_i + L_i)) / mean(R + L)`` (Cochran 1977, Sampling Techniques, ch. 6), with the same
adjustment for autocorrelation.

A side that bore nothing in any window of a span gives A = ±100 and an interval of no width. That stands as it is: the
interval speaks of how the windows of this span differ, and they do not; it does not say what other windows would have
shown. What the sensor of the idle side may hide below its zero is in the bias budget, and decides over the claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evenside_analysis.sums import before_each
from evenside_analysis.types import Bools, Floats, Ints
from evenside_analysis.uncertainty import ai_of_log_ratio, intervals_of_sums

__all__ = ["Comparison", "Estimator", "Moments", "Values", "compare", "comparisons", "paired", "share_intervals"]

Estimator = Literal["log_ratio", "share"]

_SPANS_AT_ONCE = 128  # bounds the memory of a day in one call


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean and sample SD; NaN where there are too few values."""

    n: int
    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric over one span: ``n`` pairs, each side of them, and each side of all that was measured.

    ``lo`` and ``hi`` are the 95 % interval in AI points, NaN where there are fewer than two pairs.
    """

    n: int
    left: Moments
    right: Moments
    left_all: Moments
    right_all: Moments
    lo: float
    hi: float


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Both sides (rows, metrics); ``left`` and ``right`` are NaN in rows that may not be compared."""

    left: Floats
    right: Floats
    left_all: Floats
    right_all: Floats


def paired(estimator: Estimator, values: Values) -> tuple[Floats, Floats]:
    """Left and right (rows, metrics) where both are there, and have a ratio if one is to be taken; NaN elsewhere."""
    fit = np.isfinite(values.left) & np.isfinite(values.right)
    if estimator == "log_ratio":
        fit &= (values.left > 0.0) & (values.right > 0.0)
    return np.where(fit, values.left, np.nan), np.where(fit, values.right, np.nan)


def compare(estimator: Estimator, values: Values, first: Ints, end: Ints) -> list[list[Comparison]]:
    """Compare the rows [first[i], end[i]) of each of k spans: k lists of one comparison a metric.

    The bits of one of them depend on the rows of its span alone.
    """
    left, right = paired(estimator, values)
    series = (left, right, values.left_all, values.right_all)
    table = np.stack([*series, np.log(right) - np.log(left)] if estimator == "log_ratio" else series, axis=1)
    found: list[list[Comparison]] = []
    for at in range(0, first.size, _SPANS_AT_ONCE):
        part = slice(at, at + _SPANS_AT_ONCE)
        found += _compared(estimator, table, first[part], end[part])
    return found


def comparisons(n: Ints, mean: Floats, sd: Floats, lo: Floats, hi: Floats) -> list[list[Comparison]]:
    """From arrays over spans and metrics: n, mean, sd (spans, 4, metrics) of pairs left and right and of all left and
    right; lo, hi (spans, metrics).
    """
    columns = [column.tolist() for column in (n, mean, sd, lo, hi)]
    out = []
    for counts, means, sds, los, his in zip(*columns, strict=True):
        sides = [list(map(Moments, *one)) for one in zip(counts, means, sds, strict=True)]
        out.append(list(map(Comparison, counts[0], *sides, los, his)))
    return out


def share_intervals(
    n: Ints, difference: Floats, total: Floats, residual_squares: Floats, residual_lagged: Floats
) -> tuple[Floats, Floats]:
    """Interval of ``100 Σ(R - L) / Σ(R + L)`` in AI points, kept within ±100, elementwise.

    Args:
        difference, total: ``Σ(R - L)`` and ``Σ(R + L)``.
        residual_squares, residual_lagged: ``Σ e_i²`` and ``Σ e_i e_i+1``.
    """
    share = np.where(total > 0.0, difference / np.where(total > 0.0, total, 1.0), np.nan)
    found = intervals_of_sums(n, share, residual_squares, residual_lagged)
    return np.clip(100.0 * found.lo, -100.0, 100.0), np.clip(100.0 * found.hi, -100.0, 100.0)


def _compared(estimator: Estimator, table: Floats, first: Ints, end: Ints) -> list[list[Comparison]]:
    """``table`` (rows, 4 or 5, metrics): pairs left and right, all left and right, and the log ratio of the pairs."""
    at = first + np.arange(int((end - first).max(initial=0)))[:, np.newaxis]
    inside = (at < end)[:, :, np.newaxis, np.newaxis]
    at = np.minimum(at, table.shape[0] - 1)
    there = np.isfinite(table)
    counted = there[at] & inside  # (width, spans, 4 or 5, metrics)
    rows = np.where(there, table, 0.0)[at]
    rows *= inside
    n = np.add.reduce(counted, axis=0, dtype=np.int64)
    sums = _sum(rows)
    mean = sums / np.where(n > 0, n, np.nan)
    centred = np.where(counted, rows - mean, 0.0)
    squares = _sum(centred * centred)
    sd = np.sqrt(squares / np.where(n > 1, n - 1, np.nan))
    if estimator == "log_ratio":
        lagged = _lagged(centred[:, :, 4], counted[:, :, 4])
        interval = intervals_of_sums(n[:, 4], mean[:, 4], squares[:, 4], lagged)
        lo, hi = ai_of_log_ratio(interval.lo), ai_of_log_ratio(interval.hi)
    else:
        lo, hi = _shares(rows[:, :, 0], rows[:, :, 1], counted[:, :, 0], n[:, 0])
    return comparisons(n[:, :4], mean[:, :4], sd[:, :4], lo, hi)


def _shares(left: Floats, right: Floats, counted: Bools, n: Ints) -> tuple[Floats, Floats]:
    """Intervals (spans, metrics) of pairs (width, spans, metrics), which are 0 where not counted."""
    difference, total = right - left, right + left
    sum_d, sum_t = _sum(difference), _sum(total)
    loaded = sum_t > 0.0
    ratio = np.where(loaded, sum_d / np.where(loaded, sum_t, 1.0), 0.0)
    mean = np.where(loaded, sum_t / np.maximum(n, 1), 1.0)
    residual = (difference - ratio * total) / mean
    return share_intervals(n, sum_d, sum_t, _sum(residual * residual), _lagged(residual, counted))


def _lagged(values: Floats, counted: Bools) -> Floats:
    """Σ of the products of neighbours among the counted, along axis 0; the others are 0."""
    before, _ = before_each(np.zeros(values.shape[1:]), values, counted)
    return _sum(before * values)


def _sum(values: Floats) -> Floats:
    """Along axis 0, one after the other: zeros behind change no bit, nor do other columns."""
    if not values.shape[0]:
        return np.zeros(values.shape[1:])
    out: Floats = np.cumsum(values, axis=0)[-1] + 0.0  # no negative zero, as zeros behind would have it
    return out
