"""Indices over single trials: the worked examples of the literature notes, and when they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.trials import exell_gate, normalised_symmetry_index, variability_asymmetry


def test_nsi_divides_the_mean_difference_by_the_range_of_all_trials() -> None:
    left, right = np.array([10.0, 11, 9]), np.array([12.0, 13, 11])
    assert float(normalised_symmetry_index(left, right)) == pytest.approx(200 / 13, abs=1e-9)
    assert round(200 / 13, 4) == 15.3846


def test_nsi_with_a_frozen_range_does_not_change_with_the_trials() -> None:
    left, right = np.array([10.0, 11, 9]), np.array([12.0, 13, 11])
    frozen = (-10.0, 30.0)
    assert float(normalised_symmetry_index(left, right, frozen_range=frozen)) == pytest.approx(100 * 2 / 40)
    assert float(normalised_symmetry_index(left[:1], right[:1], frozen_range=frozen)) == pytest.approx(100 * 2 / 40)
    # zero belongs to the range, as it does without a frozen one
    for without_zero in ((20.0, 40.0), (-40.0, -20.0)):
        assert float(normalised_symmetry_index(left, right, frozen_range=without_zero)) == pytest.approx(100 * 2 / 40)


@given(
    st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=1, max_size=8),
)
def test_nsi_is_bounded_and_antisymmetric_for_any_signs(pairs: list[tuple[float, float]]) -> None:
    left, right = np.array(pairs).T
    value = float(normalised_symmetry_index(left, right))
    if not np.any(left) and not np.any(right):
        assert math.isnan(value)
        return
    assert abs(value) <= 100 + 1e-9
    assert float(normalised_symmetry_index(right, left)) == pytest.approx(-value, abs=1e-9)


def test_nsi_reduces_the_last_axis_only() -> None:
    left = np.arange(6.0).reshape(2, 3)
    got = normalised_symmetry_index(left, left + 1)
    assert got.shape == (2,)
    assert got.tolist() == [float(normalised_symmetry_index(row, row + 1)) for row in left]


def test_nsi_refuses_no_trials_and_an_empty_range() -> None:
    with pytest.raises(ValueError, match="last axis"):
        normalised_symmetry_index(1.0, 2.0)
    with pytest.raises(ValueError, match="last axis"):
        normalised_symmetry_index(np.empty((3, 0)), np.empty((3, 0)))
    for bad in ((1.0, 1.0), (2.0, 1.0), (0.0, math.nan), (-math.inf, 0.0)):
        with pytest.raises(ValueError, match="frozen_range"):
            normalised_symmetry_index(np.ones(2), np.ones(2), frozen_range=bad)


def test_lnvr_of_twice_the_sd() -> None:
    got = variability_asymmetry(1.0, 2.0, 20, 20)
    half = 1.959963984540054 * math.sqrt(1 / 19)
    assert float(got.ln_ratio) == pytest.approx(math.log(2), abs=1e-9)
    assert float(got.variance) == pytest.approx(1 / 19, abs=1e-9)
    assert float(got.lo) == pytest.approx(math.log(2) - half, abs=1e-9)
    assert float(got.hi) == pytest.approx(math.log(2) + half, abs=1e-9)
    rounded = [round(float(value), 4) for value in (got.ln_ratio, got.variance, got.lo, got.hi)]
    assert rounded == pytest.approx([0.6931, 0.0526, 0.2435, 1.1428], abs=1e-4)


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.integers(2, 50), st.integers(2, 50))
def test_lnvr_is_antisymmetric(left: float, right: float, n_left: int, n_right: int) -> None:
    forth = variability_asymmetry(left, right, n_left, n_right)
    back = variability_asymmetry(right, left, n_right, n_left)
    assert float(back.ln_ratio) == -float(forth.ln_ratio)
    assert float(back.hi) == -float(forth.lo)


def test_lnvr_where_one_side_does_not_vary() -> None:
    got = variability_asymmetry(np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), 10, 10)
    assert got.ln_ratio.tolist()[:2] == [math.inf, -math.inf]
    assert math.isnan(got.ln_ratio[2])
    assert got.variance == pytest.approx([1 / 9] * 3)


def test_lnvr_refuses_what_has_no_sd() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        variability_asymmetry(1.0, 1.0, 1, 20)
    with pytest.raises(ValueError, match="not negative"):
        variability_asymmetry(-1.0, 1.0, 20, 20)


def test_the_gate_passes_a_difference_larger_than_the_spread_and_stops_the_same_one_in_a_wide_spread() -> None:
    narrow = np.array([100.0, 102, 98, 101, 99])
    wide = np.array([90.0, 110, 95, 105, 100])
    assert exell_gate(narrow, narrow + 4)
    assert not exell_gate(wide, wide + 4)
    # the p values of the two are 4/252 = .01587 and .690
    assert exell_gate(narrow, narrow + 4, alpha=0.01588)
    assert not exell_gate(narrow, narrow + 4, alpha=0.01586)
    assert exell_gate(wide, wide + 4, alpha=0.691)
    assert not exell_gate(wide, wide + 4, alpha=0.689)


def test_the_gate_takes_long_sessions_and_refuses_bad_ones() -> None:
    many = np.linspace(0.99, 1.01, 200)
    assert exell_gate(many, many + 0.01)
    with pytest.raises(ValueError, match="at least 2"):
        exell_gate(many, many[:1])
    with pytest.raises(ValueError, match="finite"):
        exell_gate(many, np.full(3, math.nan))
