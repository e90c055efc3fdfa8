"""What is stored becomes lines by the catalogue: its time, its tags, every field that is known, once a millisecond."""

from __future__ import annotations

import re
from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.catalogue import MEASUREMENTS, field_values
from evenside.series import Points
from evenside.series.forms import field_form
from evenside.series.lines import DIGITS, fields_text
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
        *("2.85", "52", "2", "1", "0"),
    )
    assert found["sync_error_ms"] == "0.4375"
    assert "reason" not in found


def test_what_is_withheld_says_why_and_leaves_out_what_nobody_knows() -> None:
    (line,) = lines(FigureRow("s", "window", WITHHELD))
    found = fields_of(line)
    assert not {"ai", "ci_low", "ci_high", "sync_error_ms"} & found.keys()
    assert (found["reason"], found["reason_code"], found["n"]) == ('"too_few"', "1", "52")


def test_a_server_that_keeps_no_text_gets_none() -> None:
    rows = (FigureRow("s", "window", WITHHELD), EventRow("s", 1.0, "lost", "left foot", 'it said "no"'))
    assert '"' not in "".join(lines(*rows, texts=False))
    assert fields_of(lines(*rows)[1])["detail"] == r'"it said \"no\""'


def test_the_summary_of_a_session_is_a_measurement_of_its_own() -> None:
    (line,) = lines(FigureRow("s", "session", FIGURE))
    assert line.startswith("session,wearer=")
    assert fields_of(line)["duration_s"] == "60"


def test_a_node_is_told_by_where_it_is_worn_and_says_only_what_it_said() -> None:
    said = NodeStatusRow("s", "left foot", 2.0, battery_percent=88.0)
    first, second = lines(said, NodeStatusRow("s", "other", 2.0, frames=7))
    assert first.startswith(r"node,wearer=me\,\ myself,node=left\ foot,site=foot,side=left,kind=run ")
    assert fields_of(first) == {"battery_percent": "88"}
    assert second.startswith(r"node,wearer=me\,\ myself,node=other,kind=run ")
    assert fields_of(second) == {"frames": "7"}
    assert lines(NodeStatusRow("s", "left foot", 2.0)) == []  # it said nothing


def test_an_alert_is_a_moment() -> None:
    alert = Alert("bag", "load_share", "strap", 3.0, True, "left", 5.0, replace(FIGURE, ai=-7.5))
    (line,) = lines(AlertRow("s", alert))
    assert line.startswith(r"alert,wearer=me\,\ myself,site=strap,metric=load_share,rule=bag,kind=run ")
    assert fields_of(line) == {"active": "1", "side_code": "-1", "limit_ai": "5", "ai": "-7.5"}


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


NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.just(nan)


@given(st.tuples(*[NUMBERS] * 8), st.integers(0, 10**7 - 1), st.sampled_from(["", "too_few", "strange"]), st.booleans())
def test_the_fast_way_writes_what_the_catalogue_says(
    numbers: tuple[float, ...], n: int, reason: str, texts: bool
) -> None:
    ai, lo, hi, left, right, sd, completeness, sync = numbers
    figure = replace(FIGURE, ai=ai, ai_lo=lo, ai_hi=hi, left_mean=left, right_mean=right, left_sd=sd, n=n)
    figure = replace(figure, completeness_left=completeness, sync_error_s=sync, reason=reason)
    for measurement in MEASUREMENTS[:2]:
        fast = fields_of(f"m {field_form(measurement, texts=texts)(figure)} 1")
        slowly = fields_text(field_values(measurement, figure, texts=texts))
        slow = {name: value for name, value in fields_of(f"m {slowly} 1").items() if value != '""'}
        assert fast.keys() == slow.keys()
        for name, value in fast.items():
            if '"' in value:
                assert value == slow[name]
            else:
                assert float(value) == pytest.approx(float(slow[name]), rel=10.0 ** (1 - DIGITS), abs=0.0)
                assert abs(float(value)) != inf
