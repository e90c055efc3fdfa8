"""The verdict over both feet: its table, how it stands and falls, and simulated feet exchanged and mirrored."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.simulator import Device, Sensor, Stand, Turn, Walk, Wearer, advance, default_nodes, start
from evenside_analysis.foot_contacts import FootSettings, FootState, detect_foot_contacts
from evenside_analysis.side_check import (
    SideSettings,
    SideState,
    Verdict,
    VerdictChange,
    judge_sides,
    sides_can_be_told,
    verdict_at,
    window_verdict,
)
from evenside_analysis.side_features import FEATURES
from evenside_analysis.side_rule import SideRule
from evenside_analysis.stride_motion import MotionSettings, MotionState, StrideMotions, follow_strides, imu_rows
from evenside_analysis.stride_motion_types import NUMBERS
from evenside_analysis.types import ACC, GYR, Flag, Floats, Side

# A rule that passes on the first feature alone, nearly unchanged.
PLAIN = SideSettings(SideRule((100.0, *[0.0] * 11), (100.0, *[1.0] * 11)))
BOTH: tuple[Side, Side] = ("left", "right")
MIRROR = np.array([1.0, -1.0, 1.0])


def strides(scores: list[float], forward_m: float = 1.2, first_s: float = 0.0) -> StrideMotions:
    """One straight stride a second, with these scores; everything is settled."""
    count = len(scores)
    numbers = np.zeros((count, NUMBERS))
    numbers[:, 3] = first_s + np.arange(count)
    numbers[:, 0] = numbers[:, 3] - 1.0
    numbers[:, 4] = forward_m
    features = np.zeros((count, len(FEATURES)))
    features[:, 0] = scores
    sound = np.ones(count, np.bool_)
    return StrideMotions(numbers, np.zeros((count, 9)), features, np.zeros(count, np.int64), sound, np.inf)


def judged(left: StrideMotions, right: StrideMotions) -> tuple[SideState, tuple[VerdictChange, ...]]:
    state, none = judge_sides(PLAIN, SideState(), "left", left)
    assert not none
    return judge_sides(PLAIN, state, "right", right)


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        (1.0, -1.0, "ok"),
        (0.5, 0.05, "ok"),
        (0.1, -0.35, "ok"),
        (-1.0, 1.0, "swapped"),
        (-0.11, 0.11, "swapped"),
        (-1.0, 0.05, "unknown"),  # only one foot speaks against what it is called
        (0.5, 0.3, "same_side"),
        (-0.3, -0.3, "same_side"),
        (0.1, 0.1, "unknown"),
        (0.0, 0.0, "unknown"),
        (float("nan"), 1.0, "unknown"),
    ],
)
def test_the_verdict_of_a_window(left: float, right: float, verdict: Verdict) -> None:
    assert window_verdict(PLAIN, left, right) == verdict


def test_one_window_is_enough_for_ok_and_two_in_a_row_for_swapped() -> None:
    assert judged(strides([1.0] * 4), strides([-1.0] * 4))[0].verdict == "ok"
    assert judged(strides([-1.0] * 7), strides([1.0] * 7))[0].verdict == "unknown"
    state, changes = judged(strides([-1.0] * 8), strides([1.0] * 8))
    assert state.verdict == "swapped"
    assert changes == (VerdictChange(7.0, "swapped"),)


def test_two_windows_that_are_not_in_a_row_say_nothing() -> None:
    odd = [-1.0] * 4 + [0.0] * 4 + [-1.0] * 4
    assert judged(strides(odd), strides([-score for score in odd]))[0].verdict == "unknown"


def test_what_two_windows_confirmed_takes_four_to_overturn_and_unknown_overturns_nothing() -> None:
    def after(windows: list[float]) -> Verdict:
        scores = [score for score in windows for _ in range(4)]
        return judged(strides(scores), strides([-score for score in scores]))[0].verdict

    assert after([1.0, 1.0, -1.0, -1.0, -1.0]) == "ok"
    assert after([1.0, 1.0, -1.0, -1.0, -1.0, -1.0]) == "swapped"
    assert after([1.0, -1.0, -1.0]) == "swapped"  # a single window had not confirmed it
    assert after([-1.0, -1.0, 0.0, 0.0, 0.0]) == "swapped"


def test_a_foot_that_seems_to_walk_backward_has_no_side() -> None:
    backward = strides([1.0] * 20, forward_m=-1.2)
    assert judged(backward, strides([-1.0] * 20))[0].windows == 0
    mixed = strides([1.0] * 20)
    mixed.numbers[::3, 4] = -1.2
    assert judged(mixed, strides([-1.0] * 20))[0].windows == 0


def test_only_straight_walking_strides_that_go_somewhere_count() -> None:
    short, turning, running = strides([1.0] * 20, forward_m=0.1), strides([1.0] * 20), strides([1.0] * 20)
    turning.flags[:] = Flag.TURN
    running.numbers[:, 0] += 0.3
    for left in (short, turning, running):
        assert judged(left, strides([-1.0] * 20))[0].windows == 0


def test_a_window_waits_for_the_foot_that_has_fewer_strides() -> None:
    state, changes = judged(strides([1.0] * 10), strides([-1.0] * 4, first_s=20.0))
    assert state.windows == 1
    assert changes == (VerdictChange(23.0, "ok"),)


def test_the_verdict_at_a_moment_knows_nothing_of_what_came_later() -> None:
    changes = (VerdictChange(5.0, "ok"), VerdictChange(9.0, "swapped"))
    assert [verdict_at(changes, moment_s) for moment_s in (4.0, 5.0, 8.9, 9.0)] == ["unknown", "ok", "ok", "swapped"]


@dataclass(frozen=True)
class Walked:
    """Rows of a foot IMU."""

    time_s: Floats
    acc: Floats
    gyr: Floats

    def mirrored(self) -> Walked:
        """What a maker does that reports y as medial on both feet."""
        return Walked(self.time_s, self.acc * MIRROR, -self.gyr * MIRROR)


@cache
def feet(seed: int = 1) -> tuple[Walked, Walked]:
    wearer = Wearer((Stand(3.0), Walk(14.0), Turn(3.0), Walk(8.0), Stand(3.0)), seed=seed)
    devices = tuple(Device(node, Sensor()) for node in default_nodes()[:2])
    piece = advance(wearer, devices, start(wearer, devices), wearer.duration_s)[1]
    found = []
    for device, samples in zip(devices, piece.samples, strict=True):
        acc, gyr = device.node.columns(ACC), device.node.columns(GYR)
        assert acc is not None
        assert gyr is not None
        found.append(Walked(np.rint(samples.true_s * 1e6) / 1e6, samples.values[:, acc], samples.values[:, gyr]))
    return found[0], found[1]


def motions(foot: Walked) -> StrideMotions:
    row = np.full((1, 3), np.nan)
    time_s = np.append(foot.time_s, foot.time_s[-1] + 15.0)
    acc, gyr = np.vstack([foot.acc, row]), np.vstack([foot.gyr, row])
    detector = FootSettings(100.0)
    contacts = detect_foot_contacts(detector, FootState.start(detector), time_s, acc, gyr)[1]
    return follow_strides(MotionSettings(100.0), MotionState(), imu_rows(time_s, acc, gyr), contacts)[1]


def verdict(left: Walked, right: Walked) -> Verdict:
    state = SideState()
    for side, foot in zip(BOTH, (left, right), strict=True):
        state, _ = judge_sides(SideSettings(), state, side, motions(foot))
    return state.verdict


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_simulated_feet_are_told_apart_and_exchanged_ones_found_out(seed: int) -> None:
    left, right = feet(seed)
    assert verdict(left, right) == "ok"
    assert verdict(right, left) == "swapped"


def test_mirrored_axes_of_one_foot_are_the_same_side_twice_and_of_both_look_exchanged() -> None:
    left, right = feet()
    assert verdict(left, right.mirrored()) == "same_side"
    assert verdict(left.mirrored(), right.mirrored()) == "swapped"


@settings(max_examples=15)
@given(cuts=st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=12), pickled=st.booleans())
def test_any_cut_and_interleaving_gives_the_same_changes(cuts: list[tuple[bool, int]], pickled: bool) -> None:
    whole = [motions(foot) for foot in reversed(feet())]  # exchanged, so that something changes
    plan = [(int(first), count) for first, count in cuts] + [(0, 1000), (1, 1000)]
    state, changes, done = SideState(), list[VerdictChange](), [0, 0]
    for place, count in plan:
        first, end = done[place], min(done[place] + count, whole[place].flags.size)
        part = whole[place].select(slice(first, end))
        over = end == whole[place].flags.size
        settled_s = whole[place].settled_s if over else float(whole[place].end_s[end])
        part = StrideMotions(part.numbers, part.frame, part.features, part.flags, part.sound, settled_s)
        state, more = judge_sides(SideSettings(), state, BOTH[place], part)
        changes += more
        done[place] = end
        if pickled:
            state = pickle.loads(pickle.dumps(state))
    assert [change.verdict for change in changes] == ["swapped"]
    once = SideState()
    once, _ = judge_sides(SideSettings(), once, "left", whole[0])
    once, want = judge_sides(SideSettings(), once, "right", whole[1])
    assert tuple(changes) == want
    assert (state.verdict, state.windows) == (once.verdict, once.windows)


def test_only_feet_whose_axes_are_known_to_be_right_handed_tell_their_side() -> None:
    left, right, insole = default_nodes()[:3]
    assert sides_can_be_told(left, right)
    assert not sides_can_be_told(left, replace(right, right_handed=False))
    assert not sides_can_be_told(insole, insole)
