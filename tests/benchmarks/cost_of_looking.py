"""How long the queries of Today and Trend take over the embedded store: a month of figures, and a year of roll-ups.

One wearer, 16 h a day, a figure every 10 s of each of ten metrics. Milliseconds of each query, from a connection of
its own that has been used before, as Grafana's is.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import astuple, replace
from pathlib import Path
from typing import cast

import numpy as np

from evenside.dashboards import Sqlite, dashboard
from evenside.local_time import stretch_of, zone_named
from evenside.store import Roller, SessionRow, Store, series_points
from evenside.store.insert import FIGURE_COLUMNS
from evenside.store.series_reader import SeriesKey
from evenside_analysis.types import Figure

RUNS = 40
DAYS, YEAR = 30, 365
HOURS = 16
S = 1_000_000_000
ZONE = "Europe/Berlin"
END_NS = 1_794_787_200 * S  # a midnight of that place
FIGURE = Figure(
    *("stance_time", "foot", 0.0, 60.0, 40, 40, 0.6, 0.02, 40, 0.63, 0.03, 0.03, 2.0, 1.0, 3.0, 1.0, 4.5, 2, "right"),
    *("", 0.99, 0.95, 0.0012),
)
SERIES = [
    *((name, "foot") for name in ("step_time", "stride_time", "stance_time", "swing_time", "double_support", "impact")),
    *((name, "insole") for name in ("peak_force", "impulse", "load_share")),
    ("load_share", "strap"),
]


def run(folder: Path, hours: float, seconds: float) -> None:
    path = folder / "looking.sqlite"
    begun_s = time.perf_counter()
    _fill(path)
    filled_s = time.perf_counter() - begun_s
    begun_s = time.perf_counter()
    with Roller(path) as roller:
        days = roller.all_due()
    print(
        f"{DAYS} days of figures: {path.stat().st_size / 1e6:.0f} MB, filled in {filled_s:.0f} s; "
        f"roll-ups: {1000 * (time.perf_counter() - begun_s) / days:.0f} ms a day"
    )
    _fill_year(path)
    day_ns = 86_400 * S
    _look(path, "today", "Today, of the last day", END_NS - day_ns, END_NS, 60)
    _look(path, "trend", f"Trend, of {DAYS} days", END_NS - DAYS * day_ns, END_NS, 21_600)
    _look(path, "trend", f"Trend, of {YEAR} days", END_NS - YEAR * day_ns, END_NS, 21_600)
    for by, span in (("window", 1), ("hour", DAYS), ("day", YEAR)):
        key = SeriesKey("me", "stance_time", "foot", "run")
        took = [_took_ms(series_points, path, key, by, END_NS - span * day_ns, END_NS) for _ in range(RUNS)]
        p50, p95 = np.percentile(took, (50, 95))
        print(f"evenside query, {span} days by {by}: p50 {p50:.1f} ms, p95 {p95:.1f} ms")


def _fill(path: Path) -> None:
    """As the daemon would, but in bulk."""
    columns = ("session", "kind", "ts_ns", *FIGURE_COLUMNS)
    rng = np.random.default_rng(1)
    with Store.open(path) as store:
        for day in range(DAYS):
            started_ns = END_NS - (DAYS - day) * 86_400 * S + 7 * 3600 * S
            store.submit([SessionRow(f"day {day}", "me", "run", started_ns, "0.1.0", zone=ZONE)]).result(60)
    with closing(sqlite3.connect(path)) as connection:
        for day in range(DAYS):
            started_ns = END_NS - (DAYS - day) * 86_400 * S + 7 * 3600 * S
            rows = []
            for second in range(60, HOURS * 3600, 10):
                for metric, site in SERIES:
                    ai = float(rng.normal(2.0, 1.0))
                    figure = replace(
                        FIGURE,
                        metric=metric,
                        site=site,
                        start_s=second - 60.0,
                        end_s=float(second),
                        ai=ai,
                        ai_lo=ai - 1,
                        ai_hi=ai + 1,
                    )
                    rows.append((f"day {day}", "window", started_ns + second * S, *astuple(figure)))
            places = ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO figure({', '.join(columns)}) VALUES({places})", rows)
            connection.execute(
                "INSERT OR IGNORE INTO rollup_due SELECT session, ts_ns / 900000000000, 1 FROM figure"
                " WHERE session = ? GROUP BY 2",
                (f"day {day}",),
            )
            connection.commit()


def _fill_year(path: Path) -> None:
    """Roll-ups of the days before, whose figures are gone."""
    zone = zone_named(ZONE)
    with closing(sqlite3.connect(path)) as connection:
        for day in range(DAYS, YEAR):
            at_ns = END_NS - day * 86_400 * S - 12 * 3600 * S
            stretches = [("day", stretch_of("day", zone, at_ns))]
            stretches += [("hour", stretch_of("hour", zone, at_ns + (k - 8) * 3600 * S)) for k in range(HOURS)]
            connection.executemany(
                "INSERT OR IGNORE INTO rollup(wearer, kind, span, metric, site, start_ns, end_ns, name, windows, given,"
                " ai, ai_p10, ai_p90, left_mean, right_mean, claimed, to_left, to_right, completeness_left,"
                " completeness_right, sync_error_s)"
                " VALUES('me', 'run', ?, ?, ?, ?, ?, ?, 360, 350, 2, 1, 3, 0.6, 0.63, 300, 0, 300, 0.99, 0.95, 0.001)",
                [
                    (span, metric, site, stretch.start_ns, stretch.end_ns, stretch.name)
                    for span, stretch in stretches
                    for metric, site in SERIES
                ],
            )
        connection.commit()


def _look(path: Path, board: str, what: str, from_ns: int, to_ns: int, interval_s: int) -> None:
    panels = cast(list[dict[str, object]], dashboard(board, Sqlite())["panels"])
    every: list[float] = []
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        for panel in panels:
            took: list[float] = []
            for target in cast(list[dict[str, object]], panel["targets"]):
                sql = _filled(str(target["queryText"]), from_ns, to_ns, interval_s)
                took += [_took_ms(lambda sql: connection.execute(sql).fetchall(), sql) for _ in range(RUNS)]
            every += took
            print(f"  {what}: p95 {np.percentile(took, 95):6.1f} ms  {panel['title']}")
    print(f"{what}: p50 {np.percentile(every, 50):.1f} ms, p95 {np.percentile(every, 95):.1f} ms")


def _filled(sql: str, from_ns: int, to_ns: int, interval_s: int) -> str:
    given = {"wearer": "me", "kind": "run", "site": "foot", "metric": "stance_time"}
    sql = re.sub(r"\$\{(\w+):\w+\}", lambda found: f"'{given[found[1]]}'", sql)
    sql = sql.replace("$__interval_ms", str(1000 * interval_s))
    return sql.replace("$__from", str(from_ns // 10**6)).replace("$__to", str(to_ns // 10**6))


def _took_ms(call: Callable[..., object], *given: object) -> float:
    begun_s = time.perf_counter()
    call(*given)
    return 1000 * (time.perf_counter() - begun_s)
