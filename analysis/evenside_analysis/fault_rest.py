"""What an IMU says at rest: gravity as it is, and no turning.

Heard samples are cut into short windows, counted from the first one; a window in which nothing changes is a rest. What
the node says is the median over its last rests. A fault stands from the first of these rests until they are well again.

A rest is told by what changes, not by what is there: a bias of any size is seen, but so is a vehicle in a long bend.
Hence several rests must agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from evenside_analysis.fault_types import FaultEvent
from evenside_analysis.types import GRAVITY_M_S2, Bools, Floats

__all__ = ["RestSettings", "RestWatch", "Rests", "watch_rests"]


@dataclass(frozen=True, slots=True)
class RestSettings:
    """Of one node."""

    node: str
    rate_hz: float
    gravity: bool
    window_s: float = 0.5  # longer than a foot lies still in a stance, where it rolls slowly, and always the same way
    still_rad_s: float = 0.035  # 2 degrees/s, root mean square about the window's mean: standing sways by less
    still_m_s2: float = 0.15
    fewest: int = 3  # rests that must agree
    most: int = 16  # rests that count
    gain_m_s2: float = 0.3  # 3 %: one in fifty of what good sensors are off
    bias_rad_s: float = 0.052  # 3 degrees/s; the largest without a fault was 2.3
    steady_rad_s: float = 0.0165  # median deviation of the rests: a bias is the same each time, a trembling foot is not

    @property
    def window(self) -> int:
        """``window_s`` in samples."""
        return max(4, round(self.window_s * self.rate_hz))


@dataclass(frozen=True, slots=True, eq=False)
class Rests:
    """New rests of a node, in the order of time."""

    end_s: Floats  # (n,)
    gravity_m_s2: Floats  # (n,), median size of the acceleration over the last rests; NaN before there are enough


@dataclass(frozen=True, slots=True, eq=False)
class RestWatch:
    """The open window, the last rests, and since when what is wrong."""

    time_s: Floats = field(default_factory=lambda: np.empty(0))
    values: Floats = field(default_factory=lambda: np.empty((6, 0)))
    rests: Floats = field(default_factory=lambda: np.empty((0, 6)))  # start, end, three rates, size of the acceleration
    gain_s: float | None = None
    bias_s: float | None = None


def watch_rests(
    settings: RestSettings, state: RestWatch, time_s: Floats, values: Floats
) -> tuple[RestWatch, list[FaultEvent], Rests]:
    """Add heard samples: times (n,) and values (6, n), rates of rotation (rad/s) and accelerations (m/s²)."""
    width = settings.window
    held_s, held = np.concatenate([state.time_s, time_s]), np.concatenate([state.values, values], axis=1)
    windows = held_s.size // width
    rest_s, rest = held_s[windows * width :].copy(), held[:, windows * width :].copy()
    new = _still(settings, held_s[: windows * width], held[:, : windows * width])
    rests = np.concatenate([state.rests, new])
    sizes, biased, starts_s = _judged(settings, rests, new.shape[0])
    wrong = settings.gravity & (np.abs(sizes - GRAVITY_M_S2) > settings.gain_m_s2)  # NaN is not
    events: list[FaultEvent] = []
    gain_s, bias_s = state.gain_s, state.bias_s
    told = np.isfinite(sizes)
    changes = _changes(wrong, gain_s is not None) | _changes(biased, bias_s is not None)
    for at in np.flatnonzero(told & changes).tolist():
        start_s, now_s = float(starts_s[at]), float(new[at, 1])
        gain_s, events = _stands("gain", settings.node, gain_s, bool(wrong[at]), start_s, now_s, events)
        bias_s, events = _stands("bias", settings.node, bias_s, bool(biased[at]), start_s, now_s, events)
    kept = rests[-settings.most :].copy()
    return RestWatch(rest_s, rest, kept, gain_s, bias_s), events, Rests(new[:, 1].copy(), sizes)


def _judged(settings: RestSettings, rests: Floats, new: int) -> tuple[Floats, Bools, Floats]:
    """Of the last ``new`` rests (n, 6), each with those before it that count: median size, bias, start of the first."""
    sizes, biased, starts_s = np.full(new, np.nan), np.zeros(new, np.bool_), np.full(new, np.nan)
    before = rests.shape[0] - new
    few = max(min(settings.most - 1 - before, new), 0)  # of those that have fewer before them
    for at in range(few):
        if before + at + 1 >= settings.fewest:
            group = rests[np.newaxis, : before + at + 1]
            sizes[at : at + 1], biased[at : at + 1] = _medians(settings, group)
            starts_s[at] = rests[0, 0]
    if new > few:
        first = before + few + 1 - settings.most
        groups = sliding_window_view(rests[first:], settings.most, axis=0).transpose(0, 2, 1)
        sizes[few:], biased[few:] = _medians(settings, groups)
        starts_s[few:] = groups[:, 0, 0]
    return sizes, biased, starts_s


def _medians(settings: RestSettings, groups: Floats) -> tuple[Floats, Bools]:
    """Of groups of rests (n, rests, 6): median size, and whether each is biased."""
    rates = groups[:, :, 2:5]
    bias = np.median(rates, axis=1)
    spread = np.median(np.abs(rates - bias[:, np.newaxis]), axis=1).max(axis=1)
    size = bias[:, 0] * bias[:, 0] + bias[:, 1] * bias[:, 1] + bias[:, 2] * bias[:, 2]
    return np.median(groups[:, :, 5], axis=1), (size > settings.bias_rad_s**2) & (spread < settings.steady_rad_s)


def _changes(now: Bools, before: bool) -> Bools:
    return np.asarray(now != np.concatenate([[before], now[:-1]]), np.bool_)


def _stands(
    kind: str, node: str, since_s: float | None, wrong: bool, start_s: float, now_s: float, events: list[FaultEvent]
) -> tuple[float | None, list[FaultEvent]]:
    if wrong and since_s is None:
        return start_s, [*events, FaultEvent(kind, node, start_s, np.inf, now_s)]
    if since_s is not None and not wrong:
        return None, [*events, FaultEvent(kind, node, since_s, now_s, now_s)]
    return since_s, events


def _still(settings: RestSettings, time_s: Floats, values: Floats) -> Floats:
    """(n, 6) the windows in which nothing changes, as rows of RestWatch.rests."""
    width = settings.window
    windows = time_s.size // width
    if not windows:
        return np.empty((0, 6))
    bounds_s = time_s.reshape(windows, width)[:, [0, -1]]
    whole = bounds_s[:, 1] - bounds_s[:, 0] < 1.2 * width / settings.rate_hz
    parts = values.reshape(6, windows, width)
    few = [parts[:3, :, at] for at in range(0, width, max(1, width // 5))]
    # Five samples of each window tell nearly all that move.
    quiet = (np.maximum.reduce(few) - np.minimum.reduce(few) < 6.0 * settings.still_rad_s).all(axis=0) & whole
    chosen = np.flatnonzero(quiet)
    if not chosen.size:
        return np.empty((0, 6))
    parts = np.ascontiguousarray(parts[:, chosen])
    mean = parts.mean(axis=2)
    square = (parts * parts).mean(axis=2) - mean * mean
    turn, push = square[0] + square[1] + square[2], square[3] + square[4] + square[5]
    still = (turn < settings.still_rad_s**2) & (push < settings.still_m_s2**2)
    size = np.sqrt(mean[3] * mean[3] + mean[4] * mean[4] + mean[5] * mean[5])
    rows = np.stack([bounds_s[chosen, 0], bounds_s[chosen, 1], *mean[:3], size], axis=1)
    return np.asarray(rows[still])
