"""Whatever is done to the wall clock while a session runs, no figure and no time changes; that it moved is told."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import astuple, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from evenside.daemon.moments import Moments
from evenside.store import Reader

if TYPE_CHECKING:
    from tests.host.daemon.conftest import Bench

NOON = int(datetime(2025, 7, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000_000
HOUR_NS = 3_600_000_000_000


def wall(start_ns: int, *steps_ns: int) -> Callable[[], int]:
    """A wall clock that is set anew with each asking, as often as there are steps; then it stands still."""
    waiting = list(steps_ns)
    now_ns = start_ns

    def ask() -> int:
        nonlocal now_ns
        asked = now_ns
        if waiting:
            now_ns += waiting.pop(0)
        return asked

    return ask


CLOCKS = {
    "midnight": wall(int(datetime(2025, 12, 31, 23, 59, 59, 900_000, tzinfo=UTC).timestamp() * 1e9), 200_000_000),
    "set an hour ahead": wall(NOON, HOUR_NS),
    "set back a day": wall(NOON, -24 * HOUR_NS),
    "set again and again": wall(NOON, HOUR_NS, -2 * HOUR_NS, 5_000_000_000, -HOUR_NS),
    "summer time ends": wall(int(datetime(2025, 10, 26, 0, 59, 59, tzinfo=UTC).timestamp()) * 1_000_000_000, HOUR_NS),
}


def stored(bench: Bench, wall_ns: Callable[[], int]) -> tuple[list[object], list[tuple[float, str]], list[float]]:
    plan = bench.plan(limits=(bench.limit(),))
    bench.run(plan, wall_ns=wall_ns)
    with Reader(plan.store) as reader:
        session = reader.sessions(count=1)[0]
        start, rows = session.start, list(reader.figures(session.start.id))
        figures = [struct.pack("<q", round(timed.ts_ns - start.started_ns)) for timed in rows]
        cells = [
            tuple(struct.pack("<d", cell) if isinstance(cell, float) else cell for cell in astuple(timed.row.figure))
            for timed in rows
        ]
        events = [(timed.row.time_s, timed.row.kind) for timed in reader.events(start.id)]
        alerts = [timed.row.alert.time_s for timed in reader.alerts(start.id)]
    return [*figures, *cells], events, alerts


@pytest.mark.parametrize("name", CLOCKS)
def test_no_figure_and_no_time_changes(bench: Bench, name: str) -> None:
    bench.walking(40.0)
    figures, _, alerts = stored(bench, wall(NOON))
    bench.folder /= "other"
    moved, events, moved_alerts = stored(bench, CLOCKS[name])
    assert figures
    assert moved == figures
    assert moved_alerts == alerts == alerts[:1]
    if name != "midnight":
        assert any(kind == "clock_stepped" for _, kind in events)


def test_a_clock_that_runs_is_not_said_to_step() -> None:
    now_s = 0.0
    moments = Moments(lambda: now_s, lambda: NOON + round(now_s * 1e9))
    while now_s < 100_000.0:
        now_s += 9_000.0
        assert moments.step_s() is None
    assert moments.started_ns == NOON


def test_a_step_is_told_once_and_its_taking_back_too() -> None:
    now_s, off_ns = 0.0, 0
    moments = Moments(lambda: now_s, lambda: NOON + round(now_s * 1e9) + off_ns)
    now_s, off_ns = 5.0, HOUR_NS
    assert moments.step_s() == pytest.approx(3600.0)
    now_s = 6.0
    assert moments.step_s() is None
    off_ns = 0
    assert moments.step_s() == pytest.approx(-3600.0)


def test_a_slow_drift_is_told_only_once_it_adds_up() -> None:
    now_s, off_ns = 0.0, 0
    moments = Moments(lambda: now_s, lambda: NOON + off_ns)
    told = []
    for tick in range(100):
        off_ns = tick * 30_000_000
        told.append(moments.step_s())
    assert [step for step in told if step is not None] == pytest.approx([1.02, 1.02])


def test_second_zero_is_that_of_the_clocks_beginning_not_of_their_first_asking() -> None:
    moments = Moments(lambda: 2.5, lambda: NOON)
    assert moments.started_ns == NOON - 2_500_000_000


def test_a_replay_may_carry_the_date_of_its_recording(bench: Bench) -> None:
    bench.walking(20.0)
    plan = bench.plan()
    plan = replace(plan, sessions=(replace(plan.sessions[0], started_ns=NOON, kind="replay"),))
    bench.run(plan)
    with Reader(plan.store) as reader:
        session = reader.sessions()[0]
        first = next(reader.figures(session.start.id))
    assert session.start.started_ns == NOON
    assert first.ts_ns == NOON + round(first.row.figure.end_s) * 1_000_000_000
