"""Indices that need the single trials of each side, not only their summaries.

Three questions: how far apart are two signed quantities on the scale of their own spread (NSI), is one side more
variable than the other (lnVR), and is the difference larger than the variation inside a side (the gate of Exell). The
gate is a test within one session and says nothing of the next one: in healthy walkers it fires in 20 to 46 % of 10 m
walks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from evenside_analysis.types import Floats

__all__ = ["VariabilityAsymmetry", "exell_gate", "normalised_symmetry_index", "variability_asymmetry"]


def normalised_symmetry_index(
    left: ArrayLike, right: ArrayLike, *, frozen_range: tuple[float, float] | None = None
) -> Floats:
    """NSI in percent: mean of ``R - L`` over the range of all trials of both sides, zero included in the range.

    Trials lie along the last axis, which is reduced; finite for any signs, ±100, NaN where all values are 0. The
    published form takes the range from the trials themselves, so that one more trial changes the old values; a stream
    gives the metric's ``frozen_range`` (lowest, highest) instead, and values outside it may then exceed ±100. Queen
    et al. (2020), J. Biomech. 99:109531.
    """
    left, right = np.broadcast_arrays(np.asarray(left, np.float64), np.asarray(right, np.float64))
    if left.ndim == 0 or left.shape[-1] == 0:
        raise ValueError(f"trials must lie along the last axis, got values of shape {left.shape}")
    if frozen_range is None:
        highest = np.maximum(0.0, np.maximum(left, right).max(axis=-1))
        lowest = np.minimum(0.0, np.minimum(left, right).min(axis=-1))
    else:
        if not (np.isfinite(frozen_range).all() and frozen_range[0] < frozen_range[1]):
            raise ValueError(f"frozen_range {frozen_range} must be two finite values, the lower first")
        lowest, highest = np.minimum(0.0, frozen_range[0]), np.maximum(0.0, frozen_range[1])
    span = np.asarray(highest - lowest)
    difference: Floats = np.ascontiguousarray(right - left).mean(axis=-1)
    return 100.0 * difference / np.where(span == 0.0, np.nan, span)


@dataclass(frozen=True, slots=True, eq=False)
class VariabilityAsymmetry:
    """Log ratio of the standard deviations (right over left), its variance and its 95 % interval."""

    ln_ratio: Floats
    variance: Floats
    lo: Floats
    hi: Floats


def variability_asymmetry(
    left_sd: ArrayLike, right_sd: ArrayLike, left_n: ArrayLike, right_n: ArrayLike
) -> VariabilityAsymmetry:
    """lnVR, ``ln(s_R / s_L) + 1 / (2 (n_R - 1)) - 1 / (2 (n_L - 1))``, positive where the right side varies more.

    ±inf where one side does not vary, NaN where none does. Its variance is ``1 / (2 (n_R - 1)) + 1 / (2 (n_L - 1))``.
    Every n must be at least 2 and no SD negative.
    Nakagawa et al. (2015), Methods Ecol. Evol. 6:143-152.
    """
    s_left, s_right = np.asarray(left_sd, np.float64), np.asarray(right_sd, np.float64)
    n_left, n_right = np.asarray(left_n, np.float64), np.asarray(right_n, np.float64)
    if bool(np.any(n_left < 2) or np.any(n_right < 2)):
        raise ValueError(f"a standard deviation needs at least 2 values a side, got n {n_left} and {n_right}")
    if bool(np.any(s_left < 0) or np.any(s_right < 0)):
        raise ValueError(f"a standard deviation is not negative, got {s_left} and {s_right}")
    small_left, small_right = 0.5 / (n_left - 1.0), 0.5 / (n_right - 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ln_ratio = np.log(s_right) - np.log(s_left) + (small_right - small_left)
    variance = np.broadcast_to(small_left + small_right, ln_ratio.shape)
    half = ndtri(0.975) * np.sqrt(variance)
    return VariabilityAsymmetry(ln_ratio, variance, ln_ratio - half, ln_ratio + half)


def exell_gate(left: ArrayLike, right: ArrayLike, *, alpha: float = 0.05) -> bool:
    """Whether the difference of the sides exceeds the variation inside them: two-sided Mann-Whitney p < alpha.

    ``left`` and ``right`` hold one value a trial (1-D, at least 2 each, no NaN). Exact up to 8 trials a side, also
    with ties (there the p errs upwards), normal approximation above. After Exell et al. (2012), J. Biomech.
    45:1108-1111.
    """
    left, right = np.asarray(left, np.float64), np.asarray(right, np.float64)
    if left.ndim != 1 or right.ndim != 1 or min(left.size, right.size) < 2:
        raise ValueError(f"the gate needs two rows of at least 2 trials, got shapes {left.shape} and {right.shape}")
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("the gate needs finite values; drop missing trials first")
    from scipy.stats import mannwhitneyu  # half a second and 60 MB that the daemon never pays

    small = max(left.size, right.size) <= 8
    test = mannwhitneyu(left, right, alternative="two-sided", method="exact" if small else "asymptotic")
    return bool(test.pvalue < alpha)
