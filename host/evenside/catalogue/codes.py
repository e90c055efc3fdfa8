"""Words as numbers, for servers that keep no text. A code never changes its meaning; new ones go to the end."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from evenside_analysis.claims import withheld_words
from evenside_analysis.types import Reason

__all__ = ["CLAIM_WORDS", "HABIT_SIDE_CODES", "OTHER", "REASON_CODES", "SIDE_CODES", "code_words"]

OTHER = 99  # a word that is not in the table

SIDE_CODES: Mapping[str, int] = MappingProxyType({"left": -1, "none": 0, "right": 1})

# Of a habit.
HABIT_SIDE_CODES: Mapping[str, int] = MappingProxyType({"left": -1, "none": 0, "right": 1, "both": 2, "unknown": 3})

REASON_CODES: Mapping[str, int] = MappingProxyType(
    {
        Reason.NONE: 0,
        Reason.TOO_FEW: 1,
        Reason.ONE_SIDE_MISSING: 2,
        Reason.BELOW_FLOOR: 3,
        Reason.DOMAIN: 4,
        Reason.SYNC: 5,
        Reason.SIDES_EXCHANGED: 6,
        Reason.SENSOR_FAULT: 7,
        Reason.RATE_TOO_LOW: 8,
        Reason.IRREGULAR: 9,
    }
)

# For people, by claim level: see evenside_analysis.claims.
CLAIM_WORDS: Mapping[int, str] = MappingProxyType(
    {
        0: "no difference seen, or too little data",
        1: "seen here",
        2: "more than the sensors could feign",
        3: "on most days the same",
        4: "differs from the usual",
    }
)


def code_words() -> Mapping[int, str]:
    """What each reason code says to a person."""
    words = {code: withheld_words(reason) if reason else "not withheld" for reason, code in REASON_CODES.items()}
    return {**words, OTHER: "withheld"}
