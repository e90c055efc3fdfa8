"""Raised heels: heights from the tip of the foot at mid-stance, on either foot, and what is no heel."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from evenside.simulator import Device, Stand, Walk, Wear, Wearer, advance, default_nodes
from evenside.simulator import start as start_wearer
from evenside_analysis.habit_heel import HeelState, heels_plan, watch_heels
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.monitor import finish, start, step
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.stride_motion_types import NUMBERS, StrideMotions
from evenside_analysis.types import ACC, GYR, Block, Floats, Node

PLAN = heels_plan(tuple(Node(side, "foot", side, (*ACC, *GYR), 100.0) for side in ("left", "right")))
SIDES = ("left", "right")
FLAT = [(60, 0.0)]


def motions_of(walks: list[tuple[int, float]], foot: int, turn_deg: float = 0.0) -> StrideMotions:
    """Of one foot: so many strides on heels of so many metres each; from the second walk on the sensor is turned."""
    heights = np.concatenate([np.full(count, height_m) for count, height_m in walks])
    moved = np.arange(heights.size) >= walks[0][0]
    rows = []
    mounting = Rotation.random(random_state=3 + foot)
    for height_m, other in zip(heights.tolist(), moved.tolist(), strict=True):
        worn = mounting * Rotation.from_euler("z", turn_deg, degrees=True) if other else mounting
        # Onto the toes: up leans back as seen from the foot.
        tip = math.asin(height_m / 0.182)
        axes = np.array([[0.0, 1.0, 0.0], [-math.sin(tip), 0.0, math.cos(tip)], [0.0, 1.0, 0.0]])
        rows.append(worn.apply(axes).ravel())
    numbers = np.zeros((heights.size, NUMBERS))
    numbers[:, 3] = 10.0 + 1.1 * np.arange(heights.size) + 0.55 * foot
    flags, sound = np.zeros(heights.size, np.int64), np.ones(heights.size, np.bool_)
    return StrideMotions(numbers, np.array(rows), np.zeros((heights.size, 12)), flags, sound, 1e4)


def told(left: StrideMotions, right: StrideMotions) -> list[HabitEvent]:
    state, events = HeelState(), list[HabitEvent]()
    for side, motions in zip(SIDES, (left, right), strict=True):
        state, new = watch_heels(PLAN, state, side, motions)
        events += new
    return [event for event in events if event.over]


@pytest.mark.parametrize("height_m", [0.03, 0.05, 0.08])
def test_heels_of_three_centimetres_and_more_are_told_with_their_height(height_m: float) -> None:
    walks = [*FLAT, (60, height_m), *FLAT]
    (bout,) = told(motions_of(walks, 0), motions_of(walks, 1))
    assert bout.side == "both"
    assert bout.value("height_m") == pytest.approx(height_m, abs=0.005)
    assert (bout.start_s, bout.end_s) == pytest.approx((10.0 + 66.0, 10.0 + 132.0), abs=8.0)


def test_flat_shoes_are_none() -> None:
    assert told(motions_of([(200, 0.0)], 0), motions_of([(200, 0.008)], 1)) == []


def test_one_raised_heel_has_its_side() -> None:
    walks = [*FLAT, (60, 0.04)]
    assert [bout.side for bout in told(motions_of(walks, 0), motions_of([(120, 0.0)], 1))] == ["left"]
    assert [bout.side for bout in told(motions_of([(120, 0.0)], 0), motions_of(walks, 1))] == ["right"]


def test_who_begins_on_heels_is_told_of_them_once_something_flatter_was_worn() -> None:
    walks = [(60, 0.05), *FLAT, (60, 0.05)]
    (bout,) = told(motions_of(walks, 0), motions_of(walks, 1))
    assert bout.start_s == pytest.approx(10.0 + 132.0, abs=8.0)


def test_a_sensor_put_on_anew_is_no_heel() -> None:
    walks = [*FLAT, (60, 0.0)]
    assert told(motions_of(walks, 0, turn_deg=25.0), motions_of(walks, 1, turn_deg=-25.0)) == []


@given(st.lists(st.integers(1, 119), max_size=8), st.booleans())
@settings(max_examples=25, deadline=None)
def test_any_cut_and_order_of_the_feet_tell_the_same(cuts: list[int], right_first: bool) -> None:
    walks = [*FLAT, (60, 0.05)]
    whole = [motions_of(walks, foot) for foot in range(2)]
    state, events = HeelState(), list[HabitEvent]()
    for place in [1, 0] if right_first else [0, 1]:
        edges = [0, *sorted(set(cuts)), 120]
        for low, high in pairwise(edges):
            part = whole[place].select(slice(low, high))
            settled_s = 1e4 if high == 120 else float(part.end_s[-1]) + 1e-3
            part = StrideMotions(part.numbers, part.frame, part.features, part.flags, part.sound, settled_s)
            state, new = watch_heels(PLAN, state, SIDES[place], part)
            events += new
    assert [event for event in events if event.over] == told(whole[0], whole[1])


def test_simulated_heels_are_told_while_they_are_worn() -> None:
    feet = tuple(node for node in default_nodes() if node.site == "foot")
    script = (Stand(5.0), Walk(40.0), Wear(20.0, shoes_cm=5.0), Walk(60.0), Wear(20.0), Walk(40.0), Stand(3.0))
    wearer, devices = Wearer(script, seed=8), tuple(Device(node) for node in feet)
    _, piece = advance(wearer, devices, start_wearer(wearer, devices), wearer.duration_s)
    monitor = MonitorSettings(feet)
    state, events = start(monitor), list[HabitEvent]()
    for node, samples in zip(feet, piece.samples, strict=True):
        time_s: Floats = np.round(samples.true_s * 1e6) / 1e6
        state, report = step(monitor, state, Block(node.id, time_s, samples.values))
        events += report.habits
    events += finish(monitor, state)[1].habits
    (bout,) = (event for event in events if event.kind == "heel" and event.over)
    assert bout.side == "both"
    assert bout.value("height_m") == pytest.approx(0.05, abs=0.01)
    # What is level is learned over some ten strides, so it is seen that much later that another shoe is worn.
    assert wearer.start_of(3) <= bout.start_s < wearer.start_of(3) + 15.0
    assert wearer.start_of(4) - 3.0 <= bout.end_s < wearer.start_of(5) + 20.0
