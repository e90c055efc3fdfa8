"""A DOT is subscribed to before it is started; its clock tells what is missing."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest

from evenside.devices import Advert, Closing, Heard, Hopeless, Level, Read, Said, Subscribe, WasRead, Write, recognise
from evenside.devices.movella_dot import BATTERY, CONTROL, DEVICE_CONTROL, KIND, MEDIUM, REPORT, rate_request

PERIOD_US = 16_667


def _sample(at_s: float, us: int, acc_z: float = 9.81) -> Heard:
    return Heard(at_s, MEDIUM, struct.pack("<I6f", us % (1 << 32), 0.0, 0.0, acc_z, 1.0, 2.0, 3.0).ljust(40, b"\0"))


@pytest.fixture
def dot(play: Any, nodes_of: Any) -> Any:
    return play(KIND, nodes_of(KIND))


def test_it_is_listened_to_before_it_starts(dot: Any, opened: Any) -> None:
    assert dot.tell(opened(0.0, BATTERY, REPORT)) == [
        *(Read(BATTERY), Subscribe(BATTERY), Subscribe(REPORT)),
        Write(CONTROL, b"\x01\x00\x15", response=True),  # it may measure still
        Write(DEVICE_CONTROL, rate_request(60.0), response=True),
        Subscribe(MEDIUM),
        Write(CONTROL, b"\x01\x01\x15", response=True),
    ]
    assert dot.tell(Closing(1.0)) == [Write(CONTROL, b"\x01\x00\x15", response=True)]


def test_a_missing_sample_is_a_loss_and_its_wrap_is_none(dot: Any, opened: Any, samples: Any) -> None:
    dot.tell(opened())
    first = (1 << 32) - PERIOD_US
    lost = []
    for number in (0, 1, 2, 4):
        (run,) = samples(dot.tell(_sample(number / 60, first + number * PERIOD_US)))
        lost.append((int(run.device_us[0]) - first, run.clock, run.lost))
    assert lost == [(0, 0, False), (PERIOD_US, 0, False), (2 * PERIOD_US, 0, False), (4 * PERIOD_US, 0, True)]


def test_what_is_no_number_is_left_out(dot: Any, opened: Any) -> None:
    dot.tell(opened())
    assert dot.tell(_sample(0.1, 1000, math.nan), Heard(0.2, MEDIUM, bytes(27))) == []


def test_battery_button_and_power_are_told(dot: Any, opened: Any) -> None:
    dot.tell(opened(0.0, BATTERY, REPORT))
    told = dot.tell(WasRead(0.1, BATTERY, b"\x57\x00"), Heard(0.2, BATTERY, b"\x56\x01"))
    assert [level.battery_percent for level in told if isinstance(level, Level)] == [87.0, 86.0]
    button, off = bytes([5, 4]).ljust(36, b"\0"), bytes([1]).ljust(36, b"\0")
    assert dot.tell(Heard(0.3, REPORT, button)) == [Said("marker", "button 1")]
    assert dot.tell(Heard(0.4, REPORT, off)) == [Said("event", "power_off")]


def test_two_nodes_are_two_devices(play: Any, nodes_of: Any, opened: Any) -> None:
    nodes = nodes_of(KIND)
    (hopeless,) = play(KIND, (*nodes, *nodes)).tell(opened())
    assert isinstance(hopeless, Hopeless)


def test_it_is_known_by_its_company_and_by_its_name() -> None:
    assert recognise(Advert(maker_data={0x0886: b"\0"})) is KIND
    assert recognise(Advert(name="Xsens DOT")) is KIND
    assert recognise(Advert(name="Dot matrix")) is None
