"""evenside beside gaitmap and scikit-digital-health, where they are installed: CPU seconds and results on equal data.

They are no dependencies of evenside: ``--peers-python`` names an interpreter that has them. Each works in a process of
its own, over arrays in memory, and is timed without its imports, reading and compiling. What one of them cannot do is
said, and not compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from evenside.readers import open_recording
from evenside.simulator import (
    SCRIPTS,
    Asymmetry,
    Device,
    Piece,
    Sensor,
    Wearer,
    advance,
    body_nodes,
    default_nodes,
    start,
)
from evenside.validation.discovery import discover
from evenside.validation.marks import Swings
from evenside_analysis import monitor
from evenside_analysis.report import Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import ACC, GRAVITY_M_S2, GYR, Block, Event, Floats, Node

MINUTES = 10.0
RATE_HZ = 100.0
UNEVEN = Asymmetry(stance_time=3.0)
FEET = tuple(node for node in default_nodes(RATE_HZ) if node.site == "foot")
PELVIS = next(node for node in body_nodes(RATE_HZ) if node.site == "pelvis")
BLOCK_S = 60.0
DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
HOW = """  python -m venv peers && peers/bin/pip install gaitmap scikit-digital-health
  make bench ARGS="peers --peers-python peers/bin/python\""""


def run(folder: Path, peers_python: str) -> None:
    child = [peers_python, str(Path(__file__).with_name("peers_child.py"))]
    versions = _answer([*child, "which"])
    if not any(versions.values()):
        print(f"neither gaitmap nor scikit-digital-health is installed for {peers_python}; to see them beside:\n{HOW}")
    piece = _walked()
    _feet(folder, child, versions["gaitmap"], piece)
    _backs(folder, child, versions["skdh"], "the same walk, lower back", [_simulated(piece)])
    walks = _real_walks()
    if walks:
        _backs(folder, child, versions["skdh"], f"{len(walks)} real walks of the set ipol-497, lower back", walks)
    else:
        print(f"there are no real walks with a sensor on the lower back in {DATA} (set EVENSIDE_TEST_DATA)")


