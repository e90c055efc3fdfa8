"""From the ticks of one device to session times: the moving part around the pure clock of the analysis.

A ``DeviceClock`` belongs to one oscillator: to one node, or to a hub and then shared by all nodes behind it. It unwraps
ticks, collects what exchanges and arrivals say, and renews its line at most once a ``LINE_EVERY_S``. Times are handed
out per node by a ``timeline`` that the caller keeps, because two nodes on one clock do not send in one order. What it
never does: read a clock of the host; every moment is told to it.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

import numpy as np

from evenside_analysis.clock import (
    SHARED,
    ClockSettings,
    ClockState,
    UnwrapState,
    clock_line,
    observe_arrival,
    observe_exchange,
    session_s,
    unwrap_us,
)
from evenside_analysis.clock_timeline import Timeline, TimelineSettings, hand_out
from evenside_analysis.types import Floats, Ints

__all__ = ["DeviceClock"]

LINE_EVERY_S = 1.0
STAMP_S = 0.001  # a device stamps a request up to this long after its radio received it


class DeviceClock:
    """One oscillator seen from the session clock."""

    def __init__(self, *, shared: bool = False, settings: ClockSettings | None = None) -> None:
        """``shared``: the ticks are session time already; nothing is estimated, the error is what was declared."""
        self.shared = shared
        self._settings = settings or ClockSettings()
        self._timeline = TimelineSettings()
        self._unwrap = UnwrapState()
        self._state = ClockState()
        self._line = SHARED
        self._renew_s = -math.inf
        self._answers: deque[tuple[float, float]] = deque(maxlen=5)  # device time, offset

    @property
    def error_s(self) -> float:
        """How far session times of this clock may be off; inf before enough exchanges."""
        return self._line.error_s if self.shared or self._state.ceilings else math.inf

    @property
    def known(self) -> bool:
        """Whether samples can be timed: with a finite error, or with the one that the device declares."""
        return self._unwrap.last_us is not None and (self.shared or math.isfinite(self.error_s))

    @property
    def segment(self) -> int:
        """Counts the steps of this clock or of the host's that were found."""
        return self._state.segment

    def declare(self, error_us: int | None) -> None:
        """How far a shared clock may be off by its own account; None: it does not know."""
        if self.shared:
            self._line = replace(SHARED, error_s=math.inf if error_us is None else error_us / 1e6)

    def stepped(self) -> None:
        """The device set its time: what was known of its offset is void."""
        if not self.shared:
            self._state = ClockState(segment=self._state.segment + 1)
            self._answers.clear()

    def uptime(self, uptime_us: int) -> None:
        """The device told its full uptime: a silence longer than half a wrap leaves no doubt."""
        self._unwrap = UnwrapState(uptime_us)

    def device_us(self, tick_u32: int) -> int:
        """The unwrapped tick nearest to the last one."""
        self._unwrap, ticks = unwrap_us(self._unwrap, np.array([tick_u32], np.int64))
        return int(ticks[0])

    def exchanged(
        self, sent_s: float, received_us: int, replied_us: int, arrived_s: float, *, interval_s: float = 0.0
    ) -> None:
        """A request was sent, received and answered by the device, and the answer is here.

        ``interval_s``: a radio brings requests, and takes answers along, only once in so long; 0 on a wire.
        """
        self.uptime(replied_us)
        if self.shared:
            return
        held_s = (replied_us - received_us) / 1e6
        # The answer leaves a whole interval after the request came, however much of it the device took to answer.
        waited_s, device_s, arrived_s = max(0.0, interval_s - held_s - STAMP_S), received_us / 1e6, arrived_s - held_s
        if interval_s:
            arrived_s += self._early_s(device_s, arrived_s - waited_s)
        state = observe_exchange(self._settings, self._state, sent_s, device_s, arrived_s, waited_s)
        # The first exchanges turn "nobody knows" into an estimate: that must not wait for a second to pass.
        self._observed(state, arrived_s, at_once=state.exchanges <= 2 * self._settings.min_exchanges)

    def _early_s(self, device_s: float, answered_s: float) -> float:
        """By how much an answer came sooner than most: then the device has stamped the request late, as it should not.

        Without a radio nobody can tell; with one, an answer cannot be sooner than its interval.
        """
        drift, offset_s = self._line.rate - 1.0, answered_s - device_s
        usual = sorted(other_s + drift * (device_s - at_s) for at_s, other_s in self._answers)
        self._answers.append((device_s, offset_s))
        return max(0.0, usual[1] - offset_s) if len(usual) >= 3 else 0.0

    def arrived(self, device_us: int, arrived_s: float) -> None:
        """Something stamped by the device was here at ``arrived_s``."""
        if not self.shared:
            self._observed(observe_arrival(self._settings, self._state, device_us / 1e6, arrived_s), arrived_s)

    def renew(self) -> None:
        """Draw the line anew at once, from all that was observed."""
        if not self.shared and self._state.ceilings:
            self._line = clock_line(self._settings, self._state)

    def _observed(self, state: ClockState, now_s: float, *, at_once: bool = False) -> None:
        at_once = at_once or not self._state.ceilings or state.segment != self._state.segment
        self._state = state
        if state.ceilings and (at_once or now_s >= self._renew_s):
            self._line = clock_line(self._settings, state)
            self._renew_s = now_s + LINE_EVERY_S

    def session_s(self, device_us: Ints) -> Floats:
        """Session times (n,) by the present estimate alone."""
        return session_s(self._line, device_us / 1e6)

    def event_s(self, tick_u32: int) -> float:
        """Session time of a single tick."""
        return float(self.session_s(np.array([self.device_us(tick_u32)], np.int64))[0])

    def times(self, timeline: Timeline, device_us: Ints, arrived_s: float) -> tuple[Timeline, Floats, float]:
        """Session times (n,) of a node's next samples, strictly increasing, and their error."""
        # Shared ticks need not have anything to do with the clock of this host: a recording may play faster.
        latest_s = math.inf if self.shared else arrived_s
        return hand_out(self._timeline, timeline, self._line, self._state.segment, device_us / 1e6, latest_s)
