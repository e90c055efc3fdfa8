"""Taps against the two-sided estimate of two clocks over a modelled radio: they agree, and a midpoint is found out."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from evenside_analysis.clock import (
    ClockLine,
    ClockSettings,
    ClockState,
    clock_line,
    observe_arrival,
    observe_exchange,
    session_s,
)
from evenside_analysis.settings import Pair
from evenside_analysis.sync_watch import SyncFinding, SyncWatch, watch_sync
from evenside_analysis.types import ACC, Block, Floats, Node

SETTINGS = ClockSettings()
TAPS_S = (40.0, 40.35)
LEFT, RIGHT = Node("l", "foot", "left", ACC, 100.0), Node("r", "foot", "right", ACC, 100.0)


@dataclass(frozen=True)
class Talk:
    """One exchange over a radio whose packets leave at events: sent, the device's true stamp, and the answer's arrival.

    ``frame``: a data frame, which has no request.
    """

    sent_s: float
    stamped_s: float
    arrived_s: float
    frame: bool = False


def talks(interval_s: float, loss: float, seed: int, until_s: float) -> list[Talk]:
    rng = random.Random(seed)
    phase_s = rng.random() * interval_s

    def event_s(ready_s: float) -> float:
        event = math.ceil((ready_s - phase_s) / interval_s)
        while rng.random() < loss:
            event += 1
        return phase_s + event * interval_s

    def latency_s() -> float:
        return 0.002 + rng.gammavariate(1.5, 0.002)

    found, sent_s, taken_s = list[Talk](), 0.1, 0.05
    while sent_s < until_s:
        stamped_s = event_s(sent_s + 0.5 * latency_s())
        found.append(Talk(sent_s, stamped_s, event_s(stamped_s + 1e-4) + latency_s()))
        sent_s += (0.25 if sent_s < 10.0 else 1.0) * (0.5 + rng.random())
    while taken_s < until_s:
        found.append(Talk(math.nan, taken_s, event_s(taken_s + 2e-4) + latency_s(), frame=True))
        taken_s += 0.08
    return sorted(found, key=lambda one: one.arrived_s)


@dataclass(frozen=True)
class Device:
    offset_s: float
    drift: float

    def reads(self, true_s: Floats | float) -> Floats | float:
        return true_s * (1.0 + self.drift) + self.offset_s


Estimate = Callable[[list[Talk], Device, float], ClockLine]


def envelope(heard: list[Talk], device: Device, interval_s: float) -> ClockLine:
    """What live sources do."""
    state = ClockState()
    for one in heard:
        stamp_s = float(device.reads(one.stamped_s))
        if one.frame:
            state = observe_arrival(SETTINGS, state, stamp_s, one.arrived_s)
        else:
            state = observe_exchange(SETTINGS, state, one.sent_s, stamp_s, one.arrived_s, interval_s)
    return clock_line(SETTINGS, state)


def midpoint(heard: list[Talk], device: Device, _interval_s: float) -> ClockLine:
    """What one would do on a wire: the middle of the fastest round trip, believed to a millisecond."""
    best = min((one for one in heard if not one.frame), key=lambda one: one.arrived_s - one.sent_s)
    stamp_s = float(device.reads(best.stamped_s))
    return ClockLine(stamp_s, 0.5 * (best.sent_s + best.arrived_s) - stamp_s, 1.0, 0.001)


def tapped(node: Node, seed: int, interval_s: float, loss: float, estimate: Estimate) -> Block:
    """Ten seconds around two taps, sampled by the device's own clock and stamped by what is known of it."""
    rng = np.random.default_rng(seed)
    device = Device(1000.0 + rng.random(), float(rng.uniform(-40e-6, 40e-6)))
    line = estimate(talks(interval_s, loss, seed, 48.0), device, interval_s)
    true_s = 35.0 + rng.random() / 100.0 + np.arange(1000) / 100.0 / (1.0 + device.drift)
    acc = rng.normal(0.0, 0.1, (true_s.size, 3)) + np.array([0.0, 0.0, 9.81])
    frame, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    for at_s, size in zip(TAPS_S, (30.0, 45.0), strict=True):
        since_s = np.maximum(true_s - at_s, 0.0)
        ring = np.sin(2.0 * np.pi * 18.0 * since_s) * since_s / 0.015 * np.exp(1.0 - since_s / 0.015)
        acc += size * ring[:, np.newaxis] * (frame @ np.array([0.3, 0.5, 0.8]))
    return Block(node.id, session_s(line, np.asarray(device.reads(true_s))), acc, line.error_s)


def found(seed: int, intervals_s: tuple[float, float], loss: float, estimate: Estimate) -> SyncFinding:
    pair, watch, findings = Pair("foot", LEFT, RIGHT), SyncWatch(), list[SyncFinding]()
    for node, interval_s, own in zip((LEFT, RIGHT), intervals_s, (seed, 1000 + seed), strict=True):
        watch, new = watch_sync(pair, watch, node.side, tapped(node, own, interval_s, loss, estimate))
        findings += new
    (one,) = findings
    return one


@pytest.mark.parametrize(("interval_s", "loss"), [(0.015, 0.0), (0.030, 0.0), (0.030, 0.2)])
def test_taps_agree_with_the_two_sided_estimate(interval_s: float, loss: float) -> None:
    events = [found(seed, (interval_s, interval_s), loss, envelope) for seed in range(40)]
    lags_ms = np.abs([1e3 * one.event.lag_s for one in events])
    stated_ms = np.array([1e3 * one.stated_s for one in events])
    print(f"{interval_s} s: lag p95 {np.percentile(lags_ms, 95):.2f} ms, stated {np.median(stated_ms):.2f} ms")
    assert [one.verdict for one in events].count("agree") >= 39  # 300 of 300 do
    assert np.percentile(lags_ms, 95) <= 2.0


def test_midpoints_over_radios_of_different_intervals_are_found_out() -> None:
    """Each is late by half of its own interval, which no exchange of messages can tell."""
    events = [found(seed, (0.015, 0.045), 0.0, midpoint) for seed in range(10)]
    assert [one.verdict for one in events] == ["disagree"] * 10
    assert all(0.010 < abs(one.event.lag_s) < 0.022 for one in events)
