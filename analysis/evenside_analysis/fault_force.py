"""Checks of one force sensor under a foot: was it heard, does it repeat itself, does it feel the air.

*Held*: the very same force for longer than ``held_s`` under load; a foot never stands so still. *Base*: while its owner
walks, a sole is in the air for a third of the time, and its lowest readings are those of nothing: the lowest fifth lies
on one level. Where that is not near zero, contact times and forces are wrong; taking the base off mends both. Who
jumps, or shifts weight from leg to leg, has no such level, and nothing is judged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.fault_hearing import HearingSettings, HearingWatch, watch_hearing
from evenside_analysis.fault_spans import OpenSpan, Queue, queued, spanned
from evenside_analysis.fault_types import FaultEvent
from evenside_analysis.types import Floats

__all__ = ["ForceWatch", "ForceWatchSettings", "watch_force"]


@dataclass(frozen=True, slots=True)
class ForceWatchSettings:
    """Of one node."""

    hearing: HearingSettings
    held_s: float = 0.10  # the longest repetition in recordings of insoles was two samples
    load_n: float = 100.0  # more than any zero that is taken off: in the air a coarse sensor does repeat itself
    base_n: float = 5.0  # 0 in good insoles; 15 N moves the asymmetry of stance by 1.5 to 6 AI
    base_window_s: float = 5.0  # several steps
    base_windows: int = 3  # the median of so many counts
    low_share: float = 0.10  # the middle of the lowest fifth: a sole is in the air for a third of a walk
    flat_n: float = 25.0  # between the lowest readings and the end of the lowest fifth (19, walking)
    walk_n: float = 200.0  # between the lowest and the highest readings: someone walks
    join_s: float = 10.0

    @staticmethod
    def of(node: str, rate_hz: float) -> ForceWatchSettings:
        return ForceWatchSettings(HearingSettings(node, rate_hz))

    @property
    def held(self) -> int:
        """Samples that must be equal."""
        return int(self.held_s * self.hearing.rate_hz) + 2


@dataclass(frozen=True, slots=True, eq=False)
class ForceWatch:
    """Everything the past has to say. Plain data: it can be pickled, and resumed."""

    hearing: HearingWatch = field(default_factory=HearingWatch)
    time_s: Floats = field(default_factory=lambda: np.empty(0))  # of the last few samples
    force: Floats = field(default_factory=lambda: np.empty(0))
    window: int | None = None  # the open one
    inside: Floats = field(default_factory=lambda: np.empty(0))  # its samples
    bases: tuple[float, ...] = ()
    held: OpenSpan = field(default_factory=OpenSpan)
    base: OpenSpan = field(default_factory=OpenSpan)
    queue: Queue = field(default_factory=Queue)

    @property
    def settled_s(self) -> float:
        """Every event known before this moment has been told."""
        return self.queue.settled_s


def watch_force(
    settings: ForceWatchSettings, state: ForceWatch, time_s: Floats, force: Floats
) -> tuple[ForceWatch, tuple[FaultEvent, ...]]:
    """Add samples (n,) of a force in N; NaN was not heard, but lets time pass."""
    if not time_s.size:
        return state, ()
    latest_s, heard = float(time_s[-1]), np.isfinite(force)
    time_s, force = time_s[heard], force[heard]
    hearing, events = watch_hearing(settings.hearing, state.hearing, time_s, latest_s)
    node = settings.hearing.node
    held_s, held = np.concatenate([state.time_s, time_s]), np.concatenate([state.force, force])
    found = _held(settings, held_s, held, state.time_s.size)
    held_span, more = spanned("held", node, settings.join_s, state.held, found, latest_s)
    events += more
    window, inside, bases, found = _bases(settings, state, time_s, force, latest_s)
    base_span, more = spanned("base", node, settings.base_window_s * 2.0, state.base, found, latest_s)
    events += more
    # Of the open window nothing is known before its end, which lies ahead.
    queue, ready = queued(state.queue, events, latest_s)
    kept = settings.held - 1
    return (
        ForceWatch(
            hearing, held_s[-kept:].copy(), held[-kept:].copy(), window, inside, bases, held_span, base_span, queue
        ),
        ready,
    )


def _held(settings: ForceWatchSettings, time_s: Floats, force: Floats, new: int) -> list[tuple[float, float, float]]:
    """Spans of repeated force under load that reach into the samples from ``new`` on."""
    width = settings.held
    if force.size < width:
        return []
    equal = np.concatenate([[False], (force[1:] == force[:-1]) & (force[1:] > settings.load_n), [False]])
    edges = np.flatnonzero(np.diff(equal))
    found = []
    for first, end in zip((edges[::2]).tolist(), (edges[1::2]).tolist(), strict=True):
        if end - first >= width - 1 and end >= new:  # samples first to end are equal
            known = max(first + width - 1, new)
            found.append((float(time_s[known - width + 1]), float(time_s[end]), float(time_s[known])))
    return found


def _bases(
    settings: ForceWatchSettings, state: ForceWatch, time_s: Floats, force: Floats, latest_s: float
) -> tuple[int | None, Floats, tuple[float, ...], list[tuple[float, float, float]]]:
    """The lowest readings of the windows that are over; time has passed to ``latest_s``."""
    window, inside, bases = state.window, state.inside, state.bases
    index = np.floor(time_s / settings.base_window_s).astype(np.int64)
    cuts = (np.flatnonzero(np.diff(index)) + 1).tolist()
    found: list[tuple[float, float, float]] = []
    for part, number in zip(np.split(force, cuts), index[[0, *cuts]].tolist() if index.size else [], strict=False):
        if window is not None and number > window:
            bases = _closed(settings, bases, window, inside, found)
            inside = np.empty(0)
        window, inside = number, np.concatenate([inside, part])
    if window is not None and latest_s >= (window + 1) * settings.base_window_s:
        bases = _closed(settings, bases, window, inside, found)
        window, inside = None, np.empty(0)
    return window, inside, bases, found


def _closed(
    settings: ForceWatchSettings,
    bases: tuple[float, ...],
    window: int,
    inside: Floats,
    found: list[tuple[float, float, float]],
) -> tuple[float, ...]:
    """The bases with that of a window that is over; ``found`` gets the span that shows one off zero."""
    bases = _judged(settings, bases, inside)
    if len(bases) == settings.base_windows and abs(float(np.median(bases))) > settings.base_n:
        end_s = (window + 1) * settings.base_window_s
        found.append((end_s - settings.base_windows * settings.base_window_s, end_s, end_s))
    return bases


def _judged(settings: ForceWatchSettings, bases: tuple[float, ...], inside: Floats) -> tuple[float, ...]:
    """With the base of one more window; one in which nobody walks, or too little was heard, says nothing."""
    if inside.size < 0.5 * settings.base_window_s * settings.hearing.rate_hz:
        return bases
    ordered = np.sort(inside)
    shares = (0.2 * settings.low_share, settings.low_share, 2.0 * settings.low_share, 1.0 - settings.low_share)
    lowest, low, rising, high = (float(ordered[math.floor(share * (inside.size - 1))]) for share in shares)
    if high - low < settings.walk_n or rising - lowest > settings.flat_n:
        return bases
    return (*bases[1 - settings.base_windows :], low)
