"""What a side bore: the published vector, silence, loads that are none, and the dose that forgets."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.dose import TAU_S, DoseState, add_load
from evenside_analysis.group_numbers import load_numbers
from evenside_analysis.types import Floats


def dose(time_s: Floats, force_n: Floats, rate_hz: float = 100.0) -> DoseState:
    return add_load(rate_hz, 50.0, DoseState(), time_s, force_n)


def test_a_lighter_load_for_longer_is_more_and_both_shares_say_how() -> None:
    """350 N for 10 s against 300 N for 20 s: AI 26.316 although the mean load is higher on the left."""
    time_s = np.arange(0.0, 30.0 + 1e-9, 0.01)
    left = dose(time_s, np.where(time_s <= 10.0, 350.0, 0.0))
    right = dose(time_s, np.where(time_s <= 20.0, 300.0, 0.0))
    assert (left.impulse_n_s, right.impulse_n_s) == pytest.approx((3500.0, 6000.0))
    assert (left.loaded_s, right.loaded_s, left.heard_s) == pytest.approx((10.0, 20.0, 30.0))
    numbers = {number.id: number for number in load_numbers("insole", left, right)}
    assert 2.0 * numbers["impulse_share"].value - 100.0 == pytest.approx(26.316, abs=5e-4)
    assert numbers["load_time_share"].value == pytest.approx(100.0 * 2.0 / 3.0)
    assert numbers["impulse_share"].words == "load times time 63.2 % right, of the time under load 66.7 % right"
    assert numbers["load_time_share"].words == "time under load 66.7 % right: 10 s left, 20 s right"


def test_a_side_that_was_heard_for_half_the_time_bore_no_less_for_that() -> None:
    time_s = np.arange(0.0, 60.0, 0.01)
    force_n = np.where(time_s % 1.1 < 0.65, 600.0, 0.0)
    half = np.where((time_s % 11.0) < 5.5, force_n, math.nan)
    numbers = load_numbers("insole", dose(time_s, force_n), dose(time_s, half))
    assert numbers[0].value == pytest.approx(50.0, abs=0.6)


def test_of_no_load_nothing_is_told() -> None:
    time_s = np.arange(0.0, 60.0, 0.01)
    empty = dose(time_s, np.full(time_s.size, 49.0))
    assert (empty.impulse_n_s, empty.loaded_s) == (0.0, 0.0)
    assert load_numbers("insole", empty, empty) == []
    assert load_numbers("insole", dose(time_s, np.full(time_s.size, 500.0)), DoseState()) == []


def test_a_bag_on_one_shoulder_is_all_on_that_side() -> None:
    time_s = np.arange(0.0, 60.0, 0.1)
    bag = add_load(10.0, 5.0, DoseState(), time_s, np.full(600, 51.3))
    none = add_load(10.0, 5.0, DoseState(), time_s, np.full(600, 2.0))
    told = load_numbers("strap", none, bag)
    assert [number.value for number in told] == [100.0, 100.0, 100.0]
    assert told[1].words.startswith("time under load 100.0 % right: 0 s left, ")


def test_the_dose_forgets_by_its_time_constant_and_stands_still_in_silence() -> None:
    time_s = np.arange(0.0, 1400.0, 0.1)
    force_n = np.where(time_s < 600.0, 100.0, 0.0)
    whole = dose(time_s, force_n, 10.0)
    at_end = 100.0 * TAU_S * (1.0 - math.exp(-600.0 / TAU_S)) * math.exp(-800.0 / TAU_S)
    assert whole.recent_n_s == pytest.approx(at_end, rel=0.01)
    silent = np.where((time_s > 700.0) & (time_s < 1200.0), math.nan, force_n)
    heard = dose(time_s, silent, 10.0)
    assert heard.recent_n_s == pytest.approx(at_end * math.exp(500.0 / TAU_S), rel=0.01)


@pytest.mark.parametrize(("pause_s", "forgot_s"), [(800.0, 800.0), (1000.0, 0.0), (9000.0, 0.0)])
def test_a_sensor_that_is_not_worn_forgets_nothing(pause_s: float, forgot_s: float) -> None:
    time_s = np.arange(0.0, 700.0 + pause_s, 0.1)
    force_n = np.where((time_s < 600.0) | (time_s >= 600.0 + pause_s), 100.0, 0.0)
    kept = math.exp(-forgot_s / TAU_S) * (1.0 - math.exp(-600.0 / TAU_S))
    again = math.exp(-100.0 / TAU_S)
    assert dose(time_s, force_n, 10.0).recent_n_s == pytest.approx(
        100.0 * TAU_S * (kept * again + 1.0 - again), rel=0.01
    )


@given(st.lists(st.integers(0, 2000), max_size=8), st.lists(st.integers(0, 2000), max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_cut_gives_the_same_bits(cuts: list[int], holes: list[int]) -> None:
    rng = np.random.default_rng(1)
    time_s = np.round((np.arange(2000) + rng.uniform(0.0, 0.4, 2000)) * 1e4) / 1e6
    force_n = 700.0 * rng.random(2000)
    for hole in holes:
        force_n[hole : hole + 7 + hole // 10] = math.nan
    whole, state = dose(time_s, force_n), DoseState()
    for first, end in pairwise([0, *sorted(cuts), 2000]):
        state = add_load(100.0, 50.0, pickle.loads(pickle.dumps(state)), time_s[first:end], force_n[first:end])
    assert state.sums.tobytes() == whole.sums.tobytes()
    assert (state.recent_n_s, state.hop, state.open_n_s) == (whole.recent_n_s, whole.hop, whole.open_n_s)
