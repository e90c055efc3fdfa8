"""One sink's forwarder, step by step, against servers that do as the test says."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.errors import ConfigError
from evenside.series import Answer, Secret, SendSettings, Server, SinkKind, SinkRequest
from evenside.series.forwarder import Forwarder
from evenside.store import Outbox, OutboxRow, SinkRow, Store

if TYPE_CHECKING:
    from tests.host.series.conftest import FakeServer, Kept

SETTINGS = SendSettings(lines_max=8)
REQUEST = SinkRequest("clinic", "http://127.0.0.1:1", "evenside")


class Course:
    """A forwarder with a clock of its own; ``said`` is what a person was told."""

    def __init__(
        self, kind: SinkKind, outbox: Outbox, request: SinkRequest = REQUEST, *, age_max_s: float | None = None
    ) -> None:
        self.now_s = 1000.0
        self.said: list[str] = []
        self.outbox = outbox
        self.forwarder = Forwarder(
            *(kind, request, outbox, SETTINGS),
            tell=self.said.append,
            now_s=lambda: self.now_s,
            wall_ns=lambda: 5 + round(1e9 * (self.now_s - 1000.0)),
            age_max_s=age_max_s,
        )

    def run(self, seconds: float = 0.0, rounds_max: int = 1000) -> list[float]:
        """Rounds until nothing is left to do or the time is over; returns the pauses. A fast clock, no waiting."""
        end_s, pauses = self.now_s + seconds, list[float]()
        for _ in range(rounds_max):
            pause_s = self.forwarder.round()
            if pause_s:
                pauses.append(pause_s)
                if self.now_s + pause_s > end_s:
                    break
            self.now_s += pause_s
        self.now_s = max(self.now_s, end_s)
        return pauses


def numbered(count: int) -> list[bytes]:
    return [b"m,w=a v=%d %d" % (number, number) for number in range(1, count + 1)]


def test_lines_arrive_in_order_and_leave_the_disk(kept: Kept, fake: FakeServer) -> None:
    kept.put(30, rows=10)
    course = Course(fake.kind(durable=True), kept.outbox)
    course.run()
    assert fake.taken == numbered(30)
    assert all(len(request) <= 8 for request in fake.requests)
    state = kept.outbox.state()
    assert (state.waiting, state.kept, state.bytes) == (0, 0, 0)
    assert course.said == []
    course.forwarder.close()
    assert fake.closed == fake.opened == 1


def test_what_waits_for_longer_than_it_may_goes_and_is_told(kept: Kept, fake: FakeServer) -> None:
    kept.put(3)
    fake.rule = lambda lines: Answer("busy", "nobody there", "start it")
    course = Course(fake.kind(durable=True), kept.outbox, age_max_s=3600.0)
    course.run(3500.0)
    assert (kept.outbox.state().waiting, len(course.said)) == (3, 1)
    course.run(300.0)
    assert (kept.outbox.state().waiting, kept.outbox.state().dropped) == (0, 3)
    assert course.said[1].startswith("3 lines had to go before the server had them")
    assert "max_days" in course.said[1]


def test_a_server_that_is_away_is_tried_ever_less_often_and_told_of_once(kept: Kept, fake: FakeServer) -> None:
    kept.put(3)
    fake.rule = lambda lines: Answer("busy", "nobody there", "start it")
    course = Course(fake.kind(durable=True), kept.outbox)
    pauses = course.run(8 * 3600.0)
    assert pauses[0] < 1.0
    assert all(later > sooner for sooner, later in pairwise(pauses[:7]))
    assert all(45.0 <= pause <= 75.0 for pause in pauses[8:])
    assert 8 * 3600 / 75 < len(fake.requests) < 8 * 3600 / 45
    assert course.said == ["nobody there\n  mend: start it"]
    health = course.forwarder.health
    assert health.state == "waiting"
    fake.rule = lambda lines: Answer("taken")
    course.run()
    assert fake.taken == numbered(3)
    assert course.forwarder.health.state == "ok"
    assert course.said[1:] == ["the server takes lines again"]


def test_a_server_that_names_a_time_is_left_alone_for_so_long(kept: Kept, fake: FakeServer) -> None:
    kept.put(1)
    fake.rule = lambda lines: Answer("busy", "slow down", wait_s=17.0)
    assert Course(fake.kind(durable=True), kept.outbox).run() == [17.0]


def test_where_a_person_has_to_act_it_stops_tells_and_keeps_everything(kept: Kept, fake: FakeServer) -> None:
    kept.put(20)
    fake.rule = lambda lines: Answer("stopped", "401", "give it a token")
    course = Course(fake.kind(durable=True), kept.outbox)
    course.run(600.0)
    assert course.said == ["401\n  mend: give it a token"]
    assert course.forwarder.health.state == "stopped"
    assert len(fake.requests) == 11
    assert fake.opened == 11  # each time with the token as it then is
    assert kept.outbox.state().waiting == 20
    fake.rule = lambda lines: Answer("taken")
    course.run()
    assert fake.taken == numbered(20)


def test_a_token_that_is_not_there_stops_too(kept: Kept, fake: FakeServer) -> None:
    kept.put(1)

    def no_token(request: SinkRequest) -> FakeServer:
        request.secret.read({})
        return fake

    course = Course(SinkKind(no_token, True, True), kept.outbox, SinkRequest("clinic", "", "", secret=Secret("NONE")))
    assert course.run() == [SETTINGS.stopped_s]
    assert "NONE holds no token" in course.said[0]
    with pytest.raises(ConfigError):
        no_token(SinkRequest("clinic", "", "", secret=Secret("NONE")))


def test_refused_lines_are_set_aside_and_the_others_arrive(kept: Kept, fake: FakeServer) -> None:
    kept.put(30)
    bad = {b"m,w=a v=7 7", b"m,w=a v=25 25"}
    fake.rule = lambda lines: Answer("refused", "bad field") if bad & set(lines) else Answer("taken")
    course = Course(fake.kind(durable=True), kept.outbox)
    course.run()
    assert fake.taken == [line for line in numbered(30) if line not in bad]
    assert [(dead.line, dead.error, dead.at_ns) for dead in kept.outbox.dead()] == [
        (line, "bad field", 5) for line in sorted(bad, reverse=True)
    ]
    assert all("1 lines were refused and are kept aside: bad field" in words for words in course.said)
    fake.rule = lambda lines: Answer("taken")
    kept.outbox.resend(0)
    course.run()
    assert set(fake.taken) == set(numbered(30))


def test_a_server_that_refuses_everything_is_paced_and_nothing_is_lost(kept: Kept, fake: FakeServer) -> None:
    kept.put(2000)
    fake.rule = lambda lines: Answer("refused", "no")
    course = Course(fake.kind(durable=True), kept.outbox)
    course.run(600.0)
    state = kept.outbox.state()
    assert state.dead + state.waiting == 2000
    assert len(fake.requests) < 400
    assert course.forwarder.health.state == "refusing"
    fake.rule = lambda lines: Answer("taken")
    course.run()
    kept.outbox.resend(0)
    course.run()
    assert sorted(fake.taken) == sorted(numbered(2000))


def test_requests_that_are_too_large_become_smaller_and_stay_so(kept: Kept, fake: FakeServer) -> None:
    kept.put(64)
    fake.rule = lambda lines: Answer("too_large", "413") if len(lines) > 3 else Answer("taken")
    course = Course(fake.kind(durable=True), kept.outbox)
    course.run()
    assert fake.taken == numbered(64)
    assert sum(len(request) > 3 for request in fake.requests) == 3  # 8, then twice 4


def test_a_server_that_starts_anew_gets_again_what_it_may_have_forgotten(kept: Kept, fake: FakeServer) -> None:
    course = Course(fake.kind(durable=False), kept.outbox)
    kept.put(5)
    course.run(SETTINGS.grace_s + 2 * SETTINGS.look_s)  # these are on its disk
    assert kept.outbox.state().kept == 0
    kept.put(4)
    course.run(20.0)
    assert kept.outbox.state().kept == 4
    fake.taken.clear()
    fake.state = Server("2")
    course.run(20.0)
    assert fake.taken == numbered(9)[5:]
    assert course.said == ["the server has started anew: the last 4 lines go to it again"]


@pytest.mark.parametrize("shows", ["start", "fewer", "no more", "was gone"])
def test_a_restart_within_the_second_is_seen_too(kept: Kept, fake: FakeServer, shows: str) -> None:
    fake.state = Server("1", taken=10)
    course = Course(fake.kind(durable=False), kept.outbox)
    course.run(20.0)
    kept.put(4)
    course.run(1.0)
    if shows == "was gone":
        fake.state = Answer("busy", "refused", gone=True)
        course.run(20.0)
    taken = {"start": 50, "fewer": -2, "no more": 6, "was gone": 50}
    fake.state = Server("2" if shows == "start" else "1", taken=taken[shows])
    course.run(20.0)
    assert fake.taken == numbered(4) * 2


def test_a_count_that_lags_behind_is_no_restart(kept: Kept, fake: FakeServer) -> None:
    fake.state = Server("1", taken=10)
    course = Course(fake.kind(durable=False), kept.outbox)
    course.run(20.0)
    kept.put(4)
    course.run(SETTINGS.look_s - 1.0)
    kept.put(4)
    fake.state = Server("1", taken=6)  # as before the last four
    course.run(2.0)
    fake.state = Server("1", taken=10)
    course.run(200.0)
    assert fake.taken == numbered(8)
    assert course.said == []


def test_a_restart_while_this_program_is_away_is_seen_too(kept: Kept, fake: FakeServer) -> None:
    kept.put(5)
    Course(fake.kind(durable=False), kept.outbox).run(20.0)
    Course(fake.kind(durable=False), kept.outbox).run(20.0)
    assert fake.taken == numbered(5)
    fake.state = Server("2")
    Course(fake.kind(durable=False), kept.outbox).run(20.0)
    assert fake.taken == numbered(5) * 2
    course = Course(fake.kind(durable=False), kept.outbox)
    course.run(SETTINGS.grace_s + 2 * SETTINGS.look_s)
    assert kept.outbox.state().kept == 0


def test_a_server_that_cannot_tell_is_taken_to_have_started_anew_when_it_was_gone(kept: Kept, fake: FakeServer) -> None:
    fake.state = Server()
    course = Course(fake.kind(durable=False), kept.outbox)
    kept.put(3)
    course.run(5.0)
    assert fake.taken == numbered(3)
    kept.put(1)
    fake.rule = lambda lines: Answer("busy", "timeout")
    course.run(0.1)
    fake.rule = lambda lines: Answer("taken")
    course.run(5.0)
    assert fake.taken == numbered(4)  # it was slow, but there
    kept.put(1)
    fake.rule = lambda lines: Answer("busy", "refused", gone=True)
    course.run(0.1)
    fake.rule = lambda lines: Answer("taken")
    course.run(5.0)
    assert fake.taken == [*numbered(4), *numbered(5)]


def test_nothing_is_sent_to_a_server_that_cannot_be_seen(kept: Kept, fake: FakeServer) -> None:
    kept.put(3)
    fake.state = Answer("busy", "away", gone=True)
    course = Course(fake.kind(durable=False), kept.outbox)
    course.run(5.0)
    assert fake.requests == []
    assert course.said == ["away"]


def test_notes_of_a_server_and_lines_that_it_threw_away_are_told(kept: Kept, fake: FakeServer) -> None:
    fake.state = Server("1", 7, ("no dedup",))
    course = Course(fake.kind(durable=False), kept.outbox)
    course.run(30.0)
    fake.state = Server("1", 9, ("no dedup",))
    course.run(30.0)
    assert course.said == ["no dedup", "the server threw away 2 lines as malformed, of this or of another program"]


def test_lines_that_had_to_go_are_told(kept: Kept, fake: FakeServer) -> None:
    fake.rule = lambda lines: Answer("busy", "away")
    course = Course(fake.kind(durable=True), kept.outbox)
    course.run(1.0)
    kept.store.submit([SinkRow("clinic", 100)]).result(10)
    kept.put(20, rows=20)
    course.run(60.0)
    dropped = kept.outbox.state().dropped
    assert dropped > 10
    assert f"{dropped} lines had to go before the server had them" in course.said[-1]


def test_a_store_that_is_in_the_way_costs_time_and_no_line(
    kept: Kept, fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.put(3)
    course = Course(fake.kind(durable=True), kept.outbox)
    kept.outbox._connection.execute("PRAGMA query_only = 1")
    course.run(3.0)
    assert course.forwarder.health.state == "store"
    kept.outbox._connection.execute("PRAGMA query_only = 0")
    course.run(3.0)
    assert kept.outbox.state().waiting == 0
    assert set(fake.taken) == set(numbered(3))


MISHAPS = st.lists(st.sampled_from(["taken", "busy", "stopped", "timeout", "restart", "new program", "put", "pass"]))


@settings(max_examples=30)
@given(MISHAPS, st.integers(0, 1000), st.booleans())
def test_through_any_mishaps_every_line_is_in_the_end_with_the_server(
    tmp_path_factory: pytest.TempPathFactory, mishaps: list[str], seed: int, durable: bool
) -> None:
    """The server forgets, when it starts anew, everything it took in the last 30 s unless it is durable."""
    chance = random.Random(seed)
    path = tmp_path_factory.mktemp("mishaps") / "store.sqlite"
    stored: dict[bytes, float] = {}
    start, produced, requests = 1, 0, 0

    class Forgetful:
        rule: str = "taken"

        def send(self, body: bytes) -> Answer:
            nonlocal requests
            if self.rule in ("busy", "stopped"):
                return Answer("busy") if self.rule == "busy" else Answer("stopped")
            requests += 1
            for line in body.split(b"\n"):
                stored.setdefault(line, course.now_s)
            return Answer("busy", "the answer was lost") if self.rule == "timeout" else Answer("taken")

        def server(self) -> Server | Answer:
            return Answer("busy") if self.rule == "busy" else Server(str(start), taken=requests)

        def close(self) -> None:
            pass

    server = Forgetful()
    kind = SinkKind(lambda request: server, durable, True)
    with Store.open(path) as store, Outbox(path, "clinic") as outbox:
        store.submit([SinkRow("clinic", 10**9)]).result(10)
        course = Course(kind, outbox)
        for mishap in [*mishaps, "taken"]:
            if mishap == "put":
                count = chance.randrange(1, 20)
                body = b"\n".join(b"m v=%d 1" % number for number in range(produced, produced + count))
                store.submit([OutboxRow("clinic", 0, body)]).result(10)
                produced += count
            elif mishap == "restart":
                start += 1
                if not durable:
                    for line in [line for line, at_s in stored.items() if at_s > course.now_s - 30.0]:
                        del stored[line]
            elif mishap == "new program":
                now_s = course.now_s
                course = Course(kind, outbox)
                course.now_s = now_s
            elif mishap == "pass":
                course.run(chance.uniform(0.0, 100.0))
            else:
                server.rule = mishap
                course.run(chance.uniform(0.0, 2.0))
        course.run(300.0)
        assert set(stored) == {b"m v=%d 1" % number for number in range(produced)}
        assert outbox.state().bytes == 0
        assert outbox.state().dropped == 0


def test_pauses_never_outgrow_their_bound(kept: Kept, fake: FakeServer) -> None:
    kept.put(1)
    fake.rule = lambda lines: Answer("busy")
    course = Course(fake.kind(durable=True), kept.outbox)
    rounds: Callable[[], float] = course.forwarder.round
    assert max(rounds() for _ in range(2000)) <= 1.2 * SETTINGS.retry_max_s
