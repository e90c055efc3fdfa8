"""Regularity and harmonic ratios: their published vectors, the identity between them, and what they ignore."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.regularity import (
    AxisRegularity,
    Regularity,
    autocovariance,
    harmonic_ratio,
    harmonics,
    improved_harmonic_ratio,
    regularity,
    regularity_words,
)
from evenside_analysis.types import Floats

N = 200
PHASE = np.arange(N) / N * 2.0 * np.pi
STRIDE = np.cos(2.0 * PHASE) + 0.2 * np.cos(PHASE)
AXIS = AxisRegularity(12.0 / 13.0, 1.0, 96.0, 95.0, 97.0, 5.0)


def periodic(seed: int) -> Floats:
    """A stride of 20 random harmonics."""
    rng = np.random.default_rng(seed)
    sizes, phases = rng.normal(size=20), rng.uniform(0.0, 2.0 * np.pi, 20)
    return np.asarray(sum(sizes[k] * np.cos((k + 1) * PHASE + phases[k]) for k in range(20)))


def test_the_vectors_of_the_literature() -> None:
    amplitudes = harmonics(STRIDE)
    assert float(harmonic_ratio(amplitudes)) == pytest.approx(5.0, abs=1e-9)
    assert float(improved_harmonic_ratio(amplitudes)) == pytest.approx(100.0 / 1.04, abs=1e-9)
    many = np.tile(STRIDE, 20)
    assert regularity(many, N // 2) == pytest.approx(0.96 / 1.04, abs=1e-9)
    assert regularity(many, N) == pytest.approx(1.0, abs=1e-9)
    assert AXIS.ratio == pytest.approx(12.0 / 13.0, abs=1e-9)
    assert AXIS.difference == pytest.approx(1.0 / 13.0, abs=1e-9)
    assert AXIS.index == pytest.approx(0.92, abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(2, 12))
def test_the_identity_of_strictly_periodic_signals(seed: int, strides: int) -> None:
    stride = periodic(seed)
    ad1 = regularity(np.tile(stride, strides), N // 2)
    amplitudes = harmonics(stride)
    assert ad1 == pytest.approx(2.0 * float(improved_harmonic_ratio(amplitudes)) / 100.0 - 1.0, abs=1e-9)
    sideways = float(improved_harmonic_ratio(amplitudes, mediolateral=True))
    assert ad1 == pytest.approx(1.0 - 2.0 * sideways / 100.0, abs=1e-9)
    assert float(harmonic_ratio(amplitudes) * harmonic_ratio(amplitudes, mediolateral=True)) == pytest.approx(1.0)


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3), st.floats(-20.0, 20.0), st.integers(0, N - 1))
def test_size_offset_and_beginning_of_a_stride_do_not_matter(seed: int, size: float, offset: float, moved: int) -> None:
    plain = harmonics(periodic(seed))
    other = harmonics(np.roll(periodic(seed), moved) * size + offset)
    assert float(improved_harmonic_ratio(other)) == pytest.approx(float(improved_harmonic_ratio(plain)), abs=1e-6)
    many = np.tile(periodic(seed), 3)
    assert regularity(many * size + offset, N) == pytest.approx(regularity(many, N), abs=1e-6)


@given(st.integers(3, 60), st.integers(0, 2**32 - 1))
def test_autocovariance_is_that_of_its_definition(n: int, seed: int) -> None:
    signals = np.random.default_rng(seed).normal(3.0, 2.0, (2, n))
    found = autocovariance(signals, n)
    for row, signal in enumerate(signals):
        x = signal - signal.mean()
        expected = [(x[: n - lag] * x[lag:]).sum() / (n - lag) for lag in range(n)]
        np.testing.assert_allclose(found[row], expected, rtol=0, atol=1e-10)


def test_what_does_not_move_has_no_regularity() -> None:
    assert math.isnan(regularity(np.full(50, 9.81), 10))
    still = harmonics(np.zeros(64))
    assert math.isnan(float(harmonic_ratio(still)))
    assert math.isnan(float(improved_harmonic_ratio(still)))
    nothing = AxisRegularity(0.0, 0.0, 50.0, 40.0, 60.0, 1.0)
    assert math.isnan(nothing.ratio)
    assert math.isnan(nothing.index)


def test_too_short_strides_and_lags_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 40 samples"):
        harmonics(np.zeros(39))
    with pytest.raises(ValueError, match="lag"):
        regularity(np.zeros(10), 10)
    with pytest.raises(ValueError, match="lags"):
        autocovariance(np.zeros(10), 11)


def test_the_sentence_has_no_side_and_says_so() -> None:
    found = Regularity("back", "pelvis", 1.0, 12.0, 1, 10, 109.1, AXIS, AXIS, AXIS)
    words = regularity_words(found)
    assert "10 strides in 1 bout" in words
    assert "109 steps a minute" in words
    assert "cannot tell left from right" in words
    assert "iHR 96.0 % [95.0, 97.0]" in words
