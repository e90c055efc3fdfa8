"""Samples of other makers on their way to blocks: times by arrival and by device clocks, holes, silences."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from evenside.devices import Samples, Timing
from evenside.sources.ble.sample_stream import SampleStream, device_clock
from evenside_analysis.types import Block, Floats, Node

HAND = Node("hand", "grip", "left", ("force",), 100.0)
BY_ARRIVAL = Timing("arrival", 0.03)
BY_DEVICE = Timing("device", 0.03)
SETTLE_S = 1.0


@dataclass
class Air:
    """Carries notifications at connection events, some of them lost; a stall lets nothing through until it ends."""

    rng: random.Random
    interval_s: float = 0.03
    loss: float = 0.0
    stalls: tuple[tuple[float, float], ...] = ()
    last_s: float = 0.0

    def arrival_s(self, ready_s: float) -> float:
        at_s = (ready_s // self.interval_s + 1.0) * self.interval_s
        while self.rng.random() < self.loss or any(begin <= at_s < end for begin, end in self.stalls):
            at_s += self.interval_s
        self.last_s = max(self.last_s, at_s)
        return self.last_s + 0.001 + 0.002 * self.rng.random()


@dataclass
class Played:
    """What came out of a stream: the number of each sample is its value."""

    blocks: list[Block] = field(default_factory=list)

    @property
    def times(self) -> Floats:
        return np.concatenate([block.time_s for block in self.blocks])

    @property
    def numbers(self) -> Floats:
        return np.concatenate([block.values[:, 0] for block in self.blocks])

    @property
    def stated(self) -> Floats:
        return np.concatenate([np.full(block.time_s.size, block.clock_error_s) for block in self.blocks])


def play(
    stream: SampleStream,
    seconds: float,
    air: Air,
    *,
    rate_hz: float = 100.0,
    batch: int = 2,
    missing: Callable[[int], bool] = lambda number: False,
    stamped: bool = False,
) -> Played:
    """A sensor at ``rate_hz`` of session time that sends ``batch`` samples a notification, the first one at 0."""
    played = Played()
    numbers = np.arange(int(seconds * rate_hz))
    arrivals = []
    for first in range(0, numbers.size - batch, batch):
        sent = [number for number in range(first, first + batch) if not missing(number)]
        if sent:
            arrivals.append((air.arrival_s((first + batch - 1) / rate_hz), np.array(sent)))
    clock = device_clock(BY_DEVICE) if stamped else None
    stream.begin(clock, arrivals[0][0])
    for at_s, sent_numbers in arrivals:
        device_us = np.rint(sent_numbers * 1e6 / rate_hz).astype(np.int64) + 77_000_000 if stamped else None
        stream.receive(Samples("hand", sent_numbers[:, np.newaxis].astype(float), at_s, device_us))
        stream.gathered(at_s)
        played.blocks += stream.take()
    stream.flush()
    played.blocks += stream.take()
    return played


def stream_of(timing: Timing, node: Node = HAND) -> SampleStream:
    return SampleStream(node, timing, gather_s=0.25, settle_s=SETTLE_S)


@pytest.mark.parametrize("loss", [0.0, 0.2])
@pytest.mark.parametrize("rate_hz", [99.3, 100.0, 100.8])
def test_times_by_arrival_are_within_what_is_declared_though_the_rate_is_not_the_nominal_one(
    rate_hz: float, loss: float
) -> None:
    played = play(stream_of(BY_ARRIVAL), 60.0, Air(random.Random(1), loss=loss), rate_hz=rate_hz)
    assert np.array_equal(played.numbers, np.arange(played.numbers.size))
    off_s = played.times - played.numbers / rate_hz
    assert np.all(np.diff(played.times) > 0)
    assert np.mean(np.abs(off_s) <= played.stated) > 0.99
    late = played.numbers > 20 * rate_hz
    assert np.ptp(off_s[late]) < 0.01  # the line is smooth though arrivals scatter by 30 ms and more


def test_times_of_a_device_clock_are_within_what_is_declared() -> None:
    played = play(stream_of(BY_DEVICE), 30.0, Air(random.Random(2), loss=0.2), stamped=True)
    assert np.array_equal(played.numbers, np.arange(played.numbers.size))
    off_s = played.times - played.numbers / 100.0
    assert np.all(np.abs(off_s) <= played.stated)


def test_what_a_radio_only_held_up_keeps_its_times() -> None:
    free = play(stream_of(BY_ARRIVAL), 30.0, Air(random.Random(3)))
    held = play(stream_of(BY_ARRIVAL), 30.0, Air(random.Random(3), stalls=((14.0, 16.5), (20.0, 20.4))))
    assert np.array_equal(held.numbers, np.arange(held.numbers.size))
    off_s = held.times - held.numbers / 100.0
    assert np.max(np.abs(off_s[1000:])) < BY_ARRIVAL.error_s
    assert abs(free.numbers.size - held.numbers.size) < 10


@pytest.mark.parametrize("lost", [20, 137, 400])
def test_samples_that_never_came_are_a_hole_and_those_behind_it_have_their_times(lost: int) -> None:
    played = play(
        stream_of(BY_ARRIVAL), 40.0, Air(random.Random(4)), missing=lambda number: 2000 <= number < 2000 + lost
    )
    hole = np.isnan(played.numbers)
    assert hole.sum() == 1
    assert np.all(np.diff(played.times) > 0)
    heard = played.numbers[~hole]
    assert np.array_equal(np.flatnonzero(np.diff(heard) > 1.5), [1999])
    off_s = played.times[~hole] - heard / 100.0
    assert np.max(np.abs(off_s[1000:])) < BY_ARRIVAL.error_s + 0.01
    assert 19.98 < played.times[hole][0] < (2000 + lost) / 100.0 + 0.05


def test_a_known_loss_is_measured_though_it_is_smaller_than_the_scatter_of_arrivals() -> None:
    stream, air, values = stream_of(BY_ARRIVAL), Air(random.Random(5), interval_s=0.005), np.zeros((1, 1))
    stream.begin(None, 0.0)
    blocks = []
    for number in range(1000):
        if 600 <= number < 602:
            continue
        at_s = air.arrival_s(number / 100.0)
        stream.receive(Samples("hand", values + number, at_s, lost=number == 602))
        stream.gathered(at_s)
    stream.flush()
    blocks = stream.take()
    played = Played(blocks)
    assert np.isnan(played.numbers).sum() == 1
    heard = np.isfinite(played.numbers)
    assert np.max(np.abs(played.times[heard] - played.numbers[heard] / 100.0)[400:]) < 0.012


def test_a_silence_is_told_every_second_and_what_comes_then_lies_behind_it() -> None:
    stream = stream_of(BY_ARRIVAL)
    before = play(stream, 5.0, Air(random.Random(6)))
    stream.cut()
    rows: list[Block] = []
    for tick in range(100):
        stream.silence(5.0 + 0.1 * tick)
        rows += stream.take()
    assert 6 <= len(rows) <= 9
    assert all(np.isnan(block.values).all() for block in rows)
    told = np.array([block.time_s[0] for block in rows])
    assert np.all(np.diff(told) >= 1.0)
    assert told[0] > before.times[-1]
    stream.begin(None, 15.0)
    for number in range(200):
        stream.receive(Samples("hand", np.full((1, 1), float(number)), 15.0 + number / 100.0))
    stream.flush()
    after = Played(stream.take())
    assert after.times[0] > told[-1]
    assert np.isnan(after.numbers[0])
    assert np.array_equal(after.numbers[1:], np.arange(after.numbers.size - 1))


def test_samples_of_a_clock_that_steps_back_are_counted_and_left_out() -> None:
    stream = stream_of(BY_DEVICE)
    stream.begin(device_clock(BY_DEVICE), 0.0)
    stamps = np.array([10, 20, 15, 30, 30, 40], np.int64) * 1000
    stream.receive(Samples("hand", np.arange(6.0)[:, np.newaxis], 2.0, stamps))
    stream.receive(Samples("hand", np.array([[6.0]]), 2.1, np.array([5000], np.int64)))
    stream.flush()
    assert np.array_equal(Played(stream.take()).numbers, [0.0, 1.0, 3.0, 5.0])
    assert stream.late_samples == 3


def test_slow_samples_are_of_the_moment_in_which_they_come() -> None:
    pedal = Node("pedal", "pedal", "left", ("power",), 1.0)
    stream = SampleStream(pedal, Timing("arrival", 0.5), gather_s=0.25, settle_s=SETTLE_S)
    stream.begin(None, 3.0)
    arrivals = [3.0, 3.9, 5.2, 6.0, 9.5]
    for at_s in arrivals:
        stream.receive(Samples("pedal", np.full((1, 1), at_s), at_s))
        stream.gathered(at_s)
    stream.flush()
    played = Played(stream.take())
    assert np.array_equal(played.times, arrivals)
    assert np.array_equal(played.stated, [0.5] * 5)


def test_the_blocks_are_the_same_however_often_time_is_told() -> None:
    def run(ticks: int) -> tuple[Floats, Floats, Floats]:
        stream, air = stream_of(BY_ARRIVAL), Air(random.Random(7), loss=0.1)
        stream.begin(None, 0.0)
        before_s = 0.0
        for number in range(1500):
            at_s = air.arrival_s(number / 100.0)
            for tick in range(ticks):
                stream.gathered(before_s + (at_s - before_s) * tick / ticks)
            before_s = at_s
            stream.receive(Samples("hand", np.full((1, 1), float(number)), at_s))
        stream.flush()
        played = Played(stream.take())
        return played.times, played.numbers, played.stated

    one, many = run(1), run(7)
    assert np.array_equal(one[0], many[0])
    assert np.array_equal(one[1], many[1])
