"""Sync events in real recordings: none where nobody tapped, and taps put onto real standing feet are found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from evenside.readers import open_recording
from evenside_analysis.settings import Pair, pairs_of
from evenside_analysis.sync_watch import SyncFinding, SyncWatch, can_be_watched, watch_sync
from evenside_analysis.types import ACC, Block, Floats, Side

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA to where they are)"
)
SIDES: tuple[Side, Side] = ("left", "right")


def recordings() -> Iterator[tuple[Path, str, float | None]]:
    """Everything with accelerometers at both feet."""
    for path in sorted((DATA / "ipol_gait_truong2019_ncsa").glob("*.csv.gz")):
        yield path, "ipol-265", None
    for path in sorted((DATA / "ipol_gait_voisard2023_agpl").glob("*_lf.txt.gz")):
        yield path.with_name(path.name.removesuffix("_lf.txt.gz")), "ipol-497", None
    for path in sorted((DATA / "gaitmap_feet").glob("imu*.csv.gz")):
        yield path, "gaitmap", 102.4 if "ic_stride" in path.name else 204.8
    for path in sorted((DATA / "moticon_opengo").glob("2*.txt.gz")):
        yield path, "moticon-opengo", None


@cache
def feet(path: Path, layout: str, rate_hz: float | None) -> tuple[Pair | None, tuple[Block, ...]]:
    """The first pair that can be watched, and its blocks."""
    recording = open_recording(path, layout, 7.0, rate_hz=rate_hz)
    pair = next((one for one in pairs_of(recording.nodes) if can_be_watched(one)), None)
    nodes = set() if pair is None else {pair.left.id, pair.right.id}
    return pair, tuple(block for block in recording.read() if block.node in nodes)


def found_in(pair: Pair, blocks: tuple[Block, ...]) -> list[SyncFinding]:
    watch, found = SyncWatch(), list[SyncFinding]()
    for block in blocks:
        watch, new = watch_sync(pair, watch, "left" if block.node == pair.left.id else "right", block)
        found += new
    return found


def test_nobody_tapped_and_nothing_is_found() -> None:
    span_s, found = 0.0, list[SyncFinding]()
    for path, layout, rate_hz in recordings():
        pair, blocks = feet(path, layout, rate_hz)
        if pair is not None:
            span_s += max(float(block.time_s[-1]) for block in blocks)
            found += found_in(pair, blocks)
    print(f"{len(found)} sync events in {span_s / 60.0:.1f} min of walking, turning, standing and stairs")
    assert span_s > 30.0 * 60.0
    assert found == []


def still_s(pair: Pair, blocks: tuple[Block, ...]) -> float | None:
    """The middle of the first 3.2 s in which neither foot moved, or lost a sample."""
    loud = [np.empty(0)]
    ends = []
    for node in (pair.left, pair.right):
        columns = node.columns(ACC)
        assert columns is not None
        own = [block for block in blocks if block.node == node.id]
        time_s = np.concatenate([block.time_s for block in own])
        acc = np.concatenate([block.values[:, columns] for block in own])
        lag = round(0.04 * node.rate_hz)
        change = np.sqrt(((acc[lag:] - acc[:-lag]) ** 2).sum(axis=1))
        moved = ~(change < 2.0)
        moved[1:] |= np.diff(time_s[lag:]) > 1.5 / node.rate_hz
        loud += [time_s[:1], time_s[lag:][moved], time_s[-1:]]
        ends.append((time_s[0], time_s[-1]))
    edges = np.sort(np.concatenate(loud))
    wide = np.flatnonzero(np.diff(edges) > 3.2)
    return float(edges[wide[0]] + 1.6) if wide.size else None


def with_taps(pair: Pair, blocks: tuple[Block, ...], at_s: float, lag_s: float) -> tuple[Block, ...]:
    """Two taps on both feet, stamped by a right clock that is ``lag_s`` late; sensors lie in any way."""
    rng = np.random.default_rng(7)
    frames = {node.id: np.linalg.qr(rng.normal(size=(3, 3)))[0] for node in (pair.left, pair.right)}

    def felt(time_s: Floats) -> Floats:
        shape = np.zeros(time_s.size)
        for tap_s, size in ((at_s - 0.15, 30.0), (at_s + 0.15, 45.0)):
            since_s = np.maximum(time_s - tap_s, 0.0)
            shape += size * np.sin(2.0 * np.pi * 18.0 * since_s) * since_s / 0.015 * np.exp(1.0 - since_s / 0.015)
        return np.asarray(shape[:, np.newaxis] * np.array([0.3, 0.5, 0.8]))

    out = []
    for block in blocks:
        right = block.node == pair.right.id
        columns = list((pair.right if right else pair.left).columns(ACC) or ())
        values = block.values.copy()
        values[:, columns] += felt(block.time_s - (lag_s if right else 0.0)) @ frames[block.node].T
        out.append(replace(block, values=values, clock_error_s=0.0007))
    return tuple(out)


@pytest.mark.parametrize(("lag_s", "verdict"), [(0.0004, "agree"), (0.0063, "disagree"), (-0.0437, "disagree")])
def test_taps_on_real_standing_feet_tell_the_clocks(lag_s: float, verdict: str) -> None:
    tried, errors_ms, verdicts = 0, list[float](), list[str]()
    for path, layout, rate_hz in recordings():
        pair, blocks = feet(path, layout, rate_hz)
        at_s = None if pair is None else still_s(pair, blocks)
        if pair is None or at_s is None:
            continue
        tried += 1
        for one in found_in(replace_clocks(pair), with_taps(pair, blocks, at_s, lag_s)):
            errors_ms.append(1e3 * (one.event.lag_s - lag_s))
            verdicts.append(one.verdict)
    print(
        f"{len(verdicts)} of {tried} found, error SD {np.std(errors_ms):.2f} ms, worst {np.abs(errors_ms).max():.2f} ms"
    )
    assert tried >= 20
    assert len(verdicts) >= 0.95 * tried
    assert np.abs(errors_ms).max() < 2.0
    assert verdicts.count(verdict) >= 0.95 * len(verdicts)


def replace_clocks(pair: Pair) -> Pair:
    """Each side on a clock of its own."""
    return Pair(pair.site, *(replace(node, clock="") for node in (pair.left, pair.right)))
