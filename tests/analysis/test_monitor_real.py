"""Whole recordings through the monitor: what was heard and lost of every node, and stance times as reported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenside.readers import open_recording
from evenside_analysis.monitor import finish, start, step, summary
from evenside_analysis.report import Summary
from evenside_analysis.settings import MonitorSettings

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA to where they are)"
)


def summed(path: str) -> tuple[Summary, dict[str, int]]:
    """The session, and what the reader says was lost of each node."""
    recording = open_recording(DATA / path)
    settings = MonitorSettings(recording.nodes)
    state = start(settings)
    for block in recording.read():
        state, _ = step(settings, state, block)
    state, _ = finish(settings, state)
    return summary(settings, state), {
        note.node: note.count or 0 for note in recording.notes() if note.kind == "lost" and note.node is not None
    }


@pytest.mark.parametrize(
    ("path", "lost"),
    [
        ("moticon_opengo/230927_102114.txt.gz", {"left_insole": 64, "right_insole": 14}),
        ("moticon_opengo/230927_102137.txt.gz", {"left_insole": 75, "right_insole": 6}),
        ("moticon_opengo/230927_102231.txt.gz", {"left_insole": 68, "right_insole": 2}),
        ("gaitmap_feet/imu_sample.csv.gz", {}),
        ("gaitpdb_controls/GaCo01_01.txt.gz", {}),
    ],
)
def test_what_was_lost_is_what_the_reader_counted(path: str, lost: dict[str, int]) -> None:
    found, noted = summed(path)
    assert noted == lost
    for node in found.nodes:
        assert node.lost == lost.get(node.node, 0)
        assert node.completeness == node.samples / (node.samples + node.lost)


def test_a_node_that_begins_or_ends_apart_from_the_others_lost_that_too() -> None:
    found, noted = summed("ipol_gait_voisard2023_agpl/1-1")
    assert noted == {"left_foot": 86, "right_foot": 132, "lower_back": 124}
    for node in found.nodes:  # the counter of one of them runs over 3045 samples
        assert (node.samples, node.lost) == (2913, 132)


@pytest.mark.parametrize(
    ("name", "left_s", "right_s"),
    # The means of the maker's reports, sheets "Left Steps" and "Right Steps", column "Stance (s)".
    [("230927_102114", 0.804, 0.814), ("230927_102137", 1.305, 1.344), ("230927_102231", 0.590, 0.596)],
)
def test_stance_times_of_a_session_are_those_of_the_report(name: str, left_s: float, right_s: float) -> None:
    found, _ = summed(f"moticon_opengo/{name}.txt.gz")
    (figure,) = (figure for figure in found.figures if figure.metric == "stance_time")
    assert figure.n_left >= 5
    assert figure.left_mean == pytest.approx(left_s, abs=0.02)
    assert figure.right_mean == pytest.approx(right_s, abs=0.02)
