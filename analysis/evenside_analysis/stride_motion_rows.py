"""Heard samples of an IMU, channel by channel, and the last few seconds of them.

A row in which anything is missing was not heard: it only lets time pass. Nothing is bridged here; rows keep their own
times, and a count of periods tells how many samples are missing between two of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.types import Floats

__all__ = ["ACC", "COUNT", "GYR", "SPEED", "TIME", "HeldRows", "ImuRows", "extended", "forgotten", "imu_rows"]

_LARGEST = 1e6  # in SI units: what exceeds it comes from no sensor on a body, and would spoil every sum it enters
_HOLE_PERIODS = 1.5  # nearer than this, jitter of a clock explains the distance of two samples

# Rows of HeldRows.columns.
TIME, COUNT, SPEED = 0, 1, 2
GYR, ACC = slice(3, 6), slice(6, 9)
_ALL = 9


@dataclass(frozen=True, slots=True, eq=False)
class ImuRows:
    """The samples of one block that were heard. ``latest_s``: how far time has passed, -inf for an empty block."""

    time_s: Floats  # (n,)
    values: Floats  # (6, n), rate of rotation (rad/s) and acceleration (m/s²), three axes each
    latest_s: float

    def part(self, rows: slice, last: bool) -> ImuRows:
        """Some of the rows; time has passed to the last of them, or to that of the block."""
        time_s = self.time_s[rows]
        return ImuRows(time_s, self.values[:, rows], self.latest_s if last else float(time_s[-1]))


def imu_rows(time_s: Floats, acc: Floats, gyr: Floats) -> ImuRows:
    """The heard rows of times (n,), accelerations (n, 3) and rates of rotation (n, 3).

    Raises:
        ValueError: shapes that do not fit.
    """
    if acc.shape != (time_s.size, 3) or gyr.shape != acc.shape:
        raise ValueError(f"{time_s.size} times need acc and gyr of three columns, got {acc.shape} and {gyr.shape}")
    values = np.empty((6, time_s.size))  # channel by channel in memory: joining the columns would keep their order
    values[:3], values[3:] = gyr.T, acc.T
    heard = np.abs(values[0]) <= _LARGEST  # also False for NaN
    for channel in values[1:]:
        heard &= np.abs(channel) <= _LARGEST
    latest_s = float(time_s[-1]) if time_s.size else -np.inf
    if heard.all():
        return ImuRows(time_s, values, latest_s)
    return ImuRows(time_s[heard], np.ascontiguousarray(values[:, heard]), latest_s)


@dataclass(frozen=True, slots=True, eq=False)
class HeldRows:
    """The rows that are still needed.

    Rows of ``columns``: session time; periods since the first sample of all, whole numbers; size of the rate of
    rotation; rate of rotation; acceleration.
    """

    columns: Floats = field(default_factory=lambda: np.empty((_ALL, 0)))  # (9, n)
    latest_s: float = -np.inf
    last_s: float = -np.inf  # time and count of the newest row, held or not
    count: float = 0.0


def extended(rate_hz: float, held: HeldRows, rows: ImuRows) -> HeldRows:
    """The rows held and then the new ones."""
    latest_s = max(held.latest_s, rows.latest_s)
    if not rows.time_s.size:
        return HeldRows(held.columns, latest_s, held.last_s, held.count)
    old = held.columns.shape[1]
    columns = np.empty((_ALL, old + rows.time_s.size))
    columns[:, :old] = held.columns
    new = columns[:, old:]
    steps = np.empty(rows.time_s.size)
    steps[0] = (rows.time_s[0] - held.last_s) * rate_hz if np.isfinite(held.last_s) else 1.0
    np.subtract(rows.time_s[1:], rows.time_s[:-1], out=steps[1:])
    steps[1:] *= rate_hz
    holes = steps > _HOLE_PERIODS
    steps[:] = np.where(holes, np.rint(steps), 1.0) if holes.any() else 1.0
    new[TIME] = rows.time_s
    new[COUNT] = held.count + np.cumsum(steps)  # whole numbers: exact in any order
    x, y, z = rows.values[:3]
    new[SPEED] = np.sqrt(x * x + y * y + z * z)
    new[GYR], new[ACC] = rows.values[:3], rows.values[3:]
    return HeldRows(columns, latest_s, float(rows.time_s[-1]), float(new[COUNT, -1]))


def forgotten(held: HeldRows, before_s: float) -> HeldRows:
    """Without the rows before a moment."""
    drop = int(held.columns[TIME].searchsorted(before_s))
    return HeldRows(held.columns[:, drop:], held.latest_s, held.last_s, held.count) if drop else held
