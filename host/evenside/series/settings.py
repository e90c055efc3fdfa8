"""How much goes at once, and how long everything waits. One value, so that a test can hurry."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SendSettings"]


@dataclass(frozen=True, slots=True)
class SendSettings:
    """Sizes of one request and seconds of real time. Pauses after failures double from the first to the longest."""

    lines_max: int = 5000
    bytes_max: int = 2_000_000
    retry_first_s: float = 0.5
    retry_max_s: float = 60.0
    stopped_s: float = 60.0  # between two attempts where a person has to do something
    grace_s: float = 60.0  # what a server took that may forget it is kept for so long
    look_s: float = 10.0  # between two looks at the server, or at what was dropped
    idle_s: float = 1.0
