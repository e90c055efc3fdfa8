"""The corners of a board keep their value until an event changes them; what the driver dropped is a loss."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.devices import Heard, Hopeless, Read, Said, Samples, Ticked, WasRead
from evenside.devices.wii_board import AXES, CLOCK, INPUT_EVENT, KIND
from evenside_analysis.types import Node

NODES = (Node("l", "plate", "left", ("force",), 50.0), Node("r", "plate", "right", ("force",), 50.0))
KG = 100 * 9.80665 / 100  # N of one kilogram


def _event(us: int, kind: int, code: int, value: int) -> bytes:
    return INPUT_EVENT.pack(*divmod(us, 1_000_000), kind, code, value)


def _report(us: int, **corners: int) -> bytes:
    """``tr``, ``br``, ``tl``, ``bl`` in kilograms."""
    order = {"tr": AXES[0], "br": AXES[1], "tl": AXES[2], "bl": AXES[3]}
    changes = b"".join(_event(us, 3, order[name], kg * 100) for name, kg in corners.items())
    return changes + _event(us, 0, 0, 0)


@pytest.fixture
def board(play: Any, opened: Any) -> Any:
    played = play(KIND, NODES)
    assert played.tell(opened()) == [Read(CLOCK), *(Read(f"axis/{axis}") for axis in AXES)]
    played.tell(WasRead(0.0, CLOCK, struct.pack("<q", 0)))
    return played


def test_left_is_the_left_of_a_person_with_the_button_at_the_heels(board: Any, values: Any) -> None:
    board.tell(Heard(1.0, "", _report(1_000_000, tr=1, br=2, tl=10, bl=20)))
    found = board.tell(Heard(1.1, "", _report(1_010_000)))
    np.testing.assert_allclose(values(found, "l"), [[30 * KG]])
    np.testing.assert_allclose(values(found, "r"), [[3 * KG]])


def test_a_value_holds_until_it_changes(board: Any, samples: Any) -> None:
    board.tell(Heard(1.0, "", _report(1_000_000, tr=1, br=1, tl=1, bl=1)))
    (run,) = samples(board.tell(Heard(1.1, "", _report(1_065_000, tl=5))), "l")
    assert run.device_us.tolist() == [1_000_000, 1_020_000, 1_040_000, 1_060_000]
    np.testing.assert_allclose(run.values, 2 * KG)
    assert samples(board.tell(Heard(1.1, "", _report(1_080_000, tl=7)))) == []
    (run,) = samples(board.tell(Heard(1.1, "", _report(1_081_000))), "l")
    np.testing.assert_allclose(run.values, [[8 * KG]])


def test_the_values_of_the_start_are_those_that_were_read(board: Any, values: Any) -> None:
    board.tell(
        *(WasRead(0.0, f"axis/{axis}", struct.pack("<6i", 100 * at, 0, 0, 0, 0, 0)) for at, axis in enumerate(AXES))
    )
    board.tell(Heard(1.0, "", _report(1_000_000)))
    found = board.tell(Heard(1.1, "", _report(1_010_000)))
    np.testing.assert_allclose(values(found, "l"), [[5 * KG]])
    np.testing.assert_allclose(values(found, "r"), [[1 * KG]])


def test_nothing_is_said_before_all_four_corners_are_known(board: Any, samples: Any) -> None:
    board.tell(Heard(1.0, "", _report(1_000_000, tr=1, br=1, tl=1)))
    assert samples(board.tell(Heard(1.1, "", _report(1_100_000, bl=1)))) == []
    assert samples(board.tell(Heard(1.2, "", _report(1_120_000))))


def test_while_a_person_stands_still_samples_go_on(board: Any, samples: Any) -> None:
    """The input layer is silent while nothing changes."""
    board.tell(Heard(1.0, "", _report(1_000_000, tr=1, br=1, tl=1, bl=1)))
    (run,) = samples(board.tell(Ticked(1.35)), "l")
    assert run.device_us.tolist() == [1_000_000 + 20_000 * place for place in range(6)]


def test_what_the_driver_dropped_is_read_anew_and_is_a_loss(board: Any, samples: Any) -> None:
    board.tell(Heard(1.0, "", _report(1_000_000, tr=1, br=1, tl=1, bl=1)))
    dropped = _event(1_050_000, 0, 3, 0) + _report(1_060_000, tl=99)
    assert board.tell(Heard(1.1, "", dropped)) == [Read(f"axis/{axis}") for axis in AXES]
    board.tell(*(WasRead(1.1, f"axis/{axis}", struct.pack("<6i", 200, 0, 0, 0, 0, 0)) for axis in AXES))
    (run,) = samples(board.tell(Heard(1.2, "", _report(1_100_000))), "l")
    assert run.lost
    np.testing.assert_allclose(run.values, 4 * KG)


def test_a_jump_of_its_clock_is_a_loss_and_fills_no_memory(board: Any, samples: Any) -> None:
    board.tell(Heard(1.0, "", _report(1_000_000, tr=1, br=1, tl=1, bl=1)))
    assert samples(board.tell(Heard(1.1, "", _report(10**15, tl=2)))) == []
    (run,) = samples(board.tell(Heard(1.2, "", _report(10**15 + 20_000))), "l")
    assert run.lost


def test_its_button_is_a_marker(board: Any) -> None:
    assert board.tell(Heard(1.0, "", _event(0, 1, 0x130, 1) + _event(0, 1, 0x130, 0))) == [Said("marker", "button 1")]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12))
def test_any_cut_of_the_events_gives_the_same(cuts: list[int]) -> None:
    stream = b"".join(_report(1_000_000 + 15_000 * at, tr=at, br=1, tl=2 * at, bl=3) for at in range(12))
    assert _cut(stream, cuts) == _cut(stream, [])


def _cut(stream: bytes, sizes: list[int]) -> list[str]:
    state, found = KIND.codec.start(NODES), []
    for size in [*sizes, len(stream)]:
        state, doings = KIND.codec.step(state, Heard(2.0, "", stream[:size]))
        stream = stream[size:]
        found += [repr(doing) for doing in doings if isinstance(doing, Samples)]
    return found


def test_both_sides_have_one_rate(play: Any, opened: Any) -> None:
    other = Node("r", "plate", "right", ("force",), 25.0)
    (hopeless,) = play(KIND, (NODES[0], other)).tell(opened())
    assert isinstance(hopeless, Hopeless)
