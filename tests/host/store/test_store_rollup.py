"""Roll-ups are what their figures say: in any order, over days of any length, killed or not, pruned or not."""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenside.local_time import stretch_of, zone_named
from evenside.store import FigureRow, Roller, Row, SessionRow, Store
from evenside.store.day_chart import change_settings
from evenside_analysis.change import ChangeState, watch_day
from evenside_analysis.types import Figure

S = 1_000_000_000
AUTUMN_NS = round(datetime(2026, 10, 24, 21, tzinfo=UTC).timestamp()) * S  # an hour before a day of 25 in Berlin
FIGURE = Figure(
    *("stance_time", "foot", 0.0, 60.0, 40, 40, 0.6, 0.02, 40, 0.63, 0.03, 0.03, 4.9, 3.0, 6.8, 1.0, 4.5, 2, "right"),
    *("", 1.0, 0.98, 0.001),
)


def figure(end_s: float, ai: float, metric: str = "stance_time") -> Figure:
    return replace(FIGURE, metric=metric, start_s=end_s - 60, end_s=end_s, ai=ai, claim=0 if math.isnan(ai) else 1)


def session(name: str, started_ns: int = AUTUMN_NS, zone: str = "Europe/Berlin", wearer: str = "w") -> SessionRow:
    return SessionRow(name, wearer, "run", started_ns, "0.1.0", zone=zone)


def rollups(path: Path, span: str, columns: str = "start_ns, windows, given, ai") -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(
            f"SELECT {columns} FROM rollup WHERE span = ? ORDER BY wearer, metric, site, start_ns", (span,)
        ).fetchall()
    finally:
        connection.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.sqlite") as opened:
        yield opened


def put(store: Store, rows: Sequence[Row]) -> None:
    store.submit(rows).result(30)


def roll(store: Store) -> int:
    with Roller(store.path) as roller:
        return roller.all_due()


def test_days_are_those_of_the_wearer_also_where_the_clocks_go_back(store: Store) -> None:
    put(store, [session("a"), *(FigureRow("a", "window", figure(1800.0 + 3600 * hour, hour)) for hour in range(27))])
    assert roll(store) == 3
    names = [row[0] for row in rollups(store.path, "day", "name")]
    assert names == ["2026-10-24", "2026-10-25", "2026-10-26"]
    assert [row[1:] for row in rollups(store.path, "day")] == [(1, 1, 0.0), (25, 25, 13.0), (1, 1, 26.0)]
    hours = rollups(store.path, "hour", "name")
    assert len(hours) == 27
    assert hours.count(("2026-10-25 02:00",)) == 2


def test_withheld_figures_count_as_windows_and_give_no_value(store: Store) -> None:
    put(
        store,
        [session("a"), *(FigureRow("a", "window", figure(60.0 * k, math.nan if k % 2 else 7.0)) for k in range(1, 6))],
    )
    roll(store)
    assert [row[1:] for row in rollups(store.path, "day")] == [(5, 2, 7.0)]
    (means,) = rollups(store.path, "day", "claimed, left_mean, completeness_right, sync_error_s")
    assert means == pytest.approx((2, 0.6, 0.98, 0.001))


def test_where_nothing_is_known_there_is_no_number(store: Store) -> None:
    put(store, [session("a"), FigureRow("a", "window", figure(60.0, math.nan))])
    roll(store)
    assert rollups(store.path, "hour", "windows, given, ai, ai_p10, ai_p90") == [(1, 0, None, None, None)]


def test_the_summary_of_a_session_is_in_no_roll_up(store: Store) -> None:
    put(store, [session("a"), FigureRow("a", "session", figure(60.0, 3.0))])
    assert roll(store) == 0


def test_sessions_of_one_wearer_and_day_go_together_and_others_stay_apart(store: Store) -> None:
    later_ns = AUTUMN_NS + 5 * 3600 * S
    for row in (session("a"), session("b", later_ns, zone="Europe/Paris"), session("c", later_ns, wearer="v")):
        put(store, [row, FigureRow(row.id, "window", figure(7200.0, float(len(row.wearer) + ord(row.id))))])
    roll(store)
    found = rollups(store.path, "day", "wearer, name, windows, ai")
    assert found == [("v", "2026-10-25", 1, 100.0), ("w", "2026-10-25", 2, 98.5)]


