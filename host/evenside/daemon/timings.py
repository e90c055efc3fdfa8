"""How long everything in the daemon may take, and how often it happens. One value, so that a test can hurry."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DaemonTimings"]


@dataclass(frozen=True, slots=True)
class DaemonTimings:
    """Seconds of real time; the two lags are session time, and so is ``gather_s`` for the analysis."""

    tick_s: float = 1.0
    live_s: float = 5.0  # between two writings of live.json
    status_s: float = 10.0  # between two rows of a node's status
    silent_s: float = 5.0  # without a sample for so long is told
    over_lag_s: float = 5.0  # how far NaN rows of a node that is over stay behind the foremost
    never_lag_s: float = 60.0  # the same for nodes never heard: beyond what a source may hold back for late samples
    gather_s: float = 1.0  # blocks of so long a time go to the recorder's thread, or through the analysis, together
    soon_s: float = 0.005  # the same for nodes that somebody waits for: those of a nudge that load cells decide
    compact_every_s: float = 3600.0
    roll_up_every_s: float = 300.0
    prune_every_s: float = 86_400.0
    close_sources_s: float = 5.0
    drain_s: float = 10.0
    record_s: float = 5.0  # for the recording to write what waits at the end
    store_s: float = 10.0  # for the store to write what waits at the end
    sinks_s: float = 5.0  # for other databases to take what waits at the end; the rest goes at the next start
    compact_s: float = 20.0  # for the last hours at the end
    roll_up_s: float = 10.0  # for the last roll-ups at the end
