"""What the instruments alone can feign, in AI points, and how two kinds of measuring error are found.

The bias budget is level 2 of the claim ladder: a figure below it may be nothing but the setup. It is printed with every
figure. Its terms are one SD or a 95 % bound each, whatever the setup states; independent errors add as squares.

The minimal detectable change says how far the same person's next session may lie away with nothing changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from evenside_analysis.metrics import Metric

__all__ = ["SESSIONS_MIN", "Setup", "bias_budget_ai", "mdc95", "quantisation_ai", "shrunk_sem", "swap_estimate"]

SESSIONS_MIN = 5  # sessions before an own SEM is worth more than the published one
_PRIOR_SESSIONS = 5


@dataclass(frozen=True, slots=True)
class Setup:
    """How well the sensors of one pair of sides are known. inf says that nobody knows: nothing then exceeds the budget.

    ``sync_error_s``: between the two clocks. ``ln_gain_sd``: of ln(gain right / gain left) after calibration (0.02 is
    about 2 %). ``zero_error_n``: of one side's zero.
    """

    rate_hz: float
    sync_error_s: float
    ln_gain_sd: float
    zero_error_n: float

    def __post_init__(self) -> None:
        if not self.rate_hz > 0.0:
            raise ValueError(f"rate_hz {self.rate_hz} must be positive")
        for name in ("sync_error_s", "ln_gain_sd", "zero_error_n"):
            if not getattr(self, name) >= 0.0:
                raise ValueError(f"{name} {getattr(self, name)} must not be negative; inf where nobody knows")


def bias_budget_ai(metric: Metric, setup: Setup, *, total: float, n: int, force_total_n: float | None = None) -> float:
    """The AI that clocks, gains, zeros and sampling may feign together: the root of the sum of squares of those that
    apply.

    ``total`` is left + right in the metric's unit, ``n`` the pairs of strides.

    - clocks: if the right side's times are late by δ, its step is δ longer and the left step δ shorter, AI = 200 δ /
      (L + R); for step times L + R is the stride time, 0.18 AI a millisecond when walking. Double support moves by ±δ
      too, but L + R is then near 0.25 s: 0.8 AI a millisecond.
    - gain: 50 |ln gain|, because AI = 100 tanh(d / 2) has slope 50 at zero.
    - zero: 100 z / (L + R) in newtons. An impulse needs ``force_total_n``, the sum of both mean forces, for that.
    - sampling, for times: ``quantisation_ai``.

    inf for what depends on how a sensor is strapped on. NaN where total is not positive or n is 0. Raises ValueError
    where force_total_n is needed and missing.
    """
    if not total > 0.0 or n < 1:
        return math.nan
    square = math.inf if metric.strapped else 0.0
    if metric.uses_both_clocks:
        square += (200.0 * setup.sync_error_s / total) ** 2
    if metric.magnitude:
        square += (50.0 * setup.ln_gain_sd) ** 2
    if metric.force:
        newtons = total if metric.unit == "N" else force_total_n
        if newtons is None:
            raise ValueError(f"metric {metric.id} is in {metric.unit}: its zero error needs force_total_n")
        square += (100.0 * setup.zero_error_n / newtons) ** 2
    if metric.unit == "s":
        square += quantisation_ai(total, setup.rate_hz, n) ** 2
    return math.sqrt(square)


def quantisation_ai(total_s: float, rate_hz: float, n: int) -> float:
    """SD in AI of the mean over n strides when each contact is known to the sample only: an upper bound.

    One contact is wrong by a uniform error of SD ``1 / (rate √12)``. A step difference is ``2 r_i - l_i - l_i+1``:
    variance (4 + 1 + 1) / 12 = 1/2 of a sample squared, so one stride has ``100 / T * √(1/2) / rate``. Over n
    neighbouring strides the left contacts are shared, which leaves ``(4 n - 1) / (6 n²)`` instead of 1/2: a little
    more than 1 / (2 n). Stance and swing differences (four contacts, none shared) have 1 / (3 n), less than this;
    detectors that interpolate have less still.
    """
    return 100.0 / total_s / rate_hz * math.sqrt((4.0 * n - 1.0) / 6.0) / n


def swap_estimate(before: float, after: float) -> tuple[float, float]:
    """True ``d = ln(R / L)`` and ``ln(gain B / gain A)`` from a side swap, which parts the wearer from the sensors.

    ``before`` is the measured ln(R / L) with sensor A left and B right, ``after`` the same with the two exchanged.
    """
    return 0.5 * (before + after), 0.5 * (before - after)


def mdc95(sem: float) -> float:
    """Minimal detectable change between two measurements with that standard error: ``1.96 √2 SEM``."""
    return 1.96 * math.sqrt(2.0) * sem


def shrunk_sem(own_sd: float, k: int, prior: float) -> float:
    """The wearer's standard error of measurement from the SD of k own sessions, drawn towards the published ``prior``.

    Below 5 sessions it is the prior; from there ``sqrt((k own² + 5 prior²) / (k + 5))``. Without a prior (NaN) the
    own SD stands alone.
    """
    if k < SESSIONS_MIN:
        return prior
    if math.isnan(prior):
        return own_sd
    return math.sqrt((k * own_sd**2 + _PRIOR_SESSIONS * prior**2) / (k + _PRIOR_SESSIONS))
