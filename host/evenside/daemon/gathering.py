"""Blocks of one node put together before the analysis sees them: a step costs about as much for a second as for less.

The analysis gives the same bits for any cut into blocks as long as the clock error stays with its samples, so only
blocks of one clock error are joined. What waits is at most a span of session time, and whoever keeps time fetches it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from evenside_analysis.types import Block

__all__ = ["Gathering"]


class Gathering:
    """Of any number of nodes; each node's blocks come out in order. ``soon``: nodes that wait for ``soon_s`` only."""

    def __init__(self, span_s: float, soon: Collection[str] = (), soon_s: float = 0.0) -> None:
        self._span_s, self._soon, self._soon_s = span_s, frozenset(soon), soon_s
        self._waiting: dict[str, list[Block]] = {}

    def add(self, block: Block) -> list[Block]:
        """Take a block; returns what is complete now."""
        waiting = self._waiting.setdefault(block.node, [])
        done: list[Block] = []
        if waiting and waiting[0].clock_error_s != block.clock_error_s:
            done.append(_joined(waiting))
            waiting.clear()
        waiting.append(block)
        span_s = self._soon_s if block.node in self._soon else self._span_s
        if block.time_s[-1] - waiting[0].time_s[0] >= span_s:
            done.append(_joined(waiting))
            waiting.clear()
        return done

    def take(self) -> list[Block]:
        """Everything that waits."""
        done = [_joined(waiting) for waiting in self._waiting.values() if waiting]
        self._waiting.clear()
        return done


def _joined(blocks: Sequence[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    time_s = np.concatenate([block.time_s for block in blocks])
    values = np.concatenate([block.values for block in blocks])
    return Block(blocks[0].node, time_s, values, blocks[0].clock_error_s)
