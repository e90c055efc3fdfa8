"""What differs from a wearer's usual days is said once, judges nobody, and needs to be clearer after complaints."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from evenside.notify.changes import change_words, say_changes
from evenside.store import FigureRow, MessageRow, Messages, Roller, SessionRow, changed_days
from evenside.store.day_chart import LIMIT, LIMIT_OF_MANY, LIMIT_STEP, chart_limit
from evenside.store.schema import connect_writer
from evenside_analysis.types import Figure

if TYPE_CHECKING:
    from tests.host.notify.conftest import House

DAY_NS = 86_400 * 1_000_000_000
BEGIN_NS = round(datetime(2026, 1, 1, 8, tzinfo=UTC).timestamp()) * 1_000_000_000


def figure(ai: float, metric: str = "stance_time") -> Figure:
    ends = ai - 1.0, ai + 1.0
    return Figure(
        *(metric, "foot", 0.0, 60.0, 40, 40, 0.6, 0.02, 40, 0.63, 0.03, 0.03, ai, *ends, 1.0, 4.5, 2, "right"),
        *("", 1.0, 0.98, 0.001),
    )


def live(house: House, days: list[float], *, metric: str = "stance_time", kind: str = "run") -> int:
    """A session a day, of one figure; the time after the last day."""
    for number, ai in enumerate(days):
        session = SessionRow(f"{metric} {number}", "ann", kind, BEGIN_NS + number * DAY_NS, "0")  # type: ignore[arg-type]
        house.store.submit([session, FigureRow(session.id, "window", figure(ai, metric))])
    house.store.submit([]).result(30)
    with Roller(house.store.path) as roller:
        roller.all_due()
    return BEGIN_NS + len(days) * DAY_NS


def usual(count: int, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [1.0 + chance.gauss(0.0, 1.0) for _ in range(count)]


def said(house: House) -> list[MessageRow]:
    with Messages(house.store.path) as messages:
        return [found.row for found in reversed(messages.last(100))]


def test_a_lasting_change_is_said_once_and_so_is_its_end(house: House) -> None:
    now_ns = live(house, [*usual(30), *[14.0] * 9, *[1.0] * 20])
    for _ in range(2):
        for days_ago in range(25, -1, -1):  # as often as the daemon looks
            say_changes(house.store.path, now_ns - days_ago * DAY_NS)
    raised, cleared = said(house)
    assert (raised.active, cleared.active) == (True, False)
    assert (raised.kind, raised.subject, raised.rule) == ("change", "stance_time", "change of stance_time (foot)")
    assert raised.rule == cleared.rule


def test_only_recent_changes_are_said(house: House) -> None:
    now_ns = live(house, [*usual(30), *[14.0] * 9])
    assert say_changes(house.store.path, now_ns + 10 * DAY_NS) == 0
    assert said(house) == []


def test_a_demonstration_or_a_replay_changes_nothing_for_anybody(house: House) -> None:
    now_ns = live(house, [*usual(30), *[14.0] * 9], kind="demo")
    assert say_changes(house.store.path, now_ns) == 0


def test_words_state_what_is_usual_and_what_is_lately(house: House) -> None:
    live(house, [*usual(30), *[14.0] * 9])
    (day,) = changed_days(house.store.path, 0)
    words = change_words(day)
    assert words.startswith("stance time (foot) differs from your usual days: lately ")
    assert " right, usually " in words
    assert day.chart_ai > day.limit_ai >= 4.5
    assert math.isfinite(day.usual_ai)


@pytest.mark.parametrize(("ratings", "step"), [([], 0), ([False], 0), ([False, False], 1), ([True, False], 0)])
def test_complaints_raise_the_limit_of_their_metric(house: House, ratings: list[bool], step: int) -> None:
    house.open("phone")
    for useful in ratings:
        id_ = house.say(kind="change", subject="stance_time")
        with Messages(house.store.path) as messages:
            messages.rate(id_, useful=useful)
    connection = connect_writer(house.store.path)
    try:
        assert chart_limit(connection, "ann", "run", "stance_time") == LIMIT + step * LIMIT_STEP
        assert chart_limit(connection, "ann", "run", "swing_time") == LIMIT
    finally:
        connection.close()


def test_more_than_ten_metrics_need_a_wider_limit(house: House) -> None:
    for number in range(11):
        live(house, [1.0], metric=f"m{number}")
    connection = connect_writer(house.store.path)
    try:
        assert chart_limit(connection, "ann", "run", "m0") == LIMIT_OF_MANY
    finally:
        connection.close()
