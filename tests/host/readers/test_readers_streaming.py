"""How a file becomes blocks: any cut of the file gives the same bits, gaps become NaN rows, memory stays bounded."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from evenside.readers import Recording, lines, open_recording
from evenside_analysis.types import GRAVITY_M_S2, Block, Floats

FORCES = """
name = "forces"
[table]
separator = "comma"
header = "line"
comment = "#"
[time]
{time}
[node.left]
site = "insole"
side = "left"
[node.left.channels]
force = {{ column = "left", unit = "N" }}
[node.right]
site = "insole"
side = "right"
[node.right.channels]
force = {{ column = "right", unit = "N" }}
"""
SECONDS = 'column = "t"\nrate_hz = 100'
COUNTER = 'column = "t"\nunit = "samples"\nrate_hz = 100'
TWO_FILES = """
name = "two-files"
[table]
separator = "tab"
header = "line"
[time]
column = "n"
unit = "samples"
rate_hz = {rate}
{more}
[node.left]
site = "strap"
side = "left"
file = "-l.tsv"
[node.left.channels]
force = {{ column = "f", unit = "N" }}
[node.right]
site = "strap"
side = "right"
file = "-r.tsv"
[node.right.channels]
force = {{ column = "f", unit = "N" }}
"""


def opened(tmp_path: Path, text: str | bytes, time: str = SECONDS, block_s: float = 30.0) -> Recording:
    (tmp_path / "forces.toml").write_text(FORCES.format(time=time))
    path = tmp_path / "walk.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return open_recording(path, tmp_path / "forces.toml", block_s)


def joined(blocks: Iterator[Block] | list[Block], node: str = "left") -> tuple[Floats, Floats]:
    mine = [block for block in blocks if block.node == node]
    return np.concatenate([b.time_s for b in mine]), np.concatenate([b.values[:, 0] for b in mine])


def rows(times: Sequence[float] | Floats, end: str = "\n") -> str:
    body = "".join(f"{time:.10g},{300 + i},{600 + i}{end}" for i, time in enumerate(times))
    return f"t,left,right{end}{body}"


def test_any_cut_of_the_file_gives_the_same_bits_and_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = rows(np.arange(400) / 100).split("\n")
    table[50] = "# a remark"
    table[60] = "oops,1"
    table[70] = "0.68,x,7"
    table[80] = table[79]
    del table[90:95]
    table[200], table[201] = table[201], table[200]
    table[250] = ""
    table[260] = "nan,1,2"
    data = "\r\n".join(table).encode()
    expected = list((recording := opened(tmp_path, data, block_s=0.7)).read())
    notes = recording.notes()
    for size in (64, 333, 1000):
        monkeypatch.setattr(lines, "CHUNK_BYTES", size)
        again = list((recording := opened(tmp_path, gzip.compress(data), block_s=0.7)).read())
        assert [(a.node, a.time_s.tobytes(), a.values.tobytes()) for a in again] == [
            (b.node, b.time_s.tobytes(), b.values.tobytes()) for b in expected
        ]
        assert recording.notes() == notes
    assert sorted((note.kind, note.node, note.count) for note in notes) == [
        ("bad_line", "", 2),
        ("lost", "left", 12),
        ("lost", "right", 12),
        ("time", "", 4),
    ]


def test_a_long_file_is_read_in_blocks_of_bounded_size(tmp_path: Path) -> None:
    count = 240_000
    time = np.arange(count) / 100
    body = "\n".join(f"{t:.2f},1,2" for t in time)
    recording = opened(tmp_path, f"t,left,right\n{body}\n", block_s=10.0)
    sizes, done = [], list[int]()
    for block in recording.read(done.append):
        sizes.append(len(block.time_s))
        assert block.values.base is None or len(block.values.base) <= 2 * 1000
    assert max(sizes) == 1000
    assert sum(sizes) == 2 * count
    assert done == sorted(done)
    assert done[0] < recording.bytes_total / 4
    assert done[-1] == recording.bytes_total == (tmp_path / "walk.csv").stat().st_size


def test_blocks_hold_one_window_each_and_the_sides_alternate(tmp_path: Path) -> None:
    blocks = list(opened(tmp_path, rows(np.arange(250) / 100), block_s=1.0).read())
    assert [block.node for block in blocks] == ["left", "right"] * 3
    assert [block.time_s[0] for block in blocks[::2]] == [0.0, 1.0, 2.0]
    assert [len(block.time_s) for block in blocks[::2]] == [100, 100, 50]


def test_values_lie_row_by_row_in_memory_as_those_of_a_live_source_do(tmp_path: Path) -> None:
    table = "a\tb\tc\n" + "".join(f"{i}\t{-i}\t{2 * i}\n" for i in range(100))
    layout = """
