"""The golden bytes of tests/vectors/devices.json, written down from each maker's specification, and what they say."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pytest

from evenside.devices import Heard, Level, WasRead, kind_named
from evenside.devices.cycling_power_frames import measurement
from evenside.devices.movella_dot import rate_request, serial_of
from evenside.devices.polar_frames import acc_frame, settings_of, start_request
from evenside.devices.wii_board import AXES, CLOCK, INPUT_EVENT

Vectors = dict[str, list[dict[str, Any]]]


def _data(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex(vector["hex"])


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _kind(name: str) -> Any:
    kind = kind_named(name)
    assert kind is not None
    return kind


def test_a_balance_gives_each_leg_its_power_or_nothing(
    vectors: Vectors, play: Any, opened: Any, nodes_of: Any, values: Any
) -> None:
    kind = _kind("cycling-power")
    for vector in vectors["cycling-power"]:
        pedals = play(kind, nodes_of(kind, rate_hz=1.0))
        pedals.tell(opened())
        found = pedals.tell(Heard(1.0, vector["characteristic"], _data(vector)))
        for side in ("left", "right"):
            expected = [[_number(vector[f"{side}_w"])]]
            np.testing.assert_allclose(values(found, f"{side}_one"), expected, err_msg=vector["says"])


def test_a_measurement_that_is_shorter_than_its_flags_say_is_not_read(vectors: Vectors) -> None:
    whole = _data(vectors["cycling-power"][1])
    assert measurement(whole) is not None
    for length in range(len(whole)):
        assert measurement(whole[:length]) is None


def test_torque_along_a_turn_gives_its_power(
    vectors: Vectors, play: Any, opened: Any, nodes_of: Any, values: Any
) -> None:
    kind = _kind("cycling-power-vector")
    crank = play(kind, nodes_of(kind, rate_hz=1.0))
    crank.tell(opened(0.0, vectors["cycling-power-vector"][0]["characteristic"]))
    for vector in vectors["cycling-power-vector"]:
        found = crank.tell(Heard(1.0, vector["characteristic"], _data(vector)))
        np.testing.assert_allclose(values(found).ravel(), vector["power_w"], err_msg=vector["says"])


def test_a_progressor_sends_kilograms_and_microseconds(
    vectors: Vectors, play: Any, opened: Any, nodes_of: Any, samples: Any
) -> None:
    kind = _kind("tindeq-progressor")
    for vector in vectors["tindeq-progressor"]:
        cell = play(kind, nodes_of(kind, rate_hz=80.0))
        cell.tell(opened(), Heard(0.1, vector["characteristic"], b"\x00\x04\xb8\x0b\x00\x00"))
        (found,) = samples(cell.tell(Heard(0.2, vector["characteristic"], _data(vector))))
        np.testing.assert_allclose(found.values.ravel(), vector["force_n"], rtol=1e-12)
        assert found.device_us.tolist() == vector["device_us"]


def test_a_witmotion_sends_motion_and_registers(
    vectors: Vectors, play: Any, opened: Any, nodes_of: Any, values: Any
) -> None:
    kind = _kind("witmotion")
    for vector in vectors["witmotion"]:
        sensor = play(kind, nodes_of(kind))
        sensor.tell(opened())
        found = sensor.tell(Heard(1.0, vector["characteristic"], _data(vector)))
        if "rows" in vector:
            np.testing.assert_allclose(values(found), vector["rows"], rtol=1e-9, err_msg=vector["says"])
        else:
            level = Level(vector.get("battery_percent", math.nan), vector.get("temperature_c", math.nan))
            assert repr(found) == repr([level]), vector["says"]


def test_a_dot_sends_rate_quantities(vectors: Vectors, play: Any, opened: Any, nodes_of: Any, samples: Any) -> None:
    kind = _kind("movella-dot")
    for vector in vectors["movella-dot"]:
        assert len(_data(vector)) == 40
        sensor = play(kind, nodes_of(kind))
        sensor.tell(opened())
        (found,) = samples(sensor.tell(Heard(1.0, vector["characteristic"], _data(vector))))
        np.testing.assert_allclose(found.values, vector["rows"], rtol=1e-12)
        assert found.device_us.tolist() == vector["device_us"]


def test_a_dot_is_asked_for_a_rate_with_its_32_bytes_and_nothing_else_is_changed() -> None:
    # Bit 4 of the first byte: the rate; u16 behind 8 bytes of power and 16 of tag.
    assert rate_request(60.0) == bytes.fromhex("10" + "00" * 23 + "3c00" + "00" * 6)


def test_the_serial_number_of_a_dot_stands_behind_address_version_date_and_stack() -> None:
    info = bytes(20) + (0xD422CD0012AB34).to_bytes(8, "little") + b"XS-T01"
    assert serial_of(info) == "D422CD0012AB34"
    assert serial_of(info[:27]) == ""


def test_polar_frames_raw_and_as_deltas(vectors: Vectors, play: Any, opened: Any, nodes_of: Any, samples: Any) -> None:
    kind = _kind("polar-pmd")
    control = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
    for vector in vectors["polar-pmd"]:
        sensor = play(kind, nodes_of(kind, rate_hz=52.0))
        started = b"\xf0\x02\x02\x00\x00\x05\x01" + struct.pack("<f", vector["factor"])
        sensor.tell(opened(), Heard(0.5, control, started))
        (found,) = samples(sensor.tell(Heard(1.0, vector["characteristic"], _data(vector))))
        np.testing.assert_allclose(found.values, vector["rows"], rtol=1e-12, atol=1e-12, err_msg=vector["says"])
        assert found.device_us.tolist() == vector["device_us"]


def test_a_polar_frame_that_is_not_whole_is_not_read(vectors: Vectors) -> None:
    """Its time is that of its last sample: what is left of it could not be timed."""
    deltas = _data(vectors["polar-pmd"][1])
    assert acc_frame(deltas, 1.0) is not None
    # Without its only block a frame is whole again: one sample.
    readable = [length for length in range(len(deltas)) if acc_frame(deltas[:length], 1.0) is not None]
    assert readable == [16]


def test_polar_settings_are_read_and_one_value_of_each_is_asked_for() -> None:
    # Rates 52 and 100 Hz, 16 bits, ranges 2, 4, 8 g, 3 channels.
    offered = settings_of(bytes.fromhex("0002 3400 6400 0101 1000 0203 0200 0400 0800 0401 03"))
    assert offered == {0: [52, 100], 1: [16], 2: [2, 4, 8], 4: [3]}
    assert start_request({4: 3, 0: 52, 2: 8, 1: 16}) == bytes.fromhex("0202 0001 3400 0101 1000 0201 0800 0401 03")


@pytest.mark.skipif(INPUT_EVENT.size != 24, reason="the golden events are those of 64-bit Linux")
def test_the_corners_of_a_board_add_up_to_its_sides(
    vectors: Vectors, play: Any, opened: Any, nodes_of: Any, values: Any
) -> None:
    kind = _kind("wii-balance-board")
    for vector in vectors["wii-balance-board"]:
        board = play(kind, nodes_of(kind))
        board.tell(opened(), WasRead(0.0, CLOCK, bytes(8)))
        board.tell(*(WasRead(0.0, f"axis/{axis}", bytes(24)) for axis in AXES))
        board.tell(Heard(1.0, "", _data(vector)))
        found = board.tell(Heard(1.1, "", INPUT_EVENT.pack(1, 20_000, 0, 0, 0)))
        for side in ("left", "right"):
            np.testing.assert_allclose(values(found, f"{side}_one"), [[vector[f"{side}_n"]]] * 1, rtol=1e-9)
