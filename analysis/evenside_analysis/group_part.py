"""What joins the two sides of one site: rows, the windows of figures, and the sums of the session.

Figures of a window are made once both sides have passed it. The session's are made when somebody asks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.comparison import Comparison, Values, compare
from evenside_analysis.coordination import PhaseSums, add_phases, value
from evenside_analysis.dose import DoseState
from evenside_analysis.figure_windows import FigureWindows, close_windows
from evenside_analysis.figures import Circumstances, clocks_judged, level_difference_s, make_figure, zero_shift_s
from evenside_analysis.group_numbers import load_numbers, stride_numbers, walking_force_n, weight_words
from evenside_analysis.hearing import Hearing, in_bins
from evenside_analysis.metrics import metric
from evenside_analysis.node_part import STRIDES, NodeFound
from evenside_analysis.pairing import PairingState, pair_windows
from evenside_analysis.plan import HIDDEN_METRICS, LOAD_HOP_S, GroupPlan
from evenside_analysis.report import Number
from evenside_analysis.rows import Rows
from evenside_analysis.session_sums import SessionSums, add_rows, compare_session
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.site_checks import SiteChecks, judged
from evenside_analysis.steadiness import SteadyState, mark_unsteady
from evenside_analysis.stride_counts import StrideCounts, count_numbers, counted
from evenside_analysis.stride_pairs import StridePairState, pair_strides
from evenside_analysis.sync_watch import SyncWatch, clocks_at
from evenside_analysis.types import Figure, Flag, Floats, Side

__all__ = ["GroupState", "group_rows", "group_step", "group_words", "session_figures", "session_numbers"]

_LEVEL_MAX_AI = 1.0
_HEARD_SHARE = 0.6  # of a window of loads: less would let one half of a shift of weight stand for both
_FOOT_BIAS_S = 0.003
"""By how much contacts from a foot IMU may be late on one foot alone: 0.6 to 1.1 ms were measured against motion
capture of one person, 3 to 8 ms on average against hand annotation of four, part of which is the annotators' habit."""

_FOOT_OFFSET_S = 0.024
"""Initial contacts from a foot IMU are told where annotators see them, 24 ms after those of motion capture on both feet
alike: a stance is that much shorter."""

