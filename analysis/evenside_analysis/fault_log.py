"""The faults found so far, for whoever has to judge a span of time: which ones touch it, as known at a given moment.

A figure made of a window is judged as of the end of that window: what is known later changes nothing in it, so it comes
out the same whether later events are here already or not. What a whole session comes to is judged as of its end. Old
spans are forgotten; of these the totals of each kind and place stay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np

from evenside_analysis.fault_types import FaultEvent, FaultKind, Spoils, kind_of

__all__ = ["FaultLog", "FaultTotal", "KnownFault", "faults_in", "logged", "spoiling"]


@dataclass(frozen=True, slots=True)
class KnownFault:
    """One span: ``known_s`` and ``over_known_s`` are when it was known, and when it was known to be over."""

    kind: str
    place: str
    start_s: float
    known_s: float
    end_s: float = np.inf
    over_known_s: float = np.inf

    def touches(self, start_s: float, end_s: float, at_s: float) -> bool:
        """Whether it touches a span of time, as known at a moment."""
        if not (self.known_s <= at_s and self.start_s < end_s):
            return False
        return self.over_known_s > at_s or self.end_s > start_s


@dataclass(frozen=True, slots=True)
class FaultTotal:
    """Of one kind at one place: spans, when the first one began, and how long those that are over lasted together."""

    kind: str
    place: str
    count: int
    first_s: float
    lasted_s: float


@dataclass(frozen=True, slots=True)
class FaultLog:
    """Spans that are open, or not forgotten; totals of all."""

    faults: tuple[KnownFault, ...] = ()
    totals: tuple[FaultTotal, ...] = ()


def logged(log: FaultLog, events: Iterable[FaultEvent], keep_s: float) -> FaultLog:
    """Add events, those of each place in their order; forget the spans that were over before ``keep_s``."""
    faults, totals = list(log.faults), {(total.kind, total.place): total for total in log.totals}
    for event in events:
        same = [
            at
            for at, fault in enumerate(faults)
            if (fault.kind, fault.place, fault.start_s) == (event.kind, event.place, event.start_s)
            and fault.end_s == np.inf
        ]
        total = totals.get((event.kind, event.place), FaultTotal(event.kind, event.place, 0, event.start_s, 0.0))
        if not same:
            total = replace(total, count=total.count + 1)
            faults.append(KnownFault(event.kind, event.place, event.start_s, event.known_s))
            same = [len(faults) - 1]
        if event.end_s < np.inf:
            faults[same[0]] = replace(faults[same[0]], end_s=event.end_s, over_known_s=event.known_s)
            total = replace(total, lasted_s=total.lasted_s + event.end_s - event.start_s)
        totals[event.kind, event.place] = total
    kept = tuple(fault for fault in faults if fault.end_s > keep_s or fault.over_known_s > keep_s)
    return FaultLog(kept, tuple(totals.values()))


def faults_in(
    log: FaultLog, places: Collection[str], start_s: float, end_s: float, at_s: float
) -> tuple[KnownFault, ...]:
    """The faults at some places (nodes, and the site of a pair) that touch [start_s, end_s), as known at ``at_s``."""
    return tuple(fault for fault in log.faults if fault.place in places and fault.touches(start_s, end_s, at_s))


def spoiling(
    log: FaultLog, places: Collection[str], quantity: Spoils, start_s: float, end_s: float, at_s: float
) -> tuple[FaultKind, ...]:
    """Kinds of ``faults_in`` that spoil a quantity, each once; advice never does."""
    kinds = dict.fromkeys(fault.kind for fault in faults_in(log, places, start_s, end_s, at_s))
    return tuple(kind for kind in map(kind_of, kinds) if kind.source != "advice" and kind.spoils & quantity)
