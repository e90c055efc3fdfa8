"""Habits over days: counted by local day and time of day, called one-sided by the rule alone, and said once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from evenside.notify.habit_days import habits_over_days, say_habits
from evenside.store import EventRow, Messages, SessionRow, StoredBout, habit_bouts

if TYPE_CHECKING:
    from tests.host.notify.conftest import House

DAY_NS = 86_400 * 1_000_000_000
HOUR_NS = DAY_NS // 24
BEGIN_NS = round(datetime(2026, 3, 2, tzinfo=UTC).timestamp()) * 1_000_000_000


def bout(day: int, hour: float, side: str, kind: str = "carrying", zone: str = "", **values: float) -> StoredBout:
    return StoredBout("ann", kind, side, "strap", BEGIN_NS + day * DAY_NS + round(hour * HOUR_NS), 60.0, zone, values)


def test_one_side_on_enough_days_is_a_habit() -> None:
    bouts = [bout(day, hour, "left") for day in range(3) for hour in (8, 12, 17, 20)]
    (habit,) = habits_over_days(bouts)
    assert (habit.found.label, habit.found.n, habit.found.days, habit.left_s) == ("left", 12, 3, 720.0)
    assert habit.words.startswith("the bag is mostly on the left side: 96 % [")
    assert "To vary: put the bag on the right shoulder" in habit.words


def test_two_days_are_not_enough_and_neither_is_half() -> None:
    (habit,) = habits_over_days([bout(day, hour, "left") for day in range(2) for hour in range(6, 20)])
    assert habit.found.label == "none"
    mixed = [bout(day, hour, "left" if hour % 2 else "right") for day in range(9) for hour in range(6, 20)]
    assert habits_over_days(mixed)[0].found.label == "none"


def test_what_has_no_side_is_counted_beside() -> None:
    bouts = [
        *(bout(day, hour, "unknown") for day in range(5) for hour in range(9)),
        bout(0, 12, "left"),
        bout(1, 2, "both"),
    ]
    (habit,) = habits_over_days(bouts)
    assert (habit.found.left, habit.found.right, habit.found.unknown, habit.found.days) == (1, 0, 45, 1)
    assert "1 left, 0 right, 45 unknown on 1 day" in habit.words


def test_days_and_parts_of_the_day_are_those_of_the_wearers_clock() -> None:
    bouts = [bout(0, 22.5, "left", zone="+09:00"), bout(0, 23.5, "right", zone="+09:00")]  # 7:30 and 8:30 there
    (habit,) = habits_over_days(bouts)
    assert [(cluster.name, cluster.found.n) for cluster in habit.clusters] == [("morning", 2)]
    assert habit.found.days == 1
    late = habits_over_days([bout(0, 3, "left"), bout(0, 12, "left"), bout(0, 18, "left"), bout(0, 23, "left")])
    assert [cluster.name for cluster in late[0].clusters] == ["night", "midday", "evening"]


def test_flights_up_and_down_and_of_one_staircase_stand_apart() -> None:
    bouts = [bout(day, 9, "right", "stairs", up=float(up), strides=strides) for day in range(3)
             for up, strides in ((1, 6.0), (0, 6.0), (1, 9.0))]  # fmt: skip
    up, down = sorted(habits_over_days(bouts), key=lambda habit: habit.id, reverse=True)
    assert (up.id, up.found.n, down.id, down.found.n) == ("stairs_up", 6, "stairs_down", 3)
    assert {cluster.name: cluster.found.n for cluster in up.clusters} == {
        "morning": 6, "flights of 6 strides": 3, "flights of 9 strides": 3,
    }  # fmt: skip


def store_bouts(house: House, days: int, kind: str = "run") -> int:
    for day in range(days):
        session = SessionRow(f"s{day}", "ann", kind, BEGIN_NS + day * DAY_NS, "0")  # type: ignore[arg-type]
        rows = [
            EventRow(
                session.id,
                3600.0 * hour,
                "habit",
                "strap",
                json.dumps({"kind": "carrying", "side": "left", "start_s": 3600.0 * hour - 60, "end_s": 3600.0 * hour}),
            )
            for hour in range(8, 20, 2)
        ]
        broken = EventRow(session.id, 9.0, "habit", "strap", "no JSON")
        house.store.submit([session, *rows, broken]).result(20)
    return BEGIN_NS + days * DAY_NS


def test_stored_bouts_come_back_with_their_moments(house: House) -> None:
    store_bouts(house, 1)
    found = habit_bouts(house.store.path, "ann", 0)
    assert len(found) == 6
    assert (found[0].start_ns, found[0].lasted_s) == (BEGIN_NS + 8 * HOUR_NS - 60 * 1_000_000_000, 60.0)
    assert habit_bouts(house.store.path, "ben", 0) == []


def test_a_habit_is_said_once_within_the_budget(house: House) -> None:
    house.open("phone")
    now_ns = store_bouts(house, 4)
    assert [say_habits(house.store.path, now_ns + more) for more in (0, DAY_NS)] == [1, 1]
    with Messages(house.store.path) as messages:
        (found,) = messages.last(9)
    assert (found.row.kind, found.row.subject, found.row.rule) == ("change", "carrying", "habit of carrying")
    house.now_ns = now_ns
    assert list(house.decide().values()) == ["sent"]
    (sent,) = house.waiting("phone")
    assert str(sent["text"]).endswith("see a physiotherapist or a certified trainer if there is pain")
    assert say_habits(house.store.path, now_ns + 60 * DAY_NS) == 0


def test_a_replay_makes_no_habit(house: House) -> None:
    assert say_habits(house.store.path, store_bouts(house, 4, "replay")) == 0
