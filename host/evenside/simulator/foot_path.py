"""The path of a foot through its movements: forward, sideways and up, pitch, roll and yaw, each a smooth curve.

The shapes stand for a healthy adult's foot: the heel rises and the foot tips over its toes to 60 degrees, swings
through with the toes a few centimetres above the ground, lands on the heel with the toes up by 28 degrees and slaps
flat within 150 ms. It supinates in push-off and again before landing, pronates while it slaps down, and bows outwards
in swing; these are mirrored on the other side. Upstairs it is lifted early and put down flat, downstairs it is let
down late onto the toes. (Angles and times agree with healthy walking in
published foot-IMU sets; the curves are our own.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside.simulator.curves import Curve, through
from evenside.simulator.plan import REFERENCE_SWING_S, Movement
from evenside_analysis.types import Floats

__all__ = ["PITCH", "ROLL", "YAW", "X", "Y", "Z", "foot_path"]

X, Y, Z, PITCH, ROLL, YAW = range(6)  # channels; m and rad, pitch positive with the toes down, yaw to the left

Row = tuple[tuple[float, float, float], ...]
"""Value, rate and acceleration at each of the ten knots, for the reference swing."""

# Knots: heel rise, -50 ms, toe-off, +40 ms, half and three quarters of the swing, contact, +20 ms, +50 ms, foot flat.
_STILL = (0.0, 0.0, 0.0)
_BEFORE_TC = np.array([-0.05, 0.0, 0.04])
_IN_SWING = np.array([0.5, 0.75])
_AFTER_IC = np.array([0.0, 0.02, 0.05])


@dataclass(frozen=True, slots=True)
class _Shape:
    forward: Row  # share of the way
    pitch: Row  # rad
    height: Row  # m, comes back to 0
    climb: Row  # share of the rise


_LEVEL = _Shape(
    forward=(
        *(_STILL, (0.045, 0.90, 11.0), (0.105, 1.57, 11.0), (0.172, 1.95, 7.5), (0.524, 2.85, 3.7)),
        *((0.787, 2.77, -8.2), (0.974, 0.97, -22.0), (0.987, 0.45, -21.0), (0.995, 0.11, -2.0), (1.0, 0.0, 0.0)),
    ),
    pitch=(
        *(_STILL, (0.60, 8.0, 45.0), (1.04, 7.6, -480.0), (1.04, -4.0, -40.0), (0.37, -6.1, 0.0)),
        *((-0.165, -6.0, 10.0), (-0.50, 0.5, 160.0), (-0.46, 3.4, 110.0), (-0.32, 5.6, 0.0), _STILL),
    ),
    height=(
        *(_STILL, (0.10, 1.10, 12.0), (0.15, 0.75, -10.0), (0.172, 0.20, -12.0), (0.085, -0.95, 0.0)),
        *((0.032, -0.20, 10.0), (0.036, 0.05, -10.0), (0.034, -0.20, 25.0), (0.026, -0.45, -5.0), _STILL),
    ),
    climb=(_STILL,) * 10,
)

_UP = _Shape(
    forward=(
        *(_STILL, (0.08, 0.75, 0.0), (0.116, 0.85, 5.0), (0.16, 1.3, 8.0), (0.52, 3.2, 8.0)),
        *((0.87, 2.8, -25.0), (0.993, 0.15, -12.0), (0.996, 0.04, 0.0), (0.999, 0.0, 0.0), (1.0, 0.0, 0.0)),
    ),
    pitch=(
        *(_STILL, (0.45, 4.3, 10.0), (0.67, 4.2, -40.0), (0.79, 1.7, -30.0), (0.62, -4.2, -12.0)),
        *((0.12, -4.6, 25.0), (-0.07, 0.3, 60.0), (-0.055, 1.0, 10.0), (-0.015, 1.0, -20.0), _STILL),
    ),
    height=(
        *(_STILL, (0.01, 0.20, 0.0), (0.02, 0.15, 0.0), (0.024, 0.05, 0.0), (0.02, -0.05, 0.0)),
        *((0.015, -0.1, 0.0), (0.004, -0.15, 0.0), (0.001, -0.1, 0.0), _STILL, _STILL),
    ),
    climb=(
        *(_STILL, (0.005, 0.2, 10.0), (0.06, 2.0, 45.0), (0.18, 4.2, 40.0), (0.92, 3.6, -40.0)),
        *((1.09, 0.0, -30.0), (1.02, -1.2, 10.0), (1.002, -0.5, 30.0), (1.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
    ),
)

_DOWN = _Shape(
    forward=(
        *(_STILL, (0.09, 1.7, 15.0), (0.20, 2.7, 20.0), (0.32, 3.3, 10.0), (0.82, 3.2, -20.0)),
        *((1.02, 1.2, -35.0), (1.05, -0.3, -10.0), (1.04, -0.6, 0.0), (1.015, -0.6, 5.0), (1.0, 0.0, 0.0)),
    ),
    pitch=(
        *(_STILL, (0.57, 8.5, 0.0), (0.93, 4.5, -300.0), (0.90, -3.2, -30.0), (0.40, -2.8, 25.0)),
        *((0.26, -0.6, 10.0), (0.22, -1.5, -100.0), (0.16, -3.9, -90.0), (0.05, -2.6, 50.0), _STILL),
    ),
    height=(
        *(_STILL, (0.012, 0.15, 0.0), (0.02, 0.1, 0.0), (0.022, 0.0, 0.0), (0.012, -0.1, 0.0)),
        *((0.006, -0.05, 0.0), (0.002, -0.05, 0.0), (0.001, -0.03, 0.0), _STILL, _STILL),
    ),
    climb=(
        *(_STILL, _STILL, _STILL, (0.02, 0.9, 25.0), (0.42, 4.2, 10.0)),
        *((0.78, 3.4, -10.0), (0.965, 1.4, -50.0), (0.985, 0.5, -30.0), (0.998, 0.1, 0.0), (1.0, 0.0, 0.0)),
    ),
)

# Given for the pace of a runner; the heel is drawn up behind, and the toes come down from 15 degrees.
_RUN = _Shape(
    forward=(
        *(_STILL, (0.03, 0.38, 2.0), (0.053, 0.55, 3.0), (0.079, 0.72, 3.5), (0.53, 3.8, 5.0)),
        *((0.85, 3.1, -18.0), (0.985, 0.21, -6.0), (0.989, 0.13, -2.0), (0.995, 0.06, -0.7), (1.0, 0.0, 0.0)),
    ),
    pitch=(
        *(_STILL, (0.55, 5.0, 6.0), (0.85, 5.9, 0.0), (1.09, 5.7, -11.0), (1.55, -10.7, -85.0)),
        *((0.35, -14.9, 57.0), (-0.25, 0.42, 30.0), (-0.235, 2.1, 15.0), (-0.14, 3.2, 0.0), _STILL),
    ),
    height=(
        *(_STILL, (0.05, 0.55, 2.0), (0.08, 0.67, 0.0), (0.108, 0.67, -1.0), (0.26, 0.0, -21.0)),
        *((0.12, -2.0, 4.0), (0.022, -0.50, 5.0), (0.016, -0.13, 5.0), (0.012, -0.13, 0.0), _STILL),
    ),
    climb=(_STILL,) * 10,
)

# Of a right foot: roll positive with the inner edge up. Outwards is to the right.
_ROLL: Row = (
    *(_STILL, (0.09, 1.1, 0.0), (0.11, -0.3, -30.0), (0.08, -1.2, 0.0), (-0.07, -0.2, 8.0)),
    *((-0.01, 1.2, 5.0), (0.07, 0.6, -15.0), (0.075, -0.4, -30.0), (0.05, -1.0, 0.0), _STILL),
)
_OUTWARD_YAW: Row = (
    *(_STILL, (0.07, 0.9, 0.0), (0.10, 0.3, -10.0), (0.10, -0.2, 0.0), (0.05, -0.1, 0.0)),
    *((0.045, -0.2, 0.0), (0.015, -0.3, 0.0), (0.01, -0.25, 0.0), (0.004, -0.1, 0.0), _STILL),
)
_BOW: Row = (
    *(_STILL, (0.004, 0.12, 0.0), (0.012, 0.22, 0.0), (0.021, 0.22, 0.0), (0.042, -0.03, -1.5)),
    *((0.031, -0.25, 0.0), (0.006, -0.2, 2.0), (0.003, -0.1, 2.0), (0.001, -0.02, 0.0), _STILL),
)


def foot_path(side: int, movements: list[Movement]) -> Curve:
    """The curve of one foot (``X`` to ``YAW``) over these movements, in the order of time; still without any."""
    if not movements:
        return through(np.zeros(1), np.zeros((1, 3, 6)))
    shapes = (_LEVEL, _UP, _RUN, _DOWN)
    # Up is 1, running 2, and down, -1, takes the last one.
    kinds = np.array([2 if move.running else int(np.sign(move.end.z - move.start.z)) for move in movements])
    table = np.array([(shape.forward, shape.pitch, shape.height, shape.climb) for shape in shapes])
    forward, pitch, height, climb = table[kinds].swapaxes(0, 1)  # (m, 10, 3) each
    start, end = (
        np.array([(pose.x, pose.y, pose.z, pose.yaw) for pose in poses])[:, :, np.newaxis, np.newaxis]
        for poses in ([move.start for move in movements], [move.end for move in movements])
    )
    way, vigour = end - start, np.array([move.vigour for move in movements])[:, np.newaxis, np.newaxis]
    out = 1.0 if side == 0 else -1.0  # outwards is to the left of a left foot
    bow = out * vigour * np.array(_BOW)
    length = np.hypot(way[:, 0], way[:, 1]) + 1e-9
    knots = np.stack(
        [
            way[:, 0] * forward - way[:, 1] / length * bow,
            way[:, 1] * forward + way[:, 0] / length * bow,
            vigour * height + way[:, 2] * climb,
            vigour * pitch,
            -out * vigour * np.array(_ROLL),
            way[:, 3] * forward + out * vigour * np.array(_OUTWARD_YAW),
        ],
        axis=-1,
    )
    knots[:, :, 0, [X, Y, Z, YAW]] += start[:, :, 0, 0][:, np.newaxis, :]
    time_s, stretch = _knot_times(movements)
    knots[:, :, 1] /= stretch[:, :, np.newaxis]
    knots[:, :, 2] /= stretch[:, :, np.newaxis] ** 2
    return through(time_s.ravel(), knots.reshape(-1, 3, 6))


def _knot_times(movements: list[Movement]) -> tuple[Floats, Floats]:
    """Time of each knot, and by how much time is stretched there, (m, 10) each."""
    rise, tc, ic, flat, push, slap = (
        np.array(column)[:, np.newaxis]
        for column in zip(
            *((move.rise_s, move.tc_s, move.ic_s, move.flat_s, move.push, move.slap) for move in movements), strict=True
        )
    )
    # A foot pushes off and slaps as it always does; what comes between takes a longer or a shorter swing.
    swing = ic - tc
    time_s = (rise, tc + push * _BEFORE_TC, tc + swing * _IN_SWING, ic + slap * _AFTER_IC, flat)
    stretch = (push.repeat(4, 1), (swing / REFERENCE_SWING_S).repeat(2, 1), slap.repeat(4, 1))
    return np.concatenate(time_s, axis=1), np.concatenate(stretch, axis=1)
