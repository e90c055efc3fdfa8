"""What is done to the readings of a calibrated node before anything looks at them: a zero off, a gain on.

Where: at the door of ``monitor.step``, and nowhere else. The corrections stand in the settings, so live, replay and
offline correct the same samples in the same place, and a session's stored settings tell what was done to it. The raw
recording keeps raw readings; beside them it keeps the corrections that were in force, so that it gives the same bits
years and calibrations later. Each cell is corrected alone, so no cut into blocks can change a bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from evenside_analysis.types import ACC, GYR, Block, Node

__all__ = ["Correction", "corrected", "corrected_node", "correction_of"]


@dataclass(frozen=True, slots=True)
class Correction:
    """``value = gain * (reading - zero)`` for each of ``channels`` of a node; others are left as they are.

    ``ids`` are the calibrations that say so. Raises ValueError for gains that are not positive, or counts that differ.
    """

    node: str
    channels: tuple[str, ...]
    gain: tuple[float, ...]
    zero: tuple[float, ...]
    ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.channels) == len(self.gain) == len(self.zero):
            raise ValueError(f"node {self.node}: a gain and a zero for each of {', '.join(self.channels)}, no more")
        if not all(0.0 < gain < math.inf for gain in self.gain) or not all(map(math.isfinite, self.zero)):
            raise ValueError(f"node {self.node}: gains {self.gain} must be positive, zeros {self.zero} finite")

    def gain_of(self, channel: str) -> float:
        """1 for a channel that is left as it is."""
        return self.gain[self.channels.index(channel)] if channel in self.channels else 1.0


def correction_of(corrections: Iterable[Correction], node_id: str) -> Correction | None:
    """That of a node, or None."""
    return next((found for found in corrections if found.node == node_id), None)


def corrected(corrections: Iterable[Correction], node: Node, block: Block) -> Block:
    """The block as it should have been read; the same block where nothing is known of its node. NaN stays NaN."""
    found = correction_of(corrections, block.node)
    if found is None:
        return block
    values = block.values.copy()
    for channel, gain, zero in zip(found.channels, found.gain, found.zero, strict=True):
        if channel in node.channels:
            column = node.channels.index(channel)
            values[:, column] = gain * (block.values[:, column] - zero)
    return Block(block.node, block.time_s, values, block.clock_error_s)


def corrected_node(corrections: Iterable[Correction], node: Node) -> Node:
    """The node whose ranges are where corrected readings saturate: of the channels, the one that does so first."""
    found = correction_of(corrections, node.id)
    if found is None:
        return node
    return replace(
        node,
        acc_range_m_s2=_reach(found, ACC, node.acc_range_m_s2),
        gyr_range_rad_s=_reach(found, GYR, node.gyr_range_rad_s),
    )


def _reach(found: Correction, channels: tuple[str, ...], full: float | None) -> float | None:
    if full is None:
        return None
    ends = [full]
    for channel, gain, zero in zip(found.channels, found.gain, found.zero, strict=True):
        if channel in channels:
            ends.append(gain * (full - abs(zero)))
    return max(min(ends), 0.0) or None
