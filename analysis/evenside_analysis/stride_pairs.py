"""Strides of both feet become rows: each left stride with the right stride that begins in it.

::

    left   IC ------ TC --- IC            step right = right IC - left IC
    right       IC ------ TC --- IC       step left  = next left IC - right IC
           |ds|                           double support left  = right TC - left IC (the right TC before the right IC)
                |ds|                      double support right = left TC - right IC

A left stride has a partner if exactly one right stride begins in it. Strides that have none, on either side, are rows
of one side alone; one that reaches over lost samples tells nothing of its own foot. A row is emitted once no stride can
come any more that would change it: ``stride_max_s`` after its end. While one side lags the other waits here, so whoever
feeds this must let time pass on a silent side.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.rows import Rows
from evenside_analysis.strides import Strides
from evenside_analysis.types import Flag, Floats, Ints, Side

__all__ = ["FOOT_METRICS", "FORCE_METRICS", "TIME_METRICS", "StridePairState", "pair_strides"]

TIME_METRICS = ("step_time", "stride_time", "stance_time", "swing_time", "double_support")
FOOT_METRICS = (*TIME_METRICS, "impact")
FORCE_METRICS = (*TIME_METRICS, "peak_force", "impulse", "loading_rate", "stance_low", "stance_high")
"""The last two are not reported: the stance time at two levels of force, for the check of their difference."""

_COLUMNS = tuple(dict.fromkeys((*FOOT_METRICS, *FORCE_METRICS)))
_STEP, _DOUBLE = _COLUMNS.index("step_time"), _COLUMNS.index("double_support")


@dataclass(frozen=True, slots=True, eq=False)
class StridePairState:
    """Strides that may still take part in a row, and how far rows were emitted."""

    left: Strides = field(default_factory=Strides.none)
    right: Strides = field(default_factory=Strides.none)
    emitted_s: float = -np.inf


def pair_strides(
    metrics: tuple[str, ...], stride_max_s: float, state: StridePairState, side: Side, new: Strides
) -> tuple[StridePairState, Rows]:
    """Add strides of one side; return the rows that are now certain.

    Args:
        metrics: of FOOT_METRICS and FORCE_METRICS, the columns of the rows.
        stride_max_s: no stride is longer.
    """
    left = state.left.followed_by(new) if side == "left" else state.left
    right = state.right.followed_by(new) if side == "right" else state.right
    until_s = min(left.settled_s, right.settled_s) - stride_max_s
    if not until_s > state.emitted_s:
        return StridePairState(left, right, state.emitted_s), Rows.none(len(metrics), state.emitted_s)
    right_end_s = _decided_s(left, right)
    chosen_left = _between(left.end_s, state.emitted_s, until_s)
    chosen_right = _between(right_end_s, state.emitted_s, until_s)
    if not chosen_left.size + chosen_right.size:
        return StridePairState(left, right, until_s), Rows.none(len(metrics), until_s)
    partner, of = _partners(left, right)
    chosen_right = chosen_right[of[chosen_right] < 0]
    paired, alone = _table(left, right, chosen_left, partner[chosen_left]), _alone(right, chosen_right)
    end_s = np.concatenate([left.end_s[chosen_left], right_end_s[chosen_right]])
    order = np.argsort(end_s, kind="stable")
    columns = np.array([_COLUMNS.index(metric) for metric in metrics], dtype=np.intp)
    rows = Rows(
        end_s[order],
        np.concatenate([paired.flags, right.flags[chosen_right]])[order],
        np.concatenate([paired.left, np.full(alone.shape, np.nan)])[np.ix_(order, columns)],
        np.concatenate([paired.right, alone])[np.ix_(order, columns)],
        until_s,
    )
    # Held as long as they can take part in a row, or in the count of those that begin in a stride which can.
    keep_s = until_s - 3.0 * stride_max_s
    kept = StridePairState(left.select(left.end_s >= keep_s), right.select(right.end_s >= keep_s), until_s)
    return kept, rows


def _decided_s(left: Strides, right: Strides) -> Floats:
    """When the row of each right stride ends, should it be alone: not before the left stride in which it begins, which
    may turn out to hold a second one.
    """
    around = left.start_s.searchsorted(right.start_s) - 1
    if not left.start_s.size:
        return right.end_s
    around_end_s = left.end_s[np.maximum(around, 0)]
    inside = (around >= 0) & (right.start_s < around_end_s)
    return np.where(inside, np.maximum(right.end_s, around_end_s), right.end_s)


def _between(end_s: Floats, from_s: float, until_s: float) -> Ints:
    """Places of the times in [from_s, until_s)."""
    first, end = end_s.searchsorted([from_s, until_s])
    return np.arange(first, end)


def _partners(left: Strides, right: Strides) -> tuple[Ints, Ints]:
    """Of each left stride the right stride that begins in it, of each right stride that left one; -1 for none."""
    first = np.searchsorted(right.start_s, left.start_s, side="right")
    end = np.searchsorted(right.start_s, left.end_s, side="left")
    partner = np.where((end - first == 1) & (left.end_s > left.toe_off_s), first, -1)
    of = np.full(right.start_s.size, -1, np.int64)
    has = np.flatnonzero(partner >= 0)
    of[partner[has]] = has
    return partner.astype(np.int64), of


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """(n, metrics) of each side, in the order of ``_COLUMNS``."""

    flags: Ints
    left: Floats
    right: Floats


def _table(left: Strides, right: Strides, at: Ints, partner: Ints) -> _Table:
    """The rows of the left strides ``at`` with their partners."""
    own, flags = _alone(left, at), left.flags[at]
    other = np.full(own.shape, np.nan)
    has = np.flatnonzero(partner >= 0)
    at, partner = at[has], partner[has]
    other[has] = _alone(right, partner)
    flags[has] |= right.flags[partner]
    contact_s = right.start_s[partner]
    own[has, _STEP] = left.end_s[at] - contact_s
    other[has, _STEP] = contact_s - left.start_s[at]
    other[has, _DOUBLE] = _positive(left.toe_off_s[at] - contact_s)
    # The right toe-off after this left contact ends the right stride before the partner.
    before = np.maximum(partner - 1, 0)
    follows = (partner > 0) & (right.end_s[before] == contact_s)
    follows &= (right.flags[before] & int(Flag.GAP | Flag.GUESSED)) == 0
    own[has, _DOUBLE] = np.where(follows, _positive(right.toe_off_s[before] - left.start_s[at]), np.nan)
    over_gap = (flags & int(Flag.GAP)) != 0
    own[np.ix_(over_gap, (_STEP, _DOUBLE))] = np.nan
    other[np.ix_(over_gap, (_STEP, _DOUBLE))] = np.nan
    return _Table(flags, own, other)


def _alone(strides: Strides, at: Ints) -> Floats:
    """(n, metrics) what the strides ``at`` say by themselves: nothing where one reaches over lost samples."""
    start_s, toe_off_s, end_s = strides.start_s[at], strides.toe_off_s[at], strides.end_s[at]
    swung = end_s > toe_off_s
    told = {
        "stride_time": np.where(swung, end_s - start_s, np.nan),
        "stance_time": toe_off_s - start_s,
        "swing_time": np.where(swung, end_s - toe_off_s, np.nan),
        "peak_force": strides.peak_force_n[at],
        "impulse": strides.impulse_n_s[at],
        "loading_rate": strides.loading_n_per_s[at],
        "impact": strides.impact_m_s2[at],
        "stance_low": strides.stance_low_s[at],
        "stance_high": strides.stance_high_s[at],
    }
    unknown = np.full(at.size, np.nan)
    out = np.stack([told.get(metric, unknown) for metric in _COLUMNS], axis=1)
    out[(strides.flags[at] & int(Flag.GAP)) != 0] = np.nan
    return out


def _positive(span_s: Floats) -> Floats:
    """NaN for a span that is none: while running the feet never stand together."""
    return np.where(span_s > 0.0, span_s, np.nan)
