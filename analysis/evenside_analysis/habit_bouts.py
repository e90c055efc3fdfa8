"""From seconds in which something was so, to bouts: with a dwell before one counts, and pauses that do not end it.

A bout begins at its first second, is certain once ``on`` of its seconds have been seen, and is over when none has
been for ``off`` of them; it then ended with its last one. Fewer seconds than that are no bout, and nobody hears of it.
Seconds that were not heard are simply absent, and end a bout like any other pause.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from evenside_analysis.habit_types import HabitEvent, HabitKind, HabitSide
from evenside_analysis.sums import accumulated
from evenside_analysis.types import Floats, Ints

__all__ = ["BoutSettings", "BoutState", "find_bouts"]


@dataclass(frozen=True, slots=True)
class BoutSettings:
    """``on`` and ``off`` count epochs, of which there are ``per_s`` a second (see ``epochs``). ``names``: of the
    columns whose means over the bout are told; the first one is the confidence.

    Raises:
        ValueError: ``on`` or ``off`` is below 1.
    """

    kind: HabitKind
    place: str
    side: HabitSide
    on: int
    off: int
    names: tuple[str, ...] = ("confidence",)
    per_s: int = 1

    def __post_init__(self) -> None:
        if self.on < 1 or self.off < 1:
            raise ValueError(f"{self.kind}: on {self.on} and off {self.off} must be 1 or more")


@dataclass(frozen=True, slots=True, eq=False)
class BoutState:
    """The bout that is open, if ``count`` is above 0: its first and last second, and sums of the columns."""

    first: int = 0
    last: int = 0
    count: int = 0
    told: bool = False
    sums: Floats | None = None  # (columns,)


def find_bouts(
    settings: BoutSettings, state: BoutState, second: Ints, columns: Floats, settled: int
) -> tuple[BoutState, tuple[HabitEvent, ...]]:
    """Add the seconds (n,) in which it was so, with their columns (n, names); all below ``settled`` have been seen."""
    events: list[HabitEvent] = []
    breaks = (np.flatnonzero(np.diff(second) > settings.off) + 1).tolist()
    for begin, end in pairwise([0, *breaks, second.size]):
        if begin == end:
            continue
        if state.count and int(second[begin]) - state.last > settings.off:
            state = _closed(settings, state, events)
        state = _grown(settings, state, second[begin:end], columns[begin:end], events)
    if state.count and settled - state.last > settings.off:
        state = _closed(settings, state, events)
    return state, tuple(events)


def _grown(
    settings: BoutSettings, state: BoutState, second: Ints, columns: Floats, events: list[HabitEvent]
) -> BoutState:
    """The open bout with more seconds, or a new one; a bout that counts now is told."""
    sums = np.zeros(columns.shape[1]) if state.sums is None else state.sums
    first = state.first if state.count else int(second[0])
    told = state.told
    lacking = settings.on - state.count
    if not told and second.size >= lacking:
        so_far = BoutState(first, int(second[lacking - 1]), settings.on, True, accumulated(sums, columns[:lacking]))
        events.append(_event(settings, so_far, np.inf, (so_far.last + 1) / settings.per_s))
        told = True
    return BoutState(first, int(second[-1]), state.count + second.size, told, accumulated(sums, columns))


def _closed(settings: BoutSettings, state: BoutState, events: list[HabitEvent]) -> BoutState:
    if state.told:
        end = state.last + 1
        events.append(_event(settings, state, end / settings.per_s, (end + settings.off) / settings.per_s))
    return BoutState()


def _event(settings: BoutSettings, state: BoutState, end_s: float, known_s: float) -> HabitEvent:
    assert state.sums is not None
    means = (state.sums / state.count).tolist()
    values = (*zip(settings.names[1:], means[1:], strict=True), ("seconds", state.count / settings.per_s))
    return HabitEvent(
        settings.kind,
        settings.place,
        state.first / settings.per_s,
        end_s,
        settings.side,
        means[0],
        known_s,
        values,
    )
