"""Arms at work: which one, how often, how long either was in use, and the same for any cut."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from evenside_analysis.group_numbers import arm_numbers
from evenside_analysis.habit_arms import ArmsState, arms_plan, watch_arms
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.types import ACC, Block, Floats, Node

RATE_HZ = 50.0
WRISTS = (Node("l", "wrist", "left", ACC, RATE_HZ), Node("r", "wrist", "right", ACC, RATE_HZ))


def moved(spans: list[tuple[float, float, float]], seed: int = 0) -> Floats:
    """Spans of (seconds, strokes a second, angle through which the arm swings in rad), as a wrist feels them."""
    rng = np.random.default_rng(seed)
    angles = []
    for seconds, rate_hz, size in spans:
        time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
        angles.append(0.3 + 0.5 * size * (1.0 - np.cos(2.0 * np.pi * rate_hz * time_s)))
    angle = np.concatenate(angles)
    up = np.stack([np.sin(angle), np.zeros(angle.size), np.cos(angle)], axis=1)
    mounting = Rotation.random(random_state=seed).as_matrix()
    return np.asarray((9.81 * up + rng.normal(0.0, 0.03, up.shape)) @ mounting.T)


def told(arms: dict[str, Floats], cuts: tuple[int, ...] = ()) -> tuple[ArmsState, list[HabitEvent]]:
    plan = arms_plan(WRISTS)
    state, events = ArmsState(), list[HabitEvent]()
    count = arms["l"].shape[0]
    time_s = np.round(np.arange(count) / RATE_HZ * 1e6) / 1e6
    for part in np.split(np.arange(count), sorted(cuts)):
        for node in WRISTS:
            state, new = watch_arms(plan, state, Block(node.id, time_s[part], arms[node.id][part]))
            events += new
    for node in WRISTS:
        state, new = watch_arms(plan, state, Block(node.id, time_s[-1:] + 60.0, np.full((1, 3), np.nan)))
        events += new
    return state, events


REST = [(120.0, 0.0, 0.0)]
CURLS = [(30.0, 0.0, 0.0), (60.0, 0.4, 2.0), (30.0, 0.0, 0.0)]


@pytest.mark.parametrize(("left", "right", "side"), [(CURLS, REST, "left"), (REST, CURLS, "right")])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_arm_at_work_is_told_with_its_strokes(
    left: list[tuple[float, float, float]], right: list[tuple[float, float, float]], side: str, seed: int
) -> None:
    _, events = told({"l": moved(left, seed), "r": moved(right, seed + 7)})
    (bout,) = (event for event in events if event.over)
    assert bout.side == side
    assert (bout.start_s, bout.end_s) == pytest.approx((30.0, 90.0), abs=3.0)
    assert bout.value("repetitions") == pytest.approx(24.0, abs=2.0)


def test_two_arms_at_work_have_no_side() -> None:
    state, events = told({"l": moved(CURLS), "r": moved(CURLS, 5)})
    assert events == []
    assert state.totals.use_ratio == pytest.approx(1.0, abs=0.03)


def test_hours_of_use_and_the_magnitude_ratio() -> None:
    left, right = [(30.0, 0.0, 0.0), (200.0, 1.0, 0.5), (70.0, 0.0, 0.0)], [(200.0, 0.0, 0.0), (100.0, 1.0, 0.5)]
    state, _ = told({"l": moved(left), "r": moved(right, 3)})
    assert (state.totals.left_s, state.totals.right_s) == pytest.approx((200.0, 100.0), abs=3.0)
    assert state.totals.use_ratio == pytest.approx(0.5, abs=0.02)
    assert state.totals.magnitude_ratio < 0.0
    ids = [number.id for number in arm_numbers(state.totals)]
    assert ids == ["arm_use_ratio", "arm_magnitude_ratio", "arm_bilateral_magnitude"]


def test_nothing_is_said_of_arms_that_were_hardly_in_use() -> None:
    state, _ = told({"l": moved(REST), "r": moved(REST, 3)})
    assert math.isnan(state.totals.use_ratio)
    assert arm_numbers(state.totals) == []


def test_one_wrist_or_a_slow_one_tells_nothing() -> None:
    assert arms_plan(WRISTS[:1]).nodes == ()
    assert arms_plan((WRISTS[0], Node("r", "wrist", "right", ACC, 20.0))).nodes == ()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 6000), max_size=12), st.integers(100, 5000), st.booleans())
def test_any_cut_and_any_telling_of_a_hole_tell_the_same(cuts: list[int], hole: int, all_rows: bool) -> None:
    whole = {"l": moved(CURLS), "r": moved(REST, 3)}
    whole["l"][hole : hole + 90] = np.nan
    state, events = told(whole)
    fewer = {name: values.copy() for name, values in whole.items()}
    again, found = told(fewer, tuple(cuts)) if all_rows else _with_one_row(fewer, hole)
    assert found == events
    assert again.sums.tobytes() == state.sums.tobytes()


def _with_one_row(arms: dict[str, Floats], hole: int) -> tuple[ArmsState, list[HabitEvent]]:
    """The hole told by its last row alone."""
    plan = arms_plan(WRISTS)
    state, events = ArmsState(), list[HabitEvent]()
    time_s = np.round(np.arange(arms["l"].shape[0]) / RATE_HZ * 1e6) / 1e6
    kept = np.ones(time_s.size, np.bool_)
    kept[hole : hole + 89] = False
    for node, rows in ((WRISTS[0], kept), (WRISTS[1], np.ones(time_s.size, np.bool_))):
        state, new = watch_arms(plan, state, Block(node.id, time_s[rows], arms[node.id][rows]))
        events += new
    for node in WRISTS:
        state, new = watch_arms(plan, state, Block(node.id, time_s[-1:] + 60.0, np.full((1, 3), np.nan)))
        events += new
    return state, events
