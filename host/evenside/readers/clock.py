"""What a file's time column means: seconds or a count of samples, how many of them a second, and where zero is.

Settled once, from the first lines, before anything is read: a stated rate is compared with the one in the column, and
what does not fit is told. A unit of time that is off by a power of ten is refused, because every figure would be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np

from evenside.errors import LayoutError, ReadError
from evenside.readers.layout import Layout
from evenside.readers.units import UNITS
from evenside_analysis.types import Floats

__all__ = ["RATE_TOLERANCE", "Clock", "first_time", "mean_step", "settle_clock", "stated_rate"]

RATE_TOLERANCE = 0.02
_RATE_RANGE_HZ = (0.1, 10_000.0)
_POWERS = (1e3, 1e-3, 1e6, 1e-6, 1e9, 1e-9)


@dataclass(frozen=True, slots=True)
class Clock:
    """How raw cells of the time column become session time."""

    rate_hz: float
    counts: bool  # the column counts samples (or there is none, and rows do)
    factor: float  # seconds in one unit of the column; 1 where it counts
    wraps_at: int | None = None
    zero: float = 0.0  # the cell at session time 0


def mean_step(raw: Floats) -> float | None:
    """Mean of the steps within half of their median, or None where fewer than two steps go forward."""
    steps = np.diff(raw)
    steps = steps[steps > 0]
    if steps.size < 2:
        return None
    median = float(np.median(steps))
    return float(np.mean(steps[np.abs(steps - median) <= 0.5 * median]))


def first_time(raw: Floats) -> float:
    """The first cell that does not lie after its successor (a glitch in the first line would shift everything)."""
    if not raw.size:
        return 0.0
    sound = np.append(raw[:-1] < raw[1:], True)
    return float(raw[np.argmax(sound)])


def stated_rate(layout: Layout, before: tuple[str, ...]) -> float | None:
    """The rate that a line above the data states in the words of ``time.rate_text``, or None."""
    if not layout.time.rate_text:
        return None
    start, end = layout.time.rate_text.split("{}", 1)
    for line in before:
        if start in line:
            words = line.split(start, 1)[1]
            try:
                rate_hz = float(words.split(end, 1)[0] if end else words.split()[0])
            except (ValueError, IndexError):
                continue
            if isfinite(rate_hz) and _RATE_RANGE_HZ[0] <= rate_hz <= _RATE_RANGE_HZ[1]:
                return rate_hz
    return None


def settle_clock(layout: Layout, raw: Floats, in_file_hz: float | None, given_hz: float | None) -> tuple[Clock, str]:
    """The clock of one file, and what a person should know about its rate ("" where there is nothing).

    ``raw`` holds the finite time cells of the first lines; ``in_file_hz`` is what the file itself states; ``given_hz``
    comes from whoever asked for the file and outranks every statement, but not a column of seconds.

    Raises:
        LayoutError: the unit of time does not fit.
        ReadError: there is no way to tell the rate.
    """
    time = layout.time
    assumed_hz = given_hz or in_file_hz or time.rate_hz
    counting = time.column is None or time.unit == "samples" or (time.unit == "auto" and _is_index(raw))
    if counting:
        assert assumed_hz is not None  # the layout has a rate wherever a column may count
        words = ""
        if time.unit == "auto" and given_hz is None:
            words = (
                f"the index counts samples: {assumed_hz:g} Hz is assumed (layout {layout.name}); "
                "give the rate if this file was recorded at another"
            )
        elif given_hz is None and _differ(in_file_hz, time.rate_hz):
            words = f"the file states {in_file_hz:g} Hz, layout {layout.name} {time.rate_hz:g} Hz: the file is believed"
        return Clock(assumed_hz, True, 1.0, time.wraps_at), words
    factor = UNITS["time"]["s" if time.unit == "auto" else time.unit]
    return _by_column(layout, raw, factor, assumed_hz)


def _is_index(raw: Floats) -> bool:
    steps = np.diff(raw)
    return bool(steps.size) and float(np.median(steps)) == 1.0 and bool(np.all(raw == np.rint(raw)))


def _differ(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one / other - 1) > RATE_TOLERANCE


def _by_column(layout: Layout, raw: Floats, factor: float, assumed_hz: float | None) -> tuple[Clock, str]:
    step = mean_step(raw)
    if step is None:
        if assumed_hz is None:
            raise ReadError(
                f"layout {layout.name}: too few lines to tell the rate", mend=f"state time.rate_hz in {layout.place}"
            )
        return Clock(assumed_hz, False, factor), ""
    measured_hz = 1.0 / (step * factor)
    if assumed_hz is not None and not _differ(measured_hz, assumed_hz):
        return Clock(assumed_hz, False, factor), ""
    if assumed_hz is not None and any(abs(measured_hz / assumed_hz * power - 1) <= RATE_TOLERANCE for power in _POWERS):
        raise _unit_of_time(layout, measured_hz, f"not the stated {assumed_hz:g} Hz")
    if not _RATE_RANGE_HZ[0] <= measured_hz <= _RATE_RANGE_HZ[1]:
        raise _unit_of_time(layout, measured_hz, f"outside {_RATE_RANGE_HZ[0]:g} to {_RATE_RANGE_HZ[1]:g} Hz")
    rate_hz = float(np.round(measured_hz, 3))
    if assumed_hz is None:
        return Clock(rate_hz, False, factor), ""
    return Clock(rate_hz, False, factor), (
        f"the time column says {rate_hz:g} Hz, not the stated {assumed_hz:g} Hz: the column is believed"
    )


def _unit_of_time(layout: Layout, measured_hz: float, words: str) -> LayoutError:
    return LayoutError(
        f"layout {layout.name}: the time column in {layout.time.unit} gives {measured_hz:g} Hz, {words}",
        mend=f"correct time.unit in {layout.place}: one of {', '.join(UNITS['time'])}, samples",
    )
