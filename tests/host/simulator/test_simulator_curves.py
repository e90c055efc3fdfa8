"""Curves through knots: what they must pass, how smooth they are, and what they hold outside."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.simulator.curves import curve_of, through
from evenside_analysis.types import Floats

QUANTITIES = ("value", "rate", "acceleration")


def knots_of(seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.uniform(0.02, 0.5, 12)), rng.normal(size=(12, 3, 2))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from((0, 1)))
def test_a_curve_passes_its_knots_from_both_sides(seed: int, channel: int) -> None:
    time_s, knots = knots_of(seed)
    curve = through(time_s, knots)
    for order, name in enumerate(QUANTITIES[:2]):
        after = getattr(curve.at(time_s[:-1]), name)(channel)
        before = getattr(curve.at(time_s[1:] - 1e-12), name)(channel)
        np.testing.assert_allclose(after, knots[:-1, order, channel], atol=1e-9)
        np.testing.assert_allclose(before, knots[1:, order, channel], atol=1e-6)
    np.testing.assert_allclose(curve.at(time_s[:-1]).acceleration(channel), knots[:-1, 2, channel], atol=1e-9)


def test_rates_and_accelerations_are_derivatives() -> None:
    time_s, knots = knots_of(1)
    curve = through(time_s, knots)
    at = np.linspace(time_s[0], time_s[-1] - 1e-3, 200_001)
    moments = curve.at(at)
    step_s = at[1] - at[0]
    np.testing.assert_allclose(np.gradient(moments.value(), step_s)[1:-1], moments.rate()[1:-1], atol=2e-3)
    slope = np.gradient(moments.rate(), step_s)[1:-1]
    np.testing.assert_allclose(slope, moments.acceleration()[1:-1], atol=2e-3 * np.abs(slope).max())


def test_outside_its_knots_a_curve_stands_still() -> None:
    curve = curve_of([(1.0, 3.0, 5.0, 7.0), (2.0, 4.0, -5.0, 7.0)])
    moments = curve.at(np.array([-10.0, 0.999, 2.0, 50.0]))
    np.testing.assert_array_equal(moments.value(), [3.0, 3.0, 4.0, 4.0])
    np.testing.assert_array_equal(moments.rate(), 0.0)
    np.testing.assert_array_equal(moments.acceleration(), 0.0)


def test_two_knots_at_one_time_are_a_step() -> None:
    curve = curve_of([(0.0, 1.0, 0.0, 0.0), (1.0, 1.0, 0.0, 0.0), (1.0, 2.0, 0.0, 0.0), (2.0, 2.0, 0.0, 0.0)])
    np.testing.assert_allclose(curve.at(np.array([0.5, 0.999999, 1.0, 1.5])).value(), [1.0, 1.0, 2.0, 2.0])


def test_one_knot_is_a_constant() -> None:
    np.testing.assert_array_equal(curve_of([(5.0, 2.0, 0.0, 0.0)]).at(np.array([0.0, 9.0])).value(), 2.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 400), max_size=5))
def test_values_do_not_depend_on_what_else_is_asked(seed: int, cuts: list[int]) -> None:
    time_s, knots = knots_of(seed)
    curve = through(time_s, knots)
    at = np.linspace(time_s[0] - 0.5, time_s[-1] + 0.5, 400)
    whole = curve.at(at).value(1)
    parts = [curve.at(part).value(1) for part in np.split(at, sorted(cuts))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
