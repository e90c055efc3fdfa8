"""Heard samples become a regular count: holes are bridged and marked, breaks end a run, and NaN changes no value."""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.regular import Piece, RegularState, regular
from evenside_analysis.types import Bools, Floats

RATE_HZ, BREAK_S = 100.0, 1.5


def joined(pieces: list[Piece]) -> list[tuple[bytes, bytes, bytes]]:
    """The runs that the pieces make up, as bits."""
    runs: list[list[Piece]] = []
    for piece in pieces:
        if piece.fresh:
            runs.append([])
        runs[-1].append(piece)
    return [
        (
            np.concatenate([piece.time_s for piece in run]).tobytes(),
            np.concatenate([piece.rows for piece in run]).tobytes(),
            np.concatenate([piece.lost for piece in run]).tobytes(),
        )
        for run in runs
    ]


def feed(time_s: Floats, rows: Floats, cuts: list[int]) -> tuple[RegularState, list[Piece]]:
    state, pieces = RegularState(), []
    edges = [0, *sorted(min(cut, time_s.size) for cut in cuts), time_s.size]
    for first, end in pairwise(edges):
        state, new = regular(RATE_HZ, BREAK_S, state, time_s[first:end], rows[first:end])
        state = pickle.loads(pickle.dumps(state))
        pieces.extend(new)
    return state, pieces


def only(time_s: list[float], values: list[float]) -> Piece:
    _, pieces = regular(RATE_HZ, BREAK_S, RegularState(), np.array(time_s), np.array(values)[:, np.newaxis])
    assert len(pieces) == 1
    return pieces[0]


STEPS = st.lists(st.sampled_from([0.008, 0.01, 0.012, 0.02, 0.033, 0.5, 1.49, 1.51, 4.0]), min_size=1, max_size=40)


@given(STEPS, st.data())
def test_cuts_and_rows_of_nan_change_no_bit(steps: list[float], data: st.DataObject) -> None:
    time_s = np.rint(np.cumsum(steps) * 1e6) / 1e6
    rows = np.random.default_rng(len(steps)).normal(size=(time_s.size, 2))
    heard: Bools = np.array(data.draw(st.lists(st.booleans(), min_size=time_s.size, max_size=time_s.size)))
    rows[~heard, data.draw(st.integers(0, 1))] = np.nan
    cuts = data.draw(st.lists(st.integers(0, 40), max_size=6))
    _, told = feed(time_s, rows, cuts)
    _, untold = feed(time_s[heard], rows[heard], [])
    assert joined(told) == joined(untold)
    _, one_by_one = feed(time_s, rows, list(range(time_s.size)))
    assert joined(one_by_one) == joined(untold)


def test_a_hole_is_bridged_by_a_straight_line_and_marked() -> None:
    piece = only([1.0, 1.01, 1.05, 1.06], [0.0, 1.0, 5.0, 5.5])
    np.testing.assert_allclose(piece.time_s, [1.0, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06])
    np.testing.assert_allclose(piece.rows[:, 0], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.5])
    np.testing.assert_array_equal(piece.lost, [False, False, True, True, True, False, False])


def test_jitter_and_a_rate_slightly_off_make_no_hole_and_move_no_sample() -> None:
    rng = np.random.default_rng(2)
    time_s = np.arange(1000) * 0.01 * 1.001 + rng.uniform(-0.002, 0.002, 1000)
    piece = only(time_s.tolist(), rng.normal(size=1000).tolist())
    assert not piece.lost.any()
    np.testing.assert_array_equal(piece.time_s, time_s)


def test_a_break_ends_the_run_at_once_when_time_is_told_and_else_with_the_next_sample() -> None:
    row, nothing = np.zeros((1, 1)), np.full((1, 1), np.nan)
    state, _ = regular(RATE_HZ, BREAK_S, RegularState(), np.array([1.0]), row)
    waiting, _ = regular(RATE_HZ, BREAK_S, state, np.array([2.0]), nothing)
    assert waiting.heard_s == 1.0
    told, _ = regular(RATE_HZ, BREAK_S, waiting, np.array([2.6]), nothing)
    assert told.heard_s is None
    for before in (state, told):
        _, pieces = regular(RATE_HZ, BREAK_S, before, np.array([2.7]), row)
        assert [piece.fresh for piece in pieces] == [True]
        assert not pieces[0].lost.any()


def test_a_single_channel_that_is_missing_or_absurd_makes_the_row_unheard() -> None:
    rows = np.array([[0.0, 0.0], [1.0, np.nan], [np.inf, 2.0], [-1e200, 0.0], [4.0, 4.0]])
    _, pieces = regular(RATE_HZ, BREAK_S, RegularState(), np.arange(5) / RATE_HZ, rows)
    np.testing.assert_allclose(pieces[0].rows, np.arange(5)[:, np.newaxis] * [1.0, 1.0])
    np.testing.assert_array_equal(pieces[0].lost, [False, True, True, True, False])


def test_times_that_do_not_increase_are_refused() -> None:
    state, _ = regular(RATE_HZ, BREAK_S, RegularState(), np.array([1.0]), np.zeros((1, 1)))
    for time_s in ([1.0], [0.5], [1.2, 1.2]):
        with pytest.raises(ValueError, match="increase"):
            regular(RATE_HZ, BREAK_S, state, np.array(time_s), np.zeros((len(time_s), 1)))
    with pytest.raises(ValueError, match="fit"):
        regular(RATE_HZ, BREAK_S, state, np.array([2.0]), np.zeros((2, 1)))


def test_no_rows_change_nothing() -> None:
    state = RegularState(1.0, 1.0, np.zeros(1))
    assert regular(RATE_HZ, BREAK_S, state, np.empty(0), np.empty((0, 1))) == (state, [])
