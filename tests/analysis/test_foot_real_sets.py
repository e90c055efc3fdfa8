"""Foot contacts of real people against motion capture and against hand annotations.

The bounds are those that the annotations themselves allow, with some room: an annotator's habit per foot and trial is
some 6 ms for contacts, and 50 ms for heel rise. A detector that does much better has learnt the annotators.
"""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from evenside.readers import open_recording
from evenside_analysis.foot_contacts import FootSettings, FootState, detect_foot_contacts
from evenside_analysis.types import ACC, GYR, Event, Flag, Floats, Ints

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA to where they are)"
)
SIDES = ("left", "right")


@dataclass(frozen=True)
class Found:
    """All events of one foot."""

    start_s: float  # first sample
    time_s: Floats
    kind: Ints
    flags: Ints

    def times(self, event: Event) -> Floats:
        return np.asarray(self.time_s[self.kind == event])

    def marked(self, event: Event, flag: Flag) -> Ints:
        return np.flatnonzero((self.flags[self.kind == event] & flag) != 0)


def detect(path: str, layout: str, rate_hz: float | None = None) -> dict[str, Found]:
    """Events of both feet; two seconds of silence after the end let the last step settle."""
    recording = open_recording(DATA / path, layout, block_s=7.0, rate_hz=rate_hz)
    nodes = {node.id: node for node in recording.nodes if node.site == "foot"}
    settings = {name: FootSettings(node.rate_hz) for name, node in nodes.items()}
    states = {name: FootState.start(settings[name]) for name in nodes}
    starts: dict[str, float] = {}
    found: dict[str, list[tuple[Floats, Ints, Ints]]] = {name: [] for name in nodes}

    def feed(name: str, time_s: Floats, acc: Floats, gyr: Floats) -> None:
        states[name], contacts = detect_foot_contacts(settings[name], states[name], time_s, acc, gyr)
        found[name].append((contacts.time_s, contacts.kind, contacts.flags))

    for block in recording.read():
        if block.node in nodes:
            acc, gyr = nodes[block.node].columns(ACC), nodes[block.node].columns(GYR)
            assert acc is not None
            assert gyr is not None
            starts.setdefault(block.node, float(block.time_s[0]))
            feed(block.node, block.time_s, block.values[:, acc], block.values[:, gyr])
    nothing = np.full((1, 3), np.nan)
    for name in nodes:
        feed(name, np.array([states[name].regular.time_s + 2.0]), nothing, nothing)
    return {
        nodes[name].side: Found(starts[name], *(np.concatenate(parts) for parts in zip(*found[name], strict=True)))
        for name in nodes
    }


