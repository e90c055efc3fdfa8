"""Bouts of straight walking of one sensor on the trunk, cut out of its stream.

Blocks of half a second lie at multiples of their length from the start of a run. A block walks where its acceleration
varies enough, hardly a sample of it was lost, and the trunk did not turn; without a gyroscope turns cannot be seen. A
bout is a row of such blocks, without the first and the last second of it; one that is longer than ``bout_max_s`` is
handed out in pieces. Whether a trunk that moves does walk is decided by whoever looks at the bout.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.trunk_settings import TrunkSettings
from evenside_analysis.types import Bools, Floats

__all__ = ["ROWS", "Bout", "BoutRun", "find_bouts"]

TIME, ACC, GYR, LOST = 0, slice(1, 4), slice(4, 7), 7
ROWS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Bout:
    """A piece of straight walking, perhaps."""

    time_s: Floats  # (n,)
    acc: Floats  # (3, n)


@dataclass(frozen=True, slots=True, eq=False)
class BoutRun:
    """``held``: columns from the first block of an open bout on. Of its whole blocks ``turns`` holds the angles (rad),
    ``moves`` whether they walk but for a turn; the first ``walked`` of them belong to the bout. ``before``: the turn of
    the block before. ``cut``: the bout goes on from a piece that was handed out.
    """

    held: Floats = field(default_factory=lambda: np.empty((ROWS, 0)))
    turns: tuple[float, ...] = ()
    moves: tuple[bool, ...] = ()
    walked: int = 0
    before: float = 0.0
    cut: bool = False


def find_bouts(settings: TrunkSettings, run: BoutRun, columns: Floats, ended: bool) -> tuple[BoutRun, list[Bout]]:
    """Feed the next columns (ROWS, n) of a run; the bouts that are over, or long enough for a piece."""
    held = np.concatenate([run.held, columns], axis=1)
    size = settings.count(settings.block_s)
    known, whole = len(run.turns), held.shape[1] // size
    moves, turns = list(run.moves), list(run.turns)
    if whole > known:
        blocks = held[:, known * size : whole * size].reshape(ROWS, whole - known, size)
        moves += _moves(settings, blocks).tolist()
        turns += _turns(settings, blocks).tolist()
    spans, start, walked, cut = _spans(settings, run, moves, turns, ended)
    bouts = [Bout(held[TIME, a * size : b * size], held[ACC, a * size : b * size]) for a, b in spans]
    before = turns[start - 1] if start else run.before
    after = BoutRun(held[:, start * size :].copy(), tuple(turns[start:]), tuple(moves[start:]), walked, before, cut)
    return after, bouts


def _spans(
    settings: TrunkSettings, run: BoutRun, moves: list[bool], turns: list[float], ended: bool
) -> tuple[list[tuple[int, int]], int, int, bool]:
    """Blocks of the bouts that are ready; the first block of the open one, how many it has so far, and whether it goes
    on from a piece."""
    longest, trim = settings.blocks(settings.bout_max_s), settings.blocks(settings.trim_s)
    limit = np.radians(settings.turn_deg)
    spans: list[tuple[int, int]] = []
    start, walked, cut = 0, run.walked, run.cut
    # A block is known once the one after it tells whether a turn begins.
    for block in range(run.walked, len(moves) if ended else len(moves) - 1):
        before = turns[block - 1] if block else run.before
        after = turns[block + 1] if block + 1 < len(turns) else 0.0
        straight = abs(before + turns[block]) <= limit and abs(turns[block] + after) <= limit
        if moves[block] and straight:
            walked += 1
            if walked == longest + trim:
                spans.append((start if cut else start + trim, start + longest))
                start, walked, cut = start + longest, trim, True
            continue
        spans.append((start if cut else start + trim, start + walked - trim))
        start, walked, cut = block + 1, 0, False
    if ended:
        spans.append((start if cut else start + trim, start + walked - trim))
    shortest = settings.blocks(settings.bout_min_s)
    return [(first, end) for first, end in spans if end - first >= shortest], start, walked, cut


def _moves(settings: TrunkSettings, blocks: Floats) -> Bools:
    """Whether each block (ROWS, k, size) was heard and moved."""
    acc = blocks[ACC]
    size = acc.shape[2]
    moving = acc - np.cumsum(acc, axis=2)[:, :, -1:] / size
    power = np.cumsum(moving * moving, axis=2)[:, :, -1] / size
    x, y, z = power
    lost = blocks[LOST].sum(axis=1)
    return np.asarray((x + y + z > settings.active_m_s2**2) & (lost <= settings.lost_share * size))


def _turns(settings: TrunkSettings, blocks: Floats) -> Floats:
    """Angle (k,) in rad by which each block (ROWS, k, size) turned about the vertical."""
    up = np.cumsum(blocks[ACC], axis=2)[:, :, -1]
    turned = np.cumsum(blocks[GYR], axis=2)[:, :, -1] / settings.rate_hz
    length = np.sqrt(up[0] * up[0] + up[1] * up[1] + up[2] * up[2])
    about = up[0] * turned[0] + up[1] * turned[1] + up[2] * turned[2]
    return np.asarray(about / np.where(length > 0.0, length, 1.0))
