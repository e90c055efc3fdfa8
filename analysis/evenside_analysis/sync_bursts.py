"""Short bursts of motion between two rests, on the stream of one accelerometer: where a sync event can lie.

Whoever taps two devices, or stamps, does nothing before and after. So a burst is what changes quickly, after a second
in which nothing did, and before another one; walking is one long burst and no candidate. Strategy: the acceleration is
compared with that of a moment before, whatever the frame, gravity in it or not; groups of samples that differ much are
bursts. Each is handed out once the rest after it was heard, with its samples and those of both rests. All is decided
from samples that were heard and their times, so no cut into blocks can change a bit. What this never does: hold more
than some seconds, or bridge a hole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.sync_shocks import Shaken
from evenside_analysis.types import Floats

__all__ = ["RATE_MIN_HZ", "Burst", "BurstSettings", "BurstState", "find_bursts"]

RATE_MIN_HZ = 50.0
"""Slower accelerometers miss taps altogether."""


@dataclass(frozen=True, slots=True)
class BurstSettings:
    """``loud_m_s2``: change of acceleration within ``lag_s`` that a hand or a foot at rest does not make."""

    rate_hz: float
    loud_m_s2: float = 2.5
    lag_s: float = 0.04
    rest_s: float = 1.0
    span_max_s: float = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Burst:
    """From the first to the last loud sample. ``shaken``: all samples from a rest before to a rest after."""

    start_s: float
    end_s: float
    shaken: Shaken
    clock_error_s: float  # the largest of its samples


@dataclass(frozen=True, slots=True, eq=False)
class BurstState:
    """The last samples heard without a hole, and the burst that is going on (NaN: none).

    ``spoilt``: it is no candidate whatever comes, for want of a rest before it or for its length. ``rest_s``: since
    when nothing is loud. Every burst that begins before ``settled_s`` has been handed out.
    """

    time_s: Floats = field(default_factory=lambda: np.empty(0))
    acc: Floats = field(default_factory=lambda: np.empty((0, 3)))
    error_s: Floats = field(default_factory=lambda: np.empty(0))
    start_s: float = math.nan
    end_s: float = math.nan
    spoilt: bool = False
    rest_s: float = math.inf
    passed_s: float = -math.inf

    @property
    def settled_s(self) -> float:
        waits = not (self.spoilt or math.isnan(self.start_s))
        return min(self.start_s, self.passed_s) if waits else self.passed_s


def find_bursts(
    settings: BurstSettings, state: BurstState, time_s: Floats, acc: Floats, clock_error_s: float
) -> tuple[BurstState, tuple[Burst, ...]]:
    """Advance by a block of (n,) times and (n, 3) accelerations; rows of NaN were not heard."""
    if not time_s.size:
        return state, ()
    passed_s = float(time_s[-1])
    heard = np.isfinite(acc[:, 0]) & np.isfinite(acc[:, 1]) & np.isfinite(acc[:, 2])
    if not heard.all():
        time_s, acc = time_s[heard], acc[heard]
    found: list[Burst] = []
    before = np.concatenate((state.time_s[-1:], time_s[:-1]))[-time_s.size :] if time_s.size else time_s
    offset = time_s.size - before.size  # 1 where nothing was heard before
    holes = (np.flatnonzero(time_s[offset:] - before > 1.5 / settings.rate_hz) + offset).tolist()
    for first, end in zip([0, *holes], [*holes, time_s.size], strict=True):
        if first in holes:
            state = BurstState()
        if end > first:
            state, new = _advanced(settings, state, time_s[first:end], acc[first:end], clock_error_s)
            found += new
    if state.time_s.size and passed_s - state.time_s[-1] > 1.5 / settings.rate_hz:
        state = BurstState()
    return replace(state, passed_s=passed_s), tuple(found)


def _advanced(
    settings: BurstSettings, state: BurstState, time_s: Floats, acc: Floats, clock_error_s: float
) -> tuple[BurstState, list[Burst]]:
    """Add samples that follow those of the state without a hole."""
    known = state.time_s.size
    whole = replace(
        state,
        time_s=np.concatenate((state.time_s, time_s)),
        acc=np.concatenate((state.acc, acc)),
        error_s=np.concatenate((state.error_s, np.full(time_s.size, clock_error_s))),
        rest_s=state.rest_s if known else float(time_s[0]),
    )
    found: list[Burst] = []
    for first_s, last_s in _loud_groups(settings, whole, known):
        whole = _ended(settings, whole, first_s, found)
        whole = _goes_on(settings, whole, first_s, last_s)
    whole = _ended(settings, whole, float(time_s[-1]), found)
    return _trimmed(settings, whole), found


def _loud_groups(settings: BurstSettings, state: BurstState, known: int) -> list[tuple[float, float]]:
    """First and last times of groups of loud samples among those that are new; between groups there is a rest."""
    lag = max(1, round(settings.lag_s * settings.rate_hz))
    first = max(known, lag)
    if first >= state.time_s.size:
        return []
    acc = state.acc
    change = np.zeros(state.time_s.size - first)
    for axis in range(3):
        step = acc[first:, axis] - acc[first - lag : acc.shape[0] - lag, axis]
        change += step * step
    loud_s = state.time_s[first:][change > settings.loud_m_s2**2]
    if not loud_s.size:
        return []
    cuts = np.flatnonzero(np.diff(loud_s) > settings.rest_s) + 1
    begins, ends = [0, *cuts.tolist()], [*cuts.tolist(), loud_s.size]
    return [(float(loud_s[begin]), float(loud_s[end - 1])) for begin, end in zip(begins, ends, strict=True)]


def _goes_on(settings: BurstSettings, state: BurstState, first_s: float, last_s: float) -> BurstState:
    start_s, spoilt = state.start_s, state.spoilt
    if math.isnan(start_s):
        start_s, spoilt = first_s, first_s - state.rest_s < settings.rest_s
    spoilt = spoilt or last_s - start_s > settings.span_max_s
    return replace(state, start_s=start_s, end_s=last_s, spoilt=spoilt)


def _ended(settings: BurstSettings, state: BurstState, now_s: float, found: list[Burst]) -> BurstState:
    """The burst that is going on is over if there was a rest since."""
    if math.isnan(state.start_s) or now_s - state.end_s <= settings.rest_s:
        return state
    if not state.spoilt:
        first, end = np.searchsorted(state.time_s, (state.start_s - settings.rest_s, state.end_s + settings.rest_s))
        shaken = Shaken(state.time_s[first:end].copy(), state.acc[first:end].copy(), settings.rate_hz)
        found.append(Burst(state.start_s, state.end_s, shaken, float(state.error_s[first:end].max())))
    return replace(state, start_s=math.nan, end_s=math.nan, spoilt=False, rest_s=state.end_s)


def _trimmed(settings: BurstSettings, state: BurstState) -> BurstState:
    """Without samples that no burst will hold."""
    waits = not (state.spoilt or math.isnan(state.start_s))
    needed_s = (state.start_s if waits else float(state.time_s[-1])) - 1.05 * settings.rest_s
    first = int(np.searchsorted(state.time_s, needed_s))
    if first == 0:
        return state
    return replace(
        state, time_s=state.time_s[first:].copy(), acc=state.acc[first:].copy(), error_s=state.error_s[first:].copy()
    )
