"""What the sensors of the wearer feel, from a stretch of the plan: forces, specific force and angular velocity.

Every quantity is computed at the times asked for, from curves that are known in closed form; nothing is resampled and
nothing depends on what else is asked. Sensors here are perfect and sit aligned; ``sensing`` makes them real.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside.simulator.curves import Curve
from evenside.simulator.foot_path import PITCH, ROLL, YAW, X, Y, Z
from evenside.simulator.plan import ARM, BAG, FORCE, LOAD, QUIET
from evenside_analysis.types import GRAVITY_M_S2, Floats

__all__ = ["Scene"]

_ARM_M = 0.55  # from the shoulder to the wrist


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A stretch of time: tracks of the plan as curves, the path of each foot, the right foot's share in standing."""

    tracks: tuple[Curve, ...]
    feet: tuple[Curve, Curve]
    share: Curve

    def force_n(self, side: int, time_s: Floats) -> Floats:
        """Vertical force (n,) under a foot: of steps, and of standing."""
        share = self.share.at(time_s).value()
        if side == 0:
            share = 1.0 - share
        stood_n = self.tracks[QUIET].at(time_s).value() * self.tracks[LOAD].at(time_s).value()
        return self.tracks[FORCE[side]].at(time_s).value() + stood_n * share

    def strap_n(self, side: int, time_s: Floats) -> Floats:
        """Force (n,) along a strap: its part of the bag, shaken by the trunk."""
        return self.tracks[BAG[side]].at(time_s).value() * (1.0 + self.heave(time_s))

    def heave(self, time_s: Floats) -> Floats:
        """Upward acceleration (n,) of the trunk in g: what both feet bear more than the weight."""
        load_n = self.tracks[LOAD].at(time_s).value()
        stepped_n = self.tracks[FORCE[0]].at(time_s).value() + self.tracks[FORCE[1]].at(time_s).value()
        return stepped_n / load_n + self.tracks[QUIET].at(time_s).value() - 1.0

    def foot(self, side: int, time_s: Floats, gravity: bool) -> tuple[Floats, ...]:
        """Specific force in m/s² and angular velocity in rad/s of a foot, x forward, y left, z up: six times (n,)."""
        path = self.feet[side].at(time_s)
        pitch, roll, yaw = path.value(PITCH), path.value(ROLL), path.value(YAW)
        up = path.acceleration(Z)
        if gravity:
            up += GRAVITY_M_S2
        # The rotation is yaw, then pitch, then roll about the turned axes; undone here one by one.
        ahead, left = path.acceleration(X), path.acceleration(Y)
        cos, sin = np.cos(yaw), np.sin(yaw)
        ahead, left = ahead * cos + left * sin, left * cos - ahead * sin
        cos, sin = np.cos(pitch), np.sin(pitch)
        ahead, up = ahead * cos - up * sin, ahead * sin + up * cos
        pitch_rate, roll_rate, yaw_rate = path.rate(PITCH), path.rate(ROLL), path.rate(YAW)
        roll_rate -= yaw_rate * sin
        yaw_rate *= cos
        cos, sin = np.cos(roll), np.sin(roll)
        left, up = left * cos + up * sin, up * cos - left * sin
        pitch_rate, yaw_rate = pitch_rate * cos + yaw_rate * sin, yaw_rate * cos - pitch_rate * sin
        return ahead, left, up, roll_rate, pitch_rate, yaw_rate

    def wrist(self, side: int, time_s: Floats, gravity: bool) -> tuple[Floats, ...]:
        """The same of a wrist: a pendulum from a shoulder that heaves, x forward, y left, z up while the arm hangs."""
        arm = self.tracks[ARM[side]].at(time_s)
        angle, rate, pull = arm.value(), arm.rate(), arm.acceleration()
        up = self.heave(time_s) * GRAVITY_M_S2
        if gravity:
            up += GRAVITY_M_S2
        sin, still = np.sin(angle), np.zeros(time_s.size)
        ahead = up * sin + _ARM_M * pull
        up *= np.cos(angle)
        up += _ARM_M * rate * rate
        return ahead, still, up, still, -rate, still
