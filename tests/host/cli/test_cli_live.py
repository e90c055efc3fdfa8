"""The display: small pictures, what is folded from what happens, and the whole in any size of terminal."""

from __future__ import annotations

import io
import logging
import math
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from evenside.cli.live_bars import interval_picture, side_bars
from evenside.cli.live_log import log_lines
from evenside.cli.live_state import WearerState, fold
from evenside.cli.live_summary import summary_text
from evenside.cli.live_view import Frame, draw
from evenside.daemon import LiveNode, LiveSession, Told
from evenside.notify import Notice
from evenside.sources import LinkEvent, NodeStatus
from evenside.store import SessionRow
from evenside_analysis.report import Checks, NodeSummary, PairRows, Report, Summary
from evenside_analysis.rows import Rows
from evenside_analysis.types import ACC, Alert, Block, Figure, Node

NODES = (
    Node("li", "insole", "left", ("force",), 100.0),
    Node("ri", "insole", "right", ("force",), 100.0),
    Node("lf", "foot", "left", ACC, 100.0),
)
FIGURE = Figure(
    metric="stance_time",
    site="insole",
    start_s=0.0,
    end_s=60.0,
    n=40,
    n_left=41,
    left_mean=0.64,
    left_sd=0.01,
    n_right=40,
    right_mean=0.71,
    right_sd=0.01,
    difference=0.07,
    ai=5.2,
    ai_lo=4.1,
    ai_hi=6.3,
    bias_budget_ai=0.4,
    mdc95_ai=4.5,
    claim=2,
    side="right",
    reason="",
    completeness_left=1.0,
    completeness_right=0.98,
    sync_error_s=math.nan,
)
WITHHELD = replace(
    FIGURE, ai=math.nan, ai_lo=math.nan, ai_hi=math.nan, claim=0, side="none", reason="too_few", metric="step_time"
)


@pytest.mark.parametrize(
    ("figure", "known", "drawn"),
    [
        ((0.0, -2.0, 2.0), None, "····━●━····"),
        ((6.0, 4.0, 8.0), None, "·····│·━●━·"),
        ((-6.0, -8.0, -4.0), None, "·━●━·│·····"),
        ((6.0, 4.0, 8.0), 4.0, "·····│·◇●━·"),
        ((40.0, 30.0, 50.0), None, "·····│····●"),
        ((math.nan, math.nan, math.nan), None, "·····│·····"),
        ((math.nan, math.nan, math.nan), -10.0, "◇····│·····"),
    ],
)
def test_pictures(figure: tuple[float, float, float], known: float | None, drawn: str) -> None:
    assert interval_picture(*figure, 10.0, 11, known) == drawn


@given(st.floats(), st.floats(), st.floats(), st.integers(3, 80))
def test_a_picture_is_as_wide_as_it_was_meant(ai: float, lo: float, hi: float, width: int) -> None:
    assert len(interval_picture(ai, lo, hi, 10.0, width)) == width | 1


def test_bars_grow_from_the_middle() -> None:
    assert side_bars(50.0, 100.0, 100.0, 4) == "  ██┃████"
    assert side_bars(100.0, 12.5, 100.0, 4) == "████┃▌   "
    assert side_bars(math.nan, 0.0, 100.0, 4) == "    ┃    "
    assert side_bars(-5.0, 500.0, 100.0, 4) == "    ┃████"
    assert side_bars(1.0, 1.0, 0.0, 4) == "    ┃    "


def filled() -> WearerState:
    state = WearerState("ann")
    rows = Rows(np.array([2.0]), np.zeros(1, np.int64), np.array([[0.61, 9.0]]), np.array([[0.69, 9.0]]), 2.0)
    happened = [
        SessionRow("s", "ann", "run", 0, "0", nodes=NODES),
        Block("li", np.array([1.0, 1.01]), np.array([[300.0], [500.0]])),
        Block("ri", np.array([1.0, 1.01]), np.array([[600.0], [math.nan]])),
        Block("lf", np.array([1.0, 1.01]), np.array([[0.0, 0.0, 9.0], [0.0, 0.0, 11.0]])),
        Report(rows=(PairRows("insole", ("stance_time", "of no table"), rows),), figures=(FIGURE, WITHHELD)),
        Notice("ann", "s", Alert("uneven", "stance_time", "insole", 60.0, True, "right", 3.0, FIGURE)),
        NodeStatus("li", 1.0, battery_percent=81.0),
        LinkEvent("", 1.0, "marker", "1"),
    ]
    for what in happened:
        fold(state, Told("ann", what))  # type: ignore[arg-type]
    return state


