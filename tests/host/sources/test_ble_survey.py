"""Which sensors are in reach over Bluetooth: through the real stack, as lines that make an evenside.toml."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
from bleak.backends.scanner import BaseBleakScanner
from bleak.exc import BleakError

from evenside.config import parse_config
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.survey import Survey, survey, tables_of
from evenside.sources.ble.timings import BleTimings
from evenside.sources.found_toml import node_tables
from evenside.testing import RadioModel, World, world
from evenside.testing.emulators import Emulated, NodeEmulator, NodeMake, PedalsEmulator, TindeqEmulator
from evenside.wire import FIXED_SCHEMAS
from evenside_analysis.types import ACC, GYR

HEAD = '[[wearer]]\nid = "me"\n\n'
HURRY = BleTimings(connect_s=1.0, connect_bound_s=2.0)


def node(serial: str, **more: Any) -> NodeEmulator:
    return NodeEmulator(NodeMake(serial, FIXED_SCHEMAS[3].channels, **more), lambda at_s: np.zeros((at_s.size, 6)))


def surveyed(*models: Emulated, before: Callable[[World], Awaitable[None]] | None = None) -> Survey:
    async def run() -> Survey:
        async with world(RadioModel(interval_s=None, supervision_s=0.3)) as room, asyncio.timeout(30.0):
            for model in models:
                await room.add(model)
            if before is not None:
                await before(room)
            return await survey(Radio(room.scanner, room.client), patience_s=0.5, timings=HURRY)

    return asyncio.run(run())


def test_our_nodes_say_where_they_are_worn_and_what_they_measure() -> None:
    found = surveyed(node("EV-1", side="left", site="foot", rate_hz=200.0), node("EV-2", side="right", site="foot"))
    toml = HEAD + node_tables([table for one in found.devices for table in tables_of(one)])
    (wearer,) = parse_config(toml, Path("evenside.toml")).wearers
    by_id = {entry.node.id: entry for entry in wearer.nodes}
    left, right = by_id["left_foot"], by_id["right_foot"]
    assert (left.serial, left.source, left.device) == ("EV-1", "ble://", "evenside")
    assert (left.node.channels, left.node.rate_hz, right.node.rate_hz) == (ACC + GYR, 200.0, 100.0)
    assert right.node.scale == tuple(channel.scale for channel in FIXED_SCHEMAS[3].channels)
    assert "dBm, firmware emulated" in toml


def test_one_device_for_both_sides_is_two_nodes() -> None:
    found = surveyed(PedalsEmulator(lambda at_s: [100.0, 90.0], serial="P-77"))
    assert [one.problem for one in found.devices] == [""]
    toml = HEAD + node_tables(tables_of(found.devices[0]))
    (wearer,) = parse_config(toml, Path("evenside.toml")).wearers
    assert [(entry.node.id, entry.serial, entry.device) for entry in wearer.nodes] == [
        ("left_pedal", "P-77", "cycling-power"),
        ("right_pedal", "P-77", "cycling-power"),
    ]
    assert {entry.node.rate_hz for entry in wearer.nodes} == {1.0}


def test_what_a_device_does_not_say_is_left_to_a_person() -> None:
    found = surveyed(TindeqEmulator(lambda at_s: [0.0], name="Progressor_7"))
    (table,) = tables_of(found.devices[0], "ble://hci1")
    toml = node_tables([table])
    assert 'site = "?"  # one of grip, strap' in toml
    assert 'side = "?"  # left, right' in toml
    assert 'serial = "Progressor_7"' in toml
    assert 'source = "ble://hci1"' in toml
    assert "rate_hz = 80.0\n" in toml


class Speaker:
    """Of no kind that is known."""

    name, advertised, maker_data, services = "JBL Flip", (), dict[int, bytes](), ()

    def read(self, uuid: str) -> bytes:
        raise KeyError(uuid)

    def write(self, uuid: str, data: bytes, now_s: float) -> list[tuple[str, bytes]]:
        return []

    def advance(self, now_s: float) -> list[tuple[str, bytes]]:
        return []

    def disconnected(self) -> None:
        raise AssertionError("it was connected")


def test_strangers_are_counted_and_left_alone() -> None:
    found = surveyed(Speaker(), node("EV-1"))
    assert [one.serial for one in found.devices] == ["EV-1"]
    assert found.strangers == 1


def test_a_device_that_does_not_answer_is_told_with_what_it_advertised() -> None:
    async def busy(room: World) -> None:
        """It is heard, and has gone when it is to be connected."""
        sensor = room.peripherals[0]
        asyncio.get_running_loop().call_later(0.4, sensor.vanish)

    found = surveyed(node("EV-1"), before=busy)
    (one,) = found.devices
    assert one.serial == "EV-1"
    assert "connected" in one.problem


def test_without_bluetooth_it_says_why() -> None:
    def missing(error: Exception) -> type[BaseBleakScanner]:
        class Missing(BaseBleakScanner):
            def __init__(self, callback: Any, uuids: Any, mode: Any, **_: Any) -> None:
                super().__init__(callback, uuids)

            async def start(self) -> None:
                raise error

            async def stop(self) -> None:
                raise AssertionError("it was never started")

        return Missing

    def said(error: Exception) -> str:
        return asyncio.run(survey(Radio(missing(error)), patience_s=0.0)).problem

    assert said(FileNotFoundError(2, "No such file or directory")).startswith("the system's Bluetooth service")
    assert said(BleakError("No Bluetooth adapters found.")) == "No Bluetooth adapters found."
