"""A foot that is not level at mid-stance is told from a sensor whose channels do not fit together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from evenside_analysis.stride_motion_level import leveled
from evenside_analysis.stride_motion_path import Paths
from evenside_analysis.stride_motion_settings import MotionSettings
from evenside_analysis.types import GRAVITY_M_S2, Floats

SETTINGS = MotionSettings(100.0)
UP = np.array([[0.0], [0.0], [1.0]])
DIRECTIONS = st.floats(-180.0, 180.0)


def one_stride(rotation: Floats, up: Floats) -> Paths:
    """Of 1 s: what turns vectors from the axes at its end into those at its start, and gravity along ``up`` there."""
    nothing, ends = np.zeros((1, 1)), np.zeros((6, 1))
    steps, velocity = np.zeros((6, 1, 1)), GRAVITY_M_S2 * up
    return Paths(
        np.zeros(1, np.int64),
        np.ones(1),
        nothing,
        nothing,
        steps,
        steps,
        rotation[:, :, np.newaxis],
        velocity,
        np.zeros((3, 1)),
        np.zeros(1),
        ends,
        ends,
    )


def leaning(by_deg: float, to_deg: float) -> Floats:
    """Up as it is seen from a foot that leans."""
    axis = np.array([np.cos(np.radians(to_deg)), np.sin(np.radians(to_deg)), 0.0])
    return np.asarray(Rotation.from_rotvec(np.radians(by_deg) * axis).as_matrix() @ UP)


def told(rotation: Floats, before: Floats, behind: Floats, mean: Floats) -> tuple[Floats, float]:
    up, tilt = leveled(SETTINGS, one_stride(rotation, mean), UP, GRAVITY_M_S2 * before, GRAVITY_M_S2 * behind)
    return up, float(np.degrees(tilt[0]))


@settings(max_examples=25)
@given(by_deg=st.floats(13.0, 60.0), to_deg=DIRECTIONS, first=st.booleans())
def test_a_foot_that_leans_at_one_mid_stance_is_explained_by_both_channels(
    by_deg: float, to_deg: float, first: bool
) -> None:
    leant = leaning(by_deg, to_deg)
    axis = np.array([np.cos(np.radians(to_deg)), np.sin(np.radians(to_deg)), 0.0])
    lean = Rotation.from_rotvec(np.radians(by_deg) * axis)
    before, behind = (leant, UP) if first else (UP, leant)
    rotation = lean.as_matrix() if first else lean.inv().as_matrix()
    up, tilt_deg = told(rotation, before, behind, before)
    np.testing.assert_allclose(up, before, atol=1e-6)
    assert tilt_deg < 1e-4


@settings(max_examples=25)
@given(error_deg=st.floats(13.0, 60.0), to_deg=DIRECTIONS)
def test_rates_that_do_not_come_back_stay_a_tilt(error_deg: float, to_deg: float) -> None:
    axis = np.array([np.cos(np.radians(to_deg)), np.sin(np.radians(to_deg)), 0.0])
    wrong = Rotation.from_rotvec(np.radians(error_deg) * axis).as_matrix()
    up, tilt_deg = told(wrong, UP, UP, UP)
    np.testing.assert_array_equal(up, UP)
    assert tilt_deg == pytest.approx(error_deg, abs=1e-6)
    leant = leaning(30.0, to_deg + 90.0)  # nor does it help the sensor that the foot leans
    assert told(wrong, UP, leant, UP)[1] > 12.0


def test_a_jolt_at_mid_stance_does_not_move_up() -> None:
    jolted = leaning(8.0, 30.0)
    up, tilt_deg = told(np.eye(3), jolted, UP, UP)
    np.testing.assert_array_equal(up, UP)
    assert tilt_deg == 0.0


def test_where_gravity_was_taken_away_only_what_was_learnt_tells_up() -> None:
    leant = leaning(30.0, 0.0)
    up, tilt = leveled(SETTINGS, one_stride(np.eye(3), UP), UP, leant, None)
    np.testing.assert_array_equal(up, UP)
    assert float(tilt[0]) == 0.0


def test_before_up_is_known_nothing_is_judged() -> None:
    unknown = np.full((3, 1), np.nan)
    up, tilt = leveled(SETTINGS, one_stride(np.eye(3), UP), unknown, UP, UP)
    assert np.isnan(up).all()
    assert np.isnan(tilt).all()
