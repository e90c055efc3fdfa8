"""Which leg leads on stairs: flights from the strides of both feet, and the riser that the first step takes.

The foot that leads rises one riser with its first stride on the stairs, the other one two: it passes the first. So a
flight is led by the foot that comes first *if* the other foot's first stride is 1.5 to 2.6 times as high; if both rise
by one riser on every step, the leading leg takes each of them and the other joins it (step-to). Anything else is a
flight whose lead nobody knows: one that began before the sensors were sure of it, for the most part.

A flight is three strides or more in one direction; two level strides in a row, or one after which a stride takes one
riser only (a landing), a change of direction, or two seconds without a stride end it. A lift moves the feet without
strides and is none; on an escalator that is walked up the strides rise by the same risers, which looks like stairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from evenside_analysis.habit_types import HabitEvent, HabitSide
from evenside_analysis.strides import Strides
from evenside_analysis.types import ACC, GYR, Node

__all__ = ["FLIGHTS", "FlightSettings", "FlightState", "FlightsPlan", "flights_plan", "watch_flights"]


@dataclass(frozen=True, slots=True)
class FlightSettings:
    """``double``: bounds of the second foot's first height over the first one's. ``riser_max_m``: higher strides take
    two risers.
    """

    gap_s: float = 2.0
    level: int = 2
    least: int = 3
    double: tuple[float, float] = (1.5, 2.6)
    riser_max_m: float = 0.24
    single: float = 0.7  # of the usual height: less is a stride that took one riser


FLIGHTS = FlightSettings()


@dataclass(frozen=True, slots=True)
class FlightsPlan:
    """The two feet, left and right; empty where there are none."""

    nodes: tuple[Node, ...]

    def place(self, node_id: str) -> int:
        """-1 for a node that is none of them."""
        return next((place for place, node in enumerate(self.nodes) if node.id == node_id), -1)


def flights_plan(nodes: tuple[Node, ...]) -> FlightsPlan:
    """Both feet, where both tell of heights: acceleration with gravity, and rate of rotation."""
    able = {
        node.side: node
        for node in nodes
        if node.site == "foot" and node.columns(ACC) and node.columns(GYR) and node.gravity
    }
    return FlightsPlan((able["left"], able["right"]) if {"left", "right"} <= able.keys() else ())


@dataclass(frozen=True, slots=True, order=True)
class _Step:
    """One stride of one foot. ``stairs``: 1 up, -1 down, 0 neither."""

    end_s: float
    foot: int  # 0 left, 1 right
    toe_off_s: float
    climb_m: float
    stairs: int


@dataclass(frozen=True, slots=True)
class FlightState:
    """Strides that wait for the other foot, the flight at hand, and how many level strides have followed it."""

    waiting: tuple[_Step, ...] = ()
    settled_s: tuple[float, float] = (-math.inf, -math.inf)
    flight: tuple[_Step, ...] = ()
    level: int = 0

    @property
    def until_s(self) -> float:
        """All flights known before have been told."""
        return min(self.settled_s)


def watch_flights(
    plan: FlightsPlan, state: FlightState, node_id: str, strides: Strides | None, settings: FlightSettings = FLIGHTS
) -> tuple[FlightState, tuple[HabitEvent, ...]]:
    """Add strides of any foot of the wearer; each flight is told once, when it is over."""
    foot = plan.place(node_id)
    if foot < 0 or strides is None:
        return state, ()
    settled_s = max(state.settled_s[foot], strides.settled_s)
    both = (settled_s, state.settled_s[1]) if foot == 0 else (state.settled_s[0], settled_s)
    waiting = (*state.waiting, *_steps(foot, strides))
    until_s = min(both)
    state = replace(state, settled_s=both, waiting=tuple(step for step in waiting if step.end_s >= until_s))
    events: list[HabitEvent] = []
    for step in sorted(step for step in waiting if step.end_s < until_s):
        state = _added(settings, state, step, events)
    if state.flight and until_s > state.flight[-1].end_s + settings.gap_s:
        state = _closed(settings, state, state.flight[-1].end_s + settings.gap_s, events)
    return state, tuple(events)


def _steps(foot: int, strides: Strides) -> list[_Step]:
    columns = (strides.end_s, strides.toe_off_s, strides.climb_m, strides.stairs)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [_Step(end_s, foot, toe_off_s, climb_m, int(stairs)) for end_s, toe_off_s, climb_m, stairs in rows]


def _added(settings: FlightSettings, state: FlightState, step: _Step, events: list[HabitEvent]) -> FlightState:
    if state.flight and step.end_s > state.flight[-1].end_s + settings.gap_s:
        state = _closed(settings, state, state.flight[-1].end_s + settings.gap_s, events)
    if not step.stairs:
        if not state.flight:
            return state
        state = replace(state, level=state.level + 1)
        return _closed(settings, state, step.end_s, events) if state.level >= settings.level else state
    if state.flight and (step.stairs != state.flight[-1].stairs or (state.level and _begins(settings, state, step))):
        state = _closed(settings, state, step.end_s, events)
    return replace(state, flight=(*state.flight, step), level=0)


def _begins(settings: FlightSettings, state: FlightState, step: _Step) -> bool:
    """Whether a stride after a level one looks like the first of another flight."""
    return abs(step.climb_m) < settings.single * median(abs(one.climb_m) for one in state.flight)


def _closed(settings: FlightSettings, state: FlightState, known_s: float, events: list[HabitEvent]) -> FlightState:
    flight = state.flight
    if len(flight) >= settings.least:
        side, step_to, sure = _led(settings, flight)
        heights = [abs(step.climb_m) for step in flight]
        double = median(heights) > settings.riser_max_m
        values = (
            ("up", float(flight[0].stairs > 0)),
            ("step_to", float(step_to)),
            ("strides", float(len(flight))),
            ("riser_m", median(heights) / (2.0 if double else 1.0)),
        )
        start_s, end_s = flight[0].toe_off_s, flight[-1].end_s
        events.append(HabitEvent("stairs", "foot", start_s, end_s, side, sure, known_s, values))
    return replace(state, flight=(), level=0)


def _led(settings: FlightSettings, flight: tuple[_Step, ...]) -> tuple[HabitSide, bool, float]:
    """The leading leg, whether it takes every step, and how sure that is."""
    first = flight[0]
    other = next((step for step in flight if step.foot != first.foot), None)
    side: HabitSide = "right" if first.foot else "left"
    if other is None or flight[1].foot == first.foot or not abs(first.climb_m * other.climb_m) > 0.0:
        return "unknown", False, 0.0
    ratio = abs(other.climb_m) / abs(first.climb_m)
    low, high = settings.double
    if low <= ratio <= high:
        return side, False, max(0.5, 1.0 - abs(math.log2(ratio) - 1.0))
    highest = max(abs(step.climb_m) for step in flight)
    alternate = all(one.foot != two.foot for one, two in pairwise(flight))
    alike = max(1.0 / ratio, highest / abs(first.climb_m)) < low
    if alternate and alike and abs(first.climb_m) <= settings.riser_max_m:
        return side, True, max(0.5, 1.0 - abs(math.log2(ratio)))
    return "unknown", False, 0.0
