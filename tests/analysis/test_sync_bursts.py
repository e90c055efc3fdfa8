"""Bursts between two rests: found once, with their samples, the same for any cut, and nothing for walking or holes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.sync_bursts import Burst, BurstSettings, BurstState, find_bursts
from evenside_analysis.types import GRAVITY_M_S2, Floats

SETTINGS = BurstSettings(100.0)
SPAN_S = 30.0


def signal(knocks_s: Sequence[float], rate_hz: float = 100.0, noise: float = 0.1) -> tuple[Floats, Floats]:
    """A device at rest that is knocked at these times; each knock rings for some hundredths of a second."""
    time_s = np.round(np.arange(0.0, SPAN_S, 1.0 / rate_hz) * 1e6) / 1e6
    acc = np.random.default_rng(5).normal(0.0, noise, (time_s.size, 3)) + np.array([0.0, 0.0, GRAVITY_M_S2])
    for at_s in knocks_s:
        since_s = np.maximum(time_s - at_s, 0.0)
        ring = np.sin(2.0 * np.pi * 15.0 * since_s) * since_s / 0.02 * np.exp(1.0 - since_s / 0.02)
        acc += 40.0 * ring[:, np.newaxis] * np.array([0.3, 0.5, 0.8])
    return time_s, acc


def found(time_s: Floats, acc: Floats, edges: Sequence[int] = (), used: BurstSettings = SETTINGS) -> list[Burst]:
    state, bursts = BurstState(), list[Burst]()
    for first, end in pairwise(sorted({0, time_s.size, *(edge % time_s.size for edge in edges)})):
        state, new = find_bursts(used, state, time_s[first:end], acc[first:end], 0.001)
        bursts += new
    return bursts


def said(bursts: Sequence[Burst]) -> list[tuple[float, float, bytes, bytes, float]]:
    return [
        (one.start_s, one.end_s, one.shaken.time_s.tobytes(), one.shaken.acc_m_s2.tobytes(), one.clock_error_s)
        for one in bursts
    ]


def test_knocks_between_rests_are_a_burst_with_both_rests() -> None:
    (burst,) = found(*signal((10.0, 10.4)))
    assert burst.start_s == pytest.approx(10.01, abs=0.03)
    assert burst.end_s == pytest.approx(10.5, abs=0.2)
    assert burst.shaken.time_s[0] == pytest.approx(burst.start_s - 1.0, abs=0.011)
    assert burst.shaken.time_s[-1] == pytest.approx(burst.end_s + 1.0, abs=0.011)
    assert burst.clock_error_s == 0.001


def test_bursts_with_a_rest_between_them_are_two() -> None:
    assert [round(one.start_s) for one in found(*signal((10.0, 10.4, 13.0, 20.0)))] == [10, 13, 20]


@pytest.mark.parametrize(
    "knocks_s",
    [
        (),
        (0.5, 0.9),  # no rest before
        (29.3, 29.6),  # none after
        tuple(np.arange(10.0, 19.0, 0.5).tolist()),  # as long as a walk
    ],
)
def test_what_is_not_between_rests_or_too_long_is_none(knocks_s: Sequence[float]) -> None:
    assert found(*signal(knocks_s)) == []


def test_after_a_walk_it_takes_a_rest() -> None:
    walk = tuple(np.arange(5.0, 15.0, 0.5).tolist())
    assert found(*signal((*walk, 15.3))) == []
    assert [round(one.start_s) for one in found(*signal((*walk, 17.0)))] == [17]


def test_slow_turning_and_unrest_of_a_hand_are_rest() -> None:
    time_s, acc = signal((10.0, 10.4), noise=0.3)
    turning = np.stack([np.sin(time_s), np.cos(time_s), 0.0 * time_s], axis=1) * GRAVITY_M_S2
    assert len(found(time_s, acc + turning)) == 1


@pytest.mark.parametrize(
    ("hole_s", "count"), [((9.5, 9.52), 0), ((10.2, 10.21), 0), ((11.0, 11.5), 0), ((7.0, 8.0), 1), ((12.0, 14.0), 1)]
)
def test_a_hole_in_it_or_in_its_rests_spoils_it(hole_s: tuple[float, float], count: int) -> None:
    time_s, acc = signal((10.0, 10.4))
    lost = (time_s >= hole_s[0]) & (time_s < hole_s[1])
    rows = np.where(lost[:, np.newaxis], np.nan, acc)
    assert len(found(time_s, rows)) == count
    assert said(found(time_s[~lost], acc[~lost])) == said(found(time_s, rows))


@settings(max_examples=40)
@given(
    st.lists(st.floats(0.0, SPAN_S), max_size=8),
    st.lists(st.integers(0, 2999), max_size=20),
    st.lists(st.tuples(st.floats(0.0, SPAN_S), st.floats(0.0, 0.3)), max_size=2),
)
def test_any_cut_finds_the_same_bits(
    knocks_s: list[float], edges: list[int], holes_s: list[tuple[float, float]]
) -> None:
    time_s, acc = signal(knocks_s)
    for at_s, span_s in holes_s:
        acc[(time_s >= at_s) & (time_s < at_s + span_s)] = np.nan
    assert said(found(time_s, acc, edges)) == said(found(time_s, acc))


@settings(max_examples=30)
@given(st.lists(st.floats(0.0, SPAN_S), max_size=8), st.integers(1, 400))
def test_whatever_began_before_it_was_settled_has_been_told(knocks_s: list[float], part: int) -> None:
    time_s, acc = signal(knocks_s)
    state, settled_s = BurstState(), -math.inf
    for first in range(0, time_s.size, part):
        state, new = find_bursts(SETTINGS, state, time_s[first : first + part], acc[first : first + part], 0.0)
        assert all(burst.start_s >= settled_s for burst in new)
        assert state.settled_s >= settled_s
        settled_s = state.settled_s
    state, new = find_bursts(SETTINGS, state, np.array([SPAN_S + 5.0]), np.full((1, 3), np.nan), 0.0)
    assert new == ()
    assert state.settled_s == SPAN_S + 5.0


def test_seconds_are_held_and_not_the_walk() -> None:
    time_s, acc = signal(tuple(np.arange(2.0, 28.0, 0.5).tolist()))
    state, most = BurstState(), 0
    for first in range(0, time_s.size, 10):
        state, _ = find_bursts(SETTINGS, state, time_s[first : first + 10], acc[first : first + 10], 0.0)
        most = max(most, state.time_s.size)
    assert most <= 100 * (SETTINGS.span_max_s + 2.0 * SETTINGS.rest_s)
    assert state.time_s.size <= 110


@pytest.mark.parametrize("rate_hz", [50.0, 102.4, 250.0, 1000.0])
def test_the_rate_does_not_matter(rate_hz: float) -> None:
    (burst,) = found(*signal((10.0, 10.4), rate_hz), used=BurstSettings(rate_hz))
    assert burst.start_s == pytest.approx(10.01, abs=0.04)
