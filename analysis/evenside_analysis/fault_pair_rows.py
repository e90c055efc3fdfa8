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
from evenside_analysis.types import Bools, Flag, Floats, Ints

__all__ = ["LONGEST_S", "PairRows", "SideMoves", "added", "rows_until"]

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
    clean: Bools = field(default_factory=lambda: np.empty(0, np.bool_))
    settled_s: float = -np.inf

    def part(self, chosen: slice) -> SideMoves:
        return SideMoves(
            self.off_s[chosen],
            self.contact_s[chosen],
            self.way_m[chosen],
            self.clean[chosen],
            self.settled_s,
        )


@dataclass(frozen=True, slots=True, eq=False)
class PairRows:
    """Clean rows in order; ``end_s`` is the toe-off with which the left stride ends. Columns left, right."""

    start_s: Floats  # (n,)
    end_s: Floats  # (n,)
    phase: Floats  # (n,)
    stride_s: Floats  # (n, 2), mean of the two left strides about the right one, and that; NaN if unknown
    way_m: Floats  # (n, 2)
    step_s: Floats  # (n, 2)
    swing_s: Floats  # (n, 2)

    @staticmethod
    def none() -> PairRows:
        one, two = np.empty(0), np.empty((0, 2))
        return PairRows(one, one, one, two, two, two, two)

    def last(self, count: int) -> PairRows:
        chosen = slice(max(self.end_s.size - count, 0), None)
        return PairRows(
            self.start_s[chosen],
            self.end_s[chosen],
            self.phase[chosen],
            self.stride_s[chosen],
            self.way_m[chosen],
            self.step_s[chosen],
            self.swing_s[chosen],
        )

    def followed_by(self, later: PairRows) -> PairRows:
        return PairRows(
            np.concatenate([self.start_s, later.start_s]),
            np.concatenate([self.end_s, later.end_s]),
            np.concatenate([self.phase, later.phase]),
            np.concatenate([self.stride_s, later.stride_s]),
            np.concatenate([self.way_m, later.way_m]),
            np.concatenate([self.step_s, later.step_s]),
            np.concatenate([self.swing_s, later.swing_s]),
        )


def added(side: SideMoves, motions: StrideMotions, level_m: float) -> SideMoves:
    """With new strides; the ways of those that climb or descend by more than ``level_m`` are not to be compared."""
    settled_s = max(side.settled_s, motions.settled_s - LONGEST_S)
    if not motions.flags.size:
        return SideMoves(side.off_s, side.contact_s, side.way_m, side.clean, settled_s)
    clean = motions.sound & ((motions.flags & _UNCLEAN) == 0)
    return SideMoves(
        np.concatenate([side.off_s, motions.toe_off_s]),
        np.concatenate([side.contact_s, motions.contact_s]),
        np.concatenate([side.way_m, np.where(np.abs(motions.up_m) > level_m, np.nan, motions.forward_m)]),
        np.concatenate([side.clean, clean]),
        settled_s,
    )


def rows_until(left: SideMoves, right: SideMoves, from_s: float, until_s: float) -> PairRows:
    """The clean rows that end in [from_s, until_s)."""
    ends = np.flatnonzero((left.off_s[1:] >= from_s) & (left.off_s[1:] < until_s)) + 1
    if not ends.size or not right.off_s.size:
        return PairRows.none()
    begins = ends - 1
    first = right.off_s.searchsorted(left.off_s[begins])
    count = right.off_s.searchsorted(left.off_s[ends]) - first
    place = np.minimum(first, right.off_s.size - 1)
    good = (count == 1) & (left.off_s[ends] - left.off_s[begins] < _STRIDE_MAX_S)
    good &= left.clean[begins] & left.clean[ends] & right.clean[place]
    j, k, after = place[good], begins[good], ends[good]
    start_s, end_s, off_s = left.off_s[k], left.off_s[after], right.off_s[j]
    contact_s, other_s, next_s = left.contact_s[k], right.contact_s[j], left.contact_s[after]
    left_s = 0.5 * (end_s - _before_s(left, k, start_s))
    right_s = off_s - _before_s(right, j, off_s)
    return PairRows(
        start_s,
        end_s,
        (off_s - start_s) / (end_s - start_s),
        np.stack([left_s, right_s], axis=1),
        np.stack([left.way_m[k], right.way_m[j]], axis=1),
        np.stack([next_s - other_s, other_s - contact_s], axis=1),
        np.stack([contact_s - start_s, other_s - off_s], axis=1),
    )


def _before_s(side: SideMoves, place: Ints, off_s: Floats) -> Floats:
    """The toe-off before; NaN where it is not clean, or too far back."""
    before = np.maximum(place - 1, 0)
    known = (place > 0) & side.clean[before] & (off_s - side.off_s[before] < _STRIDE_MAX_S)
    return np.where(known, side.off_s[before], np.nan)
