"""Regularity of walking from one sensor on the trunk, bout by bout, as the bouts end.

::

    rows ─► regular ─► bouts ─► axes ─► strides ─► ad1, ad2, iHR, HR ─► Regularity
            (holes)    (blocks) (gravity, step)     (whole bout, each stride)

A bout is told when it is over, or has grown too long to be held. The session's means are kept beside it. What this
never does: say a side. One sensor in the middle cannot tell left from right, and a low regularity may come from either
leg, from both, from an uneven floor or from a turn that it cannot see.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.regular import Piece, RegularState, regular
from evenside_analysis.regularity import (
    AxisRegularity,
    Regularity,
    autocovariance,
    harmonic_ratio,
    harmonics,
    improved_harmonic_ratio,
)
from evenside_analysis.sums import PairSums, add, interval
from evenside_analysis.trunk_axes import along_walking, levelled
from evenside_analysis.trunk_bouts import ROWS, Bout, BoutRun, find_bouts
from evenside_analysis.trunk_settings import TrunkSettings
from evenside_analysis.trunk_strides import resampled, stride_edges, stride_lag
from evenside_analysis.types import Floats, Site
from evenside_analysis.uncertainty import Interval, adjusted_interval

__all__ = ["TrunkSettings", "TrunkState", "find_regularity", "session_regularity"]

_ROWS_AT_ONCE = 16_384  # keeps the working set small, whatever the length of a block


@dataclass(frozen=True, slots=True, eq=False)
class _Session:
    """Sums over the bouts so far. ``weighted``: strides times ad1, ad2 and hr of each axis."""

    bouts: int = 0
    strides: int = 0
    steps_s: float = 0.0  # time that the strides took
    start_s: float = 0.0
    end_s: float = 0.0
    weighted: tuple[float, ...] = (0.0,) * 9
    ihr: PairSums = field(default_factory=lambda: PairSums.start(3))


@dataclass(frozen=True, slots=True, eq=False)
class TrunkState:
    """Everything the past has to say. Plain data: it can be pickled, and resumed on another day."""

    regular: RegularState = field(default_factory=RegularState)
    run: BoutRun | None = None
    session: _Session = field(default_factory=_Session)


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """Of one bout: times of its first and last stride's ends, and of each axis what ``AxisRegularity`` holds."""

    start_s: float
    end_s: float
    ad: Floats  # (3 axes, 2)
    ihr: Floats  # (strides, 3)
    hr: Floats  # (3,), means


def find_regularity(
    settings: TrunkSettings, node: str, site: Site, state: TrunkState, time_s: Floats, acc: Floats, gyr: Floats | None
) -> tuple[TrunkState, tuple[Regularity, ...]]:
    """Feed rows of one sensor; return the bouts of straight walking that are now told.

    A row with NaN in it was not heard: it only lets time pass. Without ``gyr`` turns are not left out.

    Args:
        time_s: (n,) session time, strictly increasing, also across calls.
        acc: (n, 3) m/s², with gravity.
        gyr: (n, 3) rad/s, in the same axes, or None.

    Raises:
        ValueError: shapes that do not fit, or times that do not increase.
    """
    turning = np.zeros_like(acc) if gyr is None else gyr
    if acc.shape != (time_s.size, 3) or turning.shape != acc.shape:
        raise ValueError(f"{time_s.size} times need acc and gyr of three columns, got {acc.shape} and {turning.shape}")
    heard, pieces = regular(
        settings.rate_hz, settings.break_s, state.regular, time_s, np.concatenate([acc, turning], axis=1)
    )
    run, found = state.run, list[Bout]()
    for piece in pieces:
        if piece.fresh:
            if run is not None:
                found += find_bouts(settings, run, np.empty((ROWS, 0)), ended=True)[1]
            run = BoutRun()
        assert run is not None
        for part in _parts(piece):
            run, more = find_bouts(settings, run, part, ended=False)
            found += more
    if heard.heard_s is None and run is not None:
        found += find_bouts(settings, run, np.empty((ROWS, 0)), ended=True)[1]
        run = None
    session, told = state.session, list[Regularity]()
    for bout in found:
        measured = _measured(settings, bout)
        if measured is not None:
            told.append(_of_bout(node, site, measured))
            session = _added(session, measured)
    return TrunkState(heard, run, session), tuple(told)


