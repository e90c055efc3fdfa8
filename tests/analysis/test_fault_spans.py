"""Spans become events, and events a log that judges a moment by what was known then."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.fault_log import FaultLog, faults_in, logged, spoiling
from evenside_analysis.fault_spans import OpenSpan, Queue, queued, spanned
from evenside_analysis.fault_types import FAULTS, FaultEvent, Spoils, kind_of

INF = math.inf


def events(found: list[tuple[float, float, float]], settled_s: float = INF) -> tuple[FaultEvent, ...]:
    return spanned("stuck", "left", 2.0, OpenSpan(), found, settled_s)[1]


def test_a_span_is_told_when_it_is_known_and_again_when_it_is_over() -> None:
    assert events([(1.0, 3.0, 3.0)]) == (
        FaultEvent("stuck", "left", 1.0, INF, 3.0),
        FaultEvent("stuck", "left", 1.0, 3.0, 5.0),
    )
    assert events([(1.0, 3.0, 3.0)], settled_s=5.0) == (FaultEvent("stuck", "left", 1.0, INF, 3.0),)


def test_spans_that_are_near_are_one() -> None:
    assert [event.end_s for event in events([(1.0, 2.0, 2.0), (3.5, 4.0, 4.0), (9.0, 9.5, 9.5)])] == [
        INF,
        4.0,
        INF,
        9.5,
    ]


@given(
    steps=st.lists(st.tuples(st.floats(0.1, 4.0), st.floats(0.0, 3.0)), max_size=12),
    cuts=st.lists(st.floats(0.0, 60.0), max_size=6),
)
def test_any_cut_of_what_was_found_gives_the_same_events(steps: list[tuple[float, float]], cuts: list[float]) -> None:
    found, now_s = [], 0.0
    for step_s, back_s in steps:
        now_s += step_s
        found.append((now_s - back_s, now_s, now_s))
    want = events(found)
    span, told = OpenSpan(), list[FaultEvent]()
    before = -INF
    for cut in [*sorted(cuts), INF]:
        part = [one for one in found if before <= one[2] < cut]
        span, more = spanned("stuck", "left", 2.0, span, part, cut)
        told += more
        before = cut
    assert tuple(told) == want


def test_events_come_out_in_one_order_and_not_before_they_are_certain() -> None:
    early, late = FaultEvent("gap", "left", 0.0, INF, 1.0), FaultEvent("tilt", "left", 0.0, INF, 2.0)
    queue, ready = queued(Queue(), [late], 2.0)
    assert ready == ()
    queue, ready = queued(queue, [early], 2.5)
    assert ready == (early, late)
    assert queued(queue, [], 1.0)[0].settled_s == 2.5


def test_a_moment_is_judged_by_what_was_known_then() -> None:
    log = logged(FaultLog(), events([(10.0, 20.0, 20.0)]), keep_s=-INF)
    assert faults_in(log, ["left"], 0.0, 15.0, at_s=15.0) == ()  # not known yet
    assert len(faults_in(log, ["left"], 0.0, 15.0, at_s=20.0)) == 1
    assert len(faults_in(log, ["left"], 20.5, 30.0, at_s=21.0)) == 1  # not known to be over yet
    assert faults_in(log, ["left"], 20.5, 30.0, at_s=22.0) == ()
    assert faults_in(log, ["right"], 0.0, 30.0, at_s=30.0) == ()
    assert faults_in(log, ["left"], 0.0, 10.0, at_s=30.0) == ()


def test_the_log_forgets_old_spans_and_keeps_their_totals() -> None:
    told = events([(10.0, 20.0, 20.0), (50.0, 55.0, 55.0)])
    log = logged(FaultLog(), told, keep_s=40.0)
    assert [fault.start_s for fault in log.faults] == [50.0]
    (total,) = log.totals
    assert (total.count, total.first_s, total.lasted_s) == (2, 10.0, 15.0)
    assert logged(log, [], keep_s=100.0).faults == ()
    one_by_one = FaultLog()
    for event in told:
        one_by_one = logged(one_by_one, [event], keep_s=40.0)
    assert one_by_one == log


def test_a_fault_withholds_only_what_it_spoils_and_advice_nothing() -> None:
    told = [FaultEvent(kind, "left", 0.0, INF, 1.0) for kind in ("clip", "stride_time", "delay")]
    log = logged(FaultLog(), told, keep_s=-INF)

    def kinds(quantity: Spoils) -> list[str]:
        return [kind.id for kind in spoiling(log, ["left"], quantity, 0.0, 10.0, 10.0)]

    assert kinds(Spoils.MAGNITUDES) == ["clip"]
    assert kinds(Spoils.TIMES) == ["stride_time"]
    assert kinds(Spoils.BETWEEN) == ["stride_time"]


def test_every_kind_says_what_it_spoils_and_only_advice_spoils_nothing() -> None:
    for kind in FAULTS.values():
        assert kind.words
        assert (kind.source == "advice") == (kind.spoils == Spoils.NOTHING)
    with pytest.raises(ValueError, match="no kind of fault"):
        kind_of("nonsense")
