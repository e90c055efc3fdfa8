"""What is stored becomes lines by the catalogue: its time, its tags, every field that is known, once a millisecond."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from math import nan
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.catalogue import HABIT_SIDE_CODES, MEASUREMENTS, Field, Measurement, field_values
from evenside.series import Points
from evenside.series.bouts import Bout
from evenside.series.forms import LineForm
from evenside.series.lines import fields_text
from evenside.store import (
    AlertRow,
    EventRow,
    FigureRow,
    NodeStatusRow,
    OutboxRow,
    Row,
    SessionEnd,
    SessionRow,
    SinkRow,
)
from evenside.store.rows import session_ns
from evenside_analysis.habit_types import HabitSide
from evenside_analysis.types import Alert, Figure, Node

LEFT = Node("left foot", "foot", "left", ("acc_x",), 100.0)
START = SessionRow("s", "me, myself", "run", 1_790_000_000_123_456_789, "0", nodes=(LEFT,))
FIGURE = Figure(
    *("stance_time", "foot", 0.0, 60.0, 52, 53, 0.6123456789012345, 0.02, 54, 0.63, 0.019, 0.0177, 2.85, 1.9, 3.8),
    *(1.2, 2.4, 2, "right", "", 0.998, 0.75, 0.0004375),
)
WITHHELD = replace(FIGURE, ai=nan, ai_lo=nan, ai_hi=nan, claim=0, side="none", reason="too_few", sync_error_s=nan)


def lines(*rows: Row, texts: bool = True) -> list[str]:
    points = Points({"clinic": texts})
    assert points.rows([START], 0) == []
    return [line for row in points.rows(rows, 7) for line in row.body.decode().split("\n")]


def fields_of(line: str) -> dict[str, str]:
    (text,) = re.findall(r"(?<!\\) (.*) \d+$", line)
    return dict(re.findall(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|[^,]+)', text))


def test_a_figure_stands_at_the_end_of_its_window_with_everything_that_is_known() -> None:
    (line,) = lines(FigureRow("s", "window", FIGURE))
    assert line.startswith(r"figure,wearer=me\,\ myself,site=foot,metric=stance_time,kind=run ")
    assert line.endswith(" 1790000060123")
    found = fields_of(line)
    assert found["left"] == "0.6123457"
    assert (found["ai"], found["n"], found["claim"], found["side_code"], found["reason_code"]) == (
        *("2.85", "52.0", "2.0", "1.0", "0.0"),
    )
    assert found["sync_error_ms"] == "0.4375"
    assert "reason" not in found


def test_what_is_withheld_says_why_and_leaves_out_what_nobody_knows() -> None:
    (line,) = lines(FigureRow("s", "window", WITHHELD))
    found = fields_of(line)
    assert not {"ai", "ci_low", "ci_high", "sync_error_ms"} & found.keys()
    assert (found["reason"], found["reason_code"], found["n"]) == ('"too_few"', "1.0", "52.0")


def test_a_server_that_keeps_no_text_gets_none() -> None:
    rows = (FigureRow("s", "window", WITHHELD), EventRow("s", 1.0, "lost", "left foot", 'it said "no"'))
    assert '"' not in "".join(lines(*rows, texts=False))
    assert fields_of(lines(*rows)[1])["detail"] == r'"it said \"no\""'


def test_the_summary_of_a_session_is_a_measurement_of_its_own() -> None:
    (line,) = lines(FigureRow("s", "session", FIGURE))
    assert line.startswith("session,wearer=")
    assert fields_of(line)["duration_s"] == "60.0"


def test_a_node_is_told_by_where_it_is_worn_and_says_only_what_it_said() -> None:
    said = NodeStatusRow("s", "left foot", 2.0, battery_percent=88.0)
    first, second = lines(said, NodeStatusRow("s", "other", 2.0, frames=7))
    assert first.startswith(r"node,wearer=me\,\ myself,node=left\ foot,site=foot,side=left,kind=run ")
    assert fields_of(first) == {"battery_percent": "88.0"}
    assert second.startswith(r"node,wearer=me\,\ myself,node=other,kind=run ")
    assert fields_of(second) == {"frames": "7.0"}
    assert lines(NodeStatusRow("s", "left foot", 2.0)) == []  # it said nothing


def test_an_alert_is_a_moment() -> None:
    alert = Alert("bag", "load_share", "strap", 3.0, True, "left", 5.0, replace(FIGURE, ai=-7.5))
    (line,) = lines(AlertRow("s", alert))
    assert line.startswith(r"alert,wearer=me\,\ myself,site=strap,metric=load_share,rule=bag,kind=run ")
    assert fields_of(line) == {"active": "1.0", "side_code": "-1.0", "limit_ai": "5.0", "ai": "-7.5"}


def test_a_bout_of_a_habit_has_its_own_line_instead_of_that_of_an_event() -> None:
    detail = json.dumps(
        {"kind": "carrying", "side": "left", "start_s": 3.0, "end_s": 63.5, "confidence": 0.9, "mean_n": 31.0}
    )
    (line,) = lines(EventRow("s", 63.5, "habit", "strap", detail))
    assert line.startswith(r"habit,wearer=me\,\ myself,habit=carrying,place=strap,kind=run ")
    known = {"side_code": "-1.0", "lasted_s": "60.5", "confidence": "0.9", "mean_n": "31.0"}
    assert fields_of(line) == {**known, "side": '"left"'}
    assert fields_of(lines(EventRow("s", 63.5, "habit", "strap", detail), texts=False)[0]) == known


@pytest.mark.parametrize(
    "detail", ["", "[]", "7", "{}", '{"kind": "sitting", "side": "none", "start_s": 1, "end_s": null}']
)
def test_an_event_that_tells_of_no_bout_stays_an_event(detail: str) -> None:
    (line,) = lines(EventRow("s", 63.5, "habit", "strap", detail))
    assert line.startswith(r"event,wearer=me\,\ myself,node=strap,event=habit,kind=run ")


def test_every_habit_and_side_of_the_analysis_has_its_place() -> None:
    assert set(HABIT_SIDE_CODES) == set(get_args(HabitSide))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_events_of_a_burst_never_share_a_millisecond(tenths_ms: list[int]) -> None:
    found = lines(*(EventRow("s", tenth / 1e4, "lost", "left foot") for tenth in tenths_ms))
    times = [line.rpartition(" ")[2] for line in found]
    assert len(set(times)) == len(times)
    assert all(int(time) - 1_790_000_000_123 <= 4 + len(times) for time in times)


def test_every_sink_has_its_own_row_of_the_same_lines() -> None:
    points = Points({"a": True, "b": False, "c": True})
    points.rows([START], 0)
    found = points.rows([FigureRow("s", "window", WITHHELD), FigureRow("s", "window", FIGURE)], 7)
    assert [(row.sink, row.at_ns, row.body.count(b"\n")) for row in found] == [("a", 7, 1), ("b", 7, 1), ("c", 7, 1)]
    assert found[0].body == found[2].body != found[1].body


def test_rows_without_a_session_and_rows_of_the_outbox_give_no_line() -> None:
    points = Points({"clinic": True})
    rows: list[Row] = [FigureRow("s", "window", FIGURE), SinkRow("clinic", 1), OutboxRow("clinic", 0, b"x")]
    assert points.rows(rows, 0) == []
    points.rows([START, SessionEnd("s", 1.0)], 0)
    assert points.rows(rows, 0) == []
    assert Points({}).rows([START, *rows], 0) == []


NUMBERS = st.floats() | st.just(nan) | st.floats(0.0, 100.0) | st.integers(0, 2**60).map(float)
COUNTS = st.integers(0, 10**12) | st.just(2**24 + 1)
WORDS = st.sampled_from(["", "too_few", 'strange, "too"'])
FIGURES = st.builds(
    replace,
    st.just(FIGURE),
    **dict.fromkeys(
        ["ai", "left_mean", "right_sd", "difference", "mdc95_ai", "sync_error_s", "completeness_left"], NUMBERS
    ),
    **dict.fromkeys(["n", "n_left", "claim"], COUNTS),
    reason=WORDS,
    side=st.sampled_from(["left", "none", "right"]),
)
STATES = st.builds(
    NodeStatusRow,
    *(st.just("s"), st.just("left foot"), st.just(1.0), NUMBERS, NUMBERS, NUMBERS, COUNTS | st.just(-1), COUNTS),
)
EVENTS = st.builds(EventRow, st.just("s"), st.just(1.0), st.just("lost"), st.just("left foot"), st.text(max_size=5))
ALERTS = st.builds(
    Alert,
    *(st.just("bag"), st.just("load_share"), st.just("strap"), st.just(3.0), st.booleans()),
    *(st.sampled_from(["left", "right"]), NUMBERS, FIGURES),
)
BOUTS = st.builds(
    Bout,
    *(st.just("s"), st.just(1.0), st.just("carrying"), st.just("strap"), st.sampled_from(["left", "both", "unknown"])),
    *(NUMBERS, NUMBERS, NUMBERS),
)
SOURCES: dict[str, st.SearchStrategy[object]] = {"node": STATES, "event": EVENTS, "alert": ALERTS, "habit": BOUTS}


def one_by_one(measurement: Measurement, source: object, series: str, ts_ms: int, *, texts: bool) -> list[str]:
    """The line by the catalogue alone, field by field; none where it has no field."""

    def place(field: Field) -> int:
        return 2 if field.text else 0 if field.codes is not None or not field.of else 1

    ordered = replace(measurement, fields=tuple(sorted(measurement.fields, key=place)))
    fields = fields_text(pair for pair in field_values(ordered, source, texts=texts) if pair[1] != "")
    return [f"{series} {fields} {ts_ms}"] if fields else []


@pytest.mark.parametrize("measurement", MEASUREMENTS, ids=lambda measurement: str(measurement.name))
@given(st.data(), st.booleans())
def test_many_lines_at_once_are_what_the_catalogue_says_of_each(
    measurement: Measurement, data: st.DataObject, texts: bool
) -> None:
    sources = data.draw(st.lists(SOURCES.get(measurement.name, FIGURES), min_size=1, max_size=6))
    series = [f"{measurement.name},wearer=w{number}" for number in range(len(sources))]
    times_ms = [1_790_000_000_123 + number for number in range(len(sources))]
    slow = [
        line
        for source, which, ts_ms in zip(sources, series, times_ms, strict=True)
        for line in one_by_one(measurement, source, which, ts_ms, texts=texts)
    ]
    form = LineForm(measurement, texts=texts)
    assert form.body([which.encode() for which in series], sources, times_ms) == "\n".join(slow).encode()


@given(st.integers(0, 2 * 10**18), st.floats(0.0, 1e7))
def test_the_time_of_a_line_is_that_of_its_row_in_the_store(started_ns: int, time_s: float) -> None:
    points = Points({"clinic": True})
    points.rows([replace(START, started_ns=started_ns)], 0)
    (row,) = points.rows([NodeStatusRow("s", "left foot", time_s, frames=1)], 0)
    assert int(row.body.rpartition(b" ")[2]) == (started_ns + session_ns(time_s)) // 1_000_000
