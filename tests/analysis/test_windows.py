"""Means of fixed windows at absolute places."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.types import Floats
from evenside_analysis.windows import WindowMeans, WindowState, window_means


def fed(time_s: Floats, values: Floats, cuts: list[int]) -> tuple[WindowState, list[WindowMeans]]:
    state, parts = WindowState(), []
    for first, end in pairwise([0, *sorted(min(cut, time_s.size) for cut in cuts), time_s.size]):
        state = pickle.loads(pickle.dumps(state))
        state, means = window_means(1.0, state, time_s[first:end], values[first:end])
        parts.append(means)
    return state, parts


def test_a_window_covers_whole_seconds_of_session_time_and_says_how_much_it_heard() -> None:
    time_s = np.array([0.2, 0.9, 1.0, 1.5, 1.999, 3.1])
    state, means = window_means(1.0, WindowState(), time_s, np.array([1.0, 2.0, 3.0, math.nan, 5.0, 7.0]))
    assert means.index.tolist() == [0, 1]
    assert means.mean.tolist() == [1.5, 4.0]
    assert means.count.tolist() == [2, 2]
    assert (means.settled, state.index, state.total, state.count) == (3, 3, 7.0, 1)


def test_a_silent_window_is_left_out_and_time_passes_on_it() -> None:
    state, means = window_means(1.0, WindowState(), np.array([0.5, 1.5, 2.5]), np.array([1.0, math.nan, math.nan]))
    assert (means.index.tolist(), means.settled) == ([0], 2)
    _, means = window_means(1.0, state, np.array([9.0]), np.array([math.nan]))
    assert (means.index.tolist(), means.settled) == ([], 9)


def test_a_window_before_time_zero_is_one_like_any_other() -> None:
    _, means = window_means(1.0, WindowState(), np.array([-1.5, -0.5, 0.5]), np.array([1.0, 2.0, 3.0]))
    assert means.index.tolist() == [-2, -1]


def test_nothing_is_settled_before_anything_came() -> None:
    _, means = window_means(1.0, WindowState(), np.empty(0), np.empty(0))
    assert means.settled == np.iinfo(np.int64).min


STEPS = st.lists(
    st.tuples(st.sampled_from([0.01, 0.3, 1.0, 4.5]), st.one_of(st.floats(-1e3, 1e3), st.just(math.nan))), max_size=50
)


@given(STEPS, st.lists(st.integers(0, 50), max_size=8))
def test_any_cut_gives_the_same_bits(steps: list[tuple[float, float]], cuts: list[int]) -> None:
    time_s, values = np.cumsum([step for step, _ in steps]), np.array([value for _, value in steps], np.float64)
    time_s, values = np.append(time_s, 1e4), np.append(values, math.nan)
    _, (whole,) = fed(time_s, values, [])
    _, parts = fed(time_s, values, cuts)
    for column in ("index", "mean", "count"):
        assert np.concatenate([getattr(part, column) for part in parts]).tobytes() == getattr(whole, column).tobytes()
    for part, after in pairwise(parts):
        assert part.settled <= after.settled
        assert (after.index >= part.settled).all()
    for index, mean in zip(whole.index, whole.mean, strict=True):
        inside = values[(np.floor(time_s) == index) & np.isfinite(values)]
        assert mean == pytest.approx(inside.mean(), rel=1e-9, abs=1e-9)
