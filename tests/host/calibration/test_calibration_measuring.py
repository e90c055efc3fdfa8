"""From readings to calibrations: what each kind takes for good and makes of it, and the words for what was wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from evenside.calibration.measuring import (
    Made,
    calibration_id,
    check,
    problem,
    scale_calibrations,
    static_calibrations,
    tare_calibrations,
)
from evenside.errors import CalibrationError
from evenside_analysis.calibration import WornDevice
from evenside_analysis.calibration_readings import Fault, Reading, still_reading
from evenside_analysis.types import ACC, FORCE, GRAVITY_M_S2, GYR, Node, Side, Site

MADE = Made("ann", 1_767_268_800_000_000_000)
FACES = [sign * GRAVITY_M_S2 * axis for axis in np.eye(3) for sign in (1.0, -1.0)]
GAIN, ZERO, BIAS = np.array([1.02, 0.99, 1.0]), np.array([0.2, -0.1, 0.05]), np.array([0.01, -0.02, 0.005])


def force(
    level_n: float, *, side: Side = "left", site: Site = "strap", noise_n: float = 0.05, seed: int = 0
) -> Reading:
    time_s = np.arange(500) / 100.0
    values = level_n + np.random.default_rng(seed).normal(0.0, noise_n, (time_s.size, 1))
    return still_reading(Node(f"{side}_{site}", site, side, (FORCE,), 100.0), time_s, values)


def imu(true_m_s2: np.ndarray, channels: Sequence[str] = (*ACC, *GYR), *, gravity: bool = True) -> Reading:
    time_s = np.arange(1000) / 100.0
    whole = np.concatenate([true_m_s2 / GAIN + ZERO, BIAS])
    values = whole + np.random.default_rng(1).normal(0.0, 0.002, (time_s.size, 6))
    wanted = [(*ACC, *GYR).index(channel) for channel in channels]
    node = Node("left_foot", "foot", "left", tuple(channels), 100.0, gravity=gravity)
    return still_reading(node, time_s, values[:, wanted])


def worn(*readings: Reading, serials: Sequence[str] = ("A", "B")) -> list[WornDevice]:
    return [WornDevice(reading.node, serial) for reading, serial in zip(readings, serials, strict=False)]


def test_a_tare_is_a_zero_for_each_sensor_and_one_calibration_for_each_site() -> None:
    found = (force(1.5), force(-0.5, side="right"), force(4.0, site="insole"))
    readings = {reading.node.id: reading for reading in found}
    straps, insoles = tare_calibrations(worn(*found, serials=("A", "B", "")), readings, MADE)
    assert (straps.kind, straps.site, straps.wearer, straps.made_ns) == ("tare", "strap", "ann", MADE.made_ns)
    assert [device.serial for device in straps.devices] == ["A", "B"]
    assert [device.zero[0] for device in straps.devices] == pytest.approx([1.5, -0.5], abs=0.01)
    assert all(device.gain == () and 0.0 < device.zero_sd < 0.02 for device in straps.devices)
    assert straps.words.startswith("left_strap reads 1.50 N empty; right_strap reads -0.50")
    assert [(device.node, device.serial) for device in insoles.devices] == [("left_insole", "")]


def test_dead_weights_give_gain_and_zero() -> None:
    loads = [0.0, 100.0, 200.0]
    readings = {"left_strap": [force(12.0 + 1.05 * load_n, seed=int(load_n)) for load_n in loads]}
    (found,) = scale_calibrations(worn(force(0.0)), loads, readings, MADE)
    (device,) = found.devices
    assert device.gain[0] == pytest.approx(1.0 / 1.05, rel=1e-3)
    assert device.zero[0] == pytest.approx(12.0, abs=0.05)
    assert 0.003 < device.ln_gain_sd < 0.01
    assert "left_strap gain 0.9524" in found.words


@pytest.mark.parametrize(
    ("levels_n", "said", "mend"),
    [
        ((5.0, 5.0, 4.9), "do not rise with the loads", "on this very sensor"),
        ((0.0, 100.0, 260.0), "is not straight: it misses the loads by up to", "in its middle"),
        ((0.0, 30.0, 60.0), "would need a gain of 3.33", "is --weight right"),
    ],
)
def test_readings_that_do_not_follow_the_weights_are_refused(levels_n: Sequence[float], said: str, mend: str) -> None:
    readings = {"left_strap": [force(level_n, noise_n=0.01) for level_n in levels_n]}
    with pytest.raises(CalibrationError) as caught:
        scale_calibrations(worn(force(0.0)), [0.0, 100.0, 200.0], readings, MADE)
    assert said in caught.value.what
    assert mend in caught.value.mend


def test_one_position_tells_the_bias_of_a_gyroscope_and_nothing_else() -> None:
    (found,) = static_calibrations(worn(imu(FACES[4])), {"left_foot": [imu(FACES[4])]}, MADE)
    (device,) = found.devices
    assert (device.channels, device.gain) == (GYR, ())
    assert device.zero == pytest.approx(tuple(BIAS), abs=3e-4)
    assert "left_foot off by 0.5" in found.words
    assert "°/s, and reads 9.8" in found.words


def test_six_positions_tell_the_accelerometer_too() -> None:
    readings = [imu(face) for face in FACES]
    (found,) = static_calibrations(worn(readings[0]), {"left_foot": readings}, MADE)
    (device,) = found.devices
    assert device.channels == (*ACC, *GYR)
    assert device.gain == pytest.approx((*GAIN, 1.0, 1.0, 1.0), abs=1e-3)
    assert device.zero == pytest.approx((*ZERO, *BIAS), abs=5e-3)
    assert "acceleration gains 1.02" in found.words


def test_positions_that_cannot_part_gain_from_bias_are_refused() -> None:
    with pytest.raises(CalibrationError, match="too much alike"):
        static_calibrations(worn(imu(FACES[0])), {"left_foot": [imu(FACES[0])] * 6}, MADE)
    alone = imu(FACES[0], ACC)
    with pytest.raises(CalibrationError, match=r"no gyroscope[\s\S]*--positions 6"):
        static_calibrations(worn(alone), {"left_foot": [alone]}, MADE)


def test_without_gravity_only_the_gyroscope_is_calibrated() -> None:
    readings = [imu(np.zeros(3), gravity=False)] * 6
    (found,) = static_calibrations(worn(readings[0]), {"left_foot": readings}, MADE)
    assert found.devices[0].channels == GYR
    assert "gravity" not in found.words


def test_each_kind_takes_readings_as_it_needs_them() -> None:
    far_off = force(80.0)
    assert check("tare", far_off, 0.0, 5.0) == "loaded"
    assert check("scale", far_off, 0.0, 5.0) == ""  # where a tare sends whoever has such a zero
    assert check("scale", force(80.0, noise_n=5.0), 0.0, 5.0) == "moving"
    assert check("scale", force(80.0), 196.0, 8.0) == "short"
    assert check("static", imu(FACES[0]), 0.0, 10.0) == ""


@pytest.mark.parametrize(
    ("fault", "reading", "said", "mend"),
    [
        ("short", force(0.0), "only 500 samples in 5.0 s", "battery"),
        ("moving", force(0.0, noise_n=9.0), "it varied by 9", "leave it alone"),
        ("drifting", force(0.0), "drifted by", "warm up"),
        ("loaded", force(80.0), "reads 80.0 N: that is no empty strap", "calibrate scale"),
        ("turning", imu(FACES[0]), "0.6, -1.1, 0.3 °/s at rest", "its scale is wrong"),
        ("gravity", imu(1.3 * FACES[0]), "where gravity is 9.81", "`gravity` or its scale"),
    ],
)
def test_what_was_wrong_is_told_with_the_mend(fault: Fault, reading: Reading, said: str, mend: str) -> None:
    found = problem("tare", fault, reading)
    assert reading.node.id in found.what
    assert said in found.what
    assert mend in found.mend


def test_ids_sort_by_time_and_none_comes_twice() -> None:
    found = {calibration_id("tare", "strap", MADE.made_ns + second * 1_000_000_000) for second in range(3)}
    assert [one[:16] for one in sorted(found)] == [f"20260101T12000{second}Z" for second in range(3)]
    assert len({calibration_id("tare", "strap", MADE.made_ns) for _ in range(20)}) > 1
