"""Session times for the successive samples of one device: whole microseconds that never step back.

A better estimate of a clock moves every time a little. Handing that out as a step would lengthen one sample interval
and could put a sample before its predecessor, so the difference is worked off gradually, at most ``slew_ppm`` of the
time passing. Only where slewing would take forever, after a step of either clock, the times jump; backwards they
cannot, then successive samples lie one microsecond apart until time has caught up. The error handed out with the times
contains what has not been worked off. For samples under one line any cut into calls gives the same bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from evenside_analysis.clock import SHARED, ClockLine, unrounded_s
from evenside_analysis.types import Floats

__all__ = ["Timeline", "TimelineSettings", "hand_out"]


@dataclass(frozen=True, slots=True)
class TimelineSettings:
    """``jump_s`` is the difference from which slewing gives way to a jump. Raises ValueError unless both are > 0."""

    slew_ppm: float = 2000.0
    jump_s: float = 0.1

    def __post_init__(self) -> None:
        if not (0.0 < self.slew_ppm <= 100_000.0 and self.jump_s > 0.0):
            raise ValueError(f"slew_ppm {self.slew_ppm} must lie in 0 to 100000 and jump_s {self.jump_s} above 0")


@dataclass(frozen=True, slots=True)
class Timeline:
    """What was handed out last, and what is still to be worked off since ``anchor_device_s``.

    ``Timeline(last_session_s=…)`` begins a new device clock (the first one, or that of a device which was reset)
    behind the times already handed out.
    """

    last_session_s: float = -math.inf
    last_device_s: float = -math.inf
    line: ClockLine = SHARED
    segment: int = 0
    anchor_device_s: float = -math.inf
    lead_s: float = 0.0  # handed out minus line, at the anchor

    def resumed(self) -> Timeline:
        """The same device after a reset: its clock starts anew, session time goes on."""
        return Timeline(last_session_s=self.last_session_s)


def hand_out(
    settings: TimelineSettings,
    timeline: Timeline,
    line: ClockLine,
    segment: int,
    device_s: Floats,
    arrived_s: float = math.inf,
) -> tuple[Timeline, Floats, float]:
    """Session times (n,) of the next samples, and the error that holds for them.

    Args:
        line: the present estimate of the device's clock.
        segment: ``ClockState.segment``; a new one jumps instead of slewing.
        device_s: (n,) strictly increasing, after the last one handed in.
        arrived_s: when they were here. Times beyond it by more than ``jump_s`` prove that the line is that of a clock
            which no longer runs (the host slept), and jump back to it.

    Raises:
        ValueError: device times that do not increase.
    """
    if device_s.size == 0:
        return timeline, device_s, line.error_s + abs(timeline.lead_s)
    if not (device_s[0] > timeline.last_device_s and bool(np.all(np.diff(device_s) > 0.0))):
        raise ValueError("device times must increase strictly from call to call")
    if line != timeline.line or segment != timeline.segment:
        timeline = _adopt(settings, timeline, line, segment)
    lead_s = _lead(settings, timeline, device_s)
    beyond_s = float(unrounded_s(line, device_s[-1:])[0] + lead_s[-1]) - arrived_s
    if beyond_s > settings.jump_s:
        timeline = replace(timeline, anchor_device_s=float(device_s[-1]), lead_s=float(lead_s[-1]) - beyond_s)
        lead_s = _lead(settings, timeline, device_s)
    steps_us = np.rint((unrounded_s(line, device_s) + lead_s) * 1e6)
    # t[i] = max(t[i], t[i-1] + 1), as one running maximum.
    count = np.arange(1, device_s.size + 1)
    after_us = np.maximum(steps_us - count, np.rint(timeline.last_session_s * 1e6))
    times = (np.maximum.accumulate(after_us) + count) / 1e6
    handed = replace(timeline, last_session_s=float(times[-1]), last_device_s=float(device_s[-1]))
    return handed, times, line.error_s + float(np.abs(lead_s).max())


def _lead(settings: TimelineSettings, timeline: Timeline, device_s: Floats) -> Floats:
    """What of the difference at the anchor is left at each of ``device_s``."""
    if timeline.lead_s == 0.0:
        return np.zeros(device_s.size)
    left = abs(timeline.lead_s) - settings.slew_ppm * 1e-6 * np.abs(device_s - timeline.anchor_device_s)
    return np.copysign(np.maximum(left, 0.0), timeline.lead_s)


def _adopt(settings: TimelineSettings, timeline: Timeline, line: ClockLine, segment: int) -> Timeline:
    """The timeline under another line: what it was ahead by stays to be worked off, or is jumped over."""
    lead_s = 0.0
    if math.isfinite(timeline.last_device_s) and segment == timeline.segment:
        at = np.array([timeline.last_device_s])
        ahead_s = float(unrounded_s(timeline.line, at)[0] + _lead(settings, timeline, at)[0] - unrounded_s(line, at)[0])
        lead_s = ahead_s if abs(ahead_s) <= settings.jump_s else 0.0
    return replace(timeline, line=line, segment=segment, anchor_device_s=timeline.last_device_s, lead_s=lead_s)
