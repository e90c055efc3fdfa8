"""calibrations.toml: what goes in comes out with the same bits, nothing gets lost, and what is wrong is told."""

from __future__ import annotations

import math
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.calibration.file import (
    add_calibrations,
    calibrations_path,
    calibrations_to_toml,
    made_at,
    read_calibrations,
)
from evenside.errors import CalibrationError
from evenside_analysis.calibration import CalibratedDevice, Calibration, CalibrationKind
from evenside_analysis.types import ACC, FORCE, GYR, Site

TARE = Calibration(
    *("20260101T120000Z-tare-strap-0a1b", "tare", "strap", "me", 1_767_268_800_123_456_789),
    (
        CalibratedDevice("left_strap", (FORCE,), zero=(1.5,), serial="EV-1", zero_sd=0.02),
        CalibratedDevice("right_strap", (FORCE,), zero=(-0.25,)),
    ),
    words="left_strap reads 1.50 N empty; right_strap reads -0.25 N empty",
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAME = TEXT.filter(bool)
SD = st.none() | st.floats(0.0, 10.0)


def numbers(low: float, high: float, count: int) -> st.SearchStrategy[tuple[float, ...]]:
    return st.lists(st.floats(low, high), min_size=count, max_size=count).map(tuple)


@st.composite
def devices(draw: st.DrawFn, *, gain: bool = False) -> CalibratedDevice:
    channels = draw(st.sampled_from([(FORCE,), GYR, (*ACC, *GYR)]))
    with_gain = gain or draw(st.booleans())
    gains = draw(numbers(1e-9, 1e9, len(channels))) if with_gain else ()
    zeros = draw(numbers(-1e9, 1e9, len(channels))) if not gains or draw(st.booleans()) else ()
    sds = [math.nan if sd is None else sd for sd in (draw(SD), draw(SD))]
    return CalibratedDevice(draw(NAME), channels, gains, zeros, draw(TEXT), sds[0], sds[1])


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    kind: CalibrationKind = draw(st.sampled_from(get_args(CalibrationKind)))
    swap = kind == "swap"
    worn = draw(st.lists(devices(gain=swap), min_size=2 if swap else 1, max_size=2))
    return Calibration(
        id=draw(NAME),
        kind=kind,
        site=draw(st.sampled_from(get_args(Site))),
        wearer=draw(TEXT),
        made_ns=draw(st.integers(0, 2**63 - 1)),
        devices=tuple(worn),
        ln_gain_sd=draw(st.floats(0.0, 1.0)) if swap else math.nan,
        pairs=draw(st.integers(1, 99)) if swap else 0,
        words=draw(TEXT),
    )


def bits(value: object) -> object:
    """Floats as their bits, so that NaN is NaN and -0.0 is not 0.0."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    return [bits(cell) for cell in value] if isinstance(value, tuple | list) else value


def read_text(text: str) -> tuple[Calibration, ...]:
    with TemporaryDirectory() as folder:
        calibrations_path(Path(folder)).write_text(text, "utf-8")
        return read_calibrations(Path(folder))


def read_or_refused(data: bytes) -> tuple[tuple[Calibration, ...], str | None]:
    """What was read, or what was wrong with it."""
    with TemporaryDirectory() as folder:
        calibrations_path(Path(folder)).write_bytes(data)
        try:
            return read_calibrations(Path(folder)), None
        except CalibrationError as error:
            return (), error.what


@settings(max_examples=80)
@given(st.lists(calibrations(), max_size=4, unique_by=lambda one: one.id))
def test_what_is_written_is_read_with_the_same_bits(known: list[Calibration]) -> None:
    found = read_text(calibrations_to_toml(tuple(known)))
    assert bits([astuple(one) for one in found]) == bits([astuple(one) for one in known])


def test_the_numbers_of_a_swap_are_kept_only_of_a_swap() -> None:
    devices = tuple(CalibratedDevice(node, (FORCE,), (gain,)) for node, gain in (("a", 1.1), ("b", 1.0 / 1.1)))
    swap = Calibration("s", "swap", "insole", "me", 1, devices, 0.02, 3)
    assert "ln_gain_sd = 0.02\npairs = 3" in calibrations_to_toml((swap,))
    assert "pairs" not in calibrations_to_toml((TARE,))
    assert read_text(calibrations_to_toml((swap,))) == (swap,)


WHOLE = calibrations_to_toml((TARE, replace(TARE, id="another")))
CHANGE = st.tuples(
    st.floats(0, 1),
    st.sampled_from(["", "\n", '"', "[", "]", "=", "nan", "inf", "-1", "9" * 400, "true", "\x00", "ü", "[[x]]\n", "#"]),
    st.integers(0, 30),
)


@settings(max_examples=200)
@given(st.lists(CHANGE, min_size=1, max_size=4))
def test_a_damaged_file_is_read_or_refused_by_name(changes: list[tuple[float, str, int]]) -> None:
    text = WHOLE
    for where, bit, cut in changes:
        at = int(where * len(text))
        text = text[:at] + bit + text[at + cut :]
    found, said = read_or_refused(text.encode("utf-8", "surrogatepass"))
    assert said is None or "calibrations.toml: " in said
    for one in found:
        assert made_at(one).year >= 1970
        assert read_text(calibrations_to_toml((one,)))


@settings(max_examples=60)
@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_no_traceback(data: bytes) -> None:
    found, said = read_or_refused(data)
    assert found == ()
    assert said is None or "calibrations.toml" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "tare"', 'kind = "tar"', '.kind: expected one of "tare"'),
        ('site = "strap"', 'site = "neck"', ".site: expected one of"),
        ("made_ns = 1767268800123456789", "made_ns = 1.5", ".made_ns: expected nanoseconds"),
        ("made_ns = 1767268800123456789", f"made_ns = 1{'0' * 30}", ".made_ns: expected nanoseconds"),
        ("made_ns = 1767268800123456789", "", ".made_ns: expected nanoseconds since 1970, UTC, it is missing"),
        ("zero = [1.5]", "zero = [1.5, 2.5]", "one number for each of force"),
        ("zero = [1.5]", "zero = [inf]", ".zero: expected a list of numbers"),
        ("zero = [1.5]", "gain = [0.0]", ".gain: expected a list of numbers above 0"),
        ("zero = [1.5]", "", "neither gain nor zero"),
        ("zero = [1.5]", "zeros = [1.5]", "no such key"),
        ("zero_sd = 0.02", "zero_sd = -0.02", ".zero_sd: expected a number of 0 or more"),
        ('kind = "tare"', 'kind = "swap"', "a swap tells the gains of two devices"),
        ("[[calibration.device]]", "[[calibration.thing]]", "no such key"),
        ("[[calibration]]", "[calibration]", "each written [[calibration]]"),
    ],
)
def test_each_mistake_is_refused_with_its_place(old: str, new: str, said: str) -> None:
    text = calibrations_to_toml((TARE,))
    assert old in text
    with pytest.raises(CalibrationError) as caught:
        read_text(text.replace(old, new))
    assert said in caught.value.what
    assert caught.value.exit_code == 7


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(CalibrationError, match="two calibrations are called"):
        read_text(calibrations_to_toml((TARE, TARE)))


def test_no_file_means_no_calibration(tmp_path: Path) -> None:
    assert read_calibrations(tmp_path) == ()
    assert read_calibrations(tmp_path / "not" / "there") == ()


def test_adding_leaves_what_is_there_and_makes_the_folder(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    add_calibrations(data, TARE)
    add_calibrations(data, replace(TARE, id="b"), replace(TARE, id="c"))
    assert [one.id for one in read_calibrations(data)] == [TARE.id, "b", "c"]
    assert calibrations_path(data).read_text("utf-8").startswith("# Calibrations of the sensors")


def test_programs_that_calibrate_at_once_lose_nothing(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: add_calibrations(tmp_path, replace(TARE, id=name)), names))
    assert sorted(one.id for one in read_calibrations(tmp_path)) == sorted(names)


def test_a_file_that_cannot_be_read_is_not_written_over(tmp_path: Path) -> None:
    path = calibrations_path(tmp_path)
    path.write_text("what = [")
    with pytest.raises(CalibrationError, match="not valid TOML"):
        add_calibrations(tmp_path, TARE)
    assert path.read_text() == "what = ["


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CalibrationError, match="make the data folder writable") as caught:
        add_calibrations(tmp_path / "file" / "data", TARE)
    assert str(tmp_path / "file" / "data") in caught.value.what


def test_the_time_stands_there_for_people_too() -> None:
    assert "made_ns = 1767268800123456789  # 2026-01-01 12:00 UTC" in calibrations_to_toml((TARE,))
