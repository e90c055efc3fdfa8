"""The recorder: what it refuses, what it acknowledges, and what it does when the disk is full."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evenside.errors import RecordingError
from evenside.readers.evenside_recording import open_evenside_recording, read_manifest
from evenside.recording import Manifest, RecordingSettings, RecordingWriter
from evenside_analysis.types import Block, Node

NODE = Node("a", "foot", "left", ("acc_x", "acc_y", "acc_z"), 100.0)
MANIFEST = Manifest("s", "w", 1_760_000_000_000_000_000, "0.1.0", (NODE, replace(NODE, id="b", side="right")))
AT_ONCE = RecordingSettings(blob_s=1.0, bytes_max=400_000, retry_first_s=1e-9, retry_max_s=1e-9)


def block(node: str, first_s: int, seconds: int = 1, *, noise: int | None = None) -> Block:
    count = 100 * seconds
    time_s = (np.arange(count) * 10_000 + first_s * 1_000_000) / 1e6
    values = np.zeros((count, 3)) if noise is None else np.random.default_rng(noise).normal(size=(count, 3))
    return Block(node, time_s, values)


def read(directory: Path) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    parts: dict[str, list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]] = {}
    for found in open_evenside_recording(directory).read():
        parts.setdefault(found.node, []).append(np.column_stack([found.time_s, found.values]))
    return {node: np.concatenate(rows) for node, rows in parts.items()}


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RecordingWriter]:
    with RecordingWriter.create(tmp_path / "r", MANIFEST) as made:
        yield made


def test_a_recording_says_what_it_is(writer: RecordingWriter) -> None:
    found = json.loads((writer.directory / "recording.json").read_text())
    assert (found["layout"], found["version"], found["session"]) == ("evenside", 1, "s")
    assert found["nodes"][1]["channels"] == ["acc_x", "acc_y", "acc_z"]
    assert read_manifest(writer.directory) == MANIFEST


def test_a_folder_holds_one_recording(writer: RecordingWriter) -> None:
    with pytest.raises(RecordingError, match="holds a recording already"):
        RecordingWriter.create(writer.directory, MANIFEST)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match=r"file.*\n.*mend"):
        RecordingWriter.create(tmp_path / "file" / "r", MANIFEST)


@pytest.mark.parametrize(
    "nodes",
    [
        (NODE, NODE),
        (NODE, replace(NODE, id="A")),
        (replace(NODE, id=""),),
        (replace(NODE, channels=("force", "force")),),
        (replace(NODE, channels=("time_us",)),),
        (replace(NODE, scale=(1.0, 1.0, float("nan"))),),
    ],
)
def test_nodes_that_cannot_be_told_apart_or_written_are_refused(tmp_path: Path, nodes: tuple[Node, ...]) -> None:
    with pytest.raises(ValueError):
        RecordingWriter.create(tmp_path / "r", replace(MANIFEST, nodes=nodes))
    assert not (tmp_path / "r").exists()


def test_blocks_that_break_the_contract_are_refused(writer: RecordingWriter) -> None:
    good = block("a", 0)
    with pytest.raises(ValueError, match="not part of this recording"):
        writer.append(Block("c", good.time_s, good.values))
    with pytest.raises(ValueError, match="2 columns for 3 channels"):
        writer.append(Block("a", good.time_s, good.values[:, :2]))
    for times in (good.time_s + 1e-8, good.time_s * 1e300, good.time_s[:1] + np.inf, good.time_s[:1] + np.nan):
        with pytest.raises(ValueError, match="whole microseconds"):
            writer.append(Block("a", times, good.values[: times.size]))


def test_a_blob_is_acknowledged_when_the_next_one_begins_or_on_flush(writer: RecordingWriter) -> None:
    for second in range(6):
        writer.append(block("a", second))
        assert writer.acknowledged_s("a") == (4.99 if second == 5 else None)
    writer.append(block("b", 2))
    writer.flush()
    assert (writer.acknowledged_s("a"), writer.acknowledged_s("b")) == (5.99, 2.99)
    assert read(writer.directory)["a"].shape == (600, 4)


def test_rows_that_are_not_later_are_left_out_and_counted(writer: RecordingWriter) -> None:
    writer.append(block("a", 10, 2))
    writer.append(block("a", 10, 3, noise=1))
    writer.append(block("a", 0, 1))
    writer.flush()
    writer.append(block("a", 12, 1))
    writer.flush()
    assert writer.health().late == 200 + 100 + 100
    found = read(writer.directory)["a"]
    assert np.all(np.diff(found[:, 0]) > 0)
    assert found.shape[0] == 300
    assert not found[:200, 1:].any()


def make_room(directory: Path) -> None:
    """Delete the first node's blobs, as the hourly run does."""
    connection = sqlite3.connect(directory / "spool.sqlite")
    connection.execute("DELETE FROM raw_spool WHERE node = 'a'")
    connection.commit()
    connection.close()


