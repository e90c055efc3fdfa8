"""Thresholds: the published conversion table, and that converting there and back changes nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.conversions import FORMULAS, Formula, Threshold, ai_to, threshold_ai

# percent difference, LSI, AI, Robinson, symmetry angle, gait asymmetry, right share, ratio, as printed
TABLE = [
    (1, 99, 0.503, 1.005, 0.320, 1.005, 50.25, 1.010),
    (5, 95, 2.564, 5.128, 1.632, 5.129, 51.28, 1.053),
    (10, 90, 5.263, 10.526, 3.348, 10.536, 52.63, 1.111),
    (15, 85, 8.108, 16.216, 5.151, 16.252, 54.05, 1.176),
    (20, 80, 11.111, 22.222, 7.045, 22.314, 55.56, 1.25),
    (30, 70, 17.647, 35.294, 11.120, 35.667, 58.82, 1.429),
    (50, 50, 33.333, 66.667, 20.483, 69.315, 66.67, 2),
]
COLUMNS: tuple[Formula, ...] = (
    "percent_difference",
    "lsi",
    "ai",
    "robinson",
    "symmetry_angle",
    "gait_asymmetry",
    "right_share_percent",
    "ratio",
)
DECIMALS = (0, 0, 3, 3, 3, 3, 2, 3)
# the last value that each formula can have, and the first that it cannot
ENDS: list[tuple[Formula, float, float]] = [
    ("ai", 100.0, 100.1),
    ("robinson", 200.0, 200.1),
    ("percent_difference", 100.0, 100.1),
    ("symmetry_angle", 50.0, 50.1),
    ("right_share_percent", 100.0, 100.1),
    ("lsi", 0.0, -0.1),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} %")
def test_the_published_table(row: tuple[float, ...]) -> None:
    ai = threshold_ai(Threshold(row[0], "percent_difference"))
    for formula, printed, decimals in zip(COLUMNS, row, DECIMALS, strict=True):
        assert round(ai_to(formula, ai), decimals) == pytest.approx(printed, abs=1e-9), formula
        if formula not in ("ratio", "right_share_percent"):  # too few digits are printed of these
            assert threshold_ai(Threshold(printed, formula)) == pytest.approx(ai, abs=2e-3), formula


def test_ten_percent_is_not_one_thing() -> None:
    assert threshold_ai(Threshold(10, "robinson")) == pytest.approx(5.0)
    assert threshold_ai(Threshold(10, "percent_difference")) == pytest.approx(100 / 19)
    assert ai_to("percent_difference", threshold_ai(Threshold(10, "ai"))) == pytest.approx(18.18, abs=5e-3)
    from_angle = threshold_ai(Threshold(10, "symmetry_angle"))
    assert from_angle == pytest.approx(15.84, abs=5e-3)
    assert ai_to("percent_difference", from_angle) == pytest.approx(27.3, abs=0.05)


@pytest.mark.parametrize("formula", FORMULAS)
@given(ai=st.floats(0, 99))
def test_there_and_back(formula: Formula, ai: float) -> None:
    assert threshold_ai(Threshold(ai_to(formula, ai), formula)) == pytest.approx(ai, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("formula", FORMULAS)
@given(ai=st.floats(0, 50), more=st.floats(0.01, 50))
def test_more_asymmetry_is_more_in_every_scale_but_lsi(formula: Formula, ai: float, more: float) -> None:
    change = ai_to(formula, ai + more) - ai_to(formula, ai)
    assert change < 0 if formula == "lsi" else change > 0


@given(st.floats(-100, 100))
def test_the_side_is_kept_except_by_lsi(ai: float) -> None:
    for formula in ("ai", "robinson", "percent_difference", "symmetry_angle", "gait_asymmetry"):
        assert ai_to(formula, -ai) == -ai_to(formula, ai)
    assert ai_to("right_share_percent", -ai) == pytest.approx(100 - ai_to("right_share_percent", ai))
    if abs(ai) < 99:
        assert ai_to("ratio", -ai) == pytest.approx(1 / ai_to("ratio", ai))
    assert ai_to("lsi", -ai) == ai_to("lsi", ai)


@pytest.mark.parametrize(("formula", "end", "beyond"), ENDS)
def test_the_ends_of_each_span(formula: Formula, end: float, beyond: float) -> None:
    assert threshold_ai(Threshold(end, formula)) == 100.0
    assert ai_to(formula, 100.0) == pytest.approx(end)
    with pytest.raises(ValueError, match=rf"{beyond}.*'{formula}'.*outside"):
        Threshold(beyond, formula)


def test_one_sided_loading_has_an_infinite_ratio_and_log_ratio() -> None:
    assert ai_to("ratio", 100.0) == math.inf
    assert ai_to("ratio", -100.0) == 0.0
    assert ai_to("gait_asymmetry", -100.0) == -math.inf


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, -math.inf])
def test_a_threshold_is_a_finite_size(formula: Formula, value: float) -> None:
    with pytest.raises(ValueError, match=f"'{formula}'"):
        Threshold(value, formula)


def test_a_ratio_is_larger_over_smaller_and_a_share_that_of_the_larger() -> None:
    with pytest.raises(ValueError, match="outside 1 and more"):
        Threshold(0.9, "ratio")
    with pytest.raises(ValueError, match="outside 50 to 100"):
        Threshold(48.0, "right_share_percent")


def test_unknown_formulas_are_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'bai_3'.*percent_difference"):
        Threshold(10, "bai_3")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"'bai_3'.*percent_difference"):
        ai_to("bai_3", 10)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="outside -100 to 100"):
        ai_to("ai", 100.5)


def test_nan_stays_nan() -> None:
    for formula in FORMULAS:
        assert math.isnan(ai_to(formula, math.nan))
