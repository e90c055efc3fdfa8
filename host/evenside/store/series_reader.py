"""One metric over a span of time, by window, hour or day: for tables, files and pictures.

Read-only, beside a running daemon. Hours and days come from the roll-ups, which are a few minutes behind; a whole year
by day is read in milliseconds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Literal

from evenside.store.health import store_error
from evenside.store.schema import connect_reader

__all__ = ["By", "SeriesKey", "SeriesPoint", "series_keys", "series_points"]

By = Literal["window", "hour", "day"]


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """What there is. ``kind``: of the sessions it comes from."""

    wearer: str
    metric: str
    site: str
    kind: str


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """One figure, or the median of those of an hour or a day. ``name`` is its local hour or day, "" for a window.

    ``ai_low`` and ``ai_high``: the 95 % interval of a window, the 10th and 90th percentile of an hour or day.
    ``windows`` were measured, ``given`` of them have an AI. NaN where a value is not known. ``reason``: of a window.
    """

    start_ns: int
    end_ns: int
    name: str
    ai: float
    ai_low: float
    ai_high: float
    left: float
    right: float
    windows: int
    given: int
    completeness_left: float
    completeness_right: float
    reason: str = ""


def series_keys(path: Path) -> list[SeriesKey]:
    """Every series there is, sorted.

    Raises:
        StoreError: there is no store, or it cannot be read.
    """
    with closing(connect_reader(path)) as connection:
        try:
            rows = connection.execute(
                "SELECT DISTINCT wearer, metric, site, kind FROM rollup WHERE span = 'day' UNION"
                " SELECT DISTINCT session.wearer, figure.metric, figure.site, session.kind FROM rollup_due AS due"
                " JOIN session ON session.id = due.session JOIN figure ON figure.session = due.session"
                " AND figure.kind = 'window' AND figure.ts_ns / 900000000000 = due.slot ORDER BY 1, 2, 3, 4"
            ).fetchall()
        except sqlite3.Error as error:
            raise store_error(error, path) from error
    return [SeriesKey(*row) for row in rows]


def series_points(path: Path, key: SeriesKey, by: By, from_ns: int, to_ns: int) -> list[SeriesPoint]:
    """Those that end after ``from_ns`` and begin before ``to_ns``, in the order of time.

    Raises:
        StoreError: there is no store, or it cannot be read.
    """
    with closing(connect_reader(path)) as connection:
        try:
            if by == "window":
                return list(_windows(connection, key, from_ns, to_ns))
            return list(_rolled(connection, key, by, from_ns, to_ns))
        except sqlite3.Error as error:
            raise store_error(error, path) from error


def _windows(connection: sqlite3.Connection, key: SeriesKey, from_ns: int, to_ns: int) -> Iterator[SeriesPoint]:
    rows = connection.execute(
        "SELECT session.started_ns, figure.start_s, figure.ts_ns, ai, ai_lo, ai_hi, left_mean, right_mean,"
        " completeness_left, completeness_right, reason FROM session CROSS JOIN figure ON figure.session = session.id"
        " AND figure.kind = 'window' AND metric = ? AND site = ? AND ts_ns > ? AND ts_ns <= ?"
        " WHERE wearer = ? AND session.kind = ? AND started_ns < ? ORDER BY figure.ts_ns",
        (key.metric, key.site, from_ns, to_ns, key.wearer, key.kind, to_ns),
    )
    for started_ns, start_s, ts_ns, *cells, reason in rows:
        ai, low, high, left, right, complete_left, complete_right = (nan if cell is None else cell for cell in cells)
        yield SeriesPoint(
            *(started_ns + round(start_s * 1e6) * 1000, ts_ns, "", ai, low, high, left, right, 1, int(ai == ai)),
            *(complete_left, complete_right, reason),
        )


def _rolled(
    connection: sqlite3.Connection, key: SeriesKey, span: str, from_ns: int, to_ns: int
) -> Iterator[SeriesPoint]:
    rows = connection.execute(
        "SELECT start_ns, end_ns, name, windows, given, ai, ai_p10, ai_p90, left_mean, right_mean,"
        " completeness_left, completeness_right FROM rollup WHERE wearer = ? AND kind = ? AND span = ? AND metric = ?"
        " AND site = ? AND end_ns > ? AND start_ns < ? ORDER BY start_ns",
        (key.wearer, key.kind, span, key.metric, key.site, from_ns, to_ns),
    )
    for row in rows:
        start_ns, end_ns, name, windows, given, *cells = row
        ai, low, high, left, right, complete_left, complete_right = (nan if cell is None else cell for cell in cells)
        yield SeriesPoint(
            *(start_ns, end_ns, name, ai, low, high, left, right, windows, given),
            completeness_left=complete_left,
            completeness_right=complete_right,
        )