def test_what_waits_while_the_disk_is_full_is_written_in_order_when_there_is_space(tmp_path: Path) -> None:
    directory = tmp_path / "r"
    writer = RecordingWriter.create(directory, MANIFEST, AT_ONCE)
    writer.append(block("a", 0, 100, noise=0))
    writer.flush()
    sent = [block("b", second, noise=second) for second in range(100)]
    for one in sent:
        writer.append(one)
    health = writer.health()
    assert health.state == "waiting"
    assert "full" in health.words
    assert str(directory) in health.words
    assert "free space" in health.mend
    assert health.backlog > 0
    acknowledged_s = writer.acknowledged_s("b")
    assert acknowledged_s is not None
    assert acknowledged_s < 99.0
    assert read(directory)["b"][-1, 0] == acknowledged_s
    make_room(directory)
    writer.flush()
    assert writer.health().state == "ok"
    assert writer.health().backlog == 0
    assert writer.close() == 0
    assert read(directory)["b"][:, 1:].tobytes() == np.concatenate([one.values for one in sent]).tobytes()


def test_more_than_the_backlog_holds_is_dropped_counted_and_told_as_one_row_of_nan(tmp_path: Path) -> None:
    directory = tmp_path / "r"
    settings = replace(AT_ONCE, backlog_bytes=30_000)
    writer = RecordingWriter.create(directory, MANIFEST, settings)
    writer.append(block("a", 0, 100, noise=0))
    writer.flush()
    for second in range(150):
        writer.append(block("b", second, noise=second))
    dropped = writer.health().dropped
    assert dropped > 0
    assert f"{dropped} rows were dropped" in writer.health().words
    make_room(directory)
    writer.flush()
    writer.append(block("b", 150))
    assert writer.close() == dropped
    found = read(directory)["b"]
    (gap,) = np.flatnonzero(np.isnan(found[:, 1]))
    assert found.shape[0] == 151 * 100 - dropped + 1
    assert found[gap + 1, 0] - found[gap, 0] == pytest.approx(0.01)
    assert found[gap, 0] - found[gap - 1, 0] == pytest.approx(dropped / 100)


def test_closing_on_a_full_disk_ends_in_time_and_leaves_no_end_mark(tmp_path: Path) -> None:
    directory = tmp_path / "r"
    writer = RecordingWriter.create(directory, MANIFEST, replace(AT_ONCE, bytes_max=100_000))
    writer.append(block("a", 0, 100, noise=0))
    lost = writer.close(bound_s=0.02)
    assert lost > 0
    assert writer.close() == lost
    assert lost + read(directory)["a"].shape[0] == 100 * 100
    assert writer.health().state == "closed"
    connection = sqlite3.connect(directory / "spool.sqlite")
    assert connection.execute("SELECT count(*) FROM mark").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize("wrong", [{"blob_s": 0.0}, {"backlog_bytes": 0}, {"retry_first_s": 0.0}, {"retry_max_s": 0.1}])
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        RecordingSettings(**wrong)  # type: ignore[arg-type]
