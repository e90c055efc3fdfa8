"""What was heard of one node: counts for completeness, by bins of time and over the session.

Only heard samples and their times count. How many rows of NaN stand for a silence depends on who tells it, so these
rows let time pass and nothing else. A hole is a step of more than one and a half periods.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.types import Block, Floats, Ints

__all__ = ["Hearing", "heard", "in_bins"]


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """Counts so far. ``count`` and ``clock_error_s`` are by bin, from bin ``first_bin`` on; older ones were dropped."""

    samples: int = 0
    holes: int = 0  # samples missing between samples
    first_s: float = np.nan
    last_s: float = np.nan
    passed_s: float = -np.inf
    largest_error_s: float = np.nan
    first_bin: int = 0
    count: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    clock_error_s: Floats = field(default_factory=lambda: np.empty(0))


def heard(rate_hz: float, bin_s: float, state: Hearing, block: Block, keep_bin: int) -> Hearing:
    """Add a block; bins before ``keep_bin`` are dropped."""
    if not block.time_s.size:
        return state
    time_s = block.time_s[np.isfinite(block.values).all(axis=1)]
    passed_s = float(block.time_s[-1])
    if not time_s.size:
        return _dropped(state, passed_s, keep_bin)
    steps = np.diff(time_s, prepend=state.last_s)
    missing = np.rint(steps * rate_hz) - 1.0
    holes = int(missing[steps > 1.5 / rate_hz].sum())
    index = np.floor(time_s / bin_s).astype(np.int64)
    start = state.first_bin if state.count.size else int(index[0])
    width = int(index[-1]) - start + 1
    count = np.zeros(width, np.int64)
    count[: state.count.size] = state.count
    count += np.bincount(index - start, minlength=width)
    error_s = np.full(width, -np.inf)
    error_s[: state.count.size] = state.clock_error_s
    error_s[index - start] = np.maximum(error_s[index - start], block.clock_error_s)
    largest_s = float(np.fmax(state.largest_error_s, block.clock_error_s))
    first_s = float(time_s[0]) if np.isnan(state.first_s) else state.first_s
    samples = state.samples + time_s.size
    added = Hearing(
        samples, state.holes + holes, first_s, float(time_s[-1]), passed_s, largest_s, start, count, error_s
    )
    return _dropped(added, passed_s, keep_bin)


def in_bins(state: Hearing, first: int, end: int) -> tuple[int, float]:
    """Samples heard in the bins [first, end), and the largest clock error there (NaN without samples)."""
    low, high = max(first - state.first_bin, 0), max(end - state.first_bin, 0)
    count = int(state.count[low:high].sum())
    return count, float(state.clock_error_s[low:high].max()) if count else np.nan


def _dropped(state: Hearing, passed_s: float, keep_bin: int) -> Hearing:
    drop = min(max(keep_bin - state.first_bin, 0), state.count.size)
    return Hearing(
        state.samples,
        state.holes,
        state.first_s,
        state.last_s,
        passed_s,
        state.largest_error_s,
        state.first_bin + drop,
        state.count[drop:],
        state.clock_error_s[drop:],
    )
