"""Spans of load and of no load under one foot: what each came to, from unbroken runs of samples.

Spans alternate, and stand as columns of one table, so that a long block costs array operations and no loop. A column
may be a part of a span only. Parts join in any grouping to the same bits: the earliest start, the largest force, the
last fall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.force_settings import ForceSettings
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["Run", "Spans"]

_LOST_PERIODS = 2.5  # one lost sample is interpolated, two are a gap

# Rows of the table. Start and impulse are those of the first part, the others hold for all parts together.
_START_S, _BEFORE_N_S, _HIGH_FROM_S, _HIGH_TO_S, _LOW_TO_S, _TOE_OFF_S, _PEAK_N, _GAP, _LOST = range(9)
_ROWS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """``table`` (9, spans): the first span is ``loaded`` or not, and so on in turns."""

    loaded: bool
    table: Floats

    @staticmethod
    def none() -> Spans:
        return Spans(False, np.empty((_ROWS, 0)))

    @staticmethod
    def unheard(loaded: bool, start_s: float, before_n_s: float) -> Spans:
        """One span of which nobody heard how it began."""
        table = np.full((_ROWS, 1), np.nan)
        table[[_START_S, _BEFORE_N_S, _GAP, _LOST], 0] = start_s, before_n_s, 1.0, 0.0
        return Spans(loaded, table)

    @property
    def count(self) -> int:
        return int(self.table.shape[1])

    @property
    def ends_loaded(self) -> bool:
        return self.loaded == (self.count % 2 == 1)

    @property
    def start_s(self) -> Floats:
        return self._row(_START_S)

    @property
    def before_n_s(self) -> Floats:
        """Impulse of everything before the span."""
        return self._row(_BEFORE_N_S)

    @property
    def high_s(self) -> Floats:
        """From the first rise through ``high_n`` to the last fall; NaN where there is no time between them."""
        span_s: Floats = self._row(_HIGH_TO_S) - self._row(_HIGH_FROM_S)
        return np.where(span_s > 0.0, span_s, np.nan)

    @property
    def low_s(self) -> Floats:
        """From the start to the last fall through ``on_n``."""
        return self._row(_LOW_TO_S) - self._row(_START_S)

    @property
    def toe_off_s(self) -> Floats:
        """The last fall through ``toe_off_n``; NaN where there was none."""
        return self._row(_TOE_OFF_S)

    @property
    def peak_n(self) -> Floats:
        return self._row(_PEAK_N)

    @property
    def gap(self) -> Bools:
        """Whether samples are missing around the beginning of the span or of a part of it."""
        return self._row(_GAP) > 0.0

    @property
    def lost(self) -> Bools:
        """Whether samples are missing inside."""
        return self._row(_LOST) > 0.0

    def _row(self, row: int) -> Floats:
        out: Floats = self.table[row]
        return out

    def joined(self, first: Ints) -> Spans:
        """One span a group of parts; groups begin at ``first`` (ascending, from 0) and are loaded in turns."""
        table = np.empty((_ROWS, first.size))
        table[:_HIGH_FROM_S] = self.table[:_HIGH_FROM_S, first]
        table[_HIGH_FROM_S] = np.fmin.reduceat(self.table[_HIGH_FROM_S], first)
        table[_HIGH_TO_S:] = np.fmax.reduceat(self.table[_HIGH_TO_S:], first, axis=1)
        return Spans(self.loaded, table)

    def since(self, place: int) -> Spans:
        """The spans from ``place`` on."""
        return Spans(self.loaded == (place % 2 == 0), self.table[:, place:].copy())

    def followed_by(self, run: Run, settings: ForceSettings, total_n_s: Floats) -> Spans:
        """These spans with what the run adds to the last of them, and those that begin in it."""
        parts = run.parts(settings, self.ends_loaded, total_n_s)
        table = np.concatenate((self.table, parts.table), axis=1)
        first = np.concatenate((np.arange(self.count), np.arange(self.count + 1, table.shape[1])))
        return Spans(self.loaded, table).joined(first)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """The last sample before an unbroken run and the samples of the run (n + 1,); a new span begins at ``edges``."""

    time_s: Floats
    force_n: Floats
    edges: Ints

    def totals(self, total_n_s: float) -> Floats:
        """(n + 1,) impulse up to each sample. The carry goes first: no cut changes a bit."""
        areas = 0.5 * (self.force_n[1:] + self.force_n[:-1]) * (self.time_s[1:] - self.time_s[:-1])
        out: Floats = np.concatenate(([total_n_s], areas)).cumsum()
        return out

    def parts(self, settings: ForceSettings, loaded: bool, total_n_s: Floats) -> Spans:
        """What the samples add to the span at hand, which is ``loaded`` or not, and the spans that begin in them."""
        first = np.concatenate(([0], self.edges))
        table = np.full((_ROWS, first.size), np.nan)
        table[_GAP] = 0.0
        steps_s = self.time_s[1:] - self.time_s[:-1]
        missing = np.concatenate(([False], steps_s > _LOST_PERIODS / settings.rate_hz))
        table[_LOST] = np.logical_or.reduceat(missing, first)
        table[_PEAK_N] = np.maximum.reduceat(self.force_n, first)
        if self.edges.size:
            rising = (np.arange(self.edges.size) % 2 == 0) != loaded
            level = np.where(rising, settings.on_n, settings.off_n)
            before_s, before_n = self.time_s[self.edges - 1], self.force_n[self.edges - 1]
            start_s = self._crossing_s(self.edges, level)
            table[_START_S, 1:] = start_s
            table[_BEFORE_N_S, 1:] = total_n_s[self.edges - 1] + 0.5 * (before_n + level) * (start_s - before_s)
            table[_GAP, 1:] = missing[self.edges]
        self._first_rises(table[_HIGH_FROM_S], settings.high_n, first)
        self._last_falls(table[_HIGH_TO_S], settings.high_n, first)
        self._last_falls(table[_LOW_TO_S], settings.on_n, first)
        self._last_falls(table[_TOE_OFF_S], settings.toe_off_n, first)
        return Spans(loaded, table)

    def _first_rises(self, row: Floats, level_n: float, first: Ints) -> None:
        """Put the first rise of each part through the level into ``row``."""
        above = self.force_n >= level_n
        rises = (above[1:] > above[:-1]).nonzero()[0][::-1] + 1
        if rises.size:
            row[first.searchsorted(rises, "right") - 1] = self._crossing_s(rises, level_n)

    def _last_falls(self, row: Floats, level_n: float, first: Ints) -> None:
        """Put the last fall of each part through the level into ``row``; the fall that ends a span belongs to it."""
        above = self.force_n >= level_n
        falls = (above[1:] < above[:-1]).nonzero()[0] + 1
        if falls.size:
            row[first.searchsorted(falls - 1, "right") - 1] = self._crossing_s(falls, level_n)

    def _crossing_s(self, at: Ints, level: float | Floats) -> Floats:
        """When the force crossed ``level`` on its way to the samples ``at``."""
        before_s, before_n = self.time_s[at - 1], self.force_n[at - 1]
        out: Floats = before_s + (level - before_n) / (self.force_n[at] - before_n) * (self.time_s[at] - before_s)
        return out
