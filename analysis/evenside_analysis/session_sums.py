"""A whole session in a few numbers a metric: what ``comparison`` says of a span, for spans that never end.

Every sum is cumulative with the carry in front, so that no cut of the stream changes a bit, and the memory does not
grow with the length of a session.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.comparison import Comparison, Estimator, Values, comparisons, paired, share_intervals
from evenside_analysis.sums import MomentSums, PairSums, accumulated, add, add_values, before_each, interval, moments
from evenside_analysis.types import Floats, Ints
from evenside_analysis.uncertainty import ai_of_log_ratio

__all__ = ["SessionSums", "ShareSums", "add_rows", "compare_session"]


@dataclass(frozen=True, slots=True, eq=False)
class ShareSums:
    """``sums`` (8, metrics) over pairs of D = R - L and T = R + L: D, T, DD, DT, TT, and with the pair before DD, DT
    both ways, TT. ``last`` (2, metrics): D and T of the last pair.
    """

    sums: Floats
    last: Floats

    @staticmethod
    def start(metrics: int) -> ShareSums:
        return ShareSums(np.zeros((8, metrics)), np.zeros((2, metrics)))


@dataclass(frozen=True, slots=True, eq=False)
class SessionSums:
    """``sides``: 4 series a metric, of pairs left and right and of all left and right, metric by metric in each."""

    sides: MomentSums
    pairs: PairSums | ShareSums

    @staticmethod
    def start(estimator: Estimator, metrics: int) -> SessionSums:
        pairs = PairSums.start(metrics) if estimator == "log_ratio" else ShareSums.start(metrics)
        return SessionSums(MomentSums.start(4 * metrics), pairs)


def add_rows(sums: SessionSums, values: Values) -> SessionSums:
    """The sums with more rows appended."""
    left, right = paired("log_ratio" if isinstance(sums.pairs, PairSums) else "share", values)
    sides = add_values(sums.sides, np.concatenate([left, right, values.left_all, values.right_all], axis=1))
    if isinstance(sums.pairs, PairSums):
        return SessionSums(sides, add(sums.pairs, np.log(right) - np.log(left)))
    return SessionSums(sides, _add_shares(sums.pairs, right - left, right + left))


def compare_session(sums: SessionSums) -> list[Comparison]:
    """The session up to now, one comparison a metric."""
    n, mean, sd = moments(sums.sides)
    shape = (1, 4, n.size // 4)
    if isinstance(sums.pairs, PairSums):
        found = interval(sums.pairs)
        lo, hi = ai_of_log_ratio(found.lo), ai_of_log_ratio(found.hi)
    else:
        lo, hi = _share_interval(sums.pairs, n[: n.size // 4])
    return comparisons(n.reshape(shape), mean.reshape(shape), sd.reshape(shape), lo[np.newaxis], hi[np.newaxis])[0]


def _add_shares(sums: ShareSums, d: Floats, t: Floats) -> ShareSums:
    counted = np.isfinite(d)
    d, t = np.where(counted, d, 0.0), np.where(counted, t, 0.0)
    before, last = before_each(sums.last, np.stack([d, t], axis=1), np.stack([counted, counted], axis=1))
    before_d, before_t = before[:, 0], before[:, 1]
    terms = (d, t, d * d, d * t, t * t, before_d * d, before_d * t + before_t * d, before_t * t)
    return ShareSums(accumulated(sums.sums, np.stack(terms, axis=1)), last)


def _share_interval(sums: ShareSums, n: Ints) -> tuple[Floats, Floats]:
    d, t, dd, dt, tt, lag_dd, lag_dt, lag_tt = sums.sums
    loaded = t > 0.0
    ratio = np.where(loaded, d / np.where(loaded, t, 1.0), 0.0)
    mean = np.where(loaded, t / np.maximum(n, 1), 1.0)
    squares = (dd - 2.0 * ratio * dt + ratio * ratio * tt) / mean**2
    lagged = (lag_dd - ratio * lag_dt + ratio * ratio * lag_tt) / mean**2
    return share_intervals(n, d, t, np.maximum(squares, 0.0), lagged)
