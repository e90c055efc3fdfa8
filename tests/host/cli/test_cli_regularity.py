"""A sensor on the trunk through ``analyse``: its regularity in JSON and as a sentence, and no side anywhere."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from evenside.cli import main
from evenside.cli.live_json import objects_of
from evenside.daemon import Told
from evenside_analysis.regularity import AxisRegularity, Regularity
from evenside_analysis.report import Checks, Report, Summary

LAYOUT = """name = "lab"
summary = "one sensor on the lower back"
[table]
separator = "comma"
header = "line"
[time]
column = "t"
unit = "s"
rate_hz = 100
[node.back]
site = "pelvis"
side = "centre"
gravity = true
[node.back.channels]
acc_x = { column = "x", unit = "m/s2" }
acc_y = { column = "y", unit = "m/s2" }
acc_z = { column = "z", unit = "m/s2" }
"""


@pytest.fixture
def table(tmp_path: Path) -> tuple[Path, Path]:
    """20 s of walking at 60 strides a minute between two rests; upwards, 4 % of the power is that of a limp."""
    rows = []
    for sample in range(3000):
        phase, walks = 2.0 * math.pi * sample / 100.0, float(500 <= sample < 2500)
        forward = 1.1 * math.cos(2.0 * phase + 0.4) * walks
        sideways = 0.8 * math.cos(phase) * walks
        upward = 9.81 + (2.4 * math.cos(2.0 * phase) + 0.4899 * math.cos(phase + 0.3)) * walks
        rows.append(f"{sample / 100:.2f},{forward:.6f},{sideways:.6f},{upward:.6f}")
    path, layout = tmp_path / "walk.csv", tmp_path / "lab.toml"
    path.write_text("\n".join(["t,x,y,z", *rows, ""]))
    layout.write_text(LAYOUT)
    return path, layout


def test_the_object_has_the_session_and_each_bout(table: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyse", str(table[0]), "--layout", str(table[1]), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["metrics"] == []
    (one,) = found["regularity"]
    assert (one["node"], one["site"], one["bouts"]) == ("back", "pelvis", 1)
    assert one["cadence_per_min"] == pytest.approx(120.0, rel=0.002)
    assert one["strides"] == pytest.approx(17, abs=1)
    assert set(one["axes"]) == {"vertical", "anteroposterior", "mediolateral"}
    upright = one["axes"]["vertical"]
    assert upright["ihr_percent"] == pytest.approx(96.0, abs=0.2)
    assert upright["ad1"] == pytest.approx(0.92, abs=0.01)
    assert upright["ad_ratio"] == pytest.approx(upright["ad1"] / upright["ad2"], abs=1e-9)
    assert upright["ihr_ci95"][0] <= upright["ihr_percent"] <= upright["ihr_ci95"][1]
    (bout,) = one["each_bout"]
    assert 6.0 < bout["start_s"] < bout["end_s"] < 25.0
    assert bout["strides"] == one["strides"]
    assert not {"left", "right", "side", "ai"} & {*one, *bout, *upright}


def test_people_read_a_sentence_that_says_it_has_no_side(
    table: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyse", str(table[0]), "--layout", str(table[1])]) == 0
    said = capsys.readouterr().out
    assert "back: regularity of" in said
    assert "cannot tell left from right" in said
    assert "longer on the" not in said


@pytest.mark.parametrize(("change", "words"), [("gravity = false", "gravity was taken off"), ("rate_hz = 25", "38 Hz")])
def test_what_cannot_be_told_is_told_why(
    table: tuple[Path, Path], capsys: pytest.CaptureFixture[str], change: str, words: str
) -> None:
    path, layout = table
    key = change.split(" =")[0]
    layout.write_text("\n".join(change if line.startswith(f"{key} ") else line for line in LAYOUT.splitlines()))
    if key == "rate_hz":
        layout.write_text(layout.read_text().replace('unit = "s"', 'unit = "ms"'))
        rows = path.read_text().splitlines()
        path.write_text(
            "\n".join([rows[0], *(f"{40 * at},{row.split(',', 1)[1]}" for at, row in enumerate(rows[1:])), ""])
        )
    assert main(["analyse", str(path), "--layout", str(layout), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["regularity"] == []
    assert any(words in word for word in found["checks"]["words"])


def test_a_live_run_tells_bouts_and_the_session() -> None:
    axis = AxisRegularity(0.9, 0.95, 96.0, 94.0, 98.0, 4.0)
    bout = Regularity("back", "pelvis", 6.0, 24.0, 1, 18, 120.0, axis, axis, axis)
    (line,) = objects_of(Told("ann", Report(regularity=(bout,))))
    assert (line["type"], line["wearer"], line["regularity"]) == ("regularity", "ann", bout)
    assert "cannot tell left from right" in str(line["words"])
    (session,) = objects_of(Told("ann", Summary(0.0, 30.0, (), math.nan, Checks(), (), regularity=(bout,))))
    assert session["regularity"] == [{"regularity": bout, "words": line["words"]}]
