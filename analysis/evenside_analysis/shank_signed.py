"""The rate of a shank about its mediolateral axis, forward swing positive, sample by sample.

A block is signed with what the blocks before it have taught, so once the axis is known nothing waits. Until then the
first blocks are held back: for the axis that settles them all, or for ``settle_wait_s`` of movement, after which they
get the best axis there is and are marked as unsure. What is still is handed on a block late, so that the block before
the first movement waits with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.shank_axis import AxisHabit, Direction, direction, learn
from evenside_analysis.shank_settings import ShankSettings
from evenside_analysis.types import Floats, Ints

__all__ = ["AXIS", "CLIPPED", "GYR", "LOST", "RATE", "RAW", "SIGNED", "TIME", "UNSURE", "SigningRun", "sign"]

# Rows of the columns that go in, and those that come out besides.
TIME, GYR, LOST, CLIPPED = 0, (1, 2, 3), 4, 5
RAW = 6
AXIS, UNSURE, RATE = (6, 7, 8), 9, 10
SIGNED = 11


@dataclass(frozen=True, slots=True, eq=False)
class SigningRun:
    """``held``: columns from a block boundary on, first the blocks that wait, then the open one. ``handed``: so many of
    the open block have been handed out.
    """

    held: Floats = field(default_factory=lambda: np.empty((RAW, 0)))
    handed: int = 0
    active: tuple[bool, ...] = ()  # of the blocks that wait


def sign(
    settings: ShankSettings, habit: AxisHabit, run: SigningRun, raw: Floats, ended: bool
) -> tuple[AxisHabit, SigningRun, Floats]:
    """Feed the next columns (RAW, n) of a run; those (SIGNED, n) that can be signed now, in order.

    ``ended``: the run is over, so nothing waits.
    """
    held = np.concatenate([run.held, raw], axis=1)
    size, waiting = settings.count(settings.block_s), len(run.active)
    whole = held.shape[1] // size
    blocks = held[:, : whole * size].reshape(RAW, whole, size)
    after, active = learn(settings, habit, blocks[list(GYR), waiting:], blocks[LOST, waiting:] > 0.0)
    told, waits = _told(settings, habit, run.active, after, active)
    if ended:
        told += [_unsure(settings, after[-1] if after else habit)] * (whole + 1 - len(told))
        waits = ()
    end = held.shape[1] if len(told) > whole else len(told) * size
    out = _signed(held[:, run.handed : end], np.arange(run.handed, end) // size, told)
    keep = (whole - len(waits)) * size
    kept = SigningRun(held[:, keep:].copy(), max(end - keep, 0), waits)
    return after[-1] if after else habit, kept, out


def _told(
    settings: ShankSettings, habit: AxisHabit, active: tuple[bool, ...], after: list[AxisHabit], new: list[bool]
) -> tuple[list[Direction], tuple[bool, ...]]:
    """The directions of the blocks that need not wait, the open one among them if it need not; and those that must."""
    told: list[Direction] = []
    waits = list(active)
    for place, (learnt, moved) in enumerate(zip(after, new, strict=True)):
        if habit.settled:
            told += [direction(settings, one) for one in (habit, *after[place:])]
            return told, ()
        waits.append(moved)
        if learnt.settled:
            told += [direction(settings, learnt)] * len(waits)
            waits = []
        else:
            count = _released(settings, waits)
            told += [_unsure(settings, learnt)] * count
            waits = waits[count:]
        habit = learnt
    if habit.settled:
        told.append(direction(settings, habit))
    return told, tuple(waits)


def _released(settings: ShankSettings, waits: list[bool]) -> int:
    """How many of the blocks that wait for an axis wait no longer."""
    if True not in waits:
        return len(waits) - 1
    first = max(waits.index(True) - 1, 0)
    wait = round(settings.settle_wait_s / settings.block_s)
    return len(waits) if len(waits) - first > wait else first


def _unsure(settings: ShankSettings, habit: AxisHabit) -> Direction:
    return Direction(direction(settings, habit).axis, False)


def _signed(columns: Floats, block: Ints, told: list[Direction]) -> Floats:
    out = np.empty((SIGNED, columns.shape[1]))
    if not columns.shape[1]:
        return out
    out[:RAW] = columns
    axes = np.array([one.axis for one in told])[block]
    for row, axis in zip(AXIS, axes.T, strict=True):
        out[row] = axis
    out[UNSURE] = np.array([not one.sure for one in told])[block]
    x, y, z = (out[row] for row in GYR)
    a, b, c = (out[row] for row in AXIS)
    out[RATE] = x * a + y * b + z * c
    return out
