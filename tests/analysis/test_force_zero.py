"""The zero of a swing: found at rest, taken off its own swing, never guessed, and the same for any cut."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.force_settings import ForceSettings
from evenside_analysis.force_zero import ZeroState, rezeroed
from evenside_analysis.types import Floats

RATE_HZ = 100.0
SETTINGS = ForceSettings(RATE_HZ)


def steps(count: int, swing_s: float = 0.42, stance_s: float = 0.68, swing_n: float = 0.0) -> tuple[Floats, Floats]:
    """Standing for half a second, then ``count`` swings and stances; the force falls and rises within 60 ms."""
    corners, at = [(0.0, 700.0)], 0.5
    for _ in range(count):
        corners += [(at, 700.0), (at + 0.06, swing_n), (at + swing_s - 0.03, swing_n), (at + swing_s, 600.0)]
        at += swing_s + stance_s
    time_s = np.arange(0.0, at, 1.0 / RATE_HZ)
    return time_s, np.interp(time_s, *np.array([*corners, (at, 700.0)]).T)


def fed(time_s: Floats, force_n: Floats) -> tuple[ZeroState, Floats]:
    state, out_s, out_n = rezeroed(
        SETTINGS, ZeroState(), np.append(time_s, time_s[-1] + 9.0), np.append(force_n, np.nan)
    )
    assert out_s[:-1].tobytes() == time_s.tobytes()
    return state, out_n[:-1]


@pytest.mark.parametrize("zero_n", [-30.0, 15.0, 40.0, 79.0])
def test_a_swing_is_at_zero_from_the_first_one_on(zero_n: float) -> None:
    time_s, force_n = steps(6)
    state, out_n = fed(time_s, force_n + zero_n)
    from_first = int((force_n + zero_n < SETTINGS.loaded_n).argmax())
    assert state.zero_n == pytest.approx(zero_n)
    assert (state.still, state.restless) == (6, 0)
    np.testing.assert_allclose(out_n[from_first:], force_n[from_first:], atol=1e-9)
    np.testing.assert_array_equal(out_n[:40], force_n[:40] + zero_n)  # nobody knew it yet


def test_what_a_shoe_presses_after_toe_off_is_not_the_zero() -> None:
    time_s, force_n = steps(6)
    falls = np.flatnonzero((force_n[1:] < 100.0) & (force_n[:-1] >= 100.0)) + 1
    for at in falls:
        force_n[at : at + 6] = 70.0
    assert fed(time_s, force_n + 20.0)[0].zero_n == pytest.approx(20.0)


def test_the_middle_of_the_noise_is_the_zero() -> None:
    time_s, force_n = steps(40)
    noisy = force_n + 12.0 + np.random.default_rng(3).normal(0.0, 4.0, force_n.size)
    state, _ = fed(time_s, noisy)
    assert state.zero_n == pytest.approx(12.0, abs=2.0)
    assert state.still == 40


@pytest.mark.parametrize("depth_n", [120.0, 180.0, 250.0])
def test_a_weight_that_is_shifted_is_no_swing(depth_n: float) -> None:
    time_s = np.arange(0.0, 60.0, 0.01)
    swaying = 260.0 + depth_n * np.cos(2.0 * np.pi * time_s / 2.4)
    state, out_n = fed(time_s, swaying)
    assert state.zero_n == 0.0
    np.testing.assert_array_equal(out_n, swaying)


@pytest.mark.parametrize("swing_s", [0.12, 1.6, 30.0])
def test_a_span_that_is_too_short_or_too_long_is_no_swing(swing_s: float) -> None:
    time_s, force_n = steps(3, swing_s=swing_s)
    state, out_n = fed(time_s, force_n + 20.0)
    assert (state.zeros_n, state.restless) == ((), 0)
    np.testing.assert_array_equal(out_n, force_n + 20.0)


@pytest.mark.parametrize("swing_n", [85.0, -90.0])
def test_more_than_a_zero_can_be_is_left_and_counted(swing_n: float) -> None:
    state, out_n = fed(*steps(7, swing_n=swing_n))
    assert (state.zeros_n, state.still, state.restless) == ((), 0, 7)
    np.testing.assert_array_equal(out_n, steps(7, swing_n=swing_n)[1])


def test_one_odd_swing_moves_nothing_and_a_drift_is_followed() -> None:
    time_s, force_n = steps(12)
    odd = np.where((time_s > 5.9) & (time_s < 6.5), 50.0, 10.0)
    state, out_n = fed(time_s, force_n + odd)
    assert state.zero_n == pytest.approx(10.0)
    assert np.abs(out_n[time_s > 7.0] - force_n[time_s > 7.0]).max() < 1e-9
    drift = 3.0 * time_s
    _, out_n = fed(time_s, force_n + drift)
    assert np.abs(out_n[time_s > 6.0] - force_n[time_s > 6.0]).max() < 3.0 * 4.0


def test_nothing_is_bridged() -> None:
    time_s, force_n = steps(3)
    inside = (time_s > 0.65) & (time_s < 0.80)  # of the first swing
    state, _ = fed(time_s[~inside], force_n[~inside] + 20.0)
    assert state.still == 2


def test_a_swing_is_handed_on_when_it_is_over_and_a_long_rest_when_it_is_none() -> None:
    time_s, force_n = steps(1)
    state, out_s, _ = rezeroed(SETTINGS, ZeroState(), time_s[:80], force_n[:80])
    assert 0.5 < out_s[-1] < 0.56  # until the force falls below the load
    _, out_s, _ = rezeroed(SETTINGS, state, time_s[80:100], force_n[80:100])
    assert out_s[-1] == pytest.approx(0.99)
    state, out_s, out_n = rezeroed(SETTINGS, state, np.array([0.85, 2.2]), np.array([math.nan, math.nan]))
    assert out_s[-2:] == pytest.approx([0.79, 2.2])  # a silence is told when it is one
    assert math.isnan(out_n[-1])
    assert not state.held_s.size


def test_too_few_samples_a_second_are_no_swing() -> None:
    time_s, force_n = steps(6)
    slow = slice(None, None, 10)
    state, _, _ = rezeroed(ForceSettings(10.0, hole_s=0.3), ZeroState(), time_s[slow], force_n[slow] + 20.0)
    assert state.still == 0


PIECES = st.lists(
    st.tuples(st.sampled_from([0.0, 20.0, 60.0, 140.0, 160.0, 600.0, math.nan]), st.integers(1, 60)),
    min_size=1,
    max_size=20,
)


@given(PIECES, st.lists(st.integers(0, 900), max_size=8), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_cut_and_any_telling_of_losses_give_the_same_bits(
    pieces: list[tuple[float, int]], cuts: list[int], rows_of_losses: bool
) -> None:
    force_n = np.concatenate([np.full(count, force) for force, count in pieces])
    rng = np.random.default_rng(force_n.size)
    time_s = np.round((np.arange(force_n.size) + rng.uniform(0.0, 0.4, force_n.size)) * 1e4) / 1e6
    force_n = force_n + rng.uniform(-5.0, 5.0, force_n.size).round(1)
    last_s = time_s[-1] + 5.0
    whole, out_s, out_n = rezeroed(SETTINGS, ZeroState(), np.append(time_s, last_s), np.append(force_n, np.nan))
    if not rows_of_losses:
        time_s, force_n = time_s[np.isfinite(force_n)], force_n[np.isfinite(force_n)]
    time_s, force_n = np.append(time_s, last_s), np.append(force_n, np.nan)
    state, told_s, told_n = ZeroState(), [np.empty(0)], [np.empty(0)]
    for first, end in pairwise([0, *sorted(min(cut, time_s.size) for cut in cuts), time_s.size]):
        state = pickle.loads(pickle.dumps(state))
        state, new_s, new_n = rezeroed(SETTINGS, state, time_s[first:end], force_n[first:end])
        told_s, told_n = [*told_s, new_s], [*told_n, new_n]
        assert state.held_s.size <= 160
    joined_s, joined_n = np.concatenate(told_s), np.concatenate(told_n)
    assert (np.diff(joined_s) > 0.0).all()
    heard, expected = np.isfinite(joined_n), np.isfinite(out_n)
    assert joined_s[heard].tobytes() == out_s[expected].tobytes()
    assert joined_n[heard].tobytes() == out_n[expected].tobytes()
    assert (state.zeros_n, state.still, state.restless) == (whole.zeros_n, whole.still, whole.restless)
