"""Devices of other makers over a link: wishes in order, clocks shared, silences, refusals, batteries."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest
from bleak.backends.device import BLEDevice

from evenside.devices import (
    Advert,
    Closing,
    DeviceKind,
    Doing,
    Event,
    Heard,
    Hopeless,
    Identity,
    Level,
    Opened,
    Read,
    Said,
    Samples,
    Started,
    Subscribe,
    Ticked,
    Timing,
    WasRead,
    Wish,
    Write,
)
from evenside.sources import LinkEvent, NodeStatus, SourceItem
from evenside.sources.ble.codec_session import CodecSession
from evenside.sources.ble.link import BATTERY_LEVEL, Arrival, Link
from evenside.sources.ble.scanner import Sighting
from evenside.sources.ble.targets import Target
from evenside.sources.ble.timings import BleTimings
from evenside.sources.ble.troubles import LinkLostError, RefusedError
from evenside_analysis.types import Block, Floats, Node, Side

DATA, CONTROL = "data", "control"
SIDES: tuple[Side, Side] = ("left", "right")
PEDALS = tuple(Node(side, "pedal", side, ("force",), 50.0) for side in SIDES)


@dataclass(frozen=True)
class Scripted:
    """A codec that answers as a test says, and remembers what it was told in its state."""

    answers: Callable[[Event], list[Doing]]

    def start(self, nodes: tuple[Node, ...], /) -> tuple[Event, ...]:
        return ()

    def step(self, state: tuple[Event, ...], event: Event, /) -> tuple[tuple[Event, ...], list[Doing]]:
        return (*state, event), self.answers(event)


def kind(answers: Callable[[Event], list[Doing]]) -> DeviceKind:
    timing = Timing("device", 0.02)
    return DeviceKind("test", "Test pedals", lambda _: True, ("force",), ("pedal",), (), timing, Scripted(answers))


class FakeLink:
    """What a test lets arrive, at moments that it says; ``posted`` is what was wished."""

    identity = Identity("P1", "Maker", "Two", "1.2")
    largest_write = 100
    lost = False

    def __init__(self, clock: list[float], characteristics: Sequence[str] = (DATA, CONTROL)) -> None:
        self.characteristics = frozenset(characteristics)
        self.sighting = Sighting(BLEDevice("AA", "P1", None), Advert("P1"), 0.0, 0.0)
        self.arrivals: deque[Arrival] = deque()
        self.posted: list[Wish] = []
        self.dropped = 0
        self._clock = clock

    def notifies(self, uuid: str) -> bool:
        return uuid == BATTERY_LEVEL

    def post(self, wish: Wish) -> float:
        self.posted.append(wish)
        return self._clock[0]

    async def idle(self, patience_s: float) -> None:
        self._clock[0] += 0.01

    async def receive(self, patience_s: float) -> list[Arrival]:
        if not self.arrivals:
            self._clock[0] += patience_s
            return []
        arrival = self.arrivals.popleft()
        self._clock[0] = max(self._clock[0], arrival.at_s)
        return [arrival]


@dataclass
class Bench:
    session: CodecSession
    link: FakeLink
    clock: list[float]
    items: list[SourceItem]

    @property
    def told(self) -> tuple[Event, ...]:
        """Everything that the codec was told."""
        return cast(tuple[Event, ...], self.session._state)

    async def open(self) -> None:
        await self.session.open(cast(Link, self.link))

    async def talk(self, seconds: float = 0.0) -> None:
        """Until everything has arrived, and for so long."""
        end_s = self.clock[0] + seconds
        while self.link.arrivals or self.clock[0] < end_s:
            await self.session.converse(cast(Link, self.link))
            self.session.tick(self.clock[0])
            self.items += self.session.take()

    def lost(self) -> None:
        self.session.lost("gone", self.clock[0])
        self.items += self.session.take()

    def events(self, event: str) -> list[tuple[str, str]]:
        return [(item.node, item.detail) for item in self.items if isinstance(item, LinkEvent) and item.kind == event]

    def of(self, node: str) -> tuple[Floats, Floats]:
        blocks = [item for item in self.items if isinstance(item, Block) and item.node == node]
        return np.concatenate([block.time_s for block in blocks]), np.concatenate([block.values for block in blocks])


def bench(
    a_kind: DeviceKind, characteristics: Sequence[str] = (DATA, CONTROL), nodes: tuple[Node, ...] = PEDALS
) -> Bench:
    clock = [10.0]
    session = CodecSession(Target("P1", nodes, "test"), a_kind, BleTimings(), lambda: clock[0])
    return Bench(session, FakeLink(clock, characteristics), clock, [])


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def both_sides(event: Event) -> list[Doing]:
    """A notification holds the number of its first sample; five samples a side at 50 Hz follow on the clock."""
    match event:
        case Opened():
            return [Subscribe(DATA), Read(CONTROL), Write(CONTROL, b"go")]
        case Heard(data=data, at_s=at_s):
            numbers = int.from_bytes(data, "little") + np.arange(5)
            stamps = numbers * 20_000 + 5_000_000
            halves = [Samples(side, numbers[:, np.newaxis].astype(np.float64), at_s, stamps) for side in SIDES]
            return [*([Started("50 Hz")] if not data[0] else []), *halves]
        case Closing():
            return [Write(CONTROL, b"stop")]
        case _:
            return []


def sent(first_s: float, count: int, *, begin: int = 0) -> list[Arrival]:
    """Notifications as ``both_sides`` reads them."""
    moments = [first_s + 0.1 * n + 0.01 * (n % 3) for n in range(count)]
    return [Heard(at_s, DATA, (begin + 5 * n).to_bytes(2, "little")) for n, at_s in enumerate(moments)]


def test_wishes_are_posted_in_order_and_answers_come_back() -> None:
    a_bench = bench(kind(both_sides))

    async def scenario() -> None:
        await a_bench.open()
        a_bench.link.arrivals.append(WasRead(10.1, CONTROL, b"x"))
        await a_bench.talk(0.6)
        await a_bench.session.leave(cast(Link, a_bench.link))

    run(scenario())
    assert a_bench.link.posted == [Subscribe(DATA), Read(CONTROL), Write(CONTROL, b"go"), Write(CONTROL, b"stop")]
    opened, read, *others = a_bench.told
    assert opened == Opened(10.0, FakeLink.identity, 100, frozenset({DATA, CONTROL}))
    assert read == WasRead(10.1, CONTROL, b"x")
    assert sum(isinstance(event, Ticked) for event in others) >= 2
    assert isinstance(others[-1], Closing)


def test_two_nodes_of_one_device_have_the_same_times() -> None:
    a_bench = bench(kind(both_sides))

    async def scenario() -> None:
        await a_bench.open()
        a_bench.link.arrivals.extend(sent(10.2, 60))
        await a_bench.talk()
        a_bench.lost()

    run(scenario())
    (left_s, left), (right_s, right) = a_bench.of("left"), a_bench.of("right")
    assert np.array_equal(left_s, right_s)
    assert np.array_equal(left, right)
    assert np.array_equal(left[:, 0], np.arange(300.0))
    assert np.max(np.abs(np.diff(left_s) - 0.02)) < 1e-4
    assert a_bench.events("connected") == [(side, "Maker Two P1, firmware 1.2, 50 Hz") for side in SIDES]
    assert a_bench.session.connected


def test_a_new_link_begins_a_new_clock_behind_a_hole() -> None:
    a_bench = bench(kind(both_sides))

    async def scenario() -> None:
        await a_bench.open()
        a_bench.link.arrivals.extend(sent(10.2, 30))
        await a_bench.talk()
        a_bench.lost()
        for _ in range(50):
            a_bench.clock[0] += 0.1
            a_bench.session.tick(a_bench.clock[0])
            a_bench.items += a_bench.session.take()
        await a_bench.open()
        a_bench.link.arrivals.extend(sent(a_bench.clock[0], 30, begin=0))
        await a_bench.talk()
        a_bench.lost()

    run(scenario())
    times, values = a_bench.of("left")
    assert np.all(np.diff(times) > 0)
    heard = values[np.isfinite(values[:, 0]), 0]
    assert np.array_equal(heard, np.concatenate([np.arange(150.0), np.arange(150.0)]))
    assert np.isnan(values[:, 0]).sum() >= 4
    assert math.isinf(a_bench.session.steady_s)


def test_without_data_the_link_is_given_up_but_not_before_it_can_have_begun() -> None:
    a_bench = bench(kind(both_sides))

    async def scenario() -> None:
        await a_bench.open()
        await a_bench.talk(14.0)
        with pytest.raises(LinkLostError, match="no data for"):
            await a_bench.talk(2.0)
        a_bench.lost()
        await a_bench.open()
        a_bench.link.arrivals.extend(sent(a_bench.clock[0], 10))
        await a_bench.talk(2.5)
        a_bench.session.excuse(a_bench.clock[0])
        await a_bench.talk(2.5)
        with pytest.raises(LinkLostError, match="no data for"):
            await a_bench.talk(1.0)

    run(scenario())


def test_a_hopeless_device_is_refused_with_its_words() -> None:
    a_bench = bench(kind(lambda event: [Hopeless("set rate_hz = 60")]))
    with pytest.raises(RefusedError, match="set rate_hz = 60"):
        run(a_bench.open())
    assert a_bench.session.refusal == "set rate_hz = 60"


def test_the_battery_is_read_and_heard_whatever_the_codec_does() -> None:
    a_bench = bench(kind(both_sides), (DATA, CONTROL, BATTERY_LEVEL))

    async def scenario() -> None:
        await a_bench.open()
        a_bench.link.arrivals.extend([WasRead(10.1, BATTERY_LEVEL, b"\x50"), *sent(10.2, 2)])
        await a_bench.talk()
        a_bench.link.arrivals.extend([Heard(10.5, BATTERY_LEVEL, b"\x4f"), Heard(10.6, BATTERY_LEVEL, b"\xff")])
        await a_bench.talk()

    run(scenario())
    assert a_bench.link.posted[-2:] == [Read(BATTERY_LEVEL), Subscribe(BATTERY_LEVEL)]
    statuses = [item for item in a_bench.items if isinstance(item, NodeStatus)]
    assert [status.battery_percent for status in statuses if status.node == "left"] == [80.0, 79.0]
    assert {status.node for status in statuses} == set(SIDES)
    assert statuses[-1].firmware == "1.2"
    assert statuses[-1].clock_error_s == 0.02
    assert all(not isinstance(event, Heard) or event.uuid == DATA for event in a_bench.told)


def test_levels_are_kept_where_the_next_one_says_nothing() -> None:
    levels = deque([Level(battery_percent=50.0), Level(temperature_c=31.0)])
    a_bench = bench(kind(lambda event: [levels.popleft()] if isinstance(event, Heard) else []))

    async def scenario() -> None:
        await a_bench.open()
        for at_s in (10.1, 10.2):
            a_bench.link.arrivals.append(Heard(at_s, DATA, b"x"))
            await a_bench.talk()

    run(scenario())
    last = [item for item in a_bench.items if isinstance(item, NodeStatus)][-1]
    assert (last.battery_percent, last.temperature_c) == (50.0, 31.0)


def test_what_a_codec_says_is_told_of_its_node_or_of_all() -> None:
    words: list[Doing] = [Said("event", "tapped", "left"), Said("garbage", "bytes")]
    a_bench = bench(kind(lambda event: words if isinstance(event, Heard) else []))

    async def scenario() -> None:
        await a_bench.open()
        a_bench.link.arrivals.append(Heard(10.1, DATA, b"x"))
        await a_bench.talk()

    run(scenario())
    assert a_bench.events("event") == [("left", "tapped")]
    assert a_bench.events("garbage") == [("left", "bytes"), ("right", "bytes")]


def test_notifications_that_found_no_place_leave_a_hole() -> None:
    a_bench = bench(kind(both_sides))

    async def scenario() -> None:
        await a_bench.open()
        a_bench.link.arrivals.extend(sent(10.2, 20))
        await a_bench.talk()
        a_bench.link.dropped = 3
        await a_bench.talk(0.01)
        a_bench.link.arrivals.extend(sent(12.5, 20, begin=115))
        await a_bench.talk()
        a_bench.lost()

    run(scenario())
    times, values = a_bench.of("left")
    assert np.isnan(values[:, 0]).sum() == 1
    assert np.all(np.diff(times) > 0)
    assert "3 notifications found no place" in a_bench.events("dropped")[0][1]


def test_samples_of_a_node_that_nobody_configured_are_left_out() -> None:
    a_bench = bench(kind(both_sides), nodes=PEDALS[:1])

    async def scenario() -> None:
        await a_bench.open()
        a_bench.link.arrivals.extend(sent(10.2, 20))
        await a_bench.talk()
        a_bench.lost()

    run(scenario())
    assert {item.node for item in a_bench.items} == {"left"}


@pytest.mark.parametrize("mistake", ["raises", "one channel too many"])
def test_a_codec_that_fails_ends_its_link_and_begins_anew(mistake: str) -> None:
    def answers(event: Event) -> list[Doing]:
        if not isinstance(event, Heard):
            return []
        if mistake == "raises":
            raise ZeroDivisionError
        return [Samples("left", np.zeros((1, 2)), event.at_s)]

    a_bench = bench(kind(answers))

    async def scenario() -> None:
        await a_bench.open()
        a_bench.link.arrivals.append(Heard(10.1, DATA, b"x"))
        with pytest.raises(LinkLostError, match="the codec of test"):
            await a_bench.talk()
        a_bench.lost()
        await a_bench.open()

    run(scenario())
    assert isinstance(a_bench.told[-1], Opened)
    assert mistake != "raises" or len(a_bench.told) == 1
