"""Running sums: any cut gives the same bits, and the streamed interval is that of the whole array."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.sums import MomentSums, PairSums, add, add_values, interval, moments
from evenside_analysis.types import Floats
from evenside_analysis.uncertainty import adjusted_interval

VALUES = st.lists(st.floats(-1, 1), max_size=60).map(lambda values: np.array(values, np.float64))
CUTS = st.lists(st.integers(0, 60), max_size=6)


def pieces(values: Floats, cuts: list[int]) -> list[Floats]:
    return np.split(values, sorted(min(cut, values.size) for cut in cuts))


@given(VALUES, CUTS)
def test_any_cut_gives_the_same_bits(d: Floats, cuts: list[int]) -> None:
    whole = add(PairSums.start(), d)
    sums = PairSums.start()
    for piece in pieces(d, cuts):
        sums = pickle.loads(pickle.dumps(add(sums, piece)))
    assert sums == whole
    one_by_one = PairSums.start()
    for value in d:
        one_by_one = add(one_by_one, np.array([value]))
    assert one_by_one == whole


@given(VALUES, st.floats(-1e3, 1e3))
def test_the_streamed_interval_is_that_of_the_array(d: Floats, level: float) -> None:
    d = d + level
    want, got = adjusted_interval(d), interval(add(PairSums.start(), d))
    assert got.n == want.n
    # 1e-9 of what the numbers themselves can carry: a spread near the rounding of the level has no digits left
    resolution = 1e-9 * max(1.0, abs(level) * 1e-6)
    assert got.mean == pytest.approx(want.mean, rel=1e-9, abs=resolution, nan_ok=True)
    assert got.sd == pytest.approx(want.sd, rel=1e-9, abs=resolution, nan_ok=True)
    if d.size >= 2 and want.sd > 1e-4:
        assert got.r1 == pytest.approx(want.r1, rel=1e-6, abs=1e-6)
        assert [got.lo, got.hi] == pytest.approx([want.lo, want.hi], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("first", [0.05, 1.0, -8.0])
def test_a_day_of_strides_agrees_to_nine_digits_even_after_a_wild_first_one(first: float) -> None:
    d = 0.05 + 0.04 * np.random.default_rng(3).standard_normal(40_000)
    d[0] = first
    want, got = adjusted_interval(d), interval(add(PairSums.start(), d))
    for field in ("mean", "sd", "n_eff", "lo", "hi"):
        assert getattr(got, field) == pytest.approx(getattr(want, field), rel=1e-9), field
    assert got.r1 == pytest.approx(want.r1, abs=1e-9)  # a correlation: its scale is 1


def test_nothing_and_one_value() -> None:
    none = interval(PairSums.start())
    assert none.n == 0
    assert math.isnan(none.mean)
    one = interval(add(PairSums.start(), np.array([0.25])))
    assert (one.n, one.mean) == (1, 0.25)
    assert math.isnan(one.lo)
    assert add(PairSums.start(), np.empty(0)) == PairSums.start()


@given(VALUES, CUTS, st.floats(-1e3, 1e3))
def test_moments_of_plain_values(values: Floats, cuts: list[int], level: float) -> None:
    values = values + level
    sums = MomentSums.start()
    for piece in pieces(values, cuts):
        sums = add_values(sums, piece)
    assert sums == add_values(MomentSums.start(), values)
    n, mean, sd = moments(sums)
    assert n == values.size
    if n:
        assert mean == pytest.approx(float(values.mean()), rel=1e-9, abs=1e-9)
    if n > 1:
        assert sd == pytest.approx(float(values.std(ddof=1)), rel=1e-9, abs=1e-9)
    assert math.isnan(mean) == (n == 0)
    assert math.isnan(sd) == (n < 2)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_missing_value_never_enters(bad: float) -> None:
    for refuse in (
        lambda: add(PairSums.start(), np.array([0.1, bad])),
        lambda: add_values(MomentSums.start(), np.array([bad])),
    ):
        with pytest.raises(ValueError, match="finite"):
            refuse()
    with pytest.raises(ValueError, match="one axis"):
        add(PairSums.start(), np.zeros((1, 2)))


def test_the_state_of_a_stream_is_small() -> None:
    sums = add(PairSums.start(), np.linspace(0.0, 0.1, 1000))
    assert len(pickle.dumps(sums)) < 300
