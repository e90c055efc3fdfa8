"""A short walk of the simulated wearer as a CSV file with a layout, and as a recording of our own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from evenside.recording import Manifest, RecordingWriter
from evenside.simulator import Asymmetry, Device, Stand, Walk, Wearer, advance, default_nodes, start
from evenside_analysis.types import Block, Node

NODES = tuple(node for node in default_nodes() if node.site == "insole")
LAYOUT = """name = "walk"
summary = "two insoles"
[table]
separator = "comma"
header = "line"
[time]
column = "t"
unit = "s"
rate_hz = 100
[node.left_insole]
site = "insole"
side = "left"
[node.left_insole.channels]
force = { column = "left", unit = "N" }
[node.right_insole]
site = "insole"
side = "right"
[node.right_insole.channels]
force = { column = "right", unit = "N" }
"""


@dataclass(frozen=True)
class Walked:
    """``table`` is read by ``layout``; ``own`` was recorded from session second 100 on."""

    table: Path
    layout: Path
    own: Path
    nodes: tuple[Node, ...]


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    folder = tmp_path_factory.mktemp("walked")
    wearer = Wearer((Stand(3.0), Walk(40.0, Asymmetry(stance_time=4.0))), seed=5)
    devices = tuple(Device(node) for node in NODES)
    _, piece = advance(wearer, devices, start(wearer, devices), 43.0)
    left, right = (samples.values[:, 0] for samples in piece.samples)
    time_s = np.round(piece.samples[0].true_s * 1e6) / 1e6
    table, layout, own = folder / "walk.day1.csv", folder / "walk.toml", folder / "own"
    rows = [f"{time:.2f},{one:.1f},{other:.1f}" for time, one, other in zip(time_s, left, right, strict=True)]
    table.write_text("\n".join(["t,left,right", *rows, ""]))
    layout.write_text(LAYOUT)
    with RecordingWriter.create(own, Manifest("s", "ann", 1_760_000_400_000_000_000, "test", NODES)) as writer:
        for node, samples in zip(NODES, piece.samples, strict=True):
            writer.append(Block(node.id, np.round((time_s + 100.0) * 1e6) / 1e6, samples.values))
    return Walked(table, layout, own, NODES)
