"""What the simulated wearer does, piece by piece, and how uneven that is: plain values that anybody can write.

A script is a tuple of segments. Between neighbouring segments of gait (``Walk``, ``Turn``, ``Stairs``, ``Run``) there
is no stop; before, after and between others the wearer stands. Asymmetries are AI points,
``100 (R - L) / (R + L)`` of the means, positive where right is larger. Walking, standing and sitting stand here; what
else fills a day stands in ``everyday``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from evenside.simulator.arms import FREE_ARMS, Arms
from evenside.simulator.asymmetry import EVEN, Asymmetry, within
from evenside.simulator.everyday import Chore, Cycle, Escalator, Gym, Lie, Lift, Wear
from evenside.simulator.running import Run

__all__ = [
    "EVEN",
    "Arms",
    "Asymmetry",
    "Chore",
    "Cycle",
    "Escalator",
    "Gait",
    "Gym",
    "Lie",
    "Lift",
    "Run",
    "Script",
    "Segment",
    "Sit",
    "Stairs",
    "Stand",
    "Turn",
    "Walk",
    "Wear",
    "check_script",
    "script_s",
]


@dataclass(frozen=True, slots=True)
class Walk:
    """Straight level walking. ``first``: the foot of the first step from a stand. ``bag_n``: weight on the straps.

    ``shuffling``: the feet are hardly lifted, and hardly tip.
    """

    duration_s: float
    asymmetry: Asymmetry = EVEN
    speed_m_s: float = 1.3
    stride_s: float = 1.1
    first: Literal["left", "right"] = "right"
    bag_n: float = 0.0
    arms: Arms = FREE_ARMS
    shuffling: bool = False

    def __post_init__(self) -> None:
        within("duration_s of a walk", self.duration_s, 3.0, 1e9)
        within("speed_m_s", self.speed_m_s, 0.2, 2.2)
        within("stride_s", self.stride_s, 0.8, 1.6)
        within("bag_n", self.bag_n, 0.0, 500.0)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn in a few short steps, to the left for positive angles. 180 is the U-turn."""

    duration_s: float = 3.0
    angle_deg: float = 180.0
    asymmetry: Asymmetry = EVEN
    stride_s: float = 1.1
    bag_n: float = 0.0
    arms: Arms = FREE_ARMS

    def __post_init__(self) -> None:
        within("duration_s of a turn", self.duration_s, 2.0, 60.0)
        within("angle_deg", self.angle_deg, -360.0, 360.0)
        within("stride_s", self.stride_s, 0.8, 1.6)
        within("bag_n", self.bag_n, 0.0, 500.0)


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
    arms: Arms = FREE_ARMS

    def __post_init__(self) -> None:
        within("duration_s of stairs", self.duration_s, 3.0, 600.0)
        within("riser_m", self.riser_m, 0.1, 0.25)
        within("tread_m", self.tread_m, 0.2, 0.4)
        within("stride_s", self.stride_s, 0.8, 1.6)
        within("bag_n", self.bag_n, 0.0, 500.0)


@dataclass(frozen=True, slots=True)
class Stand:
    """Standing: the share of the right foot wanders about its mean with ``sway`` (SD of the share, 0.02 is 2 %).

    ``stoop``: the wearer bends down to tie a shoe, or to pick something up, meanwhile. ``fidget``: 1 is usual.
    """

    duration_s: float
    asymmetry: Asymmetry = EVEN
    sway: float = 0.02
    bag_n: float = 0.0
    arms: Arms = FREE_ARMS
    stoop: Literal["", "left_shoe", "right_shoe", "floor"] = ""
    fidget: float = 0.0

    def __post_init__(self) -> None:
        within("duration_s of a stand", self.duration_s, 5.0 if self.stoop else 0.5, 1e9)
        within("sway", self.sway, 0.0, 0.05)
        within("bag_n", self.bag_n, 0.0, 500.0)
        within("fidget", self.fidget, 0.0, 3.0)


@dataclass(frozen=True, slots=True)
class Sit:
    """Sitting: a fifth of the body weight rests on the feet, the bag on the floor.

    ``crossed``: the leg on top, knee over knee, or with its ankle on the other knee where ``figure_four``.
    ``stretched``: a leg that is put out straight, its thigh a little lower than the other one.
    ``hunched_deg``: how far the upper back is bent against the pelvis; ``recline_deg``: the back of the chair.
    ``arms``: "desk" types. ``fidget``: 1 is as much as most do, 0 sits like a stone.
    """

    duration_s: float
    asymmetry: Asymmetry = EVEN
    sway: float = 0.01
    crossed: Literal["", "left", "right"] = ""
    figure_four: bool = False
    stretched: Literal["", "left", "right"] = ""
    hunched_deg: float = 0.0
    recline_deg: float = 0.0
    arms: Arms = FREE_ARMS
    fidget: float = 0.0

    def __post_init__(self) -> None:
        within("duration_s of sitting", self.duration_s, 2.0, 1e9)
        within("sway", self.sway, 0.0, 0.05)
        within("hunched_deg", self.hunched_deg, 0.0, 60.0)
        if self.crossed and self.stretched:
            raise ValueError("legs are crossed, or one of them is stretched: set one of crossed and stretched")
        within("recline_deg", self.recline_deg, 0.0, 45.0)
        within("fidget", self.fidget, 0.0, 3.0)

    @property
    def bag_n(self) -> float:
        return 0.0


Gait = Walk | Turn | Stairs | Run
Segment = Walk | Turn | Stairs | Run | Stand | Sit | Lie | Cycle | Lift | Escalator | Chore | Gym | Wear
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
