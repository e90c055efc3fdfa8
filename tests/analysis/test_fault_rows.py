"""What no movement makes of a signal: axes that stand still, straight lines, rails; what was lost; what rest tells."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.fault_hearing import HearingSettings, HearingWatch, watch_hearing
from evenside_analysis.fault_rest import RestSettings, RestWatch, watch_rests
from evenside_analysis.fault_rows import RowSettings, RowWatch, watch_rows
from evenside_analysis.fault_types import FaultEvent
from evenside_analysis.types import Floats

RATE_HZ = 100.0
ROWS = RowSettings("left", RATE_HZ)


def moving(seconds: float = 20.0, seed: int = 0) -> tuple[Floats, Floats]:
    """A node that swings once a second: times and values, rates of rotation first. No two swings are the same."""
    rng = np.random.default_rng(seed)
    time_s = np.rint(np.arange(round(seconds * RATE_HZ)) / RATE_HZ * 1e6) / 1e6
    phase = 2.0 * np.pi * time_s
    vigour = 1.0 + 0.05 * np.repeat(rng.normal(size=math.ceil(seconds) + 1), round(RATE_HZ))[: time_s.size]
    swing = vigour * np.stack([np.sin(phase), 5.0 * np.sin(phase + 1.0), 0.5 * np.cos(phase)])
    push = vigour * np.stack([9.0 * np.cos(phase), 2.0 * np.sin(2.0 * phase), 9.8 + 8.0 * np.sin(phase)])
    return time_s, np.concatenate([swing, push]) + rng.normal(size=(6, time_s.size)) * 0.01


def watched(time_s: Floats, values: Floats, cuts: tuple[int, ...] = ()) -> list[FaultEvent]:
    state, events = RowWatch(), list[FaultEvent]()
    for first, end in pairwise([0, *cuts, time_s.size]):
        latest_s = float(time_s[end - 1])
        state, more = watch_rows(ROWS, state, time_s[first:end], values[:, first:end], latest_s)
        events += more
        state = pickle.loads(pickle.dumps(state))
    _, more = watch_rows(ROWS, state, np.empty(0), np.empty((6, 0)), float(time_s[-1]) + 100.0)
    return sorted([*events, *more], key=lambda event: (event.known_s, event.kind))


def kinds(found: list[FaultEvent]) -> set[str]:
    return {event.kind for event in found}


def test_a_node_that_moves_has_no_fault() -> None:
    for seed in range(5):
        assert watched(*moving(seed=seed)) == []


@pytest.mark.parametrize("channel", range(6))
def test_an_axis_that_stands_still_while_the_node_swings_is_stuck(channel: int) -> None:
    time_s, values = moving()
    values[channel, 500:1500] = values[channel, 500]
    found = watched(time_s, values)
    assert kinds(found) == {"stuck"}
    assert 4.9 < found[0].start_s < 6.0
    assert 14.0 < found[-1].end_s < 15.1


def test_a_node_at_rest_is_not_stuck_however_coarse_its_numbers_are() -> None:
    time_s = np.arange(1000) / RATE_HZ
    assert watched(time_s, np.repeat([[0.0], [0.0], [0.0], [0.0], [0.0], [9.8]], 1000, axis=1)) == []


def test_a_node_that_repeats_all_its_numbers_while_it_turns_is_stuck() -> None:
    time_s, values = moving()
    values[:, 500:520] = values[:, 500:501]
    (begun, over) = watched(time_s, values)
    assert (begun.kind, begun.start_s, over.end_s) == ("stuck", 5.0, 5.19)


def test_straight_lines_through_a_swing_are_a_gap_that_somebody_bridged() -> None:
    time_s, values = moving()
    for channel in values:
        channel[500:550] = np.linspace(channel[500], channel[549], 50)
    (begun, over) = watched(time_s, values)
    assert (begun.kind, begun.start_s, over.end_s) == ("line", 5.0, 5.49)


@pytest.mark.parametrize(("channel", "rail"), [(1, 4.7), (5, 18.0)])
def test_peaks_that_are_cut_off_are_seen_with_the_second_one_and_real_peaks_are_not(channel: int, rail: float) -> None:
    time_s, values = moving()
    values[channel] = np.minimum(values[channel], rail)
    found = watched(time_s, values)
    assert kinds(found) == {"clip"}
    assert found[0].start_s < 5.0
    assert found[0].known_s < 8.0
    assert found[-1].end_s > 17.0


def test_a_higher_peak_shows_that_a_rail_was_none() -> None:
    time_s, values = moving()
    values[1] = np.where(time_s < 0.9, np.minimum(values[1], 4.7), values[1])
    assert watched(time_s, values) == []


@settings(max_examples=25)
@given(cuts=st.sets(st.integers(1, 1999), max_size=30), seed=st.integers(0, 3))
def test_any_cut_of_the_rows_gives_the_same_events(cuts: set[int], seed: int) -> None:
    time_s, values = moving(seed=seed)
    values[1] = np.minimum(values[1], 4.7)
    values[4, 300:340] = values[4, 300]
    for channel in values:
        channel[900:930] = np.linspace(channel[900], channel[929], 30)
    found = watched(time_s, values)
    assert kinds(found) == {"clip", "stuck", "line"}
    assert watched(time_s, values, tuple(sorted(cuts))) == found


HEARING = HearingSettings("left", RATE_HZ)


def heard(time_s: Floats, latest_s: float, cuts: tuple[int, ...] = ()) -> list[FaultEvent]:
    state, events = HearingWatch(), list[FaultEvent]()
    for first, end in pairwise([0, *cuts, time_s.size]):
        state, more = watch_hearing(HEARING, state, time_s[first:end], float(time_s[end - 1]))
        events += more
    _, more = watch_hearing(HEARING, state, np.empty(0), latest_s)
    return [*events, *more]


def test_a_gap_is_told_from_its_last_sample_to_its_next() -> None:
    time_s = np.arange(0.0, 20.0, 0.01)
    time_s = time_s[(time_s < 5.001) | (time_s > 5.3)]
    begun, over = heard(time_s, 20.0)
    assert (begun.kind, begun.end_s) == ("gap", math.inf)
    assert (begun.start_s, begun.known_s) == pytest.approx((5.0, 5.115))
    assert over.start_s == begun.start_s
    assert (over.end_s, over.known_s) == pytest.approx((5.31, 5.31))


def test_a_node_that_falls_silent_is_told_of_while_it_is_silent() -> None:
    time_s = np.arange(0.0, 5.0, 0.01)
    assert heard(time_s, 5.05) == []
    (begun,) = heard(time_s, 9.0)
    assert (begun.kind, begun.start_s, begun.end_s) == ("gap", time_s[-1], math.inf)


def test_much_loss_is_told_however_short_the_gaps_are() -> None:
    kept = np.arange(4000)
    kept = kept[(kept < 1000) | (kept >= 3000) | (kept % 8 > 0)]
    found = heard(kept / RATE_HZ, 60.0, (500, 1700))
    lost = [event for event in found if event.kind == "lost"]
    assert [(event.start_s, event.end_s) for event in lost] == [(10.0, math.inf)]
    assert lost[0].known_s == 20.0


def resting(bias: Floats, gain: float, seconds: float = 6.0) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(3)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    values = np.zeros((6, time_s.size))
    values[:3] = bias[:, np.newaxis]
    values[5] = gain * 9.80665
    return time_s, values + rng.normal(size=values.shape) * np.repeat([0.003, 0.02], 3)[:, np.newaxis]


@pytest.mark.parametrize(
    ("bias_deg_s", "gain", "gravity", "want"),
    [
        (0.0, 1.0, True, set()),
        (2.0, 1.02, True, set()),
        (5.0, 1.0, True, {"bias"}),
        (40.0, 1.0, False, {"bias"}),
        (0.0, 1.05, True, {"gain"}),
        (0.0, 0.95, True, {"gain"}),
        (0.0, 0.0, False, set()),
    ],
)
def test_what_a_node_says_at_rest(bias_deg_s: float, gain: float, gravity: bool, want: set[str]) -> None:
    node = RestSettings("left", RATE_HZ, gravity)
    time_s, values = resting(np.radians([0.0, bias_deg_s, 0.0]), gain)
    _, events, rests = watch_rests(node, RestWatch(), time_s, values)
    assert kinds(events) == want
    assert rests.end_s.size == 12
    if gravity:
        assert rests.gravity_m_s2[-1] == pytest.approx(gain * 9.80665, abs=0.02)


def test_a_bias_that_is_gone_is_over_and_a_swinging_node_rests_nowhere() -> None:
    node = RestSettings("left", RATE_HZ, True)
    _, bad = resting(np.radians([0.0, 5.0, 0.0]), 1.0)
    _, good = resting(np.zeros(3), 1.0, 20.0)
    values = np.concatenate([bad, good], axis=1)
    _, events, _ = watch_rests(node, RestWatch(), np.arange(values.shape[1]) / RATE_HZ, values)
    assert [(event.kind, event.end_s < math.inf) for event in events] == [("bias", False), ("bias", True)]
    assert watch_rests(node, RestWatch(), *moving())[2].end_s.size == 0


def test_slow_turning_that_is_not_the_same_each_time_is_no_bias() -> None:
    node = RestSettings("left", RATE_HZ, True)
    parts = [resting(np.radians([0.0, rate, 0.0]), 1.0, 0.5)[1] for rate in (6.0, 2.0, 9.0, 3.5, 7.0, 1.0, 8.0, 4.0)]
    values = np.concatenate(parts, axis=1)
    assert watch_rests(node, RestWatch(), np.arange(values.shape[1]) / RATE_HZ, values)[1] == []


@settings(max_examples=20)
@given(cuts=st.sets(st.integers(1, 599), max_size=20))
def test_any_cut_of_the_rests_gives_the_same_events(cuts: set[int]) -> None:
    node = RestSettings("left", RATE_HZ, True)
    time_s, values = resting(np.radians([0.0, 5.0, 0.0]), 1.05)
    state, events = RestWatch(), list[FaultEvent]()
    for first, end in pairwise([0, *sorted(cuts), 600]):
        state, more, _ = watch_rests(node, state, time_s[first:end], values[:, first:end])
        events += more
    assert events == watch_rests(node, RestWatch(), time_s, values)[1]
