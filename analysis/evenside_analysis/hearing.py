"""What was heard of one node: counts for completeness, by bins of time and over the session.

Only heard samples and their times count. How many rows of NaN stand for a silence depends on who tells it, so these
rows let time pass and nothing else. A hole is a step of more than one and a half periods.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["Hearing", "heard", "in_bins", "missing_between", "whole"]


def whole(values: Floats) -> Bools:
    """Which rows (n,) of values (n, channels) were heard in full.

    Column by column in memory: along short rows numpy takes eight times as long.
    """
    return np.asarray(np.ascontiguousarray(np.isfinite(values).T).all(axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """Counts so far. ``bins`` are those in which something was heard; old ones were dropped."""

    samples: int = 0
    holes: int = 0  # samples missing between samples
    first_s: float = np.nan
    last_s: float = np.nan
    largest_error_s: float = np.nan
    bins: Ints = field(default_factory=lambda: np.empty(0, np.int64))  # (bins,) ascending
    count: Ints = field(default_factory=lambda: np.empty(0, np.int64))  # (bins,) samples
    clock_error_s: Floats = field(default_factory=lambda: np.empty(0))  # (bins,) the largest


def heard(rate_hz: float, bin_s: float, state: Hearing, time_s: Floats, clock_error_s: float, keep_bin: int) -> Hearing:
    """Add the times (n,) of samples that were heard; bins before ``keep_bin`` are dropped."""
    if not time_s.size:
        return _dropped(state, keep_bin)
    bins = np.floor(time_s / bin_s).astype(np.int64)
    begins = np.concatenate(([0], (bins[1:] != bins[:-1]).nonzero()[0] + 1))
    bins = bins[begins]
    count = np.concatenate((begins[1:], [time_s.size])) - begins
    error_s = np.full(bins.size, clock_error_s)
    if state.bins.size and state.bins[-1] == bins[0]:
        count[0] += state.count[-1]
        error_s[0] = max(clock_error_s, float(state.clock_error_s[-1]))
    older = state.bins.searchsorted(bins[0])
    before_s = np.concatenate(([state.last_s], time_s[:-1]))
    added = Hearing(
        state.samples + time_s.size,
        state.holes + int(missing_between(rate_hz, before_s, time_s).sum()),
        state.first_s if state.samples else float(time_s[0]),
        float(time_s[-1]),
        max(clock_error_s, state.largest_error_s) if state.samples else clock_error_s,
        np.concatenate((state.bins[:older], bins)),
        np.concatenate((state.count[:older], count)),
        np.concatenate((state.clock_error_s[:older], error_s)),
    )
    return _dropped(added, keep_bin)


def missing_between(rate_hz: float, before_s: Floats, time_s: Floats) -> Floats:
    """Samples missing between two; 0 for an unknown one before (NaN)."""
    steps_s = time_s - before_s
    return np.where(steps_s > 1.5 / rate_hz, np.rint(steps_s * rate_hz) - 1.0, 0.0)


def in_bins(state: Hearing, first: int, end: int) -> tuple[int, float]:
    """Samples heard in the bins [first, end), and the largest clock error there (NaN without samples)."""
    low, high = state.bins.searchsorted([first, end])
    if low == high:
        return 0, np.nan
    return int(state.count[low:high].sum()), float(state.clock_error_s[low:high].max())


def _dropped(state: Hearing, keep_bin: int) -> Hearing:
    if not state.bins.size or state.bins[0] >= keep_bin:
        return state
    keep = state.bins >= keep_bin
    return replace(state, bins=state.bins[keep], count=state.count[keep], clock_error_s=state.clock_error_s[keep])
