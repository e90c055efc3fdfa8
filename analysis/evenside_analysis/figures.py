"""From what was measured of both sides to a ``Figure``: the budget, the claim, and the reason where it is withheld."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from evenside_analysis.budget import Setup, bias_budget_ai
from evenside_analysis.claims import claim_level
from evenside_analysis.comparison import Comparison
from evenside_analysis.fault_types import Spoils
from evenside_analysis.metrics import Metric
from evenside_analysis.settings import Trust
from evenside_analysis.site_checks import NOTHING_JUDGED, Judged
from evenside_analysis.sync_watch import SyncFinding
from evenside_analysis.types import Figure, Reason

__all__ = ["Circumstances", "clocks_judged", "level_difference_s", "make_figure", "zero_shift_s"]

_TOO_LITTLE = (Reason.TOO_FEW, Reason.ONE_SIDE_MISSING)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that a figure needs beside the values: where, when, how complete, how far the sensors can be trusted.

    ``sync_error_s`` is that between the two clocks (0 for a shared one, NaN where nothing was heard). ``level_s``: by
    how much right - left stance time depends on the force that counts as contact and on its zero. ``late_s``: by how
    much contacts may be told late on one foot alone, ``offset_s``: initial contacts of both feet alike.
    ``force_total_n``: sum of both mean forces, for impulses. ``clocks_off``: a sync event contradicts the clocks.
    """

    site: str
    start_s: float
    end_s: float
    rate_hz: float
    trust: Trust
    sync_error_s: float
    completeness_left: float
    completeness_right: float
    level_s: float = 0.0
    late_s: float = 0.0
    offset_s: float = 0.0
    force_total_n: float | None = None
    judged: Judged = NOTHING_JUDGED
    clocks_off: bool = False


def make_figure(metric: Metric, found: Comparison, around: Circumstances) -> Figure:
    """The figure of one metric over one span."""
    reason = _reason(metric, found, around)
    budget_ai = _budget_ai(metric, found, around)
    left, right = (found.left_all, found.right_all) if reason in _TOO_LITTLE else (found.left, found.right)
    ai, lo, hi = math.nan, math.nan, math.nan
    if not reason:
        ai, lo, hi = _ai(left.mean, right.mean), found.lo, found.hi
    claim = claim_level(lo, hi, n=found.n, bias_budget_ai=budget_ai, reason=reason, n_min=metric.n_min)
    side: Literal["left", "right", "none"] = "none" if claim == 0 else "right" if ai > 0.0 else "left"
    return Figure(
        metric.id,
        around.site,
        around.start_s,
        around.end_s,
        found.n,
        left.n,
        left.mean,
        left.sd,
        right.n,
        right.mean,
        right.sd,
        right.mean - left.mean,
        ai,
        lo,
        hi,
        budget_ai,
        metric.mdc95_ai,
        claim,
        side,
        reason,
        around.completeness_left,
        around.completeness_right,
        around.sync_error_s if metric.uses_both_clocks else math.nan,
    )


def clocks_judged(around: Circumstances, found: SyncFinding | None) -> Circumstances:
    """With what an event says that contradicts the clocks: their error is at least what was seen."""
    if found is None:
        return around
    return replace(around, sync_error_s=max(around.sync_error_s, found.shown_s), clocks_off=True)


def level_difference_s(low: Comparison, high: Comparison) -> float:
    """How far right minus left stance time moves between two levels of force; 0 where one of them is unknown."""
    moved = (high.right.mean - high.left.mean) - (low.right.mean - low.left.mean)
    return abs(moved) if math.isfinite(moved) else 0.0


def zero_shift_s(low: Comparison, high: Comparison, step_n: float, zero_error_n: float) -> float:
    """By how much a zero that is off by ``zero_error_n`` on one side moves its stance time; 0 where a level is unknown.

    The time from one level to the other, ``step_n`` higher, tells how steep the force is where the foot lands and
    leaves.
    """
    steep_s = 0.5 * (low.left.mean + low.right.mean - high.left.mean - high.right.mean)
    return zero_error_n * max(steep_s, 0.0) / step_n if math.isfinite(steep_s) and zero_error_n > 0.0 else 0.0


def _reason(metric: Metric, found: Comparison, around: Circumstances) -> str:
    if around.rate_hz < metric.min_rate_hz:
        return Reason.RATE_TOO_LOW
    seen = sorted((found.left_all.n, found.right_all.n))
    if seen[0] == 0 and seen[1] >= metric.n_min:
        return Reason.ONE_SIDE_MISSING
    if around.judged.exchanged:
        return Reason.SIDES_EXCHANGED
    if around.judged.faulty & _quantity(metric):
        return Reason.SENSOR_FAULT
    if around.judged.irregular & _quantity(metric):
        return Reason.IRREGULAR
    if found.n < metric.n_min:
        return Reason.TOO_FEW
    if min(found.left.mean, found.right.mean) < 0.0:
        return Reason.DOMAIN
    if not found.left.mean + found.right.mean >= metric.floor:
        return Reason.BELOW_FLOOR
    if metric.uses_both_clocks and (around.clocks_off or not around.sync_error_s <= metric.sync_limit_s):
        return Reason.SYNC
    return Reason.NONE


def _quantity(metric: Metric) -> Spoils:
    """What has to be right for this metric to be."""
    if metric.uses_both_clocks:
        return Spoils.TIMES | Spoils.BETWEEN
    if metric.magnitude:
        return Spoils.MAGNITUDES
    return Spoils.TIMES


def _budget_ai(metric: Metric, found: Comparison, around: Circumstances) -> float:
    sync_s = around.sync_error_s if math.isfinite(around.sync_error_s) else math.inf
    setup = Setup(around.rate_hz, sync_s, around.trust.ln_gain_sd, around.trust.zero_error_n)
    total = found.left.mean + found.right.mean
    if metric.force and metric.unit != "N" and around.force_total_n is None:
        return math.nan
    budget = bias_budget_ai(metric, setup, total=total, n=found.n, force_total_n=around.force_total_n)
    if not (metric.late and total > 0.0):
        return budget
    scaled_ai = abs(_ai(found.left.mean, found.right.mean)) * 2.0 * around.offset_s / total if metric.offset else 0.0
    return math.hypot(budget, 100.0 * around.level_s / total, 100.0 * metric.late * around.late_s / total, scaled_ai)


def _ai(left: float, right: float) -> float:
    """``indices.asymmetry_index`` of two plain numbers: there are thousands of figures a day."""
    total = left + right
    return 100.0 * ((right - left) / total) if total != 0.0 else math.nan
