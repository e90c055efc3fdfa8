"""The claim ladder: when each level is reached, and that its words stay within what was measured."""

from __future__ import annotations

import math
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.claims import (
    NOT_ENOUGH,
    NOTHING_SEEN,
    claim_level,
    claim_words,
    consistent_level3,
    withheld_words,
)
from evenside_analysis.metrics import METRICS
from evenside_analysis.types import Reason

REASONS = [value for name, value in vars(Reason).items() if name.isupper()]
# What may never be said to a person: judgements, causes, forecasts.
FORBIDDEN = (
    "imbalance",
    "risk",
    "abnormal",
    "normal",
    "injur",
    "detected",
    "diagnos",
    "clinical",
    "prevent",
    "compensat",
)


def level(lo: float, hi: float, *, n: int = 60, budget: float = 0.5, reason: str = "") -> int:
    return claim_level(lo, hi, n=n, bias_budget_ai=budget, reason=reason)


@pytest.mark.parametrize(
    ("lo", "hi", "want"),
    [
        (1.9, 4.3, 2),
        (-4.3, -1.9, 2),
        (0.4, 4.3, 1),
        (-4.3, -0.4, 1),
        (0.5, 4.3, 1),  # at the budget is not beyond it
        (-0.1, 4.3, 0),
        (0.0, 4.3, 0),
        (math.nan, 4.3, 0),
        (1.9, math.nan, 0),
        (math.nan, math.nan, 0),
    ],
)
def test_levels_of_one_session(lo: float, hi: float, want: int) -> None:
    assert level(lo, hi) == want


def test_withheld_few_or_unknown_setups_claim_less() -> None:
    assert level(1.9, 4.3, n=5) == 0
    assert level(1.9, 4.3, n=6) == 2
    assert claim_level(1.9, 4.3, n=6, bias_budget_ai=0.5, n_min=10) == 0
    for reason in REASONS:
        assert level(1.9, 4.3, reason=reason) == (0 if reason else 2)
    for unknown in (math.nan, math.inf):
        assert level(1.9, 4.3, budget=unknown) == 1


@given(st.floats(-50, 50), st.floats(0, 20), st.floats(0, 10))
def test_the_level_does_not_depend_on_the_side(lo: float, width: float, budget: float) -> None:
    assert level(lo, lo + width, budget=budget) == level(-(lo + width), -lo, budget=budget)


def test_a_consistent_pattern_needs_three_sessions_on_two_days() -> None:
    assert consistent_level3([6.0, 5.0, 7.0], [1, 1, 2], 5.9) == "right"
    assert consistent_level3([-6.0, -5.0, -7.0], [1, 1, 2], 5.9) == "left"
    assert consistent_level3([6.0, 5.0, 7.0], [1, 1, 1], 5.9) == "none"
    assert consistent_level3([6.0, 7.0], [1, 2], 5.9) == "none"
    assert consistent_level3([6.0, math.nan, 7.0], [1, 2, 3], 5.9) == "none"
    assert consistent_level3([], [], 5.9) == "none"


def test_a_consistent_pattern_exceeds_the_detectable_change_of_the_mean() -> None:
    limit = 5.9 / math.sqrt(3)
    assert round(limit, 1) == 3.4
    assert consistent_level3([limit + 0.01] * 3, [1, 2, 3], 5.9) == "right"
    assert consistent_level3([limit - 0.01] * 3, [1, 2, 3], 5.9) == "none"
    assert consistent_level3([50.0] * 3, [1, 2, 3], math.nan) == "none"


def test_a_consistent_pattern_has_four_of_five_sessions_on_its_side() -> None:
    days = [1, 2, 3, 4, 5]
    assert consistent_level3([9.0, 9, 9, 9, -1], days, 5.9) == "right"
    assert consistent_level3([9.0, 9, 9, -1, -1], days, 5.9) == "none"
    assert consistent_level3([9.0, 9, 9, -1, 0], days, 5.9) == "none"
    with pytest.raises(ValueError, match="5 sessions with 1 days"):
        consistent_level3([9.0] * 5, [1], 5.9)


def test_the_sentences_of_the_ladder() -> None:
    assert claim_words(0, "none", "longer") == NOTHING_SEEN == "no difference seen"
    assert claim_words(0, "none", "longer", enough=False) == NOT_ENOUGH == "not enough data"
    assert claim_words(1, "right", "longer") == "in this session: longer on the right"
    assert claim_words(2, "left", "longer") == "larger than the measuring error of this setup"
    assert claim_words(3, "right", "longer") == "consistent right-side pattern"
    assert claim_words(4, "left", "longer") == "differs from your usual"


def test_a_claim_has_a_side_and_a_known_level() -> None:
    for bad in (-1, 5):
        with pytest.raises(ValueError, match="outside 0 to 4"):
            claim_words(bad, "right", "longer")
    with pytest.raises(ValueError, match="needs a side"):
        claim_words(3, "none", "longer")
    assert claim_words(4, "none", "longer") == "differs from your usual"


def test_every_reason_has_its_own_words() -> None:
    texts = [withheld_words(reason) for reason in REASONS]
    assert len(set(texts)) == len(REASONS)
    assert all(text.startswith(NOT_ENOUGH) for text in texts)


def test_no_words_judge_name_a_cause_or_foretell() -> None:
    sides: tuple[Literal["left", "right"], ...] = ("left", "right")
    said = [withheld_words(reason) for reason in REASONS] + [
        claim_words(0, "none", "x", enough=e) for e in (True, False)
    ]
    said += [claim_words(n, side, row.larger) for n in (1, 2, 3, 4) for side in sides for row in METRICS]
    said += [f"{row.name} {row.larger}" for row in METRICS]
    for text in said:
        assert not any(word in text.lower() for word in FORBIDDEN), text
