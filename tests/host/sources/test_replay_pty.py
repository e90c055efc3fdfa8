"""Real recordings through a pseudo-terminal and ``serial://``: every row of every node has the bits that were read."""

from __future__ import annotations

import asyncio
import math
import os
import queue
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evenside.errors import ReadError
from evenside.readers import Recording, open_recording
from evenside.recording import Manifest, RecordingWriter
from evenside.recording.compact import compact
from evenside.sources import LinkEvent, SourceItem, SourceRequest, open_source, parse_source_url
from evenside.sources.replay_pty import play_on_pty
from evenside_analysis.types import Block, Node

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
real = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA to where they are)"
)


class Playing:
    """A recording that is being played by a thread; ``path`` is the device."""

    def __init__(self, recording: Recording, speed: float = math.inf) -> None:
        self.bytes_read = 0
        self._said: queue.Queue[str | BaseException] = queue.Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(recording, speed))
        self._thread.start()
        self.path = self._next()

    def _run(self, recording: Recording, speed: float) -> None:
        try:
            play_on_pty(recording, opened=self._said.put, speed=speed, progress=self._watch, stop=self._stop)
        except Exception as error:
            self._said.put(error)

    def _watch(self, bytes_done: int, bytes_total: int) -> None:
        self.bytes_read = bytes_done

    def _next(self) -> str:
        said = self._said.get(timeout=10)
        if isinstance(said, BaseException):
            self._thread.join()
            raise said
        return said

    def ends(self) -> None:
        """Wait until it has come to its end by itself; raises what it ended with."""
        self._thread.join(10)
        assert not self._thread.is_alive()
        if not self._said.empty():
            self._next()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


def heard(path: str, nodes: tuple[Node, ...]) -> list[SourceItem]:
    async def scenario() -> list[SourceItem]:
        async with (
            asyncio.timeout(60),
            open_source(SourceRequest(parse_source_url(f"serial://{path}"), nodes)) as items,
        ):
            return [item async for item in items]

    return asyncio.run(scenario())


def bits(items: Iterable[SourceItem]) -> dict[str, bytes]:
    """Time, clock error and values of every row of each node."""
    rows: dict[str, bytes] = {}
    for item in items:
        if isinstance(item, Block):
            error = np.full(item.time_s.size, item.clock_error_s)
            rows[item.node] = rows.get(item.node, b"") + np.column_stack([item.time_s, error, item.values]).tobytes()
    return rows


def events(items: Iterable[SourceItem], kind: str) -> list[str]:
    return [item.node for item in items if isinstance(item, LinkEvent) and item.kind == kind]


@real
@pytest.mark.parametrize(
    "name",
    [
        "moticon_opengo/230927_102114.txt.gz",  # the left side begins late, samples are lost
        "ipol_gait_voisard2023_agpl/1-1",  # three nodes in three files, packets are lost
        "ipol_gait_truong2019_ncsa/105-1.csv.gz",
        "gaitmap_feet/imu_sample_healthy_stair_up.csv.gz",  # 204.8 Hz: no whole period in microseconds
        "gaitpdb_controls/GaCo01_01.txt.gz",
        "acl_squat_jump/BFR010_squat_jump.csv.gz",  # 1000 Hz
        "cycling_pedal_balance/ride_short_zwatt.csv.gz",  # 1 Hz
    ],
)
def test_a_real_recording_arrives_bit_for_bit(name: str) -> None:
    recording = open_recording(DATA / name)
    playing = Playing(recording)
    items = heard(playing.path, recording.nodes)
    playing.ends()
    assert bits(items) == bits(open_recording(DATA / name).read())
    assert events(items, "ended") == [node.id for node in recording.nodes]
    assert events(items, "silent") == events(items, "garbage") == events(items, "lost") == []


