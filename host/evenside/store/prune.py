"""What is older than its tier allows goes, in small steps, and never before it is in the roll-ups.

Tiers: figures of single windows, roll-ups by hour and by quarter of an hour, and events with alerts and status of
nodes. Roll-ups by day, figures of whole sessions and the sessions themselves always stay. Each step is a short
transaction, so that whoever writes beside it hardly waits. Freed pages are used again; ``compact`` gives them back to
the disk.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from evenside.errors import StoreError
from evenside.store.health import store_error
from evenside.store.rollup import DUE_SLOT_NS, Roller
from evenside.store.schema import connect_writer

__all__ = ["Pruned", "Retention", "compact", "prune"]

DAY_NS = 86_400 * 1_000_000_000
_STEP_NS = 6 * 3600 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days each tier is kept; None: for ever.

    Raises:
        ValueError: less than a day.
    """

    figures_days: float | None = None
    hours_days: float | None = None
    events_days: float | None = None

    def __post_init__(self) -> None:
        for days in (self.figures_days, self.hours_days, self.events_days):
            if days is not None and not days >= 1.0:
                raise ValueError(f"{self}: a tier is kept for at least 1 day, or for ever (None)")

    @property
    def anything(self) -> bool:
        return any(days is not None for days in (self.figures_days, self.hours_days, self.events_days))


@dataclass(frozen=True, slots=True)
class Pruned:
    """Rows that went."""

    figures: int = 0
    hours: int = 0
    events: int = 0

    @property
    def total(self) -> int:
        return self.figures + self.hours + self.events


def prune(path: Path, retention: Retention, now_ns: int, ending: Callable[[], bool] = lambda: False) -> Pruned:
    """Bring the roll-ups up to date, then let go what is too old. May be broken off at any moment, as by ``ending``.

    Raises:
        StoreError: the disk is in the way, or the file is locked for long.
    """
    with Roller(path) as roller:
        while not ending() and roller.round(days_max=10):
            pass
    with closing(connect_writer(path)) as connection:
        try:
            return Pruned(
                figures=_figures(connection, _before(retention.figures_days, now_ns), ending),
                hours=_hours(connection, _before(retention.hours_days, now_ns)),
                events=_events(connection, _before(retention.events_days, now_ns)),
            )
        except sqlite3.Error as error:
            raise store_error(error, path) from error


def compact(path: Path) -> int:
    """Give free pages back to the disk, also beside a running daemon, whose rows wait meanwhile. Returns bytes freed.

    Raises:
        StoreError: there is no store or no room for its copy, or the file is locked for long.
    """
    if not path.is_file():
        raise StoreError(f"there is no store at {path}", mend="start the daemon once, or give the right path")
    before = _size(path)
    free = shutil.disk_usage(path.parent).free
    if free < 2 * before:
        raise StoreError(
            f"compacting {path} takes up to {2 * before / 1e6:.0f} MB for a while, {free / 1e6:.0f} MB are free",
            mend="free space on its disk first",
        )
    with closing(connect_writer(path)) as connection:
        try:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise store_error(error, path) from error
    return max(0, before - _size(path))


def _before(days: float | None, now_ns: int) -> int | None:
    return None if days is None else now_ns - round(days * DAY_NS)


def _figures(connection: sqlite3.Connection, before_ns: int | None, ending: Callable[[], bool]) -> int:
    if before_ns is None:
        return 0
    gone = 0
    # What came in after the roll-up was made waits for the next time.
    sessions = connection.execute(
        "SELECT id FROM session WHERE started_ns < ?1 AND NOT EXISTS"
        " (SELECT 1 FROM rollup_due AS due WHERE due.session = session.id AND due.slot < ?2) ORDER BY started_ns",
        (before_ns, -(-before_ns // DUE_SLOT_NS)),
    ).fetchall()
    for (session,) in sessions:
        for first_ns, end_ns in _steps(connection, session, before_ns):
            if ending():
                return gone
            gone += _delete(
                connection,
                "DELETE FROM figure WHERE session = ? AND kind = 'window' AND ts_ns >= ? AND ts_ns < ?",
                (session, first_ns, end_ns),
            )
    return gone


def _steps(connection: sqlite3.Connection, session: str, before_ns: int) -> Iterator[tuple[int, int]]:
    (first_ns,) = connection.execute(
        "SELECT min(ts_ns) FROM figure WHERE session = ? AND kind = 'window'", (session,)
    ).fetchone()
    while first_ns is not None and first_ns < before_ns:
        end_ns = min(first_ns + _STEP_NS, before_ns)
        yield first_ns, end_ns
        (first_ns,) = connection.execute(
            "SELECT min(ts_ns) FROM figure WHERE session = ? AND kind = 'window' AND ts_ns >= ?", (session, end_ns)
        ).fetchone()


def _hours(connection: sqlite3.Connection, before_ns: int | None) -> int:
    if before_ns is None:
        return 0
    keys = connection.execute("SELECT DISTINCT wearer, kind, metric, site FROM rollup WHERE span != 'day'").fetchall()
    return sum(
        _delete(
            connection,
            "DELETE FROM rollup WHERE wearer = ? AND kind = ? AND metric = ? AND site = ? AND span != 'day'"
            " AND end_ns <= ?",
            (*key, before_ns),
        )
        for key in keys
    )


def _events(connection: sqlite3.Connection, before_ns: int | None) -> int:
    if before_ns is None:
        return 0
    gone = 0
    sessions = connection.execute("SELECT id FROM session WHERE started_ns < ?", (before_ns,)).fetchall()
    for (session,) in sessions:
        for table in ("event", "alert", "node_status"):
            gone += _delete(connection, f"DELETE FROM {table} WHERE session = ? AND ts_ns < ?", (session, before_ns))
    # What waits for its moment stays, however old; a snooze that is over says nothing any more.
    gone += _delete(
        connection,
        "DELETE FROM message WHERE at_ns < ? AND state NOT IN ('new', 'held', 'digest')",
        (before_ns,),
    )
    return gone + _delete(connection, "DELETE FROM snooze WHERE until_ns < ?", (before_ns,))


def _delete(connection: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> int:
    """One transaction of its own."""
    return connection.execute(statement, values).rowcount


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in (path, Path(f"{path}-wal")) if file.exists())
