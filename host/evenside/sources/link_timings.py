"""How long everything on a link may take, and how often it happens. One value, so that a test can hurry."""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["LinkTimings", "backoff_s"]


@dataclass(frozen=True, slots=True)
class LinkTimings:
    """Seconds, unless the name says otherwise."""

    gather_s: float = 0.25  # a block spans at least this
    lateness_s: float = 30.0  # what a node sends again may be this old, as long as its buffer reaches back
    reply_s: float = 0.5  # a command is repeated after this
    tries: int = 4
    hello_every_s: float = 0.5
    discovery_s: float = 0.3  # silence after the last answer to HELLO before devices are paired by side or address
    ping_fast_s: float = 0.25
    ping_fast_for_s: float = 10.0
    ping_s: float = 1.0
    silence_s: float = 3.0  # or ``silence_frames`` frame periods, whichever is longer
    silence_frames: int = 10
    backfill_s: float = 1.0  # without one frame of it a backfill is asked for again
    unheard_s: float = 10.0  # a port on which nothing ever answered is opened anew after this
    backoff_first_s: float = 0.25
    backoff_max_s: float = 30.0
    good_s: float = 60.0  # after so long a link the backoff begins anew
    garbage_every_s: float = 10.0
    tick_s: float = 0.05


def backoff_s(timings: LinkTimings, failures: int, rng: random.Random) -> float:
    """How long to wait after so many failures in a row: doubling, bounded, up to a quarter longer by chance."""
    wait_s = min(timings.backoff_first_s * 2.0 ** min(failures - 1, 30), timings.backoff_max_s)
    return wait_s * (1.0 + 0.25 * rng.random())
