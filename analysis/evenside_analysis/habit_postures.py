"""The postures of one wearer: epochs of thighs and trunk in, bouts of sitting, crossing, lying and hunching out.

Which habits can be told follows from the nodes worn: one thigh tells sitting, two tell crossed legs, the trunk tells
the side of lying, and upper back with pelvis a rounded back.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from evenside_analysis.epochs import Epochs
from evenside_analysis.habit_bouts import BoutSettings, BoutState, find_bouts
from evenside_analysis.habit_frame import THIGH, TRUNK, FrameState, find_posture
from evenside_analysis.habit_posture import (
    CROSSED,
    SIT_DEG,
    CrossState,
    crossed,
    hunched_deg,
    sitting,
)
from evenside_analysis.habit_sleep import SleepState, watch_sleep
from evenside_analysis.habit_table import TableRows, TableState, add_seconds
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.types import ACC, Bools, Floats, Node, Site

__all__ = ["POSTURE_RATE_MIN_HZ", "PosturePlan", "PostureState", "find_postures", "posture_plan"]

_T = TypeVar("_T")

POSTURE_RATE_MIN_HZ = 10.0
HUNCHED_DEG = 15.0
_COLUMNS = ("inclination", "flexion", "roll", "stir")

SITTING = BoutSettings("sitting", "thigh", "none", 10, 10)
CROSSINGS = tuple(
    BoutSettings("crossing", "thigh", side, 20, 5, ("confidence", "over_deg")) for side in ("left", "right")
)
HUNCHING = BoutSettings("hunching", "trunk", "none", 60, 15, ("confidence", "angle_deg"))


@dataclass(frozen=True, slots=True)
class PosturePlan:
    """``nodes``: those that tell of postures. The others: their places in it, -1 where there is none."""

    nodes: tuple[Node, ...]
    thighs: tuple[int, int]  # left, right; one in the centre counts as left
    trunk: int  # that tells of lying
    back: int
    pelvis: int

    def place(self, node_id: str) -> int:
        """-1 for a node that tells nothing of postures."""
        return next((place for place, node in enumerate(self.nodes) if node.id == node_id), -1)


def posture_plan(nodes: tuple[Node, ...]) -> PosturePlan:
    """What the nodes of a wearer can tell."""
    able = tuple(
        node
        for node in nodes
        if node.site in ("thigh", "sternum", "upper_back", "pelvis")
        and node.columns(ACC)
        and node.gravity
        and node.rate_hz >= POSTURE_RATE_MIN_HZ
    )

    def at(site: Site, *sides: str) -> int:
        return next((place for place, node in enumerate(able) if node.site == site and node.side in sides), -1)

    every = ("left", "right", "centre")
    back = at("upper_back", *every)
    sternum = at("sternum", *every)
    return PosturePlan(
        able,
        (at("thigh", "left", "centre"), at("thigh", "right")),
        sternum if sternum >= 0 else back,
        back,
        at("pelvis", *every),
    )


@dataclass(frozen=True, slots=True, eq=False)
class PostureState:
    """Everything the past has to say. Plain data: it can be pickled, and resumed."""

    frames: tuple[FrameState, ...]
    table: TableState
    cross: CrossState = field(default_factory=CrossState)
    sit: BoutState = field(default_factory=BoutState)
    crossings: tuple[BoutState, ...] = (BoutState(),) * len(CROSSINGS)
    sleep: SleepState = field(default_factory=SleepState)
    hunch: BoutState = field(default_factory=BoutState)

    @staticmethod
    def start(plan: PosturePlan) -> PostureState:
        count = len(plan.nodes)
        return PostureState((FrameState(),) * count, TableState.start(count, len(_COLUMNS)))


def find_postures(
    plan: PosturePlan, state: PostureState, node_id: str, epochs: Epochs
) -> tuple[PostureState, tuple[HabitEvent, ...]]:
    """Add seconds of any node of the wearer that are over; events in the order in which they became known."""
    place = plan.place(node_id)
    if place < 0:
        return state, ()
    node = plan.nodes[place]
    settings = THIGH if node.site == "thigh" else TRUNK
    frame_state, posture = find_posture(settings, state.frames[place], epochs)
    columns = np.stack(
        [
            np.degrees(posture.inclination_rad),
            np.degrees(posture.flexion_rad),
            np.degrees(posture.roll_rad) if node.right_handed else np.full(epochs.second.size, np.nan),
            np.where(posture.heard, epochs.acc_sd_m_s2, np.nan),
        ],
        axis=1,
    )
    table, rows = add_seconds(state.table, place, epochs.second, columns, epochs.settled)
    state = replace(state, frames=_put(state.frames, place, frame_state), table=table)
    slept: tuple[HabitEvent, ...] = ()
    if place == plan.trunk and node.right_handed:
        sleep, slept = watch_sleep(state.sleep, epochs, posture)
        state = replace(state, sleep=sleep)
    state, events = _bouts(plan, state, rows)
    return state, slept + events


def _bouts(plan: PosturePlan, state: PostureState, rows: TableRows) -> tuple[PostureState, tuple[HabitEvent, ...]]:
    thighs = [place for place in plan.thighs if place >= 0]
    trunk = _column(rows, plan.trunk, "inclination")
    seated = np.zeros(rows.second.size, np.bool_)
    events: list[HabitEvent] = []
    if thighs:
        incl = np.stack([_column(rows, place, "inclination") for place in thighs], axis=1)
        stir = np.stack([_column(rows, place, "stir") for place in thighs], axis=1)
        seated = sitting(incl, stir, trunk)
        sure = np.clip((np.nanmax(np.where(np.isfinite(incl), incl, -1.0), axis=1) - SIT_DEG) / SIT_DEG, 0.0, 1.0)
        sit, new = find_bouts(SITTING, state.sit, rows.second[seated], sure[seated, np.newaxis], rows.settled)
        state, events = replace(state, sit=sit), [*new]
    state, crossings = _crossings(plan, state, rows, seated)
    state, hunches = _hunches(plan, state, rows)
    every = (*events, *crossings, *hunches)
    return state, tuple(sorted(every, key=lambda event: event.known_s))


def _crossings(
    plan: PosturePlan, state: PostureState, rows: TableRows, seated: Bools
) -> tuple[PostureState, list[HabitEvent]]:
    if min(plan.thighs) < 0:
        return state, []
    flexion = np.stack([_column(rows, place, "flexion") for place in plan.thighs], axis=1)
    cross, over = crossed(state.cross, seated, flexion)
    events: list[HabitEvent] = []
    after = []
    for settings, bout, sign in zip(CROSSINGS, state.crossings, (-1.0, 1.0), strict=True):
        chosen = sign * over > CROSSED.over_deg
        beyond = sign * over[chosen]
        columns = np.stack([np.clip(beyond / (2.0 * CROSSED.over_deg), 0.0, 1.0), beyond], axis=1)
        bout, new = find_bouts(settings, bout, rows.second[chosen], columns, rows.settled)
        after.append(bout)
        events += new
    return replace(state, cross=cross, crossings=tuple(after)), events


def _hunches(plan: PosturePlan, state: PostureState, rows: TableRows) -> tuple[PostureState, list[HabitEvent]]:
    if plan.back < 0:
        return state, []
    pelvis = _column(rows, plan.pelvis, "flexion")
    if plan.pelvis < 0:
        pelvis = np.full(rows.second.size, np.nan)
    angle = hunched_deg(_column(rows, plan.back, "flexion"), pelvis)
    lying = _column(rows, plan.back, "inclination") > 60.0
    chosen = (angle > HUNCHED_DEG) & ~lying
    columns = np.stack([np.ones(int(chosen.sum())), angle[chosen]], axis=1)
    hunch, new = find_bouts(HUNCHING, state.hunch, rows.second[chosen], columns, rows.settled)
    return replace(state, hunch=hunch), list(new)


def _column(rows: TableRows, place: int, name: str) -> Floats:
    """(n,) of the node at a place; NaN where there is no such node."""
    if place < 0:
        return np.full(rows.second.size, np.nan)
    return np.asarray(rows.columns[:, place, _COLUMNS.index(name)])


def _put(entries: tuple[_T, ...], place: int, entry: _T) -> tuple[_T, ...]:
    return (*entries[:place], entry, *entries[place + 1 :])
