"""Heard samples on a regular count of periods, so that filters of fixed length may run over them.

::

    time      10.00 10.01 10.02        10.05 10.06                    12.00 12.01
    heard       x     x     x            x     x                        x     x
    count       0     1     2    3   4   5     6     | more than break_s  0     1
    lost                         x   x               |   a new run

A row of NaN says that nothing was heard up to its time: it is dropped, and only its time counts. Where two heard
samples lie further apart than 1.5 periods the missing ones are bridged by a straight line and marked as lost; where
they lie further apart than ``break_s`` the run ends and a new one begins. A row never moves to another time: the true
times travel with the rows, and a rate that is slightly wrong only makes the count run slightly fast.

What depends on the rows depends on the heard ones alone, so a hole told by one row of NaN or by a hundred, early or
late, gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Bools, Floats

__all__ = ["Piece", "RegularState", "regular"]

_LARGEST = 1e6  # in SI units: what exceeds it comes from no sensor on a body, and would spoil every sum it enters
_HOLE_PERIODS = 1.5  # nearer than this, jitter of a clock explains the distance of two samples


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Consecutive rows of one run, lost ones bridged. ``fresh`` tells that the run begins here."""

    fresh: bool
    time_s: Floats  # (n,)
    rows: Floats  # (n, channels)
    lost: Bools  # (n,)


@dataclass(frozen=True, slots=True, eq=False)
class RegularState:
    """The last heard row of a run that may go on, and how far time has passed."""

    time_s: float = -np.inf  # the latest of all rows, heard or not
    heard_s: float | None = None  # None: no run is open
    row: Floats | None = None  # (channels,)


def regular(
    rate_hz: float, break_s: float, state: RegularState, time_s: Floats, rows: Floats
) -> tuple[RegularState, list[Piece]]:
    """Feed rows; return the pieces they make, each of one run. The last run has ended where the state says so.

    Args:
        time_s: (n,) strictly increasing, also across calls.
        rows: (n, channels) in SI units; a row that holds NaN, or a number beyond 1e6, was not heard.

    Raises:
        ValueError: times that do not increase, or do not fit the rows.
    """
    if rows.ndim != 2 or time_s.shape != rows.shape[:1]:
        raise ValueError(f"times of shape {time_s.shape} do not fit rows of shape {rows.shape}")
    if not time_s.size:
        return state, []
    if not (time_s[0] > state.time_s and (time_s.size < 2 or bool((time_s[1:] > time_s[:-1]).all()))):
        raise ValueError(f"times must increase, also from call to call: {time_s[0]} after {state.time_s}")
    latest_s = float(time_s[-1])
    heard = (np.abs(rows) <= _LARGEST).all(axis=1)  # also False for NaN
    if not heard.all():
        time_s, rows = time_s[heard], rows[heard]
    if not time_s.size:
        ended = state.heard_s is not None and latest_s - state.heard_s > break_s
        return RegularState(latest_s, None if ended else state.heard_s, None if ended else state.row), []
    fresh = state.heard_s is None or state.row is None
    if state.heard_s is not None and state.row is not None:
        time_s, rows = np.concatenate([[state.heard_s], time_s]), np.concatenate([state.row[np.newaxis], rows])
    last_s = float(time_s[-1])
    ended = latest_s - last_s > break_s
    after = RegularState(latest_s, None if ended else last_s, None if ended else rows[-1].copy())
    ends = [*(np.flatnonzero(np.diff(time_s) > break_s) + 1).tolist(), time_s.size]
    pieces, first = [], 0
    for end in ends:
        piece = _bridged(rate_hz, fresh, time_s[first:end], rows[first:end])
        if piece.time_s.size:
            pieces.append(piece)
        fresh, first = True, end
    return after, pieces


def _bridged(rate_hz: float, fresh: bool, time_s: Floats, rows: Floats) -> Piece:
    """One run's rows; unless fresh, the first row is the last one of the piece before and is not handed out again."""
    step_s = np.diff(time_s)
    steps = np.where(step_s * rate_hz > _HOLE_PERIODS, np.rint(step_s * rate_hz), 1.0).astype(np.int64)
    if bool((steps == 1).all()):
        skip = 0 if fresh else 1
        return Piece(fresh, time_s[skip:], rows[skip:], np.zeros(time_s.size - skip, np.bool_))
    before = np.repeat(np.arange(steps.size), steps)  # for each row after the first, the heard row before it
    place = np.arange(before.size) - np.repeat(np.cumsum(steps) - steps, steps) + 1
    lost = place < steps[before]
    share = place / steps[before]
    bridged_s = np.where(lost, time_s[before] + step_s[before] * share, time_s[before + 1])
    change = np.diff(rows, axis=0)
    bridge = np.where(lost[:, np.newaxis], rows[before] + change[before] * share[:, np.newaxis], rows[before + 1])
    if not fresh:
        return Piece(False, bridged_s, bridge, lost)
    return Piece(
        True,
        np.concatenate([time_s[:1], bridged_s]),
        np.concatenate([rows[:1], bridge]),
        np.concatenate([[False], lost]),
    )
