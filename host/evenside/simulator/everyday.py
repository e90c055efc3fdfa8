"""What fills a day beside walking, standing and sitting: lying, riding, chores, training, and taking sensors off.

All of it is done with both feet in place, and begins and ends where a wearer stands, sits or lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evenside.simulator.arms import FREE_ARMS, Arms
from evenside.simulator.asymmetry import EVEN, Asymmetry, within

__all__ = ["Chore", "Cycle", "Escalator", "Gym", "Lie", "Lift", "Wear"]

SideWord = Literal["left", "right"]
Worn = Literal["foot", "insole", "strap", "wrist", "thigh", "pelvis", "sternum", "upper_back"]


@dataclass(frozen=True, slots=True)
class _Still:
    """Neither bag nor asymmetry; the arms do what the segment says."""

    duration_s: float

    @property
    def bag_n(self) -> float:
        return 0.0

    @property
    def asymmetry(self) -> Asymmetry:
        return EVEN

    @property
    def arms(self) -> Arms:
        return FREE_ARMS


@dataclass(frozen=True, slots=True)
class Lie(_Still):
    """Lying on the back, on the front or on a side. ``pillow_deg``: how far the trunk is propped up.

    ``askew_deg``: by how much the trunk is turned from that position, positive to the wearer's left.
    """

    on: Literal["back", "left", "right", "front"] = "back"
    pillow_deg: float = 5.0
    askew_deg: float = 0.0
    fidget: float = 1.0

    def __post_init__(self) -> None:
        within("duration_s of lying", self.duration_s, 10.0, 1e9)
        within("pillow_deg", self.pillow_deg, 0.0, 50.0)
        within("askew_deg", self.askew_deg, -40.0, 40.0)
        within("fidget", self.fidget, 0.0, 3.0)


@dataclass(frozen=True, slots=True)
class Cycle(_Still):
    """Riding a bicycle: the saddle carries most, the trunk leans forward, the hands hold the bar."""

    cadence_rpm: float = 70.0
    lean_deg: float = 30.0

    def __post_init__(self) -> None:
        within("duration_s of cycling", self.duration_s, 10.0, 1e5)
        within("cadence_rpm", self.cadence_rpm, 30.0, 120.0)
        within("lean_deg", self.lean_deg, 0.0, 60.0)


@dataclass(frozen=True, slots=True)
class Lift(_Still):
    """Standing in a lift that goes up, or down for negative metres; everything that is worn goes with it."""

    rise_m: float = 9.0

    def __post_init__(self) -> None:
        within("duration_s in a lift", self.duration_s, 6.0, 300.0)
        within("rise_m per second in a lift", abs(self.rise_m) / self.duration_s, 0.0, 1.2)


@dataclass(frozen=True, slots=True)
class Escalator(_Still):
    """Standing on moving stairs, with a hand on the rail."""

    rise_m: float = 5.0
    rail: SideWord = "right"

    def __post_init__(self) -> None:
        within("duration_s on an escalator", self.duration_s, 6.0, 300.0)
        within("rise_m per second on an escalator", abs(self.rise_m) / self.duration_s, 0.0, 0.6)


@dataclass(frozen=True, slots=True)
class Chore(_Still):
    """Housework while standing: one arm hammers, stirs or wipes in bouts, the other one holds.

    ``busy``: share of the time in which the arm is at work. ``bent_deg``: how far the upper body bends to it.
    """

    work: Literal["hammer", "stir", "wipe"] = "stir"
    side: SideWord = "right"
    busy: float = 0.7
    bent_deg: float = 12.0
    fidget: float = 1.0

    def __post_init__(self) -> None:
        within("duration_s of a chore", self.duration_s, 10.0, 1e5)
        within("busy", self.busy, 0.1, 1.0)
        within("bent_deg", self.bent_deg, 0.0, 80.0)


@dataclass(frozen=True, slots=True)
class Gym(_Still):
    """Curls while standing, of one arm or of both at once: so many, one after the other from the start."""

    side: Literal["left", "right", "both"] = "both"
    repetitions: int = 12
    repetition_s: float = 2.5

    def __post_init__(self) -> None:
        within("repetitions", self.repetitions, 1, 200)
        within("repetition_s", self.repetition_s, 1.0, 6.0)
        needed_s = self.repetitions * self.repetition_s + 4.0
        within(f"duration_s of {self.repetitions} repetitions", self.duration_s, needed_s, 1e5)


@dataclass(frozen=True, slots=True)
class Wear(_Still):
    """Sensors are taken off here, standing or sitting; from the middle of it on exactly those in ``off`` lie about.

    They stay off until the next ``Wear``. ``Wear(20.0)`` puts all of them on. ``shoes_cm``: heel height of the shoes
    that are on from here.
    """

    off: tuple[Worn, ...] = ()
    shoes_cm: float = 0.0
    seated: bool = True

    def __post_init__(self) -> None:
        within("duration_s of taking off", self.duration_s, 10.0, 600.0)
        within("shoes_cm", self.shoes_cm, 0.0, 10.0)
