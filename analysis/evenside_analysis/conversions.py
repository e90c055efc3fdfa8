"""Thresholds keep the formula they were published with, and are converted to AI points by these exact maps.

"10 % asymmetry" is AI 5.0 read as Robinson's index, 5.3 as a percentage difference, 10 as AI and 15.8 as a symmetry
angle. So a threshold is never a bare number. It is a size, not a side: zero is even and larger is more uneven, except
for the limb symmetry index, which falls from 100. With a = AI / 100: SI = 200 a, |SPD| = 200 |a| / (1 + |a|), SA =
(200 / pi) atan(a), GA = 200 atanh(a), R / L = (1 + a) / (1 - a), share = 50 + 50 a.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, assert_never, get_args

__all__ = ["FORMULAS", "Formula", "Threshold", "ai_to", "threshold_ai"]

Formula = Literal[
    "ai", "robinson", "percent_difference", "symmetry_angle", "gait_asymmetry", "ratio", "right_share_percent", "lsi"
]
FORMULAS: tuple[Formula, ...] = get_args(Formula)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A size of asymmetry in the scale of ``formula``.

    ``ratio`` is larger over smaller (1 and more), ``right_share_percent`` the share of the larger side (50 to 100),
    ``lsi`` the smaller as percent of the larger (0 to 100); the others are 0 and more. Raises ValueError for an
    unknown formula or a value outside its span.
    """

    value: float
    formula: Formula

    def __post_init__(self) -> None:
        if self.formula not in FORMULAS:  # the value may come from a configuration file
            raise ValueError(f"formula {self.formula!r} is not known; known are {', '.join(FORMULAS)}")
        low, high = _span(self.formula)
        if not (low <= self.value <= high and math.isfinite(self.value)):
            upper = "and more" if math.isinf(high) else f"to {high:g}"
            raise ValueError(f"threshold {self.value} for formula {self.formula!r} is outside {low:g} {upper}")


def threshold_ai(threshold: Threshold) -> float:
    """The threshold in AI points, 0 to 100."""
    value = threshold.value
    match threshold.formula:
        case "ai":
            return value
        case "robinson":
            return 0.5 * value
        case "percent_difference":
            return 100.0 * value / (200.0 - value)
        case "symmetry_angle":
            # tan(pi / 4) is one rounding short of 1, and the end of the span must stay the end
            return 100.0 if value == 50.0 else 100.0 * math.tan(math.pi * value / 200.0)
        case "gait_asymmetry":
            return 100.0 * math.tanh(value / 200.0)
        case "ratio":
            return 100.0 * (value - 1.0) / (value + 1.0)
        case "right_share_percent":
            return 2.0 * (value - 50.0)
        case "lsi":
            return 100.0 * (100.0 - value) / (100.0 + value)
        case other:
            assert_never(other)


def ai_to(formula: Formula, ai: float) -> float:
    """AI points (±100) in another scale, sign kept: ``ratio`` is R / L, ``right_share_percent`` the share of the
    right side.

    ``lsi`` alone has no side: it is the smaller as percent of the larger. At ±100 ``ratio`` and ``gait_asymmetry`` are
    infinite (or 0). NaN gives NaN. Raises ValueError beyond ±100 and for an unknown formula.
    """
    if abs(ai) > 100.0:
        raise ValueError(f"an AI of {ai} points is outside -100 to 100")
    a = ai / 100.0
    match formula:
        case "ai":
            return ai
        case "robinson":
            return 2.0 * ai
        case "percent_difference":
            return 200.0 * a / (1.0 + abs(a))
        case "symmetry_angle":
            return 200.0 / math.pi * math.atan(a)
        case "gait_asymmetry":
            return math.copysign(math.inf, a) if abs(a) == 1.0 else 200.0 * math.atanh(a)
        case "ratio":
            return math.inf if a == 1.0 else (1.0 + a) / (1.0 - a)
        case "right_share_percent":
            return 50.0 + 50.0 * a
        case "lsi":
            return 100.0 * (1.0 - abs(a)) / (1.0 + abs(a))
        case _:
            raise ValueError(f"formula {formula!r} is not known; known are {', '.join(FORMULAS)}")


def _span(formula: Formula) -> tuple[float, float]:
    match formula:
        case "ai" | "percent_difference" | "lsi":
            return 0.0, 100.0
        case "robinson":
            return 0.0, 200.0
        case "symmetry_angle":
            return 0.0, 50.0
        case "gait_asymmetry":
            return 0.0, math.inf
        case "ratio":
            return 1.0, math.inf
        case "right_share_percent":
            return 50.0, 100.0
        case other:
            assert_never(other)
