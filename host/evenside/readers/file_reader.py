"""One file on its way to blocks: rows with their times, window by window, and what is wrong with the file as a whole.

Bad lines and bad times are counted, the first place of each kept, and the rest of the file read; only where more than a
tenth is unusable is the file refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np

from evenside.errors import ReadError
from evenside.readers.clock import RATE_TOLERANCE
from evenside.readers.layout import Layout
from evenside.readers.lines import Chunk, TextFile
from evenside.readers.parse import BadLine, parse_chunk
from evenside.readers.plan import FilePlan
from evenside.readers.recording import Note, NoteSink
from evenside.readers.timeline import Dropped, Piece, Timeline

__all__ = ["FileReader"]

_UNUSABLE_MAX_SHARE = 0.1


@dataclass(slots=True)
class _Lines:
    """Lines read so far, and the bad ones among them."""

    rows: int = 0
    bad: int = 0
    first_bad: BadLine | None = None
    cut_off: BadLine | None = None


class FileReader:
    """One file on its way: rows that were read but not yet given away, and what was wrong so far."""

    def __init__(self, layout: Layout, plan: FilePlan, note: NoteSink) -> None:
        self.plan = plan
        self.timeline = Timeline(plan.clock, plan.time_cell)
        self._layout = layout
        self._note = note
        self._file = TextFile(plan.path, layout.table.encoding)
        self._lines = _Lines()
        self._pieces = self._read()
        self._waiting: Piece | None = None

    @property
    def bytes_done(self) -> int:
        return self._file.bytes_done

    def next_s(self) -> float:
        """Time of the next row, inf at the end."""
        if self._waiting is None:
            self._waiting = next(self._pieces, None)
        return np.inf if self._waiting is None else float(self._waiting.time_s[0])

    def take(self, window: int, block_s: float) -> Piece | None:
        """The rows of one window, all of them; None where there are none."""
        parts: list[Piece] = []
        while self.next_s() < np.inf and self._waiting is not None:
            inside = np.floor(self._waiting.time_s / block_s) <= window
            end = int(np.count_nonzero(inside))
            if end:
                parts.append(Piece(self._waiting.time_s[:end], self._waiting.values[:end]))
            if end < inside.size:
                self._waiting = Piece(self._waiting.time_s[end:], self._waiting.values[end:])
                break
            self._waiting = None
        if not parts:
            return None
        return Piece(np.concatenate([part.time_s for part in parts]), np.concatenate([part.values for part in parts]))

    def _read(self) -> Iterator[Piece]:
        for chunk in self._file.chunks():
            data = _below_header(chunk, self.plan.table.first_line)
            if data is None:
                continue
            parsed = parse_chunk(data, self.plan.columns, self.plan.table.width, self._layout.table)
            self._count(len(parsed.values), parsed.bad)
            yield from self.timeline.push(parsed.values, parsed.line, [bad.line for bad in parsed.bad])
        yield from self.timeline.finish()
        self._close()

    def _count(self, rows: int, bad: tuple[BadLine, ...]) -> None:
        lines = self._lines
        lines.rows += rows
        for line in bad:
            if line.cut_off:
                lines.cut_off = line
            else:
                lines.bad += 1
                lines.first_bad = lines.first_bad or line

    def _close(self) -> None:
        """Tell what was wrong with the file as a whole.

        Raises:
            ReadError: too much of it.
        """
        lines, dropped, path = self._lines, self.timeline.dropped, self.plan.path
        first = lines.first_bad
        if lines.bad > _UNUSABLE_MAX_SHARE * lines.rows and first is not None:
            what = f"{lines.bad} of {lines.rows} lines are wrong; the first, line {first.line}: {first.words}"
            if self._file.damage:
                raise ReadError(f"{path}: {self._file.damage}; {what}", mend="copy the file again from its origin")
            raise ReadError(
                f"{path}: {what}",
                mend=f"check the file, or the separator and columns in {self._layout.place}{_lost_mark(first)}",
            )
        if dropped.rows > _UNUSABLE_MAX_SHARE * lines.rows:
            raise ReadError(
                f"{path}: {_dropped_words(dropped, lines.rows, counts=self.plan.clock.counts)}",
                mend=f"split the file there if two recordings were joined, or check time in {self._layout.place}",
            )
        for found in _file_notes(self.plan, self._file, lines, self.timeline):
            self._note(found)


def _below_header(chunk: Chunk, first_line: int) -> Chunk | None:
    """The part of a chunk from the first line of data on."""
    above = first_line - chunk.first
    if above <= 0:
        return chunk
    parts = chunk.text.split(b"\n", above)
    return Chunk(first_line, parts[above], chunk.unfinished) if len(parts) > above and parts[above] else None


def _file_notes(plan: FilePlan, file: TextFile, lines: _Lines, timeline: Timeline) -> Iterator[Note]:
    name = plan.path.name
    if lines.first_bad is not None:
        first = lines.first_bad
        words = f"{lines.bad} lines could not be read wholly; the first, line {first.line}: {first.words}"
        words += _lost_mark(first)
        yield Note("bad_line", "", f"{name}:{first.line}", words, lines.bad)
    if lines.cut_off is not None:
        words = f"the last line is cut off ({lines.cut_off.words}) and was left out"
        yield Note("truncated", "", f"{name}:{lines.cut_off.line}", words, 1)
    if file.damage:
        yield Note("truncated", "", name, f"{file.damage}; the {lines.rows} rows before were kept", lines.rows)
    dropped = timeline.dropped
    if dropped.rows:
        words = f"left out: {_dropped_words(dropped, lines.rows, counts=plan.clock.counts)}"
        yield Note("counter" if plan.clock.counts else "time", "", f"{name}:{dropped.first_line}", words, dropped.rows)
    yield from _rate_notes(plan, timeline)


def _lost_mark(bad: BadLine) -> str:
    """What to write where the cell is one that says "lost"."""
    return f'; if this says that a sample was lost, write lost = ["{bad.cell}"] in [table]' if bad.cell else ""


def _dropped_words(dropped: Dropped, rows: int, *, counts: bool) -> str:
    what = "packet counter" if counts else "time"
    return (
        f"{dropped.rows} of {rows} rows, whose {what} is missing ({dropped.untimed}), repeats ({dropped.repeated}), "
        f"runs backwards ({dropped.backward}) or jumps by more than a day ({dropped.jumped}); "
        f"the first at line {dropped.first_line}"
    )


def _rate_notes(plan: FilePlan, timeline: Timeline) -> Iterator[Note]:
    """The rate over the whole file against the one that was settled from its first lines."""
    if plan.clock.counts or timeline.steps < 3:
        return
    name, stated_hz = plan.path.name, plan.clock.rate_hz
    if timeline.regular_steps < timeline.steps / 2:
        odd = timeline.steps - timeline.regular_steps
        words = f"{odd} of {timeline.steps} steps of time are not near 1/{stated_hz:g} s"
        yield Note("rate", "", name, words, odd)
        return
    measured_hz = timeline.regular_steps / timeline.regular_s
    if isfinite(measured_hz) and abs(measured_hz / stated_hz - 1) > RATE_TOLERANCE:
        yield Note("rate", "", name, f"times run at {measured_hz:g} Hz over the whole file, not {stated_hz:g} Hz")
