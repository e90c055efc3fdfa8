"""Sensors left alone: only what was still, long enough and plausible is believed; gains and zeros follow from it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evenside_analysis.calibration_readings import (
    Fault,
    Reading,
    accelerometer_fit,
    loaded_fault,
    rest_fault,
    scale_fit,
    still_reading,
    unloaded_fault,
)
from evenside_analysis.types import ACC, FORCE, GRAVITY_M_S2, GYR, POWER, Floats, Node, Site

RNG = np.random.default_rng(8)


def force_reading(
    level_n: float, seconds: float = 5.0, *, noise_n: float = 0.5, slope_n_s: float = 0.0, site: Site = "plate"
) -> Reading:
    node = Node("p", site, "left", (FORCE,), 100.0)
    time_s = np.arange(round(100 * seconds)) / 100.0
    force = level_n + slope_n_s * time_s + RNG.normal(0.0, noise_n, time_s.size)
    return still_reading(node, time_s, force[:, np.newaxis])


def imu_reading(
    acc: Floats, gyr: Floats, seconds: float = 10.0, *, shake: float = 0.03, turn: float = 0.004, gravity: bool = True
) -> Reading:
    node = Node("f", "foot", "left", (*ACC, *GYR), 100.0, gravity=gravity)
    time_s = np.arange(round(100 * seconds)) / 100.0
    noise = RNG.normal(0.0, 1.0, (time_s.size, 6)) * np.array([shake] * 3 + [turn] * 3)
    return still_reading(node, time_s, np.concatenate([acc, gyr]) + noise)


def test_a_reading_knows_its_mean_and_how_well() -> None:
    found = [force_reading(3.0, noise_n=1.0) for _ in range(60)]
    errors = [(one.of(FORCE) - 3.0) / float(one.sem[0]) for one in found]
    assert 0.8 < np.std(errors) < 1.3
    assert found[0].n == 500
    assert found[0].span_s == pytest.approx(5.0)


def test_slow_noise_is_not_mistaken_for_a_good_mean() -> None:
    """A reading that wanders within seconds is known less well than its number of samples says."""
    node = Node("p", "plate", "left", (FORCE,), 100.0)
    time_s = np.arange(1000) / 100.0
    wander = np.sin(2.0 * np.pi * time_s / 4.0)
    found = still_reading(node, time_s, wander[:, np.newaxis])
    assert found.sem[0] > 5.0 * found.sd[0] / math.sqrt(found.n)


@pytest.mark.parametrize(
    ("reading", "fault"),
    [
        (force_reading(4.0), ""),
        (force_reading(4.0, 2.0), "short"),
        (force_reading(4.0, noise_n=9.0), "moving"),
        (force_reading(-2.0, slope_n_s=3.0), "drifting"),
        (force_reading(180.0), "loaded"),
        (force_reading(-70.0), "loaded"),
        (force_reading(25.0, site="strap"), "loaded"),
        (force_reading(25.0, site="insole"), ""),
    ],
)
def test_a_tare_takes_nothing_on_it_and_standing_still(reading: Reading, fault: Fault) -> None:
    assert unloaded_fault(reading) == fault


def test_half_of_the_samples_lost_is_too_short() -> None:
    node = Node("p", "plate", "left", (FORCE,), 100.0)
    time_s, values = np.arange(500) / 100.0, np.zeros((500, 1))
    values[::2] = np.nan
    assert unloaded_fault(still_reading(node, time_s, values)) == "short"
    nothing = still_reading(node, time_s, np.full((500, 1), np.nan))
    assert (nothing.n, unloaded_fault(nothing)) == (0, "short")


def test_a_load_may_sway_in_proportion() -> None:
    assert loaded_fault(force_reading(700.0, noise_n=10.0), 700.0) == ""
    assert loaded_fault(force_reading(100.0, noise_n=10.0), 100.0) == "moving"


UP = np.array([0.0, 0.0, GRAVITY_M_S2])
STILL = np.zeros(3)


@pytest.mark.parametrize(
    ("reading", "fault"),
    [
        (imu_reading(UP, np.array([0.03, -0.02, 0.01])), ""),
        (imu_reading(UP, STILL, 6.0), "short"),
        (imu_reading(UP, STILL, turn=0.1), "moving"),
        (imu_reading(UP, STILL, shake=0.5), "moving"),
        (imu_reading(UP, np.array([0.5, 0.0, 0.0])), "turning"),
        (imu_reading(1.2 * UP, STILL), "gravity"),
        (imu_reading(STILL, STILL), "gravity"),
        (imu_reading(STILL, STILL, gravity=False), ""),
    ],
)
def test_rest_is_still_level_and_possible(reading: Reading, fault: Fault) -> None:
    assert rest_fault(reading, 10.0) == fault


def test_two_loads_give_gain_and_zero() -> None:
    readings = [force_reading(12.0 + 1.05 * load_n, noise_n=0.2) for load_n in (0.0, 196.0)]
    found = scale_fit([0.0, 196.0], readings)
    assert found.gain == pytest.approx(1.0 / 1.05, rel=1e-3)
    assert found.zero == pytest.approx(12.0, abs=0.1)
    assert 0.003 < found.ln_gain_sd < 0.006
    assert found.residual_n == pytest.approx(0.0, abs=1e-9)


def test_more_loads_show_what_is_not_straight() -> None:
    loads = [0.0, 100.0, 200.0, 300.0]
    bent = [force_reading(load_n + 2e-4 * load_n**2, noise_n=0.1) for load_n in loads]
    straight = [force_reading(load_n, noise_n=0.1) for load_n in loads]
    assert scale_fit(loads, bent).residual_n > 1.5
    assert scale_fit(loads, bent).ln_gain_sd > 2.0 * scale_fit(loads, straight).ln_gain_sd


def test_power_has_a_gain_too() -> None:
    node = Node("p", "pedal", "left", (POWER,), 100.0)
    time_s = np.arange(500) / 100.0
    readings = [still_reading(node, time_s, np.full((500, 1), level)) for level in (0.0, 210.0)]
    assert scale_fit([0.0, 200.0], readings).gain == pytest.approx(200.0 / 210.0)


@pytest.mark.parametrize(
    ("loads", "levels"), [([100.0, 100.0], [1.0, 2.0]), ([0.0, 100.0], [5.0, 1.0]), ([0.0], [1.0])]
)
def test_loads_that_tell_no_gain_are_refused(loads: list[float], levels: list[float]) -> None:
    with pytest.raises(ValueError, match="load"):
        scale_fit(loads, [force_reading(level, noise_n=0.01) for level in levels])


def positions(count: int) -> Floats:
    directions = np.concatenate([np.eye(3), -np.eye(3), RNG.normal(size=(6, 3))])
    directions = directions[:count] + RNG.normal(0.0, 0.05, (count, 3))  # nobody lays it down exactly
    directions /= np.linalg.norm(directions, axis=1)[:, np.newaxis]
    return directions


@pytest.mark.parametrize("count", [6, 9, 12])
def test_six_positions_part_gain_from_bias(count: int) -> None:
    gain, zero = np.array([1.015, 0.99, 1.002]), np.array([0.35, -0.25, 0.1])
    errors = []
    for _ in range(20):
        means = positions(count) * GRAVITY_M_S2 / gain + zero + RNG.normal(0.0, 0.003, (count, 3))
        found = accelerometer_fit(means)
        np.testing.assert_allclose(found.gain, gain, atol=0.003)
        np.testing.assert_allclose(found.zero, zero, atol=0.02)
        errors.append(np.abs(np.array(found.gain) - gain).max() / found.ln_gain_sd)
    assert np.mean(np.array(errors) < 2.0) > 0.9


def test_positions_that_are_alike_or_too_few_are_refused() -> None:
    with pytest.raises(ValueError, match="six positions"):
        accelerometer_fit(positions(5) * GRAVITY_M_S2)
    tilted = np.array([[0.1 * k, 0.0, math.sqrt(1.0 - 0.01 * k * k)] for k in range(7)])
    with pytest.raises(ValueError, match="too much alike"):
        accelerometer_fit(tilted * GRAVITY_M_S2)
    with pytest.raises(ValueError, match="beyond what a whole sensor has"):
        accelerometer_fit(positions(6) * 2.0 * GRAVITY_M_S2)
