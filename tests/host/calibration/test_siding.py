"""Sides assigned by moving, through the real Bluetooth stack: emulated nodes that a simulated person moves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import numpy as np
import pytest

from evenside.calibration.siding import Candidate, Guide, candidates_of, find_sides
from evenside.errors import CalibrationError, SourceError
from evenside.sources import SourceItem, SourceRequest
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.source import open_ble_with
from evenside.sources.ble.survey import survey, tables_of
from evenside.sources.ble.timings import BleTimings
from evenside.sources.found_toml import FoundTable
from evenside.testing import RadioModel, World, world
from evenside.testing.emulators import NodeEmulator, NodeMake
from evenside.wire import FIXED_SCHEMAS
from evenside_analysis.types import FORCE, Floats, Side

HURRY = BleTimings(status_wait_s=0.1)


@dataclass
class Person:
    """Wears sensors, and moves at each request those that stand at its turn."""

    moves: list[set[str]]
    tries: int = 9
    moving: set[str] = field(default_factory=set)
    asked: list[Side] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def signal(self, serial: str) -> Callable[[Floats], Floats]:
        rng = np.random.default_rng(len(serial))

        def felt(at_s: Floats) -> Floats:
            values = rng.standard_normal((at_s.size, 6)) * 0.02
            values[:, 2] += 9.81
            if serial in self.moving:
                values[:, 0] += 6.0 * np.sin(2 * np.pi * 2.0 * at_s)
            return values

        return felt

    async def ready(self, side: Side) -> None:
        self.asked.append(side)
        self.moving = self.moves.pop(0)

    def again(self, why: str) -> bool:
        self.told.append(why)
        return len(self.told) < self.tries

    def find(self, *serials: str) -> tuple[FoundTable, FoundTable]:
        async def run() -> tuple[FoundTable, FoundTable]:
            async with world(RadioModel(interval_s=None)) as room, asyncio.timeout(60.0):
                for serial in serials:
                    make = NodeMake(serial, FIXED_SCHEMAS[3].channels, site="foot")
                    await room.add(NodeEmulator(make, self.signal(serial)))
                found = await survey(Radio(room.scanner, room.client), patience_s=0.3)
                tables = [table for device in found.devices for table in tables_of(device)]
                guide = Guide(self.ready, self.again, lambda done_s, readings: None)
                return await find_sides(candidates_of(tables, None), guide, opener=opener(room), span_s=1.0)

        return asyncio.run(run())


def opener(room: World) -> Callable[[SourceRequest], AbstractAsyncContextManager[AsyncIterator[SourceItem]]]:
    radio = Radio(room.scanner, room.client, room.adapter)
    return lambda request: open_ble_with(request, radio, HURRY, random.Random(1))


def test_the_side_is_that_of_the_sensor_which_moved() -> None:
    person = Person([{"EV-2"}, {"EV-3"}])
    left, right = person.find("EV-1", "EV-2", "EV-3")
    assert (left.serial, left.side, right.serial, right.side) == ("EV-3", "left", "EV-2", "right")
    assert (left.site, person.asked, person.told) == ("foot", ["right", "left"], [])


def test_what_is_not_clear_is_asked_for_once_more() -> None:
    person = Person([set(), {"EV-1", "EV-2"}, {"EV-1"}, {"EV-1"}, {"EV-2"}])
    left, right = person.find("EV-1", "EV-2")
    assert (left.serial, right.serial) == ("EV-2", "EV-1")
    assert person.asked == ["right"] * 3 + ["left"] * 2
    still, several, both = person.told
    assert still.startswith("nothing moved clearly")
    assert several.startswith("more than one moved: ")
    assert both == "sensor 1 (EV-1) moved for both sides" or both == "sensor 2 (EV-1) moved for both sides"


def test_a_person_may_give_up() -> None:
    with pytest.raises(CalibrationError, match="nothing moved clearly") as raised:
        Person([set()], tries=1).find("EV-1", "EV-2")
    assert "shaking" in raised.value.mend


def table(serial: str, *, site: str | None = None, channels: tuple[str, ...] = (FORCE,)) -> FoundTable:
    return FoundTable("", "ble://", serial, channels, site=site)  # type: ignore[arg-type]


def test_one_sensor_has_no_sides() -> None:
    guide = Guide(Person([]).ready, Person([]).again, lambda done_s, readings: None)
    with pytest.raises(SourceError, match="two sensors are needed to tell sides, 1 was found"):
        asyncio.run(find_sides(candidates_of([table("A", site="grip")], None), guide))


def test_devices_that_measure_both_sides_or_nothing_are_left_out() -> None:
    found = candidates_of([table("P"), table("P"), table("A"), table("B", channels=())], "grip")
    assert [candidate.entry.serial for candidate in found] == ["A"]
    assert isinstance(found[0], Candidate)


def test_where_they_are_worn_must_be_known() -> None:
    with pytest.raises(SourceError, match="A does not say where it is worn"):
        candidates_of([table("A")], None)
