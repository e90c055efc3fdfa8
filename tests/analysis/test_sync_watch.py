"""Sync events on the stream: taps are found by themselves, compared with the clocks, and withhold what they must."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.simulator import Device, Stand, Walk, Wearer, advance, default_nodes
from evenside.simulator import start as start_wearer
from evenside_analysis import monitor
from evenside_analysis.metrics import figure_words
from evenside_analysis.report import Report, Summary
from evenside_analysis.settings import MonitorSettings, Pair, pairs_of
from evenside_analysis.sync_event import SyncEvent
from evenside_analysis.sync_watch import (
    SyncFinding,
    SyncWatch,
    can_be_watched,
    clocks_at,
    same_clocks,
    sync_words,
    watch_sync,
)
from evenside_analysis.types import ACC, FORCE, GYR, Block, Figure, Floats, Node, Reason, Site

SPAN_S = 40.0
TAPS_S = (12.0, 12.4, 25.0, 25.3)


def pair(site: Site = "foot", clocks: tuple[str, str] = ("a", "b")) -> Pair:
    left = Node(f"left_{site}", site, "left", (*ACC, *GYR), 100.0, clock=clocks[0])
    return Pair(site, left, replace(left, id=f"right_{site}", side="right", clock=clocks[1]))


FEET = pair()


def tapped(time_s: Floats, acc: Floats, taps_s: Sequence[float], direction: Sequence[float] = (0.3, 0.5, 0.8)) -> None:
    for number, at_s in enumerate(taps_s):
        since_s = np.maximum(time_s - at_s, 0.0)
        ring = np.sin(2.0 * np.pi * 15.0 * since_s) * since_s / 0.02 * np.exp(1.0 - since_s / 0.02)
        acc += 40.0 * ring[:, np.newaxis] * (np.asarray(direction) - [0.0, 0.2 * (number % 2), 0.0])


def felt(node: Node, lag_s: float = 0.0, error_s: float = 0.001, taps_s: Sequence[float] = TAPS_S) -> Block:
    rng = np.random.default_rng(node.side == "right")
    time_s = np.arange(0.003 * (node.side == "right"), SPAN_S, 0.01)
    values = rng.normal(0.0, 0.03, (time_s.size, len(node.channels)))
    values[:, 2] += 9.8
    tapped(time_s, values[:, :3], taps_s)
    return Block(node.id, np.round((time_s + lag_s) * 1e6) / 1e6, values, error_s)


def cut(block: Block, edges: Sequence[int]) -> list[Block]:
    places = sorted({0, *(edge % block.time_s.size for edge in edges), block.time_s.size})
    return [
        Block(block.node, block.time_s[first:end], block.values[first:end], block.clock_error_s)
        for first, end in pairwise(places)
    ]


def watched(blocks: Sequence[Block], used: Pair = FEET) -> tuple[SyncWatch, list[SyncFinding]]:
    watch, found = SyncWatch(), list[SyncFinding]()
    for block in blocks:
        watch, new = watch_sync(used, watch, "left" if block.node == used.left.id else "right", block)
        found += new
    return watch, found


def by_time(*streams: Sequence[Block]) -> list[Block]:
    return sorted((block for stream in streams for block in stream), key=lambda block: float(block.time_s[-1]))


def test_taps_are_found_and_agree_with_clocks_that_are_right() -> None:
    watch, found = watched([felt(FEET.left), felt(FEET.right, 0.0008)])
    for one, time_s in zip(found, (12.0, 25.0), strict=True):
        assert one.event.time_s == pytest.approx(time_s, abs=0.05)
        assert one.event.lag_s == pytest.approx(0.0008, abs=0.0006)
        assert one.stated_s == pytest.approx(math.hypot(0.001, 0.001))
        assert (one.event.kind, one.event.shocks, one.verdict) == ("taps", 2, "agree")
    assert watch.findings == tuple(found)
    assert not watch.off
    assert clocks_at([watch], math.inf) is None


@pytest.mark.parametrize("lag_s", [0.005, -0.012, 0.08, -0.3])
def test_clocks_that_are_off_are_found_out_however_far(lag_s: float) -> None:
    watch, found = watched([felt(FEET.left), felt(FEET.right, lag_s)])
    assert [one.verdict for one in found] == ["disagree", "disagree"]
    assert all(one.event.lag_s == pytest.approx(lag_s, abs=0.001) for one in found)
    assert abs(lag_s) <= watch.off_s <= abs(lag_s) + 0.002
    assert f"the {'right' if lag_s > 0.0 else 'left'} clock is " in found[0].words
    assert "figures that need both are withheld" in found[0].words


@settings(max_examples=25)
@given(st.lists(st.integers(0, 4000), max_size=12), st.lists(st.integers(0, 4000), max_size=12), st.booleans())
def test_any_cut_and_order_find_the_same(left: list[int], right: list[int], in_turn: bool) -> None:
    whole = [felt(FEET.left), felt(FEET.right, 0.004)]
    parts = cut(whole[0], left), cut(whole[1], right)
    blocks = by_time(*parts) if in_turn else [*parts[1], *parts[0]]
    watch, found = watched(blocks)
    assert found == watched(whole)[1]
    assert watch.waiting == ((), ())


def test_a_finding_is_told_before_its_moment_is_settled() -> None:
    watch, settled_s = SyncWatch(), -math.inf
    for block in by_time(*(cut(felt(node), range(0, 4000, 17)) for node in (FEET.left, FEET.right))):
        watch, new = watch_sync(FEET, watch, "left" if block.node == FEET.left.id else "right", block)
        assert all(one.at_s >= settled_s for one in new)
        settled_s = watch.settled_s
    assert len(watch.findings) == 2


def test_lost_rows_at_the_taps_leave_nothing_to_tell() -> None:
    left, right = felt(FEET.left), felt(FEET.right)
    values = right.values.copy()
    values[(right.time_s > 12.2) & (right.time_s < 12.5)] = np.nan
    _, (found,) = watched([left, Block(right.node, right.time_s, values)])
    assert found.event.time_s == pytest.approx(25.0, abs=0.05)


def test_a_row_of_which_anything_is_missing_was_not_heard() -> None:
    left, right = felt(FEET.left), felt(FEET.right)
    whole, part = right.values.copy(), right.values.copy()
    lost = (right.time_s > 12.2) & (right.time_s < 12.25)
    whole[lost], part[lost, 5] = np.nan, np.nan
    found = [watched([left, replace(right, values=values)])[1] for values in (whole, part)]
    assert found[0] == found[1]
    assert len(found[0]) == 1


def test_taps_on_one_side_or_at_other_times_are_none() -> None:
    assert watched([felt(FEET.left), felt(FEET.right, taps_s=())])[1] == []
    assert watched([felt(FEET.left), felt(FEET.right, taps_s=(13.0, 13.4))])[1] == []
    assert watched([felt(FEET.left), felt(FEET.right, taps_s=(12.0, 12.4, 12.8))])[1] == []
    assert watched([felt(FEET.left, taps_s=(12.0,)), felt(FEET.right, taps_s=(12.0,))])[1] == []


def test_two_feet_that_do_the_same_twice_are_not_one_body() -> None:
    """Three shocks that look alike are stamps; two may be chance."""
    for taps_s, kinds in (((12.0, 12.5), []), ((12.0, 12.5, 13.0), ["stamps"])):
        left, right = felt(FEET.left, taps_s=()), felt(FEET.right, taps_s=())
        values = [left.values.copy(), right.values.copy()]
        for one, at, own in zip((left, right), values, ((0.3, 0.5, 0.8), (0.9, -0.3, 0.2)), strict=True):
            tapped(one.time_s, at[:, :3], taps_s)
            tapped(one.time_s - 0.02, at[:, :3], taps_s[::2], tuple(0.8 * axis for axis in own))
        _, found = watched([replace(left, values=values[0]), replace(right, values=values[1])])
        assert [one.event.kind for one in found] == kinds


def test_findings_hold_until_the_next_one_of_the_same_clocks() -> None:
    event = SyncEvent("taps", 12.0, 2, 0.02, 0.0005, 0.001, 0.99)
    off = SyncFinding("foot", 12.0, event, 0.002, ("a", "b"))
    good = SyncFinding("wrist", 30.0, replace(event, lag_s=0.0), 0.002, ("a", "b"))
    watches = [SyncWatch(findings=(off,), off=True), SyncWatch(findings=(good,))]
    assert clocks_at(watches, 12.0) is None
    assert clocks_at(watches, 20.0) == off
    assert clocks_at(watches, 40.0) is None
    assert clocks_at(watches[:1], 40.0) == off


def test_clocks_that_state_nothing_are_not_contradicted() -> None:
    finding = SyncFinding("foot", 12.0, SyncEvent("taps", 12.0, 2, 0.02, 0.0005, 0.001, 0.99), math.inf, ("", ""))
    assert finding.verdict == "unstated"
    assert "state no error" in finding.words
    assert clocks_at([SyncWatch(findings=(finding,))], 40.0) is None


@pytest.mark.parametrize(("clocks", "same"), [(("a", "b"), True), (("", ""), False), (("a", "c"), False)])
def test_what_is_found_holds_for_pairs_on_the_same_two_clocks(clocks: tuple[str, str], same: bool) -> None:
    assert same_clocks(pair("shank", clocks), FEET) == same
    assert same_clocks(pair("foot", clocks), FEET)


def test_only_fast_accelerometers_on_both_sides_are_watched() -> None:
    assert can_be_watched(FEET)
    assert not can_be_watched(Pair("foot", FEET.left, replace(FEET.right, rate_hz=40.0)))
    insoles = tuple(Node(f"{side}_insole", "insole", side, (FORCE,), 100.0) for side in ("left", "right"))
    assert not any(can_be_watched(one) for one in pairs_of(insoles))


def test_sentences_come_in_the_order_of_time() -> None:
    event = SyncEvent("taps", 12.0, 2, 0.02, 0.0005, 0.001, 0.99)
    watches = [
        SyncWatch(findings=tuple(SyncFinding(site, at_s, replace(event, time_s=at_s), 0.1, ("", "")) for at_s in times))
        for site, times in (("foot", (9.0, 30.0)), ("wrist", (20.0,)))
    ]
    assert [words.split(" at ")[1].split(" s ")[0] for words in sync_words(watches)] == ["9.0", "20.0", "30.0"]


WORN = tuple(node for node in default_nodes() if node.site in ("foot", "insole"))
ORDERS = [WORN, WORN[::-1]]


def walked(
    lag_s: float, taps_s: Sequence[float], worn: tuple[Node, ...] = WORN, part_s: float = 7.0
) -> tuple[list[Figure], Summary, Report]:
    """Standing, tapped (when both shoes are worn by nobody yet), 50 s of walking, standing and tapped once more."""
    wearer = Wearer((Stand(8.0), Walk(50.0), Stand(8.0)), seed=3)
    devices = tuple(Device(node) for node in worn)
    _, piece = advance(wearer, devices, start_wearer(wearer, devices), 66.0)
    settings_ = MonitorSettings(worn, window_s=20.0, hop_s=10.0)
    state, report = monitor.start(settings_), Report()
    blocks = []
    for node, samples in zip(worn, piece.samples, strict=True):
        values = samples.values.copy()
        if node.site == "foot":
            tapped(samples.true_s, values[:, :3], taps_s)
        time_s = np.round((samples.true_s + lag_s * (node.side == "right")) * 1e6) / 1e6
        edges = np.searchsorted(time_s, np.arange(part_s, 66.0, part_s)).tolist()
        blocks.append(cut(Block(node.id, time_s, values, 0.0004), edges))
    for block in by_time(*blocks):
        state, more = monitor.step(settings_, state, block)
        report = report.followed_by(more)
    state, more = monitor.finish(settings_, state)
    report = report.followed_by(more)
    return list(report.figures), monitor.summary(settings_, state), report


def reasons(figures: Sequence[Figure], metric: str, site: str) -> list[str]:
    return [figure.reason for figure in figures if (figure.metric, figure.site) == (metric, site)]


@pytest.mark.parametrize("worn", ORDERS, ids=["feet first", "insoles first"])
def test_figures_that_need_both_clocks_are_withheld_from_taps_that_contradict_them(worn: tuple[Node, ...]) -> None:
    """1.6 ms are below what a step time tolerates, but three times what the clocks state: who would trust them?"""
    plain, _, _ = walked(0.0016, (), worn)
    figures, summary, report = walked(0.0016, (3.0, 3.35), worn)
    (finding,) = report.sync
    assert finding.verdict == "disagree"
    assert summary.sync == (finding,)
    for site in ("foot", "insole"):  # on the same two clocks
        assert set(reasons(plain, "step_time", site)) == {""} | (
            {Reason.TOO_FEW} & set(reasons(plain, "step_time", site))
        )
        assert len(reasons(figures, "step_time", site)) == len(reasons(plain, "step_time", site)) >= 5
        assert set(reasons(figures, "step_time", site)) <= {Reason.SYNC, Reason.TOO_FEW}
        assert reasons(figures, "step_time", site).count(Reason.SYNC) >= 4
        assert "" in reasons(figures, "stance_time", site)
        assert reasons(summary.figures, "step_time", site) == [Reason.SYNC]
        assert reasons(summary.figures, "stance_time", site) == [""]
    assert 0.0016 <= summary.sync_error_s <= 0.0035
    assert any("figures that need both are withheld" in words for words in summary.checks.words)
    said = next(figure_words(one) for one in summary.figures if one.metric == "step_time")
    assert said.startswith("step time: not enough data (the clocks of the two sides are too far apart)")


def test_windows_that_were_over_before_the_taps_stand() -> None:
    figures, summary, _ = walked(0.0016, (62.0, 62.4))
    assert "" in reasons(figures, "step_time", "foot")
    assert reasons(summary.figures, "step_time", "foot") == [Reason.SYNC]


def test_taps_that_agree_change_nothing_but_what_is_said() -> None:
    plain, before, _ = walked(0.0, ())
    figures, summary, report = walked(0.0, (3.0, 3.35))
    assert [repr(one) for one in figures] == [repr(one) for one in plain]
    assert [repr(one) for one in summary.figures] == [repr(one) for one in before.figures]
    assert summary.sync_error_s == before.sync_error_s
    assert [one.verdict for one in report.sync] == ["agree"]
    assert any("they agree" in words for words in summary.checks.words)


def test_the_error_between_the_clocks_is_carried_window_by_window() -> None:
    """Each window has that of its own time, and the session the largest."""
    wearer = Wearer((Stand(3.0), Walk(57.0)), seed=3)
    worn = WORN[:2]
    devices = tuple(Device(node) for node in worn)
    _, piece = advance(wearer, devices, start_wearer(wearer, devices), 60.0)
    settings_ = MonitorSettings(worn, window_s=10.0, hop_s=10.0)
    state, report = monitor.start(settings_), Report()
    for node, samples in zip(worn, piece.samples, strict=True):
        edges = np.searchsorted(samples.true_s, [30.0, 40.0]).tolist()
        for block, error_s in zip(
            cut(Block(node.id, samples.true_s, samples.values), edges), (0.0003, 0.0030, 0.0006), strict=True
        ):
            state, more = monitor.step(settings_, state, replace(block, clock_error_s=error_s))
            report = report.followed_by(more)
    state, more = monitor.finish(settings_, state)
    steps = {one.end_s: one for one in report.followed_by(more).figures if one.metric == "step_time"}
    for end_s, error_s in ((20.0, 0.0003), (30.0, 0.0003), (40.0, 0.0030), (60.0, 0.0006)):
        assert steps[end_s].sync_error_s == pytest.approx(math.sqrt(2.0) * error_s)
    assert [end_s for end_s, one in steps.items() if one.reason == Reason.SYNC] == [40.0]
    found = monitor.summary(settings_, state)
    assert found.sync_error_s == pytest.approx(math.sqrt(2.0) * 0.0030)
