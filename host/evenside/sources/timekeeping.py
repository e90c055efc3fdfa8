"""From the ticks of one device to session times: the moving part around the pure clock of the analysis.

A ``DeviceClock`` belongs to one oscillator: to one node, or to a hub and then shared by all nodes behind it. It unwraps
ticks, collects what exchanges and arrivals say, and renews its line at most once a ``LINE_EVERY_S``. Times are handed
out per node by a ``timeline`` that the caller keeps, because two nodes on one clock do not send in one order. What it
never does: read a clock of the host; every moment is told to it.
"""

from __future__ import annotations

import math

import numpy as np

from evenside_analysis.clock import (
    SHARED,
    ClockLine,
    ClockSettings,
    ClockState,
    UnwrapState,
    clock_line,
    observe_arrival,
    observe_exchange,
    unwrap_us,
)
from evenside_analysis.clock_timeline import Timeline, TimelineSettings, hand_out
from evenside_analysis.types import Floats, Ints

__all__ = ["DeviceClock"]

LINE_EVERY_S = 1.0


class DeviceClock:
    """One oscillator seen from the session clock."""

    def __init__(
        self,
        *,
        shared: bool = False,
        declared_error_s: float = 0.0,
        settings: ClockSettings | None = None,
        timeline: TimelineSettings | None = None,
    ) -> None:
        """``shared``: the ticks are session time already, known within ``declared_error_s``; nothing is estimated."""
        self.shared = shared
        self._settings = settings or ClockSettings()
        self._timeline = timeline or TimelineSettings()
        self._unwrap = UnwrapState()
        self._state = ClockState()
        self._line = ClockLine(0.0, 0.0, 1.0, declared_error_s) if declared_error_s else SHARED
        self._renew_s = -math.inf
        self._exchanges = 0

    @property
    def error_s(self) -> float:
        """How far session times of this clock may be off; inf before the first exchanges."""
        return self._line.error_s if self.shared or self._state.ceilings else math.inf

    @property
    def segment(self) -> int:
        """Counts the steps of this clock or of the host's that were found."""
        return self._state.segment

    def uptime(self, uptime_us: int) -> None:
        """The device told its full uptime: a silence longer than half a wrap leaves no doubt."""
        self._unwrap = UnwrapState(uptime_us)

    def device_us(self, tick_u32: int) -> int:
        """The unwrapped tick nearest to the last one."""
        self._unwrap, ticks = unwrap_us(self._unwrap, np.array([tick_u32], np.int64))
        return int(ticks[0])

    def exchanged(self, sent_s: float, device_us: int, arrived_s: float, interval_s: float = 0.0) -> None:
        """A request was sent, stamped by the device, and answered."""
        if not self.shared:
            state = observe_exchange(self._settings, self._state, sent_s, device_us / 1e6, arrived_s, interval_s)
            # The first exchanges turn "nobody knows" into an estimate: that must not wait for a second to pass.
            early = state.exchanges <= 2 * self._settings.min_exchanges
            self._observed(state, arrived_s, at_once=early)

    def arrived(self, device_us: int, arrived_s: float) -> None:
        """Something stamped by the device was here at ``arrived_s``."""
        if not self.shared:
            self._observed(observe_arrival(self._settings, self._state, device_us / 1e6, arrived_s), arrived_s)

    def _observed(self, state: ClockState, now_s: float, *, at_once: bool = False) -> None:
        at_once = at_once or not self._state.ceilings or state.segment != self._state.segment
        self._state = state
        if state.ceilings and (at_once or now_s >= self._renew_s):
            self._line = clock_line(self._settings, state)
            self._renew_s = now_s + LINE_EVERY_S

    def times(self, timeline: Timeline, device_us: Ints, arrived_s: float = math.inf) -> tuple[Timeline, Floats, float]:
        """Session times (n,) of a node's next samples, strictly increasing, and their error."""
        return hand_out(self._timeline, timeline, self._line, self._state.segment, device_us / 1e6, arrived_s)
