"""Power meters: whose share a balance is, and on which side a meter of one side is."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from evenside.devices import Heard, Hopeless, Read, Said, Started, Subscribe, WasRead, kind_named
from evenside.devices.cycling_power_frames import CONTROL_POINT, FEATURE, LOCATION, MEASUREMENT, VECTOR
from evenside_analysis.types import Node

BALANCE_OF_LEFT, BALANCE_OF_NOBODY = 3, 1


def _said(power_w: int, half_percent: int, flags: int = BALANCE_OF_NOBODY) -> Heard:
    return Heard(1.0, MEASUREMENT, struct.pack("<HhB", flags, power_w, half_percent))


def _pedals(play: Any, opened: Any, nodes_of: Any, name: str = "cycling-power") -> Any:
    kind = kind_named(name)
    assert kind is not None
    pedals = play(kind, nodes_of(kind, rate_hz=1.0))
    pedals.tell(opened(0.0, FEATURE, LOCATION, VECTOR, CONTROL_POINT))
    return pedals


def test_an_unknown_reference_gives_no_side_and_says_once_how_to_confirm_it(
    play: Any, opened: Any, nodes_of: Any, values: Any
) -> None:
    pedals = _pedals(play, opened, nodes_of)
    first, second = pedals.tell(_said(200, 104)), pedals.tell(_said(200, 104))
    assert np.isnan(values(first)).all()
    assert np.isnan(values(second)).all()
    (hint,) = [found for found in first + second if isinstance(found, Said)]
    assert "cycling-power-percent-left" in hint.detail
    assert "cycling-power-percent-right" in hint.detail


@pytest.mark.parametrize(("side", "left_w"), [("left", 104.0), ("right", 96.0)])
def test_a_person_confirms_whose_share_it_is_by_the_kind(
    play: Any, opened: Any, nodes_of: Any, values: Any, side: str, left_w: float
) -> None:
    found = _pedals(play, opened, nodes_of, f"cycling-power-percent-{side}").tell(_said(200, 104))
    assert values(found, "left_one").tolist() == [[pytest.approx(left_w)]]
    assert values(found, "right_one").tolist() == [[pytest.approx(200.0 - left_w)]]


def test_what_the_meter_says_of_its_reference_counts_more_than_what_was_confirmed(
    play: Any, opened: Any, nodes_of: Any, values: Any
) -> None:
    pedals = _pedals(play, opened, nodes_of, "cycling-power-percent-right")
    assert values(pedals.tell(_said(200, 104, BALANCE_OF_LEFT)), "left_one").tolist() == [[pytest.approx(104.0)]]


def test_no_balance_is_withheld_without_a_hint(play: Any, opened: Any, nodes_of: Any, values: Any) -> None:
    found = _pedals(play, opened, nodes_of).tell(_said(0, 0xFF))
    assert np.isnan(values(found)).all()
    assert not [doing for doing in found if isinstance(doing, Said)]


def test_a_meter_that_has_no_balance_is_refused_with_the_mend(play: Any, opened: Any, nodes_of: Any) -> None:
    pedals = _pedals(play, opened, nodes_of)
    assert pedals.tell(WasRead(0.1, FEATURE, struct.pack("<I", 0b1011))) == []
    (hopeless,) = pedals.tell(WasRead(0.1, FEATURE, struct.pack("<I", 0b1010)))
    assert isinstance(hopeless, Hopeless)
    assert "cycling-power-single" in hopeless.why


def test_both_nodes_of_a_meter_are_left_and_right(play: Any, opened: Any) -> None:
    kind = kind_named("cycling-power")
    node = Node("middle", "pedal", "centre", ("power",), 1.0)
    (hopeless,) = play(kind, (node,)).tell(opened())
    assert isinstance(hopeless, Hopeless)


def test_one_node_alone_gets_its_own_share(play: Any, opened: Any, values: Any) -> None:
    kind = kind_named("cycling-power")
    pedals = play(kind, (Node("r", "pedal", "right", ("power",), 1.0),))
    pedals.tell(opened())
    assert values(pedals.tell(_said(200, 104, BALANCE_OF_LEFT))).tolist() == [[pytest.approx(96.0)]]


@pytest.mark.parametrize("name", ["cycling-power-single", "cycling-power-vector"])
@pytest.mark.parametrize(("location", "side"), [(5, "left"), (6, "right"), (7, "left"), (8, "right")])
def test_exchanged_meters_of_one_side_are_refused(
    play: Any, opened: Any, nodes_of: Any, name: str, location: int, side: str
) -> None:
    kind = kind_named(name)
    (node,) = nodes_of(kind, rate_hz=1.0)  # on the left
    meter = play(kind, (node,))
    assert Read(LOCATION) in meter.tell(opened(0.0, LOCATION, VECTOR))
    found = meter.tell(WasRead(0.1, LOCATION, bytes([location])))
    if side == "left":
        assert found == []
    else:
        assert isinstance(found[0], Hopeless)
        assert "exchange the serials" in found[0].why


@pytest.mark.parametrize("place", [0, 14, 200])
def test_a_meter_that_does_not_say_its_side_is_unknown(play: Any, opened: Any, nodes_of: Any, place: int) -> None:
    kind = kind_named("cycling-power-single")
    meter = play(kind, nodes_of(kind, rate_hz=1.0))
    assert any(isinstance(doing, Said) for doing in meter.tell(opened()))  # it has no location at all
    meter.tell(opened(0.0, LOCATION))
    (said,) = meter.tell(WasRead(0.1, LOCATION, bytes([place])))
    assert "does not say on which side" in said.detail


def test_the_power_of_a_single_meter_is_as_it_says(play: Any, opened: Any, nodes_of: Any, values: Any) -> None:
    meter = _pedals(play, opened, nodes_of, "cycling-power-single")
    found = meter.tell(Heard(1.0, MEASUREMENT, struct.pack("<Hh", 0, 12)))
    assert isinstance(found[0], Started)
    assert values(found).tolist() == [[12.0]]


def _vector(flags: int, turns: int, ticks: int, numbers: list[int]) -> Heard:
    return Heard(1.0, VECTOR, struct.pack(f"<BHH{len(numbers)}h", flags, turns, ticks, *numbers))


def test_force_along_a_turn_is_power_once_the_crank_length_is_known(
    play: Any, opened: Any, nodes_of: Any, values: Any
) -> None:
    crank = _pedals(play, opened, nodes_of, "cycling-power-vector")
    crank.tell(_vector(0x05, 65535, 65024, [100]))
    assert np.isnan(values(crank.tell(_vector(0x05, 0, 512, [100])))).all()  # 1 turn in 1024/1024 s, both wrapped
    crank.tell(Heard(1.0, CONTROL_POINT, bytes.fromhex("200501 5a01")))  # 346 half mm
    found = values(crank.tell(_vector(0x05, 1, 1024, [100, 200])))
    assert found.tolist() == [[pytest.approx(150 * 0.173 * 2 * np.pi * 2)]]


def test_force_across_the_crank_makes_no_power(play: Any, opened: Any, nodes_of: Any, values: Any) -> None:
    crank = _pedals(play, opened, nodes_of, "cycling-power-vector")
    crank.tell(Heard(1.0, CONTROL_POINT, bytes.fromhex("200501 5a01")), _vector(0x25, 1, 0, [100]))
    assert np.isnan(values(crank.tell(_vector(0x25, 2, 1024, [100])))).all()


def test_a_meter_without_vectors_is_refused_with_the_mend(play: Any, nodes_of: Any, opened: Any) -> None:
    kind = kind_named("cycling-power-vector")
    (hopeless,) = play(kind, nodes_of(kind, rate_hz=1.0)).tell(opened())
    assert "cycling-power-single" in hopeless.why


def test_only_what_a_meter_has_is_asked_for(play: Any, nodes_of: Any, opened: Any) -> None:
    """A read of what is not there would end the link."""
    for name in ("cycling-power", "cycling-power-single"):
        kind = kind_named(name)
        assert kind is not None
        doings = play(kind, nodes_of(kind, rate_hz=1.0)).tell(opened())
        assert [doing for doing in doings if not isinstance(doing, Said)] == [Subscribe(MEASUREMENT)]


def test_what_a_node_wants_and_no_meter_measures_is_refused(play: Any, nodes_of: Any, opened: Any) -> None:
    kind = kind_named("cycling-power")
    nodes = tuple(replace(node, channels=("force",)) for node in nodes_of(kind, rate_hz=1.0))
    (hopeless,) = play(kind, nodes).tell(opened())
    assert isinstance(hopeless, Hopeless)
    assert "does not measure force" in hopeless.why
