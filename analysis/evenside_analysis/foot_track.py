"""The signals of one unbroken run that the movements of a foot are read from.

Every column is one sample; all signals are handed out together, as late as the slowest filter, so that the newest
column is complete. Columns that no movement can need any more are forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.filters import DelayLine, Window, magnitude, smoothed
from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.regular import Piece
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["ENVELOPE", "FINE", "GYR", "JERK", "SIZE", "Counts", "Track", "begin", "close", "extend", "forget"]

# Rows of Track.columns. The first ones, up to CLIPPED, also travel through the delay line, with RATE and CHANGE.
TIME, GYR, SIZE, LOST, GYR_CLIPPED, ACC_CLIPPED = 0, (1, 2, 3), 4, 5, 6, 7
RATE, CHANGE = 8, 9
ENVELOPE, JERK, FINE = 8, 9, (10, 11, 12)
_PLAIN, _DELAYED, _ALL = 8, 10, 13


@dataclass(frozen=True, slots=True)
class Counts:
    """How many samples of the run, so far, were lost or stood at the range of the gyroscope or accelerometer."""

    lost: float = 0.0
    gyr_clipped: float = 0.0
    acc_clipped: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Signals of the samples ``first`` to ``end`` of a run.

    Rows: session time; rate of rotation (rad/s, sensor axes); size of the acceleration (m/s²); three running counts as
    in ``Counts``; smoothed size of the rate (rad/s) and of the change of acceleration (m/s³); finely smoothed rate of
    rotation (rad/s).
    """

    first: int
    columns: Floats  # (13, n)
    line: DelayLine
    acc: Floats  # (3,) of the last sample
    counts: Counts

    @property
    def end(self) -> int:
        """The sample after the newest complete one."""
        return self.first + int(self.columns.shape[1])

    def row(self, row: int) -> Floats:
        """One signal of all columns held."""
        return np.asarray(self.columns[row])

    def at(self, row: int, sample: Ints) -> Floats:
        """One signal at samples of the run; beyond the ends of the run, the nearest."""
        return np.asarray(self.columns[row].take(sample - self.first, mode="clip"))

    def time_at(self, place: Floats) -> Floats:
        """Session times of places between samples, by straight lines between the samples' own times."""
        before = np.floor(place).astype(np.int64)
        start_s = self.at(TIME, before)
        return start_s + (place - before) * (self.at(TIME, before + 1) - start_s)


def begin(settings: FootSettings, piece: Piece) -> Track:
    """A run that begins with the first row of ``piece``, which is yet to be fed."""
    first = np.zeros(_DELAYED)
    first[TIME] = piece.time_s[0]
    gyr, acc = piece.rows[:1, 3:], piece.rows[:1, :3]
    first[list(GYR)] = gyr[0]
    first[SIZE], first[RATE] = magnitude(acc)[0], magnitude(gyr)[0]
    return Track(0, np.empty((_ALL, 0)), DelayLine.start(first, settings.radius), acc[0], Counts())


def extend(settings: FootSettings, track: Track, piece: Piece) -> Track:
    """The track with the rows of ``piece`` fed: acceleration (m/s²) and rate of rotation (rad/s), three axes each."""
    acc, gyr = piece.rows[:, :3], piece.rows[:, 3:]
    new = np.empty((_DELAYED, piece.time_s.size))
    new[TIME] = piece.time_s
    for row, axis in zip(GYR, range(3), strict=True):
        new[row] = gyr[:, axis]
    new[SIZE], new[RATE] = magnitude(acc), magnitude(gyr)
    new[CHANGE] = magnitude(np.diff(acc, axis=0, prepend=track.acc[np.newaxis])) * settings.rate_hz
    new[LOST] = _running(track.counts.lost, piece.lost)
    new[GYR_CLIPPED] = _running(track.counts.gyr_clipped, _clipped(settings, gyr, settings.gyr_range_rad_s))
    new[ACC_CLIPPED] = _running(track.counts.acc_clipped, _clipped(settings, acc, settings.acc_range_m_s2))
    counts = Counts(float(new[LOST, -1]), float(new[GYR_CLIPPED, -1]), float(new[ACC_CLIPPED, -1]))
    line, window = track.line.push(new)
    return Track(track.first, _joined(settings, track.columns, window), line, acc[-1], counts)


def close(settings: FootSettings, track: Track) -> Track:
    """The track of a run that has ended: complete up to its last sample."""
    columns = _joined(settings, track.columns, track.line.close())
    return Track(track.first, columns, track.line, track.acc, track.counts)


def forget(track: Track, before: int) -> Track:
    """The track without the samples before ``before``."""
    drop = min(max(before - track.first, 0), track.columns.shape[1])
    return Track(track.first + drop, track.columns[:, drop:], track.line, track.acc, track.counts)


def _joined(settings: FootSettings, columns: Floats, window: Window) -> Floats:
    held = columns.shape[1]
    joined = np.empty((_ALL, held + window.n))
    joined[:, :held] = columns
    joined[:_PLAIN, held:] = window.decided[:_PLAIN]
    joined[ENVELOPE, held:] = smoothed(window, RATE, settings.taps(settings.envelope_s))
    joined[JERK, held:] = smoothed(window, CHANGE, settings.taps(settings.motion_s))
    fine = settings.taps(settings.fine_s)
    for row, source in zip(FINE, GYR, strict=True):
        joined[row, held:] = smoothed(window, source, fine)
    return joined


def _running(carry: float, marks: Bools) -> Floats:
    return carry + np.cumsum(marks, dtype=np.float64)  # whole numbers: exact in any order


def _clipped(settings: FootSettings, rows: Floats, limit: float | None) -> Bools:
    if limit is None:
        return np.zeros(len(rows), np.bool_)
    return np.asarray((np.abs(rows) >= settings.clip_share * limit).any(axis=1))