def test_the_state_is_what_happened() -> None:
    state = filled()
    load, motion = state.levels["insole", "load"], state.levels["foot", "motion"]
    assert (load.left, load.right, load.full, load.unit) == (400.0, 600.0, 600.0, "N")
    assert (motion.left, math.isnan(motion.right)) == (1.0, True)
    stance = state.levels["insole", "stance_time"]
    assert (stance.left, stance.right) == (0.61, 0.69)
    assert state.at_s == 1.01
    assert state.markers == 1
    assert state.battery_percent == {"li": 81.0}
    assert set(state.figures) == {("insole", "stance_time"), ("insole", "step_time")}
    assert list(state.alerts) == [("uneven", "stance_time", "insole")]
    cleared = Alert("uneven", "stance_time", "insole", 90.0, False, "right", 1.0, FIGURE)
    fold(state, Told("ann", Notice("ann", "s", cleared)))
    assert state.alerts == {}


def test_a_row_of_nan_changes_no_level() -> None:
    state = filled()
    fold(state, Told("ann", Block("li", np.array([5.0]), np.array([[math.nan]]))))
    assert state.levels["insole", "load"].left == 400.0
    assert state.at_s == 1.01


def drawn(columns: int, lines: int, known: dict[tuple[str, str], float]) -> str:
    nodes = (
        LiveNode("li", "connected", 200, 100.0, 0.01, 0.1, 0.0004),
        LiveNode("ri", "lost", 200, math.nan, math.nan, 62.0, math.inf),
        LiveNode("lf", "", 0, math.nan, math.nan, 1.0, math.inf),
    )
    live = LiveSession("s", "ann", 3723.4, 0, "/recordings/s", "", nodes)
    screen = io.StringIO()
    console = Console(file=screen, width=columns, height=lines, color_system=None)
    frame = Frame("a title", "a footer", columns, lines, known)
    console.print(draw(frame, [filled()], [live], [f"line {number}" for number in range(30)]))
    return screen.getvalue()


def test_a_wide_picture_says_everything() -> None:
    text = drawn(160, 50, {})
    assert text.startswith("a title")
    assert "ann  01:02:03  1 marker  recording" in text
    assert re.search(r"insole connected 100\.0 +1\.0 % +81 % silent 62 s +– +– +–", text)
    assert "stance time 5.2 % (AI) longer on the right [4.1, 6.3]" in text
    assert "step time: not enough data (too few strides or samples)" in text
    assert "▲ alert uneven raised" in text
    assert "line 29" in text
    assert "line 2 " not in text
    assert text.rstrip().endswith("a footer")


def test_what_is_known_stands_beside_what_is_found() -> None:
    assert "set 5.0 right, found 5.2 right [4.1, 6.3]" in drawn(160, 50, {("insole", "stance_time"): 5.0})
    assert "set 5.0 right: 5.2 right" in drawn(80, 50, {("insole", "stance_time"): 5.0})


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (100, 30), (200, 60), (80, 20)])
def test_a_picture_fits_its_terminal(columns: int, lines: int) -> None:
    text = drawn(columns, lines, {}).rstrip("\n").split("\n")
    assert len(text) <= lines
    assert all(len(line) <= columns for line in text)


def test_a_summary_names_sides_intervals_and_what_is_missing() -> None:
    nodes = (NodeSummary("li", 100, 0, 1.0, 0.0), NodeSummary("ri", 0, 100, 0.0, math.nan))
    found = Summary(0.0, 90.0, nodes, math.nan, Checks("unknown", ("ri was never heard",)), (FIGURE, WITHHELD))
    text = summary_text(found)
    assert "1 min 30 s; heard: li 100.0 %" in text
    row = r"insole +stance time +40 +0\.64 +0\.71 +s +·+│·+━●━·+ +5\.2 right +\[4\.1, 6\.3\] +0\.4 +4\.5 +2"
    assert re.search(row, text)
    assert "insole: stance time 5.2 % (AI) longer on the right" in text
    assert text.endswith("ri was never heard")
    nothing = Summary(0.0, 0.0, (), math.nan, Checks(), ())
    assert "no figure" in summary_text(nothing)


def test_log_lines_go_to_stderr_or_into_the_picture(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = logging.getLogger("evenside.daemon")
    with log_lines() as switch:
        log.info("one")
        log.debug("too much")
        switch.shown = True
        log.warning("two\nthree")
        switch.shown = False
        log.error("four")
    log.error("nobody listens any more")
    assert [line.rpartition(" ")[2] for line in capsys.readouterr().err.splitlines()] == ["one", "four"]
    assert list(switch.lines)[-1] == "three"
    assert sys.stderr is not None
    with log_lines(quiet=True, figures=True):
        log.info("unheard")
        logging.getLogger("evenside.figure").info("a figure")
    assert "unheard" not in capsys.readouterr().err


def test_the_journal_needs_no_clock(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    with log_lines():
        logging.getLogger("evenside.daemon").warning("x")
    assert capsys.readouterr().err == "WARNING x\n"
