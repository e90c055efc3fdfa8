"""Numbers that are no left/right figure: what they are, when there are none, and their words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evenside_analysis.comparison import Comparison, Moments
from evenside_analysis.coordination import Coordination, phase_coordination
from evenside_analysis.group_numbers import stride_numbers, walking_force_n, weight_words
from evenside_analysis.report import Number

NONE = Moments(0, math.nan, math.nan)
STEPS = Coordination(40, 4.4, 184.5, 3.6, 4.5)


def comparison(left: float, right: float, left_sd: float = 0.02, right_sd: float = 0.02, n: int = 40) -> Comparison:
    pairs = Moments(n, left, left_sd), Moments(n, right, right_sd)
    return Comparison(n, *pairs, *pairs, math.nan, math.nan)


def told(found: dict[str, Comparison], steps: Coordination = STEPS) -> dict[str, Number]:
    return {number.id: number for number in stride_numbers("foot", found, steps)}


def test_cadence_counts_the_steps_of_both_feet() -> None:
    cadence = told({"stride_time": comparison(1.1, 1.12)})["cadence_per_min"]
    assert cadence.value == pytest.approx(60.0 / 0.555)
    assert (cadence.unit, cadence.words) == ("1/min", "cadence 108 steps a minute")


def test_the_phase_coordination_index_needs_step_times_that_hold() -> None:
    pci = told({"step_time": comparison(0.55, 0.56)})["pci"]
    assert (pci.value, pci.unit) == (4.4, "%")
    assert pci.words == "phase coordination index 4.4 %: steps scatter by 2.0 % and lie 2.5 % from even"
    assert "pci" not in told({"stride_time": comparison(1.1, 1.1)})
    assert "pci" not in told({"step_time": comparison(0.55, 0.56)}, phase_coordination([], []))


def test_a_foot_that_varies_more_is_named_with_its_interval() -> None:
    """s_R / s_L = 2 with 20 values each: ln 2 = 0.6931, interval 0.2435 to 1.1428."""
    found = told({"stance_time": comparison(0.7, 0.7, 0.01, 0.02, 20)})["stance_time_variability"]
    assert (found.value, found.lo, found.hi) == pytest.approx((0.6931, 0.2435, 1.1428), abs=5e-5)
    assert found.words == "stance time varies more on the right: its SD is 100 % larger [28, 214]"
    mirrored = told({"stance_time": comparison(0.7, 0.7, 0.02, 0.01, 20)})["stance_time_variability"]
    assert mirrored.value == -found.value
    assert mirrored.words == "stance time varies more on the left: its SD is 100 % larger [28, 214]"
    even = told({"step_time": comparison(0.7, 0.7, 0.02, 0.021, 20)})["step_time_variability"]
    assert even.words == "step time: no difference seen in how much it varies"


def test_only_times_have_a_variability_and_what_is_withheld_has_no_number() -> None:
    found = told({"peak_force": comparison(800.0, 820.0), "double_support": comparison(0.1, 0.1)})
    assert found == {}


@pytest.mark.parametrize("phi", [0.0, 0.3])
def test_the_interval_of_a_variability_covers_the_truth(phi: float) -> None:
    rng, runs, n = np.random.default_rng(11), 1500, 40
    noise = rng.normal(size=(runs, n, 2))
    for row in range(1, n):
        noise[:, row] = phi * noise[:, row - 1] + math.sqrt(1.0 - phi**2) * noise[:, row]
    sds = (noise * [0.02, 0.03]).std(axis=1, ddof=1)
    held = 0
    for left_sd, right_sd in sds.tolist():
        one = told({"stance_time": comparison(0.7, 0.7, left_sd, right_sd, n)})["stance_time_variability"]
        held += one.lo < math.log(1.5) < one.hi
    assert 0.91 <= held / runs <= 0.97


def test_both_feet_together_bear_the_body_weight_or_it_is_told() -> None:
    found = {"impulse": comparison(440.0, 450.0), "stride_time": comparison(1.1, 1.1)}
    force_n = walking_force_n(found)
    assert force_n == pytest.approx(890.0 / 1.1)
    number = told(found)["walking_force"]
    assert (number.value, number.words) == (force_n, "both feet together bear 809 N on average while walking")
    assert weight_words("insole", force_n, None) == ""
    assert weight_words("insole", force_n, 80.0) == ""
    assert weight_words("insole", force_n, 66.0) == (
        "insole: both feet together bear 1.25 times the body weight that was given, so these sensors are not "
        "calibrated to newtons; left against right does not depend on that"
    )
    assert math.isnan(walking_force_n({"impulse": comparison(440.0, 450.0)}))
    assert weight_words("insole", math.nan, 66.0) == ""
