"""Raised heels: by how much the foot points down at mid-stance, against the flattest this sensor has shown.

Whoever stands on a heel of height h has the foot tipped by asin(h / 0.182 m), 0.182 m being the way from the heel to
the ball. A sensor on the foot or on its shoe shows that tip as a turn of "up" about the axis to the left, stride by
stride (``stride_motion``). What is flat is learned: the first strides of a session, and anything flatter that comes
later; so whoever never takes a raised shoe off is not told of it. A turn about any other axis is a sensor that was put
on anew, and flat is learned again from there. Slopes tip the foot for as long as they last: bouts need 20 s, and a
street that climbs by 1 in 9 looks like 2 cm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from statistics import median

import numpy as np

from evenside_analysis.habit_bouts import BoutSettings, BoutState, find_bouts
from evenside_analysis.habit_stairs import flights_plan
from evenside_analysis.habit_table import TableRows, TableState, add_seconds
from evenside_analysis.habit_types import HabitEvent, HabitSide
from evenside_analysis.stride_motion_types import StrideMotions
from evenside_analysis.types import Bools, Floats, Ints, Node

__all__ = ["HEELS", "HeelSettings", "HeelState", "HeelsPlan", "heels_plan", "watch_heels"]


@dataclass(frozen=True, slots=True)
class HeelSettings:
    """``lever_m``: from heel to ball. ``raised_m``: such heels are told. ``learn``: strides that make flat known."""

    lever_m: float = 0.182
    raised_m: float = 0.02
    highest_m: float = 0.12
    askew_deg: float = 6.0
    flatter_deg: float = 4.0
    learn: int = 10
    last: int = 5
    fresh_s: int = 5
    on_s: int = 20
    off_s: int = 60


HEELS = HeelSettings()
_SIDES: tuple[HabitSide, ...] = ("left", "right", "both", "unknown")
_Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class HeelsPlan:
    """The two feet, left and right; empty where there are none."""

    nodes: tuple[Node, ...]

    def place(self, node_id: str) -> int:
        """-1 for a node that is none of them."""
        return next((place for place, node in enumerate(self.nodes) if node.id == node_id), -1)


def heels_plan(nodes: tuple[Node, ...]) -> HeelsPlan:
    """Both feet, where both tell of their way with gravity."""
    return HeelsPlan(flights_plan(nodes).nodes)


@dataclass(frozen=True, slots=True)
class _Foot:
    """Of one foot: left and up where it is flat, how many strides taught that, the last tips, and what waits."""

    left: _Vector = (0.0, 0.0, 0.0)
    up: _Vector = (0.0, 0.0, 0.0)
    count: int = 0
    tips: tuple[float, ...] = ()
    waiting: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class HeelState:
    """Everything the past has to say. ``last``: of each foot the last height (m) and its second."""

    feet: tuple[_Foot, _Foot] = (_Foot(), _Foot())
    table: TableState = field(default_factory=lambda: TableState.start(2, 1))
    last: tuple[tuple[int, float], tuple[int, float]] = ((-(1 << 62), math.nan), (-(1 << 62), math.nan))
    bouts: tuple[BoutState, ...] = (BoutState(),) * len(_SIDES)


def watch_heels(
    plan: HeelsPlan, state: HeelState, node_id: str, motions: StrideMotions | None, settings: HeelSettings = HEELS
) -> tuple[HeelState, tuple[HabitEvent, ...]]:
    """Add strides of any foot of the wearer; events in the order in which they became known."""
    place = plan.place(node_id)
    if place < 0 or motions is None or not math.isfinite(motions.settled_s):
        return state, ()
    foot = state.feet[place]
    if motions.flags.size:
        foot = _tipped(settings, foot, motions)
    settled = math.floor(motions.settled_s)
    if not motions.flags.size and settled <= state.table.settled[place]:
        return state, ()
    ready = dict(one for one in foot.waiting if one[0] < settled)  # of several in one second the last
    foot = replace(foot, waiting=tuple(one for one in foot.waiting if one[0] >= settled))
    second, heights = np.array(list(ready), np.int64), np.array(list(ready.values()), np.float64)
    table, rows = add_seconds(state.table, place, second, heights[:, np.newaxis], settled)
    feet = (foot, state.feet[1]) if place == 0 else (state.feet[0], foot)
    state, seconds, columns = _together(settings, replace(state, feet=feet, table=table), rows)
    events: list[HabitEvent] = []
    bouts = []
    for side, bout in zip(_SIDES, state.bouts, strict=True):
        chosen, told = _raised(settings, side, columns)
        watched = BoutSettings("heel", "foot", side, settings.on_s, settings.off_s, ("confidence", "height_m"))
        bout, new = find_bouts(watched, bout, seconds[chosen], told[chosen], rows.settled)
        bouts.append(bout)
        events += new
    return replace(state, bouts=tuple(bouts)), tuple(sorted(events, key=lambda event: event.known_s))


def _tipped(settings: HeelSettings, foot: _Foot, motions: StrideMotions) -> _Foot:
    """The foot after some more strides, with a height for each of them that can be judged."""
    waiting = list(foot.waiting)
    for at in np.flatnonzero(motions.straight).tolist():
        row = motions.frame[at].tolist()
        left, up = _vector(row[:3]), _vector(row[3:6])
        if not foot.count:
            foot = replace(foot, left=left, up=up, count=1, tips=())
            continue
        tip_deg, askew_deg = _turned(foot, left, up)
        height_m = settings.lever_m * math.sin(math.radians(tip_deg))
        if askew_deg > settings.askew_deg or height_m > settings.highest_m or tip_deg < -settings.flatter_deg:
            foot = replace(foot, left=left, up=up, count=1, tips=())
            continue
        foot = replace(foot, count=foot.count + 1, tips=(*foot.tips, height_m)[-settings.last :])
        if foot.count > settings.learn:
            waiting.append((math.floor(float(motions.end_s[at])), median(foot.tips)))
    return replace(foot, waiting=tuple(waiting))


def _turned(foot: _Foot, left: _Vector, up: _Vector) -> tuple[float, float]:
    """By how much the foot is tipped onto its toes since it was flat, and turned about any other axis, in degrees."""
    forward = (
        foot.left[1] * foot.up[2] - foot.left[2] * foot.up[1],
        foot.left[2] * foot.up[0] - foot.left[0] * foot.up[2],
        foot.left[0] * foot.up[1] - foot.left[1] * foot.up[0],
    )
    tip = math.degrees(math.atan2(-_dot(up, forward), _dot(up, foot.up)))
    roll = math.degrees(math.asin(min(max(_dot(up, foot.left), -1.0), 1.0)))
    yaw = math.degrees(math.acos(min(max(_dot(left, foot.left), -1.0), 1.0)))
    return tip, max(abs(roll), yaw)


def _together(settings: HeelSettings, state: HeelState, rows: TableRows) -> tuple[HeelState, Ints, Floats]:
    """Heights of both feet (n, 2) in every second in which any was told; NaN where the last one is too old."""
    last = list(state.last)
    columns = np.full((rows.second.size, 2), np.nan)
    for at, second in enumerate(rows.second.tolist()):
        for side in range(2):
            height_m = float(rows.columns[at, side, 0])
            if math.isfinite(height_m):
                last[side] = (second, height_m)
            if second - last[side][0] <= settings.fresh_s:
                columns[at, side] = last[side][1]
    return replace(state, last=(last[0], last[1])), rows.second, columns


def _raised(settings: HeelSettings, side: HabitSide, heights: Floats) -> tuple[Bools, Floats]:
    """The seconds (n,) of one side, with confidence and height."""
    up = heights >= settings.raised_m
    known = np.isfinite(heights).all(axis=1)
    chosen = {
        "left": up[:, 0] & ~up[:, 1] & known,
        "right": up[:, 1] & ~up[:, 0] & known,
        "both": up.all(axis=1),
        "unknown": up.any(axis=1) & ~known,
    }[side]
    height = np.nanmax(np.where(np.isfinite(heights), heights, 0.0), axis=1)
    sure = np.clip((height - 0.5 * settings.raised_m) / settings.raised_m, 0.0, 1.0)
    return np.asarray(chosen), np.stack([sure, height], axis=1)


def _vector(row: list[float]) -> _Vector:
    return row[0], row[1], row[2]


def _dot(one: _Vector, other: _Vector) -> float:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
