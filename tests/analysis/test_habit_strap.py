"""Bags on straps with load cells: whose shoulder, how heavy, with zeros that drift, and the same for any cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.habit_strap import StrapState, strap_plan, watch_straps
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.types import FORCE, Block, Floats, Node

RATE_HZ = 80.0
LEFT, RIGHT = Node("l", "strap", "left", (FORCE,), RATE_HZ), Node("r", "strap", "right", (FORCE,), RATE_HZ)
BOTH = (LEFT, RIGHT)


def load(spans: list[tuple[float, float]], *, walking: bool = True, zero_n: float = 0.0, seed: int = 0) -> Floats:
    """Spans of (seconds, newtons), bouncing with the steps."""
    parts = []
    for seconds, force_n in spans:
        time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
        parts.append(force_n * (1.0 + walking * 0.4 * np.sin(2.0 * np.pi * 1.8 * time_s)))
    whole = np.concatenate(parts)
    return whole + zero_n + np.random.default_rng(seed).normal(0.0, 0.5, whole.size)


def told(forces: dict[str, Floats], nodes: tuple[Node, ...] = BOTH, cuts: tuple[int, ...] = ()) -> list[HabitEvent]:
    plan = strap_plan(nodes)
    state, events = StrapState.start(plan), list[HabitEvent]()
    count = max(force.size for force in forces.values())
    time_s = np.round(np.arange(count) / RATE_HZ * 1e6) / 1e6
    for part in np.split(np.arange(count), sorted(cuts)):
        for node in nodes:
            state, new = watch_straps(plan, state, Block(node.id, time_s[part], forces[node.id][part, np.newaxis]))
            events += new
    for node in nodes:
        state, new = watch_straps(plan, state, Block(node.id, time_s[-1:] + 60.0, np.full((1, 1), np.nan)))
        events += new
    return events


def over(events: list[HabitEvent]) -> list[tuple[str, float, float]]:
    return [(event.side, round(event.start_s, 1), round(event.end_s, 1)) for event in events if event.over]


EMPTY = [(180.0, 0.0)]
WORN = [(60.0, 0.0), (60.0, 50.0), (60.0, 0.0)]


@pytest.mark.parametrize(
    ("left", "right", "side"), [(WORN, EMPTY, "left"), (EMPTY, WORN, "right"), (WORN, WORN, "both")]
)
@pytest.mark.parametrize("zero_n", [-6.0, 0.0, 6.0])
def test_the_side_is_the_one_that_bears_the_load(
    left: list[tuple[float, float]], right: list[tuple[float, float]], side: str, zero_n: float
) -> None:
    events = told({"l": load(left, zero_n=zero_n), "r": load(right, zero_n=zero_n, seed=1)})
    ((found, begun_s, end_s),) = over(events)
    assert found == side
    assert (begun_s, end_s) == pytest.approx((60.0, 120.0), abs=0.5)
    loads_n = [event.value("load_n") for event in events if event.over]
    assert loads_n == pytest.approx([100.0 if side == "both" else 50.0], rel=0.15)


def test_it_is_certain_ten_seconds_after_it_began() -> None:
    begun = next(event for event in told({"l": load(WORN), "r": load(EMPTY)}) if not event.over)
    assert begun.known_s - begun.start_s == pytest.approx(10.0, abs=0.5)


def test_a_bag_that_changes_shoulders_is_two_bouts() -> None:
    first, second = [(10.0, 0.0), (60.0, 40.0), (110.0, 0.0)], [(75.0, 0.0), (60.0, 40.0), (45.0, 0.0)]
    assert [side for side, _, _ in over(told({"l": load(first), "r": load(second)}))] == ["left", "right"]


def test_one_cell_alone_tells_of_its_own_side() -> None:
    assert [side for side, _, _ in over(told({"r": load(WORN)}, (RIGHT,)))] == ["right"]


def test_where_the_other_side_is_not_heard_the_side_is_unknown() -> None:
    silent = np.full(load(WORN).size, np.nan)
    assert [side for side, _, _ in over(told({"l": load(WORN), "r": silent}))] == ["unknown"]


def test_a_bag_on_a_hook_does_not_swing() -> None:
    def moving(*, walking: bool) -> float:
        events = told({"l": load(WORN, walking=walking), "r": load(EMPTY)})
        return next(event.value("moving") for event in events if event.over)

    assert moving(walking=True) > 0.5
    assert moving(walking=False) < 0.05


def test_a_key_in_the_pocket_is_no_bag_and_a_drift_of_the_zero_neither() -> None:
    count = load(EMPTY).size
    drift = np.linspace(0.0, 7.0, count) + np.random.default_rng(2).normal(0.0, 0.5, count)
    assert told({"l": drift, "r": load([(60.0, 0.0), (60.0, 6.0), (60.0, 0.0)])}) == []


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 14400), max_size=12))
def test_any_cut_tells_the_same(cuts: list[int]) -> None:
    forces = {"l": load(WORN), "r": load([(90.0, 0.0), (60.0, 45.0), (30.0, 0.0)], seed=4)}
    assert told(forces, cuts=tuple(cuts)) == told(forces)