def pairs(truth_s: Floats, found_s: Floats, within_s: float) -> tuple[Ints, Ints]:
    """One to one, nearest first: indices of both."""
    apart = np.abs(truth_s[:, np.newaxis] - found_s)
    chosen: list[tuple[int, int]] = []
    while apart.size and apart.min() <= within_s:
        row, column = np.unravel_index(int(apart.argmin()), apart.shape)
        chosen.append((int(row), int(column)))
        apart[row], apart[:, column] = np.inf, np.inf
    rows = np.array(sorted(chosen), np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def test_level_walk_against_motion_capture() -> None:
    found = detect("gaitmap_feet/imu_sample.csv.gz", "gaitmap")
    with (DATA / "gaitmap_feet" / "stride_events_sample.csv").open(encoding="utf-8") as file:
        truth = [row for row in csv.DictReader(file) if row["foot"] in SIDES]
    stance_error_s = {}
    for side, count in (("left", 28), ("right", 29)):
        rows = [row for row in truth if row["foot"] == side]
        errors_s = []
        for column, event, bias_s in (("pre_ic", Event.IC, 0.024), ("tc", Event.TC, -0.002)):
            want_s = np.array([float(row[column]) for row in rows]) / 204.8
            at, there = pairs(want_s, found[side].times(event), 0.1)
            assert at.size == count
            errors_s.append(found[side].times(event)[there] - want_s)
            assert abs(errors_s[-1].mean() - bias_s) < 0.004
            assert errors_s[-1].std() < 0.010
        stance_error_s[side] = float((errors_s[1] - errors_s[0]).mean())
        assert found[side].times(Event.IC).size == 32
    assert abs(stance_error_s["left"] - stance_error_s["right"]) < 0.002


def test_half_turns_of_a_level_walk_are_flagged_and_straight_strides_are_not() -> None:
    for events in detect("gaitmap_feet/imu_sample.csv.gz", "gaitmap").values():
        assert 3 <= events.marked(Event.IC, Flag.TURN).size <= 6


@pytest.mark.parametrize(("way", "steps"), [("up", 20), ("down", 19)])
def test_every_step_on_stairs_is_found_and_the_left_foot_leads(way: str, steps: int) -> None:
    found = detect(f"gaitmap_feet/imu_sample_healthy_stair_{way}.csv.gz", "gaitmap")
    assert [found[side].times(Event.IC).size for side in SIDES] == [steps, steps]
    assert found["left"].times(Event.TC)[0] < found["right"].times(Event.TC)[0]
    for side in SIDES:
        assert found[side].marked(Event.IC, Flag.GUESSED).size <= 6
        assert found[side].marked(Event.TC, Flag.GUESSED).size <= 3


def test_straight_strides_against_hand_annotation() -> None:
    missed, annotated, apart_s = {Event.TC: 0, Event.IC: 0}, 0, []
    errors_s: dict[Event, list[Floats]] = {Event.TC: [], Event.IC: []}
    for path in sorted((DATA / "ipol_gait_voisard2023_agpl").glob("*.json")):
        notes = json.loads(path.read_text(encoding="utf-8"))
        found = detect(f"ipol_gait_voisard2023_agpl/{path.stem}", "ipol-497")
        means_s = []
        for side, word in (("left", "LeftFootEvents"), ("right", "RightFootEvents")):
            events, times_s = found[side], np.array(notes[word], np.float64) / 100.0
            turn_s = np.array(notes["UTurnBoundaries"]) / 100.0
            annotated += len(times_s)
            for column, event in ((0, Event.TC), (1, Event.IC)):
                want_s = times_s[:, column]
                at, there = pairs(want_s + events.start_s, events.times(event), 0.25)
                straight = (want_s[at] < turn_s[0] - 1.0) | (want_s[at] > turn_s[1] + 1.0)
                straight &= (at > 0) & (at < len(want_s) - 1)
                missed[event] += len(want_s) - at.size
                straight &= ~np.isin(there, events.marked(event, Flag.TURN))
                errors_s[event].append((events.times(event)[there] - want_s[at] - events.start_s)[straight])
                means_s.append(float(errors_s[event][-1].mean()))
        apart_s.append([means_s[0] - means_s[2], means_s[1] - means_s[3]])
    assert annotated == 280
    for event, bias_s, sd_s in ((Event.TC, 0.003, 0.009), (Event.IC, 0.009, 0.012)):
        assert missed[event] <= 0.025 * annotated
        pooled_s = np.concatenate(errors_s[event])
        assert pooled_s.size > 190
        assert abs(pooled_s.mean()) < bias_s
        assert pooled_s.std() < sd_s
    toe_off_s, contact_s = np.mean(apart_s, axis=0)
    assert abs(toe_off_s) < 0.005
    assert abs(contact_s) < 0.010


def test_heel_rise_and_foot_flat_of_healthy_and_impaired_walks() -> None:
    hits, counted, extra, missed, annotated = {Event.HEEL_RISE: 0, Event.FOOT_FLAT: 0}, 0, 0, 0, 0
    for path in sorted((DATA / "ipol_gait_truong2019_ncsa").glob("*-*.json")):
        if not path.with_suffix(".csv.gz").is_file():
            continue
        notes = json.loads(path.read_text(encoding="utf-8"))
        found = detect(f"ipol_gait_truong2019_ncsa/{path.stem}.csv.gz", "ipol-265")
        for side, word in (("left", "LeftFootActivity"), ("right", "RightFootActivity")):
            want_s = np.array(notes[word], np.float64) / 100.0
            times_s = {event: found[side].times(event) for event in hits}
            for column, event in enumerate(hits):
                hits[event] += pairs(want_s[:, column], times_s[event], 0.1)[0].size
            middle_s = 0.5 * (times_s[Event.HEEL_RISE] + times_s[Event.FOOT_FLAT])
            matched = pairs(want_s.mean(axis=1), middle_s, 0.3)[0].size
            missed, extra = missed + len(want_s) - matched, extra + middle_s.size - matched
            annotated, counted = annotated + len(want_s), counted + middle_s.size
    assert annotated == 2597
    assert missed <= 0.015 * annotated
    assert extra <= 0.025 * annotated
    assert 2 * hits[Event.HEEL_RISE] / (annotated + counted) >= 0.85
    assert 2 * hits[Event.FOOT_FLAT] / (annotated + counted) >= 0.95
