"""``python tests/host/validation/inject_faults.py [DIR]``: which faults put into real walks the checks catch.

Each fault is put into one foot at a time of every walk with an IMU on both feet, and all of it goes through the
monitor. Caught is a fault where a check tells of something that it does not tell of the walk as it is. Prints one
table, and what the checks say of the walks as they are.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evenside.readers import open_recording
from evenside.validation.discovery import discover
from evenside_analysis import monitor
from evenside_analysis.fault_types import FAULTS
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import ACC, GRAVITY_M_S2, GYR, Block, Floats, Node

ROOT = Path(__file__).resolve().parents[3]
Fault = Callable[[Floats, float], Floats]
"""Takes the rows (n, 6) of one foot, accelerations (m/s²) then rates of rotation (rad/s), and their rate in Hz."""


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """A recording of two feet: times of its rows, and rows (n, 6) of each node."""

    name: str
    group: str
    nodes: tuple[Node, Node]
    time_s: tuple[Floats, Floats]
    rows: tuple[Floats, Floats]

    @property
    def gravity(self) -> bool:
        return self.nodes[0].gravity


def walks(folder: Path) -> list[Walk]:
    """Level walks of the sets that have an IMU on both feet."""
    found = []
    for trial in discover(folder).trials:
        if trial.set not in ("ipol-265", "ipol-497", "gaitmap") or trial.stairs:
            continue
        recording = open_recording(trial.path, block_s=1e4, rate_hz=trial.rate_hz)
        blocks = {block.node: block for block in recording.read()}
        left, right = (
            next(node for node in recording.nodes if node.side == side and node.columns(GYR))
            for side in ("left", "right")
        )
        rows = tuple(_rows(node, blocks[node.id]) for node in (left, right))
        nodes = tuple(
            Node(
                node.id,
                node.site,
                node.side,
                (*ACC, *GYR),
                node.rate_hz,
                gravity=node.gravity,
                right_handed=node.right_handed,
                clock=node.clock,
            )
            for node in (left, right)
        )
        group = trial.labels[0] if trial.set == "ipol-265" and trial.labels else "gravity in the signal"
        times = blocks[left.id].time_s, blocks[right.id].time_s
        found.append(Walk(trial.name, group, (nodes[0], nodes[1]), times, (rows[0], rows[1])))
    return found


def _rows(node: Node, block: Block) -> Floats:
    columns = node.columns((*ACC, *GYR))
    assert columns is not None
    return block.values[:, columns]


def kinds(walk: Walk, rows: tuple[Floats, Floats]) -> set[str]:
    """Everything that the checks say of a walk."""
    settings = MonitorSettings(walk.nodes)
    state = monitor.start(settings)
    for node, time_s, values in zip(walk.nodes, walk.time_s, rows, strict=True):
        state, _ = monitor.step(settings, state, Block(node.id, time_s[: len(values)], values))
    state, _ = monitor.finish(settings, state)
    told = {kind for node in monitor.summary(settings, state).nodes for kind in node.faults}
    return told | {total.kind for site in state.sites for total in site.log.totals if total.kind not in ("gap", "lost")}


def filled(rows: Floats) -> Floats:
    """Without NaN, on straight lines."""
    out, place = rows.copy(), np.arange(len(rows))
    for column in out.T:
        known = np.isfinite(column)
        column[:] = np.interp(place, place[known], column[known])
    return out


def of(first: int, end: int, change: Callable[[Floats], Floats]) -> Fault:
    """A change of some columns."""
    return lambda rows, _: np.hstack([rows[:, :first], change(rows[:, first:end]), rows[:, end:]])


def late_half(change: Callable[[Floats], Floats]) -> Fault:
    return lambda rows, _: np.vstack([rows[: len(rows) // 2], change(rows[len(rows) // 2 :].copy())])


def held(column: int) -> Callable[[Floats], Floats]:
    def hold(rows: Floats) -> Floats:
        known = np.isfinite(rows[:, column])
        rows[known, column] = rows[known, column][0]
        return rows

    return hold


def clocked(factor: float) -> Fault:
    """Sampled by a clock that runs at another rate."""

    def resample(rows: Floats, _: float) -> Floats:
        at, whole = np.arange(int(len(rows) / factor)) * factor, filled(rows)
        return np.stack([np.interp(at, np.arange(len(rows)), column) for column in whole.T], axis=1)

    return resample


def gaps(how: str) -> Fault:
    """Four of half a second: marked as lost, joined, or bridged by straight lines."""

    def cut(rows: Floats, rate_hz: float) -> Floats:
        kept = np.ones(len(rows), np.bool_)
        for share in (0.3, 0.45, 0.6, 0.7):
            kept[int(share * len(rows)) :][: int(0.5 * rate_hz)] = False
        if how == "joined":
            return rows[kept]
        marked = np.where(kept[:, np.newaxis], rows, np.nan)
        return marked if how == "marked" else filled(marked)

    return cut


def turned(*axes: tuple[int, int, int]) -> Callable[[Floats], Floats]:
    turn: Floats = np.array(axes, float)
    return lambda rows: np.asarray(np.hstack([rows[:, :3] @ turn, rows[:, 3:] @ turn]))


def late(rows: Floats, rate_hz: float) -> Floats:
    by = int(0.05 * rate_hz)
    return np.concatenate([np.repeat(rows[:1], by, axis=0), rows[:-by]])


def loose(rows: Floats, rate_hz: float) -> Floats:
    """Rings at 20 Hz after the hardest jolts."""
    acc = filled(rows)[:, :3]
    jolt = np.linalg.norm(np.diff(acc, axis=0, prepend=acc[:1]), axis=1)
    since_s = np.arange(int(0.25 * rate_hz)) / rate_hz
    decay = np.exp(-since_s / 0.06) * np.sin(40.0 * np.pi * since_s)
    ring: Floats = np.convolve(np.where(jolt > np.percentile(jolt, 97.0), jolt, 0.0), decay)[: len(rows)]
    ringing: Floats = np.hstack([np.outer(0.5 * ring, [0.6, 0.5, 0.6]), np.outer(0.05 * ring, [0.6, 0.6, 0.5])])
    return rows + ringing


def clip(first: int, limit: float) -> Fault:
    return of(first, first + 3, lambda values: np.clip(values, -limit, limit))


FAULTS_PUT_IN: dict[str, tuple[Fault, float, float]] = {
    # The shares are those of the prototype that came first: with gravity in the signal, and without.
    "acc x stuck, half": (late_half(held(0)), 1.0, 1.0),
    "gyr y stuck, half": (late_half(held(4)), 1.0, 1.0),
    "clip at 4 g": (clip(0, 4.0 * GRAVITY_M_S2), 0.60, 0.05),
    "clip at 500 degrees/s": (clip(3, float(np.radians(500.0))), 0.95, 0.45),
    "clip at 250 degrees/s": (clip(3, float(np.radians(250.0))), 1.0, 0.95),
    "acc gain +20 %": (of(0, 3, lambda acc: 1.2 * acc), 1.0, 0.02),
    "gyr gain +20 %": (of(3, 6, lambda gyr: 1.2 * gyr), 0.85, 0.67),
    "gyr gain -20 %": (of(3, 6, lambda gyr: 0.8 * gyr), np.nan, np.nan),
    "gyr bias 5 degrees/s": (of(3, 6, lambda gyr: gyr + np.radians([0.0, 5.0, 0.0])), 1.0, 0.86),
    "clock +1 %": (clocked(1.01), 1.0, 0.86),
    "clock +5 %": (clocked(1.05), 1.0, 0.93),
    "4 gaps of 0.5 s, marked": (gaps("marked"), 1.0, 1.0),
    "4 gaps of 0.5 s, joined": (gaps("joined"), 1.0, 0.97),
    "4 gaps of 0.5 s, bridged": (gaps("bridged"), 1.0, 1.0),
    "turned by 90 degrees about x, half": (late_half(turned((1, 0, 0), (0, 0, 1), (0, -1, 0))), 1.0, 0.98),
    "turned by 90 degrees about z, half": (late_half(turned((0, 1, 0), (-1, 0, 0), (0, 0, 1))), np.nan, np.nan),
    "late by 50 ms": (late, 0.90, 0.64),
    "loose strap": (loose, 0.65, 0.0),
    "acc y flipped": (of(0, 3, lambda acc: acc * np.array([1.0, -1.0, 1.0])), 0.85, 0.16),
    "gyr negated": (of(3, 6, lambda gyr: -gyr), 1.0, 0.93),
}


def main(folder: Path) -> None:
    found = [(walk, kinds(walk, walk.rows)) for walk in walks(folder)]
    print("walks as they are: a check of each source tells of something in so many; of what")
    for group in dict.fromkeys(walk.group for walk, _ in found):
        of_group = [told for walk, told in found if walk.group == group]
        print(f"  {group}: {len(of_group)} walks; {_sources(of_group)}")
    print(f"\n{'fault':36}{'with gravity':>29}{'without':>29}")
    print(f"{'':36}" + 2 * f"{'caught':>8}{'withheld':>10}{'prototype':>11}")
    for name, (fault, *before) in FAULTS_PUT_IN.items():
        parts = [_caught(fault, [one for one in found if one[0].gravity == gravity]) for gravity in (True, False)]
        cells = (
            f"{caught:8.2f}{withheld:10.2f}{'' if np.isnan(was) else format(was, '.2f'):>11}"
            for (caught, withheld), was in zip(parts, before, strict=True)
        )
        print(f"{name:36}" + "".join(cells), flush=True)


def _sources(told: list[set[str]]) -> str:
    parts = []
    for source in ("sensor", "walk", "advice"):
        of_source = [{kind for kind in one if FAULTS[kind].source == source} for one in told]
        counts = Counter(kind for one in of_source for kind in one)
        which = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
        parts.append(f"{source} {sum(map(bool, of_source))}" + (f" ({which})" if which else ""))
    return "; ".join(parts)


def _caught(fault: Fault, found: list[tuple[Walk, set[str]]]) -> tuple[float, float]:
    """Shares of the feet of which something is told, and something that withholds a figure."""
    caught = []
    for walk, before in found:
        for place in (0, 1):
            rows = list(walk.rows)
            rows[place] = fault(rows[place], walk.nodes[place].rate_hz)
            new = kinds(walk, (rows[0], rows[1])) - before
            caught.append((bool(new), any(FAULTS[kind].source != "advice" for kind in new)))
    any_, more = np.mean(caught, axis=0).tolist() if caught else (np.nan, np.nan)
    return any_, more


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data")
