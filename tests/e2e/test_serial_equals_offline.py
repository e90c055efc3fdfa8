"""A recording played as a device on a serial line into ``evenside run``: figures as of analysing it, bit for bit."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

import pytest

from evenside.cli import main
from evenside.cli.live_toml import config_toml
from evenside.config import Config, FigureConfig, NodeConfig, WearerConfig
from evenside.offline import analyse_recording
from evenside.readers import open_recording
from evenside.simulator import default_nodes
from evenside.store import Reader
from evenside_analysis.report import Report
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Figure

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
real = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA to where they are)"
)
FIGURES = FigureConfig(10.0, 5.0)


def bits(figures: Iterable[Figure]) -> list[tuple[object, ...]]:
    ordered = sorted(figures, key=lambda figure: (figure.end_s, figure.metric, figure.site))
    return [
        tuple(struct.pack("<d", cell) if isinstance(cell, float) else cell for cell in astuple(figure))
        for figure in ordered
    ]


@contextmanager
def played(path: Path, link: Path) -> Iterator[None]:
    """``evenside replay PATH --pty`` in a process of its own, until the device is there."""
    command = [sys.executable, "-m", "evenside", "replay", str(path), "--pty", "--link", str(link), "--speed", "max"]
    player = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        pause = threading.Event()
        for _ in range(3000):
            if link.exists() or player.poll() is not None:
                break
            pause.wait(0.01)
        assert link.exists(), player.communicate()
        yield
    finally:
        player.kill()
        player.communicate()


def check(path: Path, folder: Path) -> int:
    """Both ways. Returns the number of figures of windows."""
    recording = open_recording(path)
    nodes = tuple(NodeConfig(node, f"serial://{folder / 'tty'}") for node in recording.nodes)
    config = Config(folder / "evenside.toml", folder, (WearerConfig("ann", nodes),), FIGURES)
    config.path.write_text(config_toml(config))
    with played(path, folder / "tty"):
        assert main(["run", "--config", str(config.path), "--quiet", "--seconds", "120"]) == 0
    with Reader(config.store_path) as reader:
        session = reader.sessions()[0]
        windows = bits(timed.row.figure for timed in reader.figures(session.start.id))
        whole = bits(timed.row.figure for timed in reader.figures(session.start.id, "session"))
        ended = [timed.row for timed in reader.events(session.start.id) if timed.row.kind == "ended"]
    assert len(ended) == len(nodes) + 1  # each node, and the source
    figures: list[Figure] = []

    def listen(report: Report, passed_s: float) -> None:
        figures.extend(report.figures)

    settings = MonitorSettings(recording.nodes, FIGURES.window_s, FIGURES.hop_s)
    found = analyse_recording(recording, settings, listeners=[listen])
    assert bits(figures) == windows
    assert bits(found.summary.figures) == whole
    return len(windows)


@real
@pytest.mark.parametrize(
    "path",
    [
        "moticon_opengo/230927_102114.txt.gz",
        "gaitpdb_controls/GaCo01_01.txt.gz",
        "cycling_pedal_balance/ride_wattbike.csv.gz",
        "gaitmap_feet/imu_sample.csv.gz",
        "ipol_gait_truong2019_ncsa/105-1.csv.gz",
        "ipol_gait_voisard2023_agpl/1-1",
    ],
)
def test_a_real_recording(path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(DATA / path, tmp_path) > 0
    capsys.readouterr()


def test_a_simulated_day_with_losses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "simulate://?script=day&speed=max&seconds=240&loss=0.02&outage_every_s=50&outage_s=6&stance_ai=4"
    nodes = tuple(NodeConfig(node, url) for node in default_nodes() if node.site in ("foot", "insole"))
    first = tmp_path / "first"
    first.mkdir()
    config = Config(first / "evenside.toml", first, (WearerConfig("ann", nodes),), FIGURES)
    config.path.write_text(config_toml(config))
    assert main(["run", "--config", str(config.path), "--quiet"]) == 0
    (recording,) = config.recordings_path.iterdir()
    assert check(recording, tmp_path) > 300
    capsys.readouterr()
