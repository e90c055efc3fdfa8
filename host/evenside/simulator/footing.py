"""Where the wearer and each foot are, and what a foot does next: values, and small pure functions of one step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from evenside.simulator.plan import FLAT_S, RISE_S, Contact, Movement, Pose
from evenside.simulator.script import Gait, Run, Segment, Stairs, Turn, Walk
from evenside.simulator.step_force import WALKED, Humps, impulse_of_contact, impulse_of_gain, peak_n
from evenside.simulator.targets import Targets
from evenside_analysis.types import Event, Flag

__all__ = ["Foot", "Walker", "at_rest", "beside", "contacts_of", "first_side", "height_of", "movement_to"]

_HALF_WIDTH_M, _TOE_OUT = 0.09, 0.12
_SHUFFLED = 0.55  # of what a foot is lifted and tips: 2 to 3 rad/s at a slow pace
_TURNED = math.radians(10.0)  # of one foot, from which its movement is a turn


@dataclass(frozen=True, slots=True)
class Foot:
    """Where a foot stands, since when, and under what load (gain 0: since a rest)."""

    pose: Pose
    ic_s: float = 0.0
    tc_s: float = 0.0  # planned
    flat_s: float = -math.inf
    weight_n: float = 0.0
    gain: float = 0.0
    humps: Humps = WALKED
    scatter: tuple[float, ...] = ()  # of step time, stance time and force, in SD


def at_rest() -> tuple[Foot, ...]:
    """Both feet side by side at the beginning."""
    return tuple(Foot(beside((0.0, 0.0), 0.0, side, 0.0)) for side in (0, 1))


@dataclass(slots=True)
class Walker:
    """Where the wearer is in the script. A value: ``plan`` returns a new one and leaves this as it is.

    Everything before ``settled_s`` is decided.
    """

    segment: int = -1
    start_s: float = 0.0
    settled_s: float = 0.0
    walking: bool = False
    climbing: bool = False
    turn_left: float = 0.0  # rad still to turn
    step: int = 0
    side: int = 0  # of the next step
    point: tuple[float, float] = (0.0, 0.0)
    heading: float = 0.0
    feet: tuple[Foot, ...] = field(default_factory=at_rest)
    held: tuple[float, ...] = ()  # last values of BAG, ARM and LOAD
    aim: Targets | None = None


def beside(point: tuple[float, float], heading: float, side: int, height_m: float) -> Pose:
    """A foot on its side of the path."""
    out = 1.0 if side == 0 else -1.0
    x = point[0] - out * _HALF_WIDTH_M * math.sin(heading)
    y = point[1] + out * _HALF_WIDTH_M * math.cos(heading)
    return Pose(x, y, height_m, heading + out * _TOE_OUT)


def first_side(segment: Gait) -> int:
    """The foot of the first step: of a turn the inner one."""
    if isinstance(segment, Turn):
        return int(segment.angle_deg < 0.0)
    return int((segment.lead if isinstance(segment, Stairs) else segment.first) == "right")


def height_of(segment: Segment | None, side: int, climbing: bool, beside_m: float) -> tuple[bool, float]:
    """Where a foot lands: on stairs a step higher or lower than the other one, which stands at ``beside_m``.

    Climbing begins with the leg that leads, and the answer tells whether it has begun.
    """
    if not isinstance(segment, Stairs):
        return climbing, beside_m
    leads = side == first_side(segment)
    if not (climbing or leads) or (segment.step_to and not leads):
        return climbing, beside_m
    return True, beside_m + (segment.riser_m if segment.up else -segment.riser_m)


def movement_to(
    foot: Foot, pose: Pose, ic_s: float, pace: float, stairs: bool, segment: Segment | None, chance: Sequence[float]
) -> Movement:
    """The swing from where a foot stands to ``pose``. ``pace``: of push-off and landing; ``chance``: three normals."""
    metres, running = math.hypot(pose.x - foot.pose.x, pose.y - foot.pose.y), isinstance(segment, Run)
    vigour = 1.0 if stairs else min(max(math.sqrt(metres / 1.4), 0.5), 1.15)
    if running:
        vigour = min(max(math.sqrt(metres / 2.0), 0.6), 1.25)
    elif isinstance(segment, Walk) and segment.shuffling:
        vigour *= _SHUFFLED
    vigour *= math.exp(0.04 * chance[0])
    push, slap = pace * math.exp(0.05 * chance[1]), pace * math.exp(0.08 * chance[2])
    rise_s = max(foot.tc_s - RISE_S * push, foot.flat_s + 0.01)
    return Movement(rise_s, foot.tc_s, ic_s, ic_s + FLAT_S * slap, foot.pose, pose, vigour, push, slap, running)


def contacts_of(foot: Foot, movement: Movement, stairs: bool) -> tuple[Contact, ...]:
    """The true contacts of a movement; with the toe-off the load of the step which it ends."""
    turned = abs(movement.end.yaw - movement.start.yaw) > _TURNED
    flags = (int(Flag.STAIRS) if stairs else 0) | (int(Flag.TURN) if turned else 0)
    peak, impulse, nan = math.nan, math.nan, math.nan
    if foot.gain > 0.0:
        stance_s = foot.tc_s - foot.ic_s
        peak = peak_n(foot.weight_n, foot.gain)
        of_gain = impulse_of_gain(stance_s, stance_s**2, foot.humps)
        per_weight_s = impulse_of_contact(stance_s, foot.humps) + foot.gain * of_gain
        impulse = foot.weight_n * per_weight_s
    return (
        (movement.heel_rise_s, int(Event.HEEL_RISE), flags, nan, nan),
        (movement.tc_s, int(Event.TC), flags, peak, impulse),
        (movement.ic_s, int(Event.IC), flags, nan, nan),
        (movement.foot_flat_s, int(Event.FOOT_FLAT), flags, nan, nan),
    )
