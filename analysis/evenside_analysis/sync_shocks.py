"""Shocks in an accelerometer: when a device that was nearly still was tapped, or the foot it sits on stamped.

Works on one stretch of some seconds at a time, around the moment that somebody named, never on a stream. Slow motion
and gravity are taken off first; a shock is what then stands well above the device's own unrest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.filters import gaussian
from evenside_analysis.types import Floats

__all__ = ["Shaken", "fast_motion", "find_shocks"]

_SLOW_S = 0.08  # Gaussian: gravity that turns, a hand that moves
_LEAST_M_S2 = 2.0  # a tap with a finger is ten times as much
_ABOVE_UNREST = 5.0  # times the median: of noise alone nothing is beyond 3.5 in ten seconds
_APART_S = 0.10  # what is nearer belongs to one shock: a device rings on


@dataclass(frozen=True, slots=True, eq=False)
class Shaken:
    """Acceleration of one device in some stretch of time, in any frame, with gravity or without."""

    time_s: Floats  # (n,), increasing
    acc_m_s2: Floats  # (n, 3)
    rate_hz: float

    def heard(self) -> Shaken:
        """Without rows that were not heard."""
        kept = np.isfinite(self.acc_m_s2).all(axis=1)
        return Shaken(self.time_s[kept], self.acc_m_s2[kept], self.rate_hz)

    def between(self, start_s: float, end_s: float) -> Shaken:
        """What lies in [start_s, end_s]."""
        first, end = np.searchsorted(self.time_s, [start_s, end_s], side="left")
        return Shaken(self.time_s[first:end], self.acc_m_s2[first:end], self.rate_hz)

    def is_whole(self) -> bool:
        """Whether no sample is missing in between."""
        return bool(np.all(np.diff(self.time_s) < 1.5 / self.rate_hz))


def fast_motion(shaken: Shaken, smooth_s: float = 0.0) -> Floats:
    """Acceleration (n, 3) without what is slow, and smoothed by a Gaussian of ``smooth_s`` where that is above 0."""
    acc = shaken.acc_m_s2
    fast = acc - _filtered(acc, _SLOW_S * shaken.rate_hz)
    return _filtered(fast, smooth_s * shaken.rate_hz) if smooth_s > 0.0 else fast


def find_shocks(shaken: Shaken) -> Floats:
    """Times (k,) of the shocks: of each the middle of its energy."""
    if shaken.time_s.size < 10:
        return np.empty(0)
    size = np.sqrt((fast_motion(shaken) ** 2).sum(axis=1))
    strong = size > max(_LEAST_M_S2, _ABOVE_UNREST * float(np.median(size)))
    places = np.flatnonzero(strong)
    if not places.size:
        return np.empty(0)
    cuts = np.flatnonzero(np.diff(shaken.time_s[places]) > _APART_S) + 1
    groups = np.split(places, cuts)
    return np.array([_middle(shaken.time_s[group], size[group]) for group in groups])


def _middle(time_s: Floats, size: Floats) -> float:
    weight = size * size
    return float(time_s[0] + ((time_s - time_s[0]) * weight).sum() / weight.sum())


def _filtered(columns: Floats, sigma: float) -> Floats:
    """Each column under a Gaussian, the ends repeated."""
    taps = gaussian(sigma)
    reach = taps.size // 2
    padded = np.concatenate([columns[:1].repeat(reach, axis=0), columns, columns[-1:].repeat(reach, axis=0)])
    return np.stack([np.convolve(padded[:, axis], taps, mode="valid") for axis in range(columns.shape[1])], axis=1)
