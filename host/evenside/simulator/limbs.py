"""What thighs, trunk and arms do in each step: knots of their tracks, at the moments at which feet land and leave.

A thigh is furthest forward when its foot lands, and furthest back when it leaves; an arm goes against the leg of its
side. Upstairs the thigh is lifted high, downstairs little is needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from evenside.simulator.build import Build
from evenside.simulator.chance import generator
from evenside.simulator.curves import Knot
from evenside.simulator.plan import ARM, HEADING, SWAY, THIGH
from evenside.simulator.posture import arm_swing, swing_of
from evenside.simulator.script import Gait, Stairs
from evenside.simulator.step_force import SETTLE_S
from evenside.simulator.targets import Targets
from evenside.simulator.wearer import Wearer

__all__ = ["joining", "landing", "setting_off"]

_UP_DEG, _DOWN_DEG = (55.0, 0.0), (28.0, 0.0)  # forward when landing, back when leaving
_BACK = 0.45  # of the angle forward
_LAST_BACK = 0.15  # rad
_HIP_SCATTER = 0.04


def setting_off(lift_s: float, heading: float) -> Iterator[tuple[int, Knot]]:
    """The last moment of standing."""
    for track in (*THIGH, SWAY):
        yield track, (lift_s - 0.3, 0.0, 0.0, 0.0)
    yield HEADING, (lift_s - 0.3, heading, 0.0, 0.0)


def landing(
    wearer: Wearer,
    number: int,
    step: int,
    aim: Targets,
    side: int,
    swing_s: tuple[float, float],
    from_stand: bool,
    held: tuple[float, float],
    heading: float,
) -> Iterator[tuple[int, Knot]]:
    """A step of this side: its foot leaves and lands at ``swing_s``. ``held``: angles about which the arms swing."""
    segment, build = wearer.segment(number), wearer.build
    assert isinstance(segment, Gait)
    tc_s, ic_s = swing_s
    pulse = (2.0 * math.pi / aim.stride_s) ** 2
    chance = generator(wearer.seed, "limbs", step).standard_normal(3).tolist()
    vigour = math.exp(_HIP_SCATTER * build.restless * chance[2])
    forward, back = (vigour * angle for angle in _hip(segment, build, aim))
    yield THIGH[side], (tc_s, 0.0 if from_stand else -back, 0.0, 0.0 if from_stand else back * pulse)
    yield THIGH[side], (ic_s, forward, 0.0, -forward * pulse)
    yield SWAY, (ic_s, 1.0 if side else -1.0, 0.0, -pulse if side else pulse)
    yield HEADING, (ic_s, heading, 0.0, 0.0)
    for arm, angle in ((side, -arm_swing(aim)), (1 - side, arm_swing(aim))):
        vigour = math.exp(build.arm_scatter * (0.4 * chance[arm] + _mood(wearer.seed, number)[arm]))
        swing = angle * (swing_of(segment.arms, arm) * build.arm_swing[arm] * vigour)
        yield ARM[arm], (ic_s, held[arm] + swing, 0.0, -swing * pulse)


@lru_cache(maxsize=16)
def _mood(seed: int, number: int) -> tuple[float, float]:
    """How freely each arm swings in that segment, in SD."""
    left, right = generator(seed, "arms", number).standard_normal(2).tolist()
    return left, right


def joining(side: int, tc_s: float, ic_s: float, heading: float) -> Iterator[tuple[int, Knot]]:
    """The last step: the foot of this side comes beside the other one."""
    yield THIGH[side], (tc_s, -_LAST_BACK, 0.0, 0.0)
    for thigh in THIGH:
        yield thigh, (ic_s + SETTLE_S, 0.0, 0.0, 0.0)
    yield SWAY, (ic_s + SETTLE_S, 0.0, 0.0, 0.0)
    yield HEADING, (ic_s + SETTLE_S, heading, 0.0, 0.0)


def _hip(segment: Gait, build: Build, aim: Targets) -> tuple[float, float]:
    if isinstance(segment, Stairs):
        forward, back = _UP_DEG if segment.up else _DOWN_DEG
        return math.radians(forward), math.radians(back)
    forward = math.radians(build.hip_deg) * min(aim.step_m / 0.7, 1.2)
    return forward, _BACK * forward