def test_a_session_in_another_zone_has_days_of_its_own(store: Store) -> None:
    put(store, [session("a"), FigureRow("a", "window", figure(7200.0, 1.0))])
    put(store, [session("b", zone="Asia/Kathmandu"), FigureRow("b", "window", figure(7200.0, 5.0))])
    roll(store)
    assert sorted(row[1:] for row in rollups(store.path, "day", "start_ns, name, ai")) == [
        ("2026-10-25", 1.0),
        ("2026-10-25", 5.0),
    ]


def test_a_zone_that_this_machine_does_not_know_holds_up_nothing(store: Store) -> None:
    put(store, [session("a", zone="No/Where"), FigureRow("a", "window", figure(60.0, 1.0))])
    assert roll(store) == 1
    assert rollups(store.path, "day", "name") == [("2026-10-24",)]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(
        st.lists(
            st.tuples(st.integers(6, 40 * 360), st.floats(-20, 20) | st.just(math.nan), st.sampled_from(["a", "b"])),
            max_size=6,
        ),
        max_size=5,
    ),
    zone=st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]),
)
def test_in_whatever_pieces_figures_come_the_roll_up_is_that_of_all(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[list[tuple[int, float, str]]], zone: str
) -> None:
    path = tmp_path_factory.mktemp("rollup") / "store.sqlite"
    expected: dict[tuple[str, int], dict[int, float]] = defaultdict(dict)
    with Store.open(path) as store, Roller(path) as roller:
        put(store, [session("s", zone=zone)])
        for cut in cuts:
            put(store, [FigureRow("s", "window", figure(10.0 * place, ai, metric)) for place, ai, metric in cut])
            for place, ai, metric in cut:
                ts_ns = AUTUMN_NS + place * 10 * S
                day = stretch_of("day", zone_named(zone), ts_ns)
                expected[metric, day.start_ns].setdefault(ts_ns, ai)  # a figure that is there stays as it is
            roller.round(days_max=1)
        roller.all_due()
        assert roller.round() == 0
    found = {(row[0], row[1]): row[2:] for row in rollups(path, "day", "metric, start_ns, windows, ai")}
    wanted = {}
    for key, figures in expected.items():
        known = [ai for ai in figures.values() if not math.isnan(ai)]
        wanted[key] = (len(figures), pytest.approx(median(known)) if known else None)
    assert found == wanted


def test_what_comes_in_while_a_day_is_worked_out_is_not_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, [session("a"), FigureRow("a", "window", figure(60.0, 1.0))])
    with Roller(store.path) as roller:
        read = roller._figures

        def read_and_more(*arguments: object) -> object:
            found = read(*arguments)  # type: ignore[arg-type]
            put(store, [FigureRow("a", "window", figure(120.0, 3.0))])
            return found

        monkeypatch.setattr(roller, "_figures", read_and_more)
        assert roller.round() == 1
        monkeypatch.undo()
        assert rollups(store.path, "day")[0][1:] == (1, 1, 1.0)
        assert roller.round() == 1
    assert rollups(store.path, "day")[0][1:] == (2, 2, 2.0)


def test_a_roll_up_does_not_get_poorer_when_its_figures_are_gone(store: Store) -> None:
    put(store, [session("a"), *(FigureRow("a", "window", figure(60.0 * k, 5.0)) for k in range(1, 10))])
    roll(store)
    connection = sqlite3.connect(store.path)
    connection.execute("DELETE FROM figure")
    connection.commit()
    connection.close()
    put(store, [FigureRow("a", "window", figure(1000.0, -5.0))])
    roll(store)
    assert rollups(store.path, "day")[0][1:] == (9, 9, 5.0)


def test_the_chart_of_days_is_that_of_the_analysis_and_leaves_out_the_newest(store: Store) -> None:
    values = [0.5 * (k % 3) for k in range(28)] + [30.0] * 8
    day_s = 86400.0
    rows: list[Row] = [session("a", AUTUMN_NS, zone="")]
    rows += [FigureRow("a", "window", figure(day_s * k + 36000.0, ai)) for k, ai in enumerate(values)]
    put(store, rows)
    roll(store)
    found = rollups(store.path, "day", "ai, usual_ai, chart_ai, changed")
    state, wanted = ChangeState(), []
    for value in values[:-1]:
        state, judged = watch_day(change_settings("stance_time"), state, value)
        known = None if math.isnan(judged.level) else judged.level
        wanted.append((value, known, None if known is None else judged.chart, int(judged.raised)))
    assert found == [*wanted, (30.0, None, None, 0)]
    assert sum(row[3] for row in wanted) == 1
    assert fmean(value for value in values[:28]) < 1.0
