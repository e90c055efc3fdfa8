"""What a layout says of the values is checked against the values: gravity, units, rest, with the mend in the words."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from evenside.readers import Note, open_recording
from evenside.readers.checks import Findings, start_watch, watch
from evenside_analysis.types import Floats, Node

RATE_HZ = 100.0
IMU = """
name = "imu"
[table]
separator = "comma"
header = "none"
[time]
rate_hz = 100
[node.foot]
site = "foot"
side = "left"
gravity = {gravity}
[node.foot.channels]
acc_x = {{ column = 1, unit = "{acc}" }}
acc_y = {{ column = 2, unit = "{acc}" }}
acc_z = {{ column = 3, unit = "{acc}" }}
gyr_x = {{ column = 4, unit = "{gyr}" }}
gyr_y = {{ column = 5, unit = "{gyr}" }}
gyr_z = {{ column = 6, unit = "{gyr}" }}
"""
PLATE = """
name = "plate"
[table]
separator = "comma"
header = "none"
[time]
rate_hz = 100
[node.plate]
site = "plate"
side = "left"
[node.plate.channels]
force = { column = 1, unit = "N" }
"""


def walk(gravity: float = 9.81) -> Floats:
    """20 s of (acc m/s², gyr rad/s): still, then steps, then still."""
    time = np.arange(2000) / RATE_HZ
    moving = ((time > 5) & (time < 15)).astype(float)
    swing = moving * np.sin(2 * np.pi * time) ** 3
    noise = 0.02 * np.sin(37.0 * np.arange(2000.0)[:, None] * np.array([1.0, 1.3, 1.7]))
    acc = np.column_stack([25 * swing, 3 * swing, gravity + 8 * swing]) + noise
    gyr = np.column_stack([0.3 * swing, 9 * swing, swing]) + noise / 10
    return np.concatenate([acc, gyr], axis=1)


def notes_of(tmp_path: Path, rows: Floats, layout: str) -> dict[str, Note]:
    (tmp_path / "layout.toml").write_text(layout)
    np.savetxt(tmp_path / "data.csv", rows, delimiter=",", fmt="%.9g")
    recording = open_recording(tmp_path / "data.csv", tmp_path / "layout.toml")
    list(recording.read())
    return {note.kind: note for note in recording.notes()}


def imu_notes(
    tmp_path: Path, rows: Floats, *, gravity: str = "true", acc: str = "m/s2", gyr: str = "rad/s"
) -> dict[str, Note]:
    return notes_of(tmp_path, rows, IMU.format(gravity=gravity, acc=acc, gyr=gyr))


def test_values_that_fit_give_no_note(tmp_path: Path) -> None:
    assert imu_notes(tmp_path, walk()) == {}
    assert imu_notes(tmp_path, walk(0.0), gravity="false") == {}


def test_a_bias_at_rest_is_told_with_its_size(tmp_path: Path) -> None:
    note = imu_notes(tmp_path, walk(10.28))["bias"]
    assert re.search(r"reads 10\.2[789] m/s² at rest, \+0\.4[678] from gravity", note.words)
    assert not note.serious


@pytest.mark.parametrize(
    ("true_unit", "per_si", "stated"),
    [("g", 1 / 9.80665, "m/s2"), ("mg", 1000 / 9.80665, "m/s2"), ("m/s2", 1.0, "g"), ("g", 1 / 9.80665, "mg")],
)
def test_acceleration_in_another_unit_is_found_by_gravity(
    tmp_path: Path, true_unit: str, per_si: float, stated: str
) -> None:
    rows = walk()
    rows[:, :3] *= per_si
    note = imu_notes(tmp_path, rows, acc=stated)["unit"]
    assert f'write unit = "{true_unit}"' in note.words
    assert note.serious


def test_gravity_that_is_not_there_is_told(tmp_path: Path) -> None:
    note = imu_notes(tmp_path, walk(0.0))["gravity"]
    assert "write gravity = false" in note.words
    assert note.serious


def test_gravity_that_is_there_after_all_is_told(tmp_path: Path) -> None:
    assert "write gravity = true" in imu_notes(tmp_path, walk(), gravity="false")["gravity"].words


def test_angular_rate_in_another_unit_is_told_both_ways(tmp_path: Path) -> None:
    rows = walk()
    faint = imu_notes(tmp_path, rows, gyr="deg/s")["unit"]
    assert 'if it is in rad/s, write unit = "rad/s"' in faint.words
    rows[:, 3:] = np.degrees(rows[:, 3:])
    wild = imu_notes(tmp_path, rows)["unit"]
    assert 'if it is in deg/s, write unit = "deg/s"' in wild.words


@pytest.mark.parametrize(
    ("factor", "words"), [(1e-3, 'unit = "kN"'), (1 / 9.80665, 'unit = "kgf"'), (-1.0, "sign = -1"), (1.0, "")]
)
def test_force_that_carries_nobody_is_told(tmp_path: Path, factor: float, words: str) -> None:
    force = 800 * np.maximum(0, np.sin(np.arange(1000) / 20))[:, None]
    notes = notes_of(tmp_path, force * factor, PLATE)
    assert words in notes["unit"].words if words else notes == {}


def test_what_was_seen_does_not_depend_on_the_blocks() -> None:
    node = Node("n", "foot", "left", ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"), RATE_HZ)
    rows = walk()
    rows[[0, 1, 700, 701, 702, 1999]] = np.nan
    whole = Findings.of(watch(node, start_watch(), rows), node)
    for size in (1, 7, 333):
        seen = start_watch()
        for start in range(0, len(rows), size):
            seen = watch(node, seen, rows[start : start + size])
        assert Findings.of(seen, node) == whole
    assert (whole.lost, whole.longest_lost_s) == (6, 0.03)
    assert whole.rest_m_s2 == pytest.approx(9.81, abs=0.02)
    assert 8 <= whole.still_s <= 11
