"""Which kinds there are, and that each is described in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest

from evenside.devices import Advert, DeviceKind, kind_named, known_kinds, recognise, uuid16
from evenside.errors import ConfigError
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


ADDED = """
from dataclasses import replace
from evenside.devices.tindeq_progressor import KIND as TINDEQ
KIND = replace(TINDEQ, id="added-device", recognises=lambda advert: advert.name == "Added")
SAME = replace(TINDEQ)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Another package with an entry point of devices."""

    def package(target: str) -> None:
        (tmp_path / "added_devices.py").write_text(ADDED, "utf-8")
        told = tmp_path / "added_devices-1.0.dist-info"
        told.mkdir()
        (told / "METADATA").write_text("Metadata-Version: 2.1\nName: added-devices\nVersion: 1.0\n", "utf-8")
        (told / "entry_points.txt").write_text(f"[evenside.devices]\nadded = {target}\n", "utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        known_kinds.cache_clear()

    yield package
    known_kinds.cache_clear()


def test_another_package_adds_a_kind(install: Callable[[str], None]) -> None:
    install("added_devices:KIND")
    found = recognise(Advert("Added"))
    assert found is not None
    assert found is kind_named("added-device")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("added_devices:NONE", "of the package added-devices cannot be loaded"),
        ("no_such_module:KIND", "of the package added-devices cannot be loaded"),
        ("added_devices:ADDED", "cannot be loaded"),
        ("added_devices:replace", "is no DeviceKind"),
        ("added_devices:SAME", 'two kinds of devices are called "tindeq-progressor"'),
    ],
)
def test_what_a_package_adds_in_vain_is_named(install: Callable[[str], None], target: str, words: str) -> None:
    install(target)
    with pytest.raises(ConfigError, match=words):
        known_kinds()
