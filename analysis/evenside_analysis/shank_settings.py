"""Every constant of the shank contact detector, with its reason.

Nothing here was fitted: no annotated recording of shanks was at hand. The levels are those of the published rule where
it has any (Salarian et al. 2004), else shares of the movement's own extremes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from evenside_analysis.filters import gaussian
from evenside_analysis.types import Floats

__all__ = ["SHANK_RATE_MIN_HZ", "ShankSettings"]

SHANK_RATE_MIN_HZ = 20.0


@dataclass(frozen=True, slots=True)
class ShankSettings:
    """Of one shank node. Raises ValueError for a rate or a range that cannot be."""

    rate_hz: float
    gyr_range_rad_s: float | None = None  # where the gyroscope saturates, if known

    break_s: float = 1.5  # a longer hole ends the run: it may hide a swing

    # The mediolateral axis, learnt second by second.
    block_s: float = 1.0  # about one stride
    active_rad_s: float = 0.3  # root mean square: sway and sensor noise stay below, slow shuffling reaches 0.6
    memory: float = 0.9  # some ten seconds of walking: follows a strap that slips, rides over a turn
    settle: int = 3  # active blocks until the axis and its sign are believed
    skewness: float = 0.3  # of the rate: walking has 0.5 to 1.5, fidgeting about 0; less leaves the sign open
    settle_wait_s: float = 6.0  # the first movements wait no longer for an axis

    # Mid-swing: the peak of the rate about that axis.
    slow_s: float = 0.04  # smoothing
    min_peak_rad_s: float = 0.87  # 50 deg/s
    merge_s: float = 0.5  # of peaks nearer than that the highest is the swing
    reach_s: float = 1.2  # a movement ends half way to the next swing, or here

    # Contacts: the minima on either side of the swing.
    fine_s: float = 0.01  # smoothing
    contact_s: float = 0.25  # initial contact is looked for that long after the rate has fallen below zero
    contact_share: float = 0.35  # of the deepest minimum there: the first that is that deep
    toe_off_s: float = 0.3  # terminal contact is looked for that long before the rate has risen above zero
    toe_off_share: float = 0.5  # of the deepest minimum there: the last that is that deep
    usual_s: tuple[float, float] = (0.25, 0.2)  # terminal contact to mid-swing to contact, until this leg has shown its
    swing_min_s: float = 0.15
    swing_max_s: float = 1.5

    # Flags.
    turn_block_s: float = 0.03  # rotations are summed that long first: 20 degrees at the fastest swing
    turn_deg: float = 20.0
    gap_s: float = 0.1  # longer losses hide a contact
    clip_share: float = 0.998  # of the range: 16-bit counts and gains leave some steps below it

    def __post_init__(self) -> None:
        if not SHANK_RATE_MIN_HZ <= self.rate_hz <= 5000.0:
            raise ValueError(
                f"rate_hz {self.rate_hz} is outside {SHANK_RATE_MIN_HZ:g} to 5000: shank contacts cannot be told"
            )
        if self.gyr_range_rad_s is not None and not 0.0 < self.gyr_range_rad_s <= math.inf:
            raise ValueError(f"gyr_range_rad_s {self.gyr_range_rad_s} must be above 0, or None where nobody knows")

    def count(self, span_s: float) -> int:
        """The sample count nearest to a span, at least 1."""
        return max(1, round(span_s * self.rate_hz))

    def taps(self, sigma_s: float) -> Floats:
        """The Gaussian of a smoothing."""
        return gaussian(sigma_s * self.rate_hz)

    @property
    def radius(self) -> int:
        """Of the longest filter, in samples: the delay of all."""
        return max(self.taps(span_s).size // 2 for span_s in (self.slow_s, self.fine_s))

    @property
    def reach(self) -> int:
        """``reach_s`` in samples."""
        return self.count(self.reach_s)

    @property
    def merge(self) -> int:
        """``merge_s`` in samples."""
        return self.count(self.merge_s)
