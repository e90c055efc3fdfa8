"""From trials to people: the mean over persons and its interval. Strides of one person are no independent witnesses.

The interval is the percentile bootstrap over persons, each drawn with all that belongs to it (Efron, Tibshirani 1993,
An Introduction to the Bootstrap, ch. 13). It is seeded, so the same data give the same interval. With few persons it
is too narrow: with 4 it holds the true mean in some 80 % of cases, with 25 in 94 %.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Floats, Ints

__all__ = ["MEAN_PERSONS_MIN", "SHAPE_PERSONS_MIN", "OfPersons", "of_persons", "relation_of_persons"]

MEAN_PERSONS_MIN = 3
"""Of fewer persons no interval of a mean is given."""
SHAPE_PERSONS_MIN = 6
"""Of fewer persons none of an SD or a correlation: too many draws repeat one or two of them."""

_DRAWS = 2000
_SEED = 20


@dataclass(frozen=True, slots=True)
class OfPersons:
    """The value that persons give, each counted once, and its 95 % interval (NaN for too few persons)."""

    value: float
    lo: float
    hi: float


def of_persons(values: Floats) -> OfPersons:
    """Mean of one value a person (p,); persons that have none (NaN) do not count."""
    values = values[np.isfinite(values)]
    if not values.size:
        return OfPersons(math.nan, math.nan, math.nan)
    value = float(values.mean())
    return _interval(value, values.size, MEAN_PERSONS_MIN, lambda drawn: values[drawn].mean(axis=1))


def relation_of_persons(
    annotated: Floats, found: Floats, figure: Callable[[Floats, Floats], Floats], persons_min: int
) -> OfPersons:
    """A figure of two values a person (p,) each, such as a correlation. It takes arrays, persons along the last axis.

    With fewer than ``persons_min`` persons it has no interval.
    """
    there = np.isfinite(annotated) & np.isfinite(found)
    annotated, found = annotated[there], found[there]
    if not annotated.size:
        return OfPersons(math.nan, math.nan, math.nan)
    value = float(figure(annotated, found))
    return _interval(value, annotated.size, persons_min, lambda drawn: figure(annotated[drawn], found[drawn]))


def _interval(value: float, persons: int, persons_min: int, figure: Callable[[Ints], Floats]) -> OfPersons:
    if persons < persons_min:
        return OfPersons(value, math.nan, math.nan)
    drawn = np.random.default_rng(_SEED).integers(0, persons, (_DRAWS, persons))
    values = figure(drawn)
    values = values[np.isfinite(values)]
    if values.size < 0.9 * _DRAWS:  # there is no correlation of constants
        return OfPersons(value, math.nan, math.nan)
    lo, hi = np.percentile(values, [2.5, 97.5]).tolist()
    return OfPersons(value, lo, hi)
