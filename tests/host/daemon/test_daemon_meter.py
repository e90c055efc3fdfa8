"""Counting what comes in of a node, and speaking for nodes that cannot."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.daemon import DaemonTimings
from evenside.daemon.meter import NodeMeter, rows_of_the_silent
from evenside_analysis.types import Block, Node

TIMINGS = DaemonTimings()


def meter(name: str = "l") -> NodeMeter:
    return NodeMeter(Node(name, "insole", "left", ("force",), 100.0))


def block(first: int, count: int, *, silent: bool = False, error_s: float = 0.0) -> Block:
    times = (np.arange(count) + first) * 10_000 / 1e6
    return Block("l", times, np.full((count, 1), math.nan if silent else 1.0), error_s)


def test_the_rate_is_that_of_the_last_seconds_of_session_time() -> None:
    found = meter()
    for second in range(30):
        found.take(block(second * 100, 100), float(second))
        found.mark()
    assert found.rate_hz == pytest.approx(100.0)
    for second in range(30, 60):
        found.take(block(second * 100, 50), float(second))
        found.mark()
    assert found.rate_hz == pytest.approx(50.0)


def test_no_rate_and_no_loss_before_anything_was_heard() -> None:
    found = meter()
    found.mark()
    assert math.isnan(found.rate_hz)
    assert math.isnan(found.lost_share)


def test_what_was_not_heard_between_first_and_last_is_lost() -> None:
    found = meter()
    found.take(block(0, 100), 0.0)
    found.take(block(100, 100, silent=True), 1.0)
    found.take(block(200, 200), 2.0)
    assert found.samples == 300
    assert found.lost_share == pytest.approx(0.25)
    assert found.heard_s == 3.99


def test_a_row_of_nan_is_no_sample() -> None:
    found = meter()
    found.take(block(0, 10, silent=True), 4.0)
    assert found.samples == 0
    assert found.heard_now_s == -math.inf
    assert found.last_s == 0.09


def test_the_clock_error_is_that_of_the_last_sample_heard() -> None:
    found = meter()
    found.take(block(0, 10, error_s=0.002), 0.0)
    found.take(block(10, 1, silent=True, error_s=math.inf), 0.0)
    assert found.clock_error_s == 0.002


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12))
def test_what_is_kept_of_any_blocks_is_strictly_later_each_time(parts: list[tuple[int, int]]) -> None:
    found = meter()
    kept = [part for first, count in parts if (part := found.take(block(first, count), 0.0)) is not None]
    times = np.concatenate([part.time_s for part in kept]) if kept else np.empty(0)
    assert bool(np.all(np.diff(times) > 0))
    assert found.samples + found.late == sum(count for _, count in parts)


def test_a_node_that_is_over_follows_behind_the_others() -> None:
    over, other = meter("l"), meter("r")
    over.take(block(0, 100), 0.0)
    over.over = True
    other.take(block(0, 350), 0.0)
    assert rows_of_the_silent([over, other], 3.5, TIMINGS, live=True) == []
    other.take(block(350, 10_000), 3.5)
    (row,) = rows_of_the_silent([over, other], 4.0, TIMINGS, live=True)
    assert row.node == "l"
    assert row.time_s.tolist() == [98.49]
    assert np.isnan(row.values).all()


def test_a_node_never_heard_follows_far_behind_and_only_in_a_live_session() -> None:
    never, other = meter("l"), meter("r")
    other.take(block(0, 10_000), 0.0)
    assert rows_of_the_silent([never, other], 100.0, TIMINGS, live=False) == []
    assert rows_of_the_silent([never, other], 50.0, TIMINGS, live=True) == []
    (row,) = rows_of_the_silent([never, other], 100.0, TIMINGS, live=True)
    assert row.time_s.tolist() == [39.99]


def test_a_node_that_may_yet_be_heard_is_never_spoken_for() -> None:
    lost, other = meter("l"), meter("r")
    lost.take(block(0, 100), 0.0)
    lost.link = "silent"
    other.take(block(0, 100_000), 0.0)
    assert rows_of_the_silent([lost, other], 1000.0, TIMINGS, live=True) == []
    lost.link = "refused"
    assert len(rows_of_the_silent([lost, other], 1000.0, TIMINGS, live=True)) == 1


def test_at_the_end_of_all_nobody_is_spoken_for() -> None:
    one, other = meter("l"), meter("r")
    one.take(block(0, 100), 0.0)
    other.take(block(0, 10_000), 0.0)
    one.over = other.over = True
    assert rows_of_the_silent([one, other], 1000.0, TIMINGS, live=True) == []


def test_where_nobody_was_heard_no_time_passes() -> None:
    one, other = meter("l"), meter("r")
    one.over = True
    assert rows_of_the_silent([one, other], 1000.0, TIMINGS, live=True) == []
