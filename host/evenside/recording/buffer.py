"""The samples of one node that are not a blob yet.

A blob ends where a new stretch of ``blob_us`` on the session clock begins, or where the clock error changes; so blobs
depend on the samples alone, not on how they were cut into blocks. Order is kept; a row that is not later than the last
one (sent twice, or out of order) is left out and counted.
"""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np

from evenside.readers.evenside_recording.blobs import counts_of, pack
from evenside.recording.spool import Blob
from evenside_analysis.types import Block, Floats, Ints, Node

__all__ = ["NodeBuffer", "microseconds"]


def microseconds(block: Block) -> Ints:
    """Times as the whole microseconds which they are.

    Raises:
        ValueError: they are not, or are not finite.
    """
    time_us = np.rint(block.time_s * 1e6)
    if not bool(np.all(np.abs(time_us) < 2.0**52)) or not bool(np.all(time_us / 1e6 == block.time_s)):
        raise ValueError(f"node {block.node}: time_s must be whole microseconds divided by 1e6")
    return time_us.astype(np.int64)


class NodeBuffer:
    """Collects rows, hands out finished blobs."""

    def __init__(self, node: Node, blob_us: int) -> None:
        self._node = node
        self._blob_us = blob_us
        self._times: list[Ints] = []
        self._values: list[Floats] = []
        self._stretch = 0
        self._clock_error = b""
        self._last_us = -(1 << 62)
        self.late = 0

    def append(self, block: Block) -> list[Blob]:
        """Take a block; returns the blobs that it finished.

        Raises:
            ValueError: other channels than the node's, or times that are not whole microseconds.
        """
        if block.values.shape[1] != len(self._node.channels):
            raise ValueError(
                f"node {self._node.id}: {block.values.shape[1]} columns for {len(self._node.channels)} channels"
            )
        time_us = microseconds(block)
        first = int(np.searchsorted(time_us, self._last_us, side="right"))
        self.late += first
        if first == time_us.size:
            return []
        time_us, values = time_us[first:], block.values[first:]
        self._last_us = int(time_us[-1])
        stretches = time_us // self._blob_us
        cuts = [0, *(np.flatnonzero(np.diff(stretches)) + 1).tolist(), time_us.size]
        clock_error = struct.pack("<d", block.clock_error_s)
        blobs: list[Blob] = []
        for start, end in pairwise(cuts):
            if self._times and (stretches[start] != self._stretch or clock_error != self._clock_error):
                blobs += self.finish()
            self._stretch, self._clock_error = int(stretches[start]), clock_error
            self._times.append(time_us[start:end].copy())
            self._values.append(values[start:end].copy())
        return blobs

    def finish(self) -> list[Blob]:
        """What is buffered, as one blob; nothing where nothing is."""
        if not self._times:
            return []
        time_us = np.concatenate(self._times)
        rows = counts_of(time_us, np.concatenate(self._values), self._node.scale)
        self._times, self._values = [], []
        (clock_error_s,) = struct.unpack("<d", self._clock_error)
        first_us, last_us = int(time_us[0]), int(time_us[-1])
        return [Blob(self._node.id, first_us, last_us, time_us.size, rows.encoding, clock_error_s, pack(rows))]

    def gap_until(self, last_us: int) -> Blob:
        """A blob of one NaN row: nothing was kept up to here."""
        values = np.full((1, len(self._node.channels)), np.nan)
        rows = counts_of(np.array([last_us], np.int64), values, self._node.scale)
        (clock_error_s,) = struct.unpack("<d", self._clock_error)
        return Blob(self._node.id, last_us, last_us, 1, rows.encoding, clock_error_s, pack(rows))
