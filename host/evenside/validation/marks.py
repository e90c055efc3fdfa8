"""What other people marked in a recording, and which recording it is: plain values, made by the annotation readers.

Two pairs of events are marked by different people, some 0.2 s apart, and never mixed here: heel rise and foot flat
(``Motions``), or toe-off and heel contact (``Swings``). Makers of insoles report whole steps (``Steps``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from evenside_analysis.types import Floats

__all__ = ["SETS", "SIDES", "Borders", "Marks", "Motions", "Problem", "SetName", "Steps", "Swings", "Trial"]

SetName = Literal["ipol-265", "ipol-497", "gaitmap", "moticon", "gaitpdb", "loads"]
SETS: tuple[SetName, ...] = ("ipol-265", "ipol-497", "gaitmap", "moticon", "gaitpdb", "loads")

Foot = Literal["left", "right"]
SIDES: tuple[Foot, Foot] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be used, where, and what was expected."""

    place: str
    words: str

    @property
    def text(self) -> str:
        """Both; words that name the place already stand alone."""
        return self.words if self.words.startswith(self.place) else f"{self.place}: {self.words}"


@dataclass(frozen=True, slots=True, eq=False)
class Motions:
    """Of each foot (n, 2) samples: heel rise and foot flat of every movement, in the order of time."""

    left: Floats
    right: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Swings:
    """Of each foot (n, 2) samples: toe-off and heel contact of every swing, in the order of time.

    NaN for a toe-off that is not marked. ``turns`` (m, 2) samples are U-turns, ``within`` the part of the recording
    that was looked at as a whole: None where only some strides of it were.
    """

    left: Floats
    right: Floats
    turns: Floats
    within: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Borders:
    """Of each foot (n, 2) samples: stretches that hold exactly one swing each."""

    left: Floats
    right: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Of each foot (n, 2) seconds: initial contact and toe-off of every step that the maker's software reports."""

    left: Floats
    right: Floats


Marks = Motions | Swings | Borders | Steps


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One recording with all that is marked in it. Samples count from the first one of the whole recording.

    ``rate_hz`` is given only where the recording does not tell it. ``labels``: groups that the trial belongs to.
    """

    set: SetName
    name: str
    person: str
    path: Path
    layout: str
    marks: tuple[Marks, ...] = ()
    labels: tuple[str, ...] = ()
    rate_hz: float | None = None
    stairs: bool = False


def no_marks() -> Floats:
    """(0, 2)"""
    return np.empty((0, 2))
