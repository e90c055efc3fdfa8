"""The bias budget: its published tables, each term against a simulated error of that kind, and the side swap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.budget import Setup, bias_budget_ai, mdc95, quantisation_ai, shrunk_sem, swap_estimate
from evenside_analysis.indices import asymmetry_index
from evenside_analysis.metrics import METRICS, metric

EXACT = Setup(rate_hz=1e9, sync_error_s=0.0, ln_gain_sd=0.0, zero_error_n=0.0)
UNKNOWN = Setup(rate_hz=100.0, sync_error_s=math.inf, ln_gain_sd=math.inf, zero_error_n=math.inf)


def setup(rate_hz: float = 1e9, sync_error_s: float = 0.0, ln_gain_sd: float = 0.0, zero_error_n: float = 0.0) -> Setup:
    return Setup(rate_hz, sync_error_s, ln_gain_sd, zero_error_n)


@pytest.mark.parametrize(
    ("sync_ms", "walk", "run"),
    [(1, 0.18, 0.29), (2, 0.36, 0.57), (2.75, 0.50, 0.79), (5, 0.91, 1.43), (10, 1.82, 2.86), (20, 3.64, 5.71)],
)
def test_clock_error_of_step_times(sync_ms: float, walk: float, run: float) -> None:
    late = setup(sync_error_s=sync_ms / 1000)
    for stride_s, printed in ((1.1, walk), (0.7, run)):
        assert bias_budget_ai(metric("step_time"), late, total=stride_s, n=60) == pytest.approx(printed, abs=6e-3)


def test_clock_error_moves_double_support_by_the_same_time_on_a_shorter_sum() -> None:
    """Late right contacts shorten the double support after the right contact and lengthen the other."""
    late = 0.002
    left, right = 0.125 + late, 0.125 - late
    want = abs(float(asymmetry_index(left, right)))
    got = bias_budget_ai(metric("double_support"), setup(sync_error_s=late), total=0.25, n=60)
    assert got == pytest.approx(want, rel=1e-6)
    assert want == pytest.approx(1.6)


@pytest.mark.parametrize("metric_id", ["stance_time", "swing_time", "stride_time"])
def test_times_of_one_clock_do_not_feel_the_other(metric_id: str) -> None:
    got = bias_budget_ai(metric(metric_id), UNKNOWN, total=1.3, n=60)
    assert got == quantisation_ai(1.3, 100.0, 60) < 0.1


@pytest.mark.parametrize(("gain", "printed"), [(1.01, 0.50), (1.02, 0.99), (1.05, 2.44), (1.10, 4.76)])
def test_gain_error(gain: float, printed: float) -> None:
    got = bias_budget_ai(metric("loading_rate"), setup(ln_gain_sd=math.log(gain)), total=20.0, n=60)
    assert got == pytest.approx(printed, abs=6e-3)


@pytest.mark.parametrize(("zero_n", "printed"), [(2, 0.29), (5, 0.71), (10, 1.43)])
def test_zero_error_on_a_person_of_700_n(zero_n: float, printed: float) -> None:
    wrong = setup(zero_error_n=zero_n)
    assert bias_budget_ai(metric("load_share"), wrong, total=700.0, n=60) == pytest.approx(printed, abs=6e-3)
    impulse = metric("impulse")
    assert bias_budget_ai(impulse, wrong, total=420.0, n=60, force_total_n=700.0) == pytest.approx(printed, abs=6e-3)
    with pytest.raises(ValueError, match=r"impulse.*force_total_n"):
        bias_budget_ai(impulse, wrong, total=420.0, n=60)


def test_terms_add_as_squares() -> None:
    both = setup(ln_gain_sd=0.06, zero_error_n=28.0)
    assert bias_budget_ai(metric("peak_force"), both, total=700.0, n=60) == pytest.approx(math.hypot(3.0, 4.0))


@pytest.mark.parametrize("n", [1, 2, 50])
def test_quantisation_is_that_of_floored_contacts(n: int) -> None:
    rng = np.random.default_rng(4)
    sessions, rate_hz, stride_s = 4000, 100.0, 1.1
    left = rng.random((sessions, 1)) + np.arange(n + 1) * stride_s + rng.normal(0, 0.02, (sessions, n + 1))
    right = left[:, :-1] + stride_s / 2 + rng.normal(0, 0.02, (sessions, n))

    def mean_difference(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.asarray((2 * right - left[:, :-1] - left[:, 1:]).mean(axis=-1))

    floored = mean_difference(np.floor(left * rate_hz) / rate_hz, np.floor(right * rate_hz) / rate_hz)
    error_ai = 100.0 / stride_s * (floored - mean_difference(left, right))
    assert quantisation_ai(stride_s, rate_hz, n) == pytest.approx(error_ai.std(), rel=0.05)


def test_quantisation_of_one_stride_and_of_many() -> None:
    assert quantisation_ai(1.1, 100.0, 1) == pytest.approx(100 / 1.1 * math.sqrt(0.5) / 100)
    # 1 / √n up to what neighbouring strides share
    assert quantisation_ai(1.1, 100.0, 400) == pytest.approx(quantisation_ai(1.1, 100.0, 100) / 2, rel=0.01)


def test_nobody_knows_is_infinite_and_nothing_measured_is_nan() -> None:
    for row in METRICS:
        known_alone = not (row.uses_both_clocks or row.magnitude)
        got = bias_budget_ai(row, UNKNOWN, total=100.0, n=60, force_total_n=700.0)
        assert math.isfinite(got) == known_alone, row.id
        exact = bias_budget_ai(row, EXACT, total=100.0, n=60, force_total_n=700.0)
        assert exact == math.inf if row.strapped else exact < 1e-6, row.id
    assert math.isnan(bias_budget_ai(metric("step_time"), EXACT, total=math.nan, n=60))
    assert math.isnan(bias_budget_ai(metric("step_time"), EXACT, total=0.0, n=60))
    assert math.isnan(bias_budget_ai(metric("step_time"), EXACT, total=1.1, n=0))


def test_a_setup_has_no_negative_errors() -> None:
    with pytest.raises(ValueError, match="rate_hz"):
        setup(rate_hz=0.0)
    with pytest.raises(ValueError, match="sync_error_s"):
        setup(sync_error_s=-0.001)
    with pytest.raises(ValueError, match="zero_error_n"):
        setup(zero_error_n=math.nan)


def test_the_worked_side_swap() -> None:
    """True AI 4, sensor B reads 6 % more: the plain reading is 6.9, the swap finds both."""
    left, right, gain_a, gain_b = 0.48, 0.52, 1.0, 1.06
    before = math.log(gain_b * right / (gain_a * left))
    after = math.log(gain_a * right / (gain_b * left))
    d, ln_gain = swap_estimate(before, after)
    assert 100 * math.tanh(before / 2) == pytest.approx(6.9046, abs=5e-5)
    assert 100 * math.tanh(d / 2) == pytest.approx(4.0, abs=1e-9)
    assert math.exp(ln_gain) == pytest.approx(1.06, abs=1e-9)


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_the_swap_parts_any_wearer_from_any_sensors(d: float, ln_gain: float) -> None:
    assert swap_estimate(d + ln_gain, d - ln_gain) == pytest.approx((d, ln_gain), abs=1e-12)


def test_detectable_change_and_own_error() -> None:
    assert mdc95(2.1) == pytest.approx(5.82, abs=5e-3)
    assert shrunk_sem(9.0, 4, 2.0) == 2.0
    assert shrunk_sem(4.0, 5, 2.0) == pytest.approx(math.sqrt((16 + 4) / 2))
    assert shrunk_sem(4.0, 500, 2.0) == pytest.approx(4.0, rel=0.01)
    assert shrunk_sem(4.0, 5, math.nan) == 4.0
    assert math.isnan(shrunk_sem(4.0, 4, math.nan))
