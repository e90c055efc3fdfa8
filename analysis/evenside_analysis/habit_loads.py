"""Bags without load cells: seconds of two nodes side by side, which of them are walked, and the bouts that follow.

Trunk and pelvis are asked first, wrists where those are not worn. Gyroscopes tell the swing of the arms; a second is
walking where both nodes are shaken as walking shakes them, which a hand that stirs does not do to the other one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

import numpy as np

from evenside_analysis.epochs import Epochs
from evenside_analysis.habit_bouts import BoutSettings, BoutState, find_bouts
from evenside_analysis.habit_carry import ARM_SWING, BODY_LEAN, CarryTrack, arms_carry, trunk_carries
from evenside_analysis.habit_frame import TRUNK, FrameState, find_posture
from evenside_analysis.habit_table import TableRows, TableState, add_seconds
from evenside_analysis.habit_types import HabitEvent, HabitSide
from evenside_analysis.types import ACC, GYR, Floats, Ints, Node

__all__ = ["LOADS_RATE_MIN_HZ", "LoadsPlan", "LoadsState", "loads_plan", "watch_loads"]

_T = TypeVar("_T")

LOADS_RATE_MIN_HZ = 20.0
_TOLD: tuple[tuple[int, HabitSide], ...] = ((0, "left"), (1, "right"), (3, "unknown"))
_SHAKEN_M_S2 = (0.6, 8.0)  # SD of |a| at a wrist of a walker
_SWING_MIN_RAD_S = 0.05
_SWING_LN = math.log(0.6)  # of rad/s: one arm at least swings so much in walking
_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class LoadsPlan:
    """``kind`` "trunk": trunk and pelvis; "wrist": left and right. Without nodes nothing is watched."""

    kind: Literal["trunk", "wrist"] = "trunk"
    nodes: tuple[Node, ...] = ()

    def place(self, node_id: str) -> int:
        """-1 for a node that is none of them."""
        return next((place for place, node in enumerate(self.nodes) if node.id == node_id), -1)


def loads_plan(nodes: tuple[Node, ...]) -> LoadsPlan:
    """Nothing where a strap measures; else trunk and pelvis; else both wrists."""
    if any(node.site == "strap" for node in nodes):
        return LoadsPlan()
    able = [node for node in nodes if node.columns(ACC) and node.gravity and node.rate_hz >= LOADS_RATE_MIN_HZ]
    trunk = next((node for node in able if node.site in ("upper_back", "sternum") and node.right_handed), None)
    pelvis = next((node for node in able if node.site == "pelvis" and node.right_handed), None)
    if trunk is not None and pelvis is not None:
        return LoadsPlan("trunk", (trunk, pelvis))
    wrists = {node.side: node for node in able if node.site == "wrist" and node.columns(GYR)}
    return LoadsPlan("wrist", (wrists["left"], wrists["right"])) if {"left", "right"} <= wrists.keys() else LoadsPlan()


@dataclass(frozen=True, slots=True, eq=False)
class LoadsState:
    """Everything the past has to say."""

    frames: tuple[FrameState, FrameState] = (FrameState(), FrameState())
    table: TableState = field(default_factory=lambda: TableState.start(2, _COLUMNS))
    track: CarryTrack = field(default_factory=CarryTrack)
    bouts: tuple[BoutState, ...] = (BoutState(),) * len(_TOLD)


def watch_loads(
    plan: LoadsPlan, state: LoadsState, node_id: str, epochs: Epochs
) -> tuple[LoadsState, tuple[HabitEvent, ...]]:
    """Add seconds of any node of the wearer that are over; events in the order in which they became known."""
    place = plan.place(node_id)
    if place < 0:
        return state, ()
    if plan.kind == "trunk":
        frame, columns = _leans(state.frames[place], epochs)
        state = replace(state, frames=_put(state.frames, place, frame))
    else:
        columns = _swings(epochs)
    table, rows = add_seconds(state.table, place, epochs.second, columns, epochs.settled)
    track, second, side, away = _judged(plan, state.track, rows)
    events: list[HabitEvent] = []
    bouts = []
    over = BODY_LEAN.over if plan.kind == "trunk" else ARM_SWING.over
    for (code, side_name), bout in zip(_TOLD, state.bouts, strict=True):
        chosen = side == code
        sure = 0.0 * away if code == 3 else np.clip(np.abs(away) / (2.0 * over), 0.0, 1.0)
        settings = BoutSettings("carrying", plan.kind, side_name, 15, 30)
        bout, new = find_bouts(settings, bout, second[chosen], sure[chosen, np.newaxis], rows.settled)
        bouts.append(bout)
        events += new
    after = replace(state, table=table, track=track, bouts=tuple(bouts))
    return after, tuple(sorted(events, key=lambda event: event.known_s))


def _leans(frame: FrameState, epochs: Epochs) -> tuple[FrameState, Floats]:
    """Of a node on the trunk (n, 6): where walking, the direction of gravity and that of left; NaN where unknown."""
    frame, posture = find_posture(TRUNK, frame, epochs)
    up = np.where(posture.walking[:, np.newaxis], epochs.acc_m_s2 / 9.81, np.nan)
    return frame, np.concatenate([up, posture.left], axis=1)


def _swings(epochs: Epochs) -> Floats:
    """Of a wrist (n, 6): ln of its swing where it is shaken, NaN elsewhere, and the direction of gravity."""
    low, high = _SHAKEN_M_S2
    shaken = (epochs.acc_sd_m_s2 > low) & (epochs.acc_sd_m_s2 < high) & (epochs.heard >= 0.5)
    columns = np.zeros((epochs.second.size, _COLUMNS))
    columns[:, 0] = np.where(shaken, np.log(np.maximum(epochs.gyr_rms_rad_s, _SWING_MIN_RAD_S)), np.nan)
    columns[:, 1:4] = epochs.acc_m_s2 / 9.81
    return columns


def _judged(plan: LoadsPlan, track: CarryTrack, rows: TableRows) -> tuple[CarryTrack, Ints, Ints, Floats]:
    seconds, sides, away = list[int](), list[int](), list[float]()
    for at, second in enumerate(rows.second.tolist()):
        one, other = rows.columns[at].tolist()
        if not (math.isfinite(one[0]) and math.isfinite(other[0])):
            continue
        if plan.kind == "trunk":
            track, found = trunk_carries(BODY_LEAN, track, second, (*one[:3], *other[:3]), (*one[3:], *other[3:]))
        else:
            if max(one[0], other[0]) < _SWING_LN:
                continue
            track, found = arms_carry(ARM_SWING, track, second, (other[0] - one[0], *one[1:4], *other[1:4]))
        seconds.append(second)
        sides.append(found.side)
        away.append(found.away)
    return track, np.array(seconds, np.int64), np.array(sides, np.int64), np.array(away, np.float64)


def _put(entries: tuple[_T, _T], place: int, entry: _T) -> tuple[_T, _T]:
    return (entry, entries[1]) if place == 0 else (entries[0], entry)
