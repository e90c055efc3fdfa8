"""A supervisor over a scripted backend of bleak: devices connected already, connections that fail, refusals."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError

from evenside.sources import LinkEvent, SourceItem, SourceRequest, parse_source_url
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.source import open_ble_with
from evenside.sources.ble.timings import BleTimings
from evenside.sources.link_timings import LinkTimings
from evenside.wire import GATT_CONTROL, GATT_SERVICE, GATT_STREAM
from evenside_analysis.types import Node

FOOT = Node("foot", "foot", "left", ("acc_x", "acc_y", "acc_z"), 100.0)
HURRY = BleTimings(
    link=LinkTimings(backoff_first_s=0.01, backoff_max_s=0.05, unheard_s=0.3, tick_s=0.01),
    connect_bound_s=0.3,
    operation_s=0.2,
    teardown_s=0.2,
)


@dataclass
class Ether:
    """One device that advertises every 10 ms unless it is ``hidden``, and does what a test says when connected."""

    hidden: bool = False
    trouble: str = ""
    hangs: bool = False
    hangs_on: bool = False  # disconnecting takes for ever
    mtu: int = 247
    connected_already: bool = False
    connects: int = 0
    unpaired: int = 0
    services: tuple[str, ...] = (GATT_STREAM, GATT_CONTROL)
    scanners: list[BaseBleakScanner] = field(default_factory=list)
    device: BLEDevice = field(default_factory=lambda: BLEDevice("AA:01", "evenside-EV-1", None))

    def types(ether) -> Radio:  # noqa: N805
        class Scanner(BaseBleakScanner):
            def __init__(self, callback: Any, uuids: Any, mode: Any, **_: Any) -> None:
                super().__init__(callback, uuids)

            async def start(self) -> None:
                ether.scanners.append(self)

            async def stop(self) -> None:
                ether.scanners.remove(self)

        class Adapter(BaseBleakAdapter):
            @classmethod
            async def get(cls, **_: Any) -> Adapter:
                return cls()

            async def get_connected_devices(self, service_uuids: frozenset[str]) -> list[BLEDevice]:
                return [ether.device] if ether.connected_already else []

        class Client(BaseBleakClient):
            up = False

            def __init__(self, device: BLEDevice, services: Any = None, **more: Any) -> None:
                super().__init__(device, disconnected_callback=more["disconnected_callback"], timeout=more["timeout"])

            @property
            def mtu_size(self) -> int:
                return ether.mtu

            @property
            def is_connected(self) -> bool:
                return True  # as BlueZ says even of links that are dead

            async def connect(self, pair: bool, **_: Any) -> None:
                ether.connects += 1
                if ether.hangs:
                    await asyncio.sleep(60)
                if ether.trouble:
                    raise BleakError(ether.trouble)
                self.services = BleakGATTServiceCollection()
                service = BleakGATTService(None, 1, GATT_SERVICE)
                self.services.add_service(service)
                for handle, uuid in enumerate(ether.services, 2):
                    properties: Any = ["notify", "write-without-response"]
                    self.services.add_characteristic(
                        BleakGATTCharacteristic(None, handle, uuid, properties, lambda: ether.mtu - 3, service)
                    )

            async def disconnect(self) -> None:
                if ether.hangs_on:
                    await asyncio.sleep(60)

            async def pair(self, *_: Any, **__: Any) -> None: ...

            async def unpair(self) -> None:
                ether.unpaired += 1

            async def read_gatt_char(self, characteristic: Any, **_: Any) -> bytearray:
                raise BleakError("nothing can be read")

            async def read_gatt_descriptor(self, descriptor: Any, **_: Any) -> bytearray:
                raise BleakError("nothing can be read")

            async def write_gatt_char(self, characteristic: Any, data: Any, response: bool) -> None: ...

            async def write_gatt_descriptor(self, descriptor: Any, data: Any) -> None: ...

            async def start_notify(self, characteristic: Any, callback: Any, **_: Any) -> None: ...

            async def stop_notify(self, characteristic: Any) -> None: ...

        return Radio(Scanner, Client, Adapter)

    async def advertise(self) -> None:
        while True:
            for scanner in [] if self.hidden else self.scanners:
                data = AdvertisementData(self.device.name, {}, {}, [GATT_SERVICE], None, -50, ())
                device = scanner.create_or_update_device("AA:01", "AA:01", self.device.name, None, data)
                scanner.call_detection_callbacks(device, data)
            await asyncio.sleep(0.01)


def run(ether: Ether, done: Callable[[list[LinkEvent]], bool], timings: BleTimings = HURRY) -> list[LinkEvent]:
    """What the source tells of its links until ``done``; it is then closed, in bounded time."""

    async def scenario() -> list[LinkEvent]:
        found: list[SourceItem] = []
        request = SourceRequest(parse_source_url("ble://"), (FOOT,), {"foot": "EV-1"}, time.monotonic)
        advertising = asyncio.create_task(ether.advertise())

        async def listen() -> None:
            async with open_ble_with(request, ether.types(), timings, random.Random(1)) as items:
                async for item in items:
                    found.append(item)  # noqa: PERF401  # it never ends by itself

        listening = asyncio.create_task(listen())
        try:
            async with asyncio.timeout(10):
                while not done(events(found)) and not listening.done():
                    await asyncio.sleep(0.005)
        finally:
            listening.cancel()
            async with asyncio.timeout(5):
                await asyncio.gather(listening, return_exceptions=True)
            advertising.cancel()
        return events(found)

    return asyncio.run(scenario())


def events(items: list[SourceItem]) -> list[LinkEvent]:
    return [item for item in items if isinstance(item, LinkEvent)]


def lost(found: list[LinkEvent]) -> list[str]:
    return [event.detail for event in found if event.kind == "lost"]


@pytest.mark.parametrize(
    ("ether", "words"),
    [
        (Ether(trouble="le-connection-abort-by-local"), "le-connection-abort-by-local"),
        (Ether(hangs=True), "it took too long"),
        (Ether(hangs=True, hangs_on=True), "it took too long"),
        (Ether(hangs_on=True), "HELLO was not answered"),
    ],
    ids=["fails", "hangs", "hangs for good", "never lets go"],
)
def test_it_tries_again_whatever_a_connection_does(ether: Ether, words: str) -> None:
    found = run(ether, lambda found: len(lost(found)) >= 3)
    assert all(words in detail for detail in lost(found))
    assert ether.connects >= 3


def test_a_device_that_is_connected_already_is_taken_without_a_scan() -> None:
    ether = Ether(hidden=True, connected_already=True)
    run(ether, lambda found: ether.connects >= 2)
    assert ether.connects >= 2


def test_a_missing_service_has_the_kept_table_forgotten() -> None:
    ether = Ether(services=(GATT_STREAM,))
    found = run(ether, lambda found: bool(lost(found)))
    assert "service of an evenside node" in lost(found)[0]
    assert ether.unpaired >= 1


def test_small_packets_over_which_nobody_answers_are_refused() -> None:
    found = run(Ether(mtu=23), lambda found: False)  # the source ends by itself: its only device was refused
    refused = [event.detail for event in found if event.kind == "refused"]
    assert "ATT MTU of 23 where 100 is needed" in refused[0]


def test_a_long_search_is_told_once() -> None:
    ether = Ether(hidden=True)
    begun_s = time.monotonic()
    found = run(ether, lambda found: time.monotonic() - begun_s > 0.3, replace(HURRY, scan_silence_s=0.02))
    assert [event.detail for event in found if event.kind == "note"] == ["looking for the device EV-1 of foot"]
