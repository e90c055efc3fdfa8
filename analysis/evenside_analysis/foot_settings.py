"""Every constant of the foot contact detector, with its reason.

Nothing here is set for one person or one pair of sensors: levels are shares of the movement's own peaks. The levels and
biases were chosen on annotated recordings of 25 people (heel rise, foot flat; leaving one of them out hardly ever
changes the choice) and of 4 people (toe-off, heel contact).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from evenside_analysis.filters import gaussian
from evenside_analysis.types import Floats

__all__ = ["FootSettings"]


@dataclass(frozen=True, slots=True)
class FootSettings:
    """Of one foot node. Raises ValueError for a rate or a range that cannot be."""

    rate_hz: float
    acc_range_m_s2: float | None = None  # where the accelerometer saturates, if known
    gyr_range_rad_s: float | None = None

    # One hump of the smoothed rate of rotation is one swing.
    envelope_s: float = 0.10  # joins the toe-off and mid-swing lobes (50 ms apart), keeps stances (>= 200 ms) apart
    floor_rad_s: float = 0.15  # below it sway and sensor noise count as rest
    prominence: float = 0.8  # natural log: a hump stands 2.2 times above its valleys, whatever the walking speed
    fast_prominence: float = 0.2  # of a runner: from a peak above the first, or a valley above the second of the next
    fast_peak_rad_s: float = 7.0
    fast_valley_rad_s: float = 2.5
    min_peak_rad_s: float = 0.5  # weight shifts and trembling are no swings
    reach_s: float = 1.5  # furthest quiet point from the peak of a swing
    quiet_s: float = 0.05  # either side of a quiet point
    break_s: float = 1.5  # nothing is bridged over more than the reach of a swing

    # Habits of this foot and node, renewed once a movement.
    memory: float = 0.9  # some ten movements: follows a strap that slips, rides over an odd step
    settle: int = 3  # the first movement alone gives the wrong sign of the axis in 42 of 142 feet, three in 5
    settle_wait_s: float = 4.5  # the first movements wait no longer for the third; a slow stride takes 1.5 s
    moved_deg: float = 40.0  # off the axis of those before, several movements in a row: the node was turned on the foot
    moved_after: int = 8  # movements that the axis rests on: a younger one is not sure enough to be left
    moved_lopsided_rad: float = 0.2  # less of a difference between toe-down and toe-up does not tell the sign
    turn_block_s: float = 0.03  # rotations are summed that long first: 20 degrees at the fastest swing
    usual_s: float = 0.1  # heel rise to toe-off, and heel contact to foot flat, before the foot has shown its own

    # Heel rise and foot flat: from the deviation of |acc| and from the size of its change.
    motion_s: float = 0.04  # smoothing of both
    on_level: float = 0.20  # heel rise: at this part of the peak, on the way to half of it; the mean of both times
    land_level: float = 0.35  # landing ends after the last time the change was above this part of its landing peak
    off_level: float = 0.20  # foot flat: the change falls below this part of its landing peak
    off_bias_s: float = -0.021

    # Toe-off and heel contact: from the rate about the mediolateral axis.
    fine_s: float = 0.01  # smoothing
    top_reach_s: float = 0.45  # from the peak of the hump to that of the toe-up rate
    push_s: float = 0.7  # from the peak of the toe-down rate to that of the toe-up rate, at most
    tc_level: float = 0.55  # toe-off: the rate is back to this part of its toe-down peak
    tc_bias_s: float = -0.008
    slap_s: float = 0.02  # smoothing
    slap_before_s: float = 0.06  # where the slap is looked for, about the end of the toe-up rotation
    slap_after_s: float = 0.11
    ic_level: float = 0.5  # contact: the toe-down rate is at this part of the slap's peak
    ic_bias_s: float = 0.003
    order_s: float = 0.05  # toe-off may precede the heel rise, or heel contact follow foot flat, by one or two of these
    lead_max_s: float = 0.5  # heel rise to toe-off: 1 step in 500 takes longer, and then by mistake
    swing_min_s: float = 0.1  # toe-off to heel contact: less is no step

    # Flags.
    turn_deg: float = 20.0  # straight strides mostly stay below 10
    gap_s: float = 0.1  # longer losses hide a contact
    clip_share: float = 0.998  # of the range: 16-bit counts and gains leave some steps below it

    def __post_init__(self) -> None:
        if not 20.0 <= self.rate_hz <= 5000.0:
            raise ValueError(f"rate_hz {self.rate_hz} is outside 20 to 5000: foot contacts cannot be told")
        for name in ("acc_range_m_s2", "gyr_range_rad_s"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value <= math.inf:
                raise ValueError(f"{name} {value} must be above 0, or None where nobody knows")

    def count(self, span_s: float) -> int:
        """The sample count nearest to a span."""
        return round(span_s * self.rate_hz)

    def taps(self, sigma_s: float) -> Floats:
        """The Gaussian of a smoothing."""
        return gaussian(sigma_s * self.rate_hz)

    @property
    def radius(self) -> int:
        """Of the longest filter, in samples: the delay of all."""
        return max(self.taps(span_s).size // 2 for span_s in (self.envelope_s, self.motion_s, self.fine_s))

    @property
    def reach(self) -> int:
        """``reach_s`` in samples."""
        return self.count(self.reach_s)

    @property
    def margin(self) -> int:
        """Samples beyond a movement's quiet points, or its peak, that its events look at."""
        return max(self.count(self.quiet_s), self.taps(self.motion_s).size // 2, self.taps(self.slap_s).size // 2)
