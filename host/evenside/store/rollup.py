"""Figures by quarter, hour and day of the wearer's local time, so that a year is read in a moment.

Strategy: whoever inserts a figure marks its quarter of an hour as due, in the same transaction. From time to time the
due quarters, hours and days are worked out anew from all their figures and stored; the mark goes in that transaction,
unless more came in meanwhile. So a roll-up is always what its figures say, whatever the order in which they came and
whatever was killed. Its day is that of the time zone which the session was begun in: a later change of the zone moves
nothing. A roll-up never gets poorer: where figures were pruned it stays as it was. A figure belongs where its window
ends.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from evenside.local_time import Span, Stretch, stretch_of, zone_named
from evenside.store.day_chart import chart_days
from evenside.store.health import store_error
from evenside.store.schema import connect_writer
from evenside.store.transaction import transaction
from evenside_analysis.types import Floats

__all__ = ["DUE_SLOT_NS", "Roller", "mark_due"]

DUE_SLOT_NS = 900 * 1_000_000_000  # every zone's hours begin at a whole one of these
_MARKS = 4000  # of one round
_COLUMNS = (
    "wearer, kind, span, metric, site, start_ns, end_ns, name, windows, given, ai, ai_p10, ai_p90, left_mean,"
    " right_mean, claimed, to_left, to_right, completeness_left, completeness_right, sync_error_s"
)
_FIGURE = "ts_ns, ai, left_mean, right_mean, claim, completeness_left, completeness_right, sync_error_s, side"

_FIGURE_TYPE = np.dtype(
    [(name, {"ts_ns": "i8", "claim": "i8", "side": "U5"}.get(name, "f8")) for name in _FIGURE.split(", ")]
)
_Figures = NDArray[np.void]  # structured, of _FIGURE_TYPE
_Cells = tuple[str | int | float | None, ...]


@dataclass(frozen=True, slots=True)
class _Mark:
    session: str
    slot: int
    rev: int


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of one wearer in sessions of one kind."""

    wearer: str
    kind: str
    stretch: Stretch


