"""Bags without load cells: a trunk that leans away, an arm that swings less, and what is no bag."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from evenside_analysis.epochs import EpochState, find_epochs
from evenside_analysis.habit_loads import LoadsPlan, LoadsState, loads_plan, watch_loads
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.types import ACC, FORCE, GYR, Floats, Node

RATE_HZ = 25.0
BACK = Node("back", "upper_back", "centre", ACC, RATE_HZ, right_handed=True)
PELVIS = Node("pelvis", "pelvis", "centre", ACC, RATE_HZ, right_handed=True)
WRISTS = tuple(Node(f"{side}_wrist", "wrist", side, (*ACC, *GYR), RATE_HZ) for side in ("left", "right"))


def leaning(spans: list[tuple[float, float, float]], node: Node, share: float) -> Floats:
    """Spans of (seconds, lean to the right, bend forward) in degrees; upright ones are walked."""
    rng = np.random.default_rng(len(node.id))
    parts = []
    for seconds, lean_deg, bend_deg in spans:
        lean, bend = np.radians(share * lean_deg), np.radians(bend_deg)
        up = np.array([-np.sin(bend), np.sin(lean) * np.cos(bend), np.cos(lean) * np.cos(bend)])
        count = round(seconds * RATE_HZ)
        walk = (0.3 if bend_deg else 2.0) * rng.normal(size=(count, 1)) * up
        parts.append(9.81 * up + walk + 0.05 * rng.normal(size=(count, 3)))
    return np.asarray(np.concatenate(parts) @ Rotation.random(random_state=len(node.id)).as_matrix().T)


def swinging(spans: list[tuple[float, float, float]], node: Node, side: int) -> Floats:
    """Spans of (seconds, swing of left, of right) in rad/s; below 0 that arm is bent."""
    rng = np.random.default_rng(side)
    parts = []
    for seconds, *swings in spans:
        count = round(seconds * RATE_HZ)
        time_s = np.arange(count) / RATE_HZ
        up = np.array([1.0, 0.0, 0.0]) if swings[side] < 0.0 else np.array([0.0, 0.0, 1.0])
        acc = 9.81 * up + 1.5 * rng.normal(size=(count, 1)) * up
        gyr = np.zeros((count, 3))
        gyr[:, 1] = abs(swings[side]) * np.sqrt(2.0) * np.sin(2.0 * np.pi * 0.9 * time_s)
        parts.append(np.concatenate([acc, gyr], axis=1))
    return np.concatenate(parts)


def told(plan: LoadsPlan, felt: list[Floats], cuts: tuple[int, ...] = ()) -> list[HabitEvent]:
    state, events = LoadsState(), list[HabitEvent]()
    open_s = {node.id: EpochState() for node in plan.nodes}
    count = felt[0].shape[0]
    time_s = np.round(np.arange(count) / RATE_HZ * 1e6) / 1e6
    for part in np.split(np.arange(count), sorted(cuts)):
        for node, values in zip(plan.nodes, felt, strict=True):
            open_s[node.id], epochs = find_epochs(node, open_s[node.id], time_s[part], values[part])
            state, new = watch_loads(plan, state, node.id, epochs)
            events += new
    for node in plan.nodes:
        nothing = np.full((1, len(node.channels)), np.nan)
        _, epochs = find_epochs(node, open_s[node.id], time_s[-1:] + 60.0, nothing)
        state, new = watch_loads(plan, state, node.id, epochs)
        events += new
    return events


TRUNK = loads_plan((BACK, PELVIS))
FREE, BOW = (60.0, 0.5, 0.0), (8.0, 0.0, 60.0)


def trunk(spans: list[tuple[float, float, float]], cuts: tuple[int, ...] = (), pelvis: float = 0.3) -> list[HabitEvent]:
    return told(TRUNK, [leaning(spans, BACK, 1.0), leaning(spans, PELVIS, pelvis)], cuts)


def over(events: list[HabitEvent]) -> list[tuple[str, float, float]]:
    return [(event.side, event.start_s, event.end_s) for event in events if event.over]


@pytest.mark.parametrize(("lean_deg", "side"), [(3.0, "left"), (-2.0, "right")])
def test_who_leans_away_from_it_carries_it_on_the_other_side(lean_deg: float, side: str) -> None:
    events = trunk([FREE, BOW, FREE, (120.0, lean_deg, 0.0), FREE])
    ((found, start_s, end_s),) = over(events)
    assert found == side
    assert (start_s, end_s) == pytest.approx((128.0, 248.0), abs=20.0)


def test_a_posture_that_is_usual_is_no_bag() -> None:
    assert trunk([(60.0, 2.0, 0.0), BOW, (300.0, 2.0, 0.0)]) == []


def test_a_trunk_that_leans_over_a_pelvis_that_does_not_is_no_bag() -> None:
    assert trunk([FREE, BOW, FREE, (120.0, 3.0, 0.0)], pelvis=0.0) == []


ARMS = loads_plan(WRISTS)


def arms(spans: list[tuple[float, float, float]], cuts: tuple[int, ...] = ()) -> list[HabitEvent]:
    return told(ARMS, [swinging(spans, node, side) for side, node in enumerate(WRISTS)], cuts)


def test_the_arm_that_hangs_and_swings_less_carries() -> None:
    assert [one[0] for one in over(arms([(90.0, 1.4, 1.4), (90.0, 1.4, 0.5), (60.0, 1.4, 1.4)]))] == ["right"]
    assert [one[0] for one in over(arms([(90.0, 1.4, 1.4), (90.0, 0.5, 1.4), (60.0, 1.4, 1.4)]))] == ["left"]


def test_an_arm_that_is_bent_holds_something_that_nobody_knows() -> None:
    (bout,) = (one for one in arms([(90.0, 1.4, 1.4), (90.0, 1.4, -0.2), (60.0, 1.4, 1.4)]) if one.over)
    assert (bout.side, bout.confidence) == ("unknown", 0.0)


def test_arms_that_differ_a_little_carry_nothing() -> None:
    assert arms([(300.0, 1.4, 1.2)]) == []


def test_load_cells_are_asked_alone_and_the_trunk_before_the_wrists() -> None:
    strap = Node("strap", "strap", "left", (FORCE,), 50.0)
    assert loads_plan((strap, BACK, PELVIS, *WRISTS)).nodes == ()
    assert loads_plan((BACK, PELVIS, *WRISTS)).kind == "trunk"
    assert loads_plan((BACK, *WRISTS)).kind == "wrist"


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 4500), max_size=8))
def test_any_cut_tells_the_same(cuts: list[int]) -> None:
    spans = [(60.0, 0.0, 0.0), BOW, (30.0, 0.0, 0.0), (60.0, -3.0, 0.0), (30.0, 0.0, 0.0)]
    assert trunk(spans, tuple(cuts)) == trunk(spans)
    swings = [(40.0, 1.4, 1.4), (60.0, 1.4, 0.5), (60.0, 1.4, -0.2)]
    inside = tuple(cut for cut in cuts if cut < 4000)
    assert arms(swings, inside) == arms(swings)
