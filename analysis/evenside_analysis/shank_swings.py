"""Mid-swings of a shank: peaks of the smoothed rate about its mediolateral axis.

::

    rate             mid-swing
                      .-''-.
                    .'      `.                  0
       ___       ./            `.    .-''''--__
    --'   ''-..-' terminal       `..' initial
               contact             contact

A local maximum above ``min_peak_rad_s`` is a mid-swing if none within ``merge_s`` on either side is higher, the
earlier of two equal ones counting as higher. That is known ``merge_s`` after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.shank_settings import ShankSettings
from evenside_analysis.shank_track import SLOW, Track
from evenside_analysis.types import Floats, Ints

__all__ = ["SwingState", "find_swings"]


@dataclass(frozen=True, slots=True)
class SwingState:
    """``tops``: sample and height of the local maxima that are open, or may still stand beside an open one."""

    seen: int = 0  # samples of the run whose neighbours have been looked at
    decided: int = 0  # local maxima before this sample are decided
    tops: tuple[tuple[int, float], ...] = ()

    @property
    def frontier(self) -> int:
        """No mid-swing that is yet to be found lies before this sample."""
        return next((sample for sample, _ in self.tops if sample >= self.decided), self.seen)


def find_swings(settings: ShankSettings, state: SwingState, track: Track, ended: bool) -> tuple[SwingState, list[int]]:
    """Look at the new samples of a track; the mid-swings that are now certain, in order."""
    rate, seen = track.row(SLOW), track.end if ended else track.end - 1
    if seen <= state.seen:
        return state, []
    new = _maxima(settings, rate, state.seen - track.first, seen - track.first) + track.first
    tops = [*state.tops, *zip(new.tolist(), track.at(SLOW, new).tolist(), strict=True)]
    decided = seen if ended else max(seen - settings.merge, state.decided)
    found = [
        sample
        for place, (sample, _) in enumerate(tops)
        if state.decided <= sample < decided and _highest(tops, place, settings.merge)
    ]
    kept = tuple(one for one in tops if one[0] >= decided - settings.merge)
    return SwingState(seen, decided, kept), found


def _highest(tops: list[tuple[int, float]], place: int, merge: int) -> bool:
    """Whether no local maximum within ``merge`` samples outdoes the one at ``place``."""
    sample, top = tops[place]
    before, after = place - 1, place + 1
    while before >= 0 and sample - tops[before][0] <= merge:
        if tops[before][1] >= top:
            return False
        before -= 1
    while after < len(tops) and tops[after][0] - sample <= merge:
        if tops[after][1] > top:
            return False
        after += 1
    return True


def _maxima(settings: ShankSettings, rate: Floats, start: int, end: int) -> Ints:
    """Places from ``start`` to before ``end`` that are local maxima and high enough; the ends of a run are none."""
    low, high = max(start, 1), min(end, rate.size - 1)
    if high <= low or rate[low:high].max() <= settings.min_peak_rad_s:
        return np.empty(0, np.int64)
    here = rate[low:high]
    top = (here > settings.min_peak_rad_s) & (here > rate[low - 1 : high - 1]) & (here >= rate[low + 1 : high + 1])
    return np.flatnonzero(top) + low
