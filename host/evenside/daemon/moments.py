"""The session clock and the wall clock, and when the latter steps.

Session seconds come from a clock that only ever goes forward; every row, block and figure is timed by it. The wall
clock is asked once, for the UTC time of session second 0. Later it is only watched: that it was set, that summer time
began or that midnight passed changes no time of anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from evenside.sources import session_clock

__all__ = ["STEP_S", "Moments"]

STEP_S = 1.0


class Moments:
    """The two clocks of one run, from its second 0 on."""

    def __init__(self, now_s: Callable[[], float] | None = None, wall_ns: Callable[[], int] = time.time_ns) -> None:
        self.now_s = now_s or session_clock()
        self._wall_ns = wall_ns
        self.started_ns = wall_ns() - round(self.now_s() * 1e9)
        self._offset_s = 0.0  # of the wall clock against started_ns plus session time, as last told

    def step_s(self) -> float | None:
        """By how much the wall clock was moved since this was last asked; None for no more than ``STEP_S``."""
        offset_s = (self._wall_ns() - self.started_ns) / 1e9 - self.now_s()
        moved_s = offset_s - self._offset_s
        if abs(moved_s) <= STEP_S:
            return None
        self._offset_s = offset_s
        return moved_s
