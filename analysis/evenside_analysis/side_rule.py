"""Which foot made this stride? A sum of twelve numbers that change sign under a mirror, each bounded.

``score = sum over j of weight_j * soft(feature_j / scale_j)``, where ``soft(z) = z / sqrt(1 + z²/4)`` is at most 2.
There is no constant: a mirror image of a stride scores the negative. Above 0 it looks like a left foot, below 0 like a
right one; 1 is what the rule was made for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenside_analysis.side_features import FEATURES
from evenside_analysis.types import Bools, Floats

__all__ = ["SIDE_RULE", "SideRule", "fitted", "scores"]

_RIDGE = 0.05


@dataclass(frozen=True, slots=True)
class SideRule:
    """Of each of FEATURES its weight, and its usual size."""

    weights: tuple[float, ...]
    scales: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.weights) == len(self.scales) == len(FEATURES):
            raise ValueError(f"a rule has {len(FEATURES)} weights and scales, got {self}")


# From 2190 straight strides of 32 people: 8 healthy, 6 orthopaedic and 11 neurological of Truong et al. (2019), 4
# healthy of Voisard et al. (2023), 3 healthy of the examples of gaitmap. Each person weighs the same. Leaving out the
# person in question, the mean over a trial is right for 142 of 142 feet, single strides in 0.97 to 1 (healthy,
# orthopaedic) and 0.92 (neurological) of them.
SIDE_RULE = SideRule(
    weights=(0.064, -0.172, -0.310, -0.478, 0.303, 0.013, -0.137, -0.171, -0.000, -0.024, -0.337, -0.287),
    scales=(0.130, 0.339, 0.190, 0.326, 0.585, 0.115, 0.605, 1.630, 0.299, 0.422, 0.330, 0.736),
)


def scores(rule: SideRule, features: Floats) -> Floats:
    """(n,) of features (n, 12); NaN where a feature is."""
    score = np.zeros(len(features))
    for column, (weight, scale) in enumerate(zip(rule.weights, rule.scales, strict=True)):
        score += weight * _soft(features[:, column] / scale)
    return score


def fitted(features: Floats, left: Bools, person: Sequence[str]) -> SideRule:
    """The rule that tells known strides (n, 12) best: ridge regression on 1 (left) and -1, each person the same weight.

    Leave a person out of it before you judge the rule on that person.

    Raises:
        ValueError: no strides, or a feature that is not finite.
    """
    if not (len(features) and np.isfinite(features).all()):
        raise ValueError("a rule needs strides with finite features")
    people, at, count = np.unique(np.asarray(person), return_inverse=True, return_counts=True)
    weight = (1.0 / count[at] / people.size)[:, np.newaxis]
    scale = np.sqrt((features * features).mean(axis=0))
    soft = _soft(features / scale)
    spread = (soft * weight).T @ soft
    ridge = _RIDGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    solution = np.linalg.solve(spread + ridge, (soft * weight).T @ np.where(left, 1.0, -1.0))
    return SideRule(tuple(solution.tolist()), tuple(scale.tolist()))


def _soft(value: Floats) -> Floats:
    return np.asarray(value / np.sqrt(1.0 + 0.25 * (value * value)))
