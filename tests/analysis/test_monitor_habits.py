"""Habits through the monitor: what the nodes of a wearer tell together, under the law, with timers and counts."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.habit_counts import HabitCount
from evenside_analysis.habit_text import bout_words, count_words
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.monitor import finish, start, step, summary
from evenside_analysis.nudge import Nudge, NudgeSettings
from evenside_analysis.report import Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import ACC, FORCE, Block, Floats, Node, Side

SIDES: tuple[Side, Side] = ("left", "right")
NODES = (
    *(Node(f"{side}_strap", "strap", side, (FORCE,), 20.0) for side in SIDES),
    *(Node(f"{side}_insole", "insole", side, (FORCE,), 20.0) for side in SIDES),
    *(Node(f"{side}_thigh", "thigh", side, ACC, 10.0) for side in SIDES),
)
WALK_S, SIT_S, STAND_S = 60.0, 120.0, 60.0
SPAN_S = WALK_S + SIT_S + STAND_S
NUDGES = (
    NudgeSettings("bag", "carrying", 60.0, "either", on_s=20.0, off_s=10.0),
    NudgeSettings("sit", "sitting", 90.0, on_s=20.0, off_s=10.0),
)
SETTINGS = MonitorSettings(NODES, nudges=NUDGES)


def force(node: Node, time_s: Floats, rng: np.random.Generator) -> Floats:
    """A bag on the left shoulder from 30 to 150 s; after sitting, four fifths of the weight on the right leg."""
    left = node.side == "left"
    noise = rng.normal(0.0, 0.5, time_s.size)
    walking = time_s < WALK_S
    if node.site == "strap":
        carried = left & (time_s >= 30.0) & (time_s < 150.0)
        return np.asarray(noise + 40.0 * carried * (1.0 + 0.4 * walking * np.sin(11.0 * time_s)))
    step_n = 350.0 * (1.0 + np.sign(np.sin(6.0 * time_s)) * (1.0 if left else -1.0))
    standing = time_s >= WALK_S + SIT_S
    return np.asarray(noise + np.where(walking, step_n, np.where(standing, 140.0 if left else 560.0, 70.0)))


def felt(node: Node, time_s: Floats, rng: np.random.Generator) -> Floats:
    """Walking, then sitting with the right knee over the left one for a minute, then standing."""
    seated = (time_s >= WALK_S) & (time_s < WALK_S + SIT_S)
    crossed = node.side == "right" and (time_s >= 100.0) & (time_s < 160.0)
    flexion = np.radians(np.where(seated, 85.0 + 18.0 * crossed, 2.0))
    up = np.stack([np.sin(flexion), np.zeros(time_s.size), np.cos(flexion)], axis=1)
    stir = np.where(time_s < WALK_S, 2.5, 0.1) * rng.normal(size=time_s.size)
    return np.asarray((9.81 + stir)[:, np.newaxis] * up + 0.02 * rng.normal(size=(time_s.size, 3)))


@cache
def samples() -> dict[str, tuple[Floats, Floats]]:
    """Times and values of each node, with a hole in each."""
    rng = np.random.default_rng(5)
    found = {}
    for node in NODES:
        time_s = np.round(np.arange(round(SPAN_S * node.rate_hz)) / node.rate_hz * 1e6) / 1e6
        values = felt(node, time_s, rng) if node.site == "thigh" else force(node, time_s, rng)[:, np.newaxis]
        hole_s = rng.uniform(10.0, 200.0)
        heard = (time_s < hole_s) | (time_s > hole_s + 2.3)
        found[node.id] = time_s[heard], values[heard]
    return found


def folded(queues: list[Block], pickle_at: set[int]) -> tuple[list[HabitEvent], list[Nudge], Summary]:
    state, habits, nudges = start(SETTINGS), list[HabitEvent](), list[Nudge]()
    for number, block in enumerate(queues):
        if number in pickle_at:
            state = pickle.loads(pickle.dumps(state))
        state, report = step(SETTINGS, state, block)
        habits += report.habits
        nudges += report.nudges
    state, report = finish(SETTINGS, state)
    return habits + list(report.habits), nudges + list(report.nudges), summary(SETTINGS, state)


@pytest.fixture(scope="module")
def whole() -> tuple[list[HabitEvent], list[Nudge], Summary]:
    return folded([Block(name, *found) for name, found in samples().items()], set())


def over(events: list[HabitEvent]) -> list[tuple[str, str, float, float]]:
    found = [(one.kind, one.side, one.start_s, one.end_s) for one in events if one.over and one.kind != "worn"]
    return sorted(found, key=lambda one: one[2])


def test_bag_sitting_crossing_and_the_leg_stood_on_are_told_together(
    whole: tuple[list[HabitEvent], list[Nudge], Summary],
) -> None:
    found = over(whole[0])
    assert [(kind, side) for kind, side, _, _ in found] == [
        ("carrying", "left"),
        ("sitting", "none"),
        ("crossing", "right"),
        ("standing", "right"),
    ]
    edges = [edge for _, _, start_s, end_s in found for edge in (start_s, end_s)]
    assert edges == pytest.approx([30.0, 150.0, 60.0, 180.0, 100.0, 160.0, 180.0, 240.0], abs=2.0)


def test_what_goes_on_at_the_end_is_over_with_its_last_second(
    whole: tuple[list[HabitEvent], list[Nudge], Summary],
) -> None:
    begun = [(one.kind, one.place, one.start_s, one.side) for one in whole[0] if not one.over]
    ended = [(one.kind, one.place, one.start_s, one.side) for one in whole[0] if one.over]
    assert sorted(begun) == sorted(ended)


def test_timers_run_in_the_monitor(whole: tuple[list[HabitEvent], list[Nudge], Summary]) -> None:
    found = [(one.rule, one.side, round(one.time_s), one.active) for one in whole[1]]
    assert ("bag", "left", 90, True) in found
    assert ("sit", "none", 150, True) in found
    assert ("sit", "none", 190, False) in found


def test_the_summary_counts_bouts_and_says_the_share_without_a_label(
    whole: tuple[list[HabitEvent], list[Nudge], Summary],
) -> None:
    counts = {one.id: one for one in whole[2].habits}
    assert list(counts) == ["carrying", "standing", "crossing", "sitting"]
    bag = counts["carrying"]
    assert (bag.left, bag.right, bag.unknown, bag.share.label) == (1, 0, 0, "none")
    assert bag.left_s == pytest.approx(120.0, abs=1.0)
    assert bag.share.mean == pytest.approx(0.25)
    assert counts["sitting"].none == 1
    assert "one session makes no habit" in count_words(bag)
    assert count_words(counts["sitting"]).startswith("sitting: 1 time, 2.0 min")


def test_a_bout_in_words() -> None:
    event = HabitEvent("carrying", "strap", 12.0, np.inf, "left", 1.0, 22.0)
    assert bout_words(event) == "carrying, left side (strap), since 12 s"
    assert bout_words(replace(event, end_s=99.0)) == "carrying, left side (strap), 12 to 99 s"


def test_what_has_no_bouts_is_not_told_of() -> None:
    quiet = MonitorSettings((NODES[0],))
    state, _ = step(quiet, start(quiet), Block("left_strap", np.array([0.0, 1.0]), np.zeros((2, 1))))
    counts: tuple[HabitCount, ...] = summary(quiet, state).habits
    assert counts == ()


@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_any_cut_interleaving_and_resumption_give_the_same_bits(
    whole: tuple[list[HabitEvent], list[Nudge], Summary], data: st.DataObject
) -> None:
    queues = []
    for name, (time_s, values) in samples().items():
        cuts = data.draw(st.lists(st.integers(1, time_s.size - 1), max_size=10), f"cuts of {name}")
        edges = sorted({0, time_s.size, *cuts, *(cut + 1 for cut in cuts[:2] if cut + 1 < time_s.size)})
        queues.append([Block(name, time_s[a:b], values[a:b]) for a, b in pairwise(edges)])
    order = data.draw(st.permutations([at for at, queue in enumerate(queues) for _ in queue]), "interleaving")
    blocks = [queues[at].pop(0) for at in order]
    habits, nudges, total = folded(blocks, set(data.draw(st.lists(st.integers(0, len(blocks)), max_size=2))))
    for kind in ("carrying", "standing", "sitting", "crossing", "worn"):
        assert [one for one in habits if one.kind == kind] == [one for one in whole[0] if one.kind == kind]
    for rule in NUDGES:
        assert [one for one in nudges if one.rule == rule.rule] == [one for one in whole[1] if one.rule == rule.rule]
    assert total.habits == whole[2].habits
