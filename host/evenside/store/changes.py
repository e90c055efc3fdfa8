"""Days on which a metric left what is usual for its wearer, or came back to it: what the chart of days says, read."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from evenside.store.health import store_error
from evenside.store.schema import connect_reader

__all__ = ["ChangedDay", "changed_days"]


@dataclass(frozen=True, slots=True)
class ChangedDay:
    """``raised``: it left the usual, else it is back. AI points; ``name`` is the local day, ``windows`` with an AI.

    ``chart_ai`` is the weighted mean of how far the last days lie off ``usual_ai``, ``day_ai`` the median of this one.
    """

    wearer: str
    metric: str
    site: str
    name: str
    start_ns: int
    end_ns: int
    raised: bool
    day_ai: float
    lo_ai: float
    hi_ai: float
    usual_ai: float
    chart_ai: float
    limit_ai: float
    windows: int
    completeness_left: float
    completeness_right: float
    zone: str


def changed_days(path: Path, since_ns: int) -> list[ChangedDay]:
    """Of sessions that were run, days that ended after this moment, in the order of time.

    Raises:
        StoreError: there is no store, or it cannot be read.
    """
    with closing(connect_reader(path)) as connection:
        try:
            rows = connection.execute(
                "SELECT wearer, metric, site, name, start_ns, end_ns, changed > 0, ai, ai_p10, ai_p90, usual_ai,"
                " chart_ai, limit_ai, given, completeness_left, completeness_right, coalesce((SELECT zone FROM session"
                " WHERE session.wearer = rollup.wearer AND session.kind = 'run' AND started_ns < end_ns"
                " ORDER BY started_ns DESC LIMIT 1), '') FROM rollup"
                " WHERE span = 'day' AND kind = 'run' AND changed != 0 AND end_ns > ?"
                " ORDER BY start_ns, wearer, metric, site",
                (since_ns,),
            ).fetchall()
        except sqlite3.Error as error:
            raise store_error(error, path) from error
    return [_day(row) for row in rows]


def _day(cells: tuple[Any, ...]) -> ChangedDay:
    known: dict[str, Any] = {field.name: cell for field, cell in zip(fields(ChangedDay), cells, strict=True)}
    for name, cell in known.items():
        known[name] = math.nan if cell is None else cell
    known["raised"] = bool(known["raised"])
    return ChangedDay(**known)
