"""The claim ladder: how much may be said of an asymmetry, and the only words that say it.

0 not enough data, or no difference seen · 1 seen in this session · 2 larger than the instruments could feign · 3
consistent over sessions · 4 differs from this wearer's usual. Each level demands the ones below it, but for 4, which
a change of any size reaches (its rule looks at the days). A test within one session is not proof of a habit: in
healthy people level 1 is reached in 30 to 46 % of short walks.

The words state measurements. They never judge a person, name a cause or foretell anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from evenside_analysis.types import Reason

__all__ = [
    "NOTHING_SEEN",
    "NOT_ENOUGH",
    "LargerSide",
    "claim_level",
    "claim_words",
    "consistent_level3",
    "withheld_words",
]

LargerSide = Literal["left", "right", "none"]

NOT_ENOUGH = "not enough data"
NOTHING_SEEN = "no difference seen"

_PAIRS_MIN = 6
_SESSIONS_MIN = 3
_DAYS_MIN = 2
_SAME_SIDE_SHARE = 0.8

_REASON_WORDS = {
    Reason.TOO_FEW: "too few strides or samples",
    Reason.ONE_SIDE_MISSING: "one side was not measured",
    Reason.BELOW_FLOOR: "the values are too small to compare",
    Reason.DOMAIN: "negative values have no ratio",
    Reason.SYNC: "the clocks of the two sides are too far apart",
    Reason.SIDES_EXCHANGED: "left and right may be exchanged",
    Reason.SENSOR_FAULT: "a sensor does not measure well",
    Reason.RATE_TOO_LOW: "the sampling rate is too low",
    Reason.IRREGULAR: "not enough regular strides",
}


def claim_level(
    ai_lo: float, ai_hi: float, *, n: int, bias_budget_ai: float, reason: str = "", n_min: int = _PAIRS_MIN
) -> int:
    """Level 0 to 2, all that one session can give, from its 95 % interval in AI points.

    0 for a withheld figure, fewer than n_min pairs, or an interval that is NaN or holds zero; 2 where the end of the
    interval nearer to zero exceeds the bias budget. An unknown budget (NaN or inf) is never exceeded.
    """
    if reason or n < n_min or not (ai_lo > 0.0 or ai_hi < 0.0) or math.isnan(ai_lo) or math.isnan(ai_hi):
        return 0
    return 2 if min(abs(ai_lo), abs(ai_hi)) > bias_budget_ai else 1


def consistent_level3(session_ai: Sequence[float], days: Sequence[int], mdc95_ai: float) -> LargerSide:
    """The side of a pattern that holds over sessions, or "none".

    One AI and one day number a session. Demanded: 3 sessions on 2 days, ``|mean| > mdc95_ai / sqrt(k)`` (mdc95_ai is
    that of one session, so this is 1.4 times stricter than ``1.96 SEM / sqrt(k)``), and 80 % of the sessions on the
    side of the mean. Sessions without a figure (NaN) do not count. With an unknown MDC (NaN) nothing is consistent.
    """
    if len(session_ai) != len(days):
        raise ValueError(f"{len(session_ai)} sessions with {len(days)} days")
    kept = [(ai, day) for ai, day in zip(session_ai, days, strict=True) if not math.isnan(ai)]
    k = len(kept)
    if k < _SESSIONS_MIN or len({day for _, day in kept}) < _DAYS_MIN:
        return "none"
    mean = math.fsum(ai for ai, _ in kept) / k
    if not abs(mean) > mdc95_ai / math.sqrt(k):
        return "none"
    same_side = sum(ai * mean > 0.0 for ai, _ in kept)
    if same_side < _SAME_SIDE_SHARE * k:
        return "none"
    return "right" if mean > 0.0 else "left"


def claim_words(level: int, side: LargerSide, larger: str, *, enough: bool = True) -> str:
    """The sentence that a level allows; ``larger`` is the metric's word for the larger side ("longer").

    Below level 1 the sentence is "no difference seen", or "not enough data" where ``enough`` is False. Raises
    ValueError for a level outside 0 to 4, and for level 1 to 3 without a side: only a change from one's usual (4) may
    end at even.
    """
    if level == 0:
        return NOTHING_SEEN if enough else NOT_ENOUGH
    if not 1 <= level <= 4:
        raise ValueError(f"claim level {level} is outside 0 to 4")
    if side == "none" and level < 4:
        raise ValueError(f"claim level {level} needs a side")
    return (
        f"in this session: {larger} on the {side}",
        "larger than the measuring error of this setup",
        f"consistent {side}-side pattern",
        "differs from your usual",
    )[level - 1]


def withheld_words(reason: str) -> str:
    """ "not enough data", with the reason where one is known."""
    words = _REASON_WORDS.get(reason, "")
    return f"{NOT_ENOUGH} ({words})" if words else NOT_ENOUGH
