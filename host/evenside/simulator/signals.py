"""What the sensors of the wearer feel, from a stretch of the plan: forces, specific force and angular velocity.

Every quantity is computed at the times asked for, from curves that are known in closed form; nothing is resampled and
nothing depends on what else is asked. Sensors here are perfect and sit aligned; ``sensing`` makes them real.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evenside.simulator.body import FOOT, FORTH, JITTER, LIE, RIDE, ROLL, SHARE, TURN, UP, WORK
from evenside.simulator.curves import Curve
from evenside.simulator.foot_path import PITCH, YAW, X, Y, Z
from evenside.simulator.foot_path import ROLL as TILT
from evenside.simulator.plan import ARM, BAG, FORCE, LOAD, QUIET
from evenside.simulator.turning import Felt
from evenside_analysis.types import GRAVITY_M_S2, Floats

__all__ = ["Scene"]

_ARM_M = 0.55  # from the shoulder to the wrist
_SHAKES_HZ = ((0.37, 1.13, 2.31), (0.41, 1.27, 2.57))  # of either hand


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A stretch of time: tracks of the plan as curves, the path of each foot, the right foot's share in standing, and
    the posture of the body.
    """

    tracks: tuple[Curve, ...]
    feet: tuple[Curve, Curve]
    share: Curve
    body: Curve

    def force_n(self, side: int, time_s: Floats) -> Floats:
        """Vertical force (n,) under a foot: of steps, and of standing."""
        share = np.clip(self.share.at(time_s).value() + self.body.at(time_s).value(SHARE), 0.0, 1.0)
        if side == 0:
            share = 1.0 - share
        stood_n = self.tracks[QUIET].at(time_s).value() * self.tracks[LOAD].at(time_s).value()
        stood_n *= 1.0 + self._ridden(time_s)
        return self.tracks[FORCE[side]].at(time_s).value() + stood_n * share

    def strap_n(self, side: int, time_s: Floats) -> Floats:
        """Force (n,) along a strap: its part of the bag, shaken by the trunk."""
        return self.tracks[BAG[side]].at(time_s).value() * (1.0 + self.heave(time_s) + self._ridden(time_s))

    def heave(self, time_s: Floats) -> Floats:
        """Upward acceleration (n,) of the trunk in g: what both feet bear more than the weight."""
        load_n = self.tracks[LOAD].at(time_s).value()
        stepped_n = self.tracks[FORCE[0]].at(time_s).value() + self.tracks[FORCE[1]].at(time_s).value()
        return stepped_n / load_n + self.tracks[QUIET].at(time_s).value() - 1.0

    def _ridden(self, time_s: Floats) -> Floats:
        """Upward acceleration (n,) of the floor in g."""
        return self.body.at(time_s).acceleration(RIDE) / GRAVITY_M_S2

    def foot(self, side: int, time_s: Floats, gravity: bool) -> tuple[Floats, ...]:
        """Specific force in m/s² and angular velocity in rad/s of a foot, x forward, y left, z up: six times (n,)."""
        path, body = self.feet[side].at(time_s), self.body.at(time_s)
        pitch, roll, yaw = path.value(PITCH) + body.value(FOOT[side]), path.value(TILT), path.value(YAW)
        up = path.acceleration(Z) + body.acceleration(UP[side]) + body.acceleration(RIDE)
        if gravity:
            up += GRAVITY_M_S2
        # The rotation is yaw, then pitch, then roll about the turned axes; undone here one by one.
        ahead, left = path.acceleration(X), path.acceleration(Y)
        cos, sin = np.cos(yaw), np.sin(yaw)
        ahead, left = ahead * cos + left * sin, left * cos - ahead * sin
        ahead += body.acceleration(FORTH[side])
        cos, sin = np.cos(pitch), np.sin(pitch)
        ahead, up = ahead * cos - up * sin, ahead * sin + up * cos
        pitch_rate, roll_rate, yaw_rate = path.rate(PITCH), path.rate(TILT), path.rate(YAW)
        pitch_rate += body.rate(FOOT[side])
        roll_rate -= yaw_rate * sin
        yaw_rate *= cos
        cos, sin = np.cos(roll), np.sin(roll)
        left, up = left * cos + up * sin, up * cos - left * sin
        pitch_rate, yaw_rate = pitch_rate * cos + yaw_rate * sin, yaw_rate * cos - pitch_rate * sin
        return ahead, left, up, roll_rate, pitch_rate, yaw_rate

    def wrist(self, side: int, time_s: Floats, gravity: bool) -> tuple[Floats, ...]:
        """The same of a wrist: a pendulum from a shoulder that heaves, x forward, y left, z up while the arm hangs."""
        arm, body = self.tracks[ARM[side]].at(time_s), self.body.at(time_s)
        size, (shake, shake_rate, shake_pull) = body.value(JITTER[side]), _shakes(side, time_s)
        angle = arm.value() + body.value(WORK[side]) + size * shake
        rate = arm.rate() + body.rate(WORK[side]) + size * shake_rate
        pull = arm.acceleration() + body.acceleration(WORK[side]) + size * shake_pull
        up = self.heave(time_s) * GRAVITY_M_S2 + body.acceleration(RIDE)
        if gravity:
            up += GRAVITY_M_S2
        still = np.zeros(time_s.size)
        felt = Felt((still, still, up), (still, still, still))
        felt = felt.pitched(body.value(LIE), body.rate(LIE)).turned(body.value(TURN), body.rate(TURN))
        felt = felt.pitched(-angle, -rate).pushed(_ARM_M * pull, still, _ARM_M * rate * rate)
        out = 1.0 if side == 0 else -1.0
        return felt.turned(out * body.value(ROLL[side]), out * body.rate(ROLL[side])).channels


def _shakes(side: int, time_s: Floats) -> tuple[Floats, Floats, Floats]:
    """Small quick movements of a hand, of size 1: value, rate and acceleration."""
    value, rate, pull = np.zeros(time_s.size), np.zeros(time_s.size), np.zeros(time_s.size)
    for place, hz in enumerate(_SHAKES_HZ[side]):
        pulse = 2.0 * math.pi * hz
        sin, cos = np.sin(pulse * time_s + place), np.cos(pulse * time_s + place)
        value += sin
        rate += pulse * cos
        pull -= pulse * pulse * sin
    return value, rate, pull
