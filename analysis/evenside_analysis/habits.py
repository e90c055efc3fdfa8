"""Habits of one wearer: which detectors the nodes allow, and their events as one stream a kind.

::

    block ─► its seconds ─► the detectors that its node feeds ─► events ─► released by ``known_s``, kind by kind

Detectors settle at different times: an event is passed on once no detector of its kind can bring an earlier one, so the
events of each kind come in the same order for any interleaving of the nodes, and no kind waits for another one. Where
load cells tell of bags, nothing else is asked: they know, others guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.epochs import EpochState, find_epochs
from evenside_analysis.habit_arms import ArmsPlan, ArmsState, arms_plan, watch_arms
from evenside_analysis.habit_counts import HabitCounts, count_habits
from evenside_analysis.habit_heel import HeelsPlan, HeelState, heels_plan, watch_heels
from evenside_analysis.habit_loads import LoadsPlan, LoadsState, loads_plan, watch_loads
from evenside_analysis.habit_postures import PosturePlan, PostureState, find_postures, posture_plan
from evenside_analysis.habit_stairs import FlightsPlan, FlightState, flights_plan, watch_flights
from evenside_analysis.habit_standing import StandingPlan, StandingState, standing_plan, watch_standing
from evenside_analysis.habit_strap import STRAPS, StrapPlan, StrapState, strap_plan, watch_straps
from evenside_analysis.habit_types import HabitEvent, HabitKind
from evenside_analysis.habit_worn import WornPlan, WornState, watch_worn, worn_plan
from evenside_analysis.nudge import Nudge, NudgeSettings, NudgeState, watch_habit
from evenside_analysis.stride_motion_types import StrideMotions
from evenside_analysis.strides import Strides
from evenside_analysis.types import Block, Node

__all__ = ["HabitFound", "HabitPlan", "HabitState", "end_habits", "find_habits", "habit_plan", "watch_nudges"]


_OVER_S = 1000.0
"""No bout waits for longer than this to be over."""


@dataclass(frozen=True, slots=True)
class HabitPlan:
    """Which nodes tell of what; a detector without nodes watches nothing. ``by_second``: whose seconds are asked."""

    by_second: tuple[Node, ...]
    straps: StrapPlan
    standing: StandingPlan
    postures: PosturePlan
    arms: ArmsPlan
    flights: FlightsPlan
    heels: HeelsPlan
    loads: LoadsPlan
    worn: WornPlan


def habit_plan(nodes: tuple[Node, ...]) -> HabitPlan:
    """What the nodes of a wearer can tell of."""
    standing, postures, loads, worn = standing_plan(nodes), posture_plan(nodes), loads_plan(nodes), worn_plan(nodes)
    asked = {node.id: node for plan in (standing, postures, loads, worn) for node in plan.nodes}
    return HabitPlan(
        tuple(asked.values()),
        strap_plan(nodes),
        standing,
        postures,
        arms_plan(nodes),
        flights_plan(nodes),
        heels_plan(nodes),
        loads,
        worn,
    )


@dataclass(frozen=True, slots=True, eq=False)
class HabitState:
    """Everything the past has to say. ``waiting``: events that another detector may still bring an earlier one to."""

    epochs: tuple[EpochState, ...]
    straps: StrapState
    postures: PostureState
    worn: WornState
    standing: StandingState = field(default_factory=StandingState)
    arms: ArmsState = field(default_factory=ArmsState)
    flights: FlightState = field(default_factory=FlightState)
    heels: HeelState = field(default_factory=HeelState)
    loads: LoadsState = field(default_factory=LoadsState)
    waiting: tuple[HabitEvent, ...] = ()
    counts: HabitCounts = field(default_factory=HabitCounts)

    @staticmethod
    def start(plan: HabitPlan) -> HabitState:
        return HabitState(
            tuple(EpochState() for _ in plan.by_second),
            StrapState.start(plan.straps),
            PostureState.start(plan.postures),
            WornState.start(plan.worn),
        )


@dataclass(frozen=True, slots=True)
class HabitFound:
    """New events, those of a kind in the order of ``known_s``; and up to when all is told of each kind."""

    events: tuple[HabitEvent, ...]
    until_s: Mapping[HabitKind, float]


def find_habits(
    plan: HabitPlan,
    state: HabitState,
    block: Block,
    strides: Strides | None = None,
    motions: StrideMotions | None = None,
) -> tuple[HabitState, HabitFound]:
    """Add a block of any node of the wearer, of corrected readings, and the strides that were found in it."""
    straps, carried = watch_straps(plan.straps, state.straps, block)
    arms, worked = watch_arms(plan.arms, state.arms, block)
    flights, climbed = watch_flights(plan.flights, state.flights, block.node, strides)
    heels, raised = watch_heels(plan.heels, state.heels, block.node, motions)
    state = replace(state, straps=straps, arms=arms, flights=flights, heels=heels)
    state, of_seconds = _by_second(plan, state, block)
    until_s = _until_s(plan, state)
    events = (*state.waiting, *carried, *worked, *climbed, *raised, *of_seconds)
    if not events:
        return state, HabitFound((), until_s)
    known = tuple(sorted((event for event in events if event.known_s <= until_s[event.kind]), key=_order))
    waiting = tuple(event for event in events if event.known_s > until_s[event.kind])
    return replace(state, waiting=waiting, counts=count_habits(state.counts, known)), HabitFound(known, until_s)


def _by_second(plan: HabitPlan, state: HabitState, block: Block) -> tuple[HabitState, tuple[HabitEvent, ...]]:
    """The detectors that ask for whole seconds of a node, which are made once for all of them."""
    place = next((place for place, node in enumerate(plan.by_second) if node.id == block.node), -1)
    if place < 0:
        return state, ()
    before = state.epochs[place]
    after, epochs = find_epochs(plan.by_second[place], before, block.time_s, block.values)
    state = replace(state, epochs=(*state.epochs[:place], after, *state.epochs[place + 1 :]))
    if epochs.settled == before.settled:  # most blocks of a live stream
        return state, ()
    standing, stood = watch_standing(plan.standing, state.standing, block.node, epochs)
    postures, held = find_postures(plan.postures, state.postures, block.node, epochs)
    loads, borne = watch_loads(plan.loads, state.loads, block.node, epochs)
    worn, put_on = watch_worn(plan.worn, state.worn, block.node, epochs)
    state = replace(state, standing=standing, postures=postures, loads=loads, worn=worn)
    return state, (*stood, *held, *borne, *put_on)


def end_habits(plan: HabitPlan, state: HabitState, passed_s: float) -> tuple[HabitState, tuple[HabitEvent, ...]]:
    """Nothing is heard any more after ``passed_s``: every bout ends with its last second."""
    events: tuple[HabitEvent, ...] = ()
    silent_s = np.array([np.rint((passed_s + _OVER_S) * 1e6) / 1e6])
    strides, motions = Strides.none(float(silent_s[0])), StrideMotions.none(float(silent_s[0]))
    watched = (plan.straps, plan.standing, plan.postures, plan.arms, plan.flights, plan.loads, plan.worn)
    nodes = {node.id: node for one in watched for node in one.nodes}
    for node in nodes.values():
        silence = Block(node.id, silent_s, np.full((1, len(node.channels)), np.nan))
        state, found = find_habits(plan, state, silence, strides, motions)
        events += found.events
    return state, events


def watch_nudges(
    rules: tuple[NudgeSettings, ...], states: tuple[NudgeState, ...], found: HabitFound
) -> tuple[tuple[NudgeState, ...], tuple[Nudge, ...]]:
    """Advance the timer of each rule by what was found of its habit."""
    after, nudges = [], list[Nudge]()
    for rule, state in zip(rules, states, strict=True):
        if rule.kind in found.until_s:
            state, new = watch_habit(rule, state, found.events, found.until_s[rule.kind])
            nudges += new
        after.append(state)
    return tuple(after), tuple(nudges)


def _until_s(plan: HabitPlan, state: HabitState) -> dict[HabitKind, float]:
    """Of each kind that is watched, up to when every detector of it has told all."""
    told: dict[HabitKind, float] = {}
    if plan.straps.nodes:
        told["carrying"] = state.straps.table.until / STRAPS.per_s
    elif plan.loads.nodes:
        told["carrying"] = state.loads.table.until
    if plan.standing.nodes:
        told["standing"] = state.standing.table.until
    if plan.postures.nodes:
        until_s = state.postures.table.until
        told |= {"sitting": until_s, "crossing": until_s, "hunching": until_s}
        told["sleeping"] = state.postures.sleep.until
    if plan.arms.nodes:
        told["arm_use"] = state.arms.table.until
    if plan.flights.nodes:
        told["stairs"] = state.flights.until_s
        told["heel"] = state.heels.table.until
    if plan.worn.nodes:
        told["worn"] = state.worn.until
    return told


def _order(event: HabitEvent) -> tuple[float, bool, str, str, float, str]:
    """What ends at a moment comes before what begins."""
    return event.known_s, not event.over, event.kind, event.place, event.start_s, event.side
