"""Smooth curves through knots: value, rate and acceleration are continuous, and each is evaluated exactly.

A knot is (time, value, rate, acceleration). Between two knots lies the one polynomial of degree five that fits both, so
a velocity or an acceleration of a pose is its derivative and not a difference of samples. Before the first knot and
after the last one the curve holds their values. What this never does: smooth, or fit anything to samples.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Floats, Ints

__all__ = ["Curve", "Knot", "curve_of", "through"]

Knot = tuple[float, float, float, float]
"""Time in s, value, rate and acceleration at that time."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Pieces in the order of time; ``coefs[k]`` (pieces, channels) belongs to the k-th power of the time in a piece."""

    start_s: Floats  # (pieces,), the first one is -inf
    zero_s: Floats  # (pieces,), from here the time in a piece is counted
    coefs: tuple[Floats, ...]  # 6 times (pieces, channels)

    def at(self, time_s: Floats) -> Moments:
        """The curve at sorted times (n,)."""
        ends = np.searchsorted(time_s, self.start_s[1:], side="left")
        counts = np.diff(ends, prepend=0, append=time_s.size)
        piece = np.repeat(np.arange(self.start_s.size), counts)
        return Moments(self, piece, time_s - self.zero_s[piece])


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """A curve at given times."""

    curve: Curve
    piece: Ints  # (n,)
    since_s: Floats  # (n,), since the start of the piece

    def value(self, channel: int = 0) -> Floats:
        """(n,)"""
        return self._power_sum(channel, (1.0, 1.0, 1.0, 1.0, 1.0, 1.0), 0)

    def rate(self, channel: int = 0) -> Floats:
        """(n,), first derivative by time."""
        return self._power_sum(channel, (1.0, 2.0, 3.0, 4.0, 5.0), 1)

    def acceleration(self, channel: int = 0) -> Floats:
        """(n,), second derivative by time."""
        return self._power_sum(channel, (2.0, 6.0, 12.0, 20.0), 2)

    def _power_sum(self, channel: int, factors: tuple[float, ...], lowest: int) -> Floats:
        columns = [(self.curve.coefs[lowest + power][:, channel] * factor) for power, factor in enumerate(factors)]
        total: Floats = columns[-1].take(self.piece)
        for column in reversed(columns[:-1]):
            total *= self.since_s
            total += column.take(self.piece)
        return total


def through(time_s: Floats, knots: Floats) -> Curve:
    """The curve through knots (k, 3, channels), each with value, rate and acceleration, at ``time_s`` (k,).

    Times do not decrease; two knots at one time make a step.
    """
    length = np.diff(time_s)[:, np.newaxis]
    with np.errstate(divide="ignore"):
        inverse = np.where(length > 0.0, 1.0 / length, 0.0)
    (p0, v0, a0), (p1, v1, a1) = knots[:-1].swapaxes(0, 1), knots[1:].swapaxes(0, 1)
    d = (p1 - p0 - length * (v0 + 0.5 * length * a0)) * inverse**3
    e = (v1 - v0 - length * a0) * inverse**2
    f = (a1 - a0) * 0.5 * inverse
    third, fourth = 10.0 * d - 4.0 * e + f, (7.0 * e - 15.0 * d - 2.0 * f) * inverse
    inner = (p0, v0, 0.5 * a0, third, fourth, (6.0 * d - 3.0 * e + f) * inverse**2)
    first, last = knots[:1, 0], knots[-1:, 0]
    still = np.zeros_like(first)
    coefs = tuple(
        np.concatenate([first if power == 0 else still, coef, last if power == 0 else still])
        for power, coef in enumerate(inner)
    )
    return Curve(np.concatenate([[-np.inf], time_s]), np.concatenate([time_s[:1], time_s]), coefs)


def curve_of(knots: Iterable[Knot]) -> Curve:
    """The one-channel curve through these knots, at least one."""
    table = np.array(list(knots), np.float64)
    return through(table[:, 0], table[:, 1:, np.newaxis])
