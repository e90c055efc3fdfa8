"""Was a node turned on its foot while worn? Then what was learnt of its mounting is over, and is learnt anew.

Every movement shows directions of its own: the axis of its rotation, and up. One that lies far from what the movements
before have taught proves nothing: people turn, stumble and shift their weight. Several in a row that all lie far off,
and near each other, are another mounting. It is then learnt from those alone, at once, where a forgetting sum would
drag the old one along for ten movements and more.

Movements are looked at one after the other, each on its own: any cut gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.types import Bools, Floats

__all__ = ["Remount", "RemountSettings", "follow_mounting"]

Row = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RemountSettings:
    """How far off, how near each other, and how many in a row."""

    off_deg: tuple[float, ...]  # of each direction
    alike_deg: float = 25.0  # among those that lie off: a foot that wanders proves nothing
    movements: int = 5


@dataclass(frozen=True, slots=True)
class Remount:
    """The run of movements that lie off: what was known before it, and what each of them would teach."""

    known: Row = ()
    rows: tuple[Row, ...] = ()
    first: Row = field(default=())  # directions of the first of them


def follow_mounting(
    settings: RemountSettings, state: Remount, known: Floats, shown: Floats, rows: Floats, counts: Bools
) -> tuple[Remount, int | None]:
    """Look at movements (m,); return the run that is open behind them, or at the first one that completes a run.

    Args:
        known: (m, 3 k) k directions of length 1 known before each movement, NaN where one is not known.
        shown: (m, 3 k) what each movement shows by itself, as sure; NaN where it does not.
        rows: (m, c) what the movements would teach.
        counts: (m,) which of them tell anything; others are passed over.

    Returns:
        The run, and the place of the movement that completes it; None where none does.
    """
    far = np.array([np.cos(np.radians(limit)) for limit in settings.off_deg])
    off = _cosines(known, shown) < far[:, np.newaxis]  # False where either is unknown
    if not (state.rows or (off.any(axis=0) & counts).any()):
        return state, None
    near = float(np.cos(np.radians(settings.alike_deg)))
    for place in np.flatnonzero(counts).tolist():
        here = shown[place]
        base = np.array(state.known) if state.rows else known[place]
        if not (_cosines(base[np.newaxis], here[np.newaxis])[:, 0] < far).any():
            state = Remount()
            continue
        row = tuple(rows[place].tolist())
        if state.rows and not (_cosines(np.array([state.first]), here[np.newaxis]) < near).any():
            state = Remount(state.known, (*state.rows, row), state.first)
        else:
            state = Remount(tuple(base.tolist()), (row,), tuple(here.tolist()))
        if len(state.rows) == settings.movements:
            return state, place
    return state, None


def _cosines(one: Floats, other: Floats) -> Floats:
    """(k, m) of directions that stand side by side."""
    product = one * other
    return np.stack([product[:, at] + product[:, at + 1] + product[:, at + 2] for at in range(0, product.shape[1], 3)])
