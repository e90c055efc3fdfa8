"""A physical event that both clocks saw at one moment, and what it says of them.

Two devices held together and tapped twice feel one shock; two feet that stamp together three times feel nearly one. The
lag between both records is found to a part of a sample and compared with the error that the clocks state of themselves:
a check that no radio and no host can fool. Strategy: each record is smoothed to what its rate can carry and read off
between its samples by a cubic spline; for any lag the best rotation of one frame into the other is known in closed form
(orthogonal Procrustes, Schönemann 1966: the sum of the singular values of the cross-covariance), so neither needs to
know how it lies; the lag with the greatest likeness wins. Its error follows from what is left unexplained, sample by
sample, and from how far the single shocks disagree. What this never does: move a time. A clock that is wrong is said to
be wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evenside_analysis.sync_shocks import Shaken, fast_motion, find_shocks
from evenside_analysis.types import Bools, Floats

__all__ = ["SyncEvent", "SyncSettings", "Unfit", "find_sync_event"]

Unfit = Literal["lost", "no_shocks", "unlike"]
"""Why no lag can be told: samples are missing there, both sides did not feel the same shocks, or not alike."""

_Curve = Callable[[Floats], Floats]

_REACH_SAMPLES = 4.0  # the middle of a shock is known better than that

_WHITE = 2.5
"""What a record has above half of its rate folds back and is wrong in the same way over a whole shock, which the misfit
of single samples tells too low: simulated taps of 6 to 30 ms at 100 Hz, filtered and not, are then within two SD."""


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """``lag_max_s``: how far the clocks may be apart. ``joined_likeness``: from here on both devices moved as one body.

    ``habit_s``: by how much two feet that stamp together may habitually be apart, as a bound; taps have no such thing.
    """

    lag_max_s: float = 0.12
    gap_min_s: float = 0.12  # between two shocks of one event
    gap_max_s: float = 1.6
    before_s: float = 0.06  # what of a shock is compared
    after_s: float = 0.18
    smooth_samples: float = 0.8  # of the slower side
    joined_likeness: float = 0.92
    least_likeness: float = 0.5
    habit_s: float = 0.010
    least_sd_samples: float = 0.04  # filters of two devices of a kind are no more alike than that


@dataclass(frozen=True, slots=True)
class SyncEvent:
    """``lag_s``: the right side's stamps minus the left side's, of one moment; positive: right is late.

    ``sd_s`` is of the lag between the records; ``error_s`` bounds 95 % of the lag between the clocks, with what the
    wearer may add. ``likeness``: 1 where one record is the other one, turned.
    """

    kind: Literal["taps", "stamps"]
    time_s: float
    shocks: int
    lag_s: float
    sd_s: float
    error_s: float
    likeness: float

    def agrees(self, stated_s: float) -> bool:
        """Whether clocks that state an error of ``stated_s`` (95 %) between them can be right."""
        return abs(self.lag_s) <= math.hypot(stated_s, self.error_s)

    def shown_s(self, stated_s: float) -> float:
        """The error between the clocks to be counted with: the stated one, or a bound of what was seen against it."""
        return stated_s if self.agrees(stated_s) else max(abs(self.lag_s) + self.error_s, stated_s)


def find_sync_event(left: Shaken, right: Shaken, settings: SyncSettings | None = None) -> SyncEvent | Unfit:
    """The event in a stretch of both records that holds one; of several the one with the most shocks."""
    settings = settings or SyncSettings()
    left, right = left.heard(), right.heard()
    times = _common(find_shocks(left), find_shocks(right), settings)
    if times.shape[0] < 2:
        return "no_shocks"
    start_s, end_s = float(times.min()) - 0.5, float(times.max()) + 0.5
    left, right = left.between(start_s, end_s), right.between(start_s, end_s)
    if not (left.is_whole() and right.is_whole() and _covers(left, times) and _covers(right, times)):
        return "lost"
    records = _Records.of(left, right, times, settings)
    lag_s, likeness = records.best_lag(records.all_shocks)
    if likeness < settings.least_likeness:
        return "unlike"
    sd_s = max(records.lag_sd(lag_s), settings.least_sd_samples / min(left.rate_hz, right.rate_hz))
    kind: Literal["taps", "stamps"] = "taps" if likeness >= settings.joined_likeness else "stamps"
    habit_s = settings.habit_s if kind == "stamps" else 0.0
    return SyncEvent(
        kind,
        float(times[0].mean()),
        int(times.shape[0]),
        lag_s,
        sd_s,
        math.hypot(1.96 * sd_s, habit_s),
        likeness,
    )


def _covers(shaken: Shaken, times: Floats) -> bool:
    reach_s = 0.5 - 2.0 / shaken.rate_hz
    if not shaken.time_s.size:
        return False
    first_s, last_s = float(times.min()) - 0.3 * reach_s, float(times.max()) + 0.6 * reach_s
    return bool(shaken.time_s[0] <= first_s and shaken.time_s[-1] >= last_s)


def _common(left_s: Floats, right_s: Floats, settings: SyncSettings) -> Floats:
    """Times (k, 2) of the longest run of shocks that both sides felt, within the largest lag, and no other between."""
    best = np.empty((0, 2))
    for shift in range(1 - right_s.size, left_s.size):
        # Left shock i + shift goes with right shock i.
        first = max(0, -shift)
        count = min(right_s.size - first, left_s.size - first - shift)
        pairs = np.stack([left_s[first + shift : first + shift + count], right_s[first : first + count]], axis=1)
        near = np.abs(pairs[:, 0] - pairs[:, 1]) <= settings.lag_max_s
        for run in _runs(pairs, near, settings):
            if run.shape[0] > best.shape[0]:
                best = run
    return best


def _runs(pairs: Floats, near: Bools, settings: SyncSettings) -> list[Floats]:
    runs: list[Floats] = []
    first = 0
    for place in range(1, pairs.shape[0] + 1):
        goes_on = place < pairs.shape[0] and bool(near[place - 1] and near[place])
        if goes_on:
            gap_s = float(pairs[place].mean() - pairs[place - 1].mean())
            goes_on = settings.gap_min_s <= gap_s <= settings.gap_max_s
        if not goes_on:
            if bool(near[first:place].all()):
                runs.append(pairs[first:place])
            first = place
    return runs


@dataclass(frozen=True, slots=True, eq=False)
class _Records:
    """Both records as curves, and the samples of each that belong to a shock (its number, -1 for none)."""

    left_s: Floats
    right_s: Floats
    left: Floats  # (n, 3), fast motion
    right: Floats
    left_at: _Curve
    right_at: _Curve
    left_shock: Floats  # (n,)
    right_shock: Floats
    shocks: int
    middle_lag_s: float

    @staticmethod
    def of(left: Shaken, right: Shaken, times: Floats, settings: SyncSettings) -> _Records:
        from scipy.interpolate import CubicSpline  # a fifth of a second that only a sync event pays

        smooth_s = settings.smooth_samples / min(left.rate_hz, right.rate_hz)
        left_fast, right_fast = (fast_motion(shaken, smooth_s) for shaken in (left, right))
        return _Records(
            left.time_s,
            right.time_s,
            left_fast,
            right_fast,
            CubicSpline(left.time_s, left_fast),
            CubicSpline(right.time_s, right_fast),
            _shock_of(left.time_s, times[:, 0], settings),
            _shock_of(right.time_s, times[:, 1], settings),
            times.shape[0],
            float(np.median(times[:, 1] - times[:, 0])),
        )

    @property
    def all_shocks(self) -> tuple[int, ...]:
        return tuple(range(self.shocks))

    def best_lag(self, shocks: tuple[int, ...]) -> tuple[float, float]:
        """The lag of the greatest likeness, by ever finer steps around that of the shocks' middles; and likeness."""
        centre_s, half_s = self.middle_lag_s, _REACH_SAMPLES / min(_rate(self.left_s), _rate(self.right_s))
        step_s = 0.25 / max(_rate(self.left_s), _rate(self.right_s))
        while True:
            lags = centre_s + np.arange(-math.ceil(half_s / step_s), math.ceil(half_s / step_s) + 1) * step_s
            found = [self.likeness(float(lag_s), shocks) for lag_s in lags]
            place = int(np.argmax(found))
            if step_s < 2e-5:
                return float(lags[place]), found[place]
            centre_s, half_s, step_s = float(lags[place]), step_s, step_s / 6.0

    def likeness(self, lag_s: float, shocks: tuple[int, ...]) -> float:
        """0 to 1 at this lag, whatever the rotation: each side read off at the samples of the other."""
        covariance = np.zeros((3, 3))
        for left, right in (
            self._at_left(lag_s, shocks),
            self._at_right(lag_s, shocks),
        ):
            energy = math.sqrt(float((left * left).sum()) * float((right * right).sum()))
            if energy > 0.0:
                covariance += left.T @ right / (2.0 * energy)
        return float(np.linalg.svd(covariance, compute_uv=False).sum())

    def lag_sd(self, lag_s: float) -> float:
        """From what is left unexplained where the records are steep, and from the single shocks."""
        left, right = self._at_left(lag_s, self.all_shocks)
        u, _, vt = np.linalg.svd(left.T @ right)
        turned = left @ (u @ vt)
        gain = float((turned * right).sum() / (turned * turned).sum())
        misfit = right - gain * turned
        slope = self.right_at(self.left_s[self.left_shock >= 0] + lag_s + 1e-4)
        slope = (slope - self.right_at(self.left_s[self.left_shock >= 0] + lag_s - 1e-4)) / 2e-4
        steep = float((slope * slope).sum())
        # White's (1980) form: the misfit is largest where the records are.
        sd_s = math.sqrt(float(((misfit * slope).sum(axis=1) ** 2).sum())) / steep
        each = [self.best_lag((shock,))[0] for shock in self.all_shocks]
        scatter_s = float(np.std(each, ddof=1)) / math.sqrt(len(each))
        return math.hypot(_WHITE * sd_s, scatter_s)

    def _at_left(self, lag_s: float, shocks: tuple[int, ...]) -> tuple[Floats, Floats]:
        chosen = np.isin(self.left_shock, shocks)
        return self.left[chosen], self.right_at(self.left_s[chosen] + lag_s)

    def _at_right(self, lag_s: float, shocks: tuple[int, ...]) -> tuple[Floats, Floats]:
        chosen = np.isin(self.right_shock, shocks)
        return self.left_at(self.right_s[chosen] - lag_s), self.right[chosen]


def _shock_of(time_s: Floats, shocks_s: Floats, settings: SyncSettings) -> Floats:
    number = np.full(time_s.size, -1.0)
    for place, shock_s in enumerate(shocks_s.tolist()):
        inside = (time_s >= shock_s - settings.before_s) & (time_s <= shock_s + settings.after_s)
        number[inside & (number < 0)] = place
    return number


def _rate(time_s: Floats) -> float:
    return float((time_s.size - 1) / (time_s[-1] - time_s[0]))
