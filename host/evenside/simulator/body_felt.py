"""What sensors on trunk and thighs feel: the posture, what walking adds to it, and the breath."""

from __future__ import annotations

import math

import numpy as np

from evenside.simulator.body import BEND, HIP, LEAN, LIE, PITCH, RIDE, RISE, SPINE, TURN, TWIST
from evenside.simulator.plan import HEADING, SWAY, THIGH
from evenside.simulator.signals import Scene
from evenside.simulator.turning import Felt
from evenside_analysis.types import GRAVITY_M_S2, Floats

__all__ = ["thigh", "trunk"]

_THIGH_M = 0.22  # from the hip down to the sensor
_CHEST_M = {"pelvis": 0.0, "sternum": 0.30, "upper_back": 0.38}  # from the pelvis up to the sensor
_SWAY_M, _SURGE_M = 0.018, 0.008  # of the pelvis in walking: to either side, forward and back
_YAW_RAD = {"pelvis": -0.07, "sternum": 0.05, "upper_back": 0.05}  # to the left over the right foot
_ROLL_RAD, _DROP_RAD = (
    math.radians(1.6),
    math.radians(1.8),
)  # of the chest to the side of the foot that stands, and of the pelvis
_BREATH_RAD, _BREATH_HZ = math.radians(0.7), 0.24


def trunk(scene: Scene, site: str, time_s: Floats, gravity: bool) -> Felt:
    """Specific force and angular velocity at the pelvis, the breastbone or between the shoulder blades."""
    body = scene.body.at(time_s)
    sway = scene.tracks[SWAY].at(time_s)
    yaw = _YAW_RAD[site]
    felt = _base(scene, time_s, gravity).turned(yaw * sway.value(), yaw * sway.rate())
    felt = felt.pitched(body.value(PITCH), body.rate(PITCH))
    felt = felt.rolled(body.value(LEAN) - _DROP_RAD * sway.value(), body.rate(LEAN) - _DROP_RAD * sway.rate())
    if site == "pelvis":
        return felt
    breath, breath_rate, breath_pull = _wave(time_s, _BREATH_RAD, _BREATH_HZ)
    out = -0.6 if site == "sternum" else 0.25  # the breastbone tips back as it rises
    felt = felt.pitched(body.value(SPINE) + out * breath, body.rate(SPINE) + out * breath_rate)
    roll = _DROP_RAD + _ROLL_RAD
    felt = felt.rolled(body.value(BEND) + roll * sway.value(), body.rate(BEND) + roll * sway.rate())
    lever_m = _CHEST_M[site]
    pull = body.acceleration(PITCH) + body.acceleration(SPINE) + out * breath_pull
    spin = body.rate(PITCH) + body.rate(SPINE)
    sideways = body.acceleration(LEAN) + body.acceleration(BEND) + _ROLL_RAD * sway.acceleration()
    return felt.pushed(lever_m * pull, -lever_m * sideways, -lever_m * spin * spin)


def thigh(scene: Scene, side: int, time_s: Floats, gravity: bool) -> Felt:
    """The same at the front of a thigh, half way down."""
    body = scene.body.at(time_s)
    step = scene.tracks[THIGH[side]].at(time_s)
    angle, rate = body.value(HIP[side]) + step.value(), body.rate(HIP[side]) + step.rate()
    pull = body.acceleration(HIP[side]) + step.acceleration()
    pulse, pulse_rate, _ = _wave(time_s, 0.1 * _BREATH_RAD, _BREATH_HZ)
    felt = _base(scene, time_s, gravity).pitched(pulse - angle, pulse_rate - rate)
    felt = felt.pushed(_THIGH_M * pull, np.zeros(time_s.size), _THIGH_M * rate * rate)
    out = 1.0 if side == 0 else -1.0
    return felt.turned(out * body.value(TWIST[side]), out * body.rate(TWIST[side]))


def _base(scene: Scene, time_s: Floats, gravity: bool) -> Felt:
    """What the middle of the body feels, in the frame of a body that lies or stands straight."""
    body, sway = scene.body.at(time_s), scene.tracks[SWAY].at(time_s)
    up = scene.heave(time_s) * GRAVITY_M_S2 + body.acceleration(RISE) + body.acceleration(RIDE)
    if gravity:
        up += GRAVITY_M_S2
    # Forward and back twice a stride: as the square of the sway.
    surge = 2.0 * _SURGE_M * (sway.rate() ** 2 + sway.value() * sway.acceleration())
    still = np.zeros(time_s.size)
    felt = Felt((surge, -_SWAY_M * sway.acceleration(), up), (still, still, scene.tracks[HEADING].at(time_s).rate()))
    return felt.pitched(body.value(LIE), body.rate(LIE)).turned(body.value(TURN), body.rate(TURN))


def _wave(time_s: Floats, size: float, rate_hz: float) -> tuple[Floats, Floats, Floats]:
    pulse = 2.0 * math.pi * rate_hz
    sin, cos = np.sin(pulse * time_s), np.cos(pulse * time_s)
    return size * sin, size * pulse * cos, -size * pulse * pulse * sin
