"""Annotations of other people, sound and broken: what is wrong is told with its place, and the rest is kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenside.errors import ReadError
from evenside.validation.gaitmap_csv import read_stride_borders, read_stride_events, table_kind, usual_rate_hz
from evenside.validation.ipol_json import read_annotation
from evenside.validation.marks import Motions, Problem, Swings
from evenside.validation.moticon_report import read_report, recorded_at

ACTIVITY = {"LeftFootActivity": [[100, 160], [210, 270]], "RightFootActivity": [[155, 215]]}
EVENTS = {
    "Subject": 7,
    "TrialBoundaries": [90, 300],
    "UTurnBoundaries": [150, 180],
    "LeftFootEvents": [[100, 140], [210, 250]],
    "RightFootEvents": [[155, 195]],
}


@pytest.fixture
def annotation(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, content: object) -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def test_foot_activity_is_heel_rise_to_foot_flat(annotation: Callable[..., Path]) -> None:
    problems: list[Problem] = []
    content = {**ACTIVITY, "Subject": 7, "PathologyGroup": "Healthy", "Sensor": "XSens"}
    trial = read_annotation(annotation("7-2.json", content), problems)
    assert trial is not None
    (marks,) = trial.marks
    assert isinstance(marks, Motions)
    assert marks.left.tolist() == ACTIVITY["LeftFootActivity"]
    assert (trial.set, trial.name, trial.person, trial.labels) == ("ipol-265", "7-2", "7", ("Healthy", "XSens nodes"))
    assert not problems


def test_foot_events_are_toe_off_and_heel_strike_with_turn_and_boundaries(annotation: Callable[..., Path]) -> None:
    trial = read_annotation(annotation("7-1_meta.json", EVENTS), [])
    assert trial is not None
    (marks,) = trial.marks
    assert isinstance(marks, Swings)
    assert marks.right.tolist() == [[155.0, 195.0]]
    assert marks.turns.tolist() == [[150.0, 180.0]]
    assert marks.within == (90.0, 300.0)
    assert (trial.set, trial.name, trial.path.name) == ("ipol-497", "7-1", "7-1")


def test_without_a_subject_the_name_tells_the_person(annotation: Callable[..., Path]) -> None:
    trial = read_annotation(annotation("12-3.json", ACTIVITY), [])
    assert trial is not None
    assert trial.person == "12"


@pytest.mark.parametrize("content", [{}, {"Subject": 1}, [1, 2], "text", 3])
def test_json_of_something_else_is_none(content: object, annotation: Callable[..., Path]) -> None:
    assert read_annotation(annotation("x.json", json.dumps(content)), []) is None


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("cut.json", '{"LeftFootActivity": [[1, 2]', "cut.json"),
        ("none.json", {"LeftFootActivity": []}, "there is no 'RightFootActivity'"),
        ("odd.json", {**ACTIVITY, "LeftFootActivity": 3}, "LeftFootActivity is int, expected a list"),
        ("turn.json", {**EVENTS, "UTurnBoundaries": "late"}, "UTurnBoundaries is str"),
        ("bytes.json", "\ud800", "bytes.json"),
    ],
)
def test_what_cannot_be_understood_names_file_and_key(
    name: str, content: object, words: str, tmp_path: Path, annotation: Callable[..., Path]
) -> None:
    if content == "\ud800":
        (tmp_path / name).write_bytes(b"\xff\xfe{")
    else:
        annotation(name, content)
    with pytest.raises(ReadError, match=words):
        read_annotation(tmp_path / name, [])


@pytest.mark.parametrize("bad", [[160, 100], [100], [1, 2, 3], "100-160", None, [100, None], ["a", 160], [True, 9]])
def test_an_entry_that_is_no_span_is_told_and_the_rest_kept(bad: object, annotation: Callable[..., Path]) -> None:
    problems: list[Problem] = []
    content = {**ACTIVITY, "LeftFootActivity": [[100, 160], bad, [210, 270]]}
    trial = read_annotation(annotation("7-2.json", content), problems)
    assert trial is not None
    (marks,) = trial.marks
    assert isinstance(marks, Motions)
    assert marks.left.tolist() == [[100.0, 160.0], [210.0, 270.0]]
    (problem,) = problems
    assert problem.place.endswith("7-2.json: LeftFootActivity, entry 2")
    assert "expected [start, end]" in problem.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*ACTIVITY, *EVENTS, "Sensor"), json_values)))
def test_any_json_is_read_or_refused(tmp_path: Path, content: dict[str, Any]) -> None:
    path = tmp_path / "any.json"
    path.write_text(json.dumps(content))
    try:
        trial = read_annotation(path, [])
    except ReadError:
        return
    for marks in () if trial is None else trial.marks:
        for side in ("left", "right"):
            spans = getattr(marks, side)
            assert spans.shape[1:] == (2,)
            assert (spans[:, 0] < spans[:, 1]).all()


STRIDES = "s_id,foot,start,end,ic,tc,min_vel,pre_ic\n"


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], Path]:
    def write(content: str) -> Path:
        path = tmp_path / "strides.csv"
        path.write_text(content)
        return path

    return write


def test_strides_of_motion_capture_become_swings(table: Callable[[str], Path]) -> None:
    rows = (
        "0,left,0,0,657,586,0,438\n1,left,0,0,877,803,0,657\n2,left,0,0,1500,1400,0,1300\n3,right,0,0,700,650,0,500\n"
    )
    marks = read_stride_events(table(STRIDES + rows), [])
    # The first stance begins with a contact that no marked swing leads to; so does the third, after a hole.
    expected = np.array([[np.nan, 438], [586, 657], [803, 877], [np.nan, 1300], [1400, 1500]])
    np.testing.assert_array_equal(marks.left, expected)
    assert marks.within is None


def test_rows_that_are_no_strides_are_told_with_their_line(table: Callable[[str], Path]) -> None:
    problems: list[Problem] = []
    rows = "0,left,0,0,657,586,0,438\n1,middle,0,0,877,803,0,657\n2,left,0,0,x,803,0,657\n3,right,0,0,700,450,0,500\n"
    marks = read_stride_events(table(STRIDES + rows), problems)
    assert len(marks.left) == 2
    assert [problem.place.rpartition(":")[2] for problem in problems] == ["3", "4", "5"]


@pytest.mark.parametrize("content", [STRIDES, STRIDES + "0,nobody,1,2,3,4,5,6\n"])
def test_a_table_without_strides_is_refused(content: str, table: Callable[[str], Path]) -> None:
    with pytest.raises(ReadError, match="no stride in it"):
        read_stride_events(table(content), [])


def test_borders_and_events_are_told_apart_by_their_header(table: Callable[[str], Path], tmp_path: Path) -> None:
    assert table_kind(table(STRIDES)) == "events"
    borders = table("s_id,foot,start,end,gsd_id\n0,left,364,584,1\n1,left,584,500,1\n")
    assert table_kind(borders) == "borders"
    problems: list[Problem] = []
    assert read_stride_borders(borders, problems).left.tolist() == [[364.0, 584.0]]
    assert len(problems) == 1
    (tmp_path / "strides.csv").write_bytes(b"\xff\xfe\x00,")
    assert table_kind(tmp_path / "strides.csv") == table_kind(tmp_path / "gone.csv") == ""


@pytest.mark.parametrize(("samples", "rate_hz"), [(225, 204.8), (116, 102.4), (30, None), (1000, None)])
def test_the_length_of_strides_tells_the_rate(samples: float, rate_hz: float | None) -> None:
    assert usual_rate_hz(np.array([[0.0, samples], [samples, 2 * samples]])) == rate_hz
    assert usual_rate_hz(np.empty((0, 2))) is None


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for title, rows in sheets.items():
        sheet = book.create_sheet(title.replace("_", " "))
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


HEAD: list[object] = ["Step", "Initial contact (s)", "Toe off (s)"]


def test_steps_of_a_report_in_the_order_of_time(tmp_path: Path) -> None:
    problems: list[Problem] = []
    left: list[list[object]] = [HEAD, [2, 3.7, 4.3], [1, 2.6, 3.3], [None, None, None], [3, "n/a", 5.0], [4, 6.0, 5.0]]
    path = workbook(tmp_path / "r.xlsx", Left_Steps=left, Right_Steps=[HEAD, [1, 3.2, 3.8]])
    steps = read_report(path, problems)
    assert steps is not None
    assert steps.left.tolist() == [[2.6, 3.3], [3.7, 4.3]]
    assert steps.right.tolist() == [[3.2, 3.8]]
    assert [problem.place for problem in problems] == [f"{path}: sheet 'Left Steps', row {row}" for row in (5, 6)]


def test_workbooks_of_something_else_and_broken_ones(tmp_path: Path) -> None:
    assert read_report(workbook(tmp_path / "other.xlsx", Budget=[["a", 1]]), []) is None
    with pytest.raises(ReadError, match="no sheet 'Right Steps'"):
        read_report(workbook(tmp_path / "half.xlsx", Left_Steps=[HEAD, [1, 1.0, 2.0]]), [])
    with pytest.raises(ReadError, match=r"no column 'Toe off \(s\)' in sheet 'Left Steps'"):
        read_report(workbook(tmp_path / "head.xlsx", Left_Steps=[HEAD[:2], [1, 1.0]]), [])
    (tmp_path / "text.xlsx").write_text("no workbook")
    with pytest.raises(ReadError, match="no workbook"):
        read_report(tmp_path / "text.xlsx", [])
    whole = workbook(tmp_path / "whole.xlsx", Left_Steps=[HEAD]).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReadError, match="no workbook"):
        read_report(tmp_path / "cut.xlsx", [])


def test_without_openpyxl_the_mend_is_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ReadError, match=r"pip install 'evenside\[validate\]'"):
        read_report(tmp_path / "r.xlsx", [])


def test_a_report_and_its_recording_share_the_digits_of_their_moment() -> None:
    assert recorded_at("gait_report_230927_10_21_14") == recorded_at("230927_102114") == "230927102114"
    assert recorded_at("report_7") == ""
