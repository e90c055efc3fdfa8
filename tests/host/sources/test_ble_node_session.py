"""Our own node over Bluetooth in accelerated time: a modelled radio of connection events between a session and a node.

At each connection event, unless it is lost, what waits on either side crosses. Channel ``power`` carries the number of
the sample, so that what was lost or doubled shows, and so that each sample's true time is known.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pytest
from bleak.backends.device import BLEDevice

from evenside.devices import Advert, Heard, Subscribe, Wish, Write
from evenside.sources import Ahead, LinkEvent, SourceItem
from evenside.sources.ble.link import Arrival, Link
from evenside.sources.ble.node_session import NodeSession
from evenside.sources.ble.scanner import Sighting
from evenside.sources.ble.targets import Target
from evenside.sources.ble.timings import BleTimings
from evenside.sources.ble.troubles import LinkLostError, RefusedError, StrangerError
from evenside.wire import (
    GATT_CONTROL,
    GATT_STREAM,
    Kind,
    NodeModel,
    NodeSettings,
    SampleType,
    Schema,
    SchemaChannel,
    Vitals,
)
from evenside_analysis.types import Block, Floats, Node, Side

PERIOD_US = 10_000
COUNTER = Schema.of(130, [SchemaChannel.named(name, SampleType.F64) for name in ("power", "force")])
FOOT = Node("foot", "insole", "left", ("power", "force"), 100.0)
STAMPED_S = 0.0003  # after the event that brought a request, at least
LATER_S = 0.0005  # and so much more, on average
PATIENT = BleTimings()


@dataclass
class Radio:
    """The time that passes and what a link does to it. ``latency_s``: of the host, at least and on average beyond."""

    rng: random.Random
    interval_s: float = 0.03
    loss: float = 0.0
    latency_s: tuple[float, float] = (0.001, 0.001)
    now_s: float = 100.0


@dataclass
class Device:
    """A node with a crystal of its own."""

    radio: Radio
    model: NodeModel
    drift: float = 0.0
    offset_s: float = 4000.0
    number: int | None = None
    queue: list[bytes] = field(default_factory=list)

    def device_us(self, now_s: float) -> int:
        return int((now_s * (1.0 + self.drift) + self.offset_s) * 1e6)

    def true_s(self, numbers: Floats) -> Floats:
        return (numbers * PERIOD_US / 1e6 - self.offset_s) / (1.0 + self.drift)

    def work(self, now_s: float) -> None:
        """Sample what is due."""
        end = self.device_us(now_s) // PERIOD_US
        if not self.model.sampling:
            return
        first = end - 1 if self.number is None else self.number
        if end > first:
            numbers = np.arange(first, end)
            self.model.sample(numbers * PERIOD_US, np.stack([numbers, -numbers], axis=1).astype(np.float64))
            self.number = end

    def pack(self, now_s: float) -> None:
        """Hand to the radio what is to be sent."""
        self.work(now_s)
        self.queue += self.model.send(self.device_us(now_s))

    def lose(self) -> None:
        self.queue.clear()
        self.model.link_lost()


def device(
    radio: Radio, *, side: Side = "left", boot_id: int = 7, drift: float = 0.0, offset_s: float = 4000.0
) -> Device:
    settings = NodeSettings(
        serial="EV-1",
        boot_id=boot_id,
        schemas=(COUNTER,),
        period_us=PERIOD_US,
        side=side,
        slot_us=round(radio.interval_s * 1e6),
        ring_bytes=65536,
        frame_bytes=244,
    )
    model = NodeModel(settings)
    model.vitals = Vitals(connection_interval_ms=radio.interval_s * 1e3)
    return Device(radio, model, drift, offset_s)


class FakeLink:
    """A connection over ``radio``; each ``receive`` lets one connection event pass."""

    def __init__(self, radio: Radio, other: Device, *, max_write: int = 244) -> None:
        self.radio, self.device = radio, other
        self.characteristics = frozenset({GATT_STREAM, GATT_CONTROL})
        self.sighting = Sighting(BLEDevice("AA:BB", "evenside-EV-1", None), Advert("evenside-EV-1"), radio.now_s, 1.0)
        self.dropped = 0
        self.lost = False
        self.subscribed: set[str] = set()
        self.forgotten = False
        self.stamps: list[float] = []
        self._max_write = max_write
        self._writes: list[bytes] = []
        self.event_s = radio.now_s + radio.rng.random() * radio.interval_s

    def max_write(self, uuid: str) -> int:
        return self._max_write

    async def carry_out(self, wish: Wish) -> None:
        assert isinstance(wish, Subscribe)
        self.subscribed.add(wish.uuid)

    async def forget_services(self) -> None:
        self.forgotten = True

    def post(self, wish: Wish) -> float:
        assert isinstance(wish, Write)
        assert wish.uuid == GATT_CONTROL
        assert not wish.response
        assert len(wish.data) <= self._max_write
        self._writes.append(wish.data)
        return self.radio.now_s

    async def idle(self, patience_s: float) -> None:
        await self.receive(patience_s)

    async def receive(self, patience_s: float) -> list[Arrival]:
        radio, event_s = self.radio, self.event_s
        self.event_s += radio.interval_s
        radio.now_s = event_s
        self.device.pack(event_s - 1e-4)
        if radio.rng.random() < radio.loss:
            return []
        crossing, self.device.queue = self.device.queue, []
        asking, self._writes = self._writes, []
        for data in asking:
            stamped_s = event_s + STAMPED_S + radio.rng.expovariate(1.0 / LATER_S)
            self.device.model.receive(data, self.device.device_us(stamped_s))
        self.device.pack(event_s + radio.interval_s / 2)
        least_s, more_s = radio.latency_s
        radio.now_s += least_s + (radio.rng.gammavariate(1.5, more_s / 1.5) if more_s else 0.0)
        return [Heard(radio.now_s, _place(frame), frame) for frame in crossing]


def _place(frame: bytes) -> str:
    return GATT_CONTROL if frame[0] & 15 in (Kind.SYNC_REPLY, Kind.REPLY) else GATT_STREAM


class Host:
    """A session, and everything that it has told."""

    def __init__(
        self, radio: Radio, *, serial: str = "EV-1", node: Node = FOOT, timings: BleTimings = PATIENT, seed: int = 1
    ) -> None:
        self.radio = radio
        self.session = NodeSession(Target(serial, (node,)), timings, lambda: radio.now_s, random.Random(seed))
        self.items: list[SourceItem] = []
        self.tick_s = timings.link.tick_s
        self._tick_due_s = radio.now_s

    async def opened(self, link: FakeLink) -> None:
        await self.session.open(cast(Link, link))

    async def talk(self, link: FakeLink, seconds: float) -> None:
        end_s = self.radio.now_s + seconds
        while self.radio.now_s < end_s:
            while self._tick_due_s < link.event_s:
                self.radio.now_s = max(self.radio.now_s, self._tick_due_s)
                self.pass_time()
            await self.session.converse(cast(Link, link))
            self.items += self.session.take()

    def alone(self, seconds: float, other: Device) -> None:
        """Time without a link."""
        end_s = self.radio.now_s + seconds
        while self.radio.now_s < end_s:
            self.radio.now_s = max(self.radio.now_s, self._tick_due_s)
            other.work(self.radio.now_s)
            self.pass_time()

    def pass_time(self) -> None:
        # An event loop is always a little late.
        self._tick_due_s = self.radio.now_s + self.tick_s + 1e-3 * self.radio.rng.random()
        self.session.tick(self.radio.now_s)
        self.items += self.session.take()

    def samples(self) -> tuple[Floats, Floats, Floats]:
        """Times, numbers (NaN where nothing was heard) and stated clock errors."""
        blocks = [item for item in self.items if isinstance(item, Block)]
        errors = [np.full(block.time_s.size, block.clock_error_s) for block in blocks]
        values = np.concatenate([block.values for block in blocks])
        return np.concatenate([block.time_s for block in blocks]), values[:, 0], np.concatenate(errors)

    def numbers(self) -> Floats:
        found = self.samples()[1]
        return found[np.isfinite(found)]

    def events(self, kind: str) -> list[str]:
        return [item.detail for item in self.items if isinstance(item, LinkEvent) and item.kind == kind]


def whole(numbers: Floats) -> bool:
    """Each once, in order, none missing."""
    return bool(np.all(np.diff(numbers) == 1.0))


# --- loss, links, boots -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [0.0, 0.2])
def test_every_sample_comes_once_and_in_order(loss: float) -> None:
    async def scenario() -> Host:
        radio = Radio(random.Random(3), loss=loss)
        host, other = Host(radio), device(radio)
        link = FakeLink(radio, other)
        await host.opened(link)
        assert link.subscribed == {GATT_STREAM, GATT_CONTROL}
        await host.talk(link, 30.0)
        return host

    host = asyncio.run(scenario())
    assert host.numbers().size > 2700
    assert whole(host.numbers())
    assert not np.isnan(host.samples()[1]).any()


@pytest.mark.slow
def test_a_thousand_lost_links_lose_and_double_nothing_that_the_node_still_keeps() -> None:
    async def scenario() -> tuple[Host, Device]:
        rng = random.Random(11)
        radio = Radio(rng, interval_s=0.0225, loss=0.05)
        host, other = Host(radio), device(radio)
        for _ in range(1000):
            link = FakeLink(radio, other)
            await host.opened(link)
            await host.talk(link, rng.uniform(0.1, 1.8))
            other.lose()
            host.session.lost("the connection was lost", radio.now_s)
            host.alone(rng.choice((0.0, 0.3, 2.0)) * rng.random(), other)
        link = FakeLink(radio, other)
        await host.opened(link)
        await host.talk(link, 60.0)
        return host, other

    host, other = asyncio.run(scenario())
    numbers = host.numbers()
    assert other.number is not None
    assert numbers.size > 80_000
    assert whole(numbers)
    assert numbers[-1] > other.number - 50
    assert not host.events("dropped")


def test_what_left_the_ring_of_the_node_is_told_as_a_hole_and_nothing_else_is_missing() -> None:
    async def scenario() -> tuple[Host, Device]:
        radio = Radio(random.Random(5))
        host, other = Host(radio), device(radio)
        link = FakeLink(radio, other)
        await host.opened(link)
        await host.talk(link, 10.0)
        other.lose()
        host.session.lost("the connection was lost", radio.now_s)
        host.alone(60.0, other)  # the ring holds 38 s
        link = FakeLink(radio, other)
        await host.opened(link)
        await host.talk(link, 30.0)
        return host, other

    host, _ = asyncio.run(scenario())
    times, numbers, _ = host.samples()
    assert np.all(np.diff(times) > 0)
    steps = np.diff(host.numbers())
    assert sorted(set(steps.tolist())) == [1.0, steps.max()]
    assert 2000 < steps.max() < 4000
    assert np.isnan(numbers).any()
    gone_s = times[np.isnan(numbers)]
    heard_s = times[np.isfinite(numbers)]
    assert all(np.min(np.abs(heard_s - at_s)) >= 0.0 for at_s in gone_s)


def test_a_live_view_need_not_wait_for_what_is_sent_again() -> None:
    async def scenario() -> tuple[Host, Radio, list[float]]:
        radio = Radio(random.Random(8))
        host, other = Host(radio), device(radio)
        link = FakeLink(radio, other)
        await host.opened(link)
        await host.talk(link, 10.0)
        assert not told_ahead(host)
        other.lose()
        host.session.lost("the connection was lost", radio.now_s)
        host.alone(20.0, other)
        away = [radio.now_s - told_ahead(host)[-1].time_s[-1]]
        link = FakeLink(radio, other)
        await host.opened(link)
        await host.talk(link, 4.0)
        away.append(radio.now_s - told_ahead(host)[-1].time_s[-1])
        away.append(radio.now_s - host.samples()[0][-1])
        await host.talk(link, 60.0)
        return host, radio, away

    host, _, (silent, heard, in_turn) = asyncio.run(scenario())
    assert silent < 2.0  # nothing was heard up to then
    assert heard < 1.0  # and then the newest samples, though those before them were not here yet
    assert in_turn > 4.0
    ahead = told_ahead(host)
    times = np.concatenate([block.time_s for block in ahead])
    numbers = np.concatenate([block.values[:, 0] for block in ahead])
    assert np.all(np.diff(times) > 0)
    assert np.isnan(numbers).sum() > 10
    assert whole(numbers[np.isfinite(numbers)])
    last = [item for item in host.items if isinstance(item, Ahead)][-1]
    assert last.block is None
    assert whole(host.numbers())
    assert not np.isnan(host.samples()[1]).any()
    in_its_turn = dict(zip(host.samples()[1].tolist(), host.samples()[0].tolist(), strict=True))
    off_s = [in_its_turn[number] - at_s for number, at_s in zip(numbers, times, strict=True) if number in in_its_turn]
    assert np.max(np.abs(off_s)) < 0.005


def told_ahead(host: Host) -> list[Block]:
    return [item.block for item in host.items if isinstance(item, Ahead) and item.block is not None]


def test_nothing_is_told_ahead_of_a_device_that_is_away_for_long() -> None:
    async def scenario() -> Host:
        radio = Radio(random.Random(9))
        host, other = Host(radio), device(radio)
        link = FakeLink(radio, other)
        await host.opened(link)
        await host.talk(link, 5.0)
        host.session.lost("the connection was lost", radio.now_s)
        host.alone(300.0, other)
        return host

    host = asyncio.run(scenario())
    assert len(told_ahead(host)) < 70
    voids = [item for item in host.items if isinstance(item, Ahead) and item.block is None]
    assert len(voids) == 1


def test_after_a_boot_the_device_goes_on_behind_its_old_samples() -> None:
    async def scenario() -> tuple[Host, int]:
        radio = Radio(random.Random(6))
        host, old = Host(radio), device(radio)
        link = FakeLink(radio, old)
        await host.opened(link)
        await host.talk(link, 10.0)
        host.session.lost("the connection was lost", radio.now_s)
        new = device(radio, boot_id=8, offset_s=-90.0)
        link = FakeLink(radio, new)
        await host.opened(link)
        await host.talk(link, 10.0)
        assert old.number is not None
        return host, old.number

    host, last = asyncio.run(scenario())
    times, numbers, _ = host.samples()
    assert np.all(np.diff(times) > 0)
    assert len(host.events("reset")) == 1
    before = numbers[numbers > last - 2000]
    assert whole(before[np.isfinite(before)])
    assert np.isnan(numbers).sum() >= 1


def test_a_device_with_another_serial_number_is_left() -> None:
    async def scenario() -> None:
        radio = Radio(random.Random(1))
        host, other = Host(radio, serial="EV-9"), device(radio)
        link = FakeLink(radio, other)
        await host.opened(link)
        await host.talk(link, 10.0)

    with pytest.raises(StrangerError) as caught:
        asyncio.run(scenario())
    assert caught.value.serial == "EV-1"


def test_a_device_of_the_other_side_is_refused_with_the_mend() -> None:
    async def scenario() -> Host:
        radio = Radio(random.Random(1))
        host, other = Host(radio), device(radio, side="right")
        link = FakeLink(radio, other)
        await host.opened(link)
        await host.talk(link, 5.0)
        return host

    host = asyncio.run(scenario())
    assert "evenside.toml says left, the device says right" in host.session.refusal
    assert not host.session.connected


@pytest.mark.parametrize("mute", [True, False])
def test_too_small_a_packet_is_refused_with_its_size_unless_the_device_answers(mute: bool) -> None:
    async def scenario() -> Host:
        radio = Radio(random.Random(1))
        host, other = Host(radio), device(radio)
        link = FakeLink(radio, other, max_write=20)
        await host.opened(link)
        if mute:
            link.radio.loss = 1.0
        await host.talk(link, 20.0)
        return host

    if mute:
        with pytest.raises(RefusedError, match="an ATT MTU of 23 where 100 is needed"):
            asyncio.run(scenario())
    else:
        assert whole(asyncio.run(scenario()).numbers())


def test_a_device_without_our_service_has_its_kept_table_of_services_forgotten() -> None:
    async def scenario(link: FakeLink, host: Host) -> None:
        await host.opened(link)

    radio = Radio(random.Random(1))
    link = FakeLink(radio, device(radio))
    link.characteristics = frozenset({GATT_STREAM})
    with pytest.raises(LinkLostError, match="service of an evenside node"):
        asyncio.run(scenario(link, Host(radio)))
    assert link.forgotten


def test_a_device_that_falls_silent_ends_the_link() -> None:
    async def scenario() -> None:
        radio = Radio(random.Random(2))
        host, other = Host(radio), device(radio)
        link = FakeLink(radio, other)
        await host.opened(link)
        await host.talk(link, 5.0)
        assert host.session.steady_s < radio.now_s
        radio.loss = 1.0
        await host.talk(link, 20.0)

    with pytest.raises(LinkLostError, match="silent"):
        asyncio.run(scenario())


def test_a_device_that_never_answers_ends_the_link() -> None:
    async def scenario() -> None:
        radio = Radio(random.Random(2), loss=1.0)
        host = Host(radio)
        link = FakeLink(radio, device(radio))
        await host.opened(link)
        await host.talk(link, 60.0)

    with pytest.raises(LinkLostError, match="HELLO was not answered"):
        asyncio.run(scenario())


def test_the_host_that_leaves_stops_the_device() -> None:
    async def scenario() -> Device:
        radio = Radio(random.Random(2))
        host, other = Host(radio), device(radio)
        link = FakeLink(radio, other)
        await host.opened(link)
        await host.talk(link, 3.0)
        assert other.model.sampling
        await host.session.leave(cast(Link, link))
        return other

    assert not asyncio.run(scenario()).model.sampling


# --- clocks -----------------------------------------------------------------------------------------------------------


def errors_of(interval_s: float, loss: float, drift: float, seed: int) -> tuple[Floats, Floats, Floats]:
    """True times, what their session times are off, and what was stated, of a minute and a half."""

    async def scenario() -> tuple[Host, Device]:
        rng = random.Random(seed)
        radio = Radio(rng, interval_s=interval_s, loss=loss, latency_s=(0.001, 0.001))
        host, other = Host(radio, seed=seed), device(radio, drift=drift, offset_s=rng.uniform(0.0, 4000.0))
        link = FakeLink(radio, other)
        await host.opened(link)
        await host.talk(link, 90.0)
        return host, other

    host, other = asyncio.run(scenario())
    times, numbers, stated = host.samples()
    true_s = other.true_s(numbers)
    return true_s, times - true_s, stated


@pytest.mark.slow
@pytest.mark.parametrize(("interval_s", "loss"), [(0.015, 0.0), (0.03, 0.0), (0.015, 0.2), (0.03, 0.2)])
def test_left_and_right_agree_within_2_ms_and_within_what_is_stated(interval_s: float, loss: float) -> None:
    apart, covered = [], []
    for seed in range(5):
        left = errors_of(interval_s, loss, 40e-6, 2 * seed)
        right = errors_of(interval_s, loss, -40e-6, 2 * seed + 1)
        grid = np.arange(115.0, 180.0)
        at = [[np.interp(grid, true_s, what) for what in (off, stated)] for true_s, off, stated in (left, right)]
        apart.append(np.abs(at[0][0] - at[1][0]))
        covered.append(apart[-1] <= at[0][1] + at[1][1])
    assert np.percentile(np.concatenate(apart), 95) <= 0.002
    assert np.mean(np.concatenate(covered)) >= 0.95
