"""Real recordings of every built-in layout: sides, rates, units, losses as the notes beside the data say."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evenside.errors import ReadError
from evenside.readers import Note, Recording, open_recording
from evenside_analysis.types import ACC, GYR, Block, Floats

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA to where they are)"
)


def read(path: str, rate_hz: float | None = None) -> tuple[Recording, dict[str, Block], dict[tuple[str, str], Note]]:
    recording = open_recording(DATA / path, rate_hz=rate_hz)
    parts: dict[str, list[Block]] = {}
    for block in recording.read():
        parts.setdefault(block.node, []).append(block)
    whole = {
        node: Block(node, np.concatenate([b.time_s for b in blocks]), np.concatenate([b.values for b in blocks]))
        for node, blocks in parts.items()
    }
    return recording, whole, {(note.kind, note.node): note for note in recording.notes()}


def lost(block: Block) -> int:
    return int(np.count_nonzero(np.isnan(block.values[:, 0])))


def rest_m_s2(block: Block, recording: Recording, rows: int = 100) -> float:
    node = next(node for node in recording.nodes if node.id == block.node)
    columns = node.columns(ACC)
    assert columns is not None
    acc = block.values[:rows, columns]
    return float(np.nanmean(np.sqrt((acc**2).sum(axis=1))))


def table(path: str, skip: int = 0, delimiter: str | None = ",") -> Floats:
    with gzip.open(DATA / path, "rt", encoding="utf-8-sig") as file:
        return np.genfromtxt(file, delimiter=delimiter, skip_header=skip)


@pytest.mark.parametrize(
    ("layout", "files"),
    [
        ("moticon-opengo", "moticon_opengo/*.txt.gz"),
        ("gaitmap", "gaitmap_feet/imu_*.csv.gz"),
        ("ipol-265", "ipol_gait_truong2019_ncsa/*.csv.gz"),
        ("ipol-497", "ipol_gait_voisard2023_agpl/*_lf.txt.gz"),
        ("physionet-gaitpdb", "gaitpdb_controls/*.txt.gz"),
        ("opensim-forces", "acl_squat_jump/*.csv.gz"),
        ("pedal-balance", "cycling_pedal_balance/*.csv.gz"),
    ],
)
def test_every_recording_opens_alike_with_its_layout_and_without(layout: str, files: str) -> None:
    paths = sorted(DATA.glob(files))
    assert len(paths) >= 3
    for path in paths:
        found, named = open_recording(path), open_recording(path, layout)
        assert (found.layout, found.nodes, found.paths) == (layout, named.nodes, named.paths)
        assert {node.side for node in found.nodes} >= {"left", "right"}


@pytest.mark.parametrize(
    ("name", "rows", "lost_left", "lost_right", "duration_s"),
    [
        ("230927_102114", 1751, 64, 14, 17.50),
        ("230927_102137", 2275, 75, 6, 22.74),
        ("230927_102231", 1007, 68, 2, 10.06),
    ],
)
def test_moticon_lost_samples_are_nan_rows(
    name: str, rows: int, lost_left: int, lost_right: int, duration_s: float
) -> None:
    # The file of 102114 has 63 and 13 lines without one side, and one line is missing altogether.
    recording, blocks, notes = read(f"moticon_opengo/{name}.txt.gz")
    assert (recording.layout, recording.name) == ("moticon-opengo", name)
    assert [(node.id, node.side, node.rate_hz, node.right_handed) for node in recording.nodes] == [
        ("left_insole", "left", 100.0, False),
        ("right_insole", "right", 100.0, False),
    ]
    for side, count in (("left", lost_left), ("right", lost_right)):
        block = blocks[f"{side}_insole"]
        assert (len(block.time_s), lost(block), block.time_s[0], block.time_s[-1]) == (rows, count, 0.0, duration_s)
        assert notes["lost", f"{side}_insole"].count == count
        assert not np.isnan(block.values[~np.isnan(block.values[:, 0])]).any()
        force = block.values[:, 0]
        assert 800 < np.nanmax(force) < 1500
        assert 3 < np.nanmax(np.abs(block.values[:, 4:7])) < 20  # rad/s
    assert ("gravity", "left_insole") not in notes
    assert 9.4 < rest_m_s2(blocks["right_insole"], recording, 30) < 10.2


def test_gaitmap_index_of_samples_takes_the_rate_that_is_given() -> None:
    recording, blocks, notes = read("gaitmap_feet/imu_sample_ic_stride.csv.gz", rate_hz=102.4)
    assert [node.rate_hz for node in recording.nodes] == [102.4, 102.4]
    assert blocks["left_foot"].time_s[-1] == np.rint(4052 / 102.4 * 1e6) / 1e6
    assert ("rate", "") not in notes


def test_gaitmap_index_of_samples_says_which_rate_is_assumed() -> None:
    recording, blocks, notes = read("gaitmap_feet/imu_sample.csv.gz")
    assert "204.8 Hz is assumed" in notes["rate", ""].words
    assert [(node.side, node.gravity, node.right_handed) for node in recording.nodes] == [
        ("left", True, True),
        ("right", True, True),
    ]
    raw = table("gaitmap_feet/imu_sample.csv.gz", skip=2)
    node = recording.nodes[1]
    acc, gyr = node.columns(ACC), node.columns(GYR)
    assert acc is not None
    assert gyr is not None
    right = blocks["right_foot"]
    np.testing.assert_array_equal(right.values[:, acc], raw[:, [2, 4, 6]])
    np.testing.assert_allclose(right.values[:, gyr], np.radians(raw[:, [8, 10, 12]]), rtol=1e-15)
    assert right.time_s[-1] == np.rint(7927 / 204.8 * 1e6) / 1e6


@pytest.mark.parametrize(("way", "rows"), [("up", 5130), ("down", 4488)])
def test_gaitmap_index_in_seconds_tells_the_rate(way: str, rows: int) -> None:
    recording, blocks, notes = read(f"gaitmap_feet/imu_sample_healthy_stair_{way}.csv.gz")
    assert recording.nodes[0].rate_hz == 204.8
    assert ("rate", "") not in notes
    assert len(blocks["left_foot"].time_s) == rows
    assert blocks["left_foot"].time_s[-1] == np.rint((rows - 1) / 204.8 * 1e6) / 1e6
    assert 9.3 < rest_m_s2(blocks["left_foot"], recording) < 10.1


def test_ipol_265_is_in_g_without_gravity() -> None:
    recording, blocks, notes = read("ipol_gait_truong2019_ncsa/105-1.csv.gz")
    assert (recording.name, recording.layout, recording.sync_source) == ("105-1", "ipol-265", "one row")
    assert [(node.side, node.gravity, node.rate_hz) for node in recording.nodes] == [
        ("left", False, 100.0),
        ("right", False, 100.0),
    ]
    raw = table("ipol_gait_truong2019_ncsa/105-1.csv.gz", skip=1)
    np.testing.assert_allclose(blocks["left_foot"].values[:, :3], raw[:, 1:4] * 9.80665, rtol=1e-15)
    np.testing.assert_allclose(blocks["right_foot"].values[:, 3:], np.radians(raw[:, 13:16]), rtol=1e-15)
    np.testing.assert_array_equal(blocks["left_foot"].time_s, np.rint(np.arange(1829) / 100 * 1e6) / 1e6)
    assert not notes


@pytest.mark.parametrize(
    ("name", "counts"),
    [("1-1", (86, 132, 124)), ("2-1", (1, 0, 1)), ("5-1", (44, 10, 38)), ("12-1", (0, 0, 0))],
)
def test_ipol_497_counts_the_packets_that_jump(name: str, counts: tuple[int, int, int]) -> None:
    recording, blocks, _ = read(f"ipol_gait_voisard2023_agpl/{name}")
    assert (recording.name, recording.layout, recording.clock_error_s) == (name, "ipol-497", 0.0)
    assert [(node.site, node.side) for node in recording.nodes] == [
        ("foot", "left"),
        ("foot", "right"),
        ("pelvis", "centre"),
    ]
    assert tuple(lost(blocks[node.id]) for node in recording.nodes) == counts
    for block in blocks.values():
        np.testing.assert_allclose(np.diff(block.time_s), 0.01, atol=1e-9)


def test_ipol_497_left_sensor_is_biased_at_rest() -> None:
    recording, blocks, notes = read("ipol_gait_voisard2023_agpl/1-1")
    assert rest_m_s2(blocks["left_foot"], recording) == pytest.approx(10.27, abs=0.01)
    assert rest_m_s2(blocks["right_foot"], recording) == pytest.approx(9.87, abs=0.01)
    assert "10.27" in notes["bias", "left_foot"].words
    assert ("bias", "right_foot") not in notes
    assert 10 < np.nanmax(np.abs(blocks["left_foot"].values[:, 3:])) < 25  # rad/s


def test_ipol_497_files_share_one_packet_counter() -> None:
    # In trial 1-2 the left foot was heard from packet 0, the right one from packet 1.
    _, blocks, _ = read("ipol_gait_voisard2023_agpl/1-2")
    assert (blocks["left_foot"].time_s[0], blocks["right_foot"].time_s[0]) == (0.0, 0.01)


def test_ipol_497_is_found_by_any_of_its_files() -> None:
    recording = open_recording(DATA / "ipol_gait_voisard2023_agpl" / "1-1_rf.txt.gz")
    assert (recording.name, len(recording.nodes)) == ("1-1", 3)


def test_ipol_497_with_one_side_absent_reads_the_other(tmp_path: Path) -> None:
    for part in ("rf", "lb"):
        name = f"1-1_{part}.txt.gz"
        shutil.copy(DATA / "ipol_gait_voisard2023_agpl" / name, tmp_path / name)
    recording = open_recording(tmp_path / "1-1")
    assert [node.side for node in recording.nodes] == ["right", "centre"]
    assert {block.node for block in recording.read()} == {"right_foot", "lower_back"}
    absent = [note for note in recording.notes() if note.kind == "absent"]
    assert [(note.node, note.place) for note in absent] == [("left_foot", "1-1_lf.txt")]


@pytest.mark.parametrize("name", ["GaCo01_01", "GaCo02_01", "GaCo02_02"])
def test_gaitpdb_totals_are_the_sums_of_the_sensors(name: str) -> None:
    recording, blocks, notes = read(f"gaitpdb_controls/{name}.txt.gz")
    raw = table(f"gaitpdb_controls/{name}.txt.gz", delimiter=None)
    assert [(node.site, node.side, node.rate_hz) for node in recording.nodes] == [
        ("insole", "left", 100.0),
        ("insole", "right", 100.0),
    ]
    np.testing.assert_allclose(blocks["left_insole"].values[:, 0], raw[:, 1:9].sum(axis=1), atol=1e-9)
    np.testing.assert_allclose(blocks["right_insole"].values[:, 0], raw[:, 9:17].sum(axis=1), atol=1e-9)
    assert blocks["left_insole"].time_s[-1] == 121.1715
    assert not notes


@pytest.mark.parametrize(("name", "rows"), [("BFR003", 12080), ("BFR007", 16350), ("BFR010", 7850)])
def test_opensim_plate_1_is_the_right_foot(name: str, rows: int) -> None:
    recording, blocks, notes = read(f"acl_squat_jump/{name}_squat_jump.csv.gz")
    raw = table(f"acl_squat_jump/{name}_squat_jump.csv.gz", skip=7)
    assert [node.rate_hz for node in recording.nodes] == [1000.0, 1000.0]
    np.testing.assert_array_equal(blocks["right_plate"].values[:, 0], raw[:, 2])
    np.testing.assert_array_equal(blocks["left_plate"].values[:, 0], raw[:, 11])
    assert len(blocks["left_plate"].time_s) == rows
    assert "plate 1 is taken as right" in notes["layout", ""].words


def test_pedal_shares_add_up_to_the_total() -> None:
    recording, blocks, _ = read("cycling_pedal_balance/ride_wattbike.csv.gz")
    raw = table("cycling_pedal_balance/ride_wattbike.csv.gz", skip=1)
    assert [node.side for node in recording.nodes] == ["left", "right"]
    left, right = blocks["left_pedal"], blocks["right_pedal"]
    at = np.searchsorted(left.time_s, raw[:, 0])
    usable = (raw[:, 1] >= 30) & ~np.isnan(raw[:, 4])
    np.testing.assert_allclose((left.values + right.values)[at[usable], 0], raw[usable, 1], rtol=1e-12)
    np.testing.assert_allclose(right.values[at[usable], 0], raw[usable, 1] * raw[usable, 4] / 100, rtol=1e-12)
    assert np.isnan(left.values[at[~usable], 0]).all()
    assert np.count_nonzero(~np.isnan(left.values)) == np.count_nonzero(usable)


def test_files_that_are_no_recordings_are_refused_with_the_layouts_that_exist() -> None:
    for name in ("gaitmap_feet/mocap_sample.csv.gz", "acl_squat_jump/BFR007_index.csv"):
        with pytest.raises(ReadError, match=r"no built-in layout fits(.|\n)*moticon-opengo(.|\n)*LAYOUTS\.md"):
            open_recording(DATA / name)


@pytest.mark.parametrize(
    ("cut", "rows"), [(lambda data: data[: len(data) // 2], None), (lambda data: data[:-4], 1829)], ids=["half", "end"]
)
def test_truncated_gzip_keeps_what_was_good(tmp_path: Path, cut: Callable[[bytes], bytes], rows: int | None) -> None:
    path = tmp_path / "105-1.csv.gz"
    path.write_bytes(cut((DATA / "ipol_gait_truong2019_ncsa" / "105-1.csv.gz").read_bytes()))
    recording = open_recording(path)
    blocks = [block for block in recording.read() if block.node == "left_foot"]
    count = sum(len(block.time_s) for block in blocks)
    assert count == rows if rows is not None else 500 < count < 1829
    assert not any(np.isnan(block.values).any() for block in blocks)
    (note,) = [note for note in recording.notes() if note.kind == "truncated"]
    assert str(count) in note.words
