"""kill -9 of the real daemon at random moments: what was acknowledged is there, once, and the next start goes on."""

from __future__ import annotations

import random
import signal
import sqlite3
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from evenside.cli.live_toml import config_toml
from evenside.config import Config, FigureConfig, NodeConfig, WearerConfig, load_config
from evenside.errors import StoreError
from evenside.readers.evenside_recording import open_evenside_recording
from evenside.recording.leftovers import leftover_recordings
from evenside.simulator import default_nodes
from evenside.store import Reader
from evenside_analysis import monitor
from evenside_analysis.types import Figure, Floats

KILLS = 5
URL = "simulate://?script=walk&stance_ai=5&repeat=yes&speed=25&loss=0.02&outage_every_s=60&outage_s=5"

Row = tuple[object, ...]


def bits(figure: Figure) -> Row:
    return tuple(struct.pack("<d", cell) if isinstance(cell, float) else cell for cell in astuple(figure))


def configured(folder: Path) -> Path:
    nodes = tuple(NodeConfig(node, URL) for node in default_nodes() if node.site in ("foot", "insole"))
    path = folder / "evenside.toml"
    path.write_text(config_toml(Config(path, folder, (WearerConfig("ann", nodes),), FigureConfig(10.0, 5.0))))
    return path


def start(config: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "evenside", "run", "--config", str(config), "--quiet"])


def rows(store: Path) -> list[tuple[str, set[Row]]]:
    """The committed figures and events of each session, newest first."""
    found: list[tuple[str, set[Row]]] = []
    try:
        with Reader(store) as reader:
            for session in reader.sessions():
                id_ = session.start.id
                figures = [("figure", *bits(timed.row.figure)) for timed in reader.figures(id_)]
                events = [("event", *astuple(timed)) for timed in reader.events(id_)]
                assert len({*figures, *events}) == len(figures) + len(events)
                found.append((id_, {*figures, *events}))
    except StoreError:  # it is only being made
        return []
    return found


def until(wanted: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(6000):
        if wanted():
            return
        pause.wait(0.01)
    pytest.fail("it never came to that")


def count(store: Path, sessions: int) -> int:
    """Rows of the newest session, 0 before there are so many sessions."""
    found = rows(store)
    return len(found[0][1]) if len(found) == sessions else 0


def samples(folder: Path) -> dict[str, bytes]:
    """Everything recorded of each node, checked to be in order."""
    times: dict[str, list[Floats]] = {}
    values: dict[str, list[Floats]] = {}
    for block in open_evenside_recording(folder).read():
        times.setdefault(block.node, []).append(block.time_s)
        values.setdefault(block.node, []).append(block.values)
    for parts in times.values():
        assert bool(np.all(np.diff(np.concatenate(parts)) > 0.0))
    return {node: np.concatenate(times[node]).tobytes() + np.concatenate(values[node]).tobytes() for node in times}


def check_figures(store: Path, config: Path, session: str) -> int:
    """Those that follow from the recorded samples stand in the store with the same bits. Returns how many."""
    loaded = load_config(config)
    settings = loaded.wearers[0].monitor(loaded)
    state = monitor.start(settings)
    offline: dict[tuple[str, str, float], Row] = {}
    for block in open_evenside_recording(loaded.recordings_path / session).read():
        state, report = monitor.step(settings, state, block)
        offline |= {(f.metric, f.site, f.end_s): bits(f) for f in report.figures}
    with Reader(store) as reader:
        live = {
            (timed.row.figure.metric, timed.row.figure.site, timed.row.figure.end_s): bits(timed.row.figure)
            for timed in reader.figures(session)
        }
    both = offline.keys() & live.keys()
    assert {key: live[key] for key in both} == {key: offline[key] for key in both}
    return len(both)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_the_next_start_goes_on(tmp_path: Path) -> None:
    config, store, recordings = configured(tmp_path), tmp_path / "store.sqlite", tmp_path / "recordings"
    chance = random.Random(31)
    compared = 0
    for kill in range(1, KILLS + 1):
        daemon = start(config)
        try:
            wanted = chance.randrange(1, 400)
            until(lambda kill=kill, wanted=wanted: count(store, kill) >= wanted)  # type: ignore[misc]
            acknowledged = dict(rows(store))
        finally:
            daemon.kill()
            daemon.wait()
        with closing(sqlite3.connect(store)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        after = dict(rows(store))
        assert after.keys() == acknowledged.keys()
        assert all(acknowledged[session] <= after[session] for session in after)
        newest = next(iter(after))
        samples(recordings / newest)
        compared += check_figures(store, config, newest)
        with Reader(store) as reader:
            assert [session.ended_ns for session in reader.sessions()] == [None] * kill
    assert compared > 200
    left = leftover_recordings(recordings)
    assert len(left) >= 1
    whole = {folder: samples(folder) for folder in left}
    before = dict(rows(store))
    daemon = start(config)
    try:
        until(lambda: all(folder not in left for folder in leftover_recordings(recordings)))
        until(lambda: count(store, KILLS + 1) > 20)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(60) == 0
    finally:
        daemon.kill()
        daemon.wait()
    after = dict(rows(store))
    assert all(after[session] == before[session] for session in before)
    assert {folder: samples(folder) for folder in left} == whole
    with Reader(store) as reader:
        newest_session = reader.sessions()[0]
    assert newest_session.clean
    assert leftover_recordings(recordings) == []
