"""Every constant of stride motion, with its reason.

The limits of a stride and of its rests, and the weights that tell up without gravity, were chosen on recordings of 31
people, of 25 of whom gravity had been removed; judge them on others.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MotionSettings"]


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """Of one foot node. Raises ValueError for a rate that cannot be."""

    rate_hz: float
    gravity: bool = True  # whether the acceleration still contains it

    # From mid-stance to mid-stance.
    rest_reach_s: float = 0.6  # furthest mid-stance from the end, or the beginning, of the foot's motion
    rest_window_s: float = 0.12  # the foot is quietest where the mean rate over this span is least: half a short stance
    rest_rad_s: float = 1.0  # a faster rate at mid-stance, and above rest_share of the stride's mean, is no rest
    rest_share: float = 0.35
    stride_min_s: float = 0.5
    stride_max_s: float = 2.2
    run_rad_s: float = 6.0  # a stride with a larger mean rate (walking: 5.6), that is short, and in which the foot is
    run_max_s: float = 0.9  # long in the air, is one of running: no foot rests in it
    run_swing: float = 0.42
    bridge_s: float = 0.03  # rates and accelerations run on straight over a hole so long; a longer one spoils the path
    up_half_s: float = 0.05  # gravity is read so far about mid-stance
    oblique_deg: float = 12.0  # from level at mid-stance: so much is told by the accelerometer, whatever it jolts
    step_s: float = 0.02  # rotations are composed in such steps: 5 mm in a stride against single samples

    # How the node is mounted: up, and the axis to the left.
    memory: float = 0.9  # some ten strides: follows a strap that slips
    turn_memory: float = 0.98  # the wearer turns seldom
    settle: int = 3  # one stride alone gives the wrong sign of the axis too often
    settle_wait_s: float = 8.0  # the first strides wait no longer for the third; slow ones take 2 s each
    ahead_weight: float = 0.02  # rad² a stride: how much up is kept at right angles to the way, and to the left axis,
    left_weight: float = 0.02  # against the axis of turns; a half turn in four strides counts 2 rad²
    moved_deg: float = 50.0  # off the axis of those before, several strides in a row: the node was turned (35)
    moved_up_deg: float = 20.0  # or off up (12 in single strides of feet that roll)
    moved_after: int = 8  # strides that the frame rests on: a younger one is not sure enough to be left
    span_min_m: float = 0.15  # a shorter stride has no direction

    # Flags.
    turn_deg: float = 15.0  # half of all straight strides change their heading by less than 4 degrees
    clip_share: float = 0.998

    def __post_init__(self) -> None:
        if not 20.0 <= self.rate_hz <= 5000.0:
            raise ValueError(f"rate_hz {self.rate_hz} is outside 20 to 5000: strides cannot be followed")

    @property
    def step(self) -> int:
        """``step_s`` in samples, at least one."""
        return max(1, round(self.step_s * self.rate_hz))
