"""Reordering: whatever the arrival, frames leave in order and once; holes are named when they are given up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evenside.sources.reorder import Placed, Reorder


@given(st.permutations(range(12)), st.lists(st.integers(0, 11), max_size=6))
def test_any_order_with_repetitions_leaves_in_order_and_once(order: list[int], again: list[int]) -> None:
    room: Reorder[str] = Reorder()
    out = room.push(0, "0", 0.0)
    for sequence in [*order, *again]:
        out += room.push(sequence, str(sequence), 0.0)
    assert out == [Placed(sequence, str(sequence), 0) for sequence in range(12)]
    assert room.repeated == 1 + len(again)
    assert (room.lost, room.hole(), room.last) == (0, None, 11)


@given(st.sets(st.integers(1, 30), max_size=20))
def test_every_number_is_delivered_or_counted_as_lost(missing: set[int]) -> None:
    room: Reorder[int] = Reorder()
    out = [placed for sequence in range(32) if sequence not in missing for placed in room.push(sequence, sequence, 0.0)]
    out += room.give_up()
    assert [placed.sequence for placed in out] == sorted(set(range(32)) - missing)
    assert sum(placed.lost for placed in out) == room.lost == len(missing)
    covered = [range(placed.sequence - placed.lost, placed.sequence + 1) for placed in out]
    assert [number for part in covered for number in part] == list(range(32))


def test_a_hole_names_its_first_frame_and_its_size() -> None:
    room: Reorder[int] = Reorder()
    room.push(7, 7, 0.0)
    assert room.hole() is None
    assert room.push(11, 11, 0.0) == []
    assert room.hole() == (8, 3)
    assert room.push(8, 8, 0.0) == [Placed(8, 8, 0)]
    assert room.hole() == (9, 2)


def test_patience_runs_from_the_last_frame_that_filled_something() -> None:
    room: Reorder[int] = Reorder(patience_s=2.0)
    room.push(0, 0, 0.0)
    room.push(5, 5, 1.0)
    room.push(6, 6, 2.9)  # later frames are no progress
    assert not room.overdue(2.9)
    assert room.overdue(3.0)
    room.push(2, 2, 3.0)
    assert not room.overdue(4.9)
    assert room.overdue(5.0)
    assert room.give_up() == [Placed(2, 2, 1), Placed(5, 5, 2), Placed(6, 6, 0)]
    assert not room.overdue(99.0)


def test_what_waits_is_bounded() -> None:
    room: Reorder[int] = Reorder(frames_max=3)
    room.push(0, 0, 0.0)
    assert [room.push(sequence, sequence, 0.0) for sequence in (2, 3, 4)] == [[], [], []]
    assert room.push(5, 5, 0.0) == [Placed(2, 2, 1), Placed(3, 3, 0), Placed(4, 4, 0), Placed(5, 5, 0)]


def test_too_late_is_counted_and_dropped() -> None:
    room: Reorder[int] = Reorder()
    room.push(0, 0, 0.0)
    room.push(2, 2, 0.0)
    room.give_up()
    assert room.push(1, 1, 0.0) == []
    assert (room.repeated, room.lost) == (1, 1)
