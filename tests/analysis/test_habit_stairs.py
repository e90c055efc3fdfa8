"""Flights and the leg that leads them: from heights of strides, of simulated feet, and of one real person's."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.readers import open_recording
from evenside.simulator import Device, Escalator, Lift, Segment, Stairs, Stand, Walk, Wearer, advance, default_nodes
from evenside.simulator import start as start_wearer
from evenside_analysis.habit_stairs import FlightState, flights_plan, watch_flights
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.monitor import finish, start, step
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.strides import Strides
from evenside_analysis.types import ACC, GYR, Block, Node

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
FEET = tuple(Node(side, "foot", side, (*ACC, *GYR), 100.0) for side in ("left", "right"))
PLAN = flights_plan(FEET)
PLAN_IDS = tuple(node.id for node in PLAN.nodes)
H = 0.17

Swing = tuple[float, str, float]  # when it ends, the foot, the height gained


def strides_of(swings: list[Swing], foot: str, settled_s: float) -> Strides:
    own = [(end_s, climb_m) for end_s, side, climb_m in swings if side == foot]
    ends = np.array([end_s for end_s, _ in own])
    climbs = np.array([climb_m for _, climb_m in own])
    missing, whole = np.full(ends.size, np.nan), np.zeros(ends.size, np.int64)
    stairs = np.where(np.abs(climbs) > 0.08, np.sign(climbs), 0.0).astype(np.int64)
    return Strides(ends - 1.1, ends - 0.45, ends, whole, *(missing,) * 6, climbs, stairs, settled_s)


def told(swings: list[Swing], order: tuple[str, ...] = ("left", "right")) -> list[HabitEvent]:
    state, events = FlightState(), list[HabitEvent]()
    for foot in order:
        state, new = watch_flights(PLAN, state, foot, strides_of(swings, foot, 1e6))
        events += new
    return events


def walked(climbs: list[float], first: str = "left") -> list[Swing]:
    """Swings of the feet in turn, half a second apart, after two level ones."""
    feet = (first, "right" if first == "left" else "left")
    return [(10.0 + 0.55 * at, feet[at % 2], climb) for at, climb in enumerate([0.0, 0.0, *climbs, 0.0, 0.0])]


@pytest.mark.parametrize("way", [1.0, -1.0])
@pytest.mark.parametrize("lead", ["left", "right"])
def test_the_foot_that_takes_one_riser_leads_where_the_other_takes_two(way: float, lead: str) -> None:
    (flight,) = told(walked([way * H, *[2.0 * way * H] * 6, way * H], lead))
    assert (flight.side, flight.value("up"), flight.value("step_to")) == (lead, float(way > 0.0), 0.0)
    assert flight.value("strides") == 8.0
    assert flight.value("riser_m") == pytest.approx(H)
    assert flight.confidence > 0.9


def test_one_riser_on_every_stride_is_step_to_with_the_same_leg() -> None:
    (flight,) = told(walked([H] * 8, "right"))
    assert (flight.side, flight.value("step_to")) == ("right", 1.0)


def test_a_flight_whose_first_stride_was_not_seen_has_no_known_lead() -> None:
    (flight,) = told(walked([2.0 * H] * 5, "right"))
    assert (flight.side, flight.confidence) == ("unknown", 0.0)


def test_a_foot_that_was_lost_leaves_the_lead_unknown() -> None:
    swings = [swing for swing in walked([H, *[2.0 * H] * 7, H]) if swing[1] == "left" or swing[2] < H]
    (flight,) = told(swings)
    assert flight.side == "unknown"


def test_a_landing_splits_flights_and_so_does_turning_round() -> None:
    up, down = [H, *[2.0 * H] * 4, H], [-H, *[-2.0 * H] * 4, -H]
    assert [event.value("up") for event in told(walked([*up, 0.0, 0.0, *up]))] == [1.0, 1.0]
    assert [event.value("up") for event in told(walked([*up, *down]))] == [1.0, 0.0]


def test_a_landing_of_one_step_splits_them_too_and_a_stride_measured_too_low_does_not() -> None:
    up = [H, *[2.0 * H] * 5, H]
    assert [event.side for event in told(walked([*up, 0.0, *up]))] == ["left", "left"]
    assert [event.side for event in told(walked([*up[:4], 0.02, *up[4:]]))] == ["left"]


def test_two_strides_are_no_flight() -> None:
    assert told(walked([H, H])) == []


def test_one_foot_alone_tells_nothing() -> None:
    assert flights_plan(FEET[:1]).nodes == ()


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_any_cut_and_order_of_the_feet_tell_the_same(data: st.DataObject) -> None:
    swings = walked([H, *[2.0 * H] * 4, H, 0.0, 0.0, 0.0, -H, -2.0 * H, -2.0 * H, -H])
    state, events = FlightState(), list[HabitEvent]()
    cuts = {foot: sorted(data.draw(st.lists(st.floats(9.0, 20.0), max_size=6), foot)) for foot in PLAN_IDS}
    moments = {foot: [0.0, *cuts[foot], 1e6] for foot in PLAN_IDS}
    turns = data.draw(st.permutations([foot for foot in PLAN_IDS for _ in range(len(moments[foot]) - 1)]))
    pieces = {foot: list(pairwise(moments[foot])) for foot in PLAN_IDS}
    for foot in turns:
        low, high = pieces[foot].pop(0)
        part = [swing for swing in swings if low <= swing[0] < high]
        state, new = watch_flights(PLAN, state, foot, strides_of(part, foot, high))
        events += new
    assert events == told(swings)


def simulated(script: tuple[Segment, ...], seed: int) -> list[HabitEvent]:
    feet = tuple(node for node in default_nodes() if node.site == "foot")
    wearer, devices = Wearer(script, seed=seed), tuple(Device(node) for node in feet)
    _, piece = advance(wearer, devices, start_wearer(wearer, devices), wearer.duration_s)
    monitor = MonitorSettings(feet)
    state, events = start(monitor), list[HabitEvent]()
    for node, samples in zip(feet, piece.samples, strict=True):
        time_s = np.round(samples.true_s * 1e6) / 1e6
        state, report = step(monitor, state, Block(node.id, time_s, samples.values))
        events += report.habits
    every = (*events, *finish(monitor, state)[1].habits)
    return [event for event in every if event.kind == "stairs"]


@pytest.mark.parametrize("step_to", [False, True])
@pytest.mark.parametrize(("up", "lead"), [(True, "left"), (False, "right")])
def test_simulated_flights_are_led_by_the_leg_that_led_them(up: bool, lead: str, step_to: bool) -> None:
    flight = Stairs(9.9, up=up, lead="left" if lead == "left" else "right", step_to=step_to)
    events = simulated((Stand(3.0), Walk(9.0), flight, Walk(9.0), Stand(3.0)), 4)
    assert [(one.side, one.value("up"), one.value("step_to")) for one in events] == [(lead, float(up), float(step_to))]


def test_a_lift_and_an_escalator_on_which_one_stands_are_no_stairs() -> None:
    assert simulated((Stand(5.0), Walk(9.0), Lift(20.0, 9.0), Walk(9.0), Escalator(20.0, 5.0), Walk(9.0)), 2) == []


@pytest.mark.skipif(not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA)")
@pytest.mark.parametrize(("way", "leads"), [("up", ["unknown", "right"]), ("down", ["left", "unknown"])])
def test_real_flights_are_found_and_a_lead_that_heights_do_not_show_stays_unknown(way: str, leads: list[str]) -> None:
    """Two flights with a landing of one step between them, both ways; nobody annotated who led them."""
    recording = open_recording(DATA / f"gaitmap_feet/imu_sample_healthy_stair_{way}.csv.gz")
    monitor = MonitorSettings(recording.nodes)
    state, events = start(monitor), list[HabitEvent]()
    for block in recording.read():
        state, report = step(monitor, state, block)
        events += report.habits
    events += finish(monitor, state)[1].habits
    flights = [event for event in events if event.kind == "stairs"]
    assert [(one.value("up"), one.value("step_to")) for one in flights] == [(float(way == "up"), 0.0)] * 2
    assert [one.side for one in flights] == leads
