"""Does this wearer differ from their usual? One value a day on an EWMA chart about their own baseline.

The value of a day is the median of its figures in one context. The first ``base_days`` of them make the baseline:
median and MAD, the spread shrunk to a prior of ``prior_days``. From then on an exponentially weighted mean of what
exceeds the baseline (Roberts 1959, Technometrics 1:239-250) must leave a limit that allows for days that resemble each
other (AR(1) of ``phi``) and for the baseline being an estimate itself; and it must exceed what measuring the same thing
twice differs by. Then ``dwell`` of the last ``of_days`` days raise the alert, ``clear_days`` below half the limit clear
it, and ``rest_days`` follow in which none is raised. Days without a value do not advance anything.

The baseline stays until somebody renews it (``renewed``): one that crept along would absorb a slow change in silence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from evenside_analysis.types import Floats

__all__ = ["Baseline", "ChangeSettings", "ChangeState", "DayJudged", "baseline_of", "renewed", "watch_day"]


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """``prior_sd``: the usual SD of one day's value, in its unit; ``floor``: the smallest change that can be told from
    none (MDC95). ``limit``: in SDs of the chart; 3.5 where more than ten metrics may push.
    """

    prior_sd: float
    floor: float = 0.0
    limit: float = 3.0
    weight: float = 0.2
    phi: float = 0.3
    base_days: int = 28
    base_days_min: int = 14
    prior_days: int = 14
    dwell: int = 3
    of_days: int = 5
    clear_days: int = 3
    rest_days: int = 7

    def __post_init__(self) -> None:
        if not (self.prior_sd > 0.0 and self.floor >= 0.0 and self.limit > 0.0):
            raise ValueError(
                f"prior_sd {self.prior_sd} and limit {self.limit} must be above 0, floor {self.floor} not below"
            )
        if not (0.0 < self.weight <= 1.0 and 0.0 <= self.phi < 1.0):
            raise ValueError(f"weight {self.weight} must lie in (0, 1], phi {self.phi} in [0, 1)")
        if not 2 <= self.base_days_min <= self.base_days:
            raise ValueError(f"base_days_min {self.base_days_min} must lie in 2 to base_days {self.base_days}")
        if not 1 <= self.dwell <= self.of_days:
            raise ValueError(f"dwell {self.dwell} must lie in 1 to of_days {self.of_days}")


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual: the level, the spread of single days, of how many days, and how far the chart may lie off it."""

    level: float
    spread: float
    days: int
    limit: float


@dataclass(frozen=True, slots=True)
class ChangeState:
    """``days``: values until there is a baseline. ``beyond``: of the last days, whether each left the limit."""

    days: tuple[float, ...] = ()
    baseline: Baseline | None = None
    chart: float = 0.0  # EWMA of value minus level
    beyond: tuple[bool, ...] = ()
    active: bool = False
    clear: int = 0  # days in a row below half the limit
    rest: int = 0  # days in which nothing is raised yet


@dataclass(frozen=True, slots=True)
class DayJudged:
    """What one day's value came to. ``chart`` and ``limit`` are NaN while the baseline is being gathered."""

    value: float
    level: float
    chart: float
    limit: float
    raised: bool = False
    cleared: bool = False


def watch_day(settings: ChangeSettings, state: ChangeState, value: float) -> tuple[ChangeState, DayJudged]:
    """Add the value of the next day that has one. Raises ValueError for one that is not finite."""
    if not math.isfinite(value):
        raise ValueError(f"the value of a day must be finite, got {value}: days without one are left out")
    base = state.baseline
    if base is None:
        days = (*state.days, value)
        if len(days) < settings.base_days:
            return replace(state, days=days), DayJudged(value, math.nan, math.nan, math.nan)
        base = baseline_of(settings, days)
        return replace(state, days=(), baseline=base), DayJudged(value, base.level, 0.0, base.limit)
    chart = (1.0 - settings.weight) * state.chart + settings.weight * (value - base.level)
    beyond = (*state.beyond, abs(chart) > max(base.limit, settings.floor))[-settings.of_days :]
    raised = sum(beyond) >= settings.dwell and not state.active and state.rest <= 0
    clear = state.clear + 1 if abs(chart) < 0.5 * base.limit else 0
    active = state.active or raised
    cleared = active and clear >= settings.clear_days
    rest = settings.rest_days if cleared else max(state.rest - 1, 0)
    after = replace(state, chart=chart, beyond=beyond, active=active and not cleared, clear=clear, rest=rest)
    return after, DayJudged(value, base.level, chart, base.limit, raised, cleared)


def renewed(settings: ChangeSettings, state: ChangeState, days: Floats) -> ChangeState:
    """A new baseline from the last days (n,), because the wearer said so. Raises ValueError for too few of them."""
    kept = tuple(days[np.isfinite(days)][-settings.base_days :].tolist())
    if len(kept) < settings.base_days_min:
        raise ValueError(f"a baseline takes {settings.base_days_min} days with a value, there are {len(kept)}")
    return ChangeState(baseline=baseline_of(settings, kept))


def baseline_of(settings: ChangeSettings, days: tuple[float, ...]) -> Baseline:
    """Median and MAD of some days, and the limit that follows. Raises ValueError for fewer than ``base_days_min``."""
    n = len(days)
    if n < settings.base_days_min:
        raise ValueError(f"a baseline takes {settings.base_days_min} days with a value, there are {n}")
    values = np.array(days)
    level = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - level)))
    prior = settings.prior_days
    spread = math.sqrt((n * spread**2 + prior * settings.prior_sd**2) / (n + prior))
    kept, phi = 1.0 - settings.weight, settings.phi
    of_chart = settings.weight / (2.0 - settings.weight) * (1.0 + phi * kept) / (1.0 - phi * kept)
    # A median of n normal values has 1.57 times the variance of their mean, and so on with days that resemble.
    of_level = 1.57 / n * (1.0 + phi) / (1.0 - phi)
    return Baseline(level, spread, n, settings.limit * spread * math.sqrt(of_chart + of_level))
