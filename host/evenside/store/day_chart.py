"""The chart of a metric over days: what is usual, the EWMA of what exceeds it, its limit, and where it was left.

Worked out anew from all days whenever one of them changed, so that it is always what the days say; the newest day may
not be over and is not judged. The rule is ``evenside_analysis.change``; its limit is wider where more than ten metrics
may speak, and for a metric of which the wearer found less than half of what was said useful. The spread that days are
expected to have before they are known is the SD that the metric's MDC95 stands for (MDC95 = 1.96 √2 SD); 2 AI where
none is known, a design decision.
"""

from __future__ import annotations

import math
import sqlite3

from evenside_analysis.change import ChangeSettings, ChangeState, watch_day
from evenside_analysis.metrics import METRICS

__all__ = ["change_settings", "chart_days", "chart_limit"]

UNKNOWN_SD_AI = 2.0
LIMIT, LIMIT_OF_MANY, MANY = 3.0, 3.5, 10
RATINGS_MIN, LIMIT_STEP = 2, 0.5
_MDC95 = {row.id: row.mdc95_ai for row in METRICS}


def change_settings(metric: str, limit: float = LIMIT) -> ChangeSettings:
    """Of one metric, in AI points. A change below its MDC95 is none."""
    mdc95_ai = _MDC95.get(metric, math.nan)
    if math.isnan(mdc95_ai):
        return ChangeSettings(prior_sd=UNKNOWN_SD_AI, limit=limit)
    return ChangeSettings(prior_sd=mdc95_ai / (1.96 * math.sqrt(2.0)), floor=mdc95_ai, limit=limit)


def chart_limit(connection: sqlite3.Connection, wearer: str, kind: str, metric: str) -> float:
    """How far off, in SDs of the chart, a metric of this wearer must be."""
    (many,) = connection.execute(
        "SELECT count(*) FROM (SELECT DISTINCT metric, site FROM rollup"
        " WHERE wearer = ? AND kind = ? AND span = 'day')",
        (wearer, kind),
    ).fetchone()
    rated, useful = connection.execute(
        "SELECT count(useful), coalesce(sum(useful), 0) FROM message"
        " WHERE wearer = ? AND kind = 'change' AND subject = ?",
        (wearer, metric),
    ).fetchone()
    limit = LIMIT_OF_MANY if many > MANY else LIMIT
    return limit + LIMIT_STEP if rated >= RATINGS_MIN and 2 * useful < rated else limit


def chart_days(connection: sqlite3.Connection, wearer: str, kind: str, metric: str, site: str) -> None:
    """Bring usual_ai, chart_ai, limit_ai and changed of all days up to date, inside the caller's transaction."""
    key = (wearer, kind, metric, site)
    days = connection.execute(
        "SELECT start_ns, ai, usual_ai, chart_ai, limit_ai, changed FROM rollup WHERE wearer = ? AND kind = ?"
        " AND span = 'day' AND metric = ? AND site = ? AND ai IS NOT NULL ORDER BY start_ns",
        key,
    ).fetchall()
    settings, state = change_settings(metric, chart_limit(connection, wearer, kind, metric)), ChangeState()
    for start_ns, ai, *before in days[:-1]:
        state, judged = watch_day(settings, state, ai)
        changed = 1 if judged.raised else -1 if judged.cleared else 0
        limit = max(judged.limit, settings.floor)  # of NaN and a number: NaN, in this order
        after = [None if math.isnan(cell) else cell for cell in (judged.level, judged.chart, limit)]
        if [*after, changed] != before:
            connection.execute(
                "UPDATE rollup SET usual_ai = ?, chart_ai = ?, limit_ai = ?, changed = ? WHERE wearer = ? AND kind = ?"
                " AND span = 'day' AND metric = ? AND site = ? AND start_ns = ?",
                (*after, changed, *key, start_ns),
            )
