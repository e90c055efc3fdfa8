"""The posture that each segment of a script is done in, with this wearer's own habits of holding themselves."""

from __future__ import annotations

import math

import numpy as np

from evenside.simulator.arms import ArmUse
from evenside.simulator.body import (
    BEND,
    CHANNELS,
    FOOT,
    HIP,
    JITTER,
    LEAN,
    LIE,
    PITCH,
    RISE,
    ROLL,
    SHARE,
    SPINE,
    TURN,
    TWIST,
    WORK,
)
from evenside.simulator.chance import generator
from evenside.simulator.script import Chore, Cycle, Lie, Segment, Sit, Stand, Wear
from evenside.simulator.targets import strap_n
from evenside.simulator.wearer import Wearer
from evenside_analysis.types import Floats

__all__ = ["SEATED", "heel_rad", "pose_of", "seated"]

SEATED = Sit | Wear
HEEL_M = 0.182  # from the heel to the ball of the foot
ONE_LEG_AI = 15.0  # of the load share, from which the other leg is loose

_TURNS_DEG = {"back": 0.0, "left": 90.0, "front": 180.0, "right": -90.0}
_LYING_HIP_DEG = {"back": 6.0, "left": 42.0, "front": 2.0, "right": 42.0}
_ROLLS: dict[ArmUse, float] = {"bag": 0.2, "strap": 0.9, "phone": 1.2, "rail": 0.8, "pocket": 0.5, "desk": 1.4}
_TREMOR = 0.002
_ALIVE = Sit | Stand | Lie | Chore
_JITTERS: dict[ArmUse, float] = {"phone": 0.012, "desk": 0.03}


def pose_of(wearer: Wearer, number: int) -> Floats:
    """The posture (CHANNELS,) of that segment, with what is by chance in it."""
    segment = wearer.segment(number)
    pose = np.zeros(CHANNELS)
    if segment is None:
        return pose
    chance = generator(wearer.seed, "pose", number).standard_normal(8) * wearer.build.restless
    _upright(wearer, segment, chance, pose)
    for side in (0, 1):
        pose[FOOT[side]] = heel_rad(wearer, number)
        use = segment.arms.of(side)
        pose[ROLL[side]] = _ROLLS.get(use, 0.0)
        pose[JITTER[side]] = _JITTERS.get(use, _TREMOR if isinstance(segment, _ALIVE) and segment.fidget else 0.0)
    if seated(segment):
        _sit(wearer, segment, chance, pose)
    elif isinstance(segment, Lie):
        _lie(segment, chance, pose)
    elif isinstance(segment, Cycle):
        pose[PITCH], pose[SPINE], pose[RISE] = (
            math.radians(0.7 * segment.lean_deg),
            math.radians(0.3 * segment.lean_deg),
            -0.1,
        )
        pose[list(HIP)] = math.radians(50.0)
    elif isinstance(segment, Chore):
        pose[PITCH] += math.radians(0.6 * segment.bent_deg)
        pose[SPINE] += math.radians(0.4 * segment.bent_deg)
        pose[list(WORK)] = (0.95, 0.75) if segment.side == "left" else (0.75, 0.95)
    return pose


def seated(segment: Segment) -> bool:
    """On a chair, or on the edge of a bed."""
    return isinstance(segment, Sit) or (isinstance(segment, Wear) and segment.seated)


def heel_rad(wearer: Wearer, number: int) -> float:
    """How far the shoes of that segment tip a standing foot."""
    wear = wearer.wear_before(number + 1)
    return math.asin(wear.shoes_cm / 100.0 / HEEL_M) if wear else 0.0


def _upright(wearer: Wearer, segment: Segment, chance: Floats, pose: Floats) -> None:
    """The trunk leans away from what hangs on one side, and forward against what hangs on both."""
    build = wearer.build
    left_n, right_n = strap_n(segment)
    hand = segment.arms.hand
    if hand is not None:
        left_n, right_n = (0.0, segment.bag_n) if hand else (segment.bag_n, 0.0)
    towards_right = (
        -build.yield_deg * (right_n - left_n) / wearer.weight_n * (1.0 + 0.2 * min(max(chance[2], -2.0), 2.0))
    )
    lean = build.lean_deg + towards_right + 0.4 * chance[3]
    pose[LEAN], pose[BEND] = math.radians(0.3 * lean), math.radians(0.7 * lean)
    pose[PITCH] = math.radians(0.6 * build.yield_deg * 2.0 * min(left_n, right_n) / wearer.weight_n + 0.4 * chance[0])
    pose[SPINE] = math.radians(build.stoop_deg + 0.5 * chance[1])
    share_ai = segment.asymmetry.load_share or 0.0
    if isinstance(segment, Stand) and abs(share_ai) >= ONE_LEG_AI:
        down = 1.0 if share_ai > 0.0 else -1.0  # the pelvis drops on the side that bears nothing
        pose[LEAN] -= down * math.radians(3.0)
        pose[BEND] += down * math.radians(3.0)
        pose[HIP[0 if share_ai > 0.0 else 1]] = math.radians(12.0 + 2.0 * chance[4])


def _sit(wearer: Wearer, segment: Segment, chance: Floats, pose: Floats) -> None:
    build = wearer.build
    hunched, recline = (segment.hunched_deg, segment.recline_deg) if isinstance(segment, Sit) else (0.0, 0.0)
    pose[PITCH] = math.radians(-5.0 - recline + chance[0])
    pose[SPINE] = math.radians(build.stoop_deg + max(hunched, 6.0 + chance[1]))
    pose[RISE] = -0.25 * build.height_m
    for side in (0, 1):
        pose[HIP[side]] = math.radians(min(max(build.seat_deg[side] + 1.2 * chance[4 + side], 80.0), 95.0))
    if isinstance(segment, Sit) and segment.stretched:
        out = int(segment.stretched == "right")
        pose[HIP[out]] -= math.radians(6.0 + 1.5 * min(abs(chance[7]), 2.0))
        pose[FOOT[out]] -= math.radians(25.0)
    if not isinstance(segment, Sit) or not segment.crossed:
        return
    top = int(segment.crossed == "right")
    over = build.knee_over_deg * (0.75 if segment.figure_four else 1.0) + 1.5 * chance[6]
    pose[HIP[top]] = pose[HIP[1 - top]] + math.radians(min(max(over, 10.0), 25.0))
    pose[TWIST[top]] = math.radians(40.0 if segment.figure_four else -12.0)
    pose[FOOT[top]] += math.radians(20.0)
    pose[SHARE] = -0.45 if top else 0.45
    pose[LEAN] += math.radians(-2.0 if top else 2.0)  # the pelvis rises a little on the side of the upper leg


def _lie(segment: Lie, chance: Floats, pose: Floats) -> None:
    pose[PITCH], pose[LEAN], pose[BEND] = 0.0, math.radians(chance[3]), math.radians(chance[2])
    pose[LIE] = -math.radians(90.0 - segment.pillow_deg)
    pose[TURN] = math.radians(_TURNS_DEG[segment.on] + segment.askew_deg)
    pose[RISE] = -0.5
    for side in (0, 1):
        pose[HIP[side]] = math.radians(_LYING_HIP_DEG[segment.on] + 3.0 * chance[4 + side])
        pose[WORK[side]] = 0.2 * chance[6 + side]
    pose[list(FOOT)] = math.radians(15.0)