@real
def test_a_recording_of_our_own_arrives_bit_for_bit(tmp_path: Path) -> None:
    """Counts in Parquet and blobs, from session second 3600 on, with clock errors that change."""
    source = open_recording(DATA / "moticon_opengo" / "230927_102231.txt.gz", block_s=1.0)
    scale = (1.0, *[9.80665 / 1000] * 3, *[math.radians(0.1)] * 3)
    nodes = tuple(replace(node, scale=scale) for node in source.nodes)
    with RecordingWriter.create(tmp_path / "walk", Manifest("s", "w", 0, "0.1.0", nodes)) as writer:
        for at, block in enumerate(source.read()):
            counts = np.rint(block.values / np.array(scale)) + 0.0
            error_s = math.inf if at < 4 else 1e-3 / (1 + at)
            time_s = np.rint((block.time_s + 3595.0) * 1e6) / 1e6
            writer.append(Block(block.node, time_s, counts * np.array(scale), error_s))
            if at == 12:
                writer.flush()
                compact(tmp_path / "walk")
    recording = open_recording(tmp_path / "walk")
    assert {path.suffix for path in recording.paths} == {".json", ".parquet", ".sqlite"}
    playing = Playing(recording)
    items = heard(playing.path, recording.nodes)
    playing.ends()
    assert bits(items) == bits(recording.read())
    assert len({item.clock_error_s for item in items if isinstance(item, Block)}) > 5


def forces(tmp_path: Path, count: int) -> Recording:
    """Plates at 1000 Hz."""
    rows = "".join(f"{i / 1000:.3f},{i},0,0,{2 * i},0\n" for i in range(count))
    path = tmp_path / "jump.csv"
    path.write_text(f"title\nendheader\ntime,ground_force1_vy,a,b,ground_force2_vy,c\n{rows}")
    return open_recording(path)


def test_a_host_that_stalls_holds_up_the_player_and_loses_nothing(tmp_path: Path) -> None:
    recording = open_recording(forces(tmp_path, 80_000).paths[0], block_s=1.0)
    playing = Playing(recording)

    async def scenario() -> list[SourceItem]:
        request = SourceRequest(parse_source_url(f"serial://{playing.path}"), recording.nodes)
        async with asyncio.timeout(60), open_source(request) as items:
            found = [await anext(items)]
            while not isinstance(found[-1], Block):
                found.append(await anext(items))
            before = -1
            while before < playing.bytes_read:  # until it reads no more
                before = playing.bytes_read
                await asyncio.sleep(0.1)
            assert before < recording.bytes_total
            return found + [item async for item in items]

    items = asyncio.run(scenario())
    playing.ends()
    assert bits(items) == bits(recording.read())
    assert events(items, "backfill") == events(items, "silent") == events(items, "garbage") == []


def test_a_pace_is_kept(tmp_path: Path) -> None:
    recording = forces(tmp_path, 3000)
    playing = Playing(recording, 10.0)
    items = heard(playing.path, recording.nodes)
    playing.ends()
    assert bits(items) == bits(recording.read())


def test_a_host_that_only_looks_changes_nothing(tmp_path: Path) -> None:
    recording = forces(tmp_path, 500)
    playing = Playing(recording)
    for _ in range(2):
        with Path(playing.path).open("r+b", buffering=0) as terminal:
            terminal.write(b"hello\0")
    items = heard(playing.path, recording.nodes)
    playing.ends()
    assert bits(items) == bits(recording.read())


def test_it_can_be_stopped_at_any_time(tmp_path: Path) -> None:
    playing = Playing(forces(tmp_path, 100))
    playing.stop()
    playing.ends()


def test_a_host_hears_what_was_good_before_an_error_and_the_player_raises_it(tmp_path: Path) -> None:
    good = forces(tmp_path, 2000)
    lines = good.paths[0].read_text().split("\n")
    lines[1500:2001] = ["?"] * 501
    good.paths[0].write_text("\n".join(lines))
    recording = open_recording(good.paths[0], block_s=0.5)
    playing = Playing(recording)
    items = heard(playing.path, recording.nodes)
    with pytest.raises(ReadError, match="lines are wrong"):
        playing.ends()
    assert events(items, "ended") == ["left_plate", "right_plate"]
    rows = sum(item.time_s.size for item in items if isinstance(item, Block) and item.node == "left_plate")
    assert rows == 1500  # the windows that were whole before the error came
