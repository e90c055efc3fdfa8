"""Each frame once, in any order; what is missing is exactly the rest."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.wire import SequenceState, announce, place
from evenside.wire.sequence import RANGES_MAX, WRAP


def _missing(state: SequenceState) -> set[int]:
    return {frame for first, end in state.missing for frame in range(first, end)}


@given(
    first=st.sampled_from([0, 5, WRAP - 20, 3 * WRAP - 7, 70_000]),
    n=st.integers(1, 120),
    seed=st.integers(0, 2**16),
    lost=st.floats(0, 0.6),
    bound=st.integers(0, 40),
)
def test_loss_repetition_and_exchange_within_a_bound(first: int, n: int, seed: int, lost: float, bound: int) -> None:
    draw = random.Random(seed)
    sent = [first + at for at in range(n) for _ in range(draw.choice([1, 1, 2, 3])) if draw.random() >= lost]
    arrived = sorted(sent, key=lambda frame: frame + draw.uniform(0, bound))

    state, accepted = SequenceState(next_frame=first), []
    for frame in arrived:
        state, seen = place(state, frame % WRAP)
        assert seen.frame == frame
        if seen.kind != "repeated":
            accepted.append(frame)
    state = announce(state, first + n)

    assert sorted(accepted) == sorted(set(arrived))
    assert _missing(state) == set(range(first, first + n)) - set(arrived)
    assert state.next_frame == first + n
    assert all(a[1] < b[0] for a, b in zip(state.missing, state.missing[1:], strict=False))


@given(st.integers(0, 10), st.integers(0, WRAP - 1), st.integers(1, WRAP))
def test_a_frame_sent_again_belongs_below_the_furthest(turns: int, seq: int, behind: int) -> None:
    state = announce(SequenceState(next_frame=0), turns * WRAP + seq + behind)
    state, seen = place(state, seq, backfill=True)
    assert (seen.frame, seen.kind) == (turns * WRAP + seq, "late")
    assert place(state, seq, backfill=True)[1].kind == "repeated"


def test_the_first_frame_stands_for_itself_unless_the_node_told_its_number() -> None:
    assert place(SequenceState(), 7)[1].frame == 7
    state, seen = place(SequenceState(next_frame=2 * WRAP + 5), 7)
    assert (seen.frame, seen.skipped) == (2 * WRAP + 7, 2)
    assert state.missing == ((2 * WRAP + 5, 2 * WRAP + 7),)
    assert announce(SequenceState(), 12) == SequenceState(next_frame=12)


def test_what_was_announced_before_is_not_forgotten_or_counted_twice() -> None:
    state = announce(SequenceState(next_frame=10), 12)
    assert announce(state, 12) == announce(state, 3) == state
    assert announce(state, 15).missing == ((10, 15),)


def test_open_holes_are_bounded_and_the_oldest_is_given_up() -> None:
    state = SequenceState(next_frame=0)
    for frame in range(1, 2 * (RANGES_MAX + 5), 2):
        state, _ = place(state, frame)
    assert len(state.missing) == RANGES_MAX
    assert state.given_up == 5
    assert place(state, 0)[1].kind == "repeated"
    assert place(state, 2 * 5)[1].kind == "late"


@pytest.mark.parametrize("seq", [-1, WRAP])
def test_a_sequence_number_is_two_bytes(seq: int) -> None:
    with pytest.raises(ValueError):
        place(SequenceState(), seq)
