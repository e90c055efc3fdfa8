"""Sensors of other makers through the whole path: emulator, radio, controller, stack, bleak, the source, its blocks.

Each is worn as a pair that measures different things on either side, so that an exchange of the two would show.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from bleak import BleakClient, BleakScanner

from evenside.errors import SourceError
from evenside.sources import LinkEvent, NodeStatus, SourceItem, SourceRequest, parse_source_url
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.source import open_ble_with
from evenside.sources.ble.timings import BleTimings
from evenside.testing import Peripheral, World, world
from evenside.testing.emulators import (
    DotEmulator,
    Emulated,
    LinesEmulator,
    PedalsEmulator,
    PolarEmulator,
    TindeqEmulator,
    WitMotionEmulator,
)
from evenside_analysis.types import Block, Floats, Node, Side

STALLED_S = 0.25
"""Sensors and host share this process: on a busy machine a sample may leave so much late, and nobody can know."""
IMU = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
SIDES: tuple[Side, Side] = ("left", "right")


def _signal(side: Side) -> Callable[[float], list[float]]:
    """Six numbers; the first one tells the moment, the second one the side."""
    second = {"left": -2.0, "right": 3.0}[side]
    return lambda at_s: [4.0 * math.sin(2 * math.pi * 0.4 * at_s), second, 9.80665, 0.2, -0.4, 0.6]


def _force(side: Side) -> Callable[[float], list[float]]:
    level = {"left": 200.0, "right": 300.0}[side]
    return lambda at_s: [level + 40.0 * math.sin(2 * math.pi * 0.4 * at_s)]


def _puck_line(at_s: float, measured: Sequence[float]) -> str:
    acc = [round(value / 9.80665 * 8192) for value in measured[:3]]
    gyr = [round(math.degrees(value) / 0.07) for value in measured[3:]]
    return ",".join([f"{1.7e12 + at_s * 1000:.1f}", *map(str, [*acc, *gyr])])


@dataclass(frozen=True)
class Worn:
    """One emulated device and the node, or nodes, that it is."""

    device: Emulated
    serial: str
    nodes: tuple[Node, ...]
    kind: str = ""  # as configured
    bonds: bool = False


def _pair(kind: str, site: str, channels: tuple[str, ...], rate_hz: float, *made: tuple[Emulated, str]) -> list[Worn]:
    return [
        Worn(device, serial, (Node(f"{kind}_{side}", site, side, channels, rate_hz),))  # type: ignore[arg-type]
        for side, (device, serial) in zip(SIDES, made, strict=True)
    ]


def tindeqs() -> list[Worn]:
    made = [(TindeqEmulator(_force(side), name=f"Progressor_{side}"), f"Progressor_{side}") for side in SIDES]
    return _pair("tindeq-progressor", "grip", ("force",), 80.0, *made)


def witmotions() -> list[Worn]:
    made = [(WitMotionEmulator(_signal(side), name=f"WT901BLE{side}"), f"WT901BLE{side}") for side in SIDES]
    return _pair("witmotion", "shank", IMU, 50.0, *made)


def dots() -> list[Worn]:
    made = [
        (DotEmulator(_signal(side), serial=0xD4000 + at, ppm=40.0), f"{0xD4000 + at:X}")
        for at, side in enumerate(SIDES)
    ]
    return _pair("movella-dot", "thigh", IMU, 60.0, *made)


def polars() -> list[Worn]:
    made = [
        (PolarEmulator(_signal(side), name=f"Polar Sense 100000{at}", serial=f"100000{at}", ppm=-40.0), f"100000{at}")
        for at, side in enumerate(SIDES)
    ]
    return _pair("polar-pmd", "wrist", IMU[:3], 52.0, *made)


def pucks() -> list[Worn]:
    made = []
    for side in SIDES:
        device = LinesEmulator(
            *(_signal(side), _puck_line),
            name=f"Puck.js {side}",
            rate_hz=52.0,
            starts="|12);\n",
            stops='removeAllListeners("accel");\n',
        )
        made.append((device, f"Puck.js {side}"))
    return _pair("puck-js", "foot", IMU, 52.0, *made)


def pedals(*, reference_left: bool = True) -> list[Worn]:
    device = PedalsEmulator(lambda _: (110.0, 90.0), serial="P-7", reference_left=reference_left)
    nodes = tuple(Node(f"pedal_{side}", "pedal", side, ("power",), 1.0) for side in SIDES)
    return [Worn(device, "P-7", nodes, "cycling-power")]


@dataclass
class Session:
    """A source that is open, and all that it has said."""

    items: AsyncIterator[SourceItem]
    devices: dict[str, Peripheral]
    zero_s: float
    found: list[SourceItem] = field(default_factory=list)
    paired: int = 0  # devices whose keys the adapter has in the end

    async def until(self, done: Callable[[], bool], patience_s: float = 60.0) -> None:
        async with asyncio.timeout(patience_s):
            while not done():
                self.found.append(await anext(self.items))

    def seconds(self, node: str) -> float:
        """How much was heard of a node."""
        times, _, _ = self.rows(node)
        return float(times[-1] - times[0]) if times.size else 0.0

    def rows(self, node: str) -> tuple[Floats, Floats, float]:
        """Times, values and the largest stated clock error of a node's blocks."""
        blocks = [item for item in self.found if isinstance(item, Block) and item.node == node]
        if not blocks:
            return np.empty(0), np.empty((0, 0)), math.inf
        times = np.concatenate([block.time_s for block in blocks])
        return times, np.concatenate([block.values for block in blocks]), max(block.clock_error_s for block in blocks)

    def told(self, kind: str, node: str) -> list[str]:
        return [
            item.detail
            for item in self.found
            if isinstance(item, LinkEvent) and item.kind == kind and item.node in ("", node)
        ]


