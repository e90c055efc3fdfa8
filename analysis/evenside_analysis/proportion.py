"""How often it was the right side: a proportion with its posterior, and when it may be called one-sided.

"Leads with the right leg on k of n" is a Beta(k + 1/2, n - k + 1/2) posterior (Jeffreys 1946; Brown, Cai & DasGupta
2001, Statist Sci 16:101-133). It is called one-sided only where the share is large, not merely other than one half:
P(p > 0.65) > 0.95, with ten events or more on three days or more. Looking after every event then labels few whose coin
is fair, where a test against one half labels a third of them in 200 looks. Events whose side nobody knows are counted
beside, and move nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import betainc, betaincinv

__all__ = ["LARGE_SHARE", "Proportion", "mixed_share", "proportion", "share_of_label"]

LARGE_SHARE = 0.65
CERTAIN = 0.95
EVENTS_MIN = 10
DAYS_MIN = 3


@dataclass(frozen=True, slots=True)
class Proportion:
    """``mean``, ``lo`` and ``hi``: of the share of the right side, with its 95 % interval.

    ``large_right`` and ``large_left``: the probability that the share of that side is above ``LARGE_SHARE``.
    ``label``: the side this is a habit of, "none" while it is not (yet).
    """

    left: int
    right: int
    unknown: int
    days: int
    mean: float
    lo: float
    hi: float
    large_left: float
    large_right: float
    label: Literal["left", "right", "none"]

    @property
    def n(self) -> int:
        return self.left + self.right


def proportion(left: int, right: int, unknown: int = 0, days: int = 0) -> Proportion:
    """Of events seen on ``days`` different days. Raises ValueError for a negative count."""
    if min(left, right, unknown, days) < 0:
        raise ValueError(f"counts must not be negative: {left} left, {right} right, {unknown} unknown, {days} days")
    a, b = right + 0.5, left + 0.5
    lo, hi = (float(betaincinv(a, b, p)) for p in (0.025, 0.975))
    large_right = 1.0 - float(betainc(a, b, LARGE_SHARE))
    large_left = float(betainc(a, b, 1.0 - LARGE_SHARE))
    label: Literal["left", "right", "none"] = "none"
    if left + right >= EVENTS_MIN and days >= DAYS_MIN:
        label = "right" if large_right > CERTAIN else "left" if large_left > CERTAIN else "none"
    return Proportion(left, right, unknown, days, a / (a + b), lo, hi, large_left, large_right, label)


def share_of_label(found: Proportion) -> float:
    """The mean share of the labelled side, of the larger one where there is no label."""
    return found.mean if found.label == "right" or (found.label == "none" and found.mean >= 0.5) else 1.0 - found.mean


def mixed_share(share: float, wrong_side: float) -> float:
    """What a share looks like to a detector that takes one side for the other in a part of the events."""
    return float(np.clip(share * (1.0 - wrong_side) + (1.0 - share) * wrong_side, 0.0, 1.0))
