"""Which recordings a folder holds, how they are followed, and that neither depends on where or by how many."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from evenside.errors import ReadError
from evenside.offline import analyse_recording
from evenside.readers import open_recording
from evenside.validation.discovery import discover
from evenside.validation.following import follow, follow_all, usual_jobs
from evenside.validation.marks import Borders, Problem, Swings
from evenside.validation.validating import validate
from evenside_analysis.report import Report
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Event


def test_every_kind_is_known_by_its_files_however_deep(annotated_sets: Path) -> None:
    found = discover(annotated_sets)
    assert [(trial.set, trial.name, trial.person) for trial in found.trials] == [
        ("gaitmap", "imu_stair_up", "imu_stair_up"),
        ("gaitmap", "imu_walk", "imu_walk"),
        ("gaitpdb", "GaCo01_01", "GaCo01"),
        ("ipol-265", "3-1", "3"),
        ("ipol-265", "3-2", "3"),
        ("ipol-265", "4-1", "4"),
        ("ipol-497", "1-1", "1"),
        ("loads", "jump", "jump"),
        ("loads", "ride", "ride"),
        ("moticon", "230927_102114", "wearer"),
    ]
    assert not found.problems
    assert not found.notes
    walk, stairs = found.trials[1], found.trials[0]
    assert [type(marks) for marks in walk.marks] == [Swings, Borders]
    assert walk.rate_hz == 102.4  # the table counts samples; the strides tell
    assert (stairs.stairs, stairs.rate_hz, stairs.marks) == (True, None, ())


def test_a_rate_that_is_given_outranks_the_one_that_strides_tell(annotated_sets: Path) -> None:
    found = discover(annotated_sets / "gaitmap", {"imu_walk": 100.0})
    assert {trial.name: trial.rate_hz for trial in found.trials} == {"imu_walk": 100.0, "imu_stair_up": None}


def test_what_belongs_to_nothing_is_told(annotated_sets: Path, tmp_path: Path) -> None:
    activity = annotated_sets / "walks" / "activity"
    for name in ("3-1.csv.gz", "3-1.json", "3-2.json", "4-1.csv.gz"):
        shutil.copy(activity / name, tmp_path / name)
    shutil.copy(annotated_sets / "gaitmap" / "stride_events_walk.csv", tmp_path)
    shutil.copy(annotated_sets / "insoles" / "wearer" / "gait_report_230927_10_21_14.xlsx", tmp_path)
    (tmp_path / "people.csv").write_text("name,age\nx,3\n")
    (tmp_path / "settings.json").write_text("{}")
    (tmp_path / ".hidden").mkdir()
    shutil.copy(activity / "3-2.json", tmp_path / ".hidden")
    found = discover(tmp_path)
    assert [trial.name for trial in found.trials] == ["3-1"]
    assert set(found.notes) == {
        "3 annotations without their recording",
        "1 recordings of the layout ipol-265 without an annotation",
        "1 tables that are no recordings: people.csv",
    }


def test_broken_annotations_are_problems_and_the_rest_is_scored(annotated_sets: Path, tmp_path: Path) -> None:
    shutil.copytree(annotated_sets / "walks" / "activity", tmp_path / "a")
    (tmp_path / "a" / "3-2.json").write_text('{"LeftFootActivity"')
    (tmp_path / "a" / "gait_report_1.xlsx").write_text("none")
    found = discover(tmp_path)
    assert [trial.name for trial in found.trials] == ["3-1", "4-1"]
    assert sorted(Path(problem.place).name for problem in found.problems) == ["3-2.json", "gait_report_1.xlsx"]


def test_a_folder_with_nothing_to_score_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="nothing in it that can be scored"):
        discover(tmp_path)
    with pytest.raises(ReadError, match="no such folder"):
        discover(tmp_path / "gone")


def test_the_events_are_those_that_the_product_tells(annotated_sets: Path) -> None:
    (trial,) = (one for one in discover(annotated_sets).trials if one.name == "4-1")
    recording = open_recording(trial.path)
    told: dict[str, list[float]] = {"left_foot": [], "right_foot": []}

    def listen(report: Report, passed_s: float) -> None:
        for one in report.contacts:
            told[one.node] += one.contacts.time_s[one.contacts.kind == Event.IC].tolist()

    analysis = analyse_recording(recording, MonitorSettings(recording.nodes), listeners=(listen,))
    found = follow(trial)
    assert found.feet["left"].time_s[Event.IC].tolist() == told["left_foot"]
    assert found.feet["right"].time_s[Event.IC].tolist() == told["right_foot"]
    assert found.summary.figures == analysis.summary.figures
    assert [found.feet["left"].time_s[event].size for event in Event] == [len(told["left_foot"])] * 4
    assert len(told["left_foot"]) == 27


def test_what_cannot_be_read_is_a_problem_of_that_recording_alone(annotated_sets: Path, tmp_path: Path) -> None:
    shutil.copytree(annotated_sets / "walks" / "activity", tmp_path / "a")
    with gzip.open(tmp_path / "a" / "3-1.csv.gz", "wt") as file:
        file.write("time,x\n0,1\n")
    done: list[float] = []
    trials = discover(tmp_path).trials
    found = list(follow_all(trials, 1, done.append))
    assert [isinstance(one, Problem) for one in found] == [True, False, False]
    assert done == [1, 2, 3]
    problem = found[0]
    assert isinstance(problem, Problem)
    assert problem.place.endswith("3-1.csv.gz")


def test_it_does_not_matter_how_many_processes_share_the_work(annotated_sets: Path) -> None:
    one, two = (validate(annotated_sets / "walks", jobs=jobs) for jobs in (1, 2))
    assert [result.set for result in one.sets] == ["ipol-265", "ipol-497"]
    for alone, shared in zip(one.sets, two.sets, strict=True):
        values = [[row.value for row in result.whole.rows] for result in (alone, shared)]
        np.testing.assert_array_equal(values[0], values[1])


def test_a_process_is_not_started_for_little() -> None:
    assert usual_jobs(0) == usual_jobs(5) == 1
    assert usual_jobs(10_000) >= 1
