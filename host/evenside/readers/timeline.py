"""Session times for the rows of one file, with a NaN row wherever one is missing.

Strategy: a row is judged by its neighbours, so one row is always held back. A time later than the next row's, or no
later than the last good one, is a bad row: dropped, counted, and the first place kept. What is missing between two good
rows is filled with NaN rows on the rate, up to a minute; a longer silence is marked by its first and its last sample.
What it never does: invent a value, sort rows, or let the result depend on how the file was cut.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from evenside.readers.clock import Clock
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["Dropped", "Piece", "Timeline"]

JUMP_MAX_S = 86_400.0  # a step of more than a day is a wrong time, not a silence
FILL_MAX_S = 60.0
_MISSING_STEPS = 1.75  # a step of more than this many periods has lost a sample; less is jitter
_PIECE_ROWS = 1 << 16
_BEFORE_START = -1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Rows with their session times. A row of a filled gap is all NaN."""

    time_s: Floats  # (n,), strictly increasing
    values: Floats  # (n, columns)


@dataclass(slots=True)
class Dropped:
    """Rows whose time could not be used."""

    untimed: int = 0
    repeated: int = 0
    backward: int = 0
    jumped: int = 0
    first_line: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return self.untimed + self.repeated + self.backward + self.jumped

    def see(self, line: Ints) -> int:
        """Keep the first of these lines, and say how many they are."""
        if line.size:
            first = int(line.min())
            self.first_line = min(self.first_line or first, first)
        return int(line.size)


