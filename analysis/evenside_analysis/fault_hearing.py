"""Was the node heard? Single gaps, and the share that was lost.

A gap longer than ``gap_s`` hides a contact. Of windows at absolute places, each that lacks more than ``lost_share`` of
its samples is one in which too much was lost, however short the gaps were; windows count from the first one that lies
wholly after the node's first sample to the last one before its newest. Only heard samples and the passing of time
count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.fault_spans import OpenSpan, spanned
from evenside_analysis.fault_types import FaultEvent
from evenside_analysis.types import Floats

__all__ = ["HearingSettings", "HearingWatch", "watch_hearing"]


@dataclass(frozen=True, slots=True)
class HearingSettings:
    """Of one node."""

    node: str
    rate_hz: float
    gap_s: float = 0.10  # longer than from a contact to foot-flat
    lost_share: float = 0.10  # recordings over a radio lose up to .05
    window_s: float = 10.0


@dataclass(frozen=True, slots=True)
class HearingWatch:
    """What the past has to say. ``silent``: since when, where that is a gap by now."""

    last_s: float = -math.inf
    silent: bool = False
    window: int | None = None  # the open one, None before the first sample
    count: int = 0
    lost: OpenSpan = field(default_factory=OpenSpan)


def watch_hearing(
    settings: HearingSettings, state: HearingWatch, time_s: Floats, latest_s: float
) -> tuple[HearingWatch, list[FaultEvent]]:
    """Add the times (n,) of heard samples; time has passed to ``latest_s``."""
    events: list[FaultEvent] = []
    last_s, silent = state.last_s, state.silent
    before_s = np.concatenate([[last_s if math.isfinite(last_s) else np.inf], time_s[:-1]]) if time_s.size else time_s
    # A step holds a hole if it is longer than the gap and the period of a sample.
    limit_s = settings.gap_s + 1.5 / settings.rate_hz
    for at in np.flatnonzero(time_s - before_s > limit_s).tolist():
        start_s, end_s = float(before_s[at]), float(time_s[at])
        if not (silent and at == 0):
            events.append(FaultEvent("gap", settings.node, start_s, math.inf, start_s + limit_s))
        events.append(FaultEvent("gap", settings.node, start_s, end_s, end_s))
    if time_s.size:
        last_s, silent = float(time_s[-1]), False
    if math.isfinite(last_s) and not silent and latest_s - last_s > limit_s:
        silent = True
        events.append(FaultEvent("gap", settings.node, last_s, math.inf, last_s + limit_s))
    window, count, lost, more = _lost(settings, state, time_s, last_s)
    return HearingWatch(last_s, silent, window, count, lost), events + more


def _lost(
    settings: HearingSettings, state: HearingWatch, time_s: Floats, last_s: float
) -> tuple[int | None, int, OpenSpan, list[FaultEvent]]:
    window = state.window
    if window is None:
        if not time_s.size:
            return None, 0, state.lost, []
        window = math.ceil(time_s[0] / settings.window_s)
    now = max(math.floor(last_s / settings.window_s), window)
    index = np.floor(time_s / settings.window_s).astype(np.int64) - window
    inside = index >= 0
    counts = np.bincount(index[inside], minlength=now - window + 1)
    counts[0] += state.count
    fewest = (1.0 - settings.lost_share) * settings.window_s * settings.rate_hz
    found = [
        (
            (window + at) * settings.window_s,
            (window + at + 1) * settings.window_s,
            (window + at + 1) * settings.window_s,
        )
        for at in np.flatnonzero(counts[: now - window] < fewest).tolist()
    ]
    lost, events = spanned("lost", settings.node, settings.window_s, state.lost, found, now * settings.window_s)
    return now, int(counts[now - window]), lost, list(events)
