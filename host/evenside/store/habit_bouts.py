"""Bouts of habits as they were stored: one event each, of sessions that were run, in the order of time."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from evenside.store.health import store_error
from evenside.store.schema import connect_reader

__all__ = ["StoredBout", "habit_bouts", "habit_wearers"]


@dataclass(frozen=True, slots=True)
class StoredBout:
    """``start_ns``: UTC; ``zone``: that of its session. ``values``: what else was measured, by name with its unit."""

    wearer: str
    kind: str
    side: str
    place: str
    start_ns: int
    lasted_s: float
    zone: str
    values: dict[str, float]


def habit_bouts(path: Path, wearer: str, since_ns: int) -> list[StoredBout]:
    """Of one wearer, those that ended after this moment. What is no such event is passed over.

    Raises:
        StoreError: there is no store, or it cannot be read.
    """
    with closing(connect_reader(path)) as connection:
        try:
            rows = connection.execute(
                "SELECT session.wearer, event.node, event.ts_ns, event.time_s, event.detail, session.zone FROM event"
                " JOIN session ON session.id = event.session WHERE session.kind = 'run' AND session.wearer = ?"
                " AND event.kind = 'habit' AND event.ts_ns > ? ORDER BY event.ts_ns, event.seq",
                (wearer, since_ns),
            ).fetchall()
        except sqlite3.Error as error:
            raise store_error(error, path) from error
    found = [_bout(*row) for row in rows]
    return [bout for bout in found if bout is not None]


def habit_wearers(path: Path) -> list[str]:
    """Who was ever monitored.

    Raises:
        StoreError: there is no store, or it cannot be read.
    """
    with closing(connect_reader(path)) as connection:
        try:
            rows = connection.execute("SELECT DISTINCT wearer FROM session WHERE kind = 'run' ORDER BY wearer")
            return [str(name) for (name,) in rows]
        except sqlite3.Error as error:
            raise store_error(error, path) from error


def _bout(wearer: str, place: str, ts_ns: int, time_s: float, detail: str, zone: str) -> StoredBout | None:
    try:
        cells = json.loads(detail)
        kind, side = cells.pop("kind"), cells.pop("side")
        lasted_s = float(cells.pop("end_s")) - float(cells.pop("start_s"))
        values = {name: float(value) for name, value in cells.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return StoredBout(wearer, str(kind), str(side), place, ts_ns - round(lasted_s * 1e9), lasted_s, zone, values)
