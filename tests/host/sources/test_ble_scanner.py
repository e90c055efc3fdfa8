"""The owner of the scanner, over a backend of bleak that hears what a test says, or fails as adapters do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakError

from evenside.sources.ble.radio import Radio
from evenside.sources.ble.scanner import Scanner, Sighting
from evenside.sources.ble.timings import BleTimings

HURRY = BleTimings(scan_silence_s=0.05, scan_told_s=0.2, scan_retry_s=0.02, scan_start_s=0.2, operation_s=0.2)


@dataclass
class Adapter:
    """What all scanners of a test share."""

    trouble: str = ""
    hangs: bool = False
    on: bool = False
    starts: int = 0
    ends_badly: bool = False
    connected: tuple[str, ...] = ()
    heard: list[BaseBleakScanner] = field(default_factory=list)

    def backend(adapter) -> type[BaseBleakScanner]:  # noqa: N805
        class FakeScanner(BaseBleakScanner):
            def __init__(self, callback: Any, uuids: Any, mode: Any, **_: Any) -> None:
                super().__init__(callback, uuids)

            async def start(self) -> None:
                if adapter.hangs:
                    await asyncio.sleep(60)
                if adapter.trouble:
                    raise BleakError(adapter.trouble)
                assert not adapter.on
                adapter.on = True
                adapter.starts += 1
                adapter.heard = [self]

            async def stop(self) -> None:
                adapter.on = False
                if adapter.ends_badly:
                    raise BleakError("no adapter")

        return FakeScanner

    def adapter_backend(adapter) -> type[BaseBleakAdapter]:  # noqa: N805
        class FakeAdapter(BaseBleakAdapter):
            @classmethod
            async def get(cls, **_: Any) -> FakeAdapter:
                return cls()

            async def get_connected_devices(self, service_uuids: frozenset[str]) -> list[BLEDevice]:
                if adapter.trouble:
                    raise BleakError(adapter.trouble)
                return [BLEDevice(f"CC:{name}", name, None) for name in adapter.connected]

        return FakeAdapter

    def advertise(self, address: str, name: str | None, *uuids: str, maker: dict[int, bytes] | None = None) -> None:
        for scanner in self.heard if self.on else ():
            data = AdvertisementData(name, maker or {}, {}, list(uuids), None, -50, ())
            device = scanner.create_or_update_device(address, address, name, None, data)
            scanner.call_detection_callbacks(device, data)


@dataclass
class Bench:
    adapter: Adapter
    scanner: Scanner
    told: list[tuple[str, str]]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await asyncio.sleep(0.002)


def run(scenario: Callable[[Bench], Coroutine[Any, Any, None]]) -> list[tuple[str, str]]:
    async def whole() -> list[tuple[str, str]]:
        adapter = Adapter()
        told: list[tuple[str, str]] = []
        radio = Radio(adapter.backend(), adapter_backend=adapter.adapter_backend())
        scanner = Scanner(radio, HURRY, time.monotonic, lambda kind, words: told.append((kind, words)))
        task = asyncio.create_task(scanner.run())
        try:
            await scenario(Bench(adapter, scanner, told))
        finally:
            task.cancel()
            await asyncio.wait([task])
        return told

    return asyncio.run(whole())


def named(name: str) -> Callable[[Sighting], bool]:
    return lambda sighting: sighting.advert.name == name


def test_it_scans_only_while_somebody_looks_and_everybody_finds_his_own() -> None:
    async def scenario(bench: Bench) -> None:
        await asyncio.sleep(0)
        assert not bench.adapter.on
        left = asyncio.create_task(bench.scanner.find(named("left")))
        right = asyncio.create_task(bench.scanner.find(named("right")))
        await bench.until(lambda: bench.adapter.on)
        bench.adapter.advertise("A1", "right")
        assert (await right).address == "A1"
        assert bench.adapter.on
        bench.adapter.advertise("A2", "left")
        assert (await left).address == "A2"
        await bench.until(lambda: not bench.adapter.on)
        assert bench.adapter.starts == 1

    assert run(scenario) == []


def test_what_a_device_says_piece_by_piece_is_put_together() -> None:
    async def scenario(bench: Bench) -> None:
        def wants(sighting: Sighting) -> bool:
            advert = sighting.advert
            return bool(advert.name and advert.services and advert.maker_data)

        found = asyncio.create_task(bench.scanner.find(wants))
        await bench.until(lambda: bench.adapter.on)
        bench.adapter.advertise("A1", None, "0000180F-0000-1000-8000-00805F9B34FB")
        bench.adapter.advertise("A1", "left")
        bench.adapter.advertise("A2", "other", "0000180f-0000-1000-8000-00805f9b34fb")
        bench.adapter.advertise("A1", None, maker={1: b"x"})
        sighting = await found
        assert sighting.address == "A1"
        assert sighting.advert.services == {"0000180f-0000-1000-8000-00805f9b34fb"}

    run(scenario)


def test_connections_are_made_one_at_a_time_and_without_a_scan() -> None:
    async def scenario(bench: Bench) -> None:
        looking = asyncio.create_task(bench.scanner.find(named("left")))
        await bench.until(lambda: bench.adapter.on)
        busy: list[str] = []

        async def connect(name: str) -> None:
            async with bench.scanner.connecting():
                assert not bench.adapter.on
                assert not busy
                busy.append(name)
                await asyncio.sleep(0.01)
                busy.remove(name)

        await asyncio.gather(connect("one"), connect("two"))
        await bench.until(lambda: bench.adapter.on)
        bench.adapter.advertise("A1", "left")
        await looking

    run(scenario)


def test_an_adapter_that_is_gone_is_told_once_and_used_again_when_it_is_back() -> None:
    async def scenario(bench: Bench) -> None:
        looking = asyncio.create_task(bench.scanner.find(named("left")))
        await bench.until(lambda: bench.adapter.on)
        bench.adapter.on, bench.adapter.trouble, bench.adapter.ends_badly = False, "no adapter", True
        await bench.until(lambda: bool(bench.told))
        await asyncio.sleep(0.1)  # several attempts
        bench.adapter.trouble, bench.adapter.ends_badly = "", False
        await bench.until(lambda: bench.adapter.on)
        bench.adapter.advertise("A1", "left")
        await looking

    told = run(scenario)
    assert [kind for kind, _ in told] == ["lost", "note"]
    assert "Bluetooth cannot be used: no adapter; `evenside doctor`" in told[0][1]
    assert "works again" in told[1][1]


def test_a_scan_that_never_starts_does_not_hold_up_connections_for_ever() -> None:
    async def scenario(bench: Bench) -> None:
        bench.adapter.hangs = True
        looking = asyncio.create_task(bench.scanner.find(named("left")))
        await bench.until(lambda: bool(bench.told))
        async with asyncio.timeout(5), bench.scanner.connecting():
            pass
        looking.cancel()

    assert run(scenario)[0] == (
        "lost",
        "Bluetooth cannot be used: it took too long; `evenside doctor` tells what is missing",
    )


def test_a_scan_that_hears_nothing_is_begun_anew_and_told_after_a_while() -> None:
    async def scenario(bench: Bench) -> None:
        looking = asyncio.create_task(bench.scanner.find(named("left")))
        await bench.until(lambda: bench.adapter.starts >= 3)
        await bench.until(lambda: bool(bench.told))
        starts = bench.adapter.starts
        await bench.until(lambda: bench.adapter.starts >= starts + 3)
        bench.adapter.advertise("A1", "left")
        await looking

    told = run(scenario)
    assert len(told) == 1
    assert told[0][0] == "silent"


def test_devices_that_are_connected_already_are_seen_without_a_scan() -> None:
    async def scenario(bench: Bench) -> None:
        bench.adapter.connected = ("left",)
        (sighting,) = await bench.scanner.connected_devices()
        assert (sighting.address, sighting.advert.name) == ("CC:left", "left")
        bench.adapter.trouble = "no bus"
        assert await bench.scanner.connected_devices() == []

    run(scenario)


@pytest.mark.parametrize("looking", [1, 5])
def test_who_stops_looking_is_forgotten(looking: int) -> None:
    async def scenario(bench: Bench) -> None:
        tasks = [asyncio.create_task(bench.scanner.find(named("left"))) for _ in range(looking)]
        await bench.until(lambda: bench.adapter.on)
        for task in tasks:
            task.cancel()
        await bench.until(lambda: not bench.adapter.on)

    run(scenario)