async def _held(room: World) -> None:
    """Somebody connected to every sensor, and was killed without a word to the system."""
    for sensor in room.peripherals:
        found = await BleakScanner.find_device_by_address(sensor.address, backend=room.scanner)
        assert found is not None
        await BleakClient(found, backend=room.client).connect()


@asynccontextmanager
async def _worn(*devices: Worn, before: Callable[[World], Awaitable[None]] | None = None) -> AsyncIterator[Session]:
    loop = asyncio.get_running_loop()
    zero_s = loop.time()
    request = SourceRequest(
        parse_source_url("ble://"),
        tuple(node for worn in devices for node in worn.nodes),
        {node.id: worn.serial for worn in devices for node in worn.nodes},
        lambda: loop.time() - zero_s,
        {node.id: worn.kind for worn in devices for node in worn.nodes if worn.kind},
    )
    async with world(seed=3) as room:
        on_air = {worn.serial: await room.add(worn.device, bonds=worn.bonds) for worn in devices}
        if before is not None:
            await before(room)
        radio = Radio(room.scanner, room.client, room.adapter)
        async with open_ble_with(request, radio, BleTimings(), random.Random(1)) as items:
            session = Session(items, on_air, zero_s)
            yield session
            session.paired = len(await room.central.keys.get_all())


def _lag_s(session: Session, node: str, signal: Callable[[float], list[float]]) -> float:
    """By how much the times of a node lie behind the moments at which its first channel was measured."""
    times, values, _ = session.rows(node)
    heard = np.isfinite(values[:, 0])
    lags = np.arange(-0.1, 0.1, 0.002)
    moments = times[heard] + session.zero_s
    misses = [np.abs(values[heard, 0] - [signal(at - lag)[0] for at in moments]).mean() for lag in lags]
    return float(lags[int(np.argmin(misses))])


async def _streams(devices: list[Worn], seconds: float) -> Session:
    nodes = [node for worn in devices for node in worn.nodes]
    async with _worn(*devices) as session:
        await session.until(lambda: all(session.seconds(node.id) >= seconds for node in nodes))
        await session.until(
            lambda: all(any(isinstance(i, NodeStatus) and i.node == n.id for i in session.found) for n in nodes)
        )
    return session


@pytest.mark.slow
def test_five_pairs_and_pedals_stream_at_once_each_side_by_its_own_sensor() -> None:
    pairs = [tindeqs(), witmotions(), dots(), polars(), pucks()]
    session = asyncio.run(_streams([*pedals(), *(worn for pair in pairs for worn in pair)], 4.0))
    for pair in pairs:
        for worn, side in zip(pair, SIDES, strict=True):
            _check_stream(session, worn.nodes[0], side)
    for side, power_w in (("left", 110.0), ("right", 90.0)):
        np.testing.assert_allclose(session.rows(f"pedal_{side}")[1], power_w)
    batteries = {item.node: item.battery_percent for item in session.found if isinstance(item, NodeStatus)}
    known = {"pedal": 80.0, "witmotion": 75.0, "movella-dot": 87.0, "polar-pmd": 64.0}
    for side in SIDES:
        assert {name: batteries[f"{name}_{side}"] for name in known} == known


def _check_stream(session: Session, node: Node, side: Side) -> None:
    times, values, error_s = session.rows(node.id)
    assert session.told("connected", node.id)
    assert np.isfinite(values).all(), session.told("lost", node.id)
    np.testing.assert_allclose(np.diff(times), 1.0 / node.rate_hz, rtol=0.35)
    if node.channels == ("force",):
        level_n = {"left": 200.0, "right": 300.0}[side]
        np.testing.assert_allclose(values, level_n, atol=40.1)
        assert abs(_lag_s(session, node.id, _force(side))) <= error_s + STALLED_S
    else:
        np.testing.assert_allclose(values[:, 1], {"left": -2.0, "right": 3.0}[side], atol=0.01)
        assert abs(_lag_s(session, node.id, _signal(side))) <= error_s + STALLED_S


