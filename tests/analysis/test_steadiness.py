"""Pairs of strides that stand out: turns are found, walking is left alone, and what is left out takes no side."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.rows import Rows
from evenside_analysis.steadiness import SteadyState, mark_unsteady
from evenside_analysis.types import Bools, Flag, Floats

COLUMNS = (0, 1)


def rows_of(stance: Floats, stride: Floats, flags: list[int] | None = None, settled_s: float = 1e4) -> Rows:
    """(n, 2) stance times left and right and stride times of both, ending one stride after the other."""
    end_s = np.round(1e6 * np.cumsum(stride)) / 1e6
    none = np.zeros(end_s.size, np.int64)
    both = [np.stack([stance[:, side], stride], axis=1) for side in (0, 1)]
    return Rows(end_s, none if flags is None else np.array(flags, np.int64), both[0], both[1], settled_s)


def marked(rows: Rows) -> Bools:
    _, told = mark_unsteady(COLUMNS, SteadyState.start(2), rows)
    assert told.end_s.tobytes() == rows.end_s.tobytes()
    return np.asarray((told.flags & int(Flag.UNSTEADY)) != 0)


def walk(n: int, seed: int = 1, stance: float = 0.66) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    return stance * (1.0 + rng.normal(0.0, 0.015, (n, 2))), 1.1 * (1.0 + rng.normal(0.0, 0.012, n))


def test_a_turn_stands_out_and_the_walk_around_it_does_not() -> None:
    stance, stride = walk(80)
    stance[40:43] += [[0.05, 0.14], [0.30, 0.28], [0.10, 0.06]]
    stride[40:43] += [0.10, 0.25, 0.08]
    assert np.flatnonzero(marked(rows_of(stance, stride))).tolist() == [40, 41, 42]


@pytest.mark.parametrize("column", ["stance", "stride"])
def test_either_time_is_enough(column: str) -> None:
    stance, stride = walk(40)
    if column == "stance":
        stance[20] += 0.2
    else:
        stride[20] += 0.3
    assert np.flatnonzero(marked(rows_of(stance, stride))).tolist() == [20]


def test_which_side_is_longer_plays_no_part() -> None:
    stance, stride = walk(60)
    limp = stance * [1.0, 1.3]
    limp[30] = limp[30][::-1]  # the same sum, the other way round
    assert not marked(rows_of(limp, stride)).any()


def test_a_slower_pace_is_walking_too() -> None:
    slow, fast = walk(30, 2, 0.8), walk(30, 3, 0.66)
    stance, stride = np.concatenate([fast[0], slow[0]]), np.concatenate([fast[1], 1.2 * slow[1]])
    assert marked(rows_of(stance, stride)).sum() <= 5


def test_a_handful_of_strides_says_nothing_of_what_is_usual() -> None:
    stance, stride = walk(8)
    stance[4] += 0.3
    assert not marked(rows_of(stance, stride)).any()


def test_flagged_strides_and_those_of_one_side_neither_count_nor_stand_out() -> None:
    stance, stride = walk(40)
    stance[:6] += 0.4
    stance[20] = [0.66, math.nan]
    stance[30] += 0.3
    found = marked(rows_of(stance, stride, [int(Flag.FIRST)] * 6 + [0] * 34))
    assert np.flatnonzero(found).tolist() == [30]


def test_of_walking_without_turns_hardly_a_pair_is_left_out() -> None:
    count = sum(int(marked(rows_of(*walk(110, seed))).sum()) for seed in range(40))
    assert count <= 4  # of 4400


@pytest.mark.parametrize("phi", [0.0, 0.3])
@pytest.mark.parametrize("shape", ["normal", "skewed", "skewed on one side"])
def test_what_is_left_out_does_not_move_the_asymmetry(shape: str, phi: float) -> None:
    rng, n, sessions = np.random.default_rng(7), 110, 150
    sd = np.array([0.02, 0.06 if shape == "skewed on one side" else 0.02])
    moved = []
    for _ in range(sessions):
        fresh = rng.normal(size=(n, 2)) if shape == "normal" else (rng.gamma(2.0, 1.0, (n, 2)) - 2.0) / math.sqrt(2.0)
        noise = fresh.copy()
        for row in range(1, n):
            noise[row] = phi * noise[row - 1] + math.sqrt(1.0 - phi**2) * fresh[row]
        stance = np.array([0.64, 0.70]) * (1.0 + sd * noise)
        kept = stance[~marked(rows_of(stance, np.full(n, 1.1)))]
        every, left = (100.0 * np.diff(part.mean(axis=0))[0] / part.mean(axis=0).sum() for part in (stance, kept))
        moved.append(left - every)
    # One side three times as variable as the other, and to one end only, is the worst of walkers.
    assert abs(float(np.mean(moved))) < (0.08 if shape == "skewed on one side" else 0.005)


def expected(rows: Rows) -> list[bool]:
    """The rule read out pair by pair."""
    out = []
    for at in range(rows.end_s.size):
        around = (rows.end_s >= rows.end_s[at] - 16.0) & (rows.end_s - 4.0 <= rows.end_s[at]) & (rows.flags == 0)
        found = False
        for column in COLUMNS:
            sums = rows.left[:, column] + rows.right[:, column]
            values = sums[around & np.isfinite(sums)]
            if values.size >= 9 and rows.flags[at] == 0:
                centre = np.median(values)
                spread = 1.4826 * np.median(np.abs(values - centre))
                found |= bool(abs(sums[at] - centre) > 6.0 * max(spread, 0.01 * centre))
        out.append(found)
    return out


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_the_pairs_are_those_of_the_rule(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    stance, stride = walk(n, seed)
    stance += 0.01 * rng.standard_t(2, (n, 2))
    stride += np.where(rng.random(n) < 0.1, rng.uniform(0.0, 9.0, n), 0.0)
    stance[rng.random((n, 2)) < 0.05] = math.nan
    rows = rows_of(stance, stride, np.where(rng.random(n) < 0.1, int(Flag.FIRST), 0).tolist())
    assert marked(rows).tolist() == expected(rows)


@given(st.lists(st.integers(0, 60), max_size=8), st.integers(0, 3), st.data())
@settings(max_examples=60, deadline=None)
def test_any_cut_gives_the_same_bits_and_keeps_its_word(cuts: list[int], turns: int, data: st.DataObject) -> None:
    stance, stride = walk(60, turns)
    for at in (9, 25, 50)[:turns]:
        stance[at : at + 2] += 0.25
        stride[at] += 2.0 * at
    rows = rows_of(stance, stride)
    whole = mark_unsteady(COLUMNS, SteadyState.start(2), rows)[1]
    state, told, settled_s = SteadyState.start(2), Rows.none(2), -math.inf
    for first, end in pairwise([0, *sorted(cuts), 60]):
        part, settled = rows.select(slice(first, end)), 1e4
        if end < 60:
            last_s = np.nextafter(rows.end_s[end - 1], math.inf) if end else 0.0
            settled = last_s + data.draw(st.sampled_from([0.0, 0.5, 1.0]), "passed") * (rows.end_s[end] - last_s)
        part = replace(part, settled_s=float(settled))
        state, new = mark_unsteady(COLUMNS, pickle.loads(pickle.dumps(state)), part)
        assert (new.end_s >= settled_s).all()
        assert (new.end_s < new.settled_s).all()
        settled_s = new.settled_s
        told = told.followed_by(new)
    assert told.end_s.tobytes() == whole.end_s.tobytes()
    assert told.flags.tobytes() == whole.flags.tobytes()
    assert told.left.tobytes() == whole.left.tobytes()


def test_the_state_does_not_grow() -> None:
    state, sizes = SteadyState.start(2), []
    stance, stride = walk(400)
    rows = rows_of(stance, stride)
    for at in range(400):
        part = rows.select(slice(at, at + 1))
        state, _ = mark_unsteady(COLUMNS, state, replace(part, settled_s=float(part.end_s[0]) + 1e-6))
        sizes.append(state.end_s.size)
    assert max(sizes) < 35
