"""``evenside query`` and ``evenside store``: what they print, and what they say when it cannot be had."""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evenside.cli import evenside
from evenside.cli.query import span_ns
from evenside.cli.query_picture import picture
from evenside.config import example_config
from evenside.store import FigureRow, Roller, SeriesPoint, SessionRow, Store, check
from evenside_analysis.types import Figure

S = 1_000_000_000
Invoke = Callable[..., Result]
FIGURE = Figure(
    *("stance_time", "foot", 0.0, 60.0, 40, 40, 0.6, 0.02, 40, 0.63, 0.03, 0.03, 4.9, 3.0, 6.8, 1.0, 4.5, 2, "right"),
    *("", 1.0, 0.98, math.nan),
)


@pytest.fixture
def invoke(tmp_path: Path) -> Invoke:
    config = tmp_path / "evenside.toml"
    config.write_text(f'data = "."\n{example_config()}')

    def run(*arguments: object) -> Result:
        return CliRunner(env={"COLUMNS": "100"}).invoke(evenside, [*map(str, arguments), "--config", str(config)])

    return run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def filled(path: Path) -> Path:
    """Two wearers; of one, figures of three days back that end just now, right larger, then left, then withheld."""
    started_ns = time.time_ns() - 3 * 86_400 * S
    with Store.open(path) as store:
        for wearer, count in (("me", 72), ("you", 2)):
            store.submit([SessionRow(wearer, wearer, "run", started_ns, "0.1.0")]).result(10)
            for hour in range(count):
                ai = 5.0 if hour < 30 else -3.0 if hour < 60 else math.nan
                figure = replace(
                    FIGURE, start_s=hour * 3600.0, end_s=hour * 3600.0 + 60, ai=ai, ai_lo=ai - 1, ai_hi=ai + 1
                )
                figure = replace(figure, reason="" if hour < 60 else "sync_error")
                rows = [FigureRow(wearer, "window", figure), FigureRow(wearer, "window", replace(figure, site="shank"))]
                store.submit(rows if wearer == "you" else rows[:1]).result(10)
    with Roller(path) as roller:
        roller.all_due()
    return path


def test_a_table_names_sides_and_says_what_is_withheld(filled: Path, invoke: Invoke) -> None:
    ran = invoke("query", "stance_time", "--wearer", "me", "--by", "window", "--last", "4d")
    assert ran.exit_code == 0, ran.output
    head, _, _, *lines = ran.output.splitlines()
    assert head == "stance_time at foot of me (run)"
    assert len(lines) == 72
    assert "5.0 right   [4.0, 6.0]" in lines[0]
    assert "3.0 left" in lines[40]
    assert lines[-1].split()[-1] == "sync_error"


def test_by_day_the_median_of_the_windows(filled: Path, invoke: Invoke) -> None:
    ran = invoke("query", "stance_time", "--wearer", "me", "--last", "30d", "--json")
    found = json.loads(ran.output)
    assert (found["by"], found["unit"], found["series"]["site"]) == ("day", "s", "foot")
    assert sum(point["windows"] for point in found["points"]) == 72
    assert sum(point["given"] for point in found["points"]) == 60
    assert {point["ai"] for point in found["points"]} <= {5.0, -3.0, 1.0, None}


def test_the_span_chooses_the_rows(filled: Path, invoke: Invoke) -> None:
    by = [
        json.loads(invoke("query", "stance_time", "--wearer", "me", "--last", span, "--json").output)["by"]
        for span in ("3h", "2d", "1y")
    ]
    assert by == ["window", "hour", "day"]


def test_csv_has_a_line_a_row_and_nothing_for_nan(filled: Path, invoke: Invoke) -> None:
    ran = invoke("query", "stance_time", "--wearer", "me", "--by", "window", "--csv", "--last", "4d")
    rows = list(csv.DictReader(io.StringIO(ran.output)))
    assert len(rows) == 72
    assert float(rows[0]["ai"]) == 5.0
    assert rows[-1]["ai"] == ""
    assert rows[0]["start_utc"].endswith("Z")


def test_a_picture_has_right_above_and_left_below(filled: Path, invoke: Invoke) -> None:
    ran = invoke("query", "stance_time", "--wearer", "me", "--by", "hour", "--plot", "--last", "4d")
    assert ran.exit_code == 0, ran.output
    lines = ran.output.splitlines()
    axis = next(place for place, line in enumerate(lines) if "┼" in line)
    above, below = lines[axis - 1], lines[axis + 1]
    assert above.index("█") < below.index("█")
    assert above.count("█") == 30
    assert "right" in lines[1]
    assert max(map(len, lines)) <= 100


