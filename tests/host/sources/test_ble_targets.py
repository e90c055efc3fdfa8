"""Which advertisement is a configured device: by serial number, name or address, and never by who came first."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from bleak.backends.device import BLEDevice

from evenside.devices import Advert, Identity, known_kinds
from evenside.errors import SourceError
from evenside.sources import SourceRequest, parse_source_url
from evenside.sources.ble.roster import Roster
from evenside.sources.ble.scanner import Sighting
from evenside.sources.ble.targets import Fit, Target, fit, is_target, kind_of, targets_of
from evenside.wire import GATT_SERVICE
from evenside_analysis.types import Node

LEFT = Node("left", "grip", "left", ("force",), 80.0)
RIGHT = Node("right", "grip", "right", ("force",), 80.0)
OURS = frozenset({GATT_SERVICE})
TINDEQ = "tindeq-progressor"


def request(serials: Mapping[str, str], devices: Mapping[str, str] | None = None, *nodes: Node) -> SourceRequest:
    return SourceRequest(parse_source_url("ble://"), nodes or (LEFT, RIGHT), serials, devices=devices or {})


def seen(name: str, services: frozenset[str] = frozenset(), address: str = "C0:FF:EE:00:00:01") -> Sighting:
    return Sighting(BLEDevice(address, name, None), Advert(name, services), 0.0, 9.0)


def test_each_node_has_a_device_of_its_own() -> None:
    targets = targets_of(request({"left": "P1", "right": "P2"}, {"left": TINDEQ}))
    assert targets == [Target("P1", (LEFT,), TINDEQ), Target("P2", (RIGHT,))]


def test_a_device_that_measures_both_sides_is_two_nodes() -> None:
    pedals = [Node(side, "pedal", side, ("power",), 1.0) for side in ("left", "right")]
    (kind, *_) = [kind.id for kind in known_kinds() if kind.both_sides]
    (target,) = targets_of(request({"left": "A", "right": "A"}, {"left": kind, "right": kind}, *pedals))
    assert [node.id for node in target.nodes] == ["left", "right"]


@pytest.mark.parametrize(
    ("serials", "devices", "said", "mend"),
    [
        ({"left": "P1"}, {}, "node right on ble:// names no device", "evenside scan"),
        ({"left": "P1", "right": "P1"}, {}, "cannot be left, right at once", "its own serial number"),
        ({"left": "P1", "right": "P1"}, {"left": TINDEQ}, "is of two kinds", "name one"),
        ({"left": "P1", "right": "P2"}, {"left": "abacus"}, 'no kind of device is called "abacus"', TINDEQ),
        ({"left": "P1", "right": "P2"}, {"right": "witmotion"}, "does not measure force", "acc_x"),
    ],
)
def test_what_cannot_be_is_refused_with_the_mend(
    serials: Mapping[str, str], devices: Mapping[str, str], said: str, mend: str
) -> None:
    with pytest.raises(SourceError) as caught:
        targets_of(request(serials, devices))
    assert said in caught.value.what
    assert mend in caught.value.mend


@pytest.mark.parametrize(
    ("device", "sighting", "expected"),
    [
        ("", seen("evenside-EV-1", OURS), Fit.YES),
        ("evenside", seen("evenside-EV-1"), Fit.YES),
        ("", seen("evenside-EV-12", OURS), Fit.NO),
        ("", seen("evenside-EV", OURS), Fit.PROBE),  # cut off
        ("", seen("", OURS), Fit.PROBE),
        ("", seen("evenside-EV-2", OURS), Fit.NO),
        (TINDEQ, seen("evenside-EV-1", OURS), Fit.NO),
        ("", seen("EV-1"), Fit.NO),  # of no known kind
        (TINDEQ, seen("EV-1"), Fit.YES),
        ("", seen("Progressor_1719"), Fit.PROBE),
        (TINDEQ, seen("Progressor_1719"), Fit.PROBE),
        ("witmotion", seen("Progressor_1719"), Fit.NO),
        ("evenside", seen("Progressor_1719"), Fit.NO),
        ("", seen("", address="ev-1"), Fit.YES),
        ("", seen("a neighbour's watch"), Fit.NO),
    ],
)
def test_who_is_connected_to(device: str, sighting: Sighting, expected: Fit) -> None:
    assert fit(Target("EV-1", (LEFT,), device), sighting, {}) is expected


def test_a_name_that_is_the_serial_number_needs_no_question() -> None:
    assert fit(Target("Progressor_1719", (LEFT,)), seen("Progressor_1719"), {}) is Fit.YES


def test_what_was_learned_of_an_address_decides() -> None:
    target, sighting = Target("P1", (LEFT,)), seen("Progressor_1719")
    assert fit(target, sighting, {sighting.address: "P1"}) is Fit.YES
    assert fit(target, sighting, {sighting.address: "P2"}) is Fit.NO


def test_a_connected_device_is_known_by_its_serial_number_its_name_or_its_address() -> None:
    target, advert = Target("P1", (LEFT,)), Advert("Progressor_1719")
    assert is_target(target, Identity("p1"), advert, "AA")
    assert is_target(target, Identity("9"), Advert("P1"), "AA")
    assert is_target(target, Identity("9"), advert, "P1")
    assert not is_target(target, Identity("P2"), advert, "AA")
    assert not is_target(Target("x", (LEFT,)), Identity(), Advert(), "")


def test_the_kind_is_what_is_configured_or_shows_by_itself() -> None:
    advert = Advert("Progressor_1719")
    kinds = [kind_of(Target("P1", (LEFT,), device), advert) for device in ("", TINDEQ, "witmotion", "evenside")]
    assert [kind.id if kind else "" for kind in kinds] == [TINDEQ, TINDEQ, "witmotion", ""]
    assert kind_of(Target("P1", (LEFT,)), Advert("", OURS)) is None


def test_a_stranger_is_left_alone_for_a_while_by_all_but_its_own_supervisor() -> None:
    roster = Roster(600.0)
    assert not roster.shunned("AA", "P1", 0.0)
    roster.add("AA", "P2", 0.0)
    assert roster.shunned("AA", "P1", 599.0)
    assert not roster.shunned("AA", "P2", 599.0)
    assert roster.known == {"AA": "P2"}
    assert not roster.shunned("AA", "P1", 600.0)
    assert roster.known == {}
    roster.add("BB", "", 0.0)
    assert roster.shunned("BB", "P1", 1.0)


def test_a_device_is_taken_by_one_at_a_time() -> None:
    roster = Roster(600.0)
    with roster.taking("AA") as free:
        assert free
        assert roster.shunned("AA", "P1", 0.0)
        with roster.taking("AA") as second:
            assert not second
        assert roster.shunned("AA", "P1", 0.0)
    assert not roster.shunned("AA", "P1", 0.0)


def test_what_is_remembered_of_strangers_is_bounded() -> None:
    roster = Roster(600.0)
    for number in range(5000):
        roster.add(f"A{number}", f"S{number}", float(number) / 100)
    assert len(roster.known) <= 256
    assert roster.shunned("A4999", "P1", 50.0)
