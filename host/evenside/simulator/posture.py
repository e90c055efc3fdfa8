"""What a wearer holds while doing something: the bag, the arms, and the weight that is on the feet."""

from __future__ import annotations

from evenside.simulator.script import Segment, Sit
from evenside.simulator.targets import FEET_SHARE_SITTING, Targets

__all__ = ["ARM_HANGS", "arm_swing", "held_in"]

ARM_HANGS, _ARM_LAP, _ARM_SWING = 0.05, 1.1, 0.35  # rad forward


def held_in(segment: Segment, body_n: float) -> tuple[float, ...]:
    """Force of the left and the right strap, angle of the left and the right arm, and the weight on both feet."""
    half_n, ai = segment.bag_n / 2.0, segment.asymmetry.strap / 100.0
    sitting = isinstance(segment, Sit)
    feet_n = body_n * FEET_SHARE_SITTING if sitting else body_n + segment.bag_n
    arm = _ARM_LAP if sitting else ARM_HANGS
    return half_n * (1.0 - ai), half_n * (1.0 + ai), arm, arm, feet_n


def arm_swing(aim: Targets) -> float:
    """How far an arm swings to either side, in rad: opposite to the leg of its side, more with longer steps."""
    return _ARM_SWING * min(aim.step_m / 0.7, 1.2)
