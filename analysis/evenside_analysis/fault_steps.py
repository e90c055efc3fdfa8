"""Does the other foot take steps too? For sides that are told by contacts alone, as under a force sensor.

In windows at absolute places: where one side has several initial contacts and the other has far fewer, the strides are
not enough to say anything; where the other has none at all although it was heard, it does not feel its foot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.fault_silence import HEARD_ALL, Silences
from evenside_analysis.fault_spans import OpenSpan, Queue, queued, spanned
from evenside_analysis.fault_types import FaultEvent
from evenside_analysis.types import Contacts, Event, Floats, Side

__all__ = ["StepWatch", "StepWatchSettings", "watch_steps"]


@dataclass(frozen=True, slots=True)
class StepWatchSettings:
    """Of one pair."""

    place: str
    window_s: float = 15.0
    fewest: int = 8
    share: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class StepWatch:
    """Initial contacts that lie in open windows, and how far each side is settled."""

    left: Floats = field(default_factory=lambda: np.empty(0))
    right: Floats = field(default_factory=lambda: np.empty(0))
    settled: tuple[float, float] = (-np.inf, -np.inf)
    window: int | None = None
    strides: OpenSpan = field(default_factory=OpenSpan)
    still: OpenSpan = field(default_factory=OpenSpan)
    queue: Queue = field(default_factory=Queue)

    @property
    def settled_s(self) -> float:
        """Every event known before this moment has been told."""
        return self.queue.settled_s


def watch_steps(
    settings: StepWatchSettings, state: StepWatch, side: Side, contacts: Contacts, silences: Silences = HEARD_ALL
) -> tuple[StepWatch, tuple[FaultEvent, ...]]:
    """Add the contacts of one side; windows in which a side was not heard count nothing."""
    new = contacts.time_s[contacts.kind == Event.IC]
    left, right = state.left, state.right
    settled = [*state.settled]
    if side == "left":
        left, settled[0] = np.concatenate([left, new]), max(settled[0], contacts.settled_s)
    else:
        right, settled[1] = np.concatenate([right, new]), max(settled[1], contacts.settled_s)
    until_s, window = min(*settled, silences.settled_s), state.window
    state = replace(state, left=left, right=right, settled=(settled[0], settled[1]))
    if not math.isfinite(until_s):
        return state, ()
    if window is None:
        firsts = [float(times[0]) for times in (left, right) if times.size and times[0] < until_s]
        if not firsts:  # windows begin behind the first contact, which is still to come
            return replace(state, queue=queued(state.queue, (), until_s)[0]), ()
        window = math.ceil(min(firsts) / settings.window_s)
    end = max(math.floor(until_s / settings.window_s), window)
    fewer_found: list[tuple[float, float, float]] = []
    still_found: list[tuple[float, float, float]] = []
    for index in range(window, end):
        start_s, end_s = index * settings.window_s, (index + 1) * settings.window_s
        counts = [int(np.diff(times.searchsorted([start_s, end_s]))[0]) for times in (left, right)]
        more, fewer = max(counts), min(counts)
        if silences.hide(start_s, end_s):
            continue
        if more >= settings.fewest and more - fewer > settings.share * more:
            (fewer_found if fewer else still_found).append((start_s, end_s, end_s))
    strides, first = spanned("strides", settings.place, settings.window_s, state.strides, fewer_found, until_s)
    still, second = spanned("still", settings.place, settings.window_s, state.still, still_found, until_s)
    queue, ready = queued(state.queue, (*first, *second), until_s)
    keep_s = end * settings.window_s
    left, right = left[left.searchsorted(keep_s) :], right[right.searchsorted(keep_s) :]
    return replace(state, left=left, right=right, window=end, strides=strides, still=still, queue=queue), ready
