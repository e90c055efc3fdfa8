"""What is told of both sides together and is no left/right figure: cadence, coordination, variability, doses.

A number that cannot be trusted is left out where the figure beside it says why.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from evenside_analysis.comparison import Comparison
from evenside_analysis.coordination import Coordination
from evenside_analysis.dose import DoseState
from evenside_analysis.habit_arms import ArmUseTotals
from evenside_analysis.metrics import metric, share_words
from evenside_analysis.report import Number
from evenside_analysis.trials import variability_asymmetry
from evenside_analysis.types import GRAVITY_M_S2

__all__ = ["arm_numbers", "load_numbers", "stride_numbers", "walking_force_n", "weight_words"]

_VARYING = ("step_time", "stride_time", "stance_time", "swing_time")
_LOADED_MIN_S = 10.0
_USE_MIN_S = 60.0
_WEIGHT_OFF = 0.1  # of the body weight: insoles in good order come within that


def stride_numbers(site: str, found: Mapping[str, Comparison], steps: Coordination) -> list[Number]:
    """Of walking, from the strides that are compared.

    Args:
        found: by metric; such as are withheld are left out.
        steps: of the same strides.
    """
    numbers = []
    if "stride_time" in found:
        stride = found["stride_time"]
        per_min = 240.0 / (stride.left.mean + stride.right.mean)
        numbers.append(Number("cadence_per_min", site, per_min, "1/min", f"cadence {per_min:.0f} steps a minute"))
    if "step_time" in found and math.isfinite(steps.pci):
        words = (
            f"phase coordination index {steps.pci:.1f} %: steps scatter by "
            f"{100.0 * steps.phase_sd_deg / steps.phase_mean_deg:.1f} % and lie {steps.away_deg / 1.8:.1f} % from even"
        )
        numbers.append(Number("pci", site, steps.pci, "%", words))
    force_n = walking_force_n(found)
    if math.isfinite(force_n):
        words = f"both feet together bear {force_n:.0f} N on average while walking"
        numbers.append(Number("walking_force", site, force_n, "N", words))
    return numbers + [_variability(site, name, found[name]) for name in _VARYING if name in found]


def _variability(site: str, name: str, one: Comparison) -> Number:
    """lnVR, the log of the ratio of both SDs, right over left, with the interval that holds for normal strides."""
    spread = variability_asymmetry(one.left.sd, one.right.sd, one.n, one.n)
    value, lo, hi = float(spread.ln_ratio), float(spread.lo), float(spread.hi)
    row = metric(name, site).name
    if lo <= 0.0 <= hi or math.isnan(value):
        words = f"{row}: no difference seen in how much it varies"
    else:
        near, far = sorted((abs(lo), abs(hi)))
        percent = ", ".join(f"{100.0 * math.expm1(end):.0f}" for end in (near, far))
        side = "right" if value > 0.0 else "left"
        words = f"{row} varies more on the {side}: its SD is {100.0 * math.expm1(abs(value)):.0f} % larger [{percent}]"
    return Number(f"{name}_variability", site, value, "ln(R/L)", words, lo, hi)


def load_numbers(site: str, left: DoseState, right: DoseState) -> list[Number]:
    """Of all loads of the session, walking or not: shares of the right side in percent, by time heard on each side."""
    if left.loaded_s + right.loaded_s < _LOADED_MIN_S or min(left.heard_s, right.heard_s) <= 0.0:
        return []
    impulse = _share(left.impulse_n_s / left.heard_s, right.impulse_n_s / right.heard_s)
    time = _share(left.loaded_s / left.heard_s, right.loaded_s / right.heard_s)
    recent = _share(left.recent_n_s, right.recent_n_s)
    told = {
        "impulse_share": (impulse, f"load times time {_words(impulse)}, of the time under load {_words(time)}"),
        "load_time_share": (time, f"time under load {_words(time)}: {_time(left)} left, {_time(right)} right"),
        "recent_impulse_share": (recent, f"load times time of the last minutes {_words(recent)}"),
    }
    return [Number(id_, site, value, "%", words) for id_, (value, words) in told.items() if math.isfinite(value)]


def walking_force_n(found: Mapping[str, Comparison]) -> float:
    """What both feet together bear on average over whole strides, which is the body weight; NaN where unknown."""
    if not {"impulse", "stride_time"} <= found.keys():
        return math.nan
    impulse, stride = found["impulse"], found["stride_time"]
    return 2.0 * (impulse.left.mean + impulse.right.mean) / (stride.left.mean + stride.right.mean)


def weight_words(site: str, force_n: float, body_mass_kg: float | None) -> str:
    """A sentence where force sensors do not agree with the body weight that is known; "" else."""
    ratio = math.nan if body_mass_kg is None else force_n / (body_mass_kg * GRAVITY_M_S2)
    if math.isnan(ratio) or abs(ratio - 1.0) <= _WEIGHT_OFF:
        return ""
    return (
        f"{site}: both feet together bear {ratio:.2f} times the body weight that was given, so these sensors are not "
        f"calibrated to newtons; left against right does not depend on that"
    )


def _share(left: float, right: float) -> float:
    return 100.0 * (right / (left + right)) if left + right > 0.0 else math.nan


def _words(share_percent: float) -> str:
    return share_words(2.0 * share_percent - 100.0)


def _time(dose: DoseState) -> str:
    return f"{dose.loaded_s / 60.0:.0f} min" if dose.loaded_s >= 600.0 else f"{dose.loaded_s:.0f} s"


def arm_numbers(totals: ArmUseTotals) -> list[Number]:
    """How long and how much either arm was in use, once both were for a minute."""
    if min(totals.left_s, totals.right_s) < _USE_MIN_S:
        return []
    ratio, magnitude = totals.use_ratio, totals.magnitude_ratio
    more = "as much" if abs(magnitude) < 0.05 else "more on the right" if magnitude > 0.0 else "more on the left"
    return [
        Number(
            *("arm_use_ratio", "wrist", ratio, "1"),
            f"in use: left arm {totals.left_s / 60.0:.1f} min, right {totals.right_s / 60.0:.1f} min; {ratio:.2f}",
        ),
        Number(
            *("arm_magnitude_ratio", "wrist", magnitude, "1"),
            f"while in use, the arms move {more} (mean of ln(right / left) {magnitude:+.2f})",
        ),
        Number(
            *("arm_bilateral_magnitude", "wrist", totals.bilateral_m_s2, "m/s²"),
            f"both arms together move by {totals.bilateral_m_s2:.1f} m/s² while in use",
        ),
    ]