def _answer(command: list[str]) -> dict[str, Any]:
    """What a child prints. Raises RuntimeError where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _walked() -> Piece:
    """Two feet and the pelvis, aligned with the body as gaitmap needs them."""
    wearer = Wearer(SCRIPTS["walk"](UNEVEN), seed=1, repeat=True)
    devices = tuple(Device(node, Sensor(mounting=False)) for node in (*FEET, PELVIS))
    return advance(wearer, devices, start(wearer, devices), MINUTES * 60.0)[1]


def _feet(folder: Path, child: list[str], version: str | None, piece: Piece) -> None:
    file, truth = _walk(folder, piece)
    own = _answer([sys.executable, __file__, "feet", str(file)])
    print(f"simulated walk, two feet, {MINUTES:g} min at {RATE_HZ:g} Hz; true {_told(truth)}")
    print(f"  evenside: {own['cpu_s']:.2f} CPU s, {_told(own)}; finds the strides, checks the sensors, tells figures")
    if version:
        peer = _answer([*child, "gaitmap", str(file)])
        print(
            f"  gaitmap {version}: {peer['cpu_s']:.2f} CPU s, {_told(peer)}; is given the true strides and the "
            f"mounting (what finds strides is in gaitmap_mad, AGPL, not used)\n"
            f"  gaitmap / evenside: {peer['cpu_s'] / own['cpu_s']:.1f} x the CPU"
        )


def _told(found: Mapping[str, Any]) -> str:
    left, right = (found["stance_s"][side] for side in ("left", "right"))
    ai = 100.0 * (right - left) / (right + left)
    return f"strides {found['strides']['left']} + {found['strides']['right']}, stance asymmetry {ai:+.2f} AI"


def _walk(folder: Path, piece: Piece) -> tuple[Path, dict[str, Any]]:
    """Rows of both feet, the true toe-offs as rows, and what is true."""
    arrays: dict[str, Any] = {"rate_hz": RATE_HZ}
    truth: dict[str, Any] = {"strides": {}, "stance_s": {}}
    for node, samples, contacts in zip(FEET, piece.samples, piece.contacts, strict=False):
        on_s, off_s = (contacts.time_s[contacts.kind == kind] for kind in (Event.IC, Event.TC))
        following = off_s.searchsorted(on_s)
        whole = following < off_s.size
        arrays[node.side] = samples.values
        arrays[f"{node.side}_offs"] = np.rint(off_s * RATE_HZ).astype(np.int64)
        truth["strides"][node.side] = off_s.size - 1
        truth["stance_s"][node.side] = float(np.mean(off_s[following[whole]] - on_s[whole]))
    file = folder / "walk.npz"
    np.savez(file, **arrays)
    return file, truth


@dataclass(frozen=True, slots=True, eq=False)
class _Walked:
    """A walk with a sensor on the lower back as well; ``steps``: that were marked, or made."""

    nodes: tuple[Node, ...]
    blocks: tuple[Block, ...]
    steps: int


def _real_walks() -> list[_Walked]:
    walks = []
    for trial in discover(DATA).trials if DATA.is_dir() else ():
        marks = next((one for one in trial.marks if isinstance(one, Swings)), None)
        recording = open_recording(trial.path, block_s=1e4) if trial.set == "ipol-497" and marks else None
        if recording and marks and any(node.site == "pelvis" for node in recording.nodes):
            steps = len(marks.left) + len(marks.right)
            walks.append(_Walked(recording.nodes, tuple(recording.read()), steps))
    return walks


def _simulated(piece: Piece) -> _Walked:
    nodes = (*FEET, PELVIS)
    blocks = _cut({node.id: samples.values for node, samples in zip(nodes, piece.samples, strict=True)})
    return _Walked(nodes, tuple(blocks), sum(int(np.sum(one.kind == Event.IC)) for one in piece.contacts))


def _backs(folder: Path, child: list[str], version: str | None, what: str, walks: list[_Walked]) -> None:
    files = [_back(folder / f"back-{number}.npz", walk) for number, walk in enumerate(walks)]
    span_s = sum(float(np.load(file)["time_s"][-1]) for file in files)
    print(f"{what}, {span_s:.0f} s together; steps made or marked {sum(walk.steps for walk in walks)}")
    cost_s = {what: min(_own_s(walks, sites) for _ in range(3)) for what, sites in _OWN.items()}
    for what, cpu_s in cost_s.items():
        print(f"  evenside, {what}: {cpu_s:.2f} CPU s")
    if version:
        peer = _answer([*child, "skdh", *map(str, files)])
        print(f"  skdh {version}, lower back: {peer['cpu_s']:.2f} CPU s, {sum(peer['steps'])} steps; names no side")
        for what, cpu_s in cost_s.items():
            print(f"  skdh / evenside, {what.partition(',')[0]}: {peer['cpu_s'] / cpu_s:.1f} x the CPU")


def _back(file: Path, walk: _Walked) -> Path:
    node = next(node for node in walk.nodes if node.site == "pelvis")
    blocks = [block for block in walk.blocks if block.node == node.id]
    columns = node.columns((*ACC, *GYR))
    assert columns is not None
    values, time_s = (
        np.concatenate(parts) for parts in zip(*((one.values, one.time_s) for one in blocks), strict=True)
    )
    heard = np.isfinite(values[:, columns]).all(axis=1)
    values, time_s = values[heard][:, columns], time_s[heard]
    np.savez(
        file,
        time_s=time_s - time_s[0],
        acc_g=values[:, :3] / GRAVITY_M_S2,
        gyr_rad_s=values[:, 3:],
        rate_hz=node.rate_hz,
    )
    return file


_OWN = {
    "lower back, which tells how regular, not each step": ("pelvis",),
    "both feet and lower back, every step with its side": ("foot", "pelvis"),
}


def _own_s(walks: list[_Walked], sites: tuple[str, ...]) -> float:
    begun_s = process_time()
    for walk in walks:
        nodes = tuple(node for node in walk.nodes if node.site in sites)
        _analysed(nodes, [block for block in walk.blocks if block.node in {node.id for node in nodes}])
    return process_time() - begun_s


def _analysed(nodes: tuple[Node, ...], blocks: list[Block]) -> Summary:
    settings = MonitorSettings(nodes)
    state = monitor.start(settings)
    for block in blocks:
        state, _ = monitor.step(settings, state, block)
    state, _ = monitor.finish(settings, state)
    return monitor.summary(settings, state)


def _own_feet(file: Path) -> dict[str, Any]:
    """As the child of the peers does: once to warm up, then timed."""
    arrays = np.load(file)
    values = {node.id: arrays[node.side] for node in FEET}
    _analysed(FEET, _cut({node: rows[: round(BLOCK_S * RATE_HZ)] for node, rows in values.items()}))
    begun_s = process_time()
    summary = _analysed(FEET, _cut(values))
    cpu_s = process_time() - begun_s
    stance = next(one for one in summary.figures if one.metric == "stance_time")
    return {
        "cpu_s": cpu_s,
        "strides": {"left": stance.n_left, "right": stance.n_right},
        "stance_s": {"left": stance.left_mean, "right": stance.right_mean},
    }


def _cut(values: Mapping[str, Floats]) -> list[Block]:
    """A minute of each node in turn, as a recording is read."""
    rows = round(BLOCK_S * RATE_HZ)
    count = max(len(one) for one in values.values())
    return [
        Block(node, np.arange(first, min(first + rows, len(one))) / RATE_HZ, one[first : first + rows])
        for first in range(0, count, rows)
        for node, one in values.items()
    ]


if __name__ == "__main__":
    print(json.dumps(_own_feet(Path(sys.argv[2]))))
