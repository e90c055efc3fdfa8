"""Discrete asymmetry indices: one value of each side in, one number out.

All take (left, right), broadcast over arrays, and are positive where right is larger; percent unless said otherwise.
Values are summaries (means or medians) of one side in the same unit. ``asymmetry_index`` is the one that evenside
reports; the others exist to read and print the numbers of other people. For two positive sides the symmetry ratio,
AI, Robinson, percentage difference, symmetry angle, gait asymmetry and USI are monotone maps of one another
(``conversions``): the same finding in another scale, never a second witness.

Nothing here is averaged: ratios of single strides must never be averaged (L=[10, 20], R=[20, 10] has mean R/L 1.25
and no asymmetry). Undefined is NaN and never raises. For values of mixed sign only ``universal_symmetry_index`` and
``normalised_symmetry_index`` (in ``trials``) keep their meaning; ``asymmetry`` refuses such values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evenside_analysis.types import Floats, Reason

__all__ = [
    "asymmetry",
    "asymmetry_index",
    "bilateral_strength_asymmetry",
    "gait_asymmetry",
    "limb_symmetry_index",
    "percentage_difference",
    "reference_index",
    "right_share_percent",
    "robinson_index",
    "si_min",
    "symmetry_angle",
    "symmetry_ratio",
    "symmetry_ratio_folded",
    "universal_symmetry_index",
    "weighted_universal_symmetry_index",
]


def asymmetry_index(left: ArrayLike, right: ArrayLike) -> Floats:
    """AI, ``100 (R - L) / (R + L)``: ±100 for L, R >= 0, ±100 where one is zero, NaN where R = -L.

    The canonical index. Bishop et al. (2016), Strength Cond. J. 38(6):27-32, there "BAI-1".
    """
    left, right = _sides(left, right)
    # The quotient first: it is exactly ±1 for one-sided values and never beyond; 100 (R - L) may round beyond.
    return 100.0 * _over_pole(right - left, right + left)


def robinson_index(left: ArrayLike, right: ArrayLike) -> Floats:
    """Symmetry index, ``100 (R - L) / (0.5 (R + L))``: ±200 for L, R >= 0; twice AI.

    Robinson, Herzog, Nigg (1987), J. Manip. Physiol. Ther. 10:172-176. "BAI-2" and "LSI-3" in Bishop et al. (2016).
    """
    return 2.0 * asymmetry_index(left, right)


def right_share_percent(left: ArrayLike, right: ArrayLike) -> Floats:
    """Share of the right side, ``100 R / (L + R)``: 0 to 100, 50 is even; antisymmetric about 50."""
    left, right = _sides(left, right)
    return 100.0 * _over_pole(right, right + left)


def symmetry_ratio(left: ArrayLike, right: ArrayLike) -> Floats:
    """``R / L``: 1 is even, inf for L = 0, NaN where both are 0. Not antisymmetric: f(R, L) = 1 / f(L, R).

    Seliktar, Mizrahi (1986), Eng. Med. 15:27-34.
    """
    left, right = _sides(left, right)
    return _quotient(right, left)


def symmetry_ratio_folded(left: ArrayLike, right: ArrayLike) -> Floats:
    """Larger over smaller side, >= 1: tells the size and hides the side.

    Patterson et al. (2010), Gait Posture 31:241-246.
    """
    left, right = _sides(left, right)
    return _quotient(np.maximum(left, right), np.minimum(left, right))


def percentage_difference(left: ArrayLike, right: ArrayLike) -> Floats:
    """Signed percentage difference (SPD, si_max), ``100 (R - L) / max(L, R)``: ±100 for L, R >= 0.

    What strength testing means by "10 % asymmetry". Vagenas, Hoshizaki (1992), J. Appl. Biomech. 8:11-29; "standard
    percentage difference" in Bishop et al. (2018), Strength Cond. J. 40(4):1-6.
    """
    left, right = _sides(left, right)
    return 100.0 * _over_pole(right - left, np.maximum(left, right))


def bilateral_strength_asymmetry(left: ArrayLike, right: ArrayLike) -> Floats:
    """``100 (strong - weak) / strong``, 0 to 100: the size of the percentage difference without its side.

    Nunn, Mayhew (1988); Impellizzeri et al. (2007), Med. Sci. Sports Exerc. 39:2044-2050.
    """
    return np.abs(percentage_difference(left, right))


def si_min(left: ArrayLike, right: ArrayLike) -> Floats:
    """``100 (R - L) / min(L, R)``: unbounded, ±inf where one side is 0. Only to read papers that used it."""
    left, right = _sides(left, right)
    return 100.0 * _quotient(right - left, np.minimum(left, right))


def reference_index(reference: ArrayLike, other: ArrayLike) -> Floats:
    """Change of the other side against a reference side (si_ref), ``100 (X - Xref) / Xref``: -100 to inf.

    The reference is a leg chosen beforehand (uninvolved, dominant, stance), not left or right: not antisymmetric.
    """
    x_ref, x = _sides(reference, other)
    return 100.0 * _quotient(x - x_ref, x_ref)


def limb_symmetry_index(involved: ArrayLike, uninvolved: ArrayLike) -> Floats:
    """LSI, ``100 involved / uninvolved``: 100 is even, 0 to inf; not antisymmetric.

    "LSI-1" in Bishop et al. (2016) with non-dominant over dominant; its LSI-2 is 100 minus this. The uninvolved side
    declines too (Wellsandt et al. 2017, JOSPT 47:334-338), so compare with a dated, fixed value of it.
    Noyes et al. (1991), Am. J. Sports Med. 19:513-518.
    """
    x, x_ref = _sides(involved, uninvolved)
    return 100.0 * _quotient(x, x_ref)


def symmetry_angle(left: ArrayLike, right: ArrayLike) -> Floats:
    """SA, ``(45° - atan(L / R)) / 90° * 100``, minus 200 where the angle exceeds 90°: ±50 for L, R >= 0.

    Wraps for values of opposite sign (up to ±100, and the sign can flip); NaN where both are 0.
    Zifchock et al. (2008), Gait Posture 27:622-627.
    """
    left, right = _sides(left, right)
    angle = 45.0 - np.degrees(np.arctan(_quotient(left, right)))
    return np.where(angle > 90.0, angle - 180.0, angle) / 0.9


def gait_asymmetry(left: ArrayLike, right: ArrayLike) -> Floats:
    """GA, ``100 ln(R / L)``: ±inf where one side is 0, NaN where both are 0 or the signs differ.

    The signed form of ``100 |ln(short / long)|`` of Plotnik et al. (2005), Ann. Neurol. 57:656-663.
    """
    left, right = _sides(left, right)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A difference of logarithms is antisymmetric to the last bit, which the logarithm of the quotient is not.
        log_ratio = np.log(np.abs(right)) - np.log(np.abs(left))
    return 100.0 * np.where(np.sign(left) * np.sign(right) < 0.0, np.nan, log_ratio)


def universal_symmetry_index(left: ArrayLike, right: ArrayLike) -> Floats:
    """USI, ``(R - L) / sqrt(2 (L² + R²))``, no percent: ±0.7071 for equal signs, ±1 for R = -L, finite and smooth.

    Alves et al. (2020), Front. Bioeng. Biotechnol. 8:579511.
    """
    left, right = _sides(left, right)
    return _over_pole((right - left) / np.sqrt(2.0), np.hypot(left, right))


def weighted_universal_symmetry_index(left: ArrayLike, right: ArrayLike, sigma: ArrayLike) -> Floats:
    """WUSI: USI faded out where the values drown in noise; sigma >= 0 is the noise SD in the unit of the values.

    The weight is ``1 - sqrt(2) sigma / sqrt(2 sigma² + L² + R²)``: 0 for no signal, near 1 for much. Because sigma
    has a unit, the index is not scale invariant, and that is its purpose. NaN where both sides are 0. Alves et al.
    (2020).
    """
    left, right = _sides(left, right)
    noise = np.sqrt(2.0) * np.asarray(sigma, np.float64)
    if bool(np.any(noise < 0.0)):
        raise ValueError(f"sigma is a standard deviation and must not be negative, got {sigma!r}")
    weight = 1.0 - _over_pole(noise, np.hypot(noise, np.hypot(left, right)))
    return weight * universal_symmetry_index(left, right)


def asymmetry(left: ArrayLike, right: ArrayLike, *, floor: float) -> tuple[Floats, NDArray[np.str_]]:
    """AI of ratio-scale values where it means something, and the ``types.Reason`` where it does not (then NaN).

    ``floor`` is the smallest sum of both sides, in their unit, that is signal and not noise. A value that is not finite
    is a missing one. A single zero side is no reason: it gives ±100.
    """
    if not 0.0 <= floor < np.inf:
        raise ValueError(f"floor {floor} must be finite and not negative")
    left, right = np.broadcast_arrays(*_sides(left, right))
    has_left, has_right = np.isfinite(left), np.isfinite(right)
    total = np.where(has_left & has_right, left, np.nan) + right
    reasons = np.select(
        [
            ~has_left & ~has_right,
            ~(has_left & has_right),
            (left < 0.0) | (right < 0.0),
            (total < floor) | (total == 0.0),
        ],
        [Reason.TOO_FEW, Reason.ONE_SIDE_MISSING, Reason.DOMAIN, Reason.BELOW_FLOOR],
        Reason.NONE,
    )
    kept = reasons == Reason.NONE
    return asymmetry_index(np.where(kept, left, np.nan), np.where(kept, right, np.nan)), reasons


def _sides(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    """Both as floats; adding zero turns -0.0 into 0.0, whose quotients have the wrong infinity."""
    return np.asarray(first, np.float64) + 0.0, np.asarray(second, np.float64) + 0.0


def _quotient(top: Floats, bottom: Floats) -> Floats:
    """``top / bottom`` with inf or NaN for a zero divisor, as IEEE 754 has it, and no warning."""
    with np.errstate(divide="ignore", invalid="ignore"):
        out: Floats = top / bottom
    return out


def _over_pole(top: Floats, bottom: Floats) -> Floats:
    """``top / bottom``, NaN for a zero divisor: there the index has a pole and no value, not even an infinite one."""
    return _quotient(top, np.where(bottom == 0.0, np.nan, bottom))
