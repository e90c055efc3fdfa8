"""Whole turns, foot by foot: whoever walks straight, turns and walks on has turned both feet by the same.

A turn is whole if each foot made a straight stride before it and one behind it, and every stride in between is sound.
Then the headings of the strides add up to the same angle on both sides, wherever each foot did its part: among 42 such
turns of people who do not drag a foot the sides differed by 6 % at most, and by 2 % in the median. A gyroscope with a
wrong gain does not keep to that. Turns on the spot, at a halt or with a stride that was not followed say nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.fault_pair_settings import PairWatchSettings
from evenside_analysis.stride_motion_types import StrideMotions
from evenside_analysis.types import Flag, Floats

__all__ = ["TurnWatch", "turned_apart", "with_strides"]

_Found = list[tuple[float, float, float]]
_STRIDE_MAX_S = 2.2  # from toe-off to toe-off; longer is a halt
_ROUND_RAD = 2.0 * math.pi
_HALF_TURN_RAD = 2.4
"""A stride that turns by so much may have turned the other way round, by the rest: the other foot knows better."""


@dataclass(frozen=True, slots=True, eq=False)
class TurnWatch:
    """Strides that a turn may still need, those of an open turn, and what the last whole turns said."""

    off_s: tuple[Floats, Floats] = field(default_factory=lambda: (np.empty(0), np.empty(0)))  # left, right
    turn_rad: tuple[Floats, Floats] = field(default_factory=lambda: (np.empty(0), np.empty(0)))  # NaN: not known
    turning: tuple[float, ...] = ()  # toe-offs of turning strides, of either foot, that are not looked at yet
    first_s: float = np.inf  # of the open turn: its first and its last turning stride
    last_s: float = -np.inf
    whole: tuple[tuple[float, float], ...] = ()  # start, and by what share the right foot turned further


def with_strides(state: TurnWatch, place: int, motions: StrideMotions) -> TurnWatch:
    """Add strides of the left (0) or the right (1) foot."""
    if not motions.flags.size:
        return state
    off_s, turn_rad = list(state.off_s), list(state.turn_rad)
    off_s[place] = np.concatenate([off_s[place], motions.toe_off_s])
    turn_rad[place] = np.concatenate([turn_rad[place], np.where(motions.sound, motions.turn_rad, np.nan)])
    turning = motions.toe_off_s[(motions.flags & int(Flag.TURN)) != 0].tolist()
    return TurnWatch(
        (off_s[0], off_s[1]),
        (turn_rad[0], turn_rad[1]),
        tuple(sorted((*state.turning, *turning))),
        state.first_s,
        state.last_s,
        state.whole,
    )


def turned_apart(settings: PairWatchSettings, state: TurnWatch, until_s: float) -> tuple[TurnWatch, _Found]:
    """Look at the turns that are over; every stride whose toe-off lies before ``until_s`` was added."""
    first_s, last_s, whole = state.first_s, state.last_s, state.whole
    found: _Found = []
    ready = sum(time_s < until_s for time_s in state.turning)
    for time_s in (*state.turning[:ready], until_s):
        if time_s > last_s + settings.turn_join_s and first_s < np.inf:
            share = _share(settings, state, first_s, last_s)
            if not np.isnan(share):
                whole = (*whole[1 - settings.turns :], (first_s, share))
                if abs(float(np.median([share for _, share in whole]))) > settings.turn_pair:
                    found.append((whole[0][0], last_s, last_s + settings.turn_join_s))
            first_s = np.inf
        if time_s < until_s:
            first_s, last_s = min(first_s, time_s), time_s
    # A turn that lasts for longer is none, so that nothing is kept of it.
    keep_s = min(first_s, until_s) - settings.turn_pad_s
    keep_s = max(keep_s, until_s - settings.turn_longest_s - settings.turn_join_s - settings.turn_pad_s)
    starts = [int(times.searchsorted(keep_s)) for times in state.off_s]
    left, right = (times[start:].copy() for times, start in zip(state.off_s, starts, strict=True))
    left_rad, right_rad = (turns[start:].copy() for turns, start in zip(state.turn_rad, starts, strict=True))
    return TurnWatch((left, right), (left_rad, right_rad), state.turning[ready:], first_s, last_s, whole), found


def _share(settings: PairWatchSettings, state: TurnWatch, first_s: float, last_s: float) -> float:
    """By what share of the turn the right foot turned further than the left one; NaN if it is not whole."""
    if last_s - first_s > settings.turn_longest_s:
        return np.nan
    nets, largest = [], []
    for times, turns in zip(state.off_s, state.turn_rad, strict=True):
        begin, end = times.searchsorted([first_s - settings.turn_pad_s, last_s + settings.turn_pad_s])
        inside_s, inside = times[begin:end], turns[begin:end]
        if not inside_s.size or inside_s[0] >= first_s or inside_s[-1] <= last_s:
            return np.nan
        if np.isnan(inside).any() or np.diff(inside_s).max(initial=0.0) > _STRIDE_MAX_S:
            return np.nan
        nets.append(float(inside.sum()))
        largest.append(float(np.abs(inside).max()))
    sure = nets[largest.index(min(largest))]
    rounds = [
        round((sure - net) / _ROUND_RAD) if most > _HALF_TURN_RAD else 0
        for net, most in zip(nets, largest, strict=True)
    ]
    left, right = (net + _ROUND_RAD * more for net, more in zip(nets, rounds, strict=True))
    if left * right <= 0.0 or min(abs(left), abs(right)) < settings.turn_least_rad:
        return np.nan
    return 2.0 * (right - left) / (right + left)
