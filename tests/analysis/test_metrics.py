"""The table of metrics and the sentence made of a figure."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.budget import mdc95
from evenside_analysis.metrics import METRICS, figure_words, metric, share_words
from evenside_analysis.types import Figure, Reason, Site

IDS = (
    *("step_time", "stride_time", "stance_time", "swing_time", "double_support"),
    *("peak_force", "impulse", "loading_rate", "load_share", "impact", "arm_use"),
)
FORBIDDEN = re.compile(r"imbalance|risk|normal|injur|detected|diagnos|clinical|prevent|compensat")


def figure(
    ai: float = 3.1,
    lo: float = 1.9,
    hi: float = 4.3,
    *,
    claim: int = 2,
    reason: str = "",
    metric_id: str = "stance_time",
    site: str = "foot",
) -> Figure:
    side = "none" if claim == 0 else "right" if ai > 0 else "left"
    return Figure(
        metric=metric_id,
        site=site,
        start_s=0.0,
        end_s=60.0,
        n=55,
        n_left=55,
        n_right=55,
        left_mean=0.62,
        left_sd=0.02,
        right_mean=0.66,
        right_sd=0.02,
        difference=0.04,
        ai=ai,
        ai_lo=lo,
        ai_hi=hi,
        bias_budget_ai=0.2,
        mdc95_ai=4.5,
        claim=claim,
        side=side,  # type: ignore[arg-type]
        reason=reason,
        completeness_left=1.0,
        completeness_right=1.0,
        sync_error_s=math.nan,
    )


def test_the_table_holds_each_metric_once() -> None:
    assert tuple(row.id for row in METRICS) == IDS
    for row in METRICS:
        assert metric(row.id) is row
        assert row.floor > 0
        assert row.min_rate_hz > 0
        assert row.n_min == 6


def test_an_unknown_metric_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'cadence'.*step_time, stride_time.*arm_use"):
        metric("cadence")


def test_only_metrics_of_both_clocks_have_a_sync_limit() -> None:
    for row in METRICS:
        assert row.uses_both_clocks == (row.id in ("step_time", "double_support"))
        assert row.sync_limit_s == (0.002 if row.uses_both_clocks else math.inf)


def test_detectable_changes_are_the_computed_ones_and_else_unknown() -> None:
    known = {row.id: row.mdc95_ai for row in METRICS if not math.isnan(row.mdc95_ai)}
    assert known == {"step_time": 5.9, "swing_time": 5.6, "stance_time": 4.5}
    for row in METRICS:
        assert ("Voisard" in row.mdc95_source) == (row.id in known)
        if row.id not in known:
            assert row.mdc95_source == "no published value known to us"
    assert mdc95(2.12) == pytest.approx(known["step_time"], abs=0.05)  # SEM 2.1 to 2.3


def test_a_late_contact_counts_twice_where_both_feet_are_subtracted_and_never_in_a_stride() -> None:
    late = {row.id: row.late for row in METRICS if row.late}
    assert late == {"step_time": 2, "double_support": 2, "stance_time": 1, "swing_time": 1}


def test_floors_and_units_follow_the_site() -> None:
    assert metric("load_share").floor == metric("load_share", "plate").floor == 100.0
    assert metric("load_share", "strap").floor < 50.0  # a bag of 5 kg
    assert (metric("load_share", "pedal").unit, metric("load_share", "insole").unit) == ("W", "N")
    assert not metric("load_share", "pedal").force
    assert metric("stance_time", "insole").min_rate_hz < 50.0 < metric("stance_time", "foot").min_rate_hz <= 100.0


@pytest.mark.parametrize("site", get_args(Site))
def test_a_site_never_changes_what_a_metric_is(site: str) -> None:
    for row in METRICS:
        at = metric(row.id, site)
        assert (at.id, at.kind, at.uses_both_clocks, at.magnitude) == (
            row.id,
            row.kind,
            row.uses_both_clocks,
            row.magnitude,
        )


def test_words_of_each_claim_level() -> None:
    head = "stance time 3.1 % (AI) longer on the right [1.9, 4.3]"
    assert figure_words(figure(claim=1)) == f"{head} in this session"
    assert figure_words(figure(claim=2)) == f"{head}, larger than the measuring error of this setup"
    assert figure_words(figure(claim=3)) == f"{head}, consistent right-side pattern"
    assert figure_words(figure(claim=4)) == f"{head}, differs from your usual"


def test_a_left_figure_says_left_and_prints_no_sign() -> None:
    left = figure_words(figure(-3.14, -4.3, -1.9, metric_id="swing_time"))
    assert left == "swing time 3.1 % (AI) longer on the left [1.9, 4.3], larger than the measuring error of this setup"


def test_a_change_may_be_seen_where_the_interval_holds_zero() -> None:
    text = figure_words(figure(0.8, -0.5, 2.0, claim=4))
    assert text == "stance time 0.8 % (AI) longer on the right [0.5 left, 2.0 right], differs from your usual"


def test_no_difference_and_not_enough_data() -> None:
    nothing = figure_words(figure(0.3, -0.54, 1.2, claim=0))
    assert nothing == "stance time: no difference seen [0.5 left, 1.2 right]"
    assert figure_words(figure(0.0, -0.04, 0.04, claim=0)) == "stance time: no difference seen [0, 0]"
    withheld = figure(math.nan, math.nan, math.nan, claim=0, reason=Reason.TOO_FEW)
    assert figure_words(replace(withheld, n=4)) == (
        "stance time: not enough data (too few strides or samples): 4 of the 6 pairs it takes"
    )
    assert figure_words(figure(math.nan, math.nan, math.nan, claim=0)) == "stance time: not enough data"
    without_interval = figure(0.4, math.nan, math.nan, claim=0)
    assert figure_words(without_interval) == "stance time: not enough data"


@pytest.mark.parametrize(
    ("metric_id", "site", "reason", "said", "known"),
    [
        (
            *("stance_time", "insole", Reason.ONE_SIDE_MISSING, {"n_left": 0, "n_right": 9}),
            "stance time: not enough data (one side was not measured): the left one",
        ),
        (
            *("step_time", "foot", Reason.SYNC, {"sync_error_s": 0.0123}),
            "step time: not enough data (the clocks of the two sides are too far apart): 12.3 ms, at most 2 ms",
        ),
        (
            *("stance_time", "foot", Reason.SYNC, {"sync_error_s": 0.01}),
            "stance time: not enough data (the clocks of the two sides are too far apart)",
        ),
        (
            *("step_time", "foot", Reason.SYNC, {"sync_error_s": math.inf}),
            "step time: not enough data (the clocks of the two sides are too far apart)",
        ),
        (
            *("load_share", "plate", Reason.BELOW_FLOOR, {"left_mean": 20.0, "right_mean": 31.4}),
            "load on the foot: not enough data (the values are too small to compare): left and right come to 51.4 N, "
            "it takes 100",
        ),
        (
            *("swing_time", "foot", Reason.RATE_TOO_LOW, {}),
            "swing time: not enough data (the sampling rate is too low): it takes 100 Hz",
        ),
        (
            *("swing_time", "insole", Reason.RATE_TOO_LOW, {}),
            "swing time: not enough data (the sampling rate is too low): it takes 50 Hz",
        ),
        (
            *("stance_time", "foot", Reason.SENSOR_FAULT, {}),
            "stance time: not enough data (a sensor does not measure well)",
        ),
    ],
)
def test_a_withheld_figure_says_what_there_is_and_what_it_takes(
    metric_id: str, site: str, reason: str, said: dict[str, float], known: str
) -> None:
    withheld = figure(math.nan, math.nan, math.nan, claim=0, reason=reason, metric_id=metric_id, site=site)
    assert figure_words(replace(withheld, **said)) == known  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ("insole", "load on the foot 4.8 % (AI) more on the right (52.4 % right) [4.0, 5.5] in this session"),
        ("plate", "load on the foot 4.8 % (AI) more on the right (52.4 % right) [4.0, 5.5] in this session"),
        ("strap", "bag strap load 4.8 % (AI) more on the right (52.4 % right) [4.0, 5.5] in this session"),
        ("grip", "grip force 4.8 % (AI) higher on the right (52.4 % right) [4.0, 5.5] in this session"),
        ("pedal", "pedal power 4.8 % (AI) more on the right (52.4 % right) [4.0, 5.5] in this session"),
    ],
)
def test_a_load_is_called_by_what_bears_it(site: str, words: str) -> None:
    assert figure_words(figure(4.8, 4.0, 5.5, metric_id="load_share", site=site, claim=1)) == words


def test_all_of_a_load_is_called_all() -> None:
    assert figure_words(figure(-100.0, -100.0, -100.0, metric_id="load_share", site="strap")) == (
        "bag strap load all on the left [100.0, 100.0], larger than the measuring error of this setup"
    )


def test_a_share_names_the_larger_side() -> None:
    assert share_words(4.8) == "52.4 % right"
    assert share_words(-4.8) == "52.4 % left"
    assert share_words(0.0) == share_words(-0.05) == "even"
    assert share_words(math.nan) == ""
    load = figure_words(figure(4.8, 4.0, 5.5, metric_id="load_share", claim=1))
    assert load == "load 4.8 % (AI) more load on the right (52.4 % right) [4.0, 5.5] in this session"
    assert "% right)" not in figure_words(figure(metric_id="peak_force"))


@given(
    st.sampled_from(IDS),
    st.sampled_from(get_args(Site)),
    st.floats(-100, 100),
    st.floats(0, 20),
    st.integers(0, 4),
    st.sampled_from([value for name, value in vars(Reason).items() if name.isupper()]),
)
def test_every_sentence_has_a_side_word_no_sign_and_no_judgement(
    metric_id: str, site: str, ai: float, half: float, claim: int, reason: str
) -> None:
    if abs(ai) <= half:
        claim = 0  # the ladder gives no claim to an interval that holds zero
    text = figure_words(figure(ai, ai - half, ai + half, claim=claim, reason=reason, metric_id=metric_id, site=site))
    assert not FORBIDDEN.search(text)
    assert not re.search(r"[-+−]\d", text)
    if not reason and claim:
        side, other = ("right", "left") if ai > 0 else ("left", "right")
        assert f"on the {side}" in text
        assert not re.search(rf"\b{other}\b", text)
