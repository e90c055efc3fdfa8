"""What a stream tells ahead of its turn, for a live view that must not wait for frames which are sent again.

While a hole is open, the frames behind it are timed as they will be, on a copy of the timeline, and told with a row of
NaN in the place of every hole. While nothing can be heard at all, such a row tells that time is over. Once the hole is
closed, or given up, all of it is void. What this never does: change what is delivered in its turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from evenside.sources import Ahead
from evenside.sources.channel_map import ChannelMap
from evenside.sources.timekeeping import DeviceClock
from evenside.wire import DataFrame, FrameFlag
from evenside_analysis.clock_timeline import Timeline
from evenside_analysis.types import Block, Floats, Node

__all__ = ["AFTER_S", "StreamAhead", "Timed"]

EVERY_S = 0.5
AFTER_S = 1.0  # what comes sooner is not worth a second opinion


@dataclass(frozen=True, slots=True)
class Timed:
    """A frame that waits for its turn. ``device_us``: of its first sample."""

    frame: DataFrame
    device_us: int
    arrived_s: float


class StreamAhead:
    """Of one node. ``telling``: something is told ahead, from frame ``next_frame`` on."""

    def __init__(self, node: Node) -> None:
        self.next_frame = 0
        self._node = node
        self._timeline: Timeline | None = None  # the copy
        self._rows: list[tuple[Floats, Floats]] = []
        self._ended = False
        self._due_s = -math.inf

    @property
    def telling(self) -> bool:
        return self._timeline is not None

    def due(self, now_s: float, told_s: float) -> bool:
        """Whether what was told in its turn, up to ``told_s``, is far enough behind, and this not too often."""
        if now_s < self._due_s or now_s - told_s < AFTER_S:
            return False
        self._due_s = now_s + EVERY_S
        return True

    def begin(self, timeline: Timeline, next_frame: int) -> None:
        self._timeline, self.next_frame = timeline, next_frame

    def frames(self, waiting: Iterable[tuple[int, Timed]], clock: DeviceClock, channels: ChannelMap) -> None:
        """What waits behind a hole, with its numbers, in order."""
        for number, timed in waiting:
            assert self._timeline is not None
            frame = timed.frame
            device_us = timed.device_us + frame.period_us * np.arange(frame.count, dtype=np.int64)
            if FrameFlag.CLOCK_STEPPED in frame.flags or device_us[0] / 1e6 <= self._timeline.last_device_s:
                continue  # not worth the trouble: it comes in its turn
            timeline, times, _ = clock.times(self._timeline, device_us, timed.arrived_s)
            if number > self.next_frame or FrameFlag.GAP in frame.flags:
                self.nothing(float(times[0]) - 1.0 / self._node.rate_hz)
            self._rows.append((times, channels.values(frame.payload)[0]))
            self._timeline, self.next_frame = timeline, number + 1

    def nothing(self, until_s: float) -> None:
        """Nothing was heard up to here."""
        row_s = round(until_s * 1e6) / 1e6
        if self._timeline is not None and row_s > self._timeline.last_session_s:
            self._rows.append((np.array([row_s]), np.full((1, len(self._node.channels)), np.nan)))
            self._timeline = replace(self._timeline, last_session_s=row_s)

    def end(self) -> None:
        """What was told ahead has come in its turn, or never will."""
        if self._timeline is not None:
            self._timeline, self._rows, self._ended = None, [], True

    def take(self, error_s: float) -> list[Ahead]:
        """What there is to tell; ``error_s`` is that of the clock."""
        told = [Ahead(self._node.id)] if self._ended else []
        if self._rows:
            times = np.concatenate([times for times, _ in self._rows])
            values = np.concatenate([values for _, values in self._rows])
            told.append(Ahead(self._node.id, Block(self._node.id, times, values, error_s)))
        self._rows, self._ended = [], False
        return told
