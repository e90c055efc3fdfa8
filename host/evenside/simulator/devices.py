"""What is worn: nodes with their imperfect sensors, clocks and links."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evenside_analysis.types import ACC, FORCE, GRAVITY_M_S2, GYR, Node, Side, Site

__all__ = ["Device", "Loss", "Oscillator", "Sensor", "body_nodes", "day_nodes", "default_nodes"]

ACC_RANGE_M_S2 = 16.0 * GRAVITY_M_S2
GYR_RANGE_RAD_S = math.radians(2000.0)
COUNTS = 1 << 15  # of a signed 16-bit sensor, to each side
IMU_SCALE = (ACC_RANGE_M_S2 / COUNTS,) * 3 + (GYR_RANGE_RAD_S / COUNTS,) * 3
INSOLE_SCALE = (0.1,)  # N
STRAP_SCALE = (0.02,)  # N

_SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Sensor:
    """How a sensor errs: reading = gain * true + zero + white noise, then clipped and rounded to counts.

    ``mounting``: an IMU sits as it was put on, turned in any way; False aligns it with foot or forearm
    (x forward, y left, z up while the foot stands flat or the arm hangs).
    """

    gain: float = 1.0
    acc_noise_m_s2: float = 0.03
    acc_zero_m_s2: float = 0.0
    gyr_noise_rad_s: float = 0.004
    gyr_zero_rad_s: float = 0.0
    force_noise_n: float = 1.0
    force_zero_n: float = 0.0
    mounting: bool = True


@dataclass(frozen=True, slots=True)
class Oscillator:
    """A device's clock: it reads (session + offset_s) * (1 + drift_ppm / 1e6), and ticks the samples."""

    offset_s: float = 0.0
    drift_ppm: float = 0.0

    @property
    def rate(self) -> float:
        return 1.0 + self.drift_ppm * 1e-6


@dataclass(frozen=True, slots=True)
class Loss:
    """Samples that never arrive: bursts of ``burst_s`` on average that take the part ``share`` of all time, and
    outages of ``outage_s``, one at a random moment of each ``outage_every_s``. Raises ValueError for what cannot be.
    """

    share: float = 0.0
    burst_s: float = 0.08
    outage_every_s: float = math.inf
    outage_s: float = 10.0

    def __post_init__(self) -> None:
        if not (0.0 <= self.share <= 0.5 and self.burst_s > 0.0):
            raise ValueError(f"loss {self.share} must lie in 0 to 0.5, and burst_s {self.burst_s} above 0")
        if not 0.0 < self.outage_s <= 0.5 * self.outage_every_s:
            raise ValueError(f"outage_s {self.outage_s} must lie above 0 and at most half of {self.outage_every_s}")


@dataclass(frozen=True, slots=True)
class Device:
    """A node with its imperfections. Nodes with one ``Node.clock`` should be given one oscillator."""

    node: Node
    sensor: Sensor = Sensor()
    oscillator: Oscillator = Oscillator()
    loss: Loss = Loss()


def default_nodes(rate_hz: float = 100.0) -> tuple[Node, ...]:
    """What a wearer wears for walking: feet, insoles, straps and wrists, left and right.

    Foot and insole of a side are one device with one clock; each other node has its own.
    """
    feet = [_imu(f"{side}_foot", "foot", side, rate_hz, f"{side}_shoe") for side in _SIDES]
    insoles = [
        Node(f"{side}_insole", "insole", side, (FORCE,), rate_hz, scale=INSOLE_SCALE, clock=f"{side}_shoe")
        for side in _SIDES
    ]
    straps = [Node(f"{side}_strap", "strap", side, (FORCE,), rate_hz, scale=STRAP_SCALE) for side in _SIDES]
    wrists = [_imu(f"{side}_wrist", "wrist", side, rate_hz) for side in _SIDES]
    return (*feet, *insoles, *straps, *wrists)


def body_nodes(rate_hz: float = 25.0) -> tuple[Node, ...]:
    """What tells postures: both thighs, and pelvis, breastbone and upper back in the centre; each has its own clock."""
    thighs = [_imu(f"{side}_thigh", "thigh", side, rate_hz) for side in _SIDES]
    trunk: tuple[Site, ...] = ("pelvis", "sternum", "upper_back")
    return (*thighs, *(_imu(site, site, "centre", rate_hz) for site in trunk))


def day_nodes() -> tuple[Node, ...]:
    """All of these at the rates of a day: feet and insoles at 100 Hz, straps and wrists at 50 Hz, others at 25 Hz."""
    fast, slow = default_nodes(100.0), default_nodes(50.0)
    feet = (node for node in fast if node.site in ("foot", "insole"))
    rest = (node for node in slow if node.site in ("strap", "wrist"))
    return (*feet, *rest, *body_nodes(25.0))


def _imu(name: str, site: Site, side: Side, rate_hz: float, clock: str = "") -> Node:
    return Node(
        id=name,
        site=site,
        side=side,
        channels=(*ACC, *GYR),
        rate_hz=rate_hz,
        right_handed=True,
        acc_range_m_s2=ACC_RANGE_M_S2,
        gyr_range_rad_s=GYR_RANGE_RAD_S,
        scale=IMU_SCALE,
        clock=clock,
    )