def mark_due(connection: sqlite3.Connection, session: str, ts_ns: int) -> None:
    """A figure of this moment was stored; inside the caller's transaction."""
    connection.execute(
        "INSERT INTO rollup_due(session, slot, rev) VALUES(?, ?, 1) ON CONFLICT DO UPDATE SET rev = rev + 1",
        (session, ts_ns // DUE_SLOT_NS),
    )


class Roller:
    """Works out what is due, over a connection of its own. Use it from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Raises StoreError where the store cannot be opened for writing."""
        self._path = path
        self._connection = connect_writer(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def round(self, days_max: int = 1_000_000) -> int:
        """Bring days up to date, the oldest first. Returns how many; 0 when nothing is due any more.

        Raises:
            StoreError: the disk is in the way, or the file is locked for long.
        """
        try:
            marks = self._marks()
            days = sorted(marks, key=lambda day: day.stretch.start_ns)[:days_max]
            for day in days:
                self._day(day, marks[day])
        except sqlite3.Error as error:
            raise store_error(error, self._path) from error
        return len(days)

    def all_due(self) -> int:
        """Rounds until nothing is due. Returns how many days were brought up to date."""
        total = 0
        while count := self.round():
            total += count
        return total

    def _marks(self) -> dict[_Day, list[_Mark]]:
        found: dict[_Day, list[_Mark]] = defaultdict(list)
        rows = self._connection.execute(
            "SELECT due.session, due.slot, due.rev, session.wearer, session.kind, session.zone FROM rollup_due AS due"
            " JOIN session ON session.id = due.session ORDER BY due.slot LIMIT ?",
            (_MARKS,),
        ).fetchall()
        for session, slot, rev, wearer, kind, zone in rows:
            day = _Day(wearer, kind, stretch_of("day", _zone(zone), slot * DUE_SLOT_NS))
            found[day].append(_Mark(session, slot, rev))
        return found

    def _day(self, day: _Day, marks: Sequence[_Mark]) -> None:
        figures: dict[tuple[str, str], list[_Figures]] = defaultdict(list)
        due: set[tuple[Span, Stretch]] = set()
        for session, zone_name in self._sessions(day):
            zone = _zone(zone_name)
            if stretch_of("day", zone, day.stretch.start_ns) != day.stretch:
                continue  # begun in another zone, where this is no day
            spans: tuple[Span, ...] = ("quarter", "hour")
            due |= {(span, stretch_of(span, zone, mark.slot * DUE_SLOT_NS)) for mark in marks for span in spans}
            for metric, site in self._series(session):
                figures[metric, site].append(self._figures(session, metric, site, day.stretch))
        rows: list[_Cells] = []
        for (metric, site), parts in sorted(figures.items()):
            whole = np.concatenate(parts)
            for span, stretch in [*sorted(due, key=lambda one: one[1].start_ns), ("day", day.stretch)]:
                inside = whole[(whole["ts_ns"] >= stretch.start_ns) & (whole["ts_ns"] < stretch.end_ns)]
                if inside.size:
                    rows.append((day.wearer, day.kind, span, metric, site, *_rolled(stretch, inside)))
        with transaction(self._connection) as connection:
            _put(connection, rows)
            for metric, site in figures:
                chart_days(connection, day.wearer, day.kind, metric, site)
            connection.executemany(
                "DELETE FROM rollup_due WHERE session = ? AND slot = ? AND rev = ?",
                [(mark.session, mark.slot, mark.rev) for mark in marks],
            )

    def _sessions(self, day: _Day) -> list[tuple[str, str]]:
        return self._connection.execute(
            "SELECT id, zone FROM session WHERE wearer = ? AND kind = ? AND started_ns < ? ORDER BY started_ns, id",
            (day.wearer, day.kind, day.stretch.end_ns),
        ).fetchall()

    def _series(self, session: str) -> list[tuple[str, str]]:
        """Metrics and sites of a session, each found by one step along the key."""
        found: list[tuple[str, str]] = []
        last = ("", "")
        while True:
            row = self._connection.execute(
                "SELECT metric, site FROM figure WHERE session = ? AND kind = 'window' AND (metric, site) > (?, ?)"
                " ORDER BY metric, site LIMIT 1",
                (session, *last),
            ).fetchone()
            if row is None:
                return found
            last = row
            found.append(row)

    def _figures(self, session: str, metric: str, site: str, stretch: Stretch) -> _Figures:
        rows = self._connection.execute(
            f"SELECT {_FIGURE} FROM figure WHERE session = ? AND kind = 'window' AND metric = ? AND site = ?"
            " AND ts_ns >= ? AND ts_ns < ?",
            (session, metric, site, stretch.start_ns, stretch.end_ns),
        ).fetchall()
        return np.array(rows, _FIGURE_TYPE)  # NULL becomes NaN


def _zone(name: str) -> tzinfo:
    """UTC where this machine does not know the zone: `evenside store check` tells."""
    try:
        return zone_named(name)
    except ValueError:
        return UTC


def _put(connection: sqlite3.Connection, rows: Iterable[_Cells]) -> None:
    updated = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[6:])
    places = ", ".join("?" * len(_COLUMNS.split(", ")))
    connection.executemany(
        f"INSERT INTO rollup({_COLUMNS}) VALUES({places}) ON CONFLICT DO UPDATE SET {updated}"
        " WHERE excluded.windows >= rollup.windows",
        rows,
    )


def _rolled(stretch: Stretch, figures: _Figures) -> _Cells:
    """Medians of what is known; None where nothing is."""
    ai = figures["ai"]
    known = ai[np.isfinite(ai)]
    low, middle, high = np.percentile(known, (10.0, 50.0, 90.0)).tolist() if known.size else (None, None, None)
    sides = [int(np.count_nonzero(figures["side"] == side)) for side in ("left", "right")]
    return (
        *(stretch.start_ns, stretch.end_ns, stretch.name, int(figures.size), int(known.size), middle, low, high),
        *(_mean(figures["left_mean"]), _mean(figures["right_mean"])),
        *(int(np.count_nonzero(figures["claim"] >= 1)), *sides),
        *(_mean(figures["completeness_left"]), _mean(figures["completeness_right"])),
        _largest(figures["sync_error_s"]),
    )


def _mean(column: Floats) -> float | None:
    known = column[np.isfinite(column)]
    return float(known.mean()) if known.size else None


def _largest(column: Floats) -> float | None:
    known = column[np.isfinite(column)]
    return float(known.max()) if known.size else None
