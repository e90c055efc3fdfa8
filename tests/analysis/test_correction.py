"""Corrections: cell by cell, at the door of ``step``, and none without a calibration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis import monitor
from evenside_analysis.correction import Correction, corrected, corrected_node
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import ACC, FORCE, GYR, Block, Node

IMU = Node("foot", "foot", "left", (*ACC, *GYR), 100.0, acc_range_m_s2=160.0, gyr_range_rad_s=35.0)
FORCES = tuple(Node(side, "insole", side, (FORCE,), 100.0) for side in ("left", "right"))


def test_zero_goes_off_first_and_then_the_gain_on() -> None:
    block = Block("left", np.array([0.0, 0.01]), np.array([[5.0], [np.nan]]), 0.002)
    found = corrected((Correction("left", (FORCE,), (2.0,), (1.0,)),), FORCES[0], block)
    np.testing.assert_array_equal(found.values, [[8.0], [np.nan]])
    assert (found.node, found.clock_error_s) == ("left", 0.002)
    np.testing.assert_array_equal(block.values, [[5.0], [np.nan]])  # raw readings stay what they are


def test_channels_are_found_by_name_and_others_left_alone() -> None:
    gyr_only = Correction("foot", ("gyr_x", "gyr_z", "force"), (1.0, 1.0, 3.0), (0.01, -0.02, 7.0))
    block = Block("foot", np.array([0.0]), np.ones((1, 6)))
    np.testing.assert_array_equal(
        corrected((gyr_only,), IMU, block).values, [[1.0, 1.0, 1.0, 1.0 - 0.01, 1.0, 1.0 + 0.02]]
    )


def test_a_node_without_one_keeps_its_very_block() -> None:
    block = Block("right", np.array([0.0]), np.array([[5.0]]))
    assert corrected((Correction("left", (FORCE,), (2.0,), (1.0,)),), FORCES[1], block) is block


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.integers(0, 40), st.floats(0.5, 2.0))
def test_no_cut_changes_a_bit(readings: list[float], cut: int, gain: float) -> None:
    known = (Correction("left", (FORCE,), (gain,), (0.37,)),)
    time_s, values = np.arange(len(readings)) / 100.0, np.array(readings)[:, np.newaxis]

    def through(first: int, end: int) -> bytes:
        return corrected(known, FORCES[0], Block("left", time_s[first:end], values[first:end])).values.tobytes()

    assert through(0, len(readings)) == through(0, cut) + through(cut, len(readings))


def test_ranges_shrink_to_where_corrected_readings_saturate() -> None:
    known = (Correction("foot", ("acc_x", "acc_y"), (0.98, 1.05), (1.0, 0.0)),)
    found = corrected_node(known, IMU)
    assert found.acc_range_m_s2 == pytest.approx(0.98 * 159.0)
    assert found.gyr_range_rad_s == 35.0
    assert corrected_node((), IMU) is IMU
    assert corrected_node(known, replace(IMU, acc_range_m_s2=None)).acc_range_m_s2 is None


@pytest.mark.parametrize(
    "wrong",
    [
        ((FORCE,), (1.0, 1.0), (0.0,)),
        ((FORCE,), (0.0,), (0.0,)),
        ((FORCE,), (-1.0,), (0.0,)),
        ((FORCE,), (1.0,), (float("nan"),)),
    ],
)
def test_what_cannot_correct_is_refused(wrong: tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]]) -> None:
    with pytest.raises(ValueError, match="left"):
        Correction("left", *wrong)


def test_two_corrections_of_one_node_are_refused() -> None:
    one = Correction("left", (FORCE,), (2.0,), (1.0,))
    with pytest.raises(ValueError, match="two corrections"):
        MonitorSettings(FORCES, corrections=(one, one))


def walk(side: str, gain: float, zero: float, count: int = 4000) -> Block:
    time_s = np.arange(count) * 10_000 / 1e6
    phase = (time_s / 1.1 + (0.0 if side == "left" else 0.5)) % 1.0
    force = np.where(phase < 0.6, 800.0 * np.sin(np.pi * phase / 0.6), 0.0)
    return Block(side, time_s, (force * gain + zero)[:, np.newaxis])


def test_step_corrects_what_it_is_given() -> None:
    """Readings of a known gain and zero give the figures of the true forces."""
    plain = MonitorSettings(FORCES)
    known = (Correction("right", (FORCE,), (1.0 / 1.08,), (6.0,), ("a",)),)
    found = []
    for settings, gain, zero in ((plain, 1.0, 0.0), (replace(plain, corrections=known), 1.08, 6.0)):
        state = monitor.start(settings)
        for block in (walk("left", 1.0, 0.0), walk("right", gain, zero)):
            state, _ = monitor.step(settings, state, block)
        state, _ = monitor.finish(settings, state)
        found.append({one.metric: one.ai for one in monitor.summary(settings, state).figures})
    assert found[0].keys() == found[1].keys()
    for name, ai in found[0].items():
        assert found[1][name] == pytest.approx(ai, abs=1e-6, nan_ok=True), name
    assert abs(found[0]["impulse"]) < 0.5
