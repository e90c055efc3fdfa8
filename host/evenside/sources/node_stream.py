"""The samples of one node on their way from frames to blocks: put in order, timed, gathered, with every hole told.

Frames may come late or twice; they leave in order and once (``reorder``). A hole that nothing filled, a reset and a
silence become a row of NaN: "nothing was heard up to here". While a node is silent such a row follows every second,
but ``lateness_s`` behind the present, so that what the node kept meanwhile can still be merged in before it. What comes
even later is counted and dropped, never put where another sample already stands. What this never does: ask for frames.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from evenside.sources import Ahead
from evenside.sources.block_rows import BlockRows
from evenside.sources.channel_map import ChannelMap
from evenside.sources.reorder import Placed, Reorder
from evenside.sources.stream_ahead import AFTER_S, StreamAhead, Timed
from evenside.sources.timekeeping import DeviceClock
from evenside.wire import DataFrame, FrameFlag
from evenside_analysis.clock_timeline import Timeline
from evenside_analysis.types import Block, Floats, Ints, Node

__all__ = ["NodeStream"]

SILENCE_EVERY_S = 1.0


class NodeStream:
    """Of one configured node, over all links and resets; blocks are fetched with ``take``."""

    def __init__(self, node: Node, *, gather_s: float, lateness_s: float) -> None:
        self.node = node
        self.late_samples = 0
        self._lost_before = 0  # frames, by boots that are over
        self._lateness_s = lateness_s
        self._reorder: Reorder[Timed] | None = None
        self._clock: DeviceClock | None = None
        self._map: ChannelMap | None = None
        self._timeline = Timeline()
        self._told_s = -math.inf  # the last row of NaN that a silence left
        self._hole = False  # to be told with the next sample
        self._rows = BlockRows(node, gather_s)
        self._ahead = StreamAhead(node)

    @property
    def frames_lost(self) -> int:
        return self._lost_before + (self._reorder.lost if self._reorder else 0)

    @property
    def last_session_s(self) -> float:
        """The time of the last row handed on; -inf before the first."""
        return self._timeline.last_session_s

    def connect(self, clock: DeviceClock, channels: ChannelMap, next_frame: int) -> None:
        """The device sends from ``next_frame`` on, or goes on after what came before on the same boot."""
        if self._clock is not clock:
            self._timeline = self._timeline.resumed()
        self._clock, self._map = clock, channels
        self._reorder = self._reorder or Reorder(next_frame)

    def reset(self) -> None:
        """The device booted: what waits has no predecessor any more, its numbers and its clock begin anew."""
        self.give_up()
        self._ahead.end()
        self._lost_before = self.frames_lost
        self._reorder = None
        self._clock = None
        self._hole = math.isfinite(self._timeline.last_session_s)

    def receive(self, frame: DataFrame, device_us: int, arrived_s: float) -> int:
        """One data frame, live or sent again, whose first sample was taken at ``device_us``. Its full number."""
        assert self._reorder is not None
        backfill = FrameFlag.BACKFILL in frame.flags
        number, placed = self._reorder.push(frame.seq, Timed(frame, device_us, arrived_s), backfill=backfill)
        self._deliver(placed)
        return number

    def hole(self) -> tuple[int, int] | None:
        """First and count of the frames that hold up all others."""
        return self._reorder.hole() if self._reorder else None

    @property
    def at_end(self) -> bool:
        """The hole is at the end: nothing behind it has come, so its frames may not have left yet."""
        return self._reorder is not None and not self._reorder.waiting

    def expect(self, frame_counter: int) -> None:
        """Frames up to ``frame_counter`` exist."""
        if self._reorder:
            self._reorder.expect(frame_counter)

    def skip(self, count: int) -> None:
        """Give up the first ``count`` frames of the hole."""
        if self._reorder:
            self._deliver(self._reorder.skip(count))

    def give_up(self) -> None:
        """Nothing of what is missing will come."""
        if self._reorder:
            self._deliver(self._reorder.give_up())

    def silence(self, now_s: float) -> None:
        """Nothing can be heard of this node: say so for the time before ``now_s - lateness_s``, once a second."""
        until_s = now_s - self._lateness_s
        if self._clock is None and not math.isfinite(self.last_session_s):
            return  # never heard: there is no series that could have a hole
        if (self._clock is not None and self._clock.shared) or until_s < self.last_session_s + SILENCE_EVERY_S:
            return
        self.give_up()
        self.flush()
        row_s = round(until_s * 1e6) / 1e6
        if row_s > self.last_session_s:
            self._rows.silence(row_s, self._error_s())
            self._timeline = replace(self._timeline, last_session_s=row_s)
            self._told_s = row_s
            self._hole = False

    def gathered(self, now_s: float) -> None:
        """Close the block at hand if its first samples waited long enough."""
        self._rows.gathered(now_s)

    def look_ahead(self, now_s: float, *, heard: bool) -> list[Ahead]:
        """What is here already, or known to be silent, beyond a hole that is open or a link that is lost.

        To be told after what ``take`` gives then.
        """
        reorder, clock, behind_s = self._reorder, self._clock, now_s - self.last_session_s
        if heard:
            held = reorder is not None and reorder.hole() is not None
        else:
            held = behind_s < self._lateness_s and self._told_s < self.last_session_s
        if not held or not math.isfinite(behind_s):
            self._ahead.end()
        elif reorder and clock and self._map and not clock.shared and self._ahead.due(now_s, self.last_session_s):
            if not self._ahead.telling:
                self.flush()
                self._ahead.begin(self._timeline, reorder.turn)
            self._ahead.frames(reorder.waiting_from(self._ahead.next_frame), clock, self._map)
            if not heard:
                self._ahead.nothing(now_s - AFTER_S)
        return self._ahead.take(self._error_s())

    def take(self) -> list[Block]:
        """The blocks that are complete, oldest first."""
        return self._rows.take()

    def flush(self) -> None:
        """Complete the block at hand."""
        self._rows.flush()

    def _deliver(self, frames: list[Placed[Timed]]) -> None:
        for placed in frames:
            self._hole |= placed.lost > 0 or FrameFlag.GAP in placed.frame.frame.flags
            self._unpack(placed.frame)

    def _unpack(self, timed: Timed) -> None:
        assert self._clock is not None
        assert self._map is not None
        frame = timed.frame
        device_us = timed.device_us + frame.period_us * np.arange(frame.count, dtype=np.int64)
        values, errors_s = self._map.values(frame.payload)
        if FrameFlag.CLOCK_STEPPED in frame.flags:
            self._timeline = self._timeline.resumed()
        due = device_us / 1e6 > self._timeline.last_device_s
        if math.isfinite(self._told_s):
            due &= self._clock.session_s(device_us) > self._told_s
        if not due.all():
            self.late_samples += int(np.count_nonzero(~due))
            device_us, values = device_us[due], values[due]
            errors_s = None if errors_s is None else errors_s[due]
        if not device_us.size:
            return
        period_s = frame.period_us / 1e6 or 1.0 / self.node.rate_hz
        if errors_s is None or not self._clock.shared:
            self._append(device_us, values, timed.arrived_s, period_s)
            return
        for run in _runs(errors_s):
            self._append(device_us[run], values[run], timed.arrived_s, period_s, float(errors_s[run.start]))

    def _append(
        self, device_us: Ints, values: Floats, arrived_s: float, period_s: float, stated_error_s: float | None = None
    ) -> None:
        assert self._clock is not None
        before_s = self.last_session_s
        self._timeline, times, error_s = self._clock.times(self._timeline, device_us, arrived_s)
        if stated_error_s is not None:
            error_s = stated_error_s
        last_error_s = self._rows.last_error_s
        if self._clock.shared and last_error_s is not None and last_error_s != error_s:
            self.flush()  # what a recording says of each sample is not blurred
        if self._hole and math.isfinite(before_s):
            self._rows.hole(before_s, float(times[0]), period_s, error_s)
        self._hole = False
        self._rows.add(times, values, error_s, arrived_s, period_s)

    def _error_s(self) -> float:
        return math.inf if self._clock is None else self._clock.error_s


def _runs(errors_s: Floats) -> Iterator[slice]:
    """Stretches of samples with one clock error, to the bit."""
    bits = np.ascontiguousarray(errors_s).view(np.int64)
    cuts = [0, *(np.flatnonzero(np.diff(bits)) + 1).tolist(), bits.size]
    for first, end in pairwise(cuts):
        yield slice(first, end)