_SHANK_BIAS_S = 0.010
_SHANK_OFFSET_S = 0.035
"""Of contacts from a shank gyroscope: initial ones are late by 10 ms (Aminian et al. 2002) to 34 ms (Greene et al.
2012) on both legs. How far the legs differ is not published; they differed by up to 6 ms in motion capture of one."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupState:
    """Of one group."""

    pairing: StridePairState | PairingState
    windows: FigureWindows
    sums: SessionSums
    steady: SteadyState | None = None  # None where sensors tell of turns, or there are no strides
    phases: PhaseSums = field(default_factory=PhaseSums)  # of the steps that are compared
    counts: StrideCounts = field(default_factory=StrideCounts)  # of those that are not

    @staticmethod
    def start(plan: GroupPlan) -> GroupState:
        pairing = StridePairState() if plan.kind == "strides" else PairingState.start()
        metrics = len(plan.metrics)
        steady = SteadyState.start(metrics) if _by_force(plan) else None
        return GroupState(pairing, FigureWindows.start(metrics), SessionSums.start(plan.estimator, metrics), steady)


def group_rows(plan: GroupPlan, state: GroupState, side: Side, found: NodeFound) -> tuple[GroupState, Rows]:
    """Add what one side brought; the rows that are now certain."""
    if isinstance(state.pairing, StridePairState):
        if found.strides is None:
            return state, Rows.none(len(plan.metrics))
        pairing, rows = pair_strides(plan.metrics, STRIDES.stride_max_s, state.pairing, side, found.strides)
        steady = state.steady
        if steady is not None:
            columns = plan.metrics.index("stance_time"), plan.metrics.index("stride_time")
            steady, rows = mark_unsteady(columns, steady, rows)
        counts = counted(state.counts, side, found.strides)
        return replace(state, pairing=pairing, steady=steady, counts=counts), rows
    if found.loads is None:
        return state, Rows.none(len(plan.metrics))
    node = plan.pair.left if side == "left" else plan.pair.right
    least = _HEARD_SHARE * node.rate_hz * LOAD_HOP_S
    windows, rows = pair_windows(LOAD_HOP_S, least, state.pairing, side, found.loads)
    if rows.end_s.size:
        rows = _loaded(rows, metric("load_share", plan.pair.site).floor)
    return replace(state, pairing=windows), rows


def _loaded(rows: Rows, floor: float) -> Rows:
    """A force below zero is a zero error and no load; below the floor of both together there is none at all."""
    left, right = np.maximum(rows.left, 0.0), np.maximum(rows.right, 0.0)
    idle = left + right < floor
    return Rows(rows.end_s, rows.flags, np.where(idle, np.nan, left), np.where(idle, np.nan, right), rows.settled_s)


def group_step(
    settings: MonitorSettings,
    plan: GroupPlan,
    state: GroupState,
    rows: Rows,
    left: Hearing,
    right: Hearing,
    checks: SiteChecks,
    clocks: tuple[SyncWatch, ...] = (),
) -> tuple[GroupState, tuple[Figure, ...]]:
    """Add certain rows; the figures of the windows that are over, also for the checks of their site and clocks."""
    rows = replace(rows, settled_s=min(rows.settled_s, checks.settled_s, *(watch.settled_s for watch in clocks)))
    hops = round(settings.window_s / settings.hop_s)
    following = state.windows.next
    over = math.isfinite(rows.settled_s) and (following is None or rows.settled_s > following * settings.hop_s)
    if not (rows.end_s.size or over):
        return state, ()
    windows, closed = close_windows(settings.hop_s, hops, state.windows, rows)
    sums, phases = state.sums, state.phases
    if rows.end_s.size:
        values = _values(plan, rows)
        sums = add_rows(sums, values)
        phases = add_phases(phases, _phases_deg(plan, values)) if plan.kind == "strides" else phases
    after = replace(state, windows=windows, sums=sums, phases=phases)
    if not closed.index.size:
        return after, ()
    compared = compare(plan.estimator, _values(plan, closed.rows), closed.first, closed.end)
    figures: list[Figure] = []
    for index, found in zip(closed.index.tolist(), compared, strict=True):
        around = _window_circumstances(settings, plan, index, hops, left, right)
        around = replace(around, judged=judged(plan.pair, checks, around.start_s, around.end_s))
        around = clocks_judged(around, clocks_at(clocks, around.end_s))
        figures += _figures(plan, found, around)
    return after, tuple(figures)


def session_figures(
    settings: MonitorSettings, plan: GroupPlan, state: GroupState, around: Circumstances
) -> tuple[Figure, ...]:
    """The figures over all rows so far; ``around`` tells span, completeness and sync error."""
    found = compare_session(state.sums)
    return tuple(_figures(plan, found, around, _too_slow(plan, found)))


def session_numbers(
    plan: GroupPlan, state: GroupState, figures: Sequence[Figure], doses: tuple[DoseState | None, DoseState | None]
) -> list[Number]:
    """What else there is to tell of the session; ``figures`` are those of this group, whatever is withheld stays so."""
    told = {figure.metric for figure in figures if not figure.reason}
    if plan.kind == "load":
        left, right = doses
        return [] if left is None or right is None else load_numbers(plan.pair.site, left, right)
    found = dict(zip(plan.metrics, compare_session(state.sums), strict=True))
    numbers = stride_numbers(plan.pair.site, {name: found[name] for name in found if name in told}, value(state.phases))
    return numbers + count_numbers(plan.pair.site, state.counts)


def group_words(settings: MonitorSettings, plan: GroupPlan, state: GroupState) -> tuple[str, ...]:
    """What a reader of these figures should know."""
    if not _by_force(plan):
        return ()
    found = dict(zip(plan.metrics, compare_session(state.sums), strict=True))
    weight = ""
    if found["impulse"].n >= metric("impulse").n_min:
        weight = weight_words(plan.pair.site, walking_force_n(found), settings.body_mass_kg)
    return tuple(words for words in (_level_words(plan, found), _steady_words(plan, state), weight) if words)


def _by_force(plan: GroupPlan) -> bool:
    return not math.isnan(plan.level_step_n)


def _steady_words(plan: GroupPlan, state: GroupState) -> str:
    if state.steady is None or not state.steady.unsteady:
        return ""
    found = state.steady.unsteady
    return f"{plan.pair.site}: {found} pairs of strides stand out from those around them, as in turns: not compared"


def _level_words(plan: GroupPlan, found: Mapping[str, Comparison]) -> str:
    """Whether the asymmetry of stance times depends on the level of force that counts as contact; "" if it does not."""
    low, high = found["stance_low"], found["stance_high"]
    if not low.n:
        return ""
    moved_ai = 100.0 * level_difference_s(low, high) / (low.left.mean + low.right.mean)
    if moved_ai <= _LEVEL_MAX_AI:
        return ""
    return (
        f"{plan.pair.site}: the asymmetry of stance times moves by {moved_ai:.1f} (AI) with the level of force that "
        f"counts as contact, so one side's zero may be off; their bias budgets hold that"
    )


def _phases_deg(plan: GroupPlan, values: Values) -> Floats:
    """(n,) where in a left stride the right foot lands."""
    step, stride = plan.metrics.index("step_time"), plan.metrics.index("stride_time")
    return np.asarray(360.0 * values.right[:, step] / values.left[:, stride])


def _values(plan: GroupPlan, rows: Rows) -> Values:
    """Rows that are not straight walking, or where the range was too small, may not be compared."""
    spoilt = (rows.flags & ~int(Flag.CLIPPED))[:, np.newaxis] != 0
    clipped = (rows.flags & int(Flag.CLIPPED))[:, np.newaxis] != 0
    spoilt = spoilt | (clipped & np.array(plan.magnitudes))
    return Values(np.where(spoilt, np.nan, rows.left), np.where(spoilt, np.nan, rows.right), rows.left, rows.right)


def _window_circumstances(
    settings: MonitorSettings, plan: GroupPlan, index: int, hops: int, left: Hearing, right: Hearing
) -> Circumstances:
    start_s, end_s = max(0.0, (index - hops) * settings.hop_s), index * settings.hop_s
    heard_left, error_left_s = in_bins(left, index - hops, index)
    heard_right, error_right_s = in_bins(right, index - hops, index)
    span_s = end_s - start_s
    return Circumstances(
        plan.pair.site,
        start_s,
        end_s,
        plan.pair.rate_hz,
        settings.trust_of(plan.pair.site),
        0.0 if plan.pair.shares_clock else math.hypot(error_left_s, error_right_s),
        min(1.0, heard_left / (span_s * plan.pair.left.rate_hz)),
        min(1.0, heard_right / (span_s * plan.pair.right.rate_hz)),
    )


def _too_slow(plan: GroupPlan, found: Sequence[Comparison]) -> tuple[str, ...]:
    """Metrics that these nodes were not asked for, though strides were seen: their rate is too low."""
    if not any(one.left_all.n + one.right_all.n for one in found):
        return ()
    names = [name for name in plan.metrics if name not in HIDDEN_METRICS]
    return tuple(name for name in names if metric(name, plan.pair.site).min_rate_hz > plan.pair.rate_hz)


def _figures(
    plan: GroupPlan, found: Sequence[Comparison], around: Circumstances, withheld: tuple[str, ...] = ()
) -> list[Figure]:
    """One figure of every metric that was seen on any side, or is ``withheld``."""
    by_name = dict(zip(plan.metrics, found, strict=True))
    if "stance_low" in by_name:
        low, high = by_name["stance_low"], by_name["stance_high"]
        zero_s = zero_shift_s(low, high, plan.level_step_n, around.trust.zero_error_n)
        level_s = math.hypot(level_difference_s(low, high), zero_s)
        force_n = _force_total_n(by_name["impulse"], by_name["stance_time"])
        around = replace(around, level_s=level_s, force_total_n=force_n)
    elif plan.kind == "strides":
        shank = plan.pair.site == "shank"
        late_s, offset_s = (_SHANK_BIAS_S, _SHANK_OFFSET_S) if shank else (_FOOT_BIAS_S, _FOOT_OFFSET_S)
        around = replace(around, late_s=late_s, offset_s=offset_s)
    return [
        make_figure(metric(name, plan.pair.site), one, around)
        for name, one in by_name.items()
        if name not in HIDDEN_METRICS and (one.left_all.n or one.right_all.n or name in withheld)
    ]


def _force_total_n(impulse: Comparison, stance: Comparison) -> float | None:
    """Mean force during stance of both sides together."""
    if not (impulse.n and stance.n):
        return None
    return impulse.left.mean / stance.left.mean + impulse.right.mean / stance.right.mean
