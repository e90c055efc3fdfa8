"""Which sensors are worn: a body stirs them, a table does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.epochs import EpochState, find_epochs
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.habit_worn import STILL_S, WornState, watch_worn, worn_plan
from evenside_analysis.types import ACC, FORCE, Floats, Node

RATE_HZ = 25.0
BACK = Node("back", "sternum", "centre", ACC, RATE_HZ)
SOLE = Node("sole", "insole", "left", (FORCE,), RATE_HZ)


def lying_about(seconds: float) -> Floats:
    rng = np.random.default_rng(1)
    return np.array([0.0, 6.0, 7.7]) + rng.normal(0.0, 0.02, (round(seconds * RATE_HZ), 3))


def breathing(seconds: float) -> Floats:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tip = np.radians(1.0) * np.sin(2.0 * np.pi * 0.24 * time_s)
    up = np.stack([np.sin(tip), np.zeros(tip.size), np.cos(tip)], axis=1)
    return np.asarray(9.81 * up + np.random.default_rng(2).normal(0.0, 0.02, up.shape))


def told(node: Node, values: Floats, cuts: tuple[int, ...] = ()) -> list[HabitEvent]:
    plan = worn_plan((node,))
    state, events = WornState.start(plan), list[HabitEvent]()
    open_s = EpochState()
    time_s = np.arange(values.shape[0]) / RATE_HZ
    for part in np.split(np.arange(time_s.size), sorted(cuts)):
        open_s, epochs = find_epochs(node, open_s, time_s[part], values[part])
        state, new = watch_worn(plan, state, node.id, epochs)
        events += new
    silence = np.full((1, values.shape[1]), np.nan)
    _, epochs = find_epochs(node, open_s, time_s[-1:] + 2000.0, silence)
    return events + list(watch_worn(plan, state, node.id, epochs)[1])


def spans(events: list[HabitEvent]) -> list[tuple[str, float, float]]:
    return [(one.side, one.start_s, one.end_s) for one in events if one.over]


def test_a_sleeper_who_only_breathes_wears_it_and_a_table_does_not() -> None:
    ((side, start_s, end_s),) = spans(told(BACK, np.concatenate([lying_about(1200.0), breathing(2400.0)])))
    assert side == "none"
    assert (start_s, end_s) == pytest.approx((1200.0, 3600.0), abs=5.0)
    assert told(BACK, lying_about(3000.0)) == []


def test_a_quarter_of_an_hour_on_the_table_ends_it_and_less_does_not() -> None:
    short = np.concatenate([breathing(300.0), lying_about(STILL_S - 60.0), breathing(300.0)])
    assert len(spans(told(BACK, short))) == 1
    long = np.concatenate([breathing(300.0), lying_about(STILL_S + 60.0), breathing(300.0)])
    assert len(spans(told(BACK, long))) == 2


def test_a_sole_is_worn_while_its_load_changes() -> None:
    rng = np.random.default_rng(3)
    steps = np.where(np.arange(15000) % 25 < 15, 600.0, 5.0)[:, np.newaxis] + rng.normal(0.0, 1.0, (15000, 1))
    empty = rng.normal(0.0, 1.0, (30000, 1))
    ((side, start_s, end_s),) = spans(told(SOLE, np.concatenate([empty, steps])))
    assert side == "left"
    assert (start_s, end_s) == pytest.approx((1200.0, 1800.0), abs=5.0)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 40000), max_size=6))
def test_any_cut_tells_the_same(cuts: list[int]) -> None:
    values = np.concatenate([breathing(300.0), lying_about(1000.0), breathing(500.0)])
    assert told(BACK, values, tuple(cuts)) == told(BACK, values)
