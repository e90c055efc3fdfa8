"""A Progressor is asked one thing at a time, and its seconds begin anew with every start."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest

from evenside.devices import Closing, Heard, Said, Started, Subscribe, Ticked, Write
from evenside.devices.tindeq_progressor import CONTROL, DATA, KIND

BATTERY, START, STOP = Write(CONTROL, b"\x6f"), Write(CONTROL, b"\x65"), Write(CONTROL, b"\x66")
ANSWER = b"\x00\x04" + struct.pack("<I", 2985)


def _weights(at_s: float, *pairs: tuple[float, int]) -> Heard:
    body = b"".join(struct.pack("<fI", kg, us) for kg, us in pairs)
    return Heard(at_s, DATA, bytes([1, len(body)]) + body)


@pytest.fixture
def cell(play: Any, nodes_of: Any) -> Any:
    return play(KIND, nodes_of(KIND, rate_hz=80.0))


def test_the_battery_is_asked_and_only_its_answer_lets_it_start(cell: Any, opened: Any) -> None:
    assert cell.tell(opened()) == [Subscribe(DATA), BATTERY]
    assert cell.tell(Ticked(1.9)) == []
    assert cell.tell(Heard(1.95, DATA, ANSWER)) == [START, Said("note", "battery 2.98 V")]


def test_without_an_answer_it_is_started_all_the_same(cell: Any, opened: Any) -> None:
    cell.tell(opened())
    assert cell.tell(Ticked(2.0)) == [START]
    assert cell.tell(Ticked(2.5)) == []


def test_the_battery_is_asked_again_while_it_streams(cell: Any, opened: Any, samples: Any) -> None:
    cell.tell(opened(), Heard(0.1, DATA, ANSWER), _weights(0.2, (1.0, 0)))
    assert cell.tell(Ticked(600.0)) == [BATTERY]
    assert cell.tell(Ticked(600.1)) == []
    found = cell.tell(Heard(600.2, DATA, ANSWER))
    assert found == [Said("note", "battery 2.98 V")]


def test_weights_begin_a_clock_for_every_connection(cell: Any, opened: Any, samples: Any) -> None:
    cell.tell(opened(), Heard(0.1, DATA, ANSWER))
    first = cell.tell(_weights(0.2, (1.0, 0), (2.0, 12_500)))
    assert isinstance(first[0], Started)
    cell.tell(opened(10.0), Heard(10.1, DATA, ANSWER))
    (again,) = samples(cell.tell(_weights(10.2, (1.0, 0))))
    assert [run.clock for run in samples(first)] == [0]
    assert (again.clock, again.lost) == (1, False)


def test_a_missing_notification_is_a_loss(cell: Any, opened: Any, samples: Any) -> None:
    cell.tell(opened(), Heard(0.1, DATA, ANSWER), _weights(0.2, (1.0, 0)))
    assert not samples(cell.tell(_weights(0.3, (1.0, 12_500))))[0].lost
    assert samples(cell.tell(_weights(0.4, (1.0, 125_000))))[0].lost


@pytest.mark.parametrize("kg", [math.nan, math.inf, -math.inf, 2000.0])
def test_a_weight_that_cannot_be_is_left_out(cell: Any, opened: Any, samples: Any, kg: float) -> None:
    cell.tell(opened(), Heard(0.1, DATA, ANSWER), _weights(0.2, (1.0, 0)))
    runs = samples(cell.tell(_weights(0.3, (1.0, 12_500), (kg, 25_000), (1.0, 37_500))))
    assert [(run.device_us.tolist(), run.lost) for run in runs] == [([12_500], False), ([37_500], True)]


def test_weights_before_the_start_are_of_nobody(cell: Any, opened: Any) -> None:
    cell.tell(opened())
    assert cell.tell(_weights(0.1, (1.0, 0))) == []


def test_low_power_is_told_once(cell: Any, opened: Any) -> None:
    cell.tell(opened())
    assert cell.tell(Heard(0.1, DATA, b"\x04\x00"), Heard(0.2, DATA, b"\x04\x00")) == [Said("event", "low_battery")]


def test_it_is_stopped_when_the_host_leaves(cell: Any, opened: Any) -> None:
    cell.tell(opened())
    assert cell.tell(Closing(1.0)) == [STOP]
