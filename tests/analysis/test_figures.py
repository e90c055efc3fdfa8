"""From a comparison to a figure: reasons, what a withheld figure still shows, the budget by hand, the claim."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from evenside_analysis.comparison import Comparison, Moments
from evenside_analysis.figures import Circumstances, level_difference_s, make_figure, zero_shift_s
from evenside_analysis.metrics import metric
from evenside_analysis.settings import Trust
from evenside_analysis.types import Figure, Reason

AROUND = Circumstances(
    site="insole",
    start_s=60.0,
    end_s=120.0,
    rate_hz=100.0,
    trust=Trust(0.0),
    sync_error_s=0.0005,
    completeness_left=0.98,
    completeness_right=0.75,
)


def comparison(left: float, right: float, lo: float = 2.0, hi: float = 4.0, n: int = 50) -> Comparison:
    pairs = (Moments(n, left, 0.02), Moments(n, right, 0.03))
    more = (Moments(n + 3, left + 0.5, 0.2), Moments(n + 2, right + 0.5, 0.3))
    return Comparison(n, *pairs, *more, lo, hi)


def figure(name: str, found: Comparison, site: str = "insole", **around: object) -> Figure:
    return make_figure(metric(name, site), found, replace(AROUND, site=site, **around))  # type: ignore[arg-type]


def test_a_figure_holds_both_sides_and_all_that_is_needed_to_judge_it() -> None:
    found = figure("stance_time", comparison(0.60, 0.64))
    assert (found.metric, found.site, found.start_s, found.end_s) == ("stance_time", "insole", 60.0, 120.0)
    assert (found.n, found.n_left, found.n_right) == (50, 50, 50)
    assert (found.left_mean, found.left_sd, found.right_mean, found.right_sd) == (0.60, 0.02, 0.64, 0.03)
    assert found.difference == pytest.approx(0.04)
    assert found.ai == pytest.approx(100.0 * 0.04 / 1.24)
    assert (found.ai_lo, found.ai_hi, found.mdc95_ai) == (2.0, 4.0, 4.5)
    assert (found.completeness_left, found.completeness_right) == (0.98, 0.75)
    assert (found.reason, found.side, found.claim) == ("", "right", 2)
    assert math.isnan(found.sync_error_s)  # one clock times a stance


@pytest.mark.parametrize(
    ("lo", "hi", "claim", "side"),
    [(2.0, 4.0, 2, "right"), (0.1, 6.0, 1, "right"), (-1.0, 4.0, 0, "none"), (0.0, 4.0, 0, "none")],
)
def test_the_claim_follows_the_interval_and_the_budget(lo: float, hi: float, claim: int, side: str) -> None:
    around = replace(AROUND, level_s=0.01)  # 0.8 AI of 1.24 s
    found = make_figure(metric("stance_time", "insole"), comparison(0.60, 0.64, lo, hi), around)
    assert (found.claim, found.side) == (claim, side)
    mirrored = make_figure(metric("stance_time", "insole"), comparison(0.64, 0.60, -hi, -lo), around)
    assert (mirrored.claim, mirrored.side) == (claim, {"right": "left", "none": "none"}[side])
    assert mirrored.ai == -found.ai
    assert mirrored.bias_budget_ai == found.bias_budget_ai


@pytest.mark.parametrize(
    ("name", "found", "around", "reason"),
    [
        ("step_time", comparison(0.5, 0.6), {"rate_hz": 50.0, "site": "foot"}, Reason.RATE_TOO_LOW),
        ("step_time", comparison(0.5, 0.6), {"rate_hz": 50.0}, Reason.NONE),
        ("step_time", comparison(0.5, 0.6, n=5), {}, Reason.TOO_FEW),
        ("step_time", comparison(0.5, 0.6), {"sync_error_s": 0.0021}, Reason.SYNC),
        ("step_time", comparison(0.5, 0.6), {"sync_error_s": math.nan}, Reason.SYNC),
        ("step_time", comparison(0.5, 0.6), {"sync_error_s": math.inf}, Reason.SYNC),
        ("stance_time", comparison(0.5, 0.6), {"sync_error_s": math.inf}, Reason.NONE),
        ("load_share", comparison(40.0, 59.0), {}, Reason.BELOW_FLOOR),
        ("load_share", comparison(40.0, 59.0), {"site": "strap"}, Reason.NONE),
        ("load_share", comparison(-1.0, 500.0), {}, Reason.DOMAIN),
    ],
)
def test_a_figure_is_withheld_for_a_reason_and_says_nothing_then(
    name: str, found: Comparison, around: dict[str, object], reason: str
) -> None:
    made = figure(name, found, **around)  # type: ignore[arg-type]
    assert made.reason == reason
    assert math.isnan(made.ai) == math.isnan(made.ai_lo) == math.isnan(made.ai_hi) == bool(reason)
    if reason:
        assert (made.claim, made.side) == (0, "none")


def test_one_side_is_missing_only_where_the_other_has_enough() -> None:
    none, nan = Moments(0, math.nan, math.nan), math.nan
    for seen, reason in ((6, Reason.ONE_SIDE_MISSING), (5, Reason.TOO_FEW)):
        found = Comparison(0, none, none, Moments(seen, 0.6, 0.1), none, nan, nan)
        made = figure("stance_time", found)
        assert made.reason == reason
        assert (made.n, made.n_left, made.left_mean, made.n_right) == (0, seen, 0.6, 0)
        assert math.isnan(made.right_mean)
        assert math.isnan(made.difference)


def test_too_few_pairs_show_all_that_was_measured_and_other_reasons_show_the_pairs() -> None:
    few = figure("step_time", comparison(0.5, 0.6, n=4))
    assert (few.n, few.n_left, few.left_mean, few.n_right, few.right_mean) == (4, 7, 1.0, 6, 1.1)
    late = figure("step_time", comparison(0.5, 0.6), sync_error_s=1.0)
    assert (late.n_left, late.left_mean, late.right_mean) == (50, 0.5, 0.6)
    assert late.sync_error_s == 1.0


def quantisation(total: float, n: int = 50, rate_hz: float = 100.0) -> float:
    return 100.0 / total / rate_hz * math.sqrt((4 * n - 1) / 6) / n


def test_the_budget_of_a_step_holds_clocks_samples_level_and_late_contacts() -> None:
    found = figure("step_time", comparison(0.5, 0.6), level_s=0.002, late_s=0.003)
    terms = (200.0 * 0.0005 / 1.1, quantisation(1.1), 100.0 * 0.002 / 1.1, 200.0 * 0.003 / 1.1)
    assert found.bias_budget_ai == pytest.approx(math.hypot(*terms))


def test_the_budget_of_a_stance_knows_no_clock_and_a_stride_no_late_contact() -> None:
    stance = figure("stance_time", comparison(0.6, 0.64), sync_error_s=0.5, level_s=0.002, late_s=0.003)
    assert stance.bias_budget_ai == pytest.approx(
        math.hypot(quantisation(1.24), 100.0 * 0.002 / 1.24, 100.0 * 0.003 / 1.24)
    )
    stride = figure("stride_time", comparison(1.1, 1.1), sync_error_s=0.5, level_s=0.002, late_s=0.003)
    assert stride.bias_budget_ai == pytest.approx(quantisation(2.2))


def test_contacts_that_are_late_on_both_feet_alike_scale_an_asymmetry_and_make_none() -> None:
    alone = figure("swing_time", comparison(0.4, 0.5))
    scaled = figure("swing_time", comparison(0.4, 0.5), offset_s=0.024)
    truth = 100.0 * (0.476 - 0.376) / (0.476 + 0.376)
    assert math.sqrt(scaled.bias_budget_ai**2 - alone.bias_budget_ai**2) == pytest.approx(truth - alone.ai, rel=0.1)
    for even in ("step_time", "stride_time"):
        assert figure(even, comparison(0.5, 0.6), offset_s=0.024) == figure(even, comparison(0.5, 0.6))
    none = figure("stance_time", comparison(0.7, 0.7), offset_s=0.024)
    assert none.bias_budget_ai == figure("stance_time", comparison(0.7, 0.7)).bias_budget_ai


def test_the_budget_of_a_force_holds_gain_and_zero() -> None:
    trust = Trust(0.10, 10.0)
    peak = figure("peak_force", comparison(800.0, 850.0), trust=trust)
    assert peak.bias_budget_ai == pytest.approx(math.hypot(50.0 * 0.10, 100.0 * 10.0 / 1650.0))
    impulse = figure("impulse", comparison(400.0, 420.0), trust=trust, force_total_n=1100.0)
    assert impulse.bias_budget_ai == pytest.approx(math.hypot(50.0 * 0.10, 100.0 * 10.0 / 1100.0))
    load = figure("load_share", comparison(300.0, 400.0), trust=trust)
    assert load.bias_budget_ai == pytest.approx(math.hypot(50.0 * 0.10, 100.0 * 10.0 / 700.0))
    pedal = figure("load_share", comparison(90.0, 110.0), "pedal", trust=trust)
    assert pedal.bias_budget_ai == pytest.approx(50.0 * 0.10)  # the zero of a power meter is none of newtons


def test_an_unknown_budget_is_never_exceeded() -> None:
    unknown = figure("impulse", comparison(400.0, 440.0), trust=Trust(0.0, 10.0))
    assert math.isnan(unknown.bias_budget_ai)
    assert unknown.claim == 1
    nobody = figure("load_share", comparison(300.0, 400.0), trust=Trust(math.inf, math.inf))
    assert (nobody.bias_budget_ai, nobody.claim) == (math.inf, 1)


def test_a_bag_on_one_shoulder_is_all_on_that_side_and_beyond_what_the_sensors_could_feign() -> None:
    bag = figure("load_share", comparison(0.0, 50.0, 100.0, 100.0), "strap", trust=Trust(0.02, 1.0))
    assert (bag.ai, bag.ai_lo, bag.ai_hi, bag.claim, bag.side) == (100.0, 100.0, 100.0, 2, "right")
    assert bag.bias_budget_ai == pytest.approx(math.hypot(1.0, 2.0))


def test_how_far_the_stance_difference_moves_between_two_levels() -> None:
    low, high = comparison(0.62, 0.66), comparison(0.60, 0.61)
    assert level_difference_s(low, high) == pytest.approx(0.03)
    assert level_difference_s(low, comparison(math.nan, 0.6)) == 0.0


def test_how_far_a_zero_moves_a_stance_follows_from_how_steep_its_ends_are() -> None:
    low, high = comparison(0.62, 0.66), comparison(0.60, 0.61)  # 20 and 50 ms from 50 N to 100 N, both ends together
    assert zero_shift_s(low, high, 50.0, 10.0) == pytest.approx(0.035 * 10.0 / 50.0)
    assert zero_shift_s(low, high, 50.0, math.inf) == math.inf
    assert zero_shift_s(low, high, 50.0, 0.0) == zero_shift_s(low, comparison(math.nan, 0.6), 50.0, math.inf) == 0.0
    assert zero_shift_s(high, low, 50.0, 10.0) == 0.0
