"""What the simulated wearer does, piece by piece, and how uneven that is: plain values that anybody can write.

A script is a tuple of segments. Neighbouring segments of gait (``Walk``, ``Turn``, ``Stairs``) are walked through
without a stop; before, after and between others the wearer stands. Asymmetries are AI points,
``100 (R - L) / (R + L)`` of the means, positive where right is larger.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Literal

__all__ = [
    "EVEN",
    "Asymmetry",
    "Gait",
    "Script",
    "Segment",
    "Sit",
    "Stairs",
    "Stand",
    "Turn",
    "Walk",
    "check_script",
    "script_s",
]


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} {value} must lie in {low:g} to {high:g}")


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """AI points of each quantity. None: it follows from the others.

    ``stance_time`` and ``swing_time`` are tied by the stride, which is equally long on both sides; ``load_share`` (of
    the mean force under the feet, in walking and in standing) and ``peak_force`` (of a step) by the shape of a step.
    Where neither is given, stances are equally long, and both feet tread equally hard. ``strap``: of the force in
    the two shoulder straps; ±100 is a bag on one shoulder.

    Raises:
        ValueError: both of a pair are given, or a number lies beyond ±40 (±100 for the strap).
    """

    stance_time: float | None = None
    swing_time: float | None = None
    step_time: float = 0.0
    load_share: float | None = None
    peak_force: float | None = None
    strap: float = 0.0

    def __post_init__(self) -> None:
        if self.stance_time is not None and self.swing_time is not None:
            raise ValueError("stance_time and swing_time add up to the stride: set one of them")
        if self.load_share is not None and self.peak_force is not None:
            raise ValueError("load_share follows from peak_force and stance_time: set one of load_share and peak_force")
        for name in ("stance_time", "swing_time", "step_time", "load_share", "peak_force"):
            _within(name, getattr(self, name) or 0.0, -40.0, 40.0)
        _within("strap", self.strap, -100.0, 100.0)


EVEN = Asymmetry()


@dataclass(frozen=True, slots=True)
class Walk:
    """Straight level walking. ``first``: the foot of the first step from a stand. ``bag_n``: weight on the straps."""

    duration_s: float
    asymmetry: Asymmetry = EVEN
    speed_m_s: float = 1.3
    stride_s: float = 1.1
    first: Literal["left", "right"] = "right"
    bag_n: float = 0.0

    def __post_init__(self) -> None:
        _within("duration_s of a walk", self.duration_s, 3.0, 1e9)
        _within("speed_m_s", self.speed_m_s, 0.2, 2.2)
        _within("stride_s", self.stride_s, 0.8, 1.6)
        _within("bag_n", self.bag_n, 0.0, 500.0)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn in a few short steps, to the left for positive angles. 180 is the U-turn."""

    duration_s: float = 3.0
    angle_deg: float = 180.0
    asymmetry: Asymmetry = EVEN
    stride_s: float = 1.1
    bag_n: float = 0.0

    def __post_init__(self) -> None:
        _within("duration_s of a turn", self.duration_s, 2.0, 60.0)
        _within("angle_deg", self.angle_deg, -360.0, 360.0)
        _within("stride_s", self.stride_s, 0.8, 1.6)
        _within("bag_n", self.bag_n, 0.0, 500.0)


@dataclass(frozen=True, slots=True)
class Stairs:
    """A flight, one foot over the other; ``step_to``: the leading leg takes every step, the other one joins it."""

    duration_s: float
    up: bool = True
    lead: Literal["left", "right"] = "right"
    step_to: bool = False
    riser_m: float = 0.16
    tread_m: float = 0.29
    asymmetry: Asymmetry = EVEN
    stride_s: float = 1.1
    bag_n: float = 0.0

    def __post_init__(self) -> None:
        _within("duration_s of stairs", self.duration_s, 3.0, 600.0)
        _within("riser_m", self.riser_m, 0.1, 0.25)
        _within("tread_m", self.tread_m, 0.2, 0.4)
        _within("stride_s", self.stride_s, 0.8, 1.6)
        _within("bag_n", self.bag_n, 0.0, 500.0)


@dataclass(frozen=True, slots=True)
class Stand:
    """Standing: the share of the right foot wanders about its mean with ``sway`` (SD of the share, 0.02 is 2 %)."""

    duration_s: float
    asymmetry: Asymmetry = EVEN
    sway: float = 0.02
    bag_n: float = 0.0

    def __post_init__(self) -> None:
        _within("duration_s of a stand", self.duration_s, 0.5, 1e9)
        _within("sway", self.sway, 0.0, 0.05)
        _within("bag_n", self.bag_n, 0.0, 500.0)


@dataclass(frozen=True, slots=True)
class Sit:
    """Sitting: a fifth of the body weight rests on the feet, the bag on the floor."""

    duration_s: float
    asymmetry: Asymmetry = EVEN
    sway: float = 0.01

    def __post_init__(self) -> None:
        _within("duration_s of sitting", self.duration_s, 2.0, 1e9)
        _within("sway", self.sway, 0.0, 0.05)

    @property
    def bag_n(self) -> float:
        return 0.0


Gait = Walk | Turn | Stairs
Segment = Walk | Turn | Stairs | Stand | Sit
Script = tuple[Segment, ...]

BOUT_MIN_S = 6.0


def script_s(script: Script) -> float:
    """Its length in seconds."""
    return sum(segment.duration_s for segment in script)


def check_script(script: Script) -> None:
    """Raises ValueError for an empty script, and where gait between two rests is too short to set off and to stop."""
    if not script:
        raise ValueError("a script needs at least one segment")
    for walks, bout in groupby(script, lambda segment: isinstance(segment, Gait)):
        bout_s = script_s(tuple(bout))
        if walks and bout_s < BOUT_MIN_S:
            raise ValueError(f"{bout_s:g} s of gait between two rests: take at least {BOUT_MIN_S:g} s")
