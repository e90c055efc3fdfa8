"""Net turn of a movement against an independent product of rotations, and the axis that the movements teach."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from evenside_analysis.filters import DelayLine
from evenside_analysis.foot_mounting import MountingState, learn
from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.foot_track import GYR, Counts, Track
from evenside_analysis.foot_turn import Rotations, rotations, turned
from evenside_analysis.types import Floats, Ints

SETTINGS = FootSettings(rate_hz=100.0)


def track_of(gyr: Floats, first: int = 0) -> Track:
    columns = np.zeros((13, len(gyr)))
    columns[list(GYR)] = gyr.T
    return Track(first, columns, DelayLine.start(np.zeros(10), 1), np.zeros(3), Counts())


def swing(n: int, heading_rad: float, seed: int = 0) -> Floats:
    """Rates (n, 3) of a foot that pitches down and up again about x and ends flat, turned by ``heading_rad``."""
    rng = np.random.default_rng(seed)
    phase = np.linspace(0.0, 1.0, n + 1)
    pitch = -np.sin(2.0 * np.pi * phase) * np.exp(-2.0 * phase) + 0.2 * rng.normal() * np.sin(np.pi * phase) ** 2
    pitch[-1] = 0.0
    yaw = heading_rad * (3.0 * phase**2 - 2.0 * phase**3)
    pose = Rotation.from_euler("ZX", np.stack([yaw, pitch], axis=1))
    return np.asarray((pose[:-1].inv() * pose[1:]).as_rotvec() * SETTINGS.rate_hz)


def span(start: list[int], end: list[int]) -> tuple[Ints, Ints]:
    return np.array(start, np.int64), np.array(end, np.int64)


@pytest.mark.parametrize("degrees", [0.0, 5.0, 20.0, 90.0, 175.0])
def test_the_turn_is_the_change_of_heading_whatever_the_mounting(degrees: float) -> None:
    gyr = swing(120, np.radians(degrees))
    mounting = Rotation.random(random_state=3).as_matrix()
    for rates in (gyr, gyr @ mounting, gyr @ mounting * [1.0, 1.0, -1.0] * -1.0):
        rotation = rotations(SETTINGS, track_of(rates), *span([0], [119]))
        assert np.degrees(turned(rotation)[0]) == pytest.approx(degrees, abs=1.5)


@given(st.integers(1, 200), st.integers(0, 30), st.integers(0, 2**32 - 1))
def test_other_movements_and_the_past_held_change_no_bit(length: int, first: int, seed: int) -> None:
    gyr = np.random.default_rng(seed).normal(size=(400, 3)) * 3.0
    start, end = span([60, 100], [60 + length, 399])
    both = rotations(SETTINGS, track_of(gyr), start, end)
    alone = rotations(SETTINGS, track_of(gyr[first:], first), start[:1], end[:1])
    assert turned(both)[0] == turned(alone)[0]
    state = MountingState()
    _, two = learn(SETTINGS, state, both, np.array([True, True]), turned(both))
    after, one = learn(SETTINGS, state, alone, np.array([True]), turned(alone))
    assert two.axis[0].tobytes() == one.axis[0].tobytes()
    last = rotations(SETTINGS, track_of(gyr), start[1:], end[1:])
    _, later = learn(SETTINGS, after, last, np.array([True]), turned(last))
    assert two.axis[1].tobytes() == later.axis[0].tobytes()
    assert later.count.tolist() == [2]


def walk(sign: float, axis: Floats, count: int) -> Rotations:
    """Movements that pitch ``sign`` * 60 degrees down, then 20 up, about ``axis``."""
    angle = sign * np.concatenate([np.linspace(0, -60, 12), np.linspace(-60, 20, 16)[1:], np.linspace(20, 0, 6)[1:]])
    rates = np.diff(np.radians(angle))[:, np.newaxis] * axis * SETTINGS.rate_hz / 3
    gyr = np.tile(np.repeat(rates, 3, axis=0), (count, 1))
    n = len(gyr) // count
    start = np.arange(count, dtype=np.int64) * n
    return rotations(SETTINGS, track_of(gyr), start, start + n - 1)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_axis_points_toe_up_whichever_way_the_node_is_mounted(sign: float) -> None:
    axis = np.array([2.0, -1.0, 2.0]) / 3.0
    _, mounting = learn(SETTINGS, MountingState(), walk(sign, axis, 5), np.ones(5, np.bool_), np.zeros(5))
    np.testing.assert_allclose(mounting.axis, np.tile(sign * axis, (5, 1)), atol=1e-6)
    assert mounting.count.tolist() == [1, 2, 3, 4, 5]


def test_a_movement_with_a_gap_teaches_nothing() -> None:
    state, _ = learn(
        SETTINGS, MountingState(), walk(1.0, np.array([1.0, 0.0, 0.0]), 4), np.ones(4, np.bool_), np.zeros(4)
    )
    after, mounting = learn(
        SETTINGS, state, walk(-1.0, np.array([0.0, 1.0, 0.0]), 3), np.zeros(3, np.bool_), np.zeros(3)
    )
    assert after == state
    np.testing.assert_allclose(mounting.axis, np.tile([1.0, 0.0, 0.0], (3, 1)), atol=1e-12)
    assert mounting.count.tolist() == [4, 4, 4]


def test_the_axis_follows_a_strap_that_slips() -> None:
    state, _ = learn(
        SETTINGS, MountingState(), walk(1.0, np.array([1.0, 0.0, 0.0]), 20), np.ones(20, np.bool_), np.zeros(20)
    )
    turned_axis = np.array([0.0, 1.0, 0.0])
    _, mounting = learn(SETTINGS, state, walk(1.0, turned_axis, 20), np.ones(20, np.bool_), np.zeros(20))
    np.testing.assert_allclose(mounting.axis[-1], turned_axis, atol=1e-6)
    assert (np.abs(mounting.axis[:3] @ turned_axis) < 0.1).all()
