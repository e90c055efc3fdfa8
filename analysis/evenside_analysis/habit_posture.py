"""Sitting, legs crossed, lying on a side, a rounded back: what postures (``habit_frame``) of several nodes come to.

*Sitting*: the thighs lie while the trunk, if a sensor is there, does not, and nothing pedals (Edwardson et al. 2016; a
thigh beyond 45° for ten seconds). *Crossing*: one knee is held higher than the other by more than this wearer's usual
sitting explains. *Sleeping*: lying, and to which side the trunk is turned, in quarters with a hysteresis. *Hunching*:
the upper back is bent further forward than the pelvis, beyond what walking upright looks like. Each is told in bouts;
what the sensors do not show has no bout. What confuses them: a thigh that rests on a footstool looks crossed, a bed
that is propped up looks like sitting to thighs alone, and a car seat that reclines takes its angle off the trunk.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.remembering import remembered
from evenside_analysis.types import Bools, Floats

__all__ = [
    "CROSSED",
    "LYING",
    "SIT_DEG",
    "CrossState",
    "LieState",
    "crossed",
    "hunched_deg",
    "lying_quarter",
    "sitting",
]

SIT_DEG = 45.0
LYING_DEG = 50.0
STILL_M_S2 = 1.0
"""SD of |a|: a thigh that pedals or walks moves more."""

LYING = ("back", "right", "front", "left")
"""Quarters of lying: the side is the one that is down."""


def sitting(thighs_deg: Floats, stir_m_s2: Floats, trunk_deg: Floats) -> Bools:
    """Whether each second (n,) is spent sitting.

    Args:
        thighs_deg: (n, thighs) inclination from upright; NaN where unknown, then the other one decides.
        stir_m_s2: (n, thighs) SD of |a|.
        trunk_deg: (n,) inclination of the trunk, NaN where there is no sensor or it is not known.
    """
    known = np.isfinite(thighs_deg)
    down = (thighs_deg > SIT_DEG) & (stir_m_s2 < STILL_M_S2)
    seated = known.any(axis=1) & (down | ~known).all(axis=1)
    return np.asarray(seated & ~(trunk_deg > LYING_DEG))


@dataclass(frozen=True, slots=True)
class _Crossing:
    """``over_deg``: how much higher one knee is than usual; the usual difference is learned where it is below
    ``usual_deg``, over ``memory_s`` seconds of sitting.
    """

    over_deg: float = 9.0
    usual_deg: float = 6.0
    memory_s: float = 900.0


CROSSED = _Crossing()


@dataclass(frozen=True, slots=True, eq=False)
class CrossState:
    """The usual difference of the knees, right minus left, in degrees: the filter's carry and its weight."""

    usual: Floats = field(default_factory=lambda: np.zeros(1))


def crossed(state: CrossState, seated: Bools, flexion_deg: Floats) -> tuple[CrossState, Floats]:
    """How much higher the right knee is held than usual, in degrees (n,); NaN where nobody sits or it is not known.

    Args:
        seated: (n,).
        flexion_deg: (n, 2) of the left and the right thigh, 90 where a thigh is level.
    """
    difference = flexion_deg[:, 1] - flexion_deg[:, 0]
    level = seated & np.isfinite(difference)
    usual = level & (np.abs(difference) < CROSSED.usual_deg)
    pull = 1.0 / CROSSED.memory_s
    # Starts at 0: thighs are alike until shown otherwise.
    expected, last = remembered(state.usual, difference, usual, 1.0 - pull, pull)
    return CrossState(last), np.where(level, difference - expected, np.nan)


@dataclass(frozen=True, slots=True)
class LieState:
    """The quarter of the last lying second; -1 while nobody lay."""

    quarter: int = -1


_BEYOND_DEG = 10.0


def lying_quarter(state: LieState, inclination_deg: Floats, roll_deg: Floats) -> tuple[LieState, Floats]:
    """Place in ``LYING`` of each second (n,), -1 where the trunk is not lying, NaN where it is not known.

    A quarter is left only where the trunk has turned ``10°`` beyond its edge.
    """
    found = np.full(inclination_deg.size, np.nan)
    quarter = state.quarter
    lying = inclination_deg > LYING_DEG
    for at in np.flatnonzero(np.isfinite(inclination_deg)).tolist():
        if not lying[at]:
            found[at], quarter = -1.0, -1
        elif np.isfinite(roll_deg[at]):
            roll = float(roll_deg[at])
            off = abs((roll - 90.0 * quarter + 180.0) % 360.0 - 180.0)
            if quarter < 0 or off > 45.0 + _BEYOND_DEG:
                quarter = int(np.floor((roll + 45.0) / 90.0)) % 4
            found[at] = quarter
    return LieState(quarter), found


def hunched_deg(back_deg: Floats, pelvis_deg: Floats) -> Floats:
    """How far the upper back is bent forward against the pelvis (n,); against upright where there is no pelvis."""
    return np.asarray(back_deg - np.where(np.isfinite(pelvis_deg), pelvis_deg, 0.0))
