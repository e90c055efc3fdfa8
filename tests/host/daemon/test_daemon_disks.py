"""A full, slow or missing disk: figures go on as far as they can, what was good is kept, and the mend is told."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evenside.daemon import DaemonTimings
from evenside.daemon.archive import Archive
from evenside.daemon.recorder import QUEUE_BLOCKS_MAX, Recorder
from evenside.errors import StoreError
from evenside.readers.evenside_recording import open_evenside_recording
from evenside.recording import Manifest, RecordingSettings
from evenside.recording.compact import compact
from evenside.recording.leftovers import leftover_recordings
from evenside.sources import LinkEvent, SourceItem, SourceRequest
from evenside.store import EventRow, Reader, SessionRow, Store, StoreSettings
from evenside_analysis.types import Block, Node

if TYPE_CHECKING:
    from tests.host.daemon.conftest import Bench

NODE = Node("l", "insole", "left", ("force",), 100.0)


def manifest() -> Manifest:
    return Manifest("s", "w", 1_760_000_000_000_000_000, "0", (NODE,))


def block(number: int) -> Block:
    return Block("l", (np.arange(100) + 100 * number) * 10_000 / 1e6, np.full((100, 1), float(number)))


def test_a_full_recording_stops_no_figure_and_keeps_what_was_good(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.walking(600.0, part_s=5.0)
    plan = bench.plan()
    small = RecordingSettings(bytes_max=300_000, backlog_bytes=20_000, retry_first_s=0.01, retry_max_s=0.02)
    plan = replace(plan, recording_settings=small, timings=replace(plan.timings, tick_s=0.005))
    outcome = bench.run(plan)
    with Reader(plan.store) as reader:
        session = reader.sessions()[0]
        figures = list(reader.figures(session.start.id))
        events = [timed.row for timed in reader.events(session.start.id)]
    assert session.clean
    assert figures[-1].row.figure.end_s >= 590.0
    troubles = [event.detail for event in events if event.kind == "trouble"]
    assert troubles
    assert "free space on the disk of the recordings" in troubles[0]
    assert "mend: free space" in caplog.text
    assert outcome.sessions[0].recording is not None
    left = [part for part in open_evenside_recording(outcome.sessions[0].recording).read() if part.node == "l"]
    first = np.concatenate([part.time_s for part in left])
    assert first[0] == 0.0
    assert 1000 < first.size < 60_000


def test_a_full_store_keeps_what_it_took_and_tells_the_mend(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.walking(3000.0, part_s=10.0)
    plan = bench.plan()
    settings = StoreSettings(bytes_max=1 << 18, backlog_rows=50, retry_first_s=0.01, retry_max_s=0.02)
    timings = replace(plan.timings, store_s=0.2, tick_s=0.005)
    plan = replace(plan, store_settings=settings, timings=timings, recordings=None)
    outcome = bench.run(plan)
    assert outcome.rows_lost > 0
    assert "raise the store's size limit" in caplog.text
    with closing(sqlite3.connect(plan.store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with Reader(plan.store) as reader:
        session = reader.sessions()[0]
        figures = [timed.row.figure.end_s for timed in reader.figures(session.start.id)]
    assert figures
    assert figures == sorted(figures)
    assert session.ended_ns is None


def test_a_recording_that_cannot_be_begun_is_told_and_figures_go_on(bench: Bench) -> None:
    bench.walking(20.0)
    plan = bench.plan()
    plan.data.mkdir()
    assert plan.recordings is not None
    plan.recordings.write_text("a file where the folder should be")
    outcome = bench.run(plan)
    assert outcome.sessions[0].recording is None
    with Reader(plan.store) as reader:
        session = reader.sessions()[0]
        assert session.clean
        assert list(reader.figures(session.start.id))
        events = [timed.row for timed in reader.events(session.start.id)]
    assert any(event.kind == "trouble" and "mend:" in event.detail for event in events)


def test_a_store_that_cannot_be_opened_is_an_error_before_anything_else(bench: Bench) -> None:
    bench.walking(10.0)
    plan = bench.plan()
    plan.data.mkdir()
    plan.store.write_text("no database at all, but long enough to be looked at as one" * 20)
    with pytest.raises(StoreError, match=r"store\.sqlite") as error:
        bench.run(plan)
    assert error.value.mend


def test_a_hanging_disk_drops_blocks_and_counts_them_but_nobody_waits(tmp_path: Path) -> None:
    async def scenario() -> tuple[Recorder, int]:
        recorder = Recorder(tmp_path / "r", manifest(), RecordingSettings(), DaemonTimings(gather_s=0.0), waits=False)
        for number in range(QUEUE_BLOCKS_MAX + 30):  # nobody writes yet
            await recorder.put(block(number))
        assert "look at the disk" in recorder.trouble()
        assert recorder.trouble() == ""
        running = asyncio.create_task(recorder.run())
        recorder.end()
        await running
        return recorder, recorder.dropped

    _, dropped = asyncio.run(asyncio.wait_for(scenario(), 30.0))
    assert dropped == 30
    times = [part.time_s for part in open_evenside_recording(tmp_path / "r").read()]
    assert np.concatenate(times).size == 100 * QUEUE_BLOCKS_MAX


def test_a_player_waits_for_the_disk_instead(tmp_path: Path) -> None:
    async def scenario() -> int:
        recorder = Recorder(tmp_path / "r", manifest(), RecordingSettings(), DaemonTimings(), waits=True)
        put = 0

        async def play() -> None:
            nonlocal put
            for number in range(QUEUE_BLOCKS_MAX + 30):
                await recorder.put(block(number))
                put += 1
            recorder.end()

        playing = asyncio.create_task(play())
        while put < QUEUE_BLOCKS_MAX:
            await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)
        waited = put
        await asyncio.gather(recorder.run(), playing)
        assert recorder.dropped == 0
        return waited

    assert asyncio.run(asyncio.wait_for(scenario(), 30.0)) == QUEUE_BLOCKS_MAX
    times = [part.time_s for part in open_evenside_recording(tmp_path / "r").read()]
    assert np.concatenate(times).size == 100 * (QUEUE_BLOCKS_MAX + 30)


def test_blocks_that_no_recording_can_hold_are_counted(tmp_path: Path) -> None:
    async def scenario() -> Recorder:
        recorder = Recorder(tmp_path / "r", manifest(), RecordingSettings(), DaemonTimings(), waits=True)
        running = asyncio.create_task(recorder.run())
        await recorder.put(Block("l", np.array([0.123_456_78]), np.array([[1.0]])))  # between two microseconds
        await recorder.put(block(1))
        recorder.end()
        await running
        return recorder

    assert asyncio.run(scenario()).refused == 1
    assert sum(part.time_s.size for part in open_evenside_recording(tmp_path / "r").read()) == 100


def test_rows_that_the_store_refuses_are_told_once_a_trouble(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Store.open(tmp_path / "store.sqlite") as store:
        archive = Archive(store)
        for _ in range(3):
            archive.put([EventRow("nobody", 0.0, "note")])
        archive.put([SessionRow("s", "w", "run", 0, "0")])
        archive.put([EventRow("s", 0.0, "note")])
        store.submit([EventRow("s", 1.0, "note")]).result(10.0)
        with caplog.at_level(logging.ERROR):
            assert archive.check() == ""
    assert archive.refused == 3
    assert len([record for record in caplog.records if "not in the store" in record.message]) == 1


def test_a_full_store_is_told_when_it_is_full_and_when_it_writes_again(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    settings = StoreSettings(bytes_max=1 << 18, retry_first_s=0.01, retry_max_s=0.01)
    with Store.open(path, settings) as store:
        archive = Archive(store)
        archive.put([SessionRow("s", "w", "run", 0, "0")])
        archive.put([EventRow("s", float(number), "note", detail="x" * 1000) for number in range(400)])
        told = ""
        pause = threading.Event()
        while not told:
            told = archive.check()
            pause.wait(0.001)
        assert "raise the store's size limit" in told
        assert "401 rows wait" in told or "400 rows wait" in told
        assert archive.check() == ""
        store.close(0.05)


def test_recordings_left_behind_are_found_and_turned_into_files(tmp_path: Path) -> None:
    from evenside.recording import RecordingWriter

    for name in ("a", "b", "c"):
        with RecordingWriter.create(tmp_path / name, manifest()) as writer:
            writer.append(block(0))
    (tmp_path / "d").mkdir()
    (tmp_path / "e").write_text("")
    compact(tmp_path / "b")
    running = RecordingWriter.create(tmp_path / "f", manifest())
    running.append(block(0))
    running.flush()
    assert leftover_recordings(tmp_path) == [tmp_path / "a", tmp_path / "c"]
    assert leftover_recordings(tmp_path / "nowhere") == []
    running.close()
    assert leftover_recordings(tmp_path) == [tmp_path / "a", tmp_path / "c", tmp_path / "f"]


def test_the_next_run_turns_into_files_what_an_earlier_one_left(bench: Bench) -> None:
    from evenside.recording import RecordingWriter

    plan = bench.plan()
    assert plan.recordings is not None
    left = plan.recordings / "20250101T000000Z-left"
    with RecordingWriter.create(left, manifest()) as writer:
        writer.append(block(0))
    folder = left / "raw" / "l"

    async def until_compacted(request: SourceRequest) -> AsyncIterator[SourceItem]:
        while not list(folder.glob("*.parquet")) or leftover_recordings(left.parent) == [left]:
            await asyncio.sleep(0.01)
        for _ in range(0):
            yield LinkEvent("", 0.0, "never")

    bench.scripts["both"] = until_compacted
    outcome = asyncio.run(asyncio.wait_for(bench.daemon(plan).run(), 60.0))
    assert outcome.reason == "every source has ended"
    assert sum(part.time_s.size for part in open_evenside_recording(left).read()) == 100


def test_the_last_hours_of_a_run_are_files_when_it_has_ended(bench: Bench) -> None:
    bench.walking(20.0)
    outcome = bench.run(bench.plan())
    recording = outcome.sessions[0].recording
    assert recording is not None
    assert len(list((recording / "raw").rglob("*.parquet"))) == 2
    assert leftover_recordings(recording.parent) == []
