"""How much an arm moves, second by second: activity in the band of voluntary movement, and strokes counted.

Acceleration is filtered to 0.25 to 2.5 Hz (the band of ActiGraph counts: Tryon & Williams 1996; Neishabouri et al.
2022), axis by axis, which takes away gravity at rest and what shakes; the activity of a second is the mean length of
what is left, in m/s². A stroke is one swing of an axis below ``-swing_m_s2`` and above ``swing_m_s2`` again.

The filter runs over each unbroken run of samples and settles on the first of them, so no hole and no cut changes what
comes after it. Samples that were bridged move the filter but count for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from evenside_analysis.epochs import EpochState
from evenside_analysis.filters import magnitude
from evenside_analysis.regular import Piece, RegularState, regular
from evenside_analysis.types import Floats, Ints, Node

__all__ = ["ArmSeconds", "ArmState", "arm_seconds"]

BAND_HZ = (0.25, 2.5)
_BREAK_S = 0.5
_SWING_M_S2 = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class ArmSeconds:
    """Seconds of one wrist in which something was heard. All below ``settled`` are now told.

    ``activity_m_s2`` (n,); ``energy`` (n, 3): mean square of each axis; ``strokes`` (n, 3): begun in it, on each axis.
    """

    second: Ints
    heard: Floats
    activity_m_s2: Floats
    energy: Floats
    strokes: Floats
    settled: int


@dataclass(frozen=True, slots=True, eq=False)
class ArmState:
    """Everything the past has to say of one wrist. ``below``: by axis, whether its last swing was below."""

    regular: RegularState = field(default_factory=RegularState)
    filter: Floats | None = None  # (sections, 2, 3)
    below: tuple[bool, bool, bool] = (False, False, False)
    epochs: EpochState = field(default_factory=EpochState)


_COLUMNS = ("activity", "xx", "yy", "zz", "x", "y", "z")


def arm_seconds(node: Node, state: ArmState, time_s: Floats, acc: Floats) -> tuple[ArmState, ArmSeconds]:
    """Add samples (n,), (n, 3) of acceleration; a row with NaN was not heard, but lets time pass."""
    run, pieces = regular(node.rate_hz, _BREAK_S, state.regular, time_s, acc)
    carry, below = state.filter, state.below
    times, rows = [np.empty(0)], [np.empty((0, len(_COLUMNS)))]
    for piece in pieces:
        if piece.fresh:
            carry, below = None, (False, False, False)
        carry, below, found = _filtered(node.rate_hz, carry, below, piece)
        times.append(piece.time_s[~piece.lost])
        rows.append(found[~piece.lost])
    if time_s.size and not np.isfinite(acc[-1]).all():  # time passes beyond the last heard sample
        times.append(time_s[-1:])
        rows.append(np.full((1, len(_COLUMNS)), np.nan))
    epochs, seconds = _seconds(node, state.epochs, np.concatenate(times), np.concatenate(rows))
    return ArmState(run, carry, below, epochs), seconds


def _filtered(
    rate_hz: float, carry: Floats | None, below: tuple[bool, bool, bool], piece: Piece
) -> tuple[Floats, tuple[bool, bool, bool], Floats]:
    from scipy.signal import sosfilt  # here: 50 MB that few wearers need

    sos, settled = _band(rate_hz)
    if carry is None:
        carry = settled[:, :, np.newaxis] * piece.rows[0]
    band, carry = sosfilt(sos, piece.rows, axis=0, zi=carry)
    found = np.empty((piece.time_s.size, len(_COLUMNS)))
    found[:, 0] = magnitude(band)
    found[:, 1:4] = band * band
    after = list(below)
    for axis in range(3):
        found[:, 4 + axis], after[axis] = _strokes(band[:, axis], below[axis])
    return carry, (after[0], after[1], after[2]), found


def _strokes(swing: Floats, below: bool) -> tuple[Floats, bool]:
    """1 where it comes above, having been below; and whether it was below last."""
    told = np.where(swing > _SWING_M_S2, 1, np.where(swing < -_SWING_M_S2, -1, 0))
    places = np.flatnonzero(told)
    ends = told[places]
    before = np.concatenate([[-1 if below else 1], ends])
    found = np.zeros(swing.size)
    found[places[(ends > 0) & (before[:-1] < 0)]] = 1.0
    return found, bool(before[-1] < 0)


def _seconds(node: Node, state: EpochState, time_s: Floats, rows: Floats) -> tuple[EpochState, ArmSeconds]:
    """Means over the heard samples of each second that is over; sums of strokes."""
    settled = state.settled if not time_s.size else max(state.settled, int(np.floor(time_s[-1])))
    heard = np.isfinite(rows[:, 0])
    held_s = np.concatenate([state.time_s, time_s[heard]])
    held = np.concatenate([state.values, rows[heard]]) if state.values.size else rows[heard]
    second = np.floor(held_s).astype(np.int64)
    over = int(second.searchsorted(settled))
    after = EpochState(held_s[over:].copy(), held[over:].copy(), settled)
    starts = np.flatnonzero(np.diff(second[:over], prepend=-(1 << 62)))
    at = np.repeat(np.arange(starts.size), np.diff(np.append(starts, over)))
    count = np.bincount(at, minlength=starts.size)
    columns = [np.bincount(at, held[:over, column], starts.size) for column in range(len(_COLUMNS))]
    sums: Floats = np.stack(columns, axis=1).astype(np.float64)
    mean = sums[:, :4] / count[:, np.newaxis]
    share = np.minimum(count / node.rate_hz, 1.0)
    return after, ArmSeconds(second[starts], share, mean[:, 0], mean[:, 1:4], sums[:, 4:], settled)


@lru_cache(maxsize=16)
def _band(rate_hz: float) -> tuple[Floats, Floats]:
    from scipy.signal import butter, sosfilt_zi

    sos = butter(2, BAND_HZ, "bandpass", fs=rate_hz, output="sos")
    return sos, sosfilt_zi(sos)
