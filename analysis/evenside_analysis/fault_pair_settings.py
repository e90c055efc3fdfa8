"""Every limit of the checks that compare two feet, with its reason."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PairWatchSettings"]


@dataclass(frozen=True, slots=True)
class PairWatchSettings:
    """Of the two feet. In brackets the largest values of people whose sensors were good."""

    place: str
    gravity: bool  # in the signal of both
    strides: int = 8  # rows that are judged together
    stride_rows: int = 6  # of them that must be clean before durations are compared
    stride_time: float = 0.015  # mean ln of the ratio of stride times (.014)
    stride_errors: float = 2.5  # and so many standard errors: who walks irregularly has 2
    odd_stride: float = 0.2  # strides that differ by so much from the usual one are left out
    stride_length: float = 0.10  # median ln of the ratio, with gravity in the signal (.03)
    level_m: float = 0.20  # with gravity, a stride that climbs by more is one on stairs: there one leg may lead
    stride_length_free: float = 0.5  # without (.3; .7 in paretic gait)
    phase: float = 0.08  # of a stride, against the usual one (.03; .19 in paretic gait)
    phase_free: float = 0.10
    phase_rows: int = 4
    phase_odd: float = 0.25  # from the middle of the stride, of two rows (.17; one alone: .21, in paretic gait)
    phase_odd_rows: int = 6  # among which two must be odd
    phase_memory: float = 0.95  # of the usual phase
    phase_own: int = 200  # rows after which another phase counts as the walker's own
    delay_ai: float = 5.0  # by how much step times may differ more than swing times (3.8)
    swing_ai: float = 3.0  # asked only where swing times hardly differ
    window_s: float = 15.0
    fewest: int = 8  # movements of one foot in a window
    strides_share: float = 0.3  # of the movements that the other foot may lack (.28)
    travel_m: float = 4.0  # of one foot in a window; the other one cannot stay behind
    turn_pair: float = 0.10  # of a whole turn, by which one foot turns further (.056; .26 in paretic gait)
    turns: int = 3  # the median of so many, or of as many as there were yet
    turn_least_rad: float = 1.05  # 60 degrees; a smaller one is no scale
    turn_pad_s: float = 2.0  # a stride before and behind, of either foot
    turn_join_s: float = 4.0  # turning strides so near belong to one turn; at least twice the pad
    turn_longest_s: float = 15.0
    rest_pair: float = 0.03  # ln of the ratio of the sizes of gravity at rest (.02)
    join_s: float = 10.0
