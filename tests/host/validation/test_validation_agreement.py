"""Figures of agreement by hand, and what persons make of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evenside.validation.agreement import bias, correlation, limit, mean_absolute, repeat_sd, robust_sd, spread
from evenside.validation.people import of_persons, relation_of_persons
from evenside_analysis.types import Floats

ERROR = np.array([-1.0, 0.0, 1.0, 4.0])  # mean 1, squares about it 4 + 1 + 0 + 9 = 14


def test_bias_spread_and_limits_by_hand() -> None:
    sd = math.sqrt(14.0 / 3.0)
    assert bias(ERROR) == 1.0
    assert spread(ERROR) == pytest.approx(sd)
    assert mean_absolute(ERROR) == 1.5
    assert limit(ERROR, -1) == pytest.approx(1.0 - 1.96 * sd)
    assert limit(ERROR, 1) == pytest.approx(1.0 + 1.96 * sd)


def test_the_robust_sd_does_not_hear_an_outlier() -> None:
    errors = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    assert robust_sd(errors) == pytest.approx(1.4826)
    assert robust_sd(np.append(errors[:-1], 500.0)) == pytest.approx(1.4826)
    normal = np.random.default_rng(1).normal(3.0, 2.0, 20_000)
    assert robust_sd(normal) == pytest.approx(2.0, rel=0.03)


def test_correlation_is_that_of_numpy() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 30))
    assert correlation(a, a + b) == pytest.approx(np.corrcoef(a, a + b)[0, 1])
    assert correlation(a, -2.0 * a) == pytest.approx(-1.0)


def test_there_is_no_figure_of_too_little() -> None:
    one, none = np.array([2.0]), np.empty(0)
    assert bias(one) == 2.0
    for value in (bias(none), spread(one), limit(one, 1), mean_absolute(none), correlation(one, one)):
        assert np.isnan(value)
    assert math.isnan(robust_sd(one))
    assert math.isnan(float(correlation(np.ones(5), np.arange(5.0))))


def test_trials_repeat_within_persons_and_not_between_them() -> None:
    # Within: ±1 about 10 and ±2 about -30; squares 2 and 8 over two degrees of freedom.
    assert repeat_sd([np.array([9.0, 11.0]), np.array([-32.0, -28.0]), np.array([500.0])]) == pytest.approx(5.0**0.5)
    assert math.isnan(repeat_sd([np.array([1.0]), np.array([2.0])]))


def test_the_interval_over_persons_is_the_same_every_time() -> None:
    values = np.random.default_rng(3).normal(1.0, 1.0, 25)
    first, again = of_persons(values), of_persons(values)
    assert first == again
    assert first.value == pytest.approx(values.mean())
    half = 1.96 * values.std(ddof=0) / 5.0
    assert first.lo == pytest.approx(values.mean() - half, abs=0.07)
    assert first.hi == pytest.approx(values.mean() + half, abs=0.07)


def test_the_interval_holds_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(4)
    intervals = [of_persons(rng.normal(size=25)) for _ in range(300)]
    assert 0.90 <= np.mean([found.lo <= 0.0 <= found.hi for found in intervals]) <= 0.97
    few = [of_persons(rng.normal(size=4)) for _ in range(300)]
    assert 0.72 <= np.mean([found.lo <= 0.0 <= found.hi for found in few]) <= 0.87  # as its docstring admits


def test_too_few_persons_have_no_interval() -> None:
    two = of_persons(np.array([1.0, 3.0, math.nan]))
    assert two.value == 2.0
    assert math.isnan(two.lo)
    assert math.isnan(two.hi)
    assert math.isnan(of_persons(np.full(4, math.nan)).value)


def test_a_relation_is_drawn_over_persons_too() -> None:
    rng = np.random.default_rng(5)
    a = rng.normal(size=30)
    b = a + 0.5 * rng.normal(size=30)
    found = relation_of_persons(a, b, correlation, 6)
    assert found.value == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert found.lo < found.value < found.hi <= 1.0
    assert math.isnan(relation_of_persons(a[:5], b[:5], correlation, 6).lo)
    shifted = relation_of_persons(a, a + 1.0, lambda one, other: bias(other - one), 3)
    assert (shifted.lo, shifted.value, shifted.hi) == pytest.approx((1.0, 1.0, 1.0))


def test_there_is_no_interval_of_a_correlation_of_constants() -> None:
    values: Floats = np.append(np.zeros(9), 1.0)
    assert math.isnan(relation_of_persons(values, values, correlation, 6).lo)