name = "imu"
table = { separator = "tab", header = "line" }
time = { rate_hz = 50 }
[node.wrist]
site = "wrist"
side = "left"
gravity = true
[node.wrist.channels]
acc_x = { column = "c", unit = "g" }
acc_y = { column = "a", unit = "g" }
acc_z = { column = "b", unit = "g" }
"""
    (tmp_path / "imu.toml").write_text(layout)
    (tmp_path / "walk.tsv").write_text(table)
    (block,) = open_recording(tmp_path / "walk.tsv", tmp_path / "imu.toml").read()
    assert block.values.flags.c_contiguous
    np.testing.assert_array_equal(block.values[7], np.array([14.0, 7.0, -7.0]) * GRAVITY_M_S2)


def test_reading_again_starts_from_the_beginning(tmp_path: Path) -> None:
    recording = opened(tmp_path, rows([0, 0.01, 0.02, 0.03, 0.05]))
    first, notes = joined(recording.read()), recording.notes()
    np.testing.assert_array_equal(joined(recording.read()), first)
    assert recording.notes() == notes


def test_session_time_starts_at_the_first_sample_in_whole_microseconds(tmp_path: Path) -> None:
    times, _ = joined(opened(tmp_path, rows(1234.5 + np.arange(20) / 60.0), 'column = "t"').read())
    assert times[0] == 0.0
    np.testing.assert_array_equal(times, np.rint(times * 1e6) / 1e6)
    np.testing.assert_allclose(times, np.arange(20) / 60.0, atol=1e-6)


def test_a_missing_row_becomes_a_nan_row(tmp_path: Path) -> None:
    recording = opened(tmp_path, rows([0, 0.01, 0.02, 0.05, 0.06]))
    times, values = joined(recording.read())
    np.testing.assert_array_equal(times, [0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06])
    np.testing.assert_array_equal(values, [300, 301, 302, np.nan, np.nan, 303, 304])
    assert [(note.kind, note.node, note.count) for note in recording.notes()] == [
        ("lost", "left", 2),
        ("lost", "right", 2),
    ]


def test_jitter_is_no_loss(tmp_path: Path) -> None:
    jitter = 0.003 * np.sin(np.arange(200.0))
    recording = opened(tmp_path, rows((np.arange(200) / 100 + jitter + 1.0).tolist()))
    assert not np.isnan(joined(recording.read())[1]).any()
    assert recording.notes() == ()


def test_a_long_silence_is_marked_by_its_first_and_last_sample(tmp_path: Path) -> None:
    recording = opened(tmp_path, rows([*np.arange(20) / 100, *(500 + np.arange(20) / 100)]))
    times, values = joined(recording.read())
    np.testing.assert_array_equal(times[18:24], [0.18, 0.19, 0.2, 499.99, 500.0, 500.01])
    assert np.flatnonzero(np.isnan(values)).tolist() == [20, 21]
    lost = next(note for note in recording.notes() if note.kind == "lost")
    assert lost.count == 50_000 - 20


def test_counter_jumps_are_lost_packets_and_it_may_wrap(tmp_path: Path) -> None:
    counts = [250, 251, 253, 254, 255, 0, 1, 4, 5, 6, 7, 8, 9, 10, 11]
    recording = opened(tmp_path, rows([float(c) for c in counts]), COUNTER + "\nwraps_at = 256")
    times, values = joined(recording.read())
    np.testing.assert_array_equal(times, np.arange(18) / 100)
    assert np.flatnonzero(np.isnan(values)).tolist() == [2, 8, 9]
    assert recording.sync_source == "one packet counter"


def test_a_counter_that_runs_backwards_is_told(tmp_path: Path) -> None:
    counts = [*range(20), 12, *range(20, 40)]
    recording = opened(tmp_path, rows([float(c) for c in counts]), COUNTER)
    times, _ = joined(recording.read())
    assert len(times) == 40
    (note,) = [note for note in recording.notes() if note.kind == "counter"]
    assert (note.count, note.place) == (1, "walk.csv:22")


def test_without_a_time_column_a_bad_line_keeps_its_place(tmp_path: Path) -> None:
    table = rows([0.0] * 30).split("\n")
    table[11] = "oops"
    recording = opened(tmp_path, "\n".join(table), "rate_hz = 50")
    times, values = joined(recording.read())
    np.testing.assert_array_equal(times, np.arange(30) / 50)
    assert np.flatnonzero(np.isnan(values)).tolist() == [10]


def test_a_rate_that_is_not_stated_is_measured(tmp_path: Path) -> None:
    recording = opened(tmp_path, rows([20.0 * k for k in range(60)]), 'column = "t"\nunit = "ms"')
    assert recording.nodes[0].rate_hz == 50.0


def test_a_stated_rate_that_is_wrong_gives_way_to_the_column_with_both_figures(tmp_path: Path) -> None:
    recording = opened(tmp_path, rows([k / 60 for k in range(60)]), SECONDS)
    list(recording.read())
    (note,) = recording.notes()
    assert recording.nodes[0].rate_hz == pytest.approx(60)
    assert (note.kind, "60 Hz" in note.words, "100 Hz" in note.words) == ("rate", True, True)


def test_a_rate_that_changes_later_is_told(tmp_path: Path) -> None:
    times = np.concatenate([np.arange(400) / 100, 4 + np.arange(4000) / 80])
    recording = opened(tmp_path, rows(times))
    list(recording.read())
    assert [note.kind for note in recording.notes()] == ["rate"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_byte_order_marks_are_obeyed(tmp_path: Path, encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    recording = opened(tmp_path, mark + rows(np.arange(50) / 100).encode(encoding))
    assert joined(recording.read())[1].tolist() == [300.0 + i for i in range(50)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(tmp_path: Path, end: str) -> None:
    assert len(joined(opened(tmp_path, rows(np.arange(50) / 100, end)).read())[0]) == 50


def test_members_of_a_gzip_file_follow_each_other(tmp_path: Path) -> None:
    text = rows(np.arange(50) / 100).encode()
    recording = opened(tmp_path, gzip.compress(text[:300]) + gzip.compress(text[300:]) + b"\0" * 512)
    assert len(joined(recording.read())[0]) == 50
    assert recording.notes() == ()


def two_files(tmp_path: Path, more: str, left: range, right: range, rate: int = 100) -> Recording:
    (tmp_path / "two.toml").write_text(TWO_FILES.format(more=more, rate=rate))
    for side, counts in (("l", left), ("r", right)):
        (tmp_path / f"set-{side}.tsv").write_text("n\tf\n" + "".join(f"{n}\t{n}\n" for n in counts))
    return open_recording(tmp_path / "set", tmp_path / "two.toml", 1.0)


def test_files_with_a_shared_counter_start_at_the_earliest_of_them(tmp_path: Path) -> None:
    recording = two_files(tmp_path, "shared = true", range(1000, 1300), range(1200, 1500))
    blocks = list(recording.read())
    assert (recording.clock_error_s, recording.sync_source) == (0.0, "shared packet counter")
    assert {node.clock for node in recording.nodes} == {"recording"}
    assert [(block.node, block.time_s[0]) for block in blocks] == [
        ("left", 0.0), ("left", 1.0), ("left", 2.0), ("right", 2.0), ("right", 3.0), ("right", 4.0),
    ]  # fmt: skip


def test_a_shared_counter_may_wrap_between_the_starts_of_two_files(tmp_path: Path) -> None:
    recording = two_files(tmp_path, "shared = true\nwraps_at = 65536", range(65530, 65536), range(4, 20))
    starts = {block.node: block.time_s[0] for block in recording.read()}
    assert starts == {"left": 0.0, "right": 0.1}


def test_files_with_clocks_of_their_own_say_that_nobody_knows_the_error(tmp_path: Path) -> None:
    recording = two_files(tmp_path, "", range(1000, 1300), range(1200, 1500))
    blocks = list(recording.read())
    assert recording.clock_error_s == np.inf
    assert all(block.clock_error_s == np.inf for block in blocks)
    assert {node.clock for node in recording.nodes} == {"left", "right"}
    assert {block.time_s[0] for block in blocks[:2]} == {0.0}


def test_a_layout_may_state_the_error_between_clocks(tmp_path: Path) -> None:
    assert two_files(tmp_path, "clock_error_s = 0.004", range(5), range(5)).clock_error_s == 0.004
