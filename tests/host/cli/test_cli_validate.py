"""``evenside validate``: the table, the JSON object, the charts, what is told, and the exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evenside.cli import main
from evenside.cli.validate_text import value_text


def read(capsys: pytest.CaptureFixture[str], folder: Path, *options: str) -> dict[str, Any]:
    """What it says as JSON: the sets by name."""
    assert main(["validate", str(folder), "--jobs", "1", "--json", *options]) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 1
    found: dict[str, Any] = json.loads(said.out)
    found["by_set"] = {one["set"]: one for one in found["sets"]}
    return found


def rows(of: dict[str, Any]) -> dict[str, Any]:
    return {row["id"]: row for row in of["rows"]}


def test_every_set_is_scored_against_the_truth_of_the_wearer(
    annotated_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = read(capsys, annotated_sets)
    assert not found["problems"]
    sets = found["by_set"]
    assert list(sets) == ["ipol-265", "ipol-497", "gaitmap", "moticon", "gaitpdb", "loads"]
    motions, swings, strides = (rows(sets[name]) for name in ("ipol-265", "ipol-497", "gaitmap"))
    assert [motions["missed"][key] for key in ("value", "persons", "trials", "n")] == [0.0, 2, 3, 162]
    assert motions["extra"]["value"] == 0.0
    assert motions["heel_rise.f1_100"]["value"] > 0.95
    assert motions["motion.r"]["met"]
    assert swings["missed"]["value"] == swings["extra"]["value"] == 0.0
    assert abs(swings["toe_off.bias"]["value"]) < 8.0
    assert swings["toe_off.sd"]["value"] < 8.0
    assert abs(swings["contact.left_minus_right"]["value"]) < 5.0
    assert [strides[f"strides_{side}"]["value"] for side in ("left", "right")] == [100.0, 100.0]
    assert strides["borders"]["value"] == 100.0
    assert strides["stair_sides"]["value"] <= 1
    steps = rows(sets["moticon"])
    assert steps["missed"]["value"] == 0.0
    assert abs(steps["stance.mean"]["value"]) < 10.0
    assert rows(sets["gaitpdb"])["level_told"]["value"] == 100.0
    assert rows(sets["loads"])["both_sides"]["value"] == 100.0


def test_the_asymmetry_that_was_walked_is_the_one_that_was_marked_and_found(
    annotated_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = read(capsys, annotated_sets)["by_set"]
    (walk,) = sets["ipol-497"]["recordings"]
    assert walk["values"]["swing_annotated"] == pytest.approx(6.0, abs=1.0)  # on a raster of 10 ms
    assert walk["values"]["swing_found"] == pytest.approx(6.0, abs=1.5)
    assert rows(sets["ipol-497"])["swing_told.bias"]["value"] == pytest.approx(0.0, abs=1.0)
    ride = next(one for one in sets["loads"]["recordings"] if one["recording"] == "ride")
    assert ride["values"]["load_share"] == pytest.approx(4.0)  # 52 % right


def test_by_group_and_by_person(annotated_sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    activity = read(capsys, annotated_sets / "walks" / "activity")["by_set"]["ipol-265"]
    assert [(one["group"], one["persons"], one["trials"]) for one in activity["groups"]] == [
        ("Healthy", 1, 2),
        ("Orthopedic", 1, 1),
        ("XSens nodes", 2, 3),
    ]
    floor = rows(activity["groups"][0])["motion.mae"]["floor"]
    assert floor == {"kind": "at_most", "limit": 2.0, "by_person": False}
    assert [(one["person"], one["trials"]) for one in activity["people"]] == [("3", 2), ("4", 1)]
    row = rows(activity)["heel_rise.bias"]
    assert row["by_person"] == pytest.approx(sum(one["values"]["heel_rise.bias"] for one in activity["people"]) / 2)
    assert row["by_person_ci95"] == [None, None]  # of two persons


def test_the_table_names_the_pair_of_events_and_what_is_asked(
    annotated_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(annotated_sets / "walks"), "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert "ipol-265: 2 persons, 3 recordings\ncompared: heel rise and foot flat with the marked start and end" in said
    assert "ipol-497: 1 person, 1 recording\ncompared: toe-off and heel contact with the marked toe-off" in said
    (line,) = (line for line in said.splitlines() if line.startswith("movements missed") and "162" in line)
    assert line.split() == ["movements", "missed", "0.0", "%", "0.0", "2", "3", "162", "≤", "1.5", "yes"]
    assert "\n3-1 " not in said
    assert main(["validate", str(annotated_sets / "walks"), "--jobs", "1", "--every"]) == 0
    assert "\n3-1 " in capsys.readouterr().out


def test_charts_are_written_and_counted(
    annotated_sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "plots"
    assert main(["validate", str(annotated_sets / "walks" / "activity"), "--plots", str(folder), "--jobs", "1"]) == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        f"ipol-265_{name}.svg"
        for name in ("foot_flat_errors", "heel_rise_errors", "motion_agreement", "motion_straight_agreement")
    ]
    assert capsys.readouterr().err == f"4 charts in {folder}\n"


def test_what_cannot_be_used_is_told_and_the_rest_is_scored(
    annotated_sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(annotated_sets / "walks" / "activity", tmp_path / "a")
    notes = tmp_path / "a" / "3-2.json"
    content = json.loads(notes.read_text())
    content["LeftFootActivity"][0] = [200, 100]
    notes.write_text(json.dumps(content))
    (tmp_path / "a" / "4-1.json").write_text("{")
    assert main(["validate", str(tmp_path), "--jobs", "1"]) == 3
    said = capsys.readouterr()
    assert "ipol-265: 1 person, 2 recordings" in said.out
    entry, broken = sorted(line for line in said.err.splitlines() if line.startswith("error: "))
    assert entry == f"error: {notes}: LeftFootActivity, entry 1: [200, 100]: expected [start, end], start first"
    assert broken.startswith(f"error: {tmp_path / 'a' / '4-1.json'}: ")


def test_an_empty_folder_and_a_wrong_rate_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(tmp_path)]) == 3
    assert "nothing in it that can be scored" in capsys.readouterr().err
    for rate in ("imu_walk", "imu_walk=fast", "=100", "imu_walk=0"):
        assert main(["validate", str(tmp_path), "--rate", rate]) == 2
        assert "is not a recording, = and 0.1 to 10000 samples a second" in capsys.readouterr().err


def test_a_rate_that_is_given_is_taken(annotated_sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slow = read(capsys, annotated_sets / "gaitmap", "--rate", "imu_walk=51.2")["by_set"]["gaitmap"]
    right = read(capsys, annotated_sets / "gaitmap")["by_set"]["gaitmap"]
    assert rows(slow)["toe_off.bias"]["value"] != rows(right)["toe_off.bias"]["value"]


def test_several_processes_say_the_same_as_one(annotated_sets: Path) -> None:
    def run(jobs: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "evenside", "validate", str(annotated_sets / "walks"), "--jobs", str(jobs)]
        return subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)

    one, three = run(1), run(3)
    assert one.stdout == three.stdout
    assert one.stderr == three.stderr == ""  # no terminal, no progress


def test_ctrl_c_ends_all_processes_without_a_traceback(annotated_sets: Path, terminal: Callable[..., Any]) -> None:
    shown = terminal("validate", str(annotated_sets), "--jobs", "2", columns=200)
    shown.wait_for_text("validate ")  # the bar: the processes are starting
    shown.press("\x03")
    assert shown.end() == 130
    assert "Traceback" not in shown.text


def test_progress_is_shown_on_a_terminal(annotated_sets: Path, terminal: Callable[..., Any]) -> None:
    shown = terminal("validate", str(annotated_sets / "walks"), "--jobs", "1", columns=200)
    assert shown.end() == 0
    assert "100%" in shown.text
    assert "ipol-497: 1 person, 1 recording" in shown.text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (float("nan"), "AI", ""),
        (1.0, "", "1.000"),
        (12.345, "ms", "12.3"),
        (-0.5, "AI", "-0.50"),
        (7.0, "count", "7"),
        (7.5, "count", "7.50"),
    ],
)
def test_values_have_the_digits_of_their_unit(value: float, unit: str, text: str) -> None:
    assert value_text(value, unit) == text