def session_regularity(node: str, site: Site, state: TrunkState) -> Regularity | None:
    """Of all bouts so far; None where there was none."""
    session = state.session
    if not session.bouts:
        return None
    means = [total / session.strides for total in session.weighted]
    ihr = interval(session.ihr)
    axes = []
    for axis in range(3):
        ad1, ad2 = means[2 * axis : 2 * axis + 2]
        axes.append(_axis(ad1, ad2, means[6 + axis], ihr.row(axis)))
    cadence = 120.0 * session.strides / session.steps_s
    span = (session.start_s, session.end_s)
    return Regularity(node, site, *span, session.bouts, session.strides, cadence, *axes)


def _parts(piece: Piece) -> list[Floats]:
    columns = np.empty((ROWS, piece.time_s.size))
    columns[0], columns[1:-1], columns[-1] = piece.time_s, piece.rows.T, piece.lost
    return [columns[:, at : at + _ROWS_AT_ONCE] for at in range(0, piece.time_s.size, _ROWS_AT_ONCE)]


def _measured(settings: TrunkSettings, bout: Bout) -> _Measured | None:
    """None where this is not walking, or too little of it."""
    signals = levelled(settings, bout.acc)
    lag = None if signals is None else stride_lag(settings, signals)
    if signals is None or lag is None:
        return None
    axes = along_walking(signals, round(0.5 * lag))
    edges = stride_edges(settings, axes, lag)
    if edges.size - 1 < settings.strides_min:
        return None
    amplitudes = harmonics(resampled(axes, edges, settings.points))
    sideways = [(amplitudes[:, axis], axis == 2) for axis in range(3)]
    ihr = np.stack([improved_harmonic_ratio(one, mediolateral=across) for one, across in sideways], axis=1)
    hr = np.stack([harmonic_ratio(one, mediolateral=across) for one, across in sideways])
    ends_s = np.rint(np.interp(edges[[0, -1]], np.arange(bout.time_s.size), bout.time_s) * 1e6) / 1e6
    return _Measured(float(ends_s[0]), float(ends_s[1]), _ad(axes, lag), ihr, hr.mean(axis=1))


def _ad(axes: Floats, lag: int) -> Floats:
    """Step and stride regularity (3, 2): the extremes of the autocovariance about half a stride and a whole one."""
    found = autocovariance(axes, round(1.1 * lag) + 1)
    found /= found[:, :1]
    step, stride = found[:, round(0.4 * lag) : round(0.6 * lag) + 1], found[:, round(0.9 * lag) :]
    ad1 = np.concatenate([step[:2].max(axis=1), step[2:].min(axis=1)])
    return np.stack([ad1, stride.max(axis=1)], axis=1)


def _of_bout(node: str, site: Site, measured: _Measured) -> Regularity:
    axes = []
    for axis in range(3):
        ad1, ad2 = measured.ad[axis].tolist()
        ihr = adjusted_interval(np.ascontiguousarray(measured.ihr[:, axis]))
        axes.append(_axis(ad1, ad2, float(measured.hr[axis]), ihr))
    strides = len(measured.ihr)
    cadence = 120.0 * strides / (measured.end_s - measured.start_s)
    return Regularity(node, site, measured.start_s, measured.end_s, 1, strides, cadence, *axes)


def _axis(ad1: float, ad2: float, hr: float, ihr: Interval) -> AxisRegularity:
    return AxisRegularity(ad1, ad2, ihr.mean, max(ihr.lo, 0.0), min(ihr.hi, 100.0), hr)


def _added(session: _Session, measured: _Measured) -> _Session:
    strides = len(measured.ihr)
    new = [strides * one for one in (*measured.ad.ravel().tolist(), *measured.hr.tolist())]
    return _Session(
        session.bouts + 1,
        session.strides + strides,
        session.steps_s + (measured.end_s - measured.start_s),
        session.start_s if session.bouts else measured.start_s,
        measured.end_s,
        tuple(total + one for total, one in zip(session.weighted, new, strict=True)),
        add(session.ihr, measured.ihr),
    )
