"""kill -9 of the recorder at random moments, and of the hourly run at every line: nothing acknowledged is lost."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evenside.readers.evenside_recording import open_evenside_recording
from evenside.recording import Manifest, RecordingSettings, RecordingWriter
from evenside.recording.compact import compact
from evenside_analysis.types import Block, Node

KILLS = 12
NODE = Node("a", "foot", "left", ("acc_x", "acc_y"), 10.0, scale=(0.5, 0.25))
MANIFEST = Manifest("s", "w", 1_760_000_000_000_000_000, "0.1.0", (NODE, Node("b", "foot", "right", ("force",), 10.0)))

RECORDER = """
import os, sys
from pathlib import Path
import numpy as np
from evenside.readers.evenside_recording.manifest import read_manifest
from evenside.recording import RecordingSettings, RecordingWriter
from evenside_analysis.types import Block
directory = Path(sys.argv[1])
manifest = read_manifest(Path(sys.argv[2]))
writer = RecordingWriter.create(directory, manifest, RecordingSettings(blob_s=60.0))
minute = 0
while True:
    ticks = np.arange(600) + 600 * minute
    for node in manifest.nodes:
        values = np.repeat((ticks % 1000 * 0.5)[:, np.newaxis], len(node.channels), axis=1)
        writer.append(Block(node.id, ticks * 100_000 / 1e6, values, 0.001 * (minute // 7 % 2)))
        os.write(1, b"%s %r\\n" % (node.id.encode(), writer.acknowledged_s(node.id) or -1.0))
    minute += 1
"""

# Forks one child for every line of the hourly run and kills it there; prints how many there were.
KILLER = """
import json, os, shutil, signal, sys
from pathlib import Path
from evenside.recording import compact as room, files
origin, copies = Path(sys.argv[1]), Path(sys.argv[2])
places = []
def child(directory, kill_at):
    def line(frame, event, argument):
        place = (frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and place not in places:
            places.append(place)
            if len(places) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return line
    def call(frame, event, argument):
        return line if frame.f_code.co_filename in (room.__file__, files.__file__) else None
    sys.settrace(call)
    room.compact(directory)
    os._exit(0)
kill_at = 0
while True:
    kill_at += 1
    directory = copies / str(kill_at)
    shutil.copytree(origin, directory)
    pid = os.fork()
    if pid == 0:
        child(directory, kill_at)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSIGNALED(status):
        print(json.dumps([kill_at - 1, os.waitstatus_to_exitcode(status)]))
        break
"""


def rows(directory: Path) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    parts: dict[str, list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]] = {}
    for block in open_evenside_recording(directory).read():
        error = np.full(block.time_s.size, block.clock_error_s)
        parts.setdefault(block.node, []).append(np.column_stack([block.time_s, error, block.values]))
    return {node: np.concatenate(found) for node, found in parts.items()}


def expected(count: int, channels: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    ticks = np.arange(count)
    values = [ticks % 1000 * 0.5] * channels
    return np.column_stack([ticks * 100_000 / 1e6, 0.001 * (ticks // 600 // 7 % 2), *values])


def sound(directory: Path) -> bool:
    connection = sqlite3.connect(directory / "spool.sqlite")
    found = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    return found == [("ok",)]


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_recorder_is_killed(tmp_path: Path) -> None:
    RecordingWriter.create(tmp_path / "like", MANIFEST).close()
    chance = random.Random(9)
    for kill in range(KILLS):
        directory = tmp_path / str(kill)
        child = subprocess.Popen(
            [sys.executable, "-c", RECORDER, str(directory), str(tmp_path / "like")], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        acknowledged: dict[str, float] = {}
        with child.stdout as said:
            lines = [said.readline() for _ in range(chance.randrange(4, 300))]
            files = compact(directory) if kill % 2 else []  # beside the living recorder
            lines += [said.readline() for _ in range(chance.randrange(1, 100))]
            child.kill()
            lines += said.readlines()
        child.wait()
        for line in lines:
            name, time_s = line.split()
            acknowledged[name] = float(time_s)
        assert sound(directory)
        found = rows(directory)
        for node in MANIFEST.nodes:
            if acknowledged[node.id] >= 0.0:
                assert found[node.id][-1, 0] >= acknowledged[node.id]
            if node.id in found:
                assert found[node.id].tobytes() == expected(len(found[node.id]), len(node.channels)).tobytes()
        assert len(compact(directory)) + len(files) > 0
        assert {node: part.tobytes() for node, part in rows(directory).items()} == {
            node: part.tobytes() for node, part in found.items()
        }


@pytest.mark.slow
def test_the_hourly_run_may_be_killed_at_any_line(tmp_path: Path) -> None:
    origin, copies = tmp_path / "origin", tmp_path / "copies"
    with RecordingWriter.create(origin, MANIFEST, RecordingSettings(blob_s=400.0)) as writer:
        ticks = np.arange(6000)
        for node in MANIFEST.nodes:
            values = np.repeat((ticks % 1000 * 0.5)[:, np.newaxis], len(node.channels), axis=1)
            values[5000:5003] = np.nan
            writer.append(Block(node.id, ticks * 1_000_000 / 1e6, values))
    before = {node: part.tobytes() for node, part in rows(origin).items()}
    copies.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(origin), str(copies)], capture_output=True, text=True, check=True
    )
    kills, exit_code = json.loads(done.stdout)
    assert exit_code == 0
    assert kills > 60
    for directory in sorted(copies.iterdir()):
        assert sound(directory)
        assert {node: part.tobytes() for node, part in rows(directory).items()} == before
        compact(directory)
        assert {node: part.tobytes() for node, part in rows(directory).items()} == before
        assert compact(directory) == []
        left = sorted(path.name for path in (directory / "raw" / "a").iterdir())
        assert left == ["2025-10-09T08Z.parquet", "2025-10-09T09Z.parquet", "2025-10-09T10Z.parquet"]
        connection = sqlite3.connect(directory / "spool.sqlite")
        assert connection.execute("SELECT count(*) FROM raw_spool").fetchone() == (0,)
        connection.close()
