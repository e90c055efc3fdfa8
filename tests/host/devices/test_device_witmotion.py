"""WitMotion frames are found wherever notifications cut them, and never made of two."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.devices import Heard, Hopeless, Level, Said, Subscribe, Ticked, Write
from evenside.devices.witmotion import CONTROL, DATA, FRAME_BYTES, KIND, frames_of


def _frame(number: int, flag: int = 0x61) -> bytes:
    return b"\x55" + bytes([flag]) + struct.pack("<9h", *(number * 7 + axis for axis in range(9)))


def test_it_is_asked_for_its_rate_and_its_battery_and_nothing_is_saved(play: Any, nodes_of: Any, opened: Any) -> None:
    assert play(KIND, nodes_of(KIND, rate_hz=50.0)).tell(opened()) == [
        Subscribe(DATA),
        Write(CONTROL, bytes.fromhex("ffaa6988b5")),
        Write(CONTROL, bytes.fromhex("ffaa030800")),
        Write(CONTROL, bytes.fromhex("ffaa276400")),
    ]


def test_a_rate_that_it_does_not_have_is_refused(play: Any, nodes_of: Any, opened: Any) -> None:
    (hopeless,) = play(KIND, nodes_of(KIND, rate_hz=75.0)).tell(opened())
    assert isinstance(hopeless, Hopeless)
    assert "10, 20, 50, 100, 200" in hopeless.why


@given(st.integers(1, 8), st.lists(st.integers(1, 30), max_size=20))
def test_any_cut_of_a_stream_gives_its_frames(count: int, sizes: list[int]) -> None:
    """The last one may still wait for what follows it."""
    frames = [_frame(number, 0x71 if number % 3 == 2 else 0x61) for number in range(count)]
    stream, rest, found = b"".join(frames), b"", []
    for size in [*sizes, len(stream)]:
        if not stream:
            break
        piece, stream = stream[:size], stream[size:]
        done, rest, skipped = frames_of(rest, piece)
        assert not skipped
        found += done
    assert found == frames[: len(found)]
    assert len(found) >= count - 1
    assert rest == b"".join(frames[len(found) :])


def test_whole_frames_in_one_notification_do_not_wait() -> None:
    assert frames_of(b"", _frame(1) + _frame(2)) == ([_frame(1), _frame(2)], b"", False)


@given(st.integers(1, FRAME_BYTES - 1))
def test_a_frame_whose_end_was_lost_is_not_finished_with_another_one(cut: int) -> None:
    _, rest, _ = frames_of(b"", _frame(1)[:cut])
    frames, rest, skipped = frames_of(rest, _frame(2) + _frame(3))
    assert frames == [_frame(2), _frame(3)]
    assert skipped
    assert rest == b""


@given(st.binary(max_size=30).filter(lambda noise: b"\x55" not in noise))
def test_noise_is_passed_over_up_to_the_next_head(noise: bytes) -> None:
    frames, rest, skipped = frames_of(b"", noise + _frame(4))
    assert (frames, rest, skipped) == ([_frame(4)], b"", bool(noise))


def test_what_was_passed_over_is_a_loss_and_told_once(play: Any, nodes_of: Any, opened: Any, samples: Any) -> None:
    sensor = play(KIND, nodes_of(KIND))
    sensor.tell(opened())
    found = sensor.tell(Heard(0.1, DATA, b"\x01\x02" + _frame(1)), Heard(0.2, DATA, b"\x03" + _frame(2)))
    assert [run.lost for run in samples(found)] == [True, True]
    assert len([doing for doing in found if isinstance(doing, Said)]) == 1


def test_half_a_frame_of_the_connection_before_is_forgotten(play: Any, nodes_of: Any, opened: Any, values: Any) -> None:
    sensor = play(KIND, nodes_of(KIND))
    sensor.tell(opened(), Heard(0.1, DATA, _frame(1)[:9]), opened(5.0))
    assert values(sensor.tell(Heard(5.1, DATA, _frame(2)))).shape == (1, 6)


def test_a_node_gets_the_channels_it_names_in_its_order(play: Any, nodes_of: Any, opened: Any, values: Any) -> None:
    (node,) = nodes_of(KIND)
    sensor = play(KIND, (replace(node, channels=("gyr_z", "acc_x")),))
    sensor.tell(opened())
    (row,) = values(sensor.tell(Heard(0.1, DATA, b"\x55\x61" + struct.pack("<9h", 2048, 0, 0, 0, 0, 16384, 0, 0, 0))))
    np.testing.assert_allclose(row, [1000 * np.pi / 180, 9.80665])


def test_battery_and_temperature_are_asked_in_turns(play: Any, nodes_of: Any, opened: Any) -> None:
    sensor = play(KIND, nodes_of(KIND))
    sensor.tell(opened())
    asked = [sensor.tell(Ticked(float(at_s))) for at_s in range(0, 91, 30)]
    battery, temperature = Write(CONTROL, bytes.fromhex("ffaa276400")), Write(CONTROL, bytes.fromhex("ffaa274000"))
    assert asked == [[], [temperature], [battery], [temperature]]


@pytest.mark.parametrize(("volts", "percent"), [(396, 100), (395, 90), (340, 5), (339, 0), (0, None)])
def test_the_charge_is_that_of_the_table_of_the_maker(
    play: Any, nodes_of: Any, opened: Any, volts: int, percent: float | None
) -> None:
    sensor = play(KIND, nodes_of(KIND))
    sensor.tell(opened())
    found = sensor.tell(Heard(0.1, DATA, b"\x55\x71\x64\x00" + struct.pack("<8h", volts, *[0] * 7)))
    assert [doing.battery_percent for doing in found if isinstance(doing, Level)] == (
        [] if percent is None else [percent]
    )
