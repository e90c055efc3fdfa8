"""Hours and days of a place: where the clocks change, where hours do not begin with those of UTC, and beyond."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.local_time import local_zone_name, stretch_of, zone_named

S = 1_000_000_000
ZONES = ("", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "-03:30", "Pacific/Apia")


def ns(*moment: int) -> int:
    return round(datetime(*moment, tzinfo=UTC).timestamp()) * S  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("moment", "hours"), [((2026, 3, 29, 12), 23), ((2026, 10, 25, 12), 25), ((2026, 7, 1, 12), 24)]
)
def test_a_day_has_as_many_hours_as_the_clocks_give_it(moment: tuple[int, ...], hours: int) -> None:
    day = stretch_of("day", zone_named("Europe/Berlin"), ns(*moment))
    assert (day.end_ns - day.start_ns) / S == hours * 3600
    assert day.name == "{}-{:02}-{:02}".format(*moment)


def test_an_hour_that_comes_twice_is_two_hours() -> None:
    zone = zone_named("Europe/Berlin")
    first, second = (stretch_of("hour", zone, ns(2026, 10, 25, hour, 30)) for hour in (0, 1))
    assert first.name == second.name == "2026-10-25 02:00"
    assert first.end_ns == second.start_ns


def test_hours_begin_where_the_clocks_of_the_place_say_so() -> None:
    hour = stretch_of("hour", zone_named("Asia/Kathmandu"), ns(2026, 5, 1, 12))  # 17:45 there
    assert (hour.start_ns, hour.name) == (ns(2026, 5, 1, 11, 15), "2026-05-01 17:00")


@given(zone=st.sampled_from(ZONES), ts_s=st.integers(ns(2020, 1, 1) // S, ns(2035, 1, 1) // S))
def test_every_moment_lies_in_its_day_and_days_meet(zone: str, ts_s: int) -> None:
    place = zone_named(zone)
    day = stretch_of("day", place, ts_s * S)
    assert day.start_ns <= ts_s * S < day.end_ns
    assert stretch_of("day", place, day.start_ns) == day
    assert stretch_of("day", place, day.end_ns).start_ns == day.end_ns
    assert stretch_of("day", place, day.end_ns - S) == day


@given(zone=st.sampled_from(ZONES), ts_s=st.integers(ns(2020, 1, 1) // S, ns(2035, 1, 1) // S))
def test_a_quarter_of_an_hour_lies_in_one_hour(zone: str, ts_s: int) -> None:
    place, slot_s = zone_named(zone), ts_s // 900 * 900
    assert stretch_of("hour", place, slot_s * S) == stretch_of("hour", place, (slot_s + 899) * S)


def test_the_zone_of_the_machine_is_found_where_it_is_written(tmp_path: Path) -> None:
    assert local_zone_name({"TZ": ":Europe/Berlin"}, tmp_path) == "Europe/Berlin"
    (tmp_path / "timezone").write_text("Asia/Kathmandu\n")
    (tmp_path / "localtime").symlink_to("/usr/share/zoneinfo/No/Where")
    assert local_zone_name({}, tmp_path) == "Asia/Kathmandu"
    (tmp_path / "localtime").unlink()
    (tmp_path / "localtime").symlink_to("/usr/share/zoneinfo/America/St_Johns")
    assert local_zone_name({"TZ": "no/such"}, tmp_path) == "America/St_Johns"


def test_without_any_word_it_is_the_present_offset(tmp_path: Path) -> None:
    name = local_zone_name({}, tmp_path / "nothing")
    now = datetime.now().astimezone()
    assert datetime.now(zone_named(name)).utcoffset() == now.utcoffset()


@pytest.mark.parametrize("name", ["Europe/Nowhere", "../etc/passwd", "5", "+5", "Europe", "\0"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone_named(name)
