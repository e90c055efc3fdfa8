"""Movements of both feet side by side, for the checks that compare them.

::

    left    off_k-1 ........... off_k ........... off_k+1       phase = (off_j - off_k) / (off_k+1 - off_k)
    right            off_j-1 ........... off_j                 right stride = off_j - off_j-1
                                                               left strides about it = (off_k+1 - off_k-1) / 2

A row is a left stride, from toe-off to toe-off, in which exactly one right toe-off lies. Rows that turn, reach over a
gap, rest on guessed contacts or are not sound on either side are not *clean*.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.stride_motion_types import StrideMotions
from evenside_analysis.types import Bools, Flag, Floats

__all__ = ["LONGEST_S", "PairRow", "SideMoves", "added", "rows_until"]

LONGEST_S = 4.0
"""From toe-off to the end of a stride, at most: the reach of the movement detector, and the way to mid-stance."""

_STRIDE_MAX_S = 2.5
_UNCLEAN = int(Flag.GUESSED | Flag.GAP | Flag.TURN)


@dataclass(frozen=True, slots=True, eq=False)
class SideMoves:
    """Of one foot, in order; every one whose toe-off lies before ``settled_s`` is here."""

    off_s: Floats = field(default_factory=lambda: np.empty(0))
    contact_s: Floats = field(default_factory=lambda: np.empty(0))
    way_m: Floats = field(default_factory=lambda: np.empty(0))
    turn_rad: Floats = field(default_factory=lambda: np.empty(0))
    clean: Bools = field(default_factory=lambda: np.empty(0, np.bool_))
    settled_s: float = -np.inf

    def part(self, chosen: slice) -> SideMoves:
        return SideMoves(
            self.off_s[chosen],
            self.contact_s[chosen],
            self.way_m[chosen],
            self.turn_rad[chosen],
            self.clean[chosen],
            self.settled_s,
        )


@dataclass(frozen=True, slots=True)
class PairRow:
    """``time_s``: the toe-off with which the left stride ends. Times in s, ways in m."""

    start_s: float
    time_s: float
    phase: float
    left_stride_s: float  # mean of the two left strides about the right one; NaN if not clean
    right_stride_s: float  # that ends with the right toe-off; NaN if not clean
    left_way_m: float
    right_way_m: float
    left_step_s: float
    right_step_s: float
    left_swing_s: float
    right_swing_s: float


def added(side: SideMoves, motions: StrideMotions, level_m: float) -> SideMoves:
    """With new strides; the ways of those that climb or descend by more than ``level_m`` are not to be compared."""
    settled_s = max(side.settled_s, motions.settled_s - LONGEST_S)
    if not motions.flags.size:
        return SideMoves(side.off_s, side.contact_s, side.way_m, side.turn_rad, side.clean, settled_s)
    clean = motions.sound & ((motions.flags & _UNCLEAN) == 0)
    return SideMoves(
        np.concatenate([side.off_s, motions.toe_off_s]),
        np.concatenate([side.contact_s, motions.contact_s]),
        np.concatenate([side.way_m, np.where(np.abs(motions.up_m) > level_m, np.nan, motions.forward_m)]),
        np.concatenate([side.turn_rad, np.where(motions.sound, motions.turn_rad, 0.0)]),
        np.concatenate([side.clean, clean]),
        settled_s,
    )


def rows_until(left: SideMoves, right: SideMoves, from_s: float, until_s: float) -> list[PairRow]:
    """The clean rows that end in [from_s, until_s)."""
    ends = np.flatnonzero((left.off_s[1:] >= from_s) & (left.off_s[1:] < until_s)) + 1
    if not ends.size or not right.off_s.size:
        return []
    begins = ends - 1
    first = right.off_s.searchsorted(left.off_s[begins])
    count = right.off_s.searchsorted(left.off_s[ends]) - first
    short = left.off_s[ends] - left.off_s[begins] < _STRIDE_MAX_S
    place = np.minimum(first, right.off_s.size - 1)
    good = (count == 1) & short & left.clean[begins] & left.clean[ends] & right.clean[place]
    return [_row(left, right, int(k), int(j)) for k, j in zip(begins[good], place[good], strict=True)]


def _row(left: SideMoves, right: SideMoves, k: int, j: int) -> PairRow:
    start_s, end_s, off_s = float(left.off_s[k]), float(left.off_s[k + 1]), float(right.off_s[j])
    right_s, left_s = np.nan, np.nan
    if j > 0 and right.clean[j - 1] and off_s - right.off_s[j - 1] < _STRIDE_MAX_S:
        right_s = off_s - float(right.off_s[j - 1])
    if k > 0 and left.clean[k - 1] and start_s - left.off_s[k - 1] < _STRIDE_MAX_S:
        left_s = 0.5 * (end_s - float(left.off_s[k - 1]))
    contact_s, next_s, other_s = float(left.contact_s[k]), float(left.contact_s[k + 1]), float(right.contact_s[j])
    return PairRow(
        start_s,
        end_s,
        (off_s - start_s) / (end_s - start_s),
        left_s,
        right_s,
        float(left.way_m[k]),
        float(right.way_m[j]),
        next_s - other_s,
        other_s - contact_s,
        contact_s - start_s,
        other_s - off_s,
    )
