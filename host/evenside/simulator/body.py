"""The posture of the body: one value for each way in which it can bend, as smooth curves over time.

Angles are in rad and lengths in m; forward, left and up are positive, and a trunk that leans to the right leans
positively. The lying body is the upright one, tilted back by ``LIE`` and then turned about its long axis by ``TURN``.
Walking comes on top of it (``plan``: ``THIGH``, ``SWAY``, ``ARM``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside.simulator.curves import Curve, through
from evenside_analysis.types import Floats

__all__ = [
    "BEND",
    "CHANNELS",
    "FOOT",
    "FORTH",
    "HIP",
    "JITTER",
    "LEAN",
    "LIE",
    "PITCH",
    "RIDE",
    "RISE",
    "ROLL",
    "SHARE",
    "SPINE",
    "TURN",
    "TWIST",
    "UP",
    "WORK",
    "Moment",
    "body_curve",
    "held",
]

LIE, TURN = 0, 1  # of the whole body
PITCH, LEAN = 2, 3  # of the pelvis, forward and to the right
SPINE, BEND = 4, 5  # of the chest against the pelvis, forward and to the right
HIP, TWIST = (6, 7), (8, 9)  # of each thigh: forward from straight, and about its long axis, outwards
WORK, ROLL = (10, 11), (12, 13)  # of each arm: forward of where it rests, and about its long axis, outwards
JITTER = (14, 15)  # size of small quick movements of each wrist
FOOT, FORTH, UP = (16, 17), (18, 19), (20, 21)  # of each foot: pitch with the toes down, and m from where it stands
RISE, RIDE = 22, 23  # m: of the trunk, and of everything
SHARE = 24  # of the weight on the feet: from the left to the right foot
CHANNELS = 25


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A posture at a time, and how it changes: value, rate and acceleration (3, CHANNELS)."""

    time_s: float
    knot: Floats


def held(time_s: float, posture: Floats) -> Moment:
    """That posture (CHANNELS,) at rest."""
    knot = np.zeros((3, CHANNELS))
    knot[0] = posture
    return Moment(time_s, knot)


def body_curve(moments: list[Moment]) -> Curve:
    """The curve through these moments, in the order of time, at least one."""
    return through(np.array([moment.time_s for moment in moments]), np.stack([moment.knot for moment in moments]))
