"""What a wearer holds while doing something: the bag, the arms, and the weight that is on the feet."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from evenside.simulator.arms import Arms, ArmUse
from evenside.simulator.script import Cycle, Escalator, Segment, Sit, Wear
from evenside.simulator.targets import Targets, feet_n, strap_n

__all__ = ["ARM_HANGS", "arm_swing", "held_in", "swing_of"]

ARM_HANGS, _ARM_LAP, _ARM_SWING = 0.05, 1.1, 0.35  # rad forward

_ANGLES: Mapping[ArmUse, float] = MappingProxyType(
    {"free": 0.05, "bag": 0.02, "shoulder": 0.05, "strap": 2.2, "phone": 1.9, "rail": 0.7, "pocket": 0.35, "desk": 1.4}
)
_SWINGS: Mapping[ArmUse, float] = MappingProxyType(
    {"free": 1.0, "bag": 0.35, "shoulder": 0.65, "strap": 0.3, "phone": 0.12, "rail": 0.3, "pocket": 0.25, "desk": 0.0}
)
_ON_THE_BAR = 1.0


def held_in(segment: Segment, body_n: float) -> tuple[float, ...]:
    """Force of the left and the right strap, angle of the left and the right arm, and the weight on both feet."""
    return (*strap_n(segment), _arm(segment, 0), _arm(segment, 1), feet_n(segment, body_n))


def swing_of(arms: Arms, side: int) -> float:
    """How much the arm swings while its wearer walks, of what a free one does."""
    return _SWINGS[arms.of(side)]


def _arm(segment: Segment, side: int) -> float:
    use = segment.arms.of(side)
    if use == "free" and (isinstance(segment, Sit) or (isinstance(segment, Wear) and segment.seated)):
        return _ARM_LAP
    if isinstance(segment, Cycle):
        return _ON_THE_BAR
    if isinstance(segment, Escalator) and side == (segment.rail == "right"):
        return _ANGLES["rail"]
    return _ANGLES[use]


def arm_swing(aim: Targets) -> float:
    """How far an arm swings to either side, in rad: opposite to the leg of its side, more with longer steps."""
    return _ARM_SWING * min(aim.step_m / 0.7, 1.2)
