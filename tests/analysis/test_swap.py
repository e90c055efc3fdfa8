"""The side swap: gains and wearer are parted, and the error is that of sessions."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.swap import PAIRS_ASKED, SESSION_SEM, LnRatio, SwapPair, ln_ratio, pairs_needed, swap_gain
from evenside_analysis.types import Figure

FIGURE = Figure(
    *("load_share", "insole", 0.0, 60.0, 40, 40, 336.0, 9.0, 40, 385.84, 9.0, 49.84),
    *(6.9046, 6.0, 7.8, 5.0, math.nan, 2, "right", "", 1.0, 1.0, math.nan),
)


def measured(left: float, right: float, gain_a: float, gain_b: float, sd: float = 0.0) -> SwapPair:
    """A left and B right, then exchanged."""
    before = LnRatio(math.log(gain_b * right / (gain_a * left)), sd)
    return SwapPair(before, LnRatio(math.log(gain_a * right / (gain_b * left)), sd))


def test_the_published_vector() -> None:
    """True AI 4 and a gain of 1.06: alone the first session says 6.9046."""
    pair = measured(700.0 * 0.48, 700.0 * 0.52, 1.0, 1.06)
    assert 100.0 * math.tanh(0.5 * pair.before.value) == pytest.approx(6.9046, abs=5e-5)
    found = swap_gain([pair])
    assert found.ai == pytest.approx(4.0, abs=1e-9)
    assert math.exp(found.ln_gain) == pytest.approx(1.06, abs=1e-12)
    assert found.pairs == 1


@given(st.floats(0.2, 5.0), st.floats(0.5, 2.0), st.integers(1, 5))
def test_wearer_and_gain_are_parted_exactly(ratio: float, gain: float, count: int) -> None:
    found = swap_gain([measured(1.0, ratio, 1.0, gain)] * count)
    assert found.ln_ratio == pytest.approx(math.log(ratio), abs=1e-9)
    assert found.ln_gain == pytest.approx(math.log(gain), abs=1e-9)


def test_one_pair_is_as_good_as_two_sessions_and_more_pairs_are_better() -> None:
    pair = measured(1.0, 1.1, 1.0, 1.05)
    assert swap_gain([pair]).sd == pytest.approx(SESSION_SEM / math.sqrt(2.0))
    errors = [swap_gain([pair] * count).sd for count in range(1, 7)]
    assert errors == sorted(errors, reverse=True)
    assert errors[PAIRS_ASKED - 1] < errors[0] / math.sqrt(PAIRS_ASKED)  # by then the pairs speak for themselves


def test_a_session_that_is_known_worse_than_usual_counts_with_its_own_interval() -> None:
    assert swap_gain([measured(1.0, 1.0, 1.0, 1.0, sd=0.2)]).sd == pytest.approx(0.2 / math.sqrt(2.0))


def test_two_pairs_that_disagree_widen_the_error_at_once() -> None:
    far = swap_gain([measured(1.0, 1.0, 1.0, 1.0), measured(1.0, 1.0, 1.0, 1.4)])
    assert far.sd >= 0.99 * abs(math.log(1.4)) / 2.0


def test_the_stated_error_holds_where_sessions_scatter_as_usual() -> None:
    """Two SD cover 95 % for sessions that scatter as usual or less, and still most for more restless ones."""
    rng = random.Random(3)
    for scatter, least in ((0.5, 0.97), (1.0, 0.93), (1.3, 0.85)):
        inside = 0
        for _ in range(400):
            pairs = [
                SwapPair(
                    LnRatio(0.08 + 0.05 + rng.gauss(0.0, scatter * SESSION_SEM), 0.01),
                    LnRatio(0.08 - 0.05 + rng.gauss(0.0, scatter * SESSION_SEM), 0.01),
                )
                for _ in range(PAIRS_ASKED)
            ]
            found = swap_gain(pairs)
            inside += abs(found.ln_gain - 0.05) <= 1.96 * found.sd
        assert inside / 400 >= least, scatter


def test_a_figure_gives_its_ratio_and_error() -> None:
    found = ln_ratio(FIGURE)
    assert found.value == pytest.approx(math.log(1.06 * 52 / 48), abs=1e-5)
    assert found.sd == pytest.approx(0.018 / 1.96, rel=0.02)


@pytest.mark.parametrize("wrong", [{"ai": math.nan}, {"ai": 100.0, "ai_hi": 100.0}, {"ai_lo": -100.0}])
def test_a_figure_without_a_ratio_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="load_share"):
        ln_ratio(replace(FIGURE, **wrong))  # type: ignore[arg-type]


def test_no_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one session before"):
        swap_gain([])


def test_as_many_pairs_are_asked_as_the_error_needs() -> None:
    assert pairs_needed(0.10) == 1
    assert pairs_needed(0.01) == math.ceil(SESSION_SEM**2 / 2.0 / 1e-4)
