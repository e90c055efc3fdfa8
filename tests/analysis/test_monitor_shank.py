"""Two shanks through the monitor: timing figures as from feet, with the same law."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.monitor import finish, start, step, summary
from evenside_analysis.report import Report, Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import ACC, GYR, Block, Floats, Node

RATE_HZ, STRIDE_S, SPAN_S = 100.0, 1.1, 50.0
NODES = (
    Node("ls", "shank", "left", (*ACC, *GYR), RATE_HZ, clock="a"),
    Node("rs", "shank", "right", (*ACC, *GYR), RATE_HZ, clock="a"),
)
SETTINGS = MonitorSettings(NODES, window_s=20.0, hop_s=5.0)
CONTACT_S = {"left": 0.20, "right": 0.23}  # after mid-swing: the right swing is longer


def bump(phase_s: Floats, at_s: float, width_s: float) -> Floats:
    away_s = (phase_s - at_s + 0.5 * STRIDE_S) % STRIDE_S - 0.5 * STRIDE_S
    return np.asarray(np.exp(-0.5 * (away_s / width_s) ** 2))


def walked() -> dict[str, tuple[Floats, Floats]]:
    """Each leg about another axis of its sensor; the right one is mounted the other way round."""
    out = {}
    for place, node in enumerate(NODES):
        rng = np.random.default_rng(place)
        time_s = np.rint(np.arange(int(SPAN_S * RATE_HZ)) / RATE_HZ * 1e6) / 1e6
        jitter_s = 0.01 * np.sin(2.0 * np.pi * time_s / 7.3)
        phase_s = time_s + jitter_s + (0.5 * STRIDE_S if node.side == "right" else 0.0)
        rate = -3.2 * bump(phase_s, -0.17, 0.06) + 5.5 * bump(phase_s, 0.0, 0.09)
        rate -= 2.2 * bump(phase_s, CONTACT_S[node.side], 0.025) + 0.9 * bump(phase_s, 0.55, 0.11)
        values = rng.normal(0.0, 0.02, (time_s.size, 6))
        values[:, 2] += 9.81
        values[:, 4 + place] += rate if node.side == "left" else -rate
        out[node.id] = (time_s, values)
    return out


def told(blocks: list[Block]) -> tuple[Report, Summary]:
    state, report = start(SETTINGS), Report()
    for block in blocks:
        state, more = step(SETTINGS, state, block)
        report = report.followed_by(more)
    state, more = finish(SETTINGS, state)
    return report.followed_by(more), summary(SETTINGS, state)


def cut(sizes: tuple[int, int]) -> list[Block]:
    blocks: list[Block] = []
    for size, (name, (time_s, values)) in zip(sizes, walked().items(), strict=True):
        starts = range(0, time_s.size, size)
        blocks += [Block(name, time_s[at : at + size], values[at : at + size]) for at in starts]
    return blocks


def bits(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, float):
        return np.float64(value).tobytes()
    if isinstance(value, tuple | list):
        return [bits(one) for one in value]
    return value


@pytest.fixture(scope="module")
def whole() -> tuple[Report, Summary]:
    return told(cut((10_000, 10_000)))


def test_two_shanks_give_the_timing_figures_of_two_feet(whole: tuple[Report, Summary]) -> None:
    _, session = whole
    figures = {figure.metric: figure for figure in session.figures}
    assert set(figures) == {"step_time", "stride_time", "stance_time", "swing_time", "double_support"}
    for figure in figures.values():
        assert figure.site == "shank"
        assert figure.reason == ""
        assert figure.n > 30
    swing = figures["swing_time"]
    assert swing.right_mean - swing.left_mean == pytest.approx(0.03, abs=0.004)
    assert swing.side == "right"
    assert figures["stride_time"].left_mean == pytest.approx(STRIDE_S, abs=0.005)
    assert figures["stance_time"].side == "left"


def test_contacts_and_windows_are_told_while_the_walk_goes_on(whole: tuple[Report, Summary]) -> None:
    report, _ = whole
    assert {found.node for found in report.contacts} == {"ls", "rs"}
    assert sum(figure.metric == "swing_time" for figure in report.figures) >= 5


@settings(max_examples=8, deadline=None)
@given(st.tuples(st.integers(1, 400), st.integers(1, 400)))
def test_any_cut_gives_the_same_bits(whole: tuple[Report, Summary], sizes: tuple[int, int]) -> None:
    report, session = told(cut((max(sizes[0], 20), sizes[1] + 20)))
    assert bits(astuple(session)) == bits(astuple(whole[1]))
    assert bits([astuple(one) for one in report.figures]) == bits([astuple(one) for one in whole[0].figures])
