"""Which kinds there are, and that each is described in full."""

from __future__ import annotations

from typing import get_args

import pytest

from evenside.devices import Advert, DeviceKind, kind_named, known_kinds, recognise, uuid16
from evenside_analysis.types import Site

NAMES = (
    *("bangle-js", "cycling-power", "cycling-power-percent-left", "cycling-power-percent-right"),
    *("cycling-power-single", "cycling-power-vector", "movella-dot", "polar-pmd", "puck-js"),
    *("tindeq-progressor", "wii-balance-board", "witmotion"),
)


def test_all_kinds_are_found_without_a_list_of_them() -> None:
    assert set(NAMES) <= {kind.id for kind in known_kinds()}


@pytest.mark.parametrize("kind", known_kinds(), ids=lambda kind: kind.id)
def test_a_kind_says_what_whoever_chooses_it_must_know(kind: DeviceKind) -> None:
    assert kind.name
    assert kind.notes.endswith(".")
    assert kind.channels
    assert set(kind.sites) <= set(get_args(Site))
    assert kind.timing.error_s > 0
    assert kind.silence_s > 0
    assert kind_named(kind.id) is kind


@pytest.mark.parametrize(
    ("advert", "name"),
    [
        (Advert("ASSIOMA17287L", frozenset({uuid16(0x1818)})), "cycling-power"),
        (Advert("Progressor_1719"), "tindeq-progressor"),
        (Advert("WT901BLE68"), "witmotion"),
        (Advert("", frozenset({"0000ffe5-0000-1000-8000-00805f9a34fb"})), "witmotion"),
        (Advert("Xsens DOT"), "movella-dot"),
        (Advert("Polar Sense 1234567"), "polar-pmd"),
        (Advert("Puck.js 9e03"), "puck-js"),
        (Advert("Bangle.js 1a2b"), "bangle-js"),
    ],
)
def test_an_advertisement_shows_its_kind(advert: Advert, name: str) -> None:
    found = recognise(advert)
    assert found is not None
    assert found.id == name


@pytest.mark.parametrize(
    "advert",
    [Advert(), Advert("Nintendo RVL-WBC-01"), Advert("", frozenset({"0000ffe5-0000-1000-8000-00805f9b34fb"}))],
)
def test_a_stranger_is_no_kind(advert: Advert) -> None:
    """Not even one with the number of a WitMotion on the base of the Bluetooth SIG."""
    assert recognise(advert) is None
