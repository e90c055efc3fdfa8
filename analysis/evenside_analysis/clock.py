"""Where a device's clock stands on the session clock, and how sure that is: the two-sided envelope.

Nothing arrives before it was sent. So every request bounds the session time of the device's stamp from below, every
reply and every data frame bounds it from above, whatever the radio does in between. A line through device time that
obeys all bounds of the last ``window_s`` is possible; the centre of all possible lines is the estimate, their spread
the error. A midpoint of round trips, as NTP takes it, would be off by half a connection interval on BLE: there a
request waits for the next connection event and the reply always for one more, so the caller tells that interval and it
is taken off. (Bounds instead of midpoints: Marzullo & Owicki 1983; a line below all delays: Moon, Skelly & Towsley
1999.)

Of each ``bucket_s`` only the tightest bound of each kind is kept, so the state is bounded, an observation is cheap, and
the order of observations that contradict nothing does not matter. What contradicts the kept bounds is set aside; when
it repeats, the clock has been stepped or the host was suspended, and a new ``segment`` begins. What this never does:
read a clock, or smooth what it says (``clock_timeline`` does).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from evenside_analysis.clock_bounds import Bound, reach, tightened
from evenside_analysis.clock_polygon import Polygon, Spread, box, clip_above, clip_below, highest_at, spread
from evenside_analysis.types import Floats, Ints

__all__ = [
    "SHARED",
    "ClockLine",
    "ClockSettings",
    "ClockState",
    "UnwrapState",
    "clock_line",
    "observe_arrival",
    "observe_exchange",
    "session_s",
    "unrounded_s",
    "unwrap_us",
]

WRAP_US = 1 << 32


@dataclass(frozen=True, slots=True)
class UnwrapState:
    """The last tick, unwrapped, or None before the first. A known uptime put here bridges a silence beyond a wrap."""

    last_us: int | None = None


def unwrap_us(state: UnwrapState, ticks_u32: Ints) -> tuple[UnwrapState, Ints]:
    """Device microseconds (n,) that wrap at 2^32, as 64-bit numbers that do not.

    Each tick is taken as the nearest one to its predecessor, less than half a wrap (35.8 minutes) before or after it:
    late ticks keep their place. The first one of all stands for itself. Raises ValueError outside 0 to 2^32 - 1.
    """
    if ticks_u32.size == 0:
        return state, ticks_u32.astype(np.int64)
    if int(ticks_u32.min()) < 0 or int(ticks_u32.max()) >= WRAP_US:
        raise ValueError("ticks must lie in 0 to 2^32 - 1")
    last = int(ticks_u32[0]) if state.last_us is None else state.last_us
    steps = np.diff(ticks_u32, prepend=last % WRAP_US).astype(np.int64)
    nearest = (steps + WRAP_US // 2) % WRAP_US - WRAP_US // 2
    ticks = last + np.cumsum(nearest)
    return UnwrapState(int(ticks[-1])), ticks


@dataclass(frozen=True, slots=True)
class ClockLine:
    """Session seconds = device + offset_s + (rate - 1) * (device - origin_device_s), true within ``error_s``."""

    origin_device_s: float
    offset_s: float
    rate: float
    error_s: float


SHARED = ClockLine(0.0, 0.0, 1.0, 0.0)
"""A device clock that is the session clock."""


def unrounded_s(line: ClockLine, device_s: Floats) -> Floats:
    """Session times of device times (n,)."""
    return device_s + (line.offset_s + (line.rate - 1.0) * (device_s - line.origin_device_s))


def session_s(line: ClockLine, device_s: Floats) -> Floats:
    """Session times of device times (n,), whole microseconds."""
    return np.rint(unrounded_s(line, device_s) * 1e6) / 1e6


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """How much is remembered and what is believed.

    ``error_s`` of a line is ``coverage`` standard deviations of the possible lines plus ``wander_ppm`` of the
    remembered span (a crystal that warms up drifts about 1 ppm a minute). One standard deviation covers the true error
    in over 95 % of windows, because the minima of both delays hold the truth near the middle (tests/analysis has the
    models: connection events at 15 and 30 ms, with and without loss, and a wire), and the truth of a steady clock never
    lies beyond 2 sqrt(2) of them, the farthest corner of a triangle from its centroid.
    ``arrivals_error_s`` is what is declared for a device that answers no requests; inf: nobody knows.
    Raises ValueError for settings that cannot work.
    """

    window_s: float = 120.0
    bucket_s: float = 1.0
    rate_limit_ppm: float = 100.0
    wander_ppm: float = 1.0
    coverage: float = 1.0
    min_exchanges: int = 3
    step_s: float = 0.005  # a contradiction up to this size is widened, not believed
    confirmations: int = 3  # contradictions in a row that begin a new segment
    horizon_s: float = 2.0  # the line is used this far beyond the last observation
    arrivals_error_s: float = math.inf

    def __post_init__(self) -> None:
        if not 0.0 < self.bucket_s <= self.window_s <= 3600.0 or self.window_s > 1000.0 * self.bucket_s:
            raise ValueError(f"bucket_s {self.bucket_s} and window_s {self.window_s} must give 1 to 1000 buckets")
        if not 0.0 < self.rate_limit_ppm <= 100_000.0:
            raise ValueError(f"rate_limit_ppm {self.rate_limit_ppm} must lie in 0 to 100000")
        if self.min_exchanges < 1 or self.confirmations < 1:
            raise ValueError("min_exchanges and confirmations must be at least 1")
        for name in ("wander_ppm", "coverage", "step_s", "horizon_s", "arrivals_error_s"):
            if not getattr(self, name) >= 0.0:
                raise ValueError(f"{name} {getattr(self, name)} must not be negative")

    @property
    def rate_limit(self) -> float:
        return self.rate_limit_ppm * 1e-6


@dataclass(frozen=True, slots=True)
class ClockState:
    """The tightest bound of each bucket, sorted by device time, and what contradicted them lately."""

    floors: tuple[Bound, ...] = ()
    ceilings: tuple[Bound, ...] = ()
    latest_device_s: float = -math.inf
    exchanges: int = 0
    segment: int = 0  # counts the steps of either clock that were found
    too_low: tuple[tuple[float, float, float], ...] = ()  # (device, floor, ceiling) with ceilings below the floors
    too_high: tuple[tuple[float, float, float], ...] = ()  # … with floors above the ceilings


def observe_exchange(
    settings: ClockSettings, state: ClockState, sent_s: float, device_s: float, arrived_s: float, interval_s: float
) -> ClockState:
    """A request sent at ``sent_s`` was stamped ``device_s`` by the device, and its reply arrived at ``arrived_s``.

    ``interval_s`` is the time that every reply waits at the least: the connection interval on BLE (the shortest one
    that held since the request), 0 on a wire. Where taking it off would contradict what is known, it is left out.
    """
    floor, ceiling = sent_s - device_s, arrived_s - device_s
    reduced = ceiling - interval_s
    if reduced >= max(floor, reach(state.floors, device_s, -settings.rate_limit)) - settings.step_s:
        ceiling = reduced
    return _observe(settings, state, device_s, floor, ceiling)


def observe_arrival(settings: ClockSettings, state: ClockState, device_s: float, arrived_s: float) -> ClockState:
    """Something that the device stamped ``device_s`` (of a frame: its newest sample) arrived at ``arrived_s``."""
    return _observe(settings, state, device_s, -math.inf, arrived_s - device_s)


def _observe(settings: ClockSettings, state: ClockState, device_s: float, floor: float, ceiling: float) -> ClockState:
    low = ceiling < reach(state.floors, device_s, -settings.rate_limit) - settings.step_s
    high = floor > reach(state.ceilings, device_s, settings.rate_limit) + settings.step_s
    if not (low or high):
        # A late frame says nothing against a device that fell behind, so it clears only what it could have shown.
        kept = replace(state, too_low=(), too_high=() if math.isfinite(floor) else state.too_high)
        return _remember(settings, kept, device_s, floor, ceiling)
    suspect = (device_s, floor, ceiling)
    too_low = (*state.too_low, suspect) if low else state.too_low
    too_high = (*state.too_high, suspect) if high else state.too_high
    if max(len(too_low), len(too_high)) < settings.confirmations:
        return replace(state, too_low=too_low, too_high=too_high)
    fresh = ClockState(segment=state.segment + 1)
    for suspected in too_low if len(too_low) >= len(too_high) else too_high:
        fresh = _remember(settings, fresh, *suspected)
    return fresh


def _remember(settings: ClockSettings, state: ClockState, device_s: float, floor: float, ceiling: float) -> ClockState:
    latest_s = max(state.latest_device_s, device_s)
    exchange = math.isfinite(floor)
    return replace(
        state,
        floors=tightened(state.floors, (device_s, floor), latest_s, settings.bucket_s, settings.window_s, -1.0)
        if exchange
        else state.floors,
        ceilings=tightened(state.ceilings, (device_s, ceiling), latest_s, settings.bucket_s, settings.window_s, 1.0),
        latest_device_s=latest_s,
        exchanges=state.exchanges + exchange,
    )


def clock_line(settings: ClockSettings, state: ClockState) -> ClockLine:
    """The estimate at the latest observation.

    With fewer than ``min_exchanges`` exchanges it rests on arrivals alone: the highest line that no arrival
    contradicts, too late by the shortest delay of all, with ``arrivals_error_s``.

    Raises:
        ValueError: nothing was observed yet.
    """
    if not state.ceilings:
        raise ValueError("a clock needs at least one observation")
    origin_s = state.latest_device_s
    reference_s = state.ceilings[-1][1]  # heights are counted from here to keep their digits
    ceilings = tuple((at - origin_s, offset - reference_s) for at, offset in state.ceilings)
    floors = tuple((at - origin_s, offset - reference_s) for at, offset in state.floors)
    if state.exchanges < settings.min_exchanges or not floors:
        height, slope = _arrivals_only(settings, ceilings)
        return ClockLine(origin_s, reference_s + height, 1.0 + slope, settings.arrivals_error_s)
    fit, widened_s = _between(settings, floors, ceilings)
    span_s = -min(floors[0][0], ceilings[0][0])
    error_s = (
        settings.coverage * (fit.height_sd + fit.slope_sd * settings.horizon_s)
        + settings.wander_ppm * 1e-6 * (span_s + settings.horizon_s)
        + widened_s
    )
    return ClockLine(origin_s, reference_s + fit.height, 1.0 + fit.slope, error_s)


def _whole(settings: ClockSettings, bounds: tuple[Bound, ...]) -> Polygon:
    """A box that holds every line which could matter: nothing but the rate is limited by it."""
    drift_s = settings.rate_limit * max(abs(at) for at, _ in bounds) + 1e-3
    return box(min(y for _, y in bounds) - drift_s, max(y for _, y in bounds) + drift_s, settings.rate_limit)


def _arrivals_only(settings: ClockSettings, ceilings: tuple[Bound, ...]) -> tuple[float, float]:
    polygon = _whole(settings, ceilings)
    for x, y in ceilings:
        polygon = clip_below(polygon, x, y)
    return highest_at(polygon, sum(x for x, _ in ceilings) / len(ceilings))


def _between(settings: ClockSettings, floors: tuple[Bound, ...], ceilings: tuple[Bound, ...]) -> tuple[Spread, float]:
    """Spread of all lines between the bounds, and by how much these had to be widened to leave any."""
    widened_s = 0.0
    whole = _whole(settings, tuple(chain(floors, ceilings)))
    while True:
        polygon = whole
        for x, y in floors:
            polygon = clip_above(polygon, x, y - widened_s)
        for x, y in ceilings:
            polygon = clip_below(polygon, x, y + widened_s)
        fit = spread(polygon)
        if fit is not None:
            return fit, widened_s
        widened_s = max(2.0 * widened_s, 1e-5)