def point(end_s: int, ai: float) -> SeriesPoint:
    return SeriesPoint(end_s * S - 60 * S, end_s * S, "", ai, ai, ai, 1.0, 1.0, 1, 1, 1.0, 1.0)


def test_a_picture_keeps_its_width_whatever_the_number_of_points() -> None:
    for count in (1, 2, 7, 500):
        drawn = picture("t", [point(60 * k, 3.0 - k % 7) for k in range(1, count + 1)], 60).splitlines()
        assert max(map(len, drawn)) <= 60
    assert "withheld" in picture("t", [point(60, math.nan)], 60)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["stance_tim"], 2, "there is no metric 'stance_tim'"),
        (["stance_time"], 2, "there are several of stance_time: me, you"),
        (["stance_time", "--wearer", "you"], 2, "say which, as in --site foot"),
        (["stance_time", "--wearer", "nobody"], 5, "there is: stance_time at foot of me (run)"),
        (["impulse"], 5, "the store holds nothing that fits impulse"),
        (["stance_time", "--wearer", "me", "--last", "5 days"], 2, "write a number and m, h, d, w or y"),
        (["stance_time", "--csv", "--json"], 2, "give one of them"),
        (["stance_time", "--wearer", "me", "--last", "5m", "--by", "window"], 5, "give a longer one"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_said(
    filled: Path, invoke: Invoke, arguments: list[str], code: int, words: str
) -> None:
    ran = invoke("query", *arguments)
    assert ran.exit_code == code, ran.output
    assert words in ran.output


def test_without_figures_it_says_so(path: Path, invoke: Invoke) -> None:
    assert "there is no store" in invoke("query", "stance_time").output
    Store.open(path).close()
    assert "holds no figures yet" in invoke("query", "stance_time").output


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-1d", "1e3d", "7 d", "7dd", "9999999d"])
def test_a_span_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no span"):
        span_ns(text)


def test_spans_are_what_they_say() -> None:
    assert [span_ns(text) // S for text in ("90m", "36h", "7d", "2w", "1.5h")] == [
        5400,
        129_600,
        604_800,
        1_209_600,
        5400,
    ]


def test_the_store_is_looked_after(filled: Path, invoke: Invoke, tmp_path: Path) -> None:
    assert "all is well" in invoke("store", "check").output
    backup = tmp_path / "copy.sqlite"
    assert json.loads(invoke("store", "backup", backup, "--json").output)["bytes"] == backup.stat().st_size
    gone = json.loads(invoke("store", "prune", "--older-than", "1", "--json").output)["pruned"]
    assert (gone["figures"] // 10, gone["hours"]) == (5, 0)
    assert "freed" in invoke("store", "compact").output
    new = json.loads(invoke("store", "restore", backup, "--json").output)["new"]
    assert new["figure"] == gone["figures"]
    assert "nothing was missing" in invoke("store", "restore", backup).output
    assert json.loads(invoke("store", "rollup", "--json").output)["days"] == 0
    assert check(filled) == []


def test_a_store_with_something_wrong_is_told_by_exit_code_too(filled: Path, invoke: Invoke) -> None:
    with Store.open(filled):
        pass
    import sqlite3

    connection = sqlite3.connect(filled)
    connection.execute("DELETE FROM session WHERE id = 'you'")
    connection.commit()
    connection.close()
    ran = invoke("store", "check")
    assert ran.exit_code == 1
    assert "belongs to no session" in ran.output
    found = json.loads(invoke("store", "check", "--json").output)
    assert found["ok"] is False


@pytest.mark.parametrize(
    "command", [("check",), ("prune", "--older-than", "5"), ("compact",), ("backup", "x"), ("rollup",)]
)
def test_without_a_store_every_command_says_so(invoke: Invoke, command: tuple[str, ...]) -> None:
    ran = invoke("store", *command)
    assert ran.exit_code == 5
    assert "there is no store at" in ran.output


def test_pruning_needs_to_be_told_how_much(filled: Path, invoke: Invoke, tmp_path: Path) -> None:
    ran = invoke("store", "prune")
    assert ran.exit_code == 5
    assert "keep_figures_days" in ran.output
    config = tmp_path / "evenside.toml"
    config.write_text(config.read_text().replace("[figures]", "[store]\nkeep_figures_days = 2\n\n[figures]"))
    assert json.loads(invoke("store", "prune", "--json").output)["pruned"]["figures"] > 20
