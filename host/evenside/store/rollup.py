"""Figures by hour and by day of the wearer's local time, so that a year is read in a moment.

Strategy: whoever inserts a figure marks its quarter of an hour as due, in the same transaction. From time to time the
due hours and days are worked out anew from all their figures and stored; the mark goes in that transaction, unless more
came in meanwhile. So a roll-up is always what its figures say, whatever the order in which they came and whatever was
killed. Its day is that of the time zone which the session was begun in: a later change of the zone moves nothing.
A roll-up never gets poorer: where figures were pruned it stays as it was. A figure belongs where its window ends.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from evenside.local_time import Span, Stretch, stretch_of, zone_named
from evenside.store.day_chart import chart_days
from evenside.store.health import store_error
from evenside.store.schema import connect_writer

__all__ = ["DUE_SLOT_NS", "Roller", "mark_due"]

DUE_SLOT_NS = 900 * 1_000_000_000  # every zone's hours begin at a whole one of these
_MARKS = 4000  # of one round
_COLUMNS = (
    "wearer, kind, span, metric, site, start_ns, end_ns, name, windows, given, ai, ai_p10, ai_p90, left_mean,"
    " right_mean, claimed, completeness_left, completeness_right, sync_error_s"
)
_FIGURE = "metric, site, ts_ns, ai, left_mean, right_mean, claim, completeness_left, completeness_right, sync_error_s"

_Figure = tuple[str, str, int, float | None, float | None, float | None, int, float | None, float | None, float | None]
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
            day = _Day(wearer, kind, stretch_of("day", zone_named(zone), slot * DUE_SLOT_NS))
            found[day].append(_Mark(session, slot, rev))
        return found

    def _day(self, day: _Day, marks: Sequence[_Mark]) -> None:
        due_hours: set[Stretch] = set()
        by_day: list[_Figure] = []
        by_hour: dict[Stretch, list[_Figure]] = defaultdict(list)
        slots = {mark.slot for mark in marks}
        for session, zone_name in self._sessions(day):
            zone = zone_named(zone_name)
            if stretch_of("day", zone, day.stretch.start_ns) != day.stretch:
                continue  # begun in another zone, where this is no day
            due_hours |= {stretch_of("hour", zone, slot * DUE_SLOT_NS) for slot in slots}
            for figure in self._figures(session, day.stretch):
                by_day.append(figure)
                by_hour[stretch_of("hour", zone, figure[2])].append(figure)
        rows = [cells for stretch in sorted(due_hours, key=lambda hour: hour.start_ns) if stretch in by_hour
                for cells in _rolled(day, "hour", stretch, by_hour[stretch])]  # fmt: skip
        rows += _rolled(day, "day", day.stretch, by_day)
        with self._transaction() as connection:
            _put(connection, rows)
            for metric, site in {(figure[0], figure[1]) for figure in by_day}:
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

    def _figures(self, session: str, stretch: Stretch) -> list[_Figure]:
        return self._connection.execute(
            f"SELECT {_FIGURE} FROM figure WHERE session = ? AND kind = 'window' AND ts_ns >= ? AND ts_ns < ?"
            " ORDER BY ts_ns",
            (session, stretch.start_ns, stretch.end_ns),
        ).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def _put(connection: sqlite3.Connection, rows: Iterable[_Cells]) -> None:
    updated = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[6:])
    places = ", ".join("?" * len(_COLUMNS.split(", ")))
    connection.executemany(
        f"INSERT INTO rollup({_COLUMNS}) VALUES({places}) ON CONFLICT DO UPDATE SET {updated}"
        " WHERE excluded.windows >= rollup.windows",
        rows,
    )


def _rolled(day: _Day, span: Span, stretch: Stretch, figures: Iterable[_Figure]) -> list[_Cells]:
    """One row for each metric and site; medians of what is known, NaN (NULL) where nothing is."""
    groups: dict[tuple[str, str], list[_Figure]] = defaultdict(list)
    for figure in figures:
        groups[figure[:2]].append(figure)
    rows: list[_Cells] = []
    for (metric, site), group in sorted(groups.items()):
        cells = np.array([figure[3:] for figure in group], dtype=np.float64)  # None becomes NaN
        ai, left, right, claim, complete_left, complete_right, sync = cells.T
        known = ai[np.isfinite(ai)]
        low, middle, high = np.percentile(known, (10.0, 50.0, 90.0)).tolist() if known.size else (None, None, None)
        rows.append(
            (
                *(day.wearer, day.kind, span, metric, site, stretch.start_ns, stretch.end_ns, stretch.name),
                *(len(group), int(known.size), middle, low, high, _mean(left), _mean(right)),
                *(int(np.count_nonzero(claim >= 1.0)), _mean(complete_left), _mean(complete_right), _largest(sync)),
            )
        )
    return rows


def _mean(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float | None:
    known = column[np.isfinite(column)]
    return float(known.mean()) if known.size else None


def _largest(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float | None:
    known = column[np.isfinite(column)]
    return float(known.max()) if known.size else None
