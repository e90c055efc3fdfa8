"""Running sums: any cut gives the same bits, and the streamed interval is that of the whole array."""

from __future__ import annotations

import math
import pickle
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.sums import MomentSums, PairSums, add, add_values, before_each, interval, moments
from evenside_analysis.types import Floats
from evenside_analysis.uncertainty import adjusted_interval

VALUES = st.lists(st.one_of(st.floats(-1, 1), st.just(math.nan)), max_size=60).map(lambda v: np.array(v, np.float64))
CUTS = st.lists(st.integers(0, 60), max_size=6)


def columns(*series: Floats) -> Floats:
    """(rows, series), the shorter ones filled up with missing values."""
    out = np.full((max(one.size for one in series), len(series)), np.nan)
    for column, one in enumerate(series):
        out[: one.size, column] = one
    return out


def pieces(values: Floats, cuts: list[int]) -> list[Floats]:
    return np.split(values, sorted(min(cut, len(values)) for cut in cuts))


def bits(value: Any) -> Any:
    return [bits(one) for one in value] if isinstance(value, tuple) else np.asarray(value).tobytes()


def there(values: Floats) -> Floats:
    return values[np.isfinite(values)]


@given(VALUES, VALUES, CUTS)
def test_any_cut_gives_the_same_bits(a: Floats, b: Floats, cuts: list[int]) -> None:
    values = columns(a, b)
    whole = add(PairSums.start(2), values)
    sums = PairSums.start(2)
    for piece in pieces(values, cuts):
        sums = pickle.loads(pickle.dumps(add(sums, piece)))
    assert bits(astuple(sums)) == bits(astuple(whole))
    one_by_one = PairSums.start(2)
    for row in values:
        one_by_one = add(one_by_one, row[np.newaxis])
    assert bits(astuple(one_by_one)) == bits(astuple(whole))


@given(VALUES, VALUES)
def test_a_series_does_not_depend_on_those_beside_it(a: Floats, b: Floats) -> None:
    together, alone = add(PairSums.start(2), columns(a, b)), add(PairSums.start(1), columns(a))
    pairs = zip(astuple(together.moments), astuple(alone.moments), strict=True)
    for both, one in [*pairs, (together.lagged, alone.lagged), (together.last, alone.last)]:
        assert both[:1].tobytes() == one.tobytes()


@given(VALUES, st.floats(-1e3, 1e3))
def test_the_streamed_interval_is_that_of_the_values_that_are_there(d: Floats, level: float) -> None:
    d = d + level
    want, got = adjusted_interval(there(d)), interval(add(PairSums.start(1), columns(d))).row(0)
    assert got.n == want.n
    # 1e-9 of what the numbers themselves can carry: a spread near the rounding of the level has no digits left
    resolution = 1e-9 * max(1.0, abs(level) * 1e-6)
    assert got.mean == pytest.approx(want.mean, rel=1e-9, abs=resolution, nan_ok=True)
    assert got.sd == pytest.approx(want.sd, rel=1e-9, abs=resolution, nan_ok=True)
    if want.n >= 2 and want.sd > 1e-4:
        assert got.r1 == pytest.approx(want.r1, rel=1e-6, abs=1e-6)
        assert [got.lo, got.hi] == pytest.approx([want.lo, want.hi], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("first", [0.05, 1.0, -8.0])
def test_a_day_of_strides_agrees_to_nine_digits_even_after_a_wild_first_one(first: float) -> None:
    d = 0.05 + 0.04 * np.random.default_rng(3).standard_normal(40_000)
    d[0] = first
    want, got = adjusted_interval(d), interval(add(PairSums.start(1), columns(d))).row(0)
    for field in ("mean", "sd", "n_eff", "lo", "hi"):
        assert getattr(got, field) == pytest.approx(getattr(want, field), rel=1e-9), field
    assert got.r1 == pytest.approx(want.r1, abs=1e-9)  # a correlation: its scale is 1


def test_nothing_and_one_value() -> None:
    none = interval(PairSums.start(1)).row(0)
    assert none.n == 0
    assert math.isnan(none.mean)
    one = interval(add(PairSums.start(1), columns(np.array([math.nan, 0.25])))).row(0)
    assert (one.n, one.mean) == (1, 0.25)
    assert math.isnan(one.lo)
    for nothing in (np.empty((0, 1)), np.full((3, 1), np.nan)):
        assert bits(astuple(add(PairSums.start(1), nothing))) == bits(astuple(PairSums.start(1)))


@given(VALUES, CUTS, st.floats(-1e3, 1e3))
def test_moments_of_plain_values(values: Floats, cuts: list[int], level: float) -> None:
    values = values + level
    sums = MomentSums.start(1)
    for piece in pieces(columns(values), cuts):
        sums = add_values(sums, piece)
    n, mean, sd = (float(column[0]) for column in moments(sums))
    kept = there(values)
    assert n == kept.size
    if n:
        assert mean == pytest.approx(float(kept.mean()), rel=1e-9, abs=1e-9)
    if n > 1:
        assert sd == pytest.approx(float(kept.std(ddof=1)), rel=1e-9, abs=1e-9)
    assert math.isnan(mean) == (n == 0)
    assert math.isnan(sd) == (n < 2)


def test_the_one_before_each_is_the_last_that_was_counted() -> None:
    values = columns(np.array([1.0, math.nan, 3.0, 4.0]), np.array([math.nan, math.nan, 7.0]))
    before, last = before_each(np.array([10.0, 20.0]), values, np.isfinite(values))
    assert before[:, 0].tolist() == [10.0, 1.0, 1.0, 3.0]
    assert before[:, 1].tolist() == [20.0, 20.0, 20.0, 7.0]
    assert last.tolist() == [4.0, 7.0]


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 3)])
def test_another_number_of_series_is_refused(shape: tuple[int, ...]) -> None:
    for refuse in (
        lambda: add(PairSums.start(2), np.zeros(shape)),
        lambda: add_values(MomentSums.start(2), np.zeros(shape)),
    ):
        with pytest.raises(ValueError, match=r"shape \(rows, 2\)"):
            refuse()


def test_the_state_of_a_stream_does_not_grow() -> None:
    short, long = (add(PairSums.start(9), np.linspace(0.0, 0.1, n)[:, np.newaxis].repeat(9, 1)) for n in (10, 10_000))
    assert len(pickle.dumps(long)) == len(pickle.dumps(short))
