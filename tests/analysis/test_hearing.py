"""What was heard of a node: counts, holes, bins."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.hearing import Hearing, heard, in_bins, whole
from evenside_analysis.types import Floats

ALL = -(1 << 62)


def listened(time_s: Floats, rate_hz: float = 100.0, bin_s: float = 10.0, error_s: float = 0.001) -> Hearing:
    return heard(rate_hz, bin_s, Hearing(), time_s, error_s, ALL)


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
def test_a_row_is_whole_if_no_channel_of_it_is_missing(missing: float) -> None:
    values = np.arange(20.0).reshape(5, 4)
    values[1, 0] = values[3, 3] = missing
    assert whole(values).tolist() == [True, False, True, False, True]
    assert whole(values[:, 1:3]).all()
    assert whole(values[:0]).shape == (0,)


def test_samples_are_counted_over_the_session_and_by_bins() -> None:
    found = listened(np.arange(0, 2500) / 100.0)
    assert (found.samples, found.holes, found.first_s, found.last_s) == (2500, 0, 0.0, 24.99)
    assert [in_bins(found, first, first + 1)[0] for first in (-1, 0, 1, 2, 3)] == [0, 1000, 1000, 500, 0]
    assert in_bins(found, 0, 3) == (2500, 0.001)
    assert in_bins(found, 5, 9) == pytest.approx((0, math.nan), nan_ok=True)


@pytest.mark.parametrize("lost", [0, 1, 2, 130, 1500])
def test_what_is_missing_between_two_samples_is_counted(lost: int) -> None:
    time_s = np.arange(0, 3000) / 100.0
    keep = np.ones(3000, bool)
    keep[1000 : 1000 + lost] = False
    assert listened(time_s[keep]).holes == lost


def test_a_clock_that_jitters_or_runs_a_little_slow_loses_nothing() -> None:
    rng = np.random.default_rng(3)
    assert listened((np.arange(3000) + rng.uniform(0.0, 0.4, 3000)) / 100.0).holes == 0
    assert listened(np.arange(3000) / 96.0).holes == 0


def test_a_bin_knows_the_largest_clock_error_of_its_samples() -> None:
    state = heard(100.0, 10.0, Hearing(), np.array([1.0, 12.0]), 0.003, ALL)
    state = heard(100.0, 10.0, state, np.array([13.0]), 0.001, ALL)
    state = heard(100.0, 10.0, state, np.array([14.0, 25.0]), 0.002, ALL)
    assert [in_bins(state, k, k + 1) for k in range(3)] == [(1, 0.003), (3, 0.003), (1, 0.002)]
    assert state.largest_error_s == 0.003


def test_bins_that_no_figure_needs_are_dropped_and_the_session_goes_on_counting() -> None:
    state = Hearing()
    for at in range(5000):
        state = heard(1.0, 10.0, state, np.arange(at * 10.0, at * 10.0 + 10.0), 0.0, at - 6)
        assert state.bins.size <= 7
    assert (state.samples, state.holes) == (50_000, 0)
    assert in_bins(state, 4994, 5000) == (60, 0.0)


def test_old_bins_are_dropped_on_a_silent_side_too() -> None:
    state = heard(1.0, 10.0, listened(np.arange(0.0, 100.0)), np.empty(0), 0.0, 8)
    assert state.bins.tolist() == [8, 9]


def test_a_pause_of_years_costs_nothing() -> None:
    state = heard(100.0, 10.0, listened(np.array([0.0])), np.array([1e9]), 0.0, ALL)
    assert state.bins.tolist() == [0, 10**8]
    assert state.holes == 10**11 - 1


TIMES = st.lists(st.sampled_from([0.01, 0.02, 0.1, 3.0, 25.0]), max_size=40).map(lambda s: np.cumsum(s).round(6))


@given(TIMES, st.lists(st.integers(0, 40), max_size=6))
def test_any_cut_gives_the_same_counts(time_s: Floats, cuts: list[int]) -> None:
    whole, state = listened(time_s), Hearing()
    for first, end in pairwise([0, *sorted(min(cut, time_s.size) for cut in cuts), time_s.size]):
        state = pickle.loads(pickle.dumps(state))
        state = heard(100.0, 10.0, state, time_s[first:end], 0.001, ALL)
    assert (state.samples, state.holes) == (whole.samples, whole.holes)
    assert state.bins.tolist() == whole.bins.tolist()
    assert state.count.tolist() == whole.count.tolist()
    assert state.count.sum() == state.samples == time_s.size
    assert state.clock_error_s.tolist() == whole.clock_error_s.tolist()
