"""Left against right over many spans at once: means, SDs, and the 95 % interval of the asymmetry in AI points.

Two estimators. Strides are positive on both sides, so ``d_i = ln(R_i / L_i)`` of every pair carries the inference
(``uncertainty``). Loads of a window may be zero on one side (a bag hangs on one shoulder), where no logarithm exists:
there the asymmetry is a ratio of sums, ``A = Σ(R - L) / Σ(R + L)``, and the interval that of its linearised residuals
``e_i = ((R_i - L_i) - A (R_i + L_i)) / mean(R + L)`` (Cochran 1977, Sampling Techniques, ch. 6), with the same
adjustment for autocorrelation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evenside_analysis.types import Bools, Floats, Ints
from evenside_analysis.uncertainty import adjusted_intervals, ai_of_log_ratio, intervals_of_sums

__all__ = ["Comparison", "Estimator", "Moments", "Values", "compare", "share_intervals"]

Estimator = Literal["log_ratio", "share"]


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
    """Both sides of one metric (rows,): ``left`` and ``right`` are NaN in rows that may not be compared."""

    left: Floats
    right: Floats
    left_all: Floats
    right_all: Floats


def compare(estimator: Estimator, values: Values, first: Ints, end: Ints, width: int) -> list[Comparison]:
    """Compare the rows [first[i], end[i]) of each of k spans, none of more than ``width`` rows."""
    pairs = np.isfinite(values.left) & np.isfinite(values.right)
    left, counted = _spans(values.left, pairs, first, end, width)
    right, _ = _spans(values.right, pairs, first, end, width)
    n = counted.sum(axis=1)
    if estimator == "log_ratio":
        with np.errstate(divide="ignore", invalid="ignore"):
            d = np.where(counted, np.log(right) - np.log(left), 0.0)
        interval = adjusted_intervals(d, n)
        lo, hi = ai_of_log_ratio(interval.lo), ai_of_log_ratio(interval.hi)
    else:
        lo, hi = _share_intervals(left, right, counted, n)
    all_of = [
        _moments(*_spans(one, np.isfinite(one), first, end, width)) for one in (values.left_all, values.right_all)
    ]
    columns = (n.tolist(), _moments(left, counted), _moments(right, counted), *all_of, lo.tolist(), hi.tolist())
    return [Comparison(*row) for row in zip(*columns, strict=True)]


def share_intervals(
    n: Ints, difference: Floats, total: Floats, residual_squares: Floats, residual_lagged: Floats
) -> tuple[Floats, Floats]:
    """Interval of ``100 Σ(R - L) / Σ(R + L)`` in AI points, kept within ±100, elementwise (k,).

    Args:
        difference, total: ``Σ(R - L)`` and ``Σ(R + L)``.
        residual_squares, residual_lagged: ``Σ e_i²`` and ``Σ e_i e_i+1``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0.0, difference / total, np.nan)
    found = intervals_of_sums(n, share, np.nan_to_num(residual_squares), np.nan_to_num(residual_lagged))
    return np.clip(100.0 * found.lo, -100.0, 100.0), np.clip(100.0 * found.hi, -100.0, 100.0)


def _share_intervals(left: Floats, right: Floats, counted: Bools, n: Ints) -> tuple[Floats, Floats]:
    difference, total = right - left, right + left
    sum_d, sum_t = _sums(difference), _sums(total)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(sum_t > 0.0, sum_d / sum_t, 0.0)
        mean = np.where(sum_t > 0.0, sum_t / n, 1.0)
    residual = np.where(counted, (difference - ratio[:, np.newaxis] * total) / mean[:, np.newaxis], 0.0)
    neighbours = residual[:, 1:] * residual[:, :-1]
    return share_intervals(n, sum_d, sum_t, _sums(residual * residual), _sums(neighbours))


def _spans(values: Floats, chosen: Bools, first: Ints, end: Ints, width: int) -> tuple[Floats, Bools]:
    """(k, width) the chosen rows of each span moved together to the left, 0 behind them, and which places count."""
    kept = np.append(values[chosen], 0.0)
    place = np.concatenate([[0], np.cumsum(chosen)])
    begin, count = place[first], place[end] - place[first]
    columns = np.arange(width)
    counted = columns < count[:, np.newaxis]
    at = np.where(counted, begin[:, np.newaxis] + columns, kept.size - 1)
    return np.where(counted, kept[at], 0.0), counted


def _moments(rows: Floats, counted: Bools) -> list[Moments]:
    """Of the counted places of each row."""
    n = counted.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(n > 0, _sums(rows) / n, np.nan)
        centred = np.where(counted, rows - mean[:, np.newaxis], 0.0)
        sd = np.where(n > 1, np.sqrt(_sums(centred * centred) / (n - 1)), np.nan)
    return [Moments(*row) for row in zip(n.tolist(), mean.tolist(), sd.tolist(), strict=True)]


def _sums(rows: Floats) -> Floats:
    """Row sums. On contiguous rows of one width the bits of a sum depend on its row alone."""
    out: Floats = np.ascontiguousarray(rows).sum(axis=1)
    return out
