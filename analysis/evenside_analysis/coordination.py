"""How well the two feet keep step: the phase coordination index.

::

    left   IC                    IC          phase = 360° (R - L) / (L' - L)
           L                     L'          180° is even, more means a longer step of the right foot
    right            IC
                     R

The phases of one leg as reference, the left one here, so that a steady limp shows as a phase away from 180° and not as
variability. Both parts are in percent: how far the phases scatter, and how far they lie from 180° on average.

    PCI = 100 sd(phase) / mean(phase) + 100 mean(|phase - 180|) / 180

Plotnik, Giladi & Hausdorff (2007), Exp. Brain Res. 181:561-570. It tells how well, not which side: there is no sign.
A phase is off by 360 δ / stride where the clocks of both feet differ by δ: 3.3° for 10 ms.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from evenside_analysis.sums import MomentSums, add_values, moments
from evenside_analysis.types import Floats

__all__ = ["Coordination", "PhaseSums", "add_phases", "phase_coordination", "phases_deg", "value"]

_STRIDE_MAX_S = 3.0  # longer ones hold a rest


@dataclass(frozen=True, slots=True)
class Coordination:
    """Of n phases; NaN where there are none, and the scatter and the index below two."""

    n: int
    pci: float  # percent, 0 is perfect
    phase_mean_deg: float
    phase_sd_deg: float
    away_deg: float  # mean distance from 180


@dataclass(frozen=True, slots=True)
class PhaseSums:
    """Sums over the phases so far, and over their distance from 180°."""

    sums: MomentSums = field(default_factory=lambda: MomentSums.start(2))


def phases_deg(left_ic_s: ArrayLike, right_ic_s: ArrayLike, *, stride_max_s: float = _STRIDE_MAX_S) -> Floats:
    """Phases (k,) in degrees of initial contacts (n,) and (m,) in s, one a left stride that holds a single right one.

    Strides longer than ``stride_max_s``, and such as hold no right contact or several, are left out. Raises ValueError
    for times that do not increase.
    """
    left, right = np.asarray(left_ic_s, np.float64), np.asarray(right_ic_s, np.float64)
    for name, times_s in (("left_ic_s", left), ("right_ic_s", right)):
        if times_s.ndim != 1 or not bool((np.diff(times_s) > 0.0).all()):
            raise ValueError(f"{name} must be one row of increasing times")
    if left.size < 2 or not right.size:
        return np.empty(0)
    first, after = np.searchsorted(right, left[:-1], "right"), np.searchsorted(right, left[1:], "left")
    stride_s = np.diff(left)
    whole = (after - first == 1) & (stride_s <= stride_max_s)
    return np.asarray(360.0 * (right[first[whole]] - left[:-1][whole]) / stride_s[whole])


def add_phases(state: PhaseSums, phases: Floats) -> PhaseSums:
    """The state with phases (k,) in degrees, in the order of time; NaN is passed over. Any cut gives the same bits."""
    return PhaseSums(add_values(state.sums, np.stack([phases, np.abs(phases - 180.0)], axis=1)))


def value(state: PhaseSums) -> Coordination:
    """What the phases so far come to."""
    n, mean, sd = moments(state.sums)
    phase, scatter, away = float(mean[0]), float(sd[0]), float(mean[1])
    return Coordination(int(n[0]), 100.0 * scatter / phase + 100.0 * away / 180.0, phase, scatter, away)


def phase_coordination(left_ic_s: ArrayLike, right_ic_s: ArrayLike) -> Coordination:
    """The phase coordination index of initial contacts of straight walking: see ``phases_deg``, whose errors it has."""
    return value(add_phases(PhaseSums(), phases_deg(left_ic_s, right_ic_s)))
