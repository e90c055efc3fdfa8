"""Movements of a foot: humps of the smoothed rate of rotation, each from one quiet point to the next.

::

    envelope      peak              peak
                 .-''-.            .-''-.
       ________.'      `.________.'      `.______
             quiet          quiet            quiet

A peak is confirmed when the envelope has fallen from it by a given factor, a valley when it has risen from it by the
same; this picks the peaks of that prominence without a window. A runner's foot is hardly at rest between two swings:
among fast rotations a smaller factor will do. Both turn only at local extremes, so the loop runs over
those alone, and over nothing while the foot rests. A hump whose fall takes longer than ``reach_s`` is no swing.

The quiet point on either side is the lowest place between two peaks, within ``reach_s``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.foot_track import ENVELOPE, Track
from evenside_analysis.types import Floats, Ints

__all__ = ["HumpState", "Humps", "find_humps", "first_quiet", "quiet_between"]


@dataclass(frozen=True, slots=True)
class HumpState:
    """Where the envelope stands. ``seen``: samples of the run looked at so far."""

    seen: int = 0
    rising: bool = False  # inside a hump whose peak is not confirmed
    low: float = math.inf  # the lowest since the last peak, or before the hump
    low_at: int = 0
    top: float = 0.0  # the highest of the hump
    top_at: int = 0


class Humps:
    """The state in the making: one sample after the other, or only those where the envelope turns."""

    __slots__ = (
        "_factor",
        "_fast",
        "_fast_factor",
        "_floor",
        "_min_peak",
        "_unrest",
        "low",
        "low_at",
        "peaks",
        "rising",
        "top",
        "top_at",
    )

    def __init__(self, settings: FootSettings, state: HumpState) -> None:
        self._factor, self._floor = math.exp(settings.prominence), settings.floor_rad_s
        self._min_peak = settings.min_peak_rad_s
        self._fast, self._unrest = settings.fast_peak_rad_s, settings.fast_valley_rad_s
        self._fast_factor = math.exp(settings.fast_prominence)
        self.rising, self.low, self.low_at = state.rising, state.low, state.low_at
        self.top, self.top_at = state.top, state.top_at
        self.peaks: list[int] = []

    def feed(self, sample: int, value: float) -> None:
        if self.rising:
            if value > self.top:
                self.top, self.top_at = value, sample
            elif self.top + self._floor >= self._fall() * (value + self._floor):
                self.peaks.append(self.top_at)
                self._rest(sample, value)
        elif value < self.low:
            self.low, self.low_at = value, sample
        elif value > self._min_peak and value + self._floor >= self._rise() * (self.low + self._floor):
            self.rising, self.top, self.top_at = True, value, sample

    def _fall(self) -> float:
        return self._fast_factor if self.top > self._fast else self._factor

    def _rise(self) -> float:
        return self._fast_factor if self.low > self._unrest else self._factor

    def give_up(self, sample: int, value: float) -> None:
        """``sample`` lies at the reach of the hump: unless it has fallen by now, or rises still, it is no swing."""
        self.feed(sample, value)
        if self.rising and self.top_at != sample:
            self._rest(sample, value)

    def _rest(self, sample: int, value: float) -> None:
        self.rising, self.low, self.low_at = False, value, sample

    def state(self, seen: int) -> HumpState:
        return HumpState(seen, self.rising, self.low, self.low_at, self.top, self.top_at)


def find_humps(settings: FootSettings, state: HumpState, track: Track) -> tuple[HumpState, list[int]]:
    """Look at the new samples of a track; return the peaks that are now confirmed, in order."""
    if track.end == state.seen:
        return state, []
    humps = Humps(settings, state)
    start = state.seen - track.first
    envelope = track.row(ENVELOPE)
    new = envelope[start:]
    if not humps.rising and new.max() <= settings.min_peak_rad_s:
        lowest = int(new.argmin())
        humps.feed(state.seen + lowest, float(new[lowest]))
        return humps.state(track.end), []
    at = _turning(envelope, start)
    reach = settings.reach
    for place, value in zip((at + track.first).tolist(), envelope[at].tolist(), strict=True):
        # Between two turning points the envelope is monotonic: if it fell far enough before the reach, then also there.
        if humps.rising and place >= humps.top_at + reach:
            limit = humps.top_at + reach
            humps.give_up(limit, float(envelope[limit - track.first]))
        humps.feed(place, value)
    return humps.state(track.end), humps.peaks


def _turning(envelope: Floats, start: int) -> Ints:
    """Places from ``start`` on where the envelope turns, and the last one, which stands for what may follow."""
    before = max(start - 1, 0)
    step = np.diff(envelope[before:])
    turns = ((step[:-1] > 0.0) & (step[1:] <= 0.0)) | ((step[:-1] < 0.0) & (step[1:] >= 0.0))
    inner = np.flatnonzero(turns) + before + 1
    edge = [0] if start == 0 else []
    return np.concatenate([np.array(edge, np.int64), inner, np.array([envelope.size - 1], np.int64)])


def quiet_between(track: Track, low: Ints, high: Ints) -> Ints:
    """The first of the lowest samples of each span ``low`` to ``high`` (inclusive): (m,)."""
    if not low.size:
        return low
    places = low[:, np.newaxis] + np.arange(int((high - low).max()) + 1)
    values = np.where(places <= high[:, np.newaxis], track.at(ENVELOPE, places), np.inf)
    return np.asarray(low + values.argmin(axis=1))


def first_quiet(settings: FootSettings, track: Track, previous: int, peak: int) -> int:
    """The quiet point before ``peak``: after the ``previous`` peak (or the run's start), and within reach."""
    low = max(previous, peak - settings.reach, 0)
    return low + int(track.row(ENVELOPE)[low - track.first : peak - track.first + 1].argmin())
