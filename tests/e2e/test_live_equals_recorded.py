"""The figures that the daemon stored live are those of its own recording, analysed alone and replayed, bit for bit."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path

import pytest

from evenside.cli import main
from evenside.cli.live_toml import config_toml
from evenside.config import Config, FigureConfig, NodeConfig, WearerConfig, load_config
from evenside.readers.evenside_recording import open_evenside_recording
from evenside.simulator import default_nodes
from evenside.store import Reader
from evenside_analysis import monitor
from evenside_analysis.conversions import Threshold
from evenside_analysis.limits import Limit
from evenside_analysis.types import Figure

UNEVEN = Limit("uneven", "stance_time", "foot", Threshold(3.0, "ai"), Threshold(1.0, "ai"), 10.0, 10.0, "either")
WORLDS = {
    "clean": "script=walk&stance_ai=5",
    "lossy": "script=demo&repeat=yes&loss=0.05&drift_ppm=40&jitter_ms=5",
    "outages": "script=day&stance_ai=-4&outage_every_s=40&outage_s=7&loss=0.01",
}


def bits(figures: Iterable[Figure]) -> list[tuple[object, ...]]:
    ordered = sorted(figures, key=lambda figure: (figure.end_s, figure.metric, figure.site))
    return [
        tuple(struct.pack("<d", cell) if isinstance(cell, float) else cell for cell in astuple(figure))
        for figure in ordered
    ]


def configured(folder: Path, url: str) -> Path:
    nodes = tuple(NodeConfig(node, url) for node in default_nodes())
    path = folder / "evenside.toml"
    wearers = (WearerConfig("ann", nodes, (UNEVEN,)),)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(config_toml(Config(path, folder, wearers, FigureConfig(30.0, 10.0))))
    return path


def stored(folder: Path) -> tuple[str, list[tuple[object, ...]], list[tuple[object, ...]], list[tuple[float, bool]]]:
    with Reader(folder / "store.sqlite") as reader:
        session = reader.sessions()[0]
        assert session.clean
        id_ = session.start.id
        return (
            id_,
            bits(timed.row.figure for timed in reader.figures(id_)),
            bits(timed.row.figure for timed in reader.figures(id_, "session")),
            [(timed.row.alert.time_s, timed.row.alert.active) for timed in reader.alerts(id_)],
        )


@pytest.mark.parametrize("world", WORLDS)
def test_live_analysed_and_replayed_are_the_same_bits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], world: str
) -> None:
    url = f"simulate://?speed=max&seconds=240&{WORLDS[world]}"
    config = configured(tmp_path / "live", url)
    assert main(["run", "--config", str(config), "--quiet"]) == 0
    session, windows, whole, alerts = stored(tmp_path / "live")
    assert len(windows) > 50
    loaded = load_config(config)
    recording = loaded.recordings_path / session

    settings = loaded.wearers[0].monitor(loaded)
    state = monitor.start(settings)
    figures: list[Figure] = []
    for block in open_evenside_recording(recording).read():
        state, report = monitor.step(settings, state, block)
        figures += report.figures
    state, report = monitor.finish(settings, state)
    assert bits([*figures, *report.figures]) == windows
    assert bits(monitor.summary(settings, state).figures) == whole

    again = configured(tmp_path / "again", f"replay://{recording}?speed=max")
    assert main(["run", "--config", str(again), "--quiet"]) == 0
    assert stored(tmp_path / "again")[1:] == (windows, whole, alerts)
    capsys.readouterr()
