"""Intervals of ln(R/L): the formula, its coverage, the batch, and the bootstrap that refuses short sessions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.indices import asymmetry_index
from evenside_analysis.types import Floats, Ints
from evenside_analysis.uncertainty import (
    BOOTSTRAP_N_MIN,
    Intervals,
    adjusted_interval,
    adjusted_intervals,
    ai_of_log_ratio,
    block_bootstrap_interval,
)

T_4 = 2.7764451051977987  # Student's t, .975 quantile, 4 degrees of freedom
FIELDS = ("n", "mean", "sd", "r1", "n_eff", "lo", "hi")
LOG_RATIOS = st.lists(st.floats(-1, 1), min_size=2, max_size=40).map(np.array)


def by_hand(d: Floats) -> tuple[float, float, float, float]:
    """r1, n_eff, mean and SD from the sums written out."""
    n, mean = d.size, math.fsum(d) / d.size
    centred = [x - mean for x in d.tolist()]
    squares = math.fsum(x * x for x in centred)
    raw = math.fsum(a * b for a, b in zip(centred[1:], centred[:-1], strict=True)) / squares
    r1 = min(max(raw + (1 + 3 * raw) / n, 0.0), 0.9)
    return r1, n * (1 - r1) / (1 + r1), mean, math.sqrt(squares / (n - 1))


def test_the_worked_example_of_five_pairs() -> None:
    """L alternates up and down, so r1 is clipped to 0 and the plain t interval remains."""
    left = np.array([100.0, 102, 98, 101, 99])
    d = np.log((left + 4) / left)
    got = adjusted_interval(d)
    assert (got.n, got.r1, got.n_eff) == (5, 0.0, 5.0)
    assert [round(got.mean, 6), round(got.sd, 6)] == [0.039228, 0.000608]
    half = T_4 * got.sd / math.sqrt(5)
    assert [got.lo, got.hi] == pytest.approx([got.mean - half, got.mean + half], abs=1e-12)
    assert [round(value, 4) for value in got.ai_points()] == [1.9612, 1.9234, 1.9989]


def test_autocorrelated_pairs_are_worth_fewer() -> None:
    d = np.array([0.01, 0.02, 0.03, 0.04, 0.05])
    r1, n_eff, mean, sd = by_hand(d)
    got = adjusted_interval(d)
    assert r1 == pytest.approx(0.4 + 2.2 / 5)  # raw 0.4 of an even ramp of five
    assert got.r1 == pytest.approx(r1, abs=1e-12)
    assert n_eff == pytest.approx(5 * 0.16 / 1.84)
    assert got.n_eff == 1.0  # no series is worth less than one independent pair
    half = T_4 * sd
    assert [got.lo, got.hi] == pytest.approx([mean - half, mean + half], abs=1e-12)


@given(LOG_RATIOS)
def test_every_field_follows_the_formula(d: Floats) -> None:
    got = adjusted_interval(d)
    if np.ptp(d) < 1e-6:
        return
    r1, n_eff, mean, sd = by_hand(d)
    assert [got.r1, got.mean, got.sd] == pytest.approx([r1, mean, sd], rel=1e-9, abs=1e-12)
    assert got.n_eff == pytest.approx(max(n_eff, 1.0), rel=1e-9)
    assert got.lo < got.mean < got.hi


@given(LOG_RATIOS)
def test_exchanged_sides_mirror_the_interval(d: Floats) -> None:
    forth, back = adjusted_interval(d), adjusted_interval(-d)
    assert (back.mean, back.lo, back.hi) == (-forth.mean, -forth.hi, -forth.lo)
    assert (back.sd, back.r1, back.n_eff) == (forth.sd, forth.r1, forth.n_eff)


def test_too_few_pairs_give_nan() -> None:
    none, one = adjusted_interval(np.empty(0)), adjusted_interval(np.array([0.25]))
    assert none.n == 0
    assert math.isnan(none.mean)
    assert (one.n, one.mean) == (1, 0.25)
    for got in (none, one):
        assert all(math.isnan(value) for value in (got.sd, got.r1, got.n_eff, got.lo, got.hi))


def test_pairs_that_do_not_vary_have_an_interval_without_width() -> None:
    got = adjusted_interval(np.full(8, 0.125))
    assert (got.mean, got.sd, got.lo, got.hi) == (0.125, 0.0, 0.125, 0.125)
    assert got.r1 == pytest.approx(1 / 8)


def test_missing_pairs_must_be_dropped_before() -> None:
    for bad in (math.nan, math.inf):
        with pytest.raises(ValueError, match="finite"):
            adjusted_interval(np.array([0.1, bad, 0.2]))
    with pytest.raises(ValueError, match="one axis"):
        adjusted_interval(np.zeros((2, 3)))


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_log_ratios_become_ai_points_exactly(left: float, right: float) -> None:
    ai = float(ai_of_log_ratio(math.log(right / left)))
    assert ai == pytest.approx(float(asymmetry_index(left, right)), rel=1e-9, abs=1e-9)


def rows(intervals: Intervals, i: int) -> list[bytes]:
    return [getattr(intervals, field)[i].tobytes() for field in FIELDS]


@given(st.lists(st.lists(st.floats(-1, 1), max_size=12), min_size=1, max_size=6))
def test_a_row_of_a_batch_has_the_same_bits_alone(windows: list[list[float]]) -> None:
    width = 12
    d = np.zeros((len(windows), width))
    for i, window in enumerate(windows):
        d[i, : len(window)] = window
    counts: Ints = np.array([len(window) for window in windows])
    together = adjusted_intervals(d, counts)
    for i, window in enumerate(windows):
        assert rows(together, i) == rows(adjusted_intervals(d[i : i + 1], counts[i : i + 1]), 0)
        alone = adjusted_interval(np.array(window, np.float64))
        got = together.row(i)
        assert got.n == alone.n
        for field in FIELDS[1:]:
            assert getattr(got, field) == pytest.approx(getattr(alone, field), rel=1e-6, abs=1e-9, nan_ok=True)


def test_padding_never_counts() -> None:
    d = np.array([[0.1, 0.2, 0.15, 99.0], [math.nan, 0.0, 0.0, 0.0]])
    got = adjusted_intervals(d, np.array([3, 0]))
    assert got.row(0).mean == pytest.approx(0.15)
    assert math.isnan(got.row(1).mean)
    with pytest.raises(ValueError, match="0 to 4"):
        adjusted_intervals(d, np.array([5, 0]))
    with pytest.raises(ValueError, match="counts for rows"):
        adjusted_intervals(d, np.array([1]))
    assert adjusted_intervals(np.empty((0, 4)), np.empty(0, np.int64)).mean.shape == (0,)


def strides(rng: np.random.Generator, sessions: int, n: int, phi: float) -> Floats:
    """ln(R/L) = .05 of AR(1) strides with a CV of 3 % on each side."""
    noise = rng.standard_normal((2, sessions, n))
    for i in range(1, n):
        noise[..., i] = phi * noise[..., i - 1] + math.sqrt(1 - phi**2) * noise[..., i]
    left, right = 1 + 0.03 * noise
    log_ratio: Floats = 0.05 + np.log(right / left)
    return log_ratio


@pytest.mark.parametrize("n", [20, 60])
@pytest.mark.parametrize("phi", [0.0, 0.3])
def test_the_interval_covers_the_truth_as_often_as_it_says(n: int, phi: float) -> None:
    d = strides(np.random.default_rng(20), 6000, n, phi)
    got = adjusted_intervals(d, np.full(6000, n))
    covered = float(np.mean((got.lo < 0.05) & (got.hi > 0.05)))
    assert 0.92 <= round(covered, 2) <= 0.97


def test_without_the_adjustment_it_would_not() -> None:
    d = strides(np.random.default_rng(21), 6000, 60, 0.3)
    half = 2.0 * d.std(axis=-1, ddof=1) / math.sqrt(60)
    assert float(np.mean(np.abs(d.mean(axis=-1) - 0.05) < half)) < 0.88


def medians(values: Floats) -> Floats:
    found: Floats = np.median(values, axis=1)
    return found


def test_the_bootstrap_covers_the_median_of_a_long_session() -> None:
    sessions = strides(np.random.default_rng(22), 40, 400, 0.3)
    covered = 0
    for i, d in enumerate(sessions):
        lo, hi = block_bootstrap_interval(d, medians, i, resamples=300)
        assert lo < hi
        covered += lo < 0.05 < hi
    assert covered >= 33  # 36 to 38 expected of 40


def test_the_bootstrap_of_a_mean_agrees_with_the_interval() -> None:
    d = strides(np.random.default_rng(23), 1, 1000, 0.0)[0]
    want = adjusted_interval(d)
    lo, hi = block_bootstrap_interval(d, lambda values: values.mean(axis=1), 5)
    assert hi - lo == pytest.approx(want.hi - want.lo, rel=0.15)
    assert (lo + hi) / 2 == pytest.approx(want.mean, abs=0.2 * (want.hi - want.lo))


def test_the_bootstrap_repeats_itself_and_takes_pairs() -> None:
    pairs = np.exp(strides(np.random.default_rng(24), 2, 250, 0.2)).T

    def ratio_of_medians(values: Floats) -> Floats:
        left, right = np.median(values, axis=1).T
        ratio: Floats = np.log(right / left)
        return ratio

    first = block_bootstrap_interval(pairs, ratio_of_medians, 7, resamples=200)
    assert first == block_bootstrap_interval(pairs, ratio_of_medians, 7, resamples=200)
    assert first != block_bootstrap_interval(pairs, ratio_of_medians, 8, resamples=200)


def test_the_bootstrap_keeps_neighbours_together_in_blocks() -> None:
    """Of 200 strides: blocks of ceil(200^(1/3)) + 1 = 7, cut to 200 in all."""
    seen: list[Floats] = []

    def keep(rows: Floats) -> Floats:
        seen.append(rows)
        return medians(rows)

    block_bootstrap_interval(np.arange(200.0), keep, 1, resamples=50)
    steps = np.diff(np.concatenate(seen), axis=1)
    assert steps.shape == (50, 199)
    inside = np.arange(1, 200) % 7 != 0
    assert bool(np.all(steps[:, inside] == 1))
    assert float(np.mean(steps[:, ~inside] == 1)) < 0.05


def test_the_bootstrap_refuses_short_sessions_and_says_why() -> None:
    with pytest.raises(ValueError, match=r"199 strides.*cover far less.*at least 200.*adjusted_interval"):
        block_bootstrap_interval(np.zeros(BOOTSTRAP_N_MIN - 1), medians, 0)
    with pytest.raises(ValueError, match="finite"):
        block_bootstrap_interval(np.full(200, math.nan), medians, 0)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_a_bootstrap_of_what_does_not_vary_is_a_point(seed: int) -> None:
    assert block_bootstrap_interval(np.full(200, 0.5), medians, seed, resamples=20) == (0.5, 0.5)
