"""What goes into the store comes out again: the same bits, once, in the order of time."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import astuple, fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenside.errors import StoreError
from evenside.store import (
    AlertRow,
    EventRow,
    FigureRow,
    NodeStatusRow,
    Reader,
    Row,
    SessionEnd,
    SessionRow,
    Store,
)
from evenside.store.insert import figure_from_json, figure_to_json
from evenside_analysis.types import Alert, Figure, Node

START_NS = 1_761_440_399_000_000_000  # a second before the clocks in Europe went back
NODES = (
    Node("foot.left", "foot", "left", ("acc_x", "acc_y"), 99.7, scale=(0.1, 1 / 3), clock="a"),
    Node("Einlage/rechts", "insole", "right", ("force",), 25.0, gravity=False, acc_range_m_s2=156.9),
)
SESSION = SessionRow("s", "wearer ä", "run", START_NS, "0.1.0", name="n", nodes=NODES, settings_json='{"a": 1}')
FIGURE = Figure(
    "step_time", "foot", 0.0, 10.0, 9, 9, 0.51, 0.01, 9, 0.52, 0.02, 0.01, 1.9, -0.3, 4.1, 0.2, 2.0, 1, "right", "",
    1.0, 0.9, math.nan,
)  # fmt: skip

FLOATS = tuple(
    field.name for field in fields(Figure) if isinstance(getattr(FIGURE, field.name), float) and field.name != "end_s"
)
CELLS = st.floats().map(lambda cell: math.nan if math.isnan(cell) else cell)  # SQL knows one NaN
NEW = st.builds(
    lambda cells, end_us, n, reason: replace(
        FIGURE, **dict(zip(FLOATS, cells, strict=True)), end_s=end_us / 1e6, n=n, reason=reason
    ),
    st.lists(CELLS, min_size=len(FLOATS), max_size=len(FLOATS)),
    st.integers(0, 10**12),
    st.integers(0, 2**40),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
)  # fmt: skip


def bits(figure: Figure) -> list[bytes | str | int]:
    return [struct.pack("<d", cell) if isinstance(cell, float) else cell for cell in astuple(figure)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "new folder" / "store.sqlite") as opened:
        opened.submit([SESSION]).result(10)
        yield opened


@pytest.fixture
def reader(store: Store) -> Iterator[Reader]:
    with store.reader() as opened:
        yield opened


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(figures=st.lists(NEW, min_size=1, max_size=4, unique_by=lambda figure: figure.end_s))
def test_a_figure_comes_back_with_the_same_bits(store: Store, figures: list[Figure]) -> None:
    with store.reader() as reader:
        session = f"example {len(reader.sessions(count=10_000))}"
        store.submit([replace(SESSION, id=session), *(FigureRow(session, "window", f) for f in figures)]).result(10)
        found = list(reader.figures(session))
    figures.sort(key=lambda figure: figure.end_s)
    assert [bits(row.row.figure) for row in found] == [bits(figure) for figure in figures]
    assert [row.ts_ns for row in found] == [START_NS + round(figure.end_s * 1e6) * 1000 for figure in figures]


@given(figure=NEW)
def test_a_deciding_figure_survives_json(figure: Figure) -> None:
    assert bits(figure_from_json(figure_to_json(figure))) == bits(figure)


def test_the_figure_table_has_every_field_of_a_figure(store: Store, reader: Reader) -> None:
    store.submit([FigureRow("s", "window", FIGURE)]).result(10)
    (found,) = reader.figures("s")
    assert bits(found.row.figure) == bits(FIGURE)


def test_inserting_again_changes_nothing(store: Store, reader: Reader) -> None:
    alert = Alert("limit", "step_time", "foot", 10.0, True, "right", 10.0, FIGURE)
    rows: list[Row] = [
        SESSION,
        FigureRow("s", "window", FIGURE),
        FigureRow("s", "session", FIGURE),
        EventRow("s", 3.0, "marker", "", "turn"),
        AlertRow("s", alert),
        NodeStatusRow("s", "foot.left", 4.0, battery_percent=80.0),
        SessionEnd("s", 20.0),
    ]
    for _ in range(3):
        store.submit(rows).result(10)
    assert len(list(reader.figures("s"))) == len(list(reader.figures("s", "session"))) == 1
    assert len(reader.events("s")) == len(reader.alerts("s")) == len(reader.node_history("s", "foot.left")) == 1
    assert len(reader.sessions()) == 1


def test_figures_come_in_the_order_of_time_over_many_pages(store: Store, reader: Reader) -> None:
    spans = [(10.0 * k, metric) for k in range(700) for metric in ("step_time", "impact")]
    rows = [FigureRow("s", "window", replace(FIGURE, end_s=end_s, metric=metric)) for end_s, metric in reversed(spans)]
    store.submit(rows).result(30)
    found = [(row.row.figure.end_s, row.row.figure.metric) for row in reader.figures("s")]
    assert found == sorted(spans)


def test_last_figures_are_the_newest_of_each_metric_and_site(store: Store, reader: Reader) -> None:
    rows = [
        FigureRow("s", "window", replace(FIGURE, metric=metric, site=site, end_s=end_s))
        for metric, site, end_s in [("a", "foot", 5.0), ("a", "foot", 30.0), ("a", "shank", 7.0), ("b", "foot", 6.0)]
    ]
    store.submit(rows).result(10)
    found = [(row.row.figure.metric, row.row.figure.site, row.row.figure.end_s) for row in reader.last_figures("s")]
    assert found == [("a", "foot", 30.0), ("a", "shank", 7.0), ("b", "foot", 6.0)]


def test_a_session_is_open_until_its_end_is_stored(store: Store, reader: Reader) -> None:
    stored = reader.session("s")
    assert stored is not None
    assert (stored.start, stored.ended_ns, stored.clean) == (SESSION, None, False)
    store.submit([SessionEnd("s", 7200.5)]).result(10)
    stored = reader.session("s")
    assert stored is not None
    assert (stored.ended_ns, stored.clean) == (START_NS + 7_200_500_000_000, True)
    assert reader.session("another") is None
    assert [row.start.id for row in reader.sessions(wearer="wearer ä")] == ["s"]
    assert reader.sessions(wearer="nobody") == []


def test_alerts_are_open_until_they_are_cleared(store: Store, reader: Reader) -> None:
    raised = Alert("limit", "step_time", "foot", 10.0, True, "right", 10.0, replace(FIGURE, mdc95_ai=math.inf))
    other = replace(raised, metric="impact", time_s=11.0)
    store.submit([AlertRow("s", raised), AlertRow("s", other)]).result(10)
    assert [row.row.alert.metric for row in reader.open_alerts("s")] == ["step_time", "impact"]
    store.submit([AlertRow("s", replace(raised, active=False, time_s=20.0))]).result(10)
    (still,) = reader.open_alerts("s")
    assert (still.ts_ns, still.row.alert.active) == (START_NS + 11_000_000_000, True)
    assert bits(still.row.alert.figure) == bits(other.figure)
    assert [row.row.alert.active for row in reader.alerts("s")] == [True, True, False]


def test_events_come_in_the_order_of_time_and_the_last_ones_on_request(store: Store, reader: Reader) -> None:
    events = [EventRow("s", time_s, "lost", "foot.left", f"{time_s}") for time_s in (3.0, 1.0, 2.000001)]
    store.submit(events).result(10)
    assert [row.row for row in reader.events("s")] == sorted(events, key=lambda event: event.time_s)
    assert [row.row.time_s for row in reader.events("s", count=1)] == [3.0]


def test_events_of_some_kinds_leave_out_the_others(store: Store, reader: Reader) -> None:
    told = (("lost", 1.0), ("sync", 2.0), ("lost", 3.0), ("sync_off", 4.0), ("silent", 5.0))
    store.submit([EventRow("s", time_s, kind) for kind, time_s in told]).result(10)
    assert [row.row.time_s for row in reader.events("s", kinds=("sync", "sync_off"))] == [2.0, 4.0]
    assert [row.row.time_s for row in reader.events("s", count=1, kinds=("sync", "sync_off"))] == [4.0]


def test_node_status_keeps_the_last_of_every_ten_minutes(store: Store, reader: Reader) -> None:
    rows = [NodeStatusRow("s", "foot.left", 60.0 * k, battery_percent=100.0 - k, frames=k) for k in range(31)]
    store.submit([*rows, NodeStatusRow("s", "b", 1.0)]).result(10)
    store.submit([rows[29]]).result(10)  # late: an older word does not replace a newer one
    quiet, last = reader.node_status("s")
    assert last.row == rows[30]
    assert math.isnan(quiet.row.battery_percent)
    assert quiet.row.frames == -1
    assert len(reader.node_history("s", "foot.left")) == 4


def test_a_batch_with_a_broken_row_falls_alone_and_as_a_whole(store: Store, reader: Reader) -> None:
    good = EventRow("s", 1.0, "marker")
    futures = [
        store.submit([good]),
        store.submit([EventRow("s", 2.0, "marker"), EventRow("unknown", 2.0, "marker")]),
        store.submit([EventRow("s", math.nan, "marker")]),
        store.submit([replace(SESSION, started_ns=0)]),
        store.submit([replace(SESSION, id="t", kind="nap")]),  # type: ignore[arg-type]
        store.submit([replace(good, time_s=3.0)]),
    ]
    errors = [future.exception(10) for future in futures]
    assert [error is None for error in errors] == [True, False, False, False, False, True]
    assert all(isinstance(error, StoreError) for error in errors if error)
    assert "'unknown'" in str(errors[1])
    assert [row.row.time_s for row in reader.events("s")] == [1.0, 3.0]
    assert store.health().state == "ok"


def test_nothing_is_lost_by_closing_at_once(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store.sqlite")
    futures = [store.submit([SESSION]), *(store.submit([EventRow("s", float(k), "marker")]) for k in range(300))]
    assert store.close() == 0
    assert all(future.done() and future.exception() is None for future in futures)
    assert store.health().state == "closed"
    assert isinstance(store.submit([SESSION]).exception(1), StoreError)
    with Reader(tmp_path / "store.sqlite") as reader:
        assert len(reader.events("s")) == 300


def test_a_waiting_future_cannot_be_cancelled_away(store: Store, reader: Reader) -> None:
    future = store.submit([EventRow("s", 1.0, "marker")])
    assert not future.cancel()
    future.result(10)
    assert len(reader.events("s")) == 1


def test_size_counts_the_log_too(store: Store, reader: Reader) -> None:
    before = reader.size_bytes()
    store.submit([EventRow("s", float(k), "marker", "", "x" * 1000) for k in range(200)]).result(10)
    assert reader.size_bytes() > before + 150_000
