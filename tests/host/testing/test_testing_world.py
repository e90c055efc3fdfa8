"""Bluetooth without a radio: bleak's contract on a Bumble stack, losses as delay, devices that vanish and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError, BleakGATTProtocolError

from evenside.testing import Peripheral, RadioModel, World, world
from evenside.testing.emulators import NodeEmulator, NodeMake, TindeqEmulator
from evenside.wire import (
    GATT_CONTROL,
    GATT_SERVICE,
    GATT_STREAM,
    DataFrame,
    SampleType,
    SchemaChannel,
    commands,
    decode_frame,
    encode_frame,
)

DATA, CONTROL = (f"7e4e170{number}-1ea6-40c9-9dcc-13d34ffead57" for number in (2, 3))
SOON_S = 10.0


def in_world(scenario: Callable[[World], Awaitable[None]], model: RadioModel | None = None) -> None:
    async def run() -> None:
        async with world(model or RadioModel(interval_s=None, supervision_s=0.2)) as room, asyncio.timeout(60.0):
            await scenario(room)

    asyncio.run(run())


async def found(room: World, peripheral: Peripheral) -> BLEDevice:
    device = await BleakScanner.find_device_by_filter(
        lambda device, _: device.address == peripheral.address, timeout=SOON_S, backend=room.scanner
    )
    assert device is not None
    return device


def client(room: World, device: BLEDevice, gone: Callable[[], None] = lambda: None) -> BleakClient:
    return BleakClient(device, lambda _: gone(), backend=room.client, timeout=2.0)


def grip() -> TindeqEmulator:
    return TindeqEmulator(lambda at_s: [98.0665])


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not true():
            await asyncio.sleep(0.005)


def test_a_scan_tells_names_and_services() -> None:
    async def scenario(room: World) -> None:
        await room.add(grip())
        await room.add(NodeEmulator(NodeMake("EV-7", (SchemaChannel.named("force", SampleType.F32),)), zeros))
        seen = await BleakScanner.discover(timeout=0.5, backend=room.scanner, return_adv=True)
        told = {advert.local_name: advert.service_uuids for _, advert in seen.values()}
        assert told == {"Progressor_1719": [], "evenside-EV-7": [GATT_SERVICE]}

    in_world(scenario)


def zeros(at_s: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.zeros((at_s.size, 1))


def test_notifications_come_after_a_subscription_and_a_command() -> None:
    async def scenario(room: World) -> None:
        sensor = await room.add(grip())
        heard: list[bytes] = []
        async with client(room, await found(room, sensor)) as link:
            await link.write_gatt_char(CONTROL, b"\x65", response=False)
            await until(lambda: sensor.model.advance(0.0) == [])
            await link.start_notify(DATA, lambda _, data: heard.append(bytes(data)))
            await link.write_gatt_char(CONTROL, b"\x65", response=True)
            await until(lambda: len(heard) >= 3)
            assert link.services.get_characteristic(CONTROL).max_write_without_response_size == 244  # type: ignore[union-attr]
        assert {(data[0], data[1]) for data in heard} == {(1, 64)}

    in_world(scenario)


def test_what_cannot_be_read_says_so() -> None:
    async def scenario(room: World) -> None:
        sensor = await room.add(grip())
        async with client(room, await found(room, sensor)) as link:
            with pytest.raises(BleakGATTProtocolError):
                await link.read_gatt_char(CONTROL)

    in_world(scenario)


def test_a_link_that_its_device_ends_is_told_once() -> None:
    async def scenario(room: World) -> None:
        sensor, ends = await room.add(grip()), list[float]()
        link = client(room, await found(room, sensor), lambda: ends.append(0.0))
        await link.connect()
        await sensor.hang_up()
        await until(lambda: bool(ends))
        assert not link.is_connected
        with pytest.raises(BleakError):
            await link.write_gatt_char(CONTROL, b"\x65", response=True)
        assert len(ends) == 1

    in_world(scenario)


def test_a_device_that_vanishes_ends_what_is_under_way_and_can_be_connected_again() -> None:
    async def scenario(room: World) -> None:
        sensor, other = await room.add(grip()), await room.add(grip())
        ends: list[float] = []
        device = await found(room, sensor)
        link, beside = client(room, device, lambda: ends.append(0.0)), client(room, await found(room, other))
        await link.connect()
        await beside.connect()
        sensor.vanish()
        with pytest.raises(BleakError):
            await link.write_gatt_char(CONTROL, b"\x6b", response=True)
        assert ends
        assert beside.is_connected
        with pytest.raises(TimeoutError):
            await BleakClient(device, backend=room.client, timeout=0.3).connect()
        await sensor.come_back()
        again = client(room, await found(room, sensor))
        await again.connect()
        assert again.is_connected
        await again.disconnect()
        await beside.disconnect()

    in_world(scenario)


def test_a_lossy_radio_delays_and_loses_nothing() -> None:
    async def scenario(room: World) -> None:
        sensor = await room.add(grip())
        heard: list[bytes] = []
        async with client(room, await found(room, sensor)) as link:
            await link.start_notify(DATA, lambda _, data: heard.append(bytes(data)))
            await link.write_gatt_char(CONTROL, b"\x65", response=True)
            await until(lambda: len(heard) >= 10)
        first_us = [int.from_bytes(data[6:10], "little") for data in heard]
        assert set(np.diff(first_us)) == {100_000}
        assert room.air.events_lost > 0

    in_world(scenario, RadioModel(interval_s=0.01, loss=0.4, supervision_s=2.0))


def test_an_adapter_that_is_pulled_ends_links_and_refuses_everything_until_it_is_back() -> None:
    async def scenario(room: World) -> None:
        sensor, ends = await room.add(grip()), list[float]()
        device = await found(room, sensor)
        link = client(room, device, lambda: ends.append(0.0))
        await link.connect()
        room.unplug()
        await until(lambda: bool(ends))
        with pytest.raises(BleakError, match="adapter"):
            await BleakScanner(backend=room.scanner).start()
        with pytest.raises(BleakError, match="adapter"):
            await client(room, device).connect()
        room.plug_in()
        async with client(room, await found(room, sensor)) as again:
            assert again.is_connected

    in_world(scenario)


def test_a_link_that_a_crashed_program_left_is_found_without_a_scan() -> None:
    async def scenario(room: World) -> None:
        sensor = await room.add(grip())
        left = client(room, await found(room, sensor))
        await left.connect()
        adapter = await BleakAdapter.get(backend=room.adapter)
        (device,) = await adapter.get_connected_devices()
        assert (device.address, device.name) == (sensor.address, "Progressor_1719")
        assert await adapter.get_connected_devices([GATT_SERVICE]) == []
        async with client(room, device) as link:
            await link.write_gatt_char(CONTROL, b"\x6b", response=True)

    in_world(scenario)


def test_a_node_keeps_what_nobody_heard_and_begins_anew_after_a_reset() -> None:
    async def scenario(room: World) -> None:
        make = NodeMake("EV-1", (SchemaChannel.named("force", SampleType.F64),), rate_hz=200.0, ppm=40.0, offset_s=5.0)
        node = NodeEmulator(make, lambda at_s: np.floor(at_s * 1000.0)[:, np.newaxis])
        sensor = await room.add(node)
        frames: list[DataFrame] = []

        def heard(_: object, data: bytearray) -> None:
            frame = decode_frame(bytes(data))
            if isinstance(frame, DataFrame):
                frames.append(frame)

        async def stream() -> BleakClient:
            link = client(room, await found(room, sensor))
            await link.connect()
            await link.start_notify(GATT_STREAM, heard)
            await link.start_notify(GATT_CONTROL, lambda *_: None)
            await link.write_gatt_char(GATT_CONTROL, encode_frame(commands.start(1, 130, 0)), response=True)
            return link

        link = await stream()
        await until(lambda: len(frames) >= 5)
        assert [frame.seq for frame in frames] == list(range(len(frames)))
        await link.disconnect()
        made = node.model.sampler.ring.next_frame
        await until(lambda: node.model.sampler.ring.next_frame > made + 3)  # it samples on
        frames.clear()
        link = await stream()
        await until(lambda: len(frames) >= 2)
        assert frames[0].seq >= made + 3
        frames.clear()
        await sensor.reboot(node.rebooted())
        await until(lambda: not link.is_connected)
        link = await stream()
        await until(lambda: len(frames) >= 2)
        assert frames[0].seq == 0
        await link.disconnect()

    in_world(scenario)


@pytest.mark.parametrize(("interval_s", "loss", "packets"), [(0.0, 0.0, 6), (0.01, 1.0, 6), (0.01, 0.0, 0)])
def test_a_radio_that_cannot_be_is_refused(interval_s: float, loss: float, packets: int) -> None:
    with pytest.raises(ValueError):
        RadioModel(interval_s, loss, packets)
