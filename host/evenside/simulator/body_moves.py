"""The moves of the body: from one posture to the next, small ones in between, bending down, going up in a lift.

Any stretch of time is known without what came before: a segment begins with the change from the posture of the one
before it, lasts in bins that each have chance of their own, and ends in its own posture.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from evenside.simulator.body import (
    BEND,
    CHANNELS,
    FOOT,
    HIP,
    LEAN,
    PITCH,
    RIDE,
    RISE,
    ROLL,
    SPINE,
    TURN,
    TWIST,
    WORK,
    Moment,
    held,
)
from evenside.simulator.body_pose import heel_rad, pose_of, seated
from evenside.simulator.body_work import BIN_S, START_S, work_moments
from evenside.simulator.chance import generator
from evenside.simulator.off_body import HANDLED_S
from evenside.simulator.script import Chore, Cycle, Escalator, Gym, Lie, Lift, Segment, Sit, Stand, Walk, Wear
from evenside.simulator.wearer import Wearer
from evenside_analysis.types import Floats

__all__ = ["moments_between"]

_GETS_UP_S, _SITS_UP_S, _LIES_DOWN_S, _ROLLS_OVER_S = 1.2, 1.7, 3.5, 2.5
_BOW_DEG = 38.0  # of the trunk while getting up and sitting down


def moments_between(wearer: Wearer, start_s: float, end_s: float) -> list[Moment]:
    """Every moment that the posture between these times depends on, and some more, in the order of time."""
    found: list[Moment] = []
    for number in range(wearer.number_at(start_s), wearer.number_at(end_s) + 1):
        segment = wearer.segment(number)
        assert segment is not None
        found += _of_segment(wearer, number, segment, start_s, end_s)
    return found


def _of_segment(wearer: Wearer, number: int, segment: Segment, start_s: float, end_s: float) -> Iterator[Moment]:
    begun_s, over_s = wearer.start_of(number), wearer.start_of(number + 1)
    before, pose = pose_of(wearer, max(number - 1, 0)), pose_of(wearer, number)
    last = wearer.segment(number - 1) or segment
    span_s = _span_s(last, segment)
    yield held(begun_s, before)
    if seated(last) != seated(segment) and not isinstance(last, Lie) and not isinstance(segment, Lie):
        bowed = 0.5 * (before + pose)
        bowed[PITCH] += math.radians(_BOW_DEG)
        yield held(begun_s + 0.5 * span_s, bowed)
    if isinstance(segment, Wear):
        yield from _shoes(wearer, number, begun_s + span_s, pose)
    else:
        yield held(begun_s + span_s, pose)
    first, end = (math.floor((at_s - begun_s - START_S) / BIN_S) for at_s in (start_s, end_s))
    bins = range(max(first - 1, 0), end + 2)
    if isinstance(segment, Cycle | Gym | Chore):
        yield from work_moments(wearer, number, pose, bins)
    elif isinstance(segment, Lift | Escalator):
        yield from _ride(segment, begun_s, pose)
        return
    elif isinstance(segment, Stand) and segment.stoop:
        yield from _stoop(segment, begun_s, pose)
    elif isinstance(segment, Walk) or (isinstance(segment, Sit | Lie | Stand) and segment.fidget > 0.0):
        yield from _fidgets(wearer, number, segment, pose, bins)
    yield held(over_s, pose)


def _shoes(wearer: Wearer, number: int, at_s: float, pose: Floats) -> Iterator[Moment]:
    """The shoes are changed half way, while the sensors are handled."""
    before = pose.copy()
    before[list(FOOT)] += heel_rad(wearer, number - 1) - heel_rad(wearer, number)
    middle_s = 0.5 * (wearer.start_of(number) + wearer.start_of(number + 1))
    yield held(at_s, before)
    yield held(middle_s - 0.5 * HANDLED_S, before)
    yield held(middle_s + 0.5 * HANDLED_S, pose)


def _span_s(before: Segment, segment: Segment) -> float:
    """How long the change takes; at most so long that a short segment has something left of it."""
    if isinstance(segment, Lie):
        return _ROLLS_OVER_S if isinstance(before, Lie) else _LIES_DOWN_S
    span_s = _SITS_UP_S if isinstance(before, Lie) else _GETS_UP_S
    return min(span_s, 0.4 * segment.duration_s)


# Degrees of the small moves; of limbs only where they are not what a gait is made of.
_SIZES: dict[type[Segment], dict[int, float]] = {
    Sit: {PITCH: 1.2, SPINE: 1.5, LEAN: 0.8, BEND: 1.2, **dict.fromkeys(HIP, 1.2), **dict.fromkeys(TWIST, 2.0)},
    Lie: {TURN: 2.0, SPINE: 1.0, BEND: 1.5, **dict.fromkeys(HIP, 3.0), **dict.fromkeys(TWIST, 3.0)},
    Walk: {PITCH: 0.6, SPINE: 0.6, LEAN: 0.3, BEND: 0.5},
    Stand: {PITCH: 0.4, SPINE: 0.8, LEAN: 0.4, BEND: 0.6, **dict.fromkeys(HIP, 0.5)},
}
_LIMBS = {**dict.fromkeys(WORK, 5.0), **dict.fromkeys(ROLL, 6.0)}


def _fidgets(
    wearer: Wearer, number: int, segment: Walk | Sit | Lie | Stand, pose: Floats, bins: range
) -> Iterator[Moment]:
    """One small move a bin, most of them tiny and a few large; from the last bin on as the posture has it."""
    sizes = np.zeros(CHANNELS)
    for channel, degrees in (_SIZES[type(segment)] | ({} if isinstance(segment, Walk) else _LIMBS)).items():
        sizes[channel] = math.radians(degrees)
    if isinstance(segment, Sit):
        sizes[list(FOOT)] = math.radians(3.0)
    sizes *= wearer.build.restless * (1.0 if isinstance(segment, Walk) else segment.fidget)
    begun_s = wearer.start_of(number)
    last = math.floor((segment.duration_s - START_S - 2.0) / BIN_S)
    off = _off(wearer.seed, number, bins.start - 1, last) * sizes
    for place in range(bins.start, min(bins.stop, last + 1)):
        chance = generator(wearer.seed, "when", number, place).random(2)
        at_s = begun_s + START_S + 2.0 + (place + 0.7 * float(chance[0])) * BIN_S
        takes_s = 0.8 + 1.2 * float(chance[1])
        if at_s + takes_s > begun_s + segment.duration_s:
            return
        yield held(at_s, pose + off)
        off = _off(wearer.seed, number, place, last) * sizes
        yield held(at_s + takes_s, pose + off)


def _off(seed: int, number: int, place: int, last: int) -> Floats:
    """By how much one is off the posture after the move of that bin, in its usual sizes."""
    if not 0 <= place < last:
        return np.zeros(CHANNELS)
    chance = generator(seed, "fidget", number, place).standard_normal(CHANNELS + 1)
    drawn: Floats = chance[1:] * min(math.exp(0.8 * float(chance[0]) - 0.4), 3.0)
    return drawn


def _stoop(segment: Stand, begun_s: float, pose: Floats) -> Iterator[Moment]:
    down = pose.copy()
    down[PITCH] += math.radians(55.0)
    down[SPINE] += math.radians(30.0)
    if segment.stoop == "floor":
        down[list(HIP)] += math.radians(45.0)
        down[RISE] -= 0.25
    else:
        # The foot is up on something, its knee bent.
        down[HIP[int(segment.stoop == "right_shoe")]] += math.radians(70.0)
    room_s = segment.duration_s
    yield held(begun_s + 0.3 * room_s, pose)
    busy = max(round(0.3 * room_s / 0.7), 1)  # hands that are at it move the back
    for place in range(busy + 1):
        stirred = down.copy()
        stirred[[PITCH, BEND]] += math.radians(2.0) * (1.0 if place % 2 else -1.0)
        yield held(begun_s + (0.45 + 0.3 * place / busy) * room_s, stirred)
    yield held(begun_s + 0.9 * room_s, pose)


def _ride(segment: Lift | Escalator, begun_s: float, pose: Floats) -> Iterator[Moment]:
    """From rest to rest, with an even speed in between."""
    gentle_s = 1.5 if isinstance(segment, Lift) else 1.0
    start_s, end_s = begun_s + 2.0, begun_s + segment.duration_s - 1.0
    speed = segment.rise_m / (end_s - start_s - gentle_s)
    for at_s, way_m, rate in (
        (start_s, 0.0, 0.0),
        (start_s + gentle_s, 0.5 * gentle_s * speed, speed),
        (end_s - gentle_s, segment.rise_m - 0.5 * gentle_s * speed, speed),
        (end_s, segment.rise_m, 0.0),
        (begun_s + segment.duration_s, segment.rise_m, 0.0),
    ):
        moment = held(at_s, pose)
        moment.knot[0, RIDE], moment.knot[1, RIDE] = way_m, rate
        yield moment
