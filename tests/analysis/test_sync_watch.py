"""Marks of a session: what both sides felt around them, the same for any cut, and what the summary makes of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis import monitor
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.sync_event import SyncEvent
from evenside_analysis.sync_watch import (
    AFTER_S,
    BEFORE_S,
    SyncFinding,
    finish_watch,
    start_watch,
    sync_words,
    watch_block,
    watch_mark,
)
from evenside_analysis.types import ACC, FORCE, GYR, Block, Node, Site

SPAN_S = 40.0
TAPS_S = (12.0, 12.4, 25.0, 25.3)


def pair(site: Site = "foot", clocks: tuple[str, str] = ("a", "b")) -> tuple[Node, Node]:
    left = Node(f"left_{site}", site, "left", (*ACC, *GYR), 100.0, clock=clocks[0])
    return left, replace(left, id=f"right_{site}", side="right", clock=clocks[1])


FEET = pair()
SETTINGS = MonitorSettings(FEET)


def felt(node: Node, lag_s: float = 0.0, error_s: float = 0.001, taps_s: Sequence[float] = TAPS_S) -> Block:
    rng = np.random.default_rng(node.side == "right")
    # Whole microseconds, as all session times.
    time_s = np.round(np.arange(0.003 * (node.side == "right"), SPAN_S, 0.01) * 1e6) / 1e6
    values = rng.normal(0.0, 0.03, (time_s.size, len(node.channels)))
    values[:, 2] += 9.8
    for number, at_s in enumerate(taps_s):
        since_s = np.maximum(time_s - at_s, 0.0)
        ring = np.sin(2.0 * np.pi * 15.0 * since_s) * since_s / 0.02 * np.exp(1.0 - since_s / 0.02)
        values[:, :3] += 40.0 * ring[:, np.newaxis] * np.array([0.3, 0.5 - 0.2 * number, 0.8])
    return Block(node.id, np.round((time_s + lag_s) * 1e6) / 1e6, values, error_s)


def cut(block: Block, edges: Sequence[int]) -> list[Block]:
    places = sorted({0, *(edge % block.time_s.size for edge in edges), block.time_s.size})
    return [
        Block(block.node, block.time_s[first:end], block.values[first:end], block.clock_error_s)
        for first, end in pairwise(places)
    ]


def findings(blocks: Sequence[Block], marks_s: Sequence[float], used: MonitorSettings = SETTINGS) -> list[SyncFinding]:
    watch = start_watch(used, marks_s)
    found: list[SyncFinding] = []
    for block in blocks:
        watch, new = watch_block(watch, block)
        found += new
    return sorted([*found, *finish_watch(watch)], key=lambda one: (one.mark_s, one.site))


def by_time(*streams: Sequence[Block]) -> list[Block]:
    return sorted((block for stream in streams for block in stream), key=lambda block: float(block.time_s[-1]))


def test_each_mark_finds_its_own_taps() -> None:
    first, second = findings([felt(FEET[0]), felt(FEET[1], 0.0008)], (13.0, 25.0))
    for found, time_s in ((first, 12.0), (second, 25.0)):
        assert isinstance(found.event, SyncEvent)
        assert found.event.time_s == pytest.approx(time_s, abs=0.05)
        assert found.event.lag_s == pytest.approx(0.0008, abs=0.0006)
        assert found.stated_s == pytest.approx(math.hypot(0.001, 0.001))
        assert found.agrees


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(0, 4000), max_size=12),
    st.lists(st.integers(0, 4000), max_size=12),
    st.lists(st.floats(0.0, SPAN_S), min_size=1, max_size=2),
)
def test_any_cut_finds_the_same(left: list[int], right: list[int], marks_s: list[float]) -> None:
    whole = [felt(FEET[0]), felt(FEET[1], 0.004)]
    assert findings(by_time(cut(whole[0], left), cut(whole[1], right)), marks_s) == findings(whole, marks_s)


def test_a_mark_told_as_the_session_goes_finds_what_one_known_before_finds() -> None:
    blocks = by_time(*(cut(felt(node), range(0, 4000, 25)) for node in FEET))
    watch, found = start_watch(SETTINGS), list[SyncFinding]()
    for block in blocks:
        if block.node == FEET[0].id and block.time_s[0] == 13.0:
            watch = watch_mark(watch, 13.2)
        watch, new = watch_block(watch, block)
        found += new
    assert found == findings(blocks, (13.2,))
    assert finish_watch(watch) == ()


def test_memory_holds_seconds_and_not_the_session() -> None:
    watch = start_watch(SETTINGS, (5.0,))
    sizes = []
    for block in cut(felt(FEET[0]), range(0, 4000, 25)):  # the other side is silent for ever
        watch, _ = watch_block(watch, block)
        sizes.append(sum(one.time_s.size for one in watch.held[0]))
    assert max(sizes) <= 100 * (2.0 * BEFORE_S + AFTER_S + 6.0)


def test_lost_rows_are_not_felt_and_do_not_hold_it_up() -> None:
    left, right = felt(FEET[0]), felt(FEET[1])
    values = right.values.copy()
    values[(right.time_s > 12.2) & (right.time_s < 12.5)] = np.nan
    (found,) = findings([left, Block(right.node, right.time_s, values)], (12.0,))
    assert found.event in ("lost", "no_shocks")
    assert found.agrees is None


def test_only_pairs_with_accelerometers_are_watched() -> None:
    insoles = tuple(Node(f"{side}_insole", "insole", side, (FORCE,), 100.0) for side in ("left", "right"))
    alone = Node("left_wrist", "wrist", "left", ACC, 100.0)
    watch = start_watch(MonitorSettings((*FEET, *insoles, alone)))
    assert [one.site for one in watch.pairs] == ["foot"]
    assert watch_block(watch, Block("left_wrist", np.array([1.0]), np.zeros((1, 3))))[0] == watch


def test_a_pair_that_was_not_tapped_says_nothing_unless_none_was() -> None:
    wrists = pair("wrist", ("", ""))
    used = MonitorSettings((*FEET, *wrists))
    feet = [felt(node) for node in FEET]
    still = [felt(node, taps_s=()) for node in wrists]
    (words,) = sync_words(findings([*feet, *still], (12.0,), used))
    assert words.startswith("foot: by 2 taps at 12.0 s the ")
    assert words.endswith("they agree")
    quiet = [felt(node, taps_s=()) for node in FEET]
    assert len(sync_words(findings([*quiet, *still], (12.0,), used))) == 2


def summed(lag_s: float, marks_s: Sequence[float], used: MonitorSettings = SETTINGS) -> tuple[float, Sequence[str]]:
    blocks = [felt(node, lag_s * (node.side == "right")) for node in used.nodes]
    state = monitor.start(used)
    for block in blocks:
        state, _ = monitor.step(used, state, block)
    state, _ = monitor.finish(used, state)
    found = monitor.summary(used, state, findings(blocks, marks_s, used))
    return found.sync_error_s, [word for word in found.checks.words if "clock" in word]


def test_where_clocks_and_taps_agree_the_stated_error_stays() -> None:
    error_s, words = summed(0.0005, (12.0,))
    assert error_s == pytest.approx(math.hypot(0.001, 0.001))
    assert "they agree" in words[0]
    assert summed(0.0005, ()) == (error_s, [])


def test_where_they_do_not_the_error_of_the_session_is_raised_and_said() -> None:
    error_s, words = summed(0.02, (12.0,))
    assert 0.020 <= error_s <= 0.022
    (said,) = words
    assert "the right clock is " in said
    assert f"{1e3 * error_s:.1f} ms are counted with" in said
    left_late, words = summed(-0.02, (12.0,))
    assert left_late == pytest.approx(error_s, abs=1e-3)
    assert "the left clock is" in words[0]


@pytest.mark.parametrize(("clocks", "raised"), [(("a", "b"), True), (("", ""), False), (("a", "c"), False)])
def test_it_holds_for_every_pair_on_the_same_two_clocks(clocks: tuple[str, str], raised: bool) -> None:
    other = pair("shank", clocks)
    event = SyncEvent("taps", 12.0, 2, 0.02, 0.0005, 0.001, 0.99)
    finding = SyncFinding("foot", 12.0, event, 0.002, ("a", "b"))
    (shanks,) = start_watch(MonitorSettings(other)).pairs
    assert (finding.raised_s(shanks, 0.003) > 0.02) == raised


def test_clocks_that_state_nothing_are_not_contradicted() -> None:
    finding = SyncFinding("foot", 12.0, SyncEvent("taps", 12.0, 2, 0.02, 0.0005, 0.001, 0.99), math.inf, ("", ""))
    assert finding.agrees
    assert "state no error" in finding.words
    assert not math.isfinite(finding.raised_s(start_watch(SETTINGS).pairs[0], math.inf))