class Timeline:
    """The times of one file. ``column`` is the position of its time cell in a row, None where rows are counted."""

    def __init__(self, clock: Clock, column: int | None) -> None:
        self.clock = clock
        self.column = column
        self.dropped = Dropped()
        self.regular_steps = 0
        self.steps = 0
        self.regular_s = 0.0
        self._rows = 0
        self.unmarked = 0  # lost samples of long silences, beyond the two rows that mark each
        self._last = _BEFORE_START  # time of the last good row, in counts or seconds
        self._raw = np.nan
        self._wrapped = 0.0
        self._held: tuple[Floats, Floats, Ints] | None = None

    def push(self, values: Floats, line: Ints, told: Collection[int] = ()) -> Iterator[Piece]:
        """Rows in the order of the file; what is certain comes out. Lines in ``told`` were counted as bad before."""
        if self.column is None:
            count = np.arange(self._rows, self._rows + len(values), dtype=np.float64)
            self._rows += len(values)
            if count.size:
                yield Piece(self._seconds(count), values)
            return
        time = self._times(values[:, self.column])
        timed = np.isfinite(time)
        if not timed.all():
            self.dropped.untimed += self.dropped.see(np.setdiff1d(line[~timed], np.array(list(told), np.int64)))
            time, values, line = time[timed], values[timed], line[timed]
        if self._held is not None:
            time = np.concatenate([self._held[0], time])
            values = np.concatenate([self._held[1], values])
            line = np.concatenate([self._held[2], line])
        if time.size:
            self._held = time[-1:], values[-1:], line[-1:]
            yield from self._judge(time[:-1], values[:-1], line[:-1], float(time[-1]))

    def finish(self) -> Iterator[Piece]:
        """The row that was held back."""
        if self._held is not None:
            yield from self._judge(*self._held, np.inf)
            self._held = None

    def _seconds(self, time: Floats) -> Floats:
        """Whole microseconds of session time."""
        return np.rint((time / self.clock.rate_hz if self.clock.counts else time) * 1e6) / 1e6

    def _times(self, raw: Floats) -> Floats:
        """Counts from zero, unwrapped, or seconds from zero; NaN where the cell is neither."""
        if not self.clock.counts:
            with np.errstate(over="ignore"):  # a mangled exponent: infinite, and so no time
                return np.rint((raw - self.clock.zero) * self.clock.factor * 1e6) / 1e6
        whole = np.rint(raw)
        whole[~((np.abs(raw) < 2.0**53) & (np.abs(raw - whole) < 1e-3))] = np.nan
        if self.clock.wraps_at is not None:
            good = whole[np.isfinite(whole)]
            steps = np.diff(good, prepend=self._raw if np.isfinite(self._raw) else good[:1])
            turns = np.cumsum(np.concatenate([[self._wrapped], -np.rint(steps / self.clock.wraps_at)]))
            if good.size:
                self._raw, self._wrapped = float(good[-1]), float(turns[-1])
            whole[np.isfinite(whole)] = good + turns[1:] * self.clock.wraps_at
        return whole - self.clock.zero

    def _judge(self, time: Floats, values: Floats, line: Ints, after: float) -> Iterator[Piece]:
        """Drop the rows whose time cannot be right; ``after`` is the time of the row that follows the last one."""
        if not time.size:
            return
        before, following = np.concatenate([[self._last], time[:-1]]), np.append(time[1:], after)
        keep = ~((time > following) & (following > before))
        self.dropped.backward += self.dropped.see(line[~keep])
        time, values, line = self._only(keep, time, values, line)
        before = np.maximum.accumulate(np.concatenate([[self._last], time]))[:-1]
        keep = time > before
        self.dropped.repeated += self.dropped.see(line[time == before])
        self.dropped.backward += self.dropped.see(line[time < before])
        time, values, line = self._only(keep, time, values, line)
        limit = JUMP_MAX_S * (self.clock.rate_hz if self.clock.counts else 1.0)
        keep = np.cumsum(np.diff(time, prepend=max(self._last, 0.0)) > limit) == 0
        self.dropped.jumped += self.dropped.see(line[~keep])
        time, values, line = self._only(keep, time, values, line)
        if time.size:
            yield from self._fill(time, values)

    @staticmethod
    def _only(keep: Bools, time: Floats, values: Floats, line: Ints) -> tuple[Floats, Floats, Ints]:
        return (time, values, line) if keep.all() else (time[keep], values[keep], line[keep])

    def _fill(self, time: Floats, values: Floats) -> Iterator[Piece]:
        """NaN rows for what is missing before each row."""
        period = 1.0 if self.clock.counts else 1.0 / self.clock.rate_hz
        begun = self._last >= 0
        steps = np.diff(time, prepend=self._last if begun else time[0] - period)
        if not self.clock.counts:
            self._watch_rate(steps[0 if begun else 1 :] / period)
        missing = np.where(steps > _MISSING_STEPS * period, np.rint(steps / period) - 1, 0).astype(np.int64)
        whole = missing <= FILL_MAX_S * self.clock.rate_hz
        filled = np.where(whole, missing, 2)
        self.unmarked += int(np.sum(missing - filled))
        ends = np.cumsum(filled + 1)
        start = 0
        while start < time.size:
            offset = ends[start - 1] if start else 0
            end = max(start + 1, int(np.searchsorted(ends, offset + _PIECE_ROWS, "right")))
            part = slice(start, end)
            yield self._expand(time[part], values[part], steps[part], missing[part], filled[part])
            start = end
        self._last = float(time[-1])

    def _expand(self, time: Floats, values: Floats, steps: Floats, missing: Ints, filled: Ints) -> Piece:
        if not filled.any():
            return Piece(self._seconds(time), values)
        own = np.cumsum(filled + 1) - 1  # where each row itself stands
        row = np.repeat(np.arange(time.size), filled + 1)
        nth = np.arange(row.size) - (own - filled)[row] + 1  # 1, 2, … of the filled rows before each row
        nth = np.where((filled[row] < missing[row]) & (nth == 2), missing[row], nth)
        share = nth / (missing[row] + 1.0)
        out = time[row] - steps[row] * (1.0 - share)
        if self.clock.counts:
            out = np.rint(out)
        out[own] = time
        spread = np.full((row.size, values.shape[1]), np.nan)
        spread[own] = values
        return Piece(self._seconds(out), spread)

    def _watch_rate(self, periods: Floats) -> None:
        regular = periods[np.abs(periods - 1.0) <= 0.5]
        self.steps += periods.size
        self.regular_steps += regular.size
        self.regular_s += float(np.sum(regular)) / self.clock.rate_hz
