"""Which arm works: one-sided repeated motion, its strokes counted, and how long and how much either arm was in use.

Seconds of two wrists side by side (``arm_activity``). An arm is *in use* in a second whose activity exceeds
``use_m_s2``; the ratio of both arms' hours of use is 0.95 ± 0.06 (non-dominant over dominant) in healthy adults
(Bailey & Lang 2013; Bailey et al. 2014), the magnitude ratio is the mean of ln(right / left) over seconds in which
either is in use, each clipped to ±7 as there. *One-sided motion* is a bout in which one arm is busy and the other one
is at rest: in walking the whole body shakes both. What confuses it: a hand that is shaken by what it holds (a steering
wheel, a drill) looks busy, an arm that holds something still looks idle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.arm_activity import ArmState, arm_seconds
from evenside_analysis.habit_bouts import BoutSettings, BoutState, find_bouts
from evenside_analysis.habit_table import TableRows, TableState, add_seconds
from evenside_analysis.habit_types import HabitEvent, HabitSide
from evenside_analysis.sums import accumulated
from evenside_analysis.types import ACC, Block, Floats, Node

__all__ = ["ARMS_RATE_MIN_HZ", "ArmUseTotals", "ArmsPlan", "ArmsSettings", "ArmsState", "arms_plan", "watch_arms"]

ARMS_RATE_MIN_HZ = 25.0


@dataclass(frozen=True, slots=True)
class ArmsSettings:
    """Activities in m/s², times in seconds."""

    use_m_s2: float = 0.3
    busy_m_s2: float = 0.8
    rest_m_s2: float = 0.5
    times_more: float = 2.0
    heard: float = 0.5
    on_s: int = 6
    off_s: int = 5


ARMS = ArmsSettings()
_SIDES: tuple[HabitSide, HabitSide] = ("left", "right")
_AXES = ("xx", "yy", "zz", "x", "y", "z")
_NAMES = ("confidence", "activity_m_s2", *_AXES)


@dataclass(frozen=True, slots=True)
class ArmsPlan:
    """The two wrists, left and right; empty where there are none."""

    nodes: tuple[Node, ...]

    def place(self, node_id: str) -> int:
        """-1 for a node that is none of them."""
        return next((place for place, node in enumerate(self.nodes) if node.id == node_id), -1)


def arms_plan(nodes: tuple[Node, ...]) -> ArmsPlan:
    """Both wrists, where both have an accelerometer of 25 Hz or more."""
    able = {
        node.side: node
        for node in nodes
        if node.site == "wrist" and node.columns(ACC) and node.rate_hz >= ARMS_RATE_MIN_HZ
    }
    return ArmsPlan((able["left"], able["right"]) if {"left", "right"} <= able.keys() else ())


@dataclass(frozen=True, slots=True)
class ArmUseTotals:
    """Over the seconds in which both wrists were heard. Each is NaN before an arm was in use.

    ``use_ratio``: seconds in use, right over left. ``magnitude_ratio``: mean of ln(right / left). ``bilateral_m_s2``:
    mean activity of both arms together.
    """

    left_s: float
    right_s: float
    magnitude_ratio: float
    bilateral_m_s2: float

    @property
    def use_ratio(self) -> float:
        return self.right_s / self.left_s if self.left_s > 0.0 else math.nan


@dataclass(frozen=True, slots=True, eq=False)
class ArmsState:
    """Everything the past has to say. ``sums``: seconds of use (left, right, either), ln ratios, activity of both."""

    arms: tuple[ArmState, ArmState] = (ArmState(), ArmState())
    table: TableState = field(default_factory=lambda: TableState.start(2, 7))
    bouts: tuple[BoutState, BoutState] = (BoutState(), BoutState())
    sums: Floats = field(default_factory=lambda: np.zeros(5))

    @property
    def totals(self) -> ArmUseTotals:
        left_s, right_s, either_s, ratios, both = self.sums.tolist()
        if not either_s:
            return ArmUseTotals(left_s, right_s, math.nan, math.nan)
        return ArmUseTotals(left_s, right_s, ratios / either_s, both / either_s)


def watch_arms(
    plan: ArmsPlan, state: ArmsState, block: Block, settings: ArmsSettings = ARMS
) -> tuple[ArmsState, tuple[HabitEvent, ...]]:
    """Add a block of any node of the wearer; events in the order in which they became known."""
    place = plan.place(block.node)
    if place < 0:
        return state, ()
    acc = np.ascontiguousarray(block.values[:, plan.nodes[place].columns(ACC)])
    lost = ~np.isfinite(block.values).all(axis=1)
    if lost.any():
        acc[lost] = np.nan
    arm, found = arm_seconds(plan.nodes[place], state.arms[place], block.time_s, acc)
    arms = (arm, state.arms[1]) if place == 0 else (state.arms[0], arm)
    if found.settled == state.arms[place].epochs.settled:
        return replace(state, arms=arms), ()
    enough = found.heard >= settings.heard
    columns = np.concatenate([found.activity_m_s2[:, np.newaxis], found.energy, found.strokes], axis=1)[enough]
    table, rows = add_seconds(state.table, place, found.second[enough], columns, found.settled)
    sums = accumulated(state.sums, _used(settings, rows))
    bouts, events = _busy(settings, state.bouts, rows)
    return replace(state, arms=arms, table=table, sums=sums, bouts=bouts), events


def _used(settings: ArmsSettings, rows: TableRows) -> Floats:
    """(n, 5) of seconds that both heard."""
    activity = rows.columns[np.isfinite(rows.columns).all(axis=(1, 2)), :, 0]
    used = activity > settings.use_m_s2
    either = used.any(axis=1)
    floor = 1e-3
    ratio = np.clip(np.log(np.maximum(activity[:, 1], floor) / np.maximum(activity[:, 0], floor)), -7.0, 7.0)
    both = activity[:, 0] + activity[:, 1]
    return np.stack([used[:, 0], used[:, 1], either, np.where(either, ratio, 0.0), np.where(either, both, 0.0)], axis=1)


def _busy(
    settings: ArmsSettings, bouts: tuple[BoutState, BoutState], rows: TableRows
) -> tuple[tuple[BoutState, BoutState], tuple[HabitEvent, ...]]:
    events: list[HabitEvent] = []
    after = []
    for side, (name, bout) in enumerate(zip(_SIDES, bouts, strict=True)):
        own, other = rows.columns[:, side, 0], rows.columns[:, 1 - side, 0]
        chosen = (own > settings.busy_m_s2) & (other < settings.rest_m_s2) & (own > settings.times_more * other)
        sure = np.clip(1.0 - other[chosen] * settings.times_more / own[chosen], 0.0, 1.0)
        columns = np.concatenate([sure[:, np.newaxis], rows.columns[chosen, side]], axis=1)
        settled = BoutSettings("arm_use", "wrist", name, settings.on_s, settings.off_s, _NAMES)
        bout, new = find_bouts(settled, bout, rows.second[chosen], columns, rows.settled)
        after.append(bout)
        events += [_counted(event) for event in new]
    return (after[0], after[1]), tuple(sorted(events, key=lambda event: event.known_s))


def _counted(event: HabitEvent) -> HabitEvent:
    """With the strokes on the axis that swings most, in place of all three."""
    axis = max("xyz", key=lambda name: event.value(2 * name))
    seconds = event.value("seconds")
    values = (
        ("activity_m_s2", event.value("activity_m_s2")),
        ("repetitions", float(round(event.value(axis) * seconds))),
        ("seconds", seconds),
    )
    return replace(event, values=values)
