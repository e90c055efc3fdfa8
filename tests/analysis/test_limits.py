"""Limits: dwell, hysteresis, holds without votes, flips of the side, and that no cut of the figures matters."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.conversions import Threshold
from evenside_analysis.limits import Limit, LimitState, watch
from evenside_analysis.types import Alert, Figure, Reason

# Raised beyond AI 5.26 (10 % percentage difference) for 60 s, cleared below AI 3 for 30 s.
LIMIT = Limit(
    rule="load",
    metric="load_share",
    site="insole",
    raise_at=Threshold(10, "percent_difference"),
    clear_at=Threshold(3, "ai"),
    dwell_s=60.0,
    clear_dwell_s=30.0,
    side="either",
    patience_s=120.0,
)
EAGER = replace(LIMIT, dwell_s=0.0, clear_dwell_s=0.0)


def figure(end_s: float, ai: float, *, claim: int = 2, reason: str = "", site: str = "insole") -> Figure:
    side: Literal["left", "right"] = "right" if ai > 0 else "left"
    return Figure(
        metric="load_share",
        site=site,
        start_s=end_s - 10,
        end_s=end_s,
        n=20,
        n_left=20,
        n_right=20,
        left_mean=300.0,
        left_sd=10.0,
        right_mean=330.0,
        right_sd=10.0,
        difference=30.0,
        ai=ai,
        ai_lo=ai - 1,
        ai_hi=ai + 1,
        bias_budget_ai=0.5,
        mdc95_ai=math.nan,
        claim=claim,
        side=side,
        reason=reason,
        completeness_left=1.0,
        completeness_right=1.0,
        sync_error_s=math.nan,
    )


def told(limit: Limit, *figures: Figure) -> list[tuple[float, str, bool]]:
    _, alerts = watch(limit, LimitState.start(), figures)
    return [(alert.time_s, alert.side, alert.active) for alert in alerts]


def run(limit: Limit, *votes: tuple[float, float]) -> list[tuple[float, str, bool]]:
    return told(limit, *(figure(end_s, ai) for end_s, ai in votes))


def test_a_limit_is_raised_after_its_dwell_and_only_once() -> None:
    assert run(LIMIT, (10, 8), (40, 8), (69, 8)) == []
    assert run(LIMIT, (10, 8), (40, 8), (70, 8), (100, 8), (200, 9)) == [(70, "right", True)]


def test_a_limit_is_cleared_below_its_lower_limit_after_its_dwell() -> None:
    raised = [(0.0, 8.0), (60.0, 8.0)]
    between = [(70.0, 4.0), (110.0, 4.0), (150.0, 4.0)]
    assert run(LIMIT, *raised, *between) == [(60, "right", True)]
    assert run(LIMIT, *raised, (70, 2), (90, 2), (100, 2)) == [(60, "right", True), (100, "right", False)]
    assert run(LIMIT, *raised, (70, 2), (90, 4), (100, 2), (120, 2)) == [(60, "right", True)]


def test_the_alert_carries_limit_and_figure() -> None:
    figures = (figure(5, -8), figure(6, 1))
    _, alerts = watch(EAGER, LimitState.start(), figures)
    assert alerts == (
        Alert("load", "load_share", "insole", 5, True, "left", EAGER.raise_ai, figures[0]),
        Alert("load", "load_share", "insole", 6, False, "left", 3.0, figures[1]),
    )
    assert EAGER.raise_ai == pytest.approx(100 / 19)


def test_a_figure_at_a_limit_is_not_past_it() -> None:
    at_six = replace(EAGER, raise_at=Threshold(6, "ai"))
    assert run(at_six, (1, 6.0), (2, -6.0)) == []
    assert run(at_six, (1, 6.01), (2, 3.0)) == [(1, "right", True)]


def test_a_single_figure_between_the_limits_breaks_the_dwell() -> None:
    assert run(LIMIT, (10, 8), (40, 5), (70, 8), (100, 8)) == []
    assert run(LIMIT, (10, 8), (40, 5), (70, 8), (130, 8)) == [(130, "right", True)]


def test_the_other_side_breaks_the_dwell() -> None:
    assert run(LIMIT, (10, 8), (40, -8), (70, 8), (100, -8)) == []


def test_a_withheld_figure_neither_counts_nor_breaks() -> None:
    withheld = [
        figure(30, 8, reason=Reason.SENSOR_FAULT),
        figure(30, 0, reason=Reason.TOO_FEW),
        figure(30, math.nan),
    ]
    for nothing in withheld:
        assert told(LIMIT, figure(10, 8), nothing, figure(70, 8)) == [(70, "right", True)]
        assert told(LIMIT, figure(10, 8), replace(nothing, end_s=70)) == []


def test_a_long_hold_without_votes_starts_the_dwell_afresh() -> None:
    assert run(LIMIT, (10, 8), (131, 8), (190, 8)) == []
    assert run(LIMIT, (10, 8), (131, 8), (191, 8)) == [(191, "right", True)]
    assert run(LIMIT, (10, 8), (130, 8)) == [(130, "right", True)]
    withheld = tuple(figure(end_s, 8, reason=Reason.SYNC) for end_s in (40.0, 70.0, 100.0))
    assert told(LIMIT, figure(10, 8), *withheld, figure(131, 8)) == []
    # clearing needs votes just as much, and silence clears nothing
    raised = [(0.0, 8.0), (60.0, 8.0)]
    assert run(LIMIT, *raised, (70, 2), (500, 2)) == [(60, "right", True)]
    assert run(LIMIT, *raised, (9000, 8)) == [(60, "right", True)]


def test_a_weak_claim_is_no_vote_for_raising() -> None:
    unsure = figure(40, 8, claim=0)
    assert told(LIMIT, figure(10, 8), unsure, figure(70, 8)) == []
    strict = replace(LIMIT, min_claim=3)
    assert told(strict, figure(10, 8), figure(70, 8)) == []
    assert told(strict, figure(10, 8, claim=3), figure(70, 8, claim=4)) == [(70, "right", True)]
    # nothing to be sure of is needed for being even
    assert told(EAGER, figure(1, 8), figure(2, 1, claim=0))[-1] == (2, "right", False)


def test_only_the_watched_side_raises() -> None:
    left_only = replace(EAGER, side="left")
    assert run(left_only, (10, 8), (20, 9)) == []
    assert run(left_only, (10, -8), (20, 9)) == [(10, "left", True), (20, "left", False)]


def test_a_flip_of_the_side_clears_first() -> None:
    assert run(EAGER, (1, 8), (2, -8)) == [(1, "right", True), (2, "right", False), (2, "left", True)]
    votes = [(0.0, 8.0), (60.0, 8.0), (70.0, -8.0), (100.0, -8.0), (130.0, -8.0), (160.0, -8.0)]
    assert run(LIMIT, *votes) == [(60, "right", True), (100, "right", False), (160, "left", True)]


def test_other_metrics_and_sites_are_passed_over() -> None:
    stranger = figure(40, 1, site="plate")
    assert told(LIMIT, figure(10, 8), stranger, replace(stranger, metric="impulse"), figure(70, 8)) == [
        (70, "right", True)
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"clear_at": Threshold(6, "ai")}, r"load: clear_at \(6 AI points\) must not lie above raise_at \(5.26\)"),
        ({"dwell_s": -1.0}, "dwell_s -1.0"),
        ({"clear_dwell_s": math.nan}, "clear_dwell_s nan"),
        ({"patience_s": math.inf}, "patience_s inf"),
        ({"side": "centre"}, "centre"),
        ({"min_claim": 5}, "min_claim 5"),
    ],
)
def test_limits_that_cannot_work_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(LIMIT, **change)  # type: ignore[arg-type]


FIGURES = st.lists(
    st.builds(
        lambda gap_s, ai, claim, reason: (gap_s, figure(0, ai, claim=claim, reason=reason)),
        st.sampled_from([1.0, 20.0, 40.0, 200.0]),
        st.sampled_from([-9.0, -6.0, -4.0, -1.0, 0.0, 1.0, 4.0, 6.0, 9.0, math.nan]),
        st.sampled_from([0, 1, 2]),
        st.sampled_from(["", "", "", Reason.SENSOR_FAULT]),
    ),
    max_size=40,
)
LIMITS = st.builds(
    lambda dwell_s, clear_dwell_s, side: replace(LIMIT, dwell_s=dwell_s, clear_dwell_s=clear_dwell_s, side=side),
    st.sampled_from([0.0, 20.0, 60.0]),
    st.sampled_from([0.0, 20.0, 40.0]),
    st.sampled_from(["left", "right", "either"]),
)


def in_time(steps: list[tuple[float, Figure]]) -> tuple[Figure, ...]:
    end_s, figures = 0.0, []
    for gap_s, one in steps:
        end_s += gap_s
        figures.append(replace(one, end_s=end_s))
    return tuple(figures)


@given(FIGURES, LIMITS, st.lists(st.integers(0, 40), max_size=5))
def test_any_cut_of_the_figures_gives_the_same_alerts(
    steps: list[tuple[float, Figure]], limit: Limit, cuts: list[int]
) -> None:
    figures = in_time(steps)
    end, whole = watch(limit, LimitState.start(), figures)
    state = LimitState.start()
    alerts: list[Alert] = []
    edges = [0, *sorted(min(cut, len(figures)) for cut in cuts), len(figures)]
    for first, last in pairwise(edges):
        state, some = watch(limit, pickle.loads(pickle.dumps(state)), figures[first:last])
        alerts += some
    # the very figures, so that NaN inside of them compares equal
    assert [(alert.time_s, alert.side, alert.active, id(alert.figure)) for alert in alerts] == [
        (alert.time_s, alert.side, alert.active, id(alert.figure)) for alert in whole
    ]
    assert state == end


@given(FIGURES, LIMITS)
def test_raises_and_clears_take_turns_and_come_from_votes(steps: list[tuple[float, Figure]], limit: Limit) -> None:
    state, alerts = watch(limit, LimitState.start(), in_time(steps))
    standing: str | None = None
    for alert in alerts:
        assert alert.active == (standing is None)
        assert alert.active or alert.side == standing
        standing = alert.side if alert.active else None
        assert alert.figure.reason == ""
        assert not math.isnan(alert.figure.ai)
        if alert.active:
            assert limit.side in (alert.side, "either")
            assert abs(alert.figure.ai) > limit.raise_ai
            assert alert.figure.claim >= limit.min_claim
    assert state.active == standing


@given(FIGURES)
def test_exchanged_sides_raise_the_same_alerts_on_the_other_side(steps: list[tuple[float, Figure]]) -> None:
    mirrored = [(gap_s, replace(one, ai=-one.ai)) for gap_s, one in steps]
    forth = told(LIMIT, *in_time(steps))
    other = {"left": "right", "right": "left"}
    assert told(LIMIT, *in_time(mirrored)) == [(time_s, other[side], active) for time_s, side, active in forth]
