"""Which sensor was moved: clearly one, or no answer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.calibration_readings import Reading, still_reading
from evenside_analysis.types import ACC, FORCE, GYR, Node
from evenside_analysis.who_moved import MOVED, Moved, movement, who_moved

RATE_HZ = 100.0


def imu(name: str, acc_sd: float, gyr_sd: float = 0.01) -> Reading:
    rng = np.random.default_rng(3)
    sd = np.array([acc_sd / math.sqrt(3)] * 3 + [gyr_sd / math.sqrt(3)] * 3)
    values = rng.standard_normal((400, 6)) * sd + np.array([0.0, 0.0, 9.81, 0.0, 0.0, 0.0])
    return still_reading(Node(name, "foot", "centre", (*ACC, *GYR), RATE_HZ), np.arange(400) / RATE_HZ, values)


def cell(name: str, sd_n: float) -> Reading:
    values = np.random.default_rng(4).standard_normal((400, 1)) * sd_n + 300.0
    return still_reading(Node(name, "insole", "centre", (FORCE,), RATE_HZ), np.arange(400) / RATE_HZ, values)


def test_the_one_that_moves_is_found_by_any_of_its_channels() -> None:
    assert who_moved({"a": imu("a", 2.0), "b": imu("b", 0.05)}) == Moved("a")
    assert who_moved({"a": imu("a", 0.05), "b": imu("b", 0.05, 1.5)}) == Moved("b")
    assert who_moved({"a": cell("a", 150.0), "b": imu("b", 0.05)}) == Moved("a")


def test_gravity_and_a_load_are_no_movement() -> None:
    assert movement(imu("a", 0.02)) < 1.0
    assert movement(cell("a", 1.0)) < 1.0


def test_where_nothing_moves_nobody_is_named() -> None:
    assert who_moved({"a": imu("a", 0.3), "b": imu("b", 0.05)}) == Moved("", "still", ("a",))


def test_two_that_move_are_both_named() -> None:
    found = who_moved({"a": imu("a", 1.5), "b": imu("b", 3.0), "c": imu("c", 0.1)})
    assert found == Moved("", "several", ("b", "a"))


@pytest.mark.parametrize("others", [{}, {"b": imu("b", 3.0)}])
def test_a_sensor_that_is_not_heard_could_be_the_one(others: dict[str, Reading]) -> None:
    silent = still_reading(imu("a", 1.0).node, np.empty(0), np.empty((0, 6)))
    assert who_moved({"a": silent, **others}) == Moved("", "unheard", ("a",))


@settings(max_examples=50)
@given(st.lists(st.floats(0.0, 40.0), min_size=1, max_size=4))
def test_the_order_of_the_sensors_does_not_matter_and_the_one_that_is_named_moved_most(
    levels: list[float],
) -> None:
    readings = {f"n{at}": imu(f"n{at}", level) for at, level in enumerate(levels)}
    found = who_moved(readings)
    assert who_moved(dict(reversed(readings.items()))).node == found.node
    if found.node:
        scores = {node: movement(reading) for node, reading in readings.items()}
        assert scores[found.node] == max(scores.values()) >= MOVED
