"""Timed rows of one node on their way into blocks: gathered to a length, with rows of NaN where nothing was heard.

What this never does: time a sample, or change the order in which rows come.
"""

from __future__ import annotations

import math

import numpy as np

from evenside_analysis.types import Block, Floats, Node

__all__ = ["BlockRows"]


class BlockRows:
    """Of one node. A block spans at least ``gather_s``, unless its first samples have waited twice as long."""

    def __init__(self, node: Node, gather_s: float) -> None:
        self._node, self._gather_s = node, gather_s
        self._blocks: list[Block] = []
        self._rows: list[tuple[Floats, Floats, float]] = []  # times, values, clock error
        self._first_arrival_s = math.inf

    @property
    def last_error_s(self) -> float | None:
        """The clock error of the last rows of the block at hand; None while that is empty."""
        return self._rows[-1][2] if self._rows else None

    def add(self, times: Floats, values: Floats, error_s: float, arrived_s: float, period_s: float) -> None:
        """Samples (n,), (n, channels) behind all others; n is not 0."""
        self._rows.append((times, values, error_s))
        self._first_arrival_s = min(self._first_arrival_s, arrived_s)
        if float(times[-1]) + period_s - float(self._rows[0][0][0]) >= self._gather_s:
            self.flush()

    def hole(self, before_s: float, after_s: float, period_s: float, error_s: float) -> None:
        """A row of NaN one period before ``after_s``, or in the middle where that leaves no room."""
        row_s = round(max(after_s - period_s, (before_s + after_s) / 2) * 1e6) / 1e6
        if before_s < row_s < after_s:
            self._rows.append((np.array([row_s]), self._unheard(), error_s))

    def silence(self, row_s: float, error_s: float) -> None:
        """A block that says nothing was heard up to here; to be told while none is at hand."""
        self._blocks.append(Block(self._node.id, np.array([row_s]), self._unheard(), error_s))

    def gathered(self, now_s: float) -> None:
        """Close the block at hand if its first samples waited long enough."""
        if now_s - self._first_arrival_s >= 2.0 * self._gather_s:
            self.flush()

    def flush(self) -> None:
        """Complete the block at hand."""
        if self._rows:
            times = np.concatenate([times for times, _, _ in self._rows])
            values = np.concatenate([values for _, values, _ in self._rows])
            error_s = max(error_s for _, _, error_s in self._rows)
            self._blocks.append(Block(self._node.id, times, values, error_s))
        self._rows = []
        self._first_arrival_s = math.inf

    def take(self) -> list[Block]:
        """The blocks that are complete, oldest first."""
        blocks, self._blocks = self._blocks, []
        return blocks

    def _unheard(self) -> Floats:
        return np.full((1, len(self._node.channels)), np.nan)
