"""Bounds on how far one clock is ahead of another, thinned to the tightest of each bucket of device time.

A floor says that the offset is not less, a ceiling that it is not more, at one moment. Both are kept as tuples sorted
by device time with at most one bound a bucket and none older than the window: bounded, immutable, and cheap to extend
at the end. What this module never does: judge whether floors and ceilings agree.
"""

from __future__ import annotations

import math

__all__ = ["Bound", "reach", "tightened"]

Bound = tuple[float, float]
"""Device seconds, and the session clock minus the device clock that cannot be less, or more, at that moment."""


def reach(bounds: tuple[Bound, ...], device_s: float, rate: float) -> float:
    """What the bounds still say at ``device_s``, at the drift ``rate``: floors with a negative rate, else ceilings."""
    drifted = [offset + rate * abs(device_s - at) for at, offset in bounds]
    if rate < 0.0:
        return max(drifted, default=-math.inf)
    return min(drifted, default=math.inf)


def tightened(
    bounds: tuple[Bound, ...], new: Bound, latest_s: float, width: float, window_s: float, sign: float
) -> tuple[Bound, ...]:
    """``bounds`` with ``new`` in the place of its bucket if it is tighter; without what the window has left behind.

    ``sign`` is 1 for ceilings (the lower one is tighter) and -1 for floors. Buckets are ``width`` seconds wide and
    counted from device time 0, so the outcome for a set of bounds does not depend on their order.
    """
    oldest = math.floor(latest_s / width) - math.ceil(window_s / width) + 1
    bucket = math.floor(new[0] / width)
    first, place = 0, len(bounds)
    while first < place and math.floor(bounds[first][0] / width) < oldest:
        first += 1
    while place > first and math.floor(bounds[place - 1][0] / width) > bucket:
        place -= 1
    if bucket < oldest:
        return bounds[first:]
    if place > first and math.floor(bounds[place - 1][0] / width) == bucket:
        old = bounds[place - 1]
        tighter = min(old, new, key=lambda bound: (sign * bound[1], bound[0]))
        return bounds if first == 0 and tighter is old else (*bounds[first : place - 1], tighter, *bounds[place:])
    return (*bounds[first:place], new, *bounds[place:])
