"""Figures of agreement between two measurements of the same thing, along the last axis: found minus annotated.

All of them are NaN where there is too little: an SD of one value, a correlation of two or of constants.
"""

from __future__ import annotations

import math

import numpy as np

from evenside_analysis.types import Floats

__all__ = ["LIMITS_SD", "bias", "correlation", "limit", "mean_absolute", "repeat_sd", "robust_sd", "spread"]

LIMITS_SD = 1.96


def bias(error: Floats) -> Floats:
    """Mean."""
    return _mean(error)


def spread(error: Floats) -> Floats:
    """Sample SD."""
    if error.shape[-1] < 2:
        return np.full(error.shape[:-1], math.nan)
    out: Floats = np.std(error, axis=-1, ddof=1)
    return out


def robust_sd(error: Floats) -> float:
    """1.4826 times the median distance from the median: the SD of a normal distribution, deaf to outliers."""
    return 1.4826 * float(np.median(np.abs(error - np.median(error)))) if error.size > 1 else math.nan


def mean_absolute(error: Floats) -> Floats:
    """Mean absolute error."""
    return _mean(np.abs(error))


def limit(error: Floats, sign: int) -> Floats:
    """Upper (``sign`` 1) or lower (-1) limit of agreement: bias ± 1.96 SD.

    Bland, Altman (1986), Lancet 327:307-310.
    """
    return _mean(error) + sign * LIMITS_SD * spread(error)


def correlation(annotated: Floats, found: Floats) -> Floats:
    """Pearson's r."""
    if annotated.shape[-1] < 3:
        return np.full(annotated.shape[:-1], math.nan)
    a, b = annotated - _mean(annotated)[..., np.newaxis], found - _mean(found)[..., np.newaxis]
    size = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    out: Floats = np.where(size > 0.0, (a * b).sum(axis=-1) / np.where(size > 0.0, size, 1.0), np.nan)
    return out


def repeat_sd(groups: list[Floats]) -> float:
    """SD of one trial within a person: root of the mean square within groups of two and more; NaN without any.

    The standard error of measurement of one trial: Weir (2005), J. Strength Cond. Res. 19:231-240.
    """
    several = [group for group in groups if group.size > 1]
    degrees = sum(group.size - 1 for group in several)
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in several)
    return math.sqrt(squares / degrees) if degrees else math.nan


def _mean(values: Floats) -> Floats:
    if not values.shape[-1]:
        return np.full(values.shape[:-1], math.nan)
    out: Floats = np.mean(values, axis=-1)
    return out
