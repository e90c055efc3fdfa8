"""Recordings of the simulated wearer, made once a run: two foot IMUs with 2 x 6 channels at 100 Hz.

``python simulated.py recording|table FOLDER SCRIPT HOURS`` prints where it lies.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from evenside.recording import Manifest, RecordingSettings, RecordingWriter
from evenside.recording.compact import compact
from evenside.simulator import SCRIPTS, Asymmetry, Device, Wearer, advance, default_nodes, start
from evenside_analysis.types import Block, Floats, Node

UNEVEN = Asymmetry(stance_time=3.0)
FEET = tuple(node for node in default_nodes() if node.site == "foot")
PIECE_S = 60.0


def blocks(script: str, hours: float, nodes: tuple[Node, ...] = FEET) -> Iterator[Block]:
    """A minute of each node in turn, times in whole microseconds."""
    wearer = Wearer(SCRIPTS[script](UNEVEN), seed=1, repeat=True)
    devices = tuple(Device(node) for node in nodes)
    state = start(wearer, devices)
    for minute in range(1, round(hours * 60) + 1):
        state, piece = advance(wearer, devices, state, minute * PIECE_S)
        for node, samples in zip(nodes, piece.samples, strict=True):
            yield Block(node.id, np.round(samples.true_s * 1e6) / 1e6, samples.values)


def recording(folder: Path, script: str, hours: float) -> Path:
    """As `evenside run` leaves it behind; made on the first call."""
    directory = folder / f"{script}-{hours:g}h"
    if not directory.exists():
        manifest = Manifest("bench", "simulated", 1_760_000_400_000_000_000, "benchmark", FEET)
        with RecordingWriter.create(directory, manifest, RecordingSettings(blob_s=60.0)) as writer:
            for block in blocks(script, hours):
                writer.append(block)
        compact(directory)
    return directory


def table(folder: Path, script: str, hours: float) -> Path:
    """The same as a CSV file in g and degrees a second, with the layout to read it by beside it."""
    path = folder / f"{script}-{hours:g}h.csv"
    path.with_suffix(".toml").write_text(_LAYOUT + "".join(_node(node) for node in FEET))
    if not path.exists():
        factors = np.array([1.0 / 9.80665] * 3 + [180.0 / np.pi] * 3)
        names = ",".join(f"{node.id}_{channel}" for node in FEET for channel in node.channels)
        with path.open("w") as file:
            file.write(f"time,{names}\n")
            held: list[Floats] = []
            for block in blocks(script, hours):
                held.append(block.values * factors)
                if len(held) == len(FEET):
                    rows = np.column_stack([block.time_s, *held])
                    np.savetxt(file, rows, fmt="%.2f" + ",%.4f" * (rows.shape[1] - 1))
                    held = []
    return path


_LAYOUT = """name = "bench"
summary = "the simulated wearer"
[table]
separator = "comma"
header = "line"
[time]
column = "time"
unit = "s"
rate_hz = 100
"""


def _node(node: Node) -> str:
    units = {"acc": "g", "gyr": "deg/s"}
    columns = "\n".join(
        f'{name} = {{ column = "{node.id}_{name}", unit = "{units[name[:3]]}" }}' for name in node.channels
    )
    head = f'[node.{node.id}]\nsite = "foot"\nside = "{node.side}"\ngravity = true\nright_handed = true\n'
    return f"{head}[node.{node.id}.channels]\n{columns}\n"


if __name__ == "__main__":
    made = {"recording": recording, "table": table}[sys.argv[1]]
    print(made(Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])))
