"""Contacts and strides as CSV, written while a recording is analysed.

Rows of all nodes stand in the order of time: they are held until every node is well past them, so memory does not grow
with the recording. Times are seconds from the recording's first sample.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from evenside.errors import ReadError
from evenside.offline.fold import Listener
from evenside_analysis.report import Report
from evenside_analysis.types import Event, Flag, Side

__all__ = ["EVENT_COLUMNS", "STRIDE_COLUMNS", "OrderedCsv", "event_listener", "stride_listener", "table_path"]

_HOLD_S = 120.0
"""No report is later than this after what it reports, as long as every node goes on."""

_EVENTS = {Event.IC: "ic", Event.TC: "tc", Event.HEEL_RISE: "heel_rise", Event.FOOT_FLAT: "foot_flat"}
_FLAGS = {
    "turn": Flag.TURN,
    "stairs": Flag.STAIRS,
    "first": Flag.FIRST,
    "last": Flag.LAST,
    "gap": Flag.GAP,
    "guessed": Flag.GUESSED,
    "clipped": Flag.CLIPPED,
    "running": Flag.RUNNING,
}
_STAIRS = {1: "up", -1: "down"}

EVENT_COLUMNS = ("time_s", "side", "node", "event")
STRIDE_COLUMNS = (
    *("node", "side", "initial_contact_s", "terminal_contact_s", "next_initial_contact_s"),
    *_FLAGS,
    *("stride_time_s", "stance_time_s", "swing_time_s", "peak_force_n", "impulse_n_s"),
    *("climb_m", "climbs"),
)


def table_path(given: Path, recording: str, several: bool) -> Path:
    """The file for one recording: ``given``, or in the folder ``given`` the recording's name with ``.csv``.

    Raises:
        ReadError: several recordings and one file.
    """
    if given.is_dir() or (several and not given.suffix):
        return given / f"{recording}.csv"
    if several:
        raise ReadError(f"{given}: several recordings cannot share one table", mend="give a folder")
    return given


class OrderedCsv:
    """A CSV file whose rows come nearly in the order of time and stand in it exactly."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        """Raises ReadError: the file cannot be written."""
        self._held: list[tuple[float, int, Sequence[object]]] = []
        self._count = 0
        self._file = _open(path)
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._csv.writerow(header)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.write_until(float("inf"))
        self._file.close()

    def hold(self, time_s: float, row: Sequence[object]) -> None:
        """Take a row; rows of one time keep their order."""
        heappush(self._held, (time_s, self._count, row))
        self._count += 1

    def write_until(self, time_s: float) -> None:
        """No row before ``time_s`` will come any more."""
        while self._held and self._held[0][0] < time_s:
            self._csv.writerow(heappop(self._held)[2])


def event_listener(table: OrderedCsv, sides: Mapping[str, Side], zero_s: float = 0.0) -> Listener:
    """Writes initial and terminal contacts, of foot IMUs also heel rise and foot flat, under EVENT_COLUMNS."""

    def listen(report: Report, passed_s: float) -> None:
        for found in report.contacts:
            for time_s, kind in zip(found.contacts.time_s.tolist(), found.contacts.kind.tolist(), strict=True):
                table.hold(time_s, (_cell(time_s - zero_s), sides[found.node], found.node, _EVENTS[Event(kind)]))
        table.write_until(passed_s - _HOLD_S)

    return listen


def stride_listener(table: OrderedCsv, sides: Mapping[str, Side], zero_s: float = 0.0) -> Listener:
    """Writes one row a stride under STRIDE_COLUMNS: its times, its flags as 0 or 1, and what was measured of it.

    A cell is empty where something was not measured; a last stance has no swing. ``climbs`` is ``up`` or ``down`` where
    the swing of the stride goes to another step of stairs.
    """

    def listen(report: Report, passed_s: float) -> None:
        for found in report.strides:
            one, side = found.strides, sides[found.node]
            columns = (one.start_s, one.toe_off_s, one.end_s, one.flags, one.peak_force_n, one.impulse_n_s)
            for start_s, toe_off_s, end_s, flags, peak_n, impulse_n_s, climb_m, stairs in zip(
                *(column.tolist() for column in (*columns, one.climb_m, one.stairs)), strict=True
            ):
                swung = end_s > toe_off_s
                times = (start_s - zero_s, toe_off_s - zero_s, end_s - zero_s if swung else math.nan)
                spans = (end_s - start_s, toe_off_s - start_s, end_s - toe_off_s)
                measured = (*(span if swung or place == 1 else math.nan for place, span in enumerate(spans)), peak_n)
                row = (
                    *(found.node, side, *map(_cell, times)),
                    *(int(bool(flags & flag)) for flag in _FLAGS.values()),
                    *map(_cell, (*measured, impulse_n_s, climb_m)),
                    _STAIRS.get(stairs, ""),
                )
                table.hold(end_s, row)
        table.write_until(passed_s - _HOLD_S)

    return listen


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6f}"


def _open(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise ReadError(f"{path}: {error.strerror}", mend="give a place that this user can write") from error
