"""Polar: what can be set is asked first; the time of a frame is that of its last sample."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from evenside.devices import Closing, Heard, Hopeless, Said, Started, Subscribe, Write
from evenside.devices.polar_pmd import CONTROL, DATA, KIND

SETTINGS = bytes.fromhex("f001020000 0002 3400 6400 0101 1000 0203 0200 0400 0800")
START = bytes.fromhex("0202 0001 3400 0101 1000 0201 0800")
STARTED = bytes.fromhex("f002020000")
PERIOD_US = 1e6 / 52


def _frame(at_s: float, last_us: int, count: int = 4) -> Heard:
    payload = struct.pack(f"<{3 * count}h", *range(3 * count))
    return Heard(at_s, DATA, struct.pack("<BQB", 2, last_us * 1000, 1) + payload)


@pytest.fixture
def polar(play: Any, nodes_of: Any) -> Any:
    return play(KIND, nodes_of(KIND, rate_hz=52.0))


def _running(polar: Any, opened: Any) -> Any:
    polar.tell(opened(), Heard(0.1, CONTROL, SETTINGS), Heard(0.2, CONTROL, STARTED))
    return polar


def test_it_is_asked_what_it_can_and_started_with_the_widest_range(polar: Any, opened: Any) -> None:
    assert polar.tell(opened()) == [Subscribe(CONTROL), Subscribe(DATA), Write(CONTROL, b"\x01\x02", response=True)]
    assert polar.tell(Heard(0.1, CONTROL, SETTINGS)) == [Write(CONTROL, START, response=True)]
    assert polar.tell(Heard(0.2, CONTROL, STARTED)) == [Started("52 Hz")]
    assert polar.tell(Closing(1.0)) == [Write(CONTROL, b"\x03\x02", response=True)]


def test_a_rate_that_it_does_not_offer_is_refused_with_those_it_does(play: Any, nodes_of: Any, opened: Any) -> None:
    sensor = play(KIND, nodes_of(KIND, rate_hz=50.0))
    sensor.tell(opened())
    (hopeless,) = sensor.tell(Heard(0.1, CONTROL, SETTINGS))
    assert isinstance(hopeless, Hopeless)
    assert "52, 100" in hopeless.why


def test_what_still_runs_is_stopped_and_started_anew_once(polar: Any, opened: Any) -> None:
    polar.tell(opened(), Heard(0.1, CONTROL, SETTINGS))
    assert polar.tell(Heard(0.2, CONTROL, bytes.fromhex("f0020206"))) == [Write(CONTROL, b"\x03\x02", response=True)]
    assert polar.tell(Heard(0.3, CONTROL, bytes.fromhex("f0030200"))) == [Write(CONTROL, START, response=True)]
    (said,) = polar.tell(Heard(0.4, CONTROL, bytes.fromhex("f0020206")))
    assert isinstance(said, Said)


def test_why_it_does_not_start_is_told(polar: Any, opened: Any) -> None:
    polar.tell(opened(), Heard(0.1, CONTROL, SETTINGS))
    (said,) = polar.tell(Heard(0.2, CONTROL, bytes.fromhex("f002020d")))
    assert said == Said("event", "the sensor does not start: in its charger")


def test_samples_fill_the_time_since_the_frame_before(polar: Any, opened: Any, samples: Any) -> None:
    """They follow the rate that the device has, not the one that it was asked for."""
    _running(polar, opened)
    polar.tell(_frame(1.0, 1_000_000))
    (run,) = samples(polar.tell(_frame(1.1, 1_080_000)))
    assert run.device_us.tolist() == [1_020_000, 1_040_000, 1_060_000, 1_080_000]
    assert not run.lost


def test_a_missing_frame_is_a_loss_and_keeps_the_clock(polar: Any, opened: Any, samples: Any) -> None:
    _running(polar, opened)
    polar.tell(_frame(1.0, 1_000_000))
    (run,) = samples(polar.tell(_frame(1.2, 1_154_000)))
    assert (run.lost, run.clock) == (True, 0)
    np.testing.assert_allclose(np.diff(run.device_us), PERIOD_US, atol=1.0)


def test_the_same_frame_again_is_left_out(polar: Any, opened: Any) -> None:
    _running(polar, opened).tell(_frame(1.0, 1_000_000))
    assert polar.tell(_frame(1.1, 1_000_000)) == []


def test_a_clock_that_is_set_back_is_another_clock(polar: Any, opened: Any, samples: Any) -> None:
    _running(polar, opened).tell(_frame(1.0, 1_000_000))
    (run,) = samples(polar.tell(_frame(1.1, 500_000)))
    assert (run.clock, run.lost) == (1, True)
    polar.tell(opened(5.0))
    (run,) = samples(polar.tell(_frame(5.1, 600_000)))
    assert (run.clock, run.lost) == (2, False)


def test_a_frame_that_cannot_be_read_is_told_once(polar: Any, opened: Any) -> None:
    _running(polar, opened)
    broken = Heard(1.0, DATA, b"\x02" + bytes(8) + b"\x01\x00")
    assert [type(doing) for doing in polar.tell(broken, broken)] == [Said]
