"""The signals of one unbroken run of a shank that its contacts are read from.

Every column is one sample; all signals are handed out together, as late as the slowest filter, so that the newest
column is complete. Columns that no movement can need any more are forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.filters import DelayLine, Window, smoothed
from evenside_analysis.regular import Piece
from evenside_analysis.shank_axis import AxisHabit
from evenside_analysis.shank_settings import ShankSettings
from evenside_analysis.shank_signed import CLIPPED, GYR, LOST, RATE, RAW, SIGNED, TIME, SigningRun, sign
from evenside_analysis.types import Floats, Ints

__all__ = ["FINE", "SLOW", "Track", "begin", "close", "extend", "forget"]

# Rows of Track.columns beyond those of ``shank_signed``, of which LOST and CLIPPED are running counts here.
SLOW, FINE = RATE, SIGNED
_ALL = SIGNED + 1


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Signals of the samples ``first`` to ``end`` of a run.

    Rows: those of ``shank_signed``, with the rate about the mediolateral axis (rad/s) smoothed in SLOW and hardly in
    FINE.
    """

    first: int
    columns: Floats  # (12, n)
    signing: SigningRun
    line: DelayLine | None  # None before the first signed sample
    lost: float = 0.0
    clipped: float = 0.0

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


def begin() -> Track:
    """A run that is yet to be fed."""
    return Track(0, np.empty((_ALL, 0)), SigningRun(), None)


def extend(settings: ShankSettings, habit: AxisHabit, track: Track, piece: Piece) -> tuple[AxisHabit, Track]:
    """The track with the rows of ``piece`` fed: rates of rotation (rad/s), three axes."""
    raw = np.empty((RAW, piece.time_s.size))
    raw[TIME] = piece.time_s
    for row, axis in zip(GYR, range(3), strict=True):
        raw[row] = piece.rows[:, axis]
    raw[LOST] = piece.lost
    raw[CLIPPED] = 0.0
    if settings.gyr_range_rad_s is not None:
        raw[CLIPPED] = (np.abs(piece.rows) >= settings.clip_share * settings.gyr_range_rad_s).any(axis=1)
    habit, signing, new = sign(settings, habit, track.signing, raw, ended=False)
    return habit, _fed(settings, track, signing, new)


def close(settings: ShankSettings, habit: AxisHabit, track: Track) -> tuple[AxisHabit, Track]:
    """The track of a run that has ended: complete up to its last sample."""
    habit, signing, new = sign(settings, habit, track.signing, np.empty((RAW, 0)), ended=True)
    track = _fed(settings, track, signing, new)
    if track.line is None:
        return habit, track
    columns = _joined(settings, track.columns, track.line.close())
    return habit, Track(track.first, columns, track.signing, track.line, track.lost, track.clipped)


def forget(track: Track, before: int) -> Track:
    """The track without the samples before ``before``."""
    drop = min(max(before - track.first, 0), track.columns.shape[1])
    return Track(track.first + drop, track.columns[:, drop:], track.signing, track.line, track.lost, track.clipped)


def _fed(settings: ShankSettings, track: Track, signing: SigningRun, new: Floats) -> Track:
    if not new.shape[1]:
        return Track(track.first, track.columns, signing, track.line, track.lost, track.clipped)
    # Whole numbers: exact in any order.
    new[LOST] = track.lost + np.cumsum(new[LOST])
    new[CLIPPED] = track.clipped + np.cumsum(new[CLIPPED])
    line = DelayLine.start(new[:, 0], settings.radius) if track.line is None else track.line
    line, window = line.push(new)
    columns = _joined(settings, track.columns, window)
    return Track(track.first, columns, signing, line, float(new[LOST, -1]), float(new[CLIPPED, -1]))


def _joined(settings: ShankSettings, columns: Floats, window: Window) -> Floats:
    held = columns.shape[1]
    joined = np.empty((_ALL, held + window.n))
    joined[:, :held] = columns
    joined[:SLOW, held:] = window.decided[:SLOW]
    joined[SLOW, held:] = smoothed(window, RATE, settings.taps(settings.slow_s))
    joined[FINE, held:] = smoothed(window, RATE, settings.taps(settings.fine_s))
    return joined
