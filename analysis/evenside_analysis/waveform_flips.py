"""Where over the stride do left and right differ? A sign-flip permutation test of the whole curve at once.

If left and right are alike, the difference of each stride might as well have the other sign. The paired t at every
point is compared with the largest |t| anywhere on the curve that such flips bring about, so that a claim about any
point holds for all of them together: with alike sides, one test in 1 / alpha marks anything at all. No shape of the
distribution is assumed (Nichols & Holmes (2002), Hum. Brain Mapp. 15:1-25; in biomechanics Pataky et al. (2015)).

What it assumes is that strides are independent. Neighbouring strides resemble one another: flip them in blocks of
``block`` strides, as long as that resemblance lasts. And it speaks of this session alone: in a second one the legs of a
healthy walker may differ the other way.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from evenside_analysis.types import Bools, Floats

__all__ = ["FlipTest", "Span", "sign_flip_test"]

_AT_ONCE = 2048  # flips; bounds memory


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring points from ``first`` to ``last`` (inclusive) at which the sides differ, all to the same side. ``p``
    is that of the largest |t| in it.
    """

    first: int
    last: int
    p: float
    right_larger: bool


@dataclass(frozen=True, slots=True, eq=False)
class FlipTest:
    """``t`` is positive where right is larger, infinite where all strides differ by the same; ``p`` of each point holds
    for all together, ``p_any`` is the least of them. ``threshold``: |t| from which on p is at most alpha, inf where so
    few strides can never tell. ``flips``: so many were compared, all there are if ``exact``.
    """

    n: int  # pairs of strides without NaN
    t: Floats  # (points,)
    p: Floats  # (points,)
    p_any: float
    threshold: float
    spans: tuple[Span, ...]
    flips: int
    exact: bool


def sign_flip_test(
    left: Floats, right: Floats, *, alpha: float = 0.05, block: int = 1, flips: int = 10_000, seed: int = 0
) -> FlipTest:
    """Test paired curves (strides, points); pair ``i`` is one left stride and the right one next to it.

    All flips are tried where there are at most ``flips`` (up to 14 blocks), else so many are drawn by ``seed``. The
    curve at hand counts among them, so p is never 0; six blocks are the fewest that can reach p = 0.05. Pairs with NaN
    are passed over.

    Raises:
        ValueError: shapes that differ, fewer than two pairs, or settings that make no sense.
    """
    if left.ndim != 2 or left.shape != right.shape or not left.shape[1]:
        raise ValueError(f"curves (strides, points) of one shape are needed, got {left.shape} and {right.shape}")
    if not 0.0 < alpha < 1.0 or block < 1 or flips < 1:
        raise ValueError(f"alpha {alpha} must lie in 0 to 1, block {block} and flips {flips} must be at least 1")
    difference = right - left
    difference = difference[np.isfinite(difference).all(axis=1)]
    n = difference.shape[0]
    if n < 2:
        raise ValueError(f"{n} pairs of whole strides: at least 2 are needed")
    blocks = np.arange(n) // block
    count = int(blocks[-1]) + 1
    exact = count - 1 < 63 and 1 << (count - 1) <= flips
    squares = (difference * difference).sum(axis=0)
    t = _t(difference.sum(axis=0, keepdims=True), squares, n)[0]
    sums = np.add.reduceat(difference, np.arange(0, n, block), axis=0)
    signs = _all_signs(count) if exact else _drawn_signs(count, flips, seed)
    largest = np.concatenate(
        [np.abs(_t(signs[at : at + _AT_ONCE] @ sums, squares, n)).max(axis=1) for at in range(0, len(signs), _AT_ONCE)]
    )
    if not exact:
        largest = np.append(largest, np.abs(t).max())
    ordered = np.sort(largest)
    # What rounding made a little smaller than the curve at hand is as large.
    reached = np.where(np.isfinite(t), np.abs(t) * (1.0 - 1e-9), np.inf)
    p = (ordered.size - np.searchsorted(ordered, reached, "left")) / ordered.size
    allowed = int(alpha * ordered.size + 1e-9)
    threshold = float(ordered[-allowed]) if allowed else np.inf
    if allowed and int((ordered >= threshold).sum()) > allowed:  # equal ones do not all fit
        above = ordered[ordered > threshold]
        threshold = float(above[0]) if above.size else np.inf
    return FlipTest(n, t, p, float(p.min()), threshold, _spans(t, p, p <= alpha), ordered.size, exact)


def _t(totals: Floats, squares: Floats, n: int) -> Floats:
    """Paired t (k, points) from sums over strides (k, points), and sums of squares that no flip changes."""
    variance = (squares - totals * totals / n) / (n - 1)
    variance = np.where(variance > 1e-12 * squares / n, variance, 0.0)  # the rest is rounding
    with np.errstate(divide="ignore", invalid="ignore"):
        t = totals / np.sqrt(n * variance)
    return np.where(totals == 0.0, 0.0, t)


def _all_signs(count: int) -> Floats:
    """Every way to flip, the first block never: with it, |t| is the same again."""
    bits = np.arange(1 << (count - 1))[:, np.newaxis] >> np.arange(count - 1)
    return np.concatenate([np.ones((len(bits), 1)), 1.0 - 2.0 * (bits & 1)], axis=1)


def _drawn_signs(count: int, flips: int, seed: int) -> Floats:
    return 1.0 - 2.0 * np.random.default_rng(seed).integers(0, 2, (flips, count)).astype(np.float64)


def _spans(t: Floats, p: Floats, marked: Bools) -> tuple[Span, ...]:
    """Runs of marked points with one sign."""
    side = np.where(marked, np.sign(t), 0.0)
    edges = np.flatnonzero(np.diff(side, prepend=0.0, append=0.0) != 0.0)
    return tuple(
        Span(first, end - 1, float(p[first:end].min()), bool(side[first] > 0.0))
        for first, end in pairwise(edges.tolist())
        if side[first] != 0.0
    )
