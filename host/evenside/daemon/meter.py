"""What comes in of one node, counted: how much, how fast, how long ago, and how far its time has advanced.

Also the rows that say for a node what it cannot say itself. The analysis waits for both sides before it speaks of a
span of time, so time must pass for every node: where a source is over, or a node was never heard of, a row of NaN
follows the others of this wearer at a distance. Such rows change no value; they are recorded like all others.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

import numpy as np

from evenside.daemon.timings import DaemonTimings
from evenside_analysis.types import Block, Node

__all__ = ["NodeMeter", "rows_of_the_silent"]

RATE_S = 10.0  # over how much the rate is taken
ROW_EVERY_S = 1.0


class NodeMeter:
    """Of one node. Times without another word are session time; ``*_now_s`` are of the session clock at arrival."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.link = ""  # kind of the last event of its link
        self.over = False  # nothing more will come, its source has ended
        self.samples = 0  # that were heard
        self.last_s = -math.inf  # of the last row, heard or not
        self.heard_s = -math.inf  # of the last sample
        self.heard_now_s = -math.inf
        self.clock_error_s = math.inf  # of the last sample
        self.late = 0  # rows that came for a time which had passed
        self._first_s = math.nan
        self._marks: deque[tuple[float, int]] = deque(maxlen=16)  # heard_s and samples, one a second

    def take(self, block: Block, now_s: float) -> Block | None:
        """Count a block; what of it is later than the last row, as analysis and recording demand. None: nothing."""
        late = int(np.searchsorted(block.time_s, self.last_s, side="right"))
        self.late += late
        if late == block.time_s.size:
            return None
        if late:
            block = Block(block.node, block.time_s[late:], block.values[late:], block.clock_error_s)
        self.last_s = float(block.time_s[-1])
        heard = np.flatnonzero(np.isfinite(block.values).any(axis=1))
        if heard.size:
            if not self.samples:
                self._first_s = float(block.time_s[heard[0]])
            self.samples += heard.size
            self.heard_s, self.heard_now_s = float(block.time_s[heard[-1]]), now_s
            self.clock_error_s = block.clock_error_s
        return block

    def mark(self) -> None:
        """A second is over."""
        if self.samples and (not self._marks or self._marks[-1][1] != self.samples):
            self._marks.append((self.heard_s, self.samples))
            while len(self._marks) > 2 and self._marks[-1][0] - self._marks[1][0] >= RATE_S:
                self._marks.popleft()

    @property
    def rate_hz(self) -> float:
        """Samples a second of session time over the last ``RATE_S``; NaN before there were two marks."""
        if len(self._marks) < 2:
            return math.nan
        (first_s, before), (last_s, now) = self._marks[0], self._marks[-1]
        return (now - before) / (last_s - first_s)

    @property
    def lost_share(self) -> float:
        """Of the samples expected between the first and the last one heard, 0 to 1; NaN before the first."""
        if not self.samples:
            return math.nan
        expected = (self.heard_s - self._first_s) * self.node.rate_hz + 1.0
        return max(0.0, 1.0 - self.samples / expected)


def rows_of_the_silent(meters: Iterable[NodeMeter], now_s: float, timings: DaemonTimings, *, live: bool) -> list[Block]:
    """One NaN row for each node that lags behind and cannot say so itself.

    Nodes of a source that is over follow ``over_lag_s`` behind the foremost node (sides that end together need no
    rows), and in a live session nodes that were never heard, or refused, ``never_lag_s`` behind it.
    """
    nodes = list(meters)
    if all(meter.over for meter in nodes):
        return []  # the end, and that decides what is left
    front_s = max((meter.heard_s for meter in nodes), default=-math.inf)
    rows: list[Block] = []
    for meter in nodes:
        if meter.over:
            lag_s = timings.over_lag_s
        elif live and now_s > timings.never_lag_s and (not meter.samples or meter.link == "refused"):
            lag_s = timings.never_lag_s
        else:
            continue
        row_s = round((front_s - lag_s) * 1e6) / 1e6 if math.isfinite(front_s) else -math.inf
        if row_s > max(meter.last_s + ROW_EVERY_S, 0.0):
            nothing = np.full((1, len(meter.node.channels)), np.nan)
            rows.append(Block(meter.node.id, np.array([row_s]), nothing, meter.clock_error_s))
    return rows
