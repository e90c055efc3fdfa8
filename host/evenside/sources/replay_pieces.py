"""The blocks of a recording as a live source would give them: short, and in the order in which they became known.

Strategy: each block is cut where session time passes a whole number of spans; the pieces of all nodes leave by the time
of their last sample, as soon as no later block can hold an earlier one. What waits is bounded by the longest block.
What this never does: change, drop or add a row.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import count, pairwise

import numpy as np

from evenside.errors import EvensideError
from evenside_analysis.types import Block

__all__ = ["pieces_of"]


def pieces_of(blocks: Iterable[Block], span_s: float) -> Iterator[Block]:
    """Blocks of at most ``span_s``, sorted by their last times.

    Of ``blocks`` each node's come in the order of time, and none begins more than ``span_s`` before the beginning of
    one that came earlier. What reading them raises is raised behind the blocks that came before.
    """
    waiting: list[tuple[float, int, Block]] = []
    failure: EvensideError | None = None
    turn, source = count(), iter(blocks)
    while True:
        try:
            block = next(source, None)
        except EvensideError as error:
            block, failure = None, error
        if block is None:
            break
        settled_s = float(block.time_s[0]) - span_s if block.time_s.size else -np.inf
        while waiting and waiting[0][0] < settled_s:
            yield heapq.heappop(waiting)[2]
        for piece in _cut(block, span_s):
            heapq.heappush(waiting, (float(piece.time_s[-1]), next(turn), piece))
    while waiting:
        yield heapq.heappop(waiting)[2]
    if failure is not None:
        raise failure


def _cut(block: Block, span_s: float) -> Iterator[Block]:
    spans = np.floor(block.time_s / span_s)
    cuts = sorted({0, *(np.flatnonzero(np.diff(spans)) + 1).tolist(), block.time_s.size})
    if len(cuts) == 2:
        yield block
        return
    for first, end in pairwise(cuts):
        yield Block(block.node, block.time_s[first:end], block.values[first:end], block.clock_error_s)
