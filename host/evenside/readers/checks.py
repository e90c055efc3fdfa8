"""Do the values fit what the layout says of them? Pure arithmetic with bounded state; the words are made elsewhere.

Acceleration is judged where the node is still: in half-second windows in which it varies by less than 3 % of its mean
length, a test that no unit can upset. There its length is gravity, in whatever unit the file really has; a signal whose
gravity was removed has no such windows. Angular rate, force and power are judged by their largest values.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.types import ACC, FORCE, GYR, POWER, Bools, Floats, Ints, Node

__all__ = ["Findings", "Watch", "start_watch", "watch"]

WINDOW_S = 0.5
STILL_SHARE = 0.03  # of the mean length: the spread of a still window
NO_GRAVITY_M_S2 = 1.0  # a window whose mean length is below this holds no gravity (free fall lasts less)
GYR_LIMIT_RAD_S = 50.0  # 2865 deg/s; gyroscopes of wearables end at 2000
_BINS_PER_DECADE = 1000  # 0.23 % a bin: 9.81 is right to 0.011
_DECADES = (-4, 5)


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """What was seen of one node so far."""

    samples: int = 0
    lost: int = 0
    run: int = 0  # length of the lost run that is still open
    longest_run: int = 0
    still: Ints = field(default_factory=lambda: np.zeros((_DECADES[1] - _DECADES[0]) * _BINS_PER_DECADE, np.int64))
    windows: int = 0
    without_gravity: int = 0  # windows whose mean length of acceleration is near zero
    acc_peak: float = 0.0
    gyr_peak: float = 0.0
    gyr_above: int = 0  # samples above GYR_LIMIT_RAD_S
    force_min: float = np.inf
    force_max: float = -np.inf
    power_max: float = -np.inf
    tail: Floats = field(default_factory=lambda: np.empty((0, 0)))  # rows of the window that is not full yet


@dataclass(frozen=True, slots=True)
class Findings:
    """The figures of one node. NaN where there was nothing to take them from."""

    samples: int
    lost: int
    longest_lost_s: float
    rest_m_s2: float  # median length of the acceleration where still
    still_s: float
    without_gravity_share: float  # of all windows
    acc_peak_m_s2: float
    gyr_peak_rad_s: float
    gyr_above: int
    force_min_n: float
    force_max_n: float
    power_max_w: float

    @staticmethod
    def of(seen: Watch, node: Node) -> Findings:
        """What a watch amounts to."""
        count = int(seen.still.sum())
        rest = float("nan")
        if count:
            bin_of_median = int(np.searchsorted(np.cumsum(seen.still), (count + 1) // 2))
            rest = float(10.0 ** (_DECADES[0] + (bin_of_median + 0.5) / _BINS_PER_DECADE))
        return Findings(
            samples=seen.samples,
            lost=seen.lost,
            longest_lost_s=seen.longest_run / node.rate_hz,
            rest_m_s2=rest,
            still_s=count * WINDOW_S,
            without_gravity_share=seen.without_gravity / seen.windows if seen.windows else float("nan"),
            acc_peak_m_s2=seen.acc_peak,
            gyr_peak_rad_s=seen.gyr_peak,
            gyr_above=seen.gyr_above,
            force_min_n=seen.force_min,
            force_max_n=seen.force_max,
            power_max_w=seen.power_max,
        )


def start_watch() -> Watch:
    """Nothing seen yet."""
    return Watch()


def watch(node: Node, seen: Watch, values: Floats) -> Watch:
    """What was seen, with these rows (n, channels) of the node added."""
    gone = np.isnan(values[:, 0])
    run, longest = _runs(gone, seen.run, seen.longest_run)
    heard = values[~gone] if gone.any() else values
    acc, gyr = node.columns(ACC), node.columns(GYR)
    force, power = node.columns((FORCE,)), node.columns((POWER,))
    still, windows, without, tail = seen.still, seen.windows, seen.without_gravity, seen.tail
    acc_peak, gyr_peak, gyr_above = seen.acc_peak, seen.gyr_peak, seen.gyr_above
    if acc is not None:
        rows = values[:, acc] if not tail.size else np.concatenate([tail, values[:, acc]])
        each, mean_length, whole, tail = _windows(rows, max(2, round(WINDOW_S * node.rate_hz)))
        still = still + np.bincount(each, minlength=still.size)
        windows += whole
        without += int(np.count_nonzero(mean_length < NO_GRAVITY_M_S2))
        acc_peak = max(acc_peak, float(np.max(np.abs(heard[:, acc]), initial=0.0)))
    if gyr is not None and len(heard):
        largest = np.max(np.abs(heard[:, gyr]), axis=1)
        gyr_peak = max(gyr_peak, float(largest.max()))
        gyr_above += int(np.count_nonzero(largest > GYR_LIMIT_RAD_S))
    return Watch(
        samples=seen.samples + len(values),
        lost=seen.lost + int(np.count_nonzero(gone)),
        run=run,
        longest_run=longest,
        still=still,
        windows=windows,
        without_gravity=without,
        acc_peak=acc_peak,
        gyr_peak=gyr_peak,
        gyr_above=gyr_above,
        force_min=seen.force_min if force is None else float(np.min(heard[:, force], initial=seen.force_min)),
        force_max=seen.force_max if force is None else float(np.max(heard[:, force], initial=seen.force_max)),
        power_max=seen.power_max if power is None else float(np.max(heard[:, power], initial=seen.power_max)),
        tail=tail,
    )


def _runs(gone: Bools, run: int, longest: int) -> tuple[int, int]:
    """Length of the open run of lost samples, and of the longest one."""
    heard_at = np.flatnonzero(~gone)
    if not heard_at.size:
        run += gone.size
        return run, max(longest, run)
    inner = int(np.max(np.diff(heard_at), initial=1)) - 1
    still_open = gone.size - 1 - int(heard_at[-1])
    return still_open, max(longest, run + int(heard_at[0]), inner, still_open)


def _windows(acc: Floats, width: int) -> tuple[Ints, Floats, int, Floats]:
    """Bins of the still windows, mean length of every whole window, how many these are, and the rows left over."""
    count = len(acc) // width
    tail = acc[count * width :].copy()
    rows = acc[: count * width].reshape(count, width, acc.shape[1])
    rows = rows[~np.isnan(rows).any(axis=(1, 2))]
    with np.errstate(over="ignore", invalid="ignore"):  # mangled exponents
        length = np.sqrt((rows**2).sum(axis=2)).mean(axis=1)
        spread = np.sqrt(rows.var(axis=1).sum(axis=1))
    rest = length[(spread < STILL_SHARE * length) & (length > 0)]
    place = (np.log10(rest) - _DECADES[0]) * _BINS_PER_DECADE
    last = (_DECADES[1] - _DECADES[0]) * _BINS_PER_DECADE - 1
    return np.clip(place, 0, last).astype(np.int64), length, len(length), tail
