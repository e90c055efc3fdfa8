"""Who hears what, and when: quiet hours, snoozes, cooldowns, the budget, and that a restart forgets none of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.config import AlertsConfig, Route
from evenside.errors import StoreError
from evenside.local_time import zone_named
from evenside.notify.gate import next_minute_ns, quiet_until_ns
from evenside.notify.message import message_of_line
from evenside.store import Messages, Retention, Store, check, prune

if TYPE_CHECKING:
    from tests.host.notify.conftest import House

HOUR_NS = 3600 * 1_000_000_000
DAY_NS = 24 * HOUR_NS


def test_a_message_goes_to_every_way_once(house: House) -> None:
    house.open("phone", "hub")
    said = [house.say(), house.say(active=False)]
    for _ in range(2):
        assert house.decide() == dict.fromkeys(said, "sent")
    for target in ("phone", "hub"):
        assert [found["id"] for found in house.waiting(target)] == said


def test_a_rule_goes_where_its_route_leads(house: House) -> None:
    house.open("phone", "hub", routes=(Route("bag", ("hub",)), Route("mute", ())))
    bag, mute, other = house.say("bag"), house.say("mute"), house.say("other")
    assert house.decide() == {bag: "sent", mute: "nowhere", other: "sent"}
    assert [found["id"] for found in house.waiting("hub")] == [bag, other]
    assert [found["id"] for found in house.waiting("phone")] == [other]


def test_what_is_stored_twice_is_said_once(house: House) -> None:
    house.open("phone")
    house.say()
    house.count = 0
    house.say()
    house.decide()
    assert len(house.waiting("phone")) == 1


def test_what_is_over_is_told_only_to_who_heard_that_it_began(house: House) -> None:
    house.open("phone")
    assert house.decide() == {}
    never = house.say(active=False)
    begun, over, twice = house.say(), house.say(active=False), house.say(active=False)
    assert house.decide() == {never: "nowhere", begun: "sent", over: "sent", twice: "nowhere"}


def test_a_cooldown_counts_from_the_last_that_was_sent(house: House) -> None:
    house.open("phone", routes=(Route("bag", None, 600.0),))
    states = []
    for minutes in (0, 9, 11, 12):
        house.now_ns += minutes * 60 * 1_000_000_000 if minutes in (0, 9) else 2 * 60 * 1_000_000_000
        states.append(house.say())
        house.decide()
    decided = house.decide()
    assert [decided[one] for one in states] == ["sent", "too_soon", "sent", "too_soon"]


def test_in_quiet_hours_alerts_wait_and_nudges_are_let_be(house: House) -> None:
    house.open("phone", alerts=AlertsConfig(quiet=(22 * 60, 7 * 60)))
    house.now_ns = round(datetime(2026, 1, 5, 23, 0, tzinfo=UTC).timestamp()) * 1_000_000_000
    begun, over, nudge = house.say(), house.say(active=False), house.say("sit", kind="nudge", subject="sitting")
    assert house.decide() == {begun: "held", over: "held", nudge: "quiet"}
    assert house.waiting("phone") == []
    house.now_ns += 8 * HOUR_NS - 1_000_000_000
    assert house.decide()[begun] == "held"
    house.now_ns += 1_000_000_000
    assert house.decide() == {begun: "sent", over: "sent", nudge: "quiet"}
    assert [found["id"] for found in house.waiting("phone")] == [begun, over]


def test_quiet_hours_are_those_of_the_wearers_clock(house: House) -> None:
    house.open("phone", alerts=AlertsConfig(quiet=(22 * 60, 7 * 60)))
    house.now_ns = round(datetime(2026, 1, 5, 14, 0, tzinfo=UTC).timestamp()) * 1_000_000_000
    here, in_tokyo = house.say("a"), house.say("b", zone="+09:00")
    assert house.decide() == {here: "sent", in_tokyo: "held"}


def test_a_snoozed_metric_is_silent_until_the_snooze_is_over(house: House) -> None:
    house.open("phone")
    with Messages(house.store.path) as messages:
        messages.snooze("ann", "load_share", house.now_ns + 7 * DAY_NS)
    snoozed, other = house.say(), house.say("other", subject="stance_time")
    assert house.decide() == {snoozed: "snoozed", other: "sent"}
    house.now_ns += 7 * DAY_NS
    later = house.say()
    assert house.decide()[later] == "sent"


def test_one_change_a_week_is_pushed_and_the_rest_comes_with_the_digest(house: House) -> None:
    house.open("phone", alerts=AlertsConfig(digest_minute=18 * 60))
    house.now_ns = round(datetime(2026, 1, 5, 9, 0, tzinfo=UTC).timestamp()) * 1_000_000_000
    first = house.say("a", kind="change", subject="a")
    house.now_ns += DAY_NS
    others = [house.say(name, kind="change", subject=name) for name in "bc"]
    assert house.decide() == {first: "sent", **dict.fromkeys(others, "digest")}
    house.now_ns += 10 * HOUR_NS
    decided = house.decide()
    assert [decided[one] for one in others] == ["digested"] * 2
    pushed, digest = house.waiting("phone")
    assert (pushed["id"], digest["kind"]) == (first, "digest")
    assert digest["text"] == "b number 2\nc number 3"
    house.decide()
    assert len(house.waiting("phone")) == 2
    house.now_ns += 7 * DAY_NS
    later = house.say("d", kind="change", subject="d")
    assert house.decide()[later] == "sent"


def test_a_restart_forgets_nothing_of_this(house: House) -> None:
    house.open("phone", alerts=AlertsConfig(quiet=(22 * 60, 7 * 60)))
    house.now_ns = round(datetime(2026, 1, 5, 23, 0, tzinfo=UTC).timestamp()) * 1_000_000_000
    change = house.say("a", kind="change", subject="a")
    assert house.decide() == {change: "held"}
    house.store.close()
    with Store.open(house.store.path) as again:
        house.store = again
        house.now_ns += 9 * HOUR_NS
        second = house.say("b", kind="change", subject="b")
        assert house.decide() == {change: "sent", second: "digest"}
    assert check(house.store.path) == []


def test_old_messages_go_with_the_events_but_not_what_waits(house: House) -> None:
    house.open("phone", alerts=AlertsConfig(quiet=(22 * 60, 7 * 60)))
    house.now_ns = round(datetime(2026, 1, 5, 21, 0, tzinfo=UTC).timestamp()) * 1_000_000_000
    said = house.say()
    house.decide()
    house.now_ns += 2 * HOUR_NS
    held = house.say("other")
    assert house.decide() == {said: "sent", held: "held"}
    assert prune(house.store.path, Retention(events_days=1.0), house.now_ns + 2 * DAY_NS).events == 1
    house.now_ns += 2 * DAY_NS + 9 * HOUR_NS
    assert house.decide() == {held: "sent"}


def test_feedback_is_kept_by_the_beginning_of_an_id(house: House) -> None:
    house.open("phone")
    id_ = house.say()
    house.decide()
    with Messages(house.store.path) as messages:
        messages.rate(id_[:8], useful=False)
        assert [found.useful for found in messages.last(5)] == [False]
        with pytest.raises(StoreError, match="no message begins"):
            messages.rate("zzzz", useful=True)
        with pytest.raises(StoreError, match="no message begins"):
            messages.rate("%", useful=True)


def test_a_message_survives_being_a_line(house: House) -> None:
    house.open("phone")
    house.say()
    with Messages(house.store.path) as messages:
        (found,) = messages.last(5)
    message = message_of_line(found.row.line)
    assert (message.id, message.rule, message.text) == (found.row.id, "bag", "bag number 1")
    assert dict(message.facts) == {"claim": 2, "value_ai": None}


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | st.just(b'{"facts": 1}') | st.just(b"[1]"))
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        message_of_line(line)


@given(
    st.integers(0, 3 * 366 * 86_400),
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.sampled_from(("", "+05:30", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")),
)
def test_quiet_hours_end_within_a_day_and_at_their_minute(after_s: int, begun: int, ended: int, name: str) -> None:
    now_ns = (1_735_689_600 + after_s) * 1_000_000_000
    zone = zone_named(name)
    due_ns = next_minute_ns(ended, zone, now_ns)
    assert 0 < due_ns - now_ns <= 25.5 * HOUR_NS
    if begun == ended:
        return
    until_ns = quiet_until_ns((begun, ended), zone, now_ns)
    local = datetime.fromtimestamp(now_ns / 1e9, zone)
    minutes = timedelta(hours=local.hour, minutes=local.minute) // timedelta(minutes=1)
    assert (until_ns is not None) == ((minutes - begun) % 1440 < (ended - begun) % 1440)
    assert until_ns in (None, due_ns)
