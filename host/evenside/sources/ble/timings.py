"""How long everything over Bluetooth may take. One value, so that a test can hurry."""

from __future__ import annotations

from dataclasses import dataclass, field

from evenside.sources.link_timings import LinkTimings

__all__ = ["BleTimings"]


@dataclass(frozen=True, slots=True)
class BleTimings:
    """Seconds, unless the name says otherwise. ``link`` holds what does not depend on the radio."""

    link: LinkTimings = field(default_factory=LinkTimings)
    connect_s: float = 20.0  # what the operating system is given
    connect_bound_s: float = 45.0  # and what it may take, whatever it was given
    operation_s: float = 5.0  # one read, write or subscription
    teardown_s: float = 4.0  # to end a link: less than a daemon waits for its sources
    scan_start_s: float = 5.0
    scan_silence_s: float = 4.0  # without any advertisement a scan is begun anew: an adapter may have come back
    scan_told_s: float = 90.0  # without any advertisement for so long is told
    scan_retry_s: float = 1.0  # between two attempts to use an adapter that is not there
    probe_s: float = 1.0  # a device that may be ours by its kind alone waits this long for its name
    stale_s: float = 5.0  # an advertisement of that age does not tell that a device is there
    stranger_s: float = 600.0  # a device that proved not to be ours is left alone for so long
    status_wait_s: float = 1.2  # for the connection interval to be told before clocks are compared
    codec_tick_s: float = 0.25
    first_data_s: float = 15.0  # from the connection to the first sample
    settle_s: float = 1.0  # arrivals gathered before samples are timed by them
    arrivals_max: int = 4096  # notifications that wait to be dealt with
    operations_max: int = 64  # operations that wait to be carried out
    status_every_s: float = 10.0
