"""Means of overlapping windows at absolute places."""

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


def test_a_window_covers_two_hops_and_counts_samples_by_a_hann_weight() -> None:
    time_s = np.array([0.25, 0.5, 1.0, 1.5, 1.75, 2.5, 3.1])
    state, means = window_means(1.0, WindowState(), time_s, np.array([1.0, 2.0, 4.0, math.nan, 8.0, 16.0, 32.0]))
    rise = math.sin(math.pi / 8.0) ** 2
    assert means.index.tolist() == [-1, 0, 1]
    assert means.weight.tolist() == pytest.approx([1.5 - rise, rise + 1.5 + rise, 1.5 - rise])
    assert means.mean.tolist() == pytest.approx(
        [
            ((1.0 - rise) * 1.0 + 0.5 * 2.0) / (1.5 - rise),
            (rise * 1.0 + 0.5 * 2.0 + 1.0 * 4.0 + rise * 8.0) / (1.5 + 2.0 * rise),
            ((1.0 - rise) * 8.0 + 0.5 * 16.0) / (1.5 - rise),
        ]
    )
    assert (means.settled, state.index) == (2, 3)


def test_the_windows_share_the_samples_so_that_their_mean_is_that_of_all() -> None:
    rng = np.random.default_rng(3)
    time_s, values = np.arange(0.0, 400.0, 0.01), rng.normal(100.0, 30.0, 40_000)
    _, means = window_means(2.0, WindowState(), np.append(time_s, 1e3), np.append(values, math.nan))
    assert means.weight.sum() == pytest.approx(40_000)
    assert (means.weight * means.mean).sum() == pytest.approx(values.sum())


def test_the_steps_of_a_walk_even_out_in_a_window() -> None:
    time_s = np.arange(0.0, 120.0, 0.01)
    left, right = (np.where((time_s / 1.1 + phase) % 1.0 < 0.62, 600.0, 0.0) for phase in (0.0, 0.5))
    sides = [window_means(2.0, WindowState(), time_s, force)[1].mean[1:-1] for force in (left, right)]
    asymmetry = 100.0 * (sides[1] - sides[0]) / (sides[1] + sides[0])
    assert np.abs(asymmetry).max() < 4.0


def test_a_silent_window_is_left_out_and_time_passes_on_it() -> None:
    state, means = window_means(1.0, WindowState(), np.array([0.5, 1.5, 2.5]), np.array([1.0, math.nan, math.nan]))
    assert (means.index.tolist(), means.settled) == ([-1, 0], 1)
    _, means = window_means(1.0, state, np.array([9.0]), np.array([math.nan]))
    assert (means.index.tolist(), means.settled) == ([], 8)


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
    for column in ("index", "mean", "weight"):
        assert np.concatenate([getattr(part, column) for part in parts]).tobytes() == getattr(whole, column).tobytes()
    for part, after in pairwise(parts):
        assert part.settled <= after.settled
        assert (after.index >= part.settled).all()
    place = time_s - np.floor(time_s)
    for index, mean, weight in zip(whole.index, whole.mean, whole.weight, strict=True):
        share = np.where(np.floor(time_s) == index, np.sin(0.5 * np.pi * place) ** 2, 0.0)
        share += np.where(np.floor(time_s) == index + 1, np.cos(0.5 * np.pi * place) ** 2, 0.0)
        share *= np.isfinite(values)
        assert weight == pytest.approx(share.sum(), rel=1e-9)
        assert mean * weight == pytest.approx((share * np.nan_to_num(values)).sum(), rel=1e-9, abs=1e-6)