def test_pedals_whose_reference_is_unknown_give_no_side_and_say_what_to_do() -> None:
    session = asyncio.run(_streams(pedals(reference_left=False), 2.0))
    for side in SIDES:
        _, values, _ = session.rows(f"pedal_{side}")
        assert np.isnan(values).all()
        assert any("cycling-power-percent-left" in words for words in session.told("event", f"pedal_{side}"))


def _meters(*locations: int) -> list[Worn]:
    return [
        Worn(
            PedalsEmulator(
                lambda _: (100.0, 0.0), name=f"METER-{side}", serial=f"M-{side}", balance=False, location=place
            ),
            f"M-{side}",
            (Node(f"meter_{side}", "pedal", side, ("power",), 1.0),),
            "cycling-power-single",
        )
        for side, place in zip(SIDES, locations, strict=True)
    ]


def test_meters_that_were_exchanged_are_refused() -> None:
    with pytest.raises(SourceError, match="exchange the serials"):
        asyncio.run(_streams(_meters(8, 7), 2.0))


def test_meters_on_their_own_sides_are_not() -> None:
    session = asyncio.run(_streams(_meters(7, 8), 2.0))
    np.testing.assert_allclose(session.rows("meter_left")[1], 100.0)


async def _vanishes() -> tuple[Session, float]:
    devices = tindeqs()
    left, right = (worn.nodes[0].id for worn in devices)
    async with _worn(*devices) as session:
        await session.until(lambda: min(session.seconds(left), session.seconds(right)) >= 2.0)
        gone_s = asyncio.get_running_loop().time() - session.zero_s
        session.devices[devices[0].serial].vanish()
        await session.until(lambda: bool(session.told("lost", left)))
        await session.devices[devices[0].serial].come_back()
        await session.until(lambda: len(session.told("connected", left)) > 1)
        heard_s = session.seconds(left)
        await session.until(lambda: session.seconds(left) >= heard_s + 2.0)
    return session, gone_s


def test_a_sensor_that_vanishes_leaves_a_hole_and_the_other_side_alone() -> None:
    session, gone_s = asyncio.run(_vanishes())
    times, values, _ = session.rows("tindeq-progressor_left")
    assert np.isnan(values[times > gone_s]).any()
    assert np.isfinite(values[times > gone_s + 1.0]).any()
    assert (np.diff(times) > 0).all()
    times, values, _ = session.rows("tindeq-progressor_right")
    assert np.isfinite(values).all()
    np.testing.assert_allclose(np.diff(times), 1 / 80.0, rtol=0.35)


async def _wants_to_be_paired() -> Session:
    left, right = polars()
    node = left.nodes[0].id
    async with _worn(replace(left, bonds=True), right) as session:
        await session.until(lambda: session.seconds(node) >= 2.0)
        await session.devices[left.serial].hang_up()
        await session.until(lambda: len(session.told("connected", node)) > 1)
        heard_s = session.seconds(node)
        await session.until(lambda: session.seconds(node) >= heard_s + 2.0)
    return session


@pytest.mark.slow
def test_a_sensor_that_wants_to_be_paired_is_paired_once_and_no_other_one_is() -> None:
    session = asyncio.run(_wants_to_be_paired())
    assert sum("wants to be paired" in words for words in session.told("note", "polar-pmd_left")) == 1
    assert not any("paired" in words for words in session.told("note", "polar-pmd_right"))
    lost = session.told("lost", "polar-pmd_left")
    assert "Encryption" in lost[0]  # how it asked for it
    assert not any("Encryption" in words or "pairing" in words for words in lost[1:])
    assert session.paired == 1


async def _left_connected(*devices: Worn) -> Session:
    async with _worn(*devices, before=_held) as session:
        await session.until(lambda: all(session.seconds(worn.nodes[0].id) >= 1.0 for worn in devices))
    return session


@pytest.mark.slow
def test_sensors_that_a_killed_program_left_connected_are_taken_whatever_names_them() -> None:
    # Some are configured by their name; of others only the sensor itself can tell the serial number, as of the meters.
    named, others = [*tindeqs(), *witmotions()], _meters(7, 8)
    session = asyncio.run(_left_connected(*named, *others))
    for worn in named:
        assert not any(words.startswith("looking for") for words in session.told("note", worn.nodes[0].id))
