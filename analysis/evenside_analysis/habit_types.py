"""What a habit detector says: something was done for a while, on a side, on both, or on a side that nobody can tell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["HabitEvent", "HabitKind", "HabitSide"]

HabitKind = Literal[
    "carrying",  # a bag: values mean_n where a load cell measured it
    "stairs",  # a flight: values up (1 or 0), strides; the side is the leading leg
    "standing",  # the weight on one leg; values share_right
    "crossing",  # one thigh over the other; the side is the leg on top
    "sitting",
    "sleeping",  # lying on a side; "none" on the back or on the front, told by values angle_deg
    "hunching",  # values angle_deg
    "heel",  # a raised heel: values height_m
    "arm_use",  # one arm at work; values repetitions
    "worn",  # a node is worn: the span in which its silence about habits means something
]

HabitSide = Literal["left", "right", "both", "none", "unknown"]


@dataclass(frozen=True, slots=True)
class HabitEvent:
    """From ``start_s`` to ``end_s``; ``end_s`` is inf where it has begun and goes on, told once it is certain.

    The event that it is over has the same kind, place and start. ``confidence``: 0 to 1, of the side. ``place``: the
    node, the site of a pair, or several joined by "+". ``known_s``: the moment of the session from which on this is
    known. ``values``: what else was measured, by name with its unit.
    """

    kind: HabitKind
    place: str
    start_s: float
    end_s: float
    side: HabitSide
    confidence: float
    known_s: float
    values: tuple[tuple[str, float], ...] = ()

    @property
    def over(self) -> bool:
        return math.isfinite(self.end_s)

    def value(self, name: str) -> float:
        """NaN where it was not measured."""
        return dict(self.values).get(name, math.nan)
