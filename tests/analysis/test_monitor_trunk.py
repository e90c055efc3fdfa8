"""A sensor on the trunk through the monitor: bouts in the reports, the session in the summary, the same law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evenside_analysis.monitor import finish, start, step, summary
from evenside_analysis.report import Report, Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import ACC, GYR, Block, Floats, Node

BACK = Node("back", "pelvis", "centre", (*ACC, *GYR), 100.0)


def walked() -> tuple[Floats, Floats]:
    """Two bouts with a rest between."""
    rng = np.random.default_rng(2)
    time_s = np.rint(np.arange(6000)) / 100.0
    phase, walks = 2.0 * np.pi * time_s / 1.05, ((time_s % 30.0) > 5.0) & ((time_s % 30.0) < 25.0)
    values = rng.normal(0.0, 0.03, (time_s.size, 6))
    values[:, 0] += 1.1 * np.cos(2.0 * phase + 0.4) * walks
    values[:, 1] += 0.8 * np.cos(phase) * walks
    values[:, 2] += 9.81 + (2.4 * np.cos(2.0 * phase) + 0.5 * np.cos(phase)) * walks
    return time_s, values


def told(node: Node, size: int) -> tuple[Report, Summary]:
    settings = MonitorSettings((node,))
    time_s, values = walked()
    state, report = start(settings), Report()
    for at in range(0, time_s.size, size):
        block = Block(node.id, time_s[at : at + size], values[at : at + size, : len(node.channels)])
        state, more = step(settings, state, block)
        report = report.followed_by(more)
    state, more = finish(settings, state)
    return report.followed_by(more), summary(settings, state)


def test_bouts_are_told_as_they_end_and_the_session_sums_them_up() -> None:
    report, session = told(BACK, 1000)
    assert len(report.regularity) == 2
    (whole,) = session.regularity
    assert whole.bouts == 2
    assert whole.strides == sum(bout.strides for bout in report.regularity)
    assert whole.cadence_per_min == pytest.approx(120.0 / 1.05, rel=0.003)
    assert not session.figures
    assert not session.checks.words


@pytest.mark.parametrize("size", [1, 7, 333])
def test_any_cut_gives_the_same(size: int) -> None:
    report, session = told(BACK, size)
    expected, whole = told(BACK, 6000)
    assert report.regularity == expected.regularity
    assert session.regularity == whole.regularity


def test_an_accelerometer_alone_is_enough() -> None:
    report, session = told(replace(BACK, channels=ACC), 1000)
    assert len(report.regularity) == 2
    assert len(session.regularity) == 1


@pytest.mark.parametrize(
    ("node", "words"),
    [(replace(BACK, gravity=False), "gravity was taken off"), (replace(BACK, rate_hz=25.0), "from 38 Hz on")],
)
def test_what_cannot_be_told_is_told_why(node: Node, words: str) -> None:
    _, session = told(node, 1000)
    assert session.regularity == ()
    assert any(words in word for word in session.checks.words)


def test_other_sites_have_no_regularity() -> None:
    report, session = told(replace(BACK, site="wrist"), 1000)
    assert report.regularity == session.regularity == ()
