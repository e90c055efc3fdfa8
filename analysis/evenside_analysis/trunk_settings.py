"""Every constant of the regularity of walking, with its reason. All are design decisions."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TRUNK_RATE_MIN_HZ", "TrunkSettings"]

TRUNK_RATE_MIN_HZ = 38.0
"""20 harmonics of a stride of 1.1 s reach up to 18 Hz; sensors of 40 Hz may run slow."""


@dataclass(frozen=True, slots=True)
class TrunkSettings:
    """Of one sensor on the trunk. Raises ValueError for a rate at which the harmonics of a stride do not exist."""

    rate_hz: float

    break_s: float = 0.5  # a longer hole ends a bout
    block_s: float = 0.5  # about one step
    active_m_s2: float = 0.4  # root mean square: standing stays below 0.2, slow walking reaches 0.7
    lost_share: float = 0.1  # of a block: more, and its shape is that of the bridge
    turn_deg: float = 30.0  # within two blocks: the pelvis swings by less than 15 in a step, a corner takes 40 a second
    trim_s: float = 1.5  # at either end of a bout: the first and the last two steps
    bout_min_s: float = 4.0
    bout_max_s: float = 60.0  # a longer one is told in pieces, so that memory stays small

    stride_min_s: float = 0.5
    stride_max_s: float = 2.4
    like_share: float = 0.8  # the first lag at which the signal is nearly as like itself as it ever is, is the stride
    like_min: float = 0.35  # of 1: movement that repeats itself less is no walking
    drift_share: float = 0.15  # a stride may be that much longer or shorter than the mean one
    strides_min: int = 4
    points: int = 128  # of a resampled stride: three times what 20 harmonics need

    gravity_m_s2: tuple[float, float] = (7.0, 13.0)  # size of the mean acceleration: else it is not gravity

    def __post_init__(self) -> None:
        if not TRUNK_RATE_MIN_HZ <= self.rate_hz <= 5000.0:
            raise ValueError(
                f"rate_hz {self.rate_hz} is outside {TRUNK_RATE_MIN_HZ:g} to 5000: how alike steps are cannot be told"
            )

    def count(self, span_s: float) -> int:
        """The sample count nearest to a span, at least 1."""
        return max(1, round(span_s * self.rate_hz))

    def blocks(self, span_s: float) -> int:
        """The blocks nearest to a span."""
        return round(span_s / self.block_s)
