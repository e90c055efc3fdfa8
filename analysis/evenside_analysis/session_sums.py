"""A whole session of one metric in a few numbers: what ``comparison`` says of a span, for spans that never end.

Every sum is cumulative with the carry in front, so that no cut of the stream changes a bit, and the memory does not
grow with the length of a session.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.comparison import Comparison, Estimator, Moments, Values, share_intervals
from evenside_analysis.sums import MomentSums, PairSums, add, add_values, interval, moments
from evenside_analysis.types import Floats

__all__ = ["SessionSums", "ShareSums", "add_rows", "compare_session"]


@dataclass(frozen=True, slots=True)
class ShareSums:
    """Sums over pairs of D = R - L and T = R + L, their products, and the products with the pair before."""

    d: float = 0.0
    t: float = 0.0
    dd: float = 0.0
    dt: float = 0.0
    tt: float = 0.0
    lag_dd: float = 0.0
    lag_dt: float = 0.0  # both ways
    lag_tt: float = 0.0
    last_d: float = 0.0
    last_t: float = 0.0


@dataclass(frozen=True, slots=True)
class SessionSums:
    """Of one metric. ``left`` and ``right`` hold the pairs, ``left_all`` and ``right_all`` all that was measured."""

    left: MomentSums
    right: MomentSums
    left_all: MomentSums
    right_all: MomentSums
    pairs: PairSums
    shares: ShareSums

    @staticmethod
    def start() -> SessionSums:
        none = MomentSums.start()
        return SessionSums(none, none, none, none, PairSums.start(), ShareSums())


def add_rows(estimator: Estimator, sums: SessionSums, values: Values) -> SessionSums:
    """The sums with more rows appended."""
    pairs = np.isfinite(values.left) & np.isfinite(values.right)
    l_pairs, r_pairs = values.left[pairs], values.right[pairs]
    return SessionSums(
        add_values(sums.left, l_pairs),
        add_values(sums.right, r_pairs),
        add_values(sums.left_all, values.left_all[np.isfinite(values.left_all)]),
        add_values(sums.right_all, values.right_all[np.isfinite(values.right_all)]),
        add(sums.pairs, np.log(r_pairs) - np.log(l_pairs)) if estimator == "log_ratio" else sums.pairs,
        _add_shares(sums.shares, r_pairs - l_pairs, r_pairs + l_pairs) if estimator == "share" else sums.shares,
    )


def compare_session(estimator: Estimator, sums: SessionSums) -> Comparison:
    """The session up to now."""
    n = sums.left.n
    if estimator == "log_ratio":
        _, lo, hi = interval(sums.pairs).ai_points()
    else:
        lo, hi = _share_interval(sums.shares, n)
    left, right, left_all, right_all = (
        Moments(*moments(side)) for side in (sums.left, sums.right, sums.left_all, sums.right_all)
    )
    return Comparison(n, left, right, left_all, right_all, lo, hi)


def _add_shares(sums: ShareSums, d: Floats, t: Floats) -> ShareSums:
    if not d.size:
        return sums
    before_d, before_t = np.append(sums.last_d, d[:-1]), np.append(sums.last_t, t[:-1])
    return ShareSums(
        _carried(sums.d, d),
        _carried(sums.t, t),
        _carried(sums.dd, d * d),
        _carried(sums.dt, d * t),
        _carried(sums.tt, t * t),
        _carried(sums.lag_dd, before_d * d),
        _carried(sums.lag_dt, before_d * t + before_t * d),
        _carried(sums.lag_tt, before_t * t),
        float(d[-1]),
        float(t[-1]),
    )


def _share_interval(sums: ShareSums, n: int) -> tuple[float, float]:
    ratio = sums.d / sums.t if sums.t > 0.0 else 0.0
    mean = sums.t / n if sums.t > 0.0 else 1.0
    squares = (sums.dd - 2.0 * ratio * sums.dt + ratio * ratio * sums.tt) / mean**2
    lagged = (sums.lag_dd - ratio * sums.lag_dt + ratio * ratio * sums.lag_tt) / mean**2
    lo, hi = share_intervals(
        np.array([n]), np.array([sums.d]), np.array([sums.t]), np.array([max(squares, 0.0)]), np.array([lagged])
    )
    return float(lo[0]), float(hi[0])


def _carried(carry: float, values: Floats) -> float:
    return float(np.cumsum(np.append(carry, values))[-1])
