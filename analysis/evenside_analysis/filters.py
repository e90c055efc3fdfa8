"""Symmetric FIR filters over a run that arrives in pieces: live they are pure delay, and any cut gives the same bits.

A ``DelayLine`` holds the columns that still lack their right neighbours. Pushing new ones hands out a window whose
middle is now decided; any number of filters up to the line's radius may be laid over it. A run begins and ends with
its first and last column repeated, so its edges do not ring and no filter looks across a break.

Columns lie along axis 1 here, channels along axis 0: each channel is contiguous, as the convolution needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from evenside_analysis.types import Floats

__all__ = ["DelayLine", "Window", "gaussian", "magnitude", "smoothed"]


@cache
def gaussian(sigma: float) -> Floats:
    """Taps of a Gaussian of ``sigma`` samples cut at 3 sigma, sum 1, at least three of them. Read-only."""
    radius = max(1, int(3.0 * sigma + 0.5))
    taps = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    taps /= taps.sum()
    taps.setflags(write=False)
    return taps


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """``columns[:, radius:-radius]`` are decided; the rest are their neighbours."""

    columns: Floats  # (channels, n + 2 * radius)
    radius: int

    @property
    def n(self) -> int:
        """How many columns are decided."""
        return max(int(self.columns.shape[1]) - 2 * self.radius, 0)

    @property
    def decided(self) -> Floats:
        """(channels, n), unfiltered."""
        return self.columns[:, self.radius : self.radius + self.n]


@dataclass(frozen=True, slots=True, eq=False)
class DelayLine:
    """The last columns of a run, at most 2 * radius of them."""

    held: Floats  # (channels, m)
    radius: int

    @staticmethod
    def start(first: Floats, radius: int) -> DelayLine:
        """A run that begins with the column ``first`` (channels,), which is yet to be pushed."""
        return DelayLine(np.repeat(first[:, np.newaxis], radius, axis=1), radius)

    def push(self, columns: Floats) -> tuple[DelayLine, Window]:
        """Feed the next columns (channels, n) of the run."""
        window = Window(np.concatenate([self.held, columns], axis=1), self.radius)
        return DelayLine(window.columns[:, window.n :], self.radius), window

    def close(self) -> Window:
        """The run has ended: what was held back is decided."""
        return self.push(np.repeat(self.held[:, -1:], self.radius, axis=1))[1]


def smoothed(window: Window, channel: int, taps: Floats) -> Floats:
    """One channel of a window under a symmetric filter of at most 2 * radius + 1 taps: (n,)."""
    if not window.n:
        return np.empty(0)
    margin = window.radius - taps.size // 2
    return np.correlate(window.columns[channel, margin : window.columns.shape[1] - margin], taps, "valid")


def magnitude(rows: Floats) -> Floats:
    """Length (n,) of each row of three. Columns are added by hand: a library call may add in another order."""
    x, y, z = rows[:, 0], rows[:, 1], rows[:, 2]
    return np.asarray(np.sqrt(x * x + y * y + z * z))
