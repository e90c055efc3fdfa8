"""What joins two sides: rows kept apart by their flags, loads with an idle side, and the check of the force level."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evenside_analysis.metrics import figure_words
from evenside_analysis.monitor import MonitorState, finish, start, step, summary
from evenside_analysis.report import Summary
from evenside_analysis.settings import MonitorSettings, Trust
from evenside_analysis.types import FORCE, Block, Figure, Floats, Node, Reason, Site

TIME_S = np.arange(0, 6000) / 100.0


def walking(offset: float, stance: float = 0.62) -> Floats:
    phase = (TIME_S / 1.1 + offset) % 1.0
    return np.where(phase < stance, 800.0 * np.sin(np.pi * np.clip(phase / stance, 0.0, 1.0)), 0.0)


def settings(site: Site, trust: Trust | None = None) -> MonitorSettings:
    nodes = (
        Node("l", site, "left", (FORCE,), 100.0, clock="one"),
        Node("r", site, "right", (FORCE,), 100.0, clock="one"),
    )
    return MonitorSettings(nodes, trust=() if trust is None else ((site, trust),))


def session(told: MonitorSettings, left: Floats, right: Floats) -> Summary:
    state: MonitorState = start(told)
    for node, force_n in (("l", left), ("r", right)):
        state, _ = step(told, state, Block(node, TIME_S, force_n[:, np.newaxis]))
    state, _ = finish(told, state)
    return summary(told, state)


def of(found: Summary, metric: str) -> Figure:
    (figure,) = (figure for figure in found.figures if figure.metric == metric)
    return figure


def test_a_foot_that_presses_lightly_before_it_bears_is_told_and_stands_in_the_budget() -> None:
    phase = (TIME_S / 1.1 + 0.5) % 1.0
    # For 44 ms, and until the weight comes: above the one level, below the other.
    hovering = np.where((phase > 0.96) | (phase < 0.05), 70.0, 0.0)
    even = session(settings("insole"), walking(0.0), walking(0.5))
    uneven = session(settings("insole"), walking(0.0), np.maximum(walking(0.5), hovering))
    told = [word for word in uneven.checks.words if "level of force" in word]
    assert told[0].startswith("insole: the asymmetry of stance times moves by 4.")
    assert not [word for word in even.checks.words if "level of force" in word]
    stance = of(uneven, "stance_time")
    assert stance.ai == pytest.approx(100.0 * (0.044 + 0.014) / 1.36, abs=0.4)
    assert (stance.claim, of(even, "stance_time").bias_budget_ai < 0.5) == (1, True)
    assert stance.bias_budget_ai > 4.0
    assert of(uneven, "stride_time").bias_budget_ai < 0.1


@pytest.mark.parametrize("zero_n", [-10.0, 10.0])
def test_an_error_that_a_swing_does_not_show_feigns_no_more_than_the_budget(zero_n: float) -> None:
    pressed = walking(0.5)
    found = session(settings("insole", Trust(0.0, 10.0)), walking(0.0), np.where(pressed > 10.0, pressed + zero_n, 0.0))
    for metric in ("stance_time", "swing_time"):
        figure = of(found, metric)
        assert 0.15 < abs(figure.ai) < 1.3 * figure.bias_budget_ai < 1.0, metric


@pytest.mark.parametrize("zero_n", [-15.0, 15.0, 40.0, 70.0])
def test_a_zero_that_is_off_is_taken_off_and_told(zero_n: float) -> None:
    even = session(settings("insole"), walking(0.0), walking(0.5))
    off = session(settings("insole"), walking(0.0), walking(0.5) + zero_n)
    for figure in even.figures:
        if figure.metric not in ("loading_rate", "load_share"):
            moved = of(off, figure.metric)
            assert moved.n >= figure.n - 1
            assert moved.ai == pytest.approx(figure.ai, abs=0.05)
    # Nobody knows the zero before the first swing is over.
    assert of(off, "load_share").ai == pytest.approx(of(even, "load_share").ai, abs=0.3)
    told = [word for word in off.checks.words if "in the air" in word]
    assert told == [f"r: reads {zero_n:.0f} N while the foot is in the air; that is taken off every force of it"]
    assert not [word for word in even.checks.words if "in the air" in word]


def test_the_zero_error_of_an_impulse_counts_against_the_mean_force_of_a_stance() -> None:
    found = session(settings("plate", Trust(0.0, 10.0)), walking(0.0), walking(0.5))
    impulse, stance = of(found, "impulse"), of(found, "stance_time")
    mean_n = impulse.left_mean / stance.left_mean + impulse.right_mean / stance.right_mean
    assert impulse.bias_budget_ai == pytest.approx(100.0 * 10.0 / mean_n)
    assert mean_n == pytest.approx(2.0 * 800.0 * 2.0 / math.pi, rel=0.05)


def test_the_two_levels_of_the_check_are_no_figures() -> None:
    names = [figure.metric for figure in session(settings("insole"), walking(0.0), walking(0.5)).figures]
    assert names == [
        *("step_time", "stride_time", "stance_time", "swing_time", "double_support"),
        *("peak_force", "impulse", "loading_rate", "load_share"),
    ]


def test_a_loading_rate_is_withheld_below_200_hz_and_says_so() -> None:
    found = of(session(settings("insole"), walking(0.0), walking(0.5)), "loading_rate")
    assert (found.reason, found.n, math.isnan(found.left_mean)) == (Reason.RATE_TOO_LOW, 0, True)
    assert figure_words(found) == "loading rate: not enough data (the sampling rate is too low): it takes 200 Hz"


def test_strides_of_starts_and_stops_are_measured_and_not_compared() -> None:
    walks = TIME_S % 15.4 < 12.1  # eleven strides, then standing for three seconds
    left, right = np.where(walks, walking(0.0), 400.0), np.where(walks, walking(0.5), 400.0)
    state = start(settings("insole"))
    rows = 0
    for node, force_n in (("l", left), ("r", right)):
        state, report = step(settings("insole"), state, Block(node, TIME_S, force_n[:, np.newaxis]))
        rows += sum(pair.rows.end_s.size for pair in report.rows if "stance_time" in pair.metrics)
    stance = of(summary(settings("insole"), state), "stance_time")
    assert rows > stance.n + 6
    assert stance.n > 20
    alone = of(session(settings("insole"), left * (TIME_S < 6.0), right * (TIME_S < 6.0)), "stance_time")
    assert (alone.reason, alone.n_left > alone.n) == (Reason.TOO_FEW, True)


def test_a_stride_over_lost_samples_is_not_even_measured() -> None:
    left, lost = walking(0.0), (TIME_S % 1.1 > 0.3) & (TIME_S % 1.1 < 0.45)
    every = of(session(settings("insole"), np.where(lost, np.nan, left), walking(0.5)), "stance_time")
    assert (every.reason, every.n_left) == (Reason.ONE_SIDE_MISSING, 0)
    lost &= TIME_S % 2.2 < 1.1
    half = of(session(settings("insole"), np.where(lost, np.nan, left), walking(0.5)), "stance_time")
    assert 20 < half.n < 30
    assert half.ai == pytest.approx(0.0, abs=0.1)


def test_a_force_below_zero_is_no_load() -> None:
    load = of(session(settings("strap"), np.full(6000, -4.0), np.full(6000, 40.0)), "load_share")
    assert (load.left_mean, load.right_mean, load.ai) == (0.0, 40.0, 100.0)


def test_a_window_in_which_neither_side_bears_anything_does_not_count() -> None:
    worn = TIME_S < 30.0
    load = of(session(settings("strap"), np.where(worn, 20.0, 1.0), np.where(worn, 30.0, 2.0)), "load_share")
    assert load.n == 15  # a window begins every two seconds; the last one was half worn
    assert load.left_mean == pytest.approx(20.0, rel=0.05)
    assert load.ai == pytest.approx(20.0, abs=0.5)
