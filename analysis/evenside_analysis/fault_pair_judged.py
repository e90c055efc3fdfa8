"""What the last rows of both feet say: durations and lengths of strides, the order of the feet in time, their steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.fault_pair_rows import PairRows
from evenside_analysis.fault_pair_settings import PairWatchSettings
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["Phased", "compared", "in_phase", "out_of_order"]

_Extents = list[tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Phased:
    """The usual phase after the new rows, how many rows it has been another one, and the spans in which it was."""

    usual: float | None
    strange: int
    found: _Extents


def in_phase(settings: PairWatchSettings, rows: PairRows, new: int, usual: float | None, strange: int) -> Phased:
    """Whether the feet keep their order in time, at each of the ``new`` last rows.

    The usual phase follows slowly, and not while it is another one; after ``phase_own`` rows that one is the usual one.
    """
    places = _windows(rows, new, settings.phase_rows)
    if not len(places):
        return Phased(usual, strange, [])
    limit = settings.phase if settings.gravity else settings.phase_free
    found: _Extents = []
    starts, ends = rows.start_s[places[:, 0]].tolist(), rows.end_s[places[:, -1]].tolist()
    for phase, start_s, end_s in zip(_medians(rows.phase[places]).tolist(), starts, ends, strict=True):
        off = 0.0 if usual is None else phase - usual
        if usual is None or (abs(off - round(off)) > limit and strange >= settings.phase_own):
            usual, strange = phase, 0
        elif abs(off - round(off)) <= limit:
            usual, strange = settings.phase_memory * usual + (1.0 - settings.phase_memory) * phase, 0
        else:
            strange += 1
            found.append((start_s, end_s, end_s))
    return Phased(usual, strange, found)


def out_of_order(settings: PairWatchSettings, rows: PairRows, new: int) -> _Extents:
    """Where two of the last rows, at each of the ``new`` last ones, are such as nobody walks; whatever is usual."""
    odd = np.flatnonzero(np.abs(rows.phase - 0.5) > settings.phase_odd)
    last, before = odd[1:], odd[:-1]
    near = (last - before < settings.phase_odd_rows) & (rows.end_s[last] - rows.start_s[before] < settings.window_s)
    chosen = near & (last >= rows.end_s.size - new)
    start_s, end_s = rows.start_s[before[chosen]].tolist(), rows.end_s[last[chosen]].tolist()
    return list(zip(start_s, end_s, end_s, strict=True))


def compared(settings: PairWatchSettings, rows: PairRows, new: int) -> dict[str, _Extents]:
    """Durations, lengths and steps of the last rows, at each of the ``new`` last ones."""
    places = _windows(rows, new, settings.strides)
    if not len(places):
        return {}
    wrong = {
        "stride_time": _longer(settings, rows.stride_s[places]),
        "stride_length": _further(settings, rows.way_m[places]),
        "delay": _later(settings, rows.step_s[places], rows.swing_s[places]),
    }
    extents = {}
    for kind, flags in wrong.items():
        at = places[flags]
        start_s, end_s = rows.start_s[at[:, 0]], rows.end_s[at[:, -1]]
        extents[kind] = list(zip(start_s.tolist(), end_s.tolist(), end_s.tolist(), strict=True))
    return extents


def _windows(rows: PairRows, new: int, width: int) -> Ints:
    """(n, width) places of the rows that are judged together, one window for each new row with enough before it."""
    last = np.arange(max(rows.end_s.size - new, width - 1), rows.end_s.size)
    return np.asarray(last[:, np.newaxis] + np.arange(1 - width, 1))


def _longer(settings: PairWatchSettings, stride_s: Floats) -> Bools:
    """Whether strides (n, rows, 2) last longer on one side, beyond the limit and what scatter makes of a mean."""
    known = np.isfinite(stride_s).all(axis=2)
    usual_s = _medians(np.where(known, stride_s[:, :, 0], np.nan))[:, np.newaxis, np.newaxis]
    good = known & (np.abs(stride_s / usual_s - 1.0) < settings.odd_stride).all(axis=2)
    ratio = np.where(good, np.log(stride_s[:, :, 1] / stride_s[:, :, 0]), 0.0)
    count = np.maximum(good.sum(axis=1), 2)
    mean = ratio.sum(axis=1) / count
    apart = np.where(good, ratio - mean[:, np.newaxis], 0.0)
    error = np.sqrt((apart * apart).sum(axis=1) / (count - 1) / count)
    enough = good.sum(axis=1) >= settings.stride_rows
    return np.asarray(enough & (np.abs(mean) > np.maximum(settings.stride_time, settings.stride_errors * error)))


def _further(settings: PairWatchSettings, way_m: Floats) -> Bools:
    """Whether strides (n, rows, 2) reach further on one side, row by row: who changes their pace changes both."""
    forward = (way_m > 0.0).all(axis=2)  # False for NaN
    ratio = np.divide(way_m[:, :, 1], way_m[:, :, 0], out=np.full(forward.shape, np.nan), where=forward)
    limit = settings.stride_length if settings.gravity else settings.stride_length_free
    further = np.abs(_medians(np.log(ratio))) > limit
    return np.asarray(further & (forward.sum(axis=1) >= settings.stride_rows))


def _later(settings: PairWatchSettings, step_s: Floats, swing_s: Floats) -> Bools:
    """Whether steps (n, rows, 2) differ far more than swings, which hardly do."""
    step, swing = _ai(step_s), _ai(swing_s)
    return np.asarray((np.abs(swing) < settings.swing_ai) & (np.abs(step - swing) > settings.delay_ai))


def _ai(times_s: Floats) -> Floats:
    """Asymmetry of the medians (n,), in AI points."""
    left, right = _medians(times_s[:, :, 0]), _medians(times_s[:, :, 1])
    both = left + right
    return 100.0 * np.divide(right - left, both, out=np.zeros_like(both), where=both > 0.0)


def _medians(values: Floats) -> Floats:
    """Of the rows (n, k), without NaN; NaN where there is nothing else."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = np.isfinite(values).sum(axis=1)
    at = np.arange(len(values))
    low, high = np.maximum((count - 1) // 2, 0), count // 2
    middle = 0.5 * (ordered[at, low] + ordered[at, np.minimum(high, values.shape[1] - 1)])
    return np.where(count > 0, middle, np.nan)
