"""Waveform indices: the vectors of the literature, what turns their sign, and what they ignore."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.indices import weighted_universal_symmetry_index
from evenside_analysis.types import Floats
from evenside_analysis.waveform import (
    continuous_wusi,
    cross_correlation,
    relative_phase,
    stride_curves,
    trend,
    trend_symmetry,
)

N = 200
PHASE = np.arange(N) / N * 2.0 * np.pi
SIN, COS = np.sin(PHASE), np.cos(PHASE)
LAG = np.radians(10.0)


def curve(seed: int, n: int = N) -> Floats:
    """A smooth cyclic curve of some harmonics."""
    rng = np.random.default_rng(seed)
    phase = np.arange(n) / n * 2.0 * np.pi
    waves = [rng.normal() / (k + 1) * np.cos((k + 1) * phase + rng.uniform(0.0, 2.0 * np.pi)) for k in range(6)]
    return np.asarray(sum(waves) + rng.normal())


# Trend symmetry.


def test_the_vectors_of_trend_symmetry() -> None:
    for right, want in (
        (2.0 * SIN, 0.0),
        (COS, 100.0),
        (np.sin(PHASE - LAG), 100.0 * (1.0 - math.cos(LAG)) / (1.0 + math.cos(LAG))),
    ):
        assert float(trend_symmetry(SIN, right)) == pytest.approx(want, abs=1e-9)
    assert float(trend_symmetry(SIN, np.sin(PHASE - LAG))) == pytest.approx(0.76543, abs=5e-6)
    assert float(trend_symmetry(SIN + 0.1 * np.sin(3.0 * PHASE), SIN)) == pytest.approx(0.24875, abs=5e-6)


@given(st.integers(0, 2**32 - 1))
def test_trend_symmetry_is_that_of_the_singular_values(seed: int) -> None:
    left, right = curve(seed), curve(seed + 1)
    both = np.stack([right - right.mean(), left - left.mean()], axis=1)
    singular = np.linalg.svd(both, compute_uv=False)
    assert float(trend_symmetry(left, right)) == pytest.approx(100.0 * singular[1] ** 2 / singular[0] ** 2, abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100.0), st.floats(-50.0, 50.0), st.floats(-50.0, 50.0))
def test_exchange_offset_and_common_scale_leave_trend_symmetry_alone(
    seed: int, scale: float, one: float, other: float
) -> None:
    left, right = curve(seed), curve(seed + 1)
    want = float(trend_symmetry(left, right))
    assert 0.0 <= want <= 100.0 + 1e-9
    assert float(trend_symmetry(right, left)) == pytest.approx(want, abs=1e-9)
    assert float(trend_symmetry(scale * left + one, scale * right + other)) == pytest.approx(want, abs=1e-6)


def test_trend_symmetry_of_many_curves_at_once() -> None:
    found = trend_symmetry(np.stack([SIN, SIN]), np.stack([2.0 * SIN, COS]))
    np.testing.assert_allclose(found, [0.0, 100.0], rtol=0, atol=1e-9)
    assert np.isnan(trend_symmetry(np.ones(5), np.ones(5)))


def test_the_least_trend_symmetry_says_how_much_later_right_runs() -> None:
    later = trend(COS, SIN)  # the sine is the cosine a quarter later
    assert later.ts == pytest.approx(100.0, abs=1e-9)
    assert later.ts_min == pytest.approx(0.0, abs=1e-9)
    assert later.shift_percent == pytest.approx(25.0, abs=1e-9)
    assert trend(SIN, COS).shift_percent == pytest.approx(-25.0, abs=1e-9)
    # A curve and its negative are no match, though their plain value is 0.
    turned = trend(SIN, -SIN)
    assert turned.ts == pytest.approx(0.0, abs=1e-9)
    assert turned.shift_percent == pytest.approx(50.0, abs=1e-9)


def test_range_ratio_and_offset_are_right_over_and_minus_left() -> None:
    found = trend(SIN + 1.0, 1.5 * SIN - 2.0)
    assert found.range_ratio == pytest.approx(1.5, abs=1e-9)
    assert found.range_offset == pytest.approx(-3.0, abs=1e-9)
    flat = trend(np.ones(8), np.arange(8.0))
    assert math.isnan(flat.range_ratio)
    assert math.isnan(flat.ts_min)


@given(st.integers(0, 2**32 - 1), st.integers(0, N - 1))
def test_exchanging_the_sides_turns_the_shift_round(seed: int, moved: int) -> None:
    left = curve(seed)
    right = np.roll(left, moved)
    there, back = trend(left, right), trend(right, left)
    assert there.ts_min == pytest.approx(0.0, abs=1e-9)
    away = (there.shift_percent - 100.0 * moved / N + 50.0) % 100.0 - 50.0
    assert away == pytest.approx(0.0, abs=1e-6)
    assert (there.shift_percent + back.shift_percent + 50.0) % 100.0 - 50.0 == pytest.approx(0.0, abs=1e-6)


# Cross-correlation and phase.


def test_arms_half_a_stride_apart_are_in_perfect_time() -> None:
    found = cross_correlation(SIN, np.sin(PHASE + np.pi))
    assert found.coefficient == pytest.approx(1.0, abs=1e-9)
    assert found.lag_percent == pytest.approx(50.0, abs=1e-9)
    assert found.late_percent == pytest.approx(0.0, abs=1e-9)
    own = cross_correlation(SIN, 3.0 * SIN + 2.0, expected_percent=0.0)
    assert own.coefficient == pytest.approx(1.0, abs=1e-9)
    assert own.late_percent == pytest.approx(0.0, abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(0, N - 1), st.floats(0.01, 100.0))
def test_a_later_right_curve_has_that_lag_whatever_its_size(seed: int, moved: int, size: float) -> None:
    left = curve(seed)
    found = cross_correlation(left, size * np.roll(left, moved) - 1.0)
    assert found.coefficient == pytest.approx(1.0, abs=1e-9)
    away = (found.lag_percent - 100.0 * moved / N + 50.0) % 100.0 - 50.0
    assert away == pytest.approx(0.0, abs=1e-6)
    assert -50.0 < found.late_percent <= 50.0


def test_the_lag_is_read_between_points() -> None:
    found = cross_correlation(SIN, np.sin(PHASE + np.pi - np.radians(1.0)))
    assert found.late_percent == pytest.approx(100.0 / 360.0, abs=0.01)
    assert math.isnan(cross_correlation(np.ones(8), np.arange(8.0)).coefficient)


@pytest.mark.parametrize("n", [199, 200])
@pytest.mark.parametrize("degrees", [0.5, 90.0, 180.0, 300.0])
def test_the_phase_of_a_wave_ahead(n: int, degrees: float) -> None:
    phase = np.arange(n) / n * 2.0 * np.pi
    found = relative_phase(np.sin(phase) + 4.0, 2.0 * np.sin(phase + np.radians(degrees)) - 1.0)
    np.testing.assert_allclose(found.phase_deg, degrees, rtol=0, atol=1e-9)
    assert found.mean_deg == pytest.approx(degrees, abs=1e-9)
    assert found.sd_deg == pytest.approx(0.0, abs=1e-5)


def test_an_uneven_phase_has_a_spread_and_a_flat_curve_has_no_phase() -> None:
    assert relative_phase(SIN, SIN + 0.3 * np.sin(2.0 * PHASE)).sd_deg > 5.0
    flat = relative_phase(np.ones(16), np.arange(16.0))
    assert math.isnan(flat.mean_deg)
    assert math.isnan(flat.sd_deg)


# Curves of strides.


def test_strides_become_curves_at_even_points_with_both_ends() -> None:
    time_s = np.arange(0.0, 10.0, 0.01)
    start_s, end_s = np.array([1.003, 2.2]), np.array([2.2, 3.1])
    curves = stride_curves(time_s, np.sin(time_s), start_s, end_s)
    assert curves.shape == (2, 101)
    for row, first_s, last_s in zip(curves, start_s, end_s, strict=True):
        np.testing.assert_allclose(row, np.sin(np.linspace(first_s, last_s, 101)), rtol=0, atol=2e-5)


def test_a_stride_with_a_hole_or_beyond_the_signal_is_no_curve() -> None:
    time_s = np.arange(0.0, 10.0, 0.01)
    values = np.sin(time_s)
    values[(time_s > 2.5) & (time_s < 2.7)] = np.nan  # too long
    values[(time_s > 4.5) & (time_s < 4.55)] = np.nan  # bridged
    start_s = np.array([-0.5, 1.0, 2.0, 3.0, 4.0, 9.5])
    curves = stride_curves(time_s, values, start_s, start_s + 1.0)
    assert np.isfinite(curves).all(axis=1).tolist() == [False, True, False, True, True, False]
    assert np.isnan(curves).all(axis=1).tolist() == [True, False, True, False, False, True]
    dropped = np.isfinite(values)
    again = stride_curves(time_s[dropped], values[dropped], start_s, start_s + 1.0)
    np.testing.assert_array_equal(curves, again)


def test_no_strides_and_no_signal_are_empty_and_nan() -> None:
    assert stride_curves(np.arange(3.0), np.zeros(3), np.empty(0), np.empty(0)).shape == (0, 101)
    assert np.isnan(stride_curves(np.empty(0), np.empty(0), np.zeros(1), np.ones(1), points=5)).all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        stride_curves(np.zeros(3), np.zeros(2), np.empty(0), np.empty(0))
    with pytest.raises(ValueError, match="increasing"):
        stride_curves(np.zeros(3), np.zeros(3), np.empty(0), np.empty(0))
    with pytest.raises(ValueError, match="same points"):
        trend(np.zeros(5), np.zeros(6))
    with pytest.raises(ValueError, match="two whole strides"):
        continuous_wusi(np.zeros((1, 5)), np.zeros((3, 5)))


# Continuous WUSI.


def test_wusi_of_each_point_is_that_of_means_and_the_larger_scatter() -> None:
    rng = np.random.default_rng(4)
    left = rng.normal(0.0, 0.1, (12, 30)) + np.linspace(1.0, 3.0, 30)
    right = rng.normal(0.0, 0.2, (9, 30)) + np.linspace(3.0, 1.0, 30)
    found = continuous_wusi(left, right)
    sigma = np.maximum(left.std(axis=0, ddof=1), right.std(axis=0, ddof=1))
    want = weighted_universal_symmetry_index(left.mean(axis=0), right.mean(axis=0), sigma)
    np.testing.assert_allclose(found, want, rtol=0, atol=1e-12)
    assert found[0] > 0.3
    assert found[-1] < -0.3
    np.testing.assert_allclose(continuous_wusi(right, left), -found, rtol=0, atol=1e-12)
    np.testing.assert_allclose(continuous_wusi(7.0 * left, 7.0 * right), found, rtol=0, atol=1e-12)
    spoilt = np.concatenate([left, np.full((1, 30), np.nan)])
    np.testing.assert_array_equal(continuous_wusi(spoilt, right), found)


def test_wusi_fades_where_strides_scatter_more_than_they_differ() -> None:
    rng = np.random.default_rng(5)
    noise = rng.normal(0.0, 1.0, (2, 20, 10))
    clear = continuous_wusi(1.0 + 0.01 * noise[0], 2.0 + 0.01 * noise[1])
    drowned = continuous_wusi(1.0 + 20.0 * noise[0], 2.0 + 20.0 * noise[1])
    assert np.abs(drowned).max() < 0.5 * np.abs(clear).min()
