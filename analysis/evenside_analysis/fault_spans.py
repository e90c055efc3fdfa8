"""Spans in which something was found become events: begun, and over.

A span that is known within ``join_s`` of the end of another one continues it. One is over when ``join_s`` has passed
since its end, and nothing was found. Events of
several checks come out in one order, by the moment at which they are known, whatever the order in which the checks ran.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from evenside_analysis.fault_types import FaultEvent

__all__ = ["OpenSpan", "Queue", "queued", "spanned"]


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """Of one check of one place; nothing is open where ``end_s`` is -inf."""

    start_s: float = np.inf
    end_s: float = -np.inf


def spanned(
    kind: str,
    place: str,
    join_s: float,
    state: OpenSpan,
    found: Iterable[tuple[float, float, float]],
    settled_s: float,
) -> tuple[OpenSpan, tuple[FaultEvent, ...]]:
    """Add what was found; return the events.

    Args:
        found: start, end and the moment at which this was known, in the order of the latter. The end is not later than
            that moment.
        settled_s: everything known before this moment has now been found.
    """
    events: list[FaultEvent] = []
    start_s, end_s = state.start_s, state.end_s
    for first_s, last_s, known_s in found:
        if end_s > -np.inf and known_s > end_s + join_s:
            events.append(FaultEvent(kind, place, start_s, end_s, end_s + join_s))
            end_s = -np.inf
        if end_s == -np.inf:
            start_s = first_s
            events.append(FaultEvent(kind, place, start_s, np.inf, known_s))
        end_s = max(end_s, last_s)
    if end_s > -np.inf and settled_s > end_s + join_s:
        events.append(FaultEvent(kind, place, start_s, end_s, end_s + join_s))
        start_s, end_s = np.inf, -np.inf
    return OpenSpan(start_s, end_s), tuple(events)


@dataclass(frozen=True, slots=True)
class Queue:
    """Events that others may still come before."""

    waiting: tuple[FaultEvent, ...] = ()
    settled_s: float = -np.inf


def queued(state: Queue, events: Iterable[FaultEvent], settled_s: float) -> tuple[Queue, tuple[FaultEvent, ...]]:
    """Add events; hand out, in order, those known before ``settled_s``."""
    settled_s = max(state.settled_s, settled_s)
    waiting = sorted((*state.waiting, *events), key=lambda event: (event.known_s, event.kind, event.start_s))
    ready = sum(event.known_s < settled_s for event in waiting)
    return Queue(tuple(waiting[ready:]), settled_s), tuple(waiting[:ready])
