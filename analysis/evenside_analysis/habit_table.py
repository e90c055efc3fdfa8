"""Seconds of several nodes side by side: rows come out once every node has been heard, or waited for, that far.

A node that said nothing in a second has NaN there. A node that was never heard and lets no time pass holds up the
others; it is for whoever feeds the blocks to let time pass for it by rows of NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Floats, Ints

__all__ = ["TableRows", "TableState", "add_seconds"]

_NEVER = int(np.iinfo(np.int64).min)


@dataclass(frozen=True, slots=True, eq=False)
class TableRows:
    """``second`` (n,) in order, ``columns`` (n, nodes, k); all below ``settled`` have now come out."""

    second: Ints
    columns: Floats
    settled: int


@dataclass(frozen=True, slots=True, eq=False)
class TableState:
    """What waits for the others: of each node its seconds (m,) and columns (m, k), and how far it is settled."""

    second: tuple[Ints, ...]
    columns: tuple[Floats, ...]
    settled: tuple[int, ...]

    @staticmethod
    def start(nodes: int, k: int) -> TableState:
        return TableState((np.empty(0, np.int64),) * nodes, (np.empty((0, k)),) * nodes, (_NEVER,) * nodes)

    @property
    def until(self) -> float:
        """All seconds below have come out; -inf while a node lets no time pass."""
        until = min(self.settled, default=_NEVER)
        return float(until) if until > _NEVER else -math.inf


def add_seconds(
    state: TableState, node: int, second: Ints, columns: Floats, settled: int
) -> tuple[TableState, TableRows]:
    """Add seconds (n,) of one node with its columns (n, k), of which all below ``settled`` are now told."""
    seconds, tables, ends = [*state.second], [*state.columns], [*state.settled]
    seconds[node] = np.concatenate([seconds[node], second])
    tables[node] = np.concatenate([tables[node], columns])
    ends[node] = max(ends[node], settled)
    until = min(ends)
    cuts = [int(held.searchsorted(until)) for held in seconds]
    ready = np.unique(np.concatenate([held[:cut] for held, cut in zip(seconds, cuts, strict=True)]))
    rows = np.full((ready.size, len(seconds), columns.shape[1]), np.nan)
    for place, (held, table, cut) in enumerate(zip(seconds, tables, cuts, strict=True)):
        rows[ready.searchsorted(held[:cut]), place] = table[:cut]
    after = TableState(
        tuple(held[cut:].copy() for held, cut in zip(seconds, cuts, strict=True)),
        tuple(table[cut:].copy() for table, cut in zip(tables, cuts, strict=True)),
        tuple(ends),
    )
    return after, TableRows(ready, rows, until)
