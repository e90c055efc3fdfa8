"""The leg that is stood on: told in standing alone, and the same for any cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.epochs import Epochs, EpochState, find_epochs
from evenside_analysis.habit_standing import StandingState, standing_plan, watch_standing
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.types import FORCE, Floats, Node

RATE_HZ = 50.0
SOLES = (Node("l", "insole", "left", (FORCE,), RATE_HZ), Node("r", "insole", "right", (FORCE,), RATE_HZ))
WEIGHT_N = 700.0
Span = tuple[str, float, float]  # what, seconds, share of the right


def forces(spans: list[Span], seed: int = 0) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    left, right = [], []
    for what, seconds, share in spans:
        time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
        if what == "walk":
            wave = np.clip(0.5 + 1.4 * np.sin(2.0 * np.pi * time_s / 1.1), 0.0, 1.0)
            right.append(WEIGHT_N * wave)
            left.append(WEIGHT_N * (1.0 - wave))
            continue
        weight_n = WEIGHT_N * {"stand": 1.0, "sit": 0.2, "lean": 0.6}[what]
        sway = share + 0.01 * np.sin(2.0 * np.pi * 0.3 * time_s)
        right.append(weight_n * sway + rng.normal(0.0, 3.0, time_s.size))
        left.append(weight_n * (1.0 - sway) + rng.normal(0.0, 3.0, time_s.size))
    return np.concatenate(left), np.concatenate(right)


def told(spans: list[Span], cuts: tuple[int, ...] = ()) -> list[HabitEvent]:
    both = forces(spans)
    plan = standing_plan(SOLES)
    state, events = StandingState(), list[HabitEvent]()
    open_s = {node.id: EpochState() for node in SOLES}
    time_s = np.round(np.arange(both[0].size) / RATE_HZ * 1e6) / 1e6
    for part in np.split(np.arange(time_s.size), sorted(cuts)):
        for node, force in zip(SOLES, both, strict=True):
            open_s[node.id], epochs = find_epochs(node, open_s[node.id], time_s[part], force[part, np.newaxis])
            state, new = watch_standing(plan, state, node.id, epochs)
            events += new
    for node in SOLES:
        _, epochs = find_epochs(node, open_s[node.id], time_s[-1:] + 60.0, np.full((1, 1), np.nan))
        state, new = watch_standing(plan, state, node.id, epochs)
        events += new
    return events


def over(events: list[HabitEvent]) -> list[tuple[str, float, float]]:
    return [(event.side, event.start_s, event.end_s) for event in events if event.over]


WALK: Span = ("walk", 30.0, 0.5)


@pytest.mark.parametrize(("share", "side"), [(0.75, "right"), (0.3, "left")])
def test_weight_on_one_leg_is_told_with_its_share(share: float, side: str) -> None:
    events = told([WALK, ("stand", 60.0, 0.5), ("stand", 60.0, share), WALK])
    assert over(events) == [(side, 90.0, 150.0)]
    (of_side,) = (event.value("share") for event in events if event.over)
    assert of_side == pytest.approx(max(share, 1.0 - share), abs=0.01)


def test_two_modes_are_two_bouts_where_their_mean_would_be_even() -> None:
    modes: list[Span] = [("stand", 30.0, 0.8), ("stand", 30.0, 0.2)]
    assert [side for side, _, _ in over(told([WALK, *modes * 3]))] == ["right", "left"] * 3


@pytest.mark.parametrize("what", ["sit", "lean"])
def test_only_whole_weight_is_standing(what: str) -> None:
    assert told([WALK, (what, 120.0, 0.9), WALK]) == []


def test_walking_is_not_standing_on_one_leg_after_the_other() -> None:
    assert told([("walk", 120.0, 0.5)]) == []


def test_without_both_sides_nothing_can_be_told() -> None:
    assert standing_plan(SOLES[:1]).nodes == ()
    assert watch_standing(standing_plan(SOLES[:1]), StandingState(), "l", Epochs.none(0))[1] == ()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 6000), max_size=10))
def test_any_cut_tells_the_same(cuts: list[int]) -> None:
    spans: list[Span] = [WALK, ("stand", 30.0, 0.8), ("sit", 20.0, 0.9), ("stand", 30.0, 0.25), WALK]
    assert told(spans, tuple(cuts)) == told(spans)
