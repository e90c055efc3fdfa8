"""``evenside analyse``: JSON as designed, text for people, tables, and every kind of bad input told with its mend."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from evenside.cli import main
from evenside.offline import as_json


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(one) for one in ("analyse", *arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture
def table(tmp_path: Path) -> tuple[Path, Path]:
    """A walk with a stance of 0.66 s on the left and 0.72 s on the right, as a table with its layout."""
    rows = []
    for sample in range(4500):
        forces = [
            700.0 + sample % 7 if sample / 100 > 3.0 and (sample / 100 / 1.1 + phase) % 1.0 < stance / 1.1 else 0.0
            for phase, stance in ((0.0, 0.66), (0.5, 0.72))
        ]
        rows.append(f"{sample / 100:.2f},{forces[0]},{forces[1]}")
    path, layout = tmp_path / "walk.first.csv", tmp_path / "lab.toml"
    path.write_text("\n".join(["t,left,right", *rows, ""]))
    nodes = "".join(
        f'[node.{side}]\nsite = "insole"\nside = "{side}"\n'
        f'[node.{side}.channels]\nforce = {{ column = "{side}", unit = "N" }}\n'
        for side in ("left", "right")
    )
    head = 'name = "lab"\nsummary = "two insoles"\n[table]\nseparator = "comma"\nheader = "line"\n'
    layout.write_text(f'{head}[time]\ncolumn = "t"\nunit = "s"\nrate_hz = 100\n{nodes}')
    return path, layout


def test_json_has_what_the_design_promises(capsys: pytest.CaptureFixture[str], table: tuple[Path, Path]) -> None:
    code, out, err = run(capsys, table[0], "--layout", table[1], "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["recording"], found["layout"]) == ("walk", "lab")
    assert found["duration_s"] == pytest.approx(44.99)
    assert [(node["id"], node["site"], node["side"], node["rate_hz"]) for node in found["nodes"]] == [
        ("left", "insole", "left", 100.0),
        ("right", "insole", "right", 100.0),
    ]
    assert all(node["samples"] == 4500 and node["lost"] == 0 and node["faults"] == [] for node in found["nodes"])
    assert found["sync"] == {"error_ms": 0.0, "source": "one time column", "verdict": "unchecked", "events": []}
    assert found["checks"]["sides"] in ("ok", "swapped", "unknown")
    stance = next(one for one in found["metrics"] if one["id"] == "stance_time")
    assert stance["left"]["mean"] == pytest.approx(0.66, abs=0.02)
    assert stance["right"]["mean"] == pytest.approx(0.72, abs=0.02)
    assert stance["ai"] == pytest.approx(100 * 0.06 / 1.38, abs=1.0)
    assert stance["ai_ci95"][0] <= stance["ai"] <= stance["ai_ci95"][1]
    assert stance["right_share_percent"] == pytest.approx(50 + stance["ai"] / 2)
    assert (stance["side"], stance["unit"], stance["pairs"]) == ("right", "s", stance["left"]["n"])
    assert "longer on the right" in stance["words"]
    assert {"bias_budget_ai", "mdc95_ai", "claim", "difference", "reason", "completeness"} <= stance.keys()
    assert found["habits"] == found["alerts"] == []


def test_text_shows_a_table_a_picture_and_sentences(
    capsys: pytest.CaptureFixture[str], table: tuple[Path, Path]
) -> None:
    code, out, _ = run(capsys, table[0], "--layout", table[1])
    assert code == 0
    assert "walk (layout lab, clocks: one time column)" in out
    assert "45.0 s; heard: left 100.0 %, right 100.0 %" in out
    assert "●" in out
    assert re.search(r"stance time \d\.\d % \(AI\) longer on the right", out)


def test_several_recordings_are_one_line_each_and_a_bad_one_stops_nothing(
    capsys: pytest.CaptureFixture[str], table: tuple[Path, Path], tmp_path: Path
) -> None:
    missing = tmp_path / "nowhere.csv"
    folder = tmp_path / "events"
    code, out, err = run(capsys, table[0], missing, table[0], "--layout", table[1], "--json", "--events", folder)
    assert code == 3
    assert [json.loads(line)["recording"] for line in out.splitlines()] == ["walk", "walk"]
    assert str(missing) in err
    assert "mend:" in err
    assert (folder / "walk.csv").read_text().startswith("time_s,side,node,event\n")


def test_alerts_windows_and_trust_come_from_a_configuration(
    capsys: pytest.CaptureFixture[str], table: tuple[Path, Path], tmp_path: Path
) -> None:
    config = tmp_path / "evenside.toml"
    nodes = "".join(
        f'[[wearer.node]]\nid = "{side}"\nsite = "insole"\nside = "{side}"\nsource = "simulate://"\n'
        'channels = ["force"]\nrate_hz = 100\n'
        for side in ("left", "right")
    )
    alert = (
        '[[wearer.alert]]\nrule = "longer"\nmetric = "stance_time"\nsite = "insole"\ndwell_s = 0\nclear_dwell_s = 0\n'
        'raise = { value = 3, formula = "ai" }\nclear = { value = 1, formula = "ai" }\n'
    )
    config.write_text(f'[figures]\nwindow_s = 20\nhop_s = 5\n[[wearer]]\nid = "ann"\n{nodes}{alert}')
    code, out, _ = run(capsys, table[0], "--layout", table[1], "--json", "--config", config)
    assert code == 0
    (raised,) = json.loads(out)["alerts"]
    assert (raised["rule"], raised["active"], raised["side"], raised["limit_ai"]) == ("longer", True, "right", 3.0)
    code, _, err = run(capsys, table[0], "--layout", table[1], "--config", config, "--wearer", "bob")
    assert code == 2
    assert "take one of ann" in err


def test_one_side_absent_gives_no_figure_and_says_so(
    capsys: pytest.CaptureFixture[str], table: tuple[Path, Path]
) -> None:
    path, layout = table
    layout.write_text(layout.read_text().partition("[node.right]")[0])
    code, out, _ = run(capsys, path, "--layout", layout)
    assert code == 0
    assert "no figure" in out
    assert "has no partner on the other side" in out
    code, out, _ = run(capsys, path, "--layout", layout, "--json")
    assert json.loads(out)["metrics"] == []


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (lambda path, layout: path.write_bytes(bytes(range(256)) * 40), 3, "walk.first.csv"),
        (
            lambda path, layout: layout.write_text(layout.read_text().replace('"left", unit', '"links", unit')),
            2,
            "links",
        ),
        (lambda path, layout: layout.write_text(layout.read_text().replace("rate_hz", "rate")), 2, "time.rate"),
        (lambda path, layout: layout.unlink(), 2, "lab.toml"),
        (lambda path, layout: path.unlink(), 3, "walk.first.csv"),
    ],
    ids=["binary", "missing column", "unknown key", "no layout", "no file"],
)
def test_bad_input_names_the_place_and_the_mend(
    capsys: pytest.CaptureFixture[str], table: tuple[Path, Path], spoil: object, code: int, words: str
) -> None:
    assert callable(spoil)
    spoil(*table)
    got, out, err = run(capsys, table[0], "--layout", table[1])
    assert (got, out) == (code, "")
    assert words in err
    assert "mend" in err


def test_times_that_run_backwards_and_an_end_that_is_cut_off_are_told_and_the_rest_is_kept(
    capsys: pytest.CaptureFixture[str], table: tuple[Path, Path]
) -> None:
    path, layout = table
    lines = path.read_text().splitlines()
    lines[1000], lines[1001] = lines[1001], lines[1000]
    path.write_text("\n".join(lines)[:-9])
    code, out, _ = run(capsys, path, "--layout", layout, "--json")
    assert code == 0
    found = json.loads(out)
    assert {note["kind"] for note in found["checks"]["notes"]} >= {"time", "truncated"}
    assert all(note["words"] and note["place"].startswith("walk.first.csv") for note in found["checks"]["notes"])
    assert found["nodes"][0]["samples"] >= 4495


def test_nan_is_null_in_json_and_nan_stays_nan_in_the_object(table: tuple[Path, Path]) -> None:
    from evenside.offline import analyse_recording
    from evenside.readers import open_recording
    from evenside_analysis.settings import MonitorSettings

    recording = open_recording(*table)
    metrics = as_json(analyse_recording(recording, MonitorSettings(recording.nodes)))["metrics"]
    assert isinstance(metrics, list)
    assert math.isnan(next(one for one in metrics if one["id"] == "stance_time")["sync_error_ms"])
