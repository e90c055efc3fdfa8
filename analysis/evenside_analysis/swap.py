"""The side swap: what of an asymmetry is the wearer's, and what the sensors', from sessions around an exchange.

A session measures ``r = ln(R / L)`` of wearer and sensors together. After both sensors were exchanged the wearer's part
is the same and the sensors' part has turned round, so half the sum is the wearer and half the difference the sensors
(``budget.swap_estimate``). The error is that of sessions, not of strides: the same person on another day, or with the
sensors put on anew, differs by more than the interval of one session says.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from evenside_analysis.budget import shrunk_sem, swap_estimate
from evenside_analysis.types import Figure

__all__ = ["PAIRS_ASKED", "SESSION_SEM", "LnRatio", "SwapEstimate", "SwapPair", "ln_ratio", "pairs_needed", "swap_gain"]

PAIRS_ASKED = 3

SESSION_SEM = 0.046
"""Standard error of measurement of one session's ln(R / L), where the pairs themselves do not tell yet: 2.3 AI, the
largest that 110 walks of 19 people show for a metric (Voisard et al. 2023); for loads none is published."""


@dataclass(frozen=True, slots=True)
class LnRatio:
    """ln(R / L) of one session, and its SD within the session."""

    value: float
    sd: float


@dataclass(frozen=True, slots=True)
class SwapPair:
    """``before``: device A left and B right. ``after``: B left and A right. Right over left in both."""

    before: LnRatio
    after: LnRatio


@dataclass(frozen=True, slots=True)
class SwapEstimate:
    """``ln_ratio``: the wearer's ln(R / L), on average over the pairs. ``ln_gain``: ln(gain B / gain A)."""

    ln_ratio: float
    ln_gain: float
    sd: float  # of either
    pairs: int

    @property
    def ai(self) -> float:
        """The wearer's asymmetry index, freed from the gains."""
        return 100.0 * math.tanh(0.5 * self.ln_ratio)


def ln_ratio(figure: Figure) -> LnRatio:
    """Of a session's figure: AI = 100 tanh(r / 2). Raises ValueError for one that is withheld, or all on one side."""
    if not max(abs(figure.ai), abs(figure.ai_lo), abs(figure.ai_hi)) < 100.0:
        raise ValueError(f"{figure.site} {figure.metric}: AI {figure.ai} has no logarithm of a ratio")
    value, low, high = (2.0 * math.atanh(ai / 100.0) for ai in (figure.ai, figure.ai_lo, figure.ai_hi))
    return LnRatio(value, (high - low) / (2.0 * 1.96))


def swap_gain(pairs: Sequence[SwapPair], session_sem: float = SESSION_SEM) -> SwapEstimate:
    """Means over all pairs, and their SD.

    One session is wrong by its ``session_sem``, drawn from the third pair on towards what the pairs themselves show
    (``budget.shrunk_sem``), or by its own interval where that is larger; both halve in square with each exchange:
    SEM / √2 of one pair. Pairs that disagree more than that widen the error at once. Raises ValueError without a pair.
    """
    if not pairs:
        raise ValueError("a swap needs at least one session before and one after the exchange")
    found = [swap_estimate(pair.before.value, pair.after.value) for pair in pairs]
    gains = [gain for _, gain in found]
    scatter = statistics.stdev(gains) if len(gains) > 1 else math.nan
    sem = shrunk_sem(math.sqrt(2.0) * scatter, 2 * len(pairs), session_sem)
    squares = [max(sem, one.sd) ** 2 for pair in pairs for one in (pair.before, pair.after)]
    sd = 0.5 * math.sqrt(sum(squares)) / len(pairs)
    if len(pairs) > 1:
        sd = max(sd, scatter / math.sqrt(len(pairs)))
    return SwapEstimate(
        math.fsum(ratio for ratio, _ in found) / len(pairs), math.fsum(gains) / len(pairs), sd, len(pairs)
    )


def pairs_needed(ln_gain_sd: float, session_sem: float = SESSION_SEM) -> int:
    """How many pairs it takes to know the gains to that SD."""
    return max(1, math.ceil((session_sem / ln_gain_sd) ** 2 / 2.0))
