"""What the commands print: JSON that every parser takes, sizes and times for people, tables in line."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.cli.output import json_text
from evenside.cli.progress import progress_bar
from evenside.cli.text import bytes_text, duration_text, table_text, time_text


@dataclass(frozen=True, slots=True)
class Inner:
    ai: float
    side: str


def test_json_is_strict_whatever_is_in_it() -> None:
    value = {
        "figure": Inner(math.nan, "left"),
        "ci": (-math.inf, 1.5),
        "array": np.array([[1.0, np.nan], [2.0, 3.0]]),
        "count": np.int64(3),
        "share": np.float64(0.5),
        "flag": np.bool_(True),
        "path": Path("/a b/±"),
        1: None,
    }
    text = json_text(value)
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text) == {
        "figure": {"ai": None, "side": "left"},
        "ci": [None, 1.5],
        "array": [[1.0, None], [2.0, 3.0]],
        "count": 3,
        "share": 0.5,
        "flag": True,
        "path": "/a b/±",
        "1": None,
    }


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_json_keeps_every_bit_of_a_number(value: float) -> None:
    for number in (value, np.float64(value)):
        back = json.loads(json_text(number))
        assert (back, math.copysign(1.0, back)) == (value, math.copysign(1.0, value))


def test_json_refuses_what_it_cannot_hold() -> None:
    with pytest.raises(TypeError, match="object has no place in JSON"):
        json_text([object()])


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (61e6, "61.0 MB"), (999.96e6, "1.0 GB"), (2.5e15, "2500.0 TB")],
)
def test_bytes_are_told_in_decimal_units(count: float, text: str) -> None:
    assert bytes_text(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (273_600, "3 d 4 h"),
        (-90, "-1 min 30 s"),
        (math.nan, "?"),
        (math.inf, "?"),
    ],
)
def test_spans_are_told_in_two_units(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_a_moment_is_told_in_the_time_of_this_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert time_text(1_777_636_989_999_999_999) == "2026-05-01 14:03:09"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_columns_stand_in_line_and_numbers_to_the_right() -> None:
    text = table_text(("node", "rate"), [("left_foot", "100.0"), ("hip", "9.5"), ("strap",)])
    assert text.splitlines() == ["node        rate", "left_foot  100.0", "hip          9.5", "strap"]
    assert table_text(("a", "b"), []) == "a  b"


def test_there_is_no_bar_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("reading", 10.0) as done:
        done(5.0)
    assert capsys.readouterr() == ("", "")


def test_what_is_printed_beside_a_bar_goes_where_it_belongs(tmp_path: Path) -> None:
    """On a terminal whose stdout goes to a file, as in ``evenside analyse … --json > figures.json``."""
    code = "import sys\nfrom evenside.cli.progress import progress_bar\nwith progress_bar('reading', 2.0) as done:\n"
    code += "    print('figure', flush=True); done(1.0); print(sys.stdout.encoding)\n"
    master, slave = os.openpty()
    out = tmp_path / "out"
    with out.open("w") as file:
        environ = {**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
        subprocess.run([sys.executable, "-c", code], stdout=file, stderr=slave, check=True, env=environ)
    os.close(slave)
    drawn = os.read(master, 1 << 16)
    os.close(master)
    assert out.read_text() == "figure\nutf-8\n"
    assert b"reading" in drawn
    assert b"figure" not in drawn
