"""Lines are settled in order; a line is dead only when the server refused it alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.series import Answer
from evenside.series.deliver import DEAD_MAX, deliver


class Server:
    """Refuses every request that holds a bad line, after it has taken the good ones of it, as InfluxDB does."""

    def __init__(self, bad: set[bytes], lines_max: int = 1 << 30, fails_after: int = 1 << 30) -> None:
        self.bad, self.lines_max, self.fails_after = bad, lines_max, fails_after
        self.requests: list[int] = []
        self.stored: set[bytes] = set()

    def send(self, body: bytes) -> Answer:
        lines = body.split(b"\n")
        if len(self.requests) >= self.fails_after:
            return Answer("busy", "away")
        self.requests.append(len(lines))
        if len(lines) > self.lines_max:
            return Answer("too_large", "413")
        self.stored |= set(lines) - self.bad
        return Answer("refused", "bad line") if self.bad & set(lines) else Answer("taken")


@given(
    st.integers(1, 60), st.sets(st.integers(0, 59), max_size=8), st.integers(1, 60), st.integers(0, 80) | st.just(10**6)
)
def test_every_settled_line_is_stored_or_dead_and_no_other_is_dead(
    count: int, bad: set[int], lines_max: int, fails_after: int
) -> None:
    lines = [b"m v=%d 1" % number for number in range(count)]
    server = Server({lines[number] for number in bad if number < count}, lines_max, fails_after)
    delivery = deliver(server.send, lines)
    dead = [line for _, line in delivery.dead]
    assert set(dead) == server.bad & set(lines[: delivery.settled])
    assert dead == sorted(dead, key=lines.index)
    assert set(lines[: delivery.settled]) <= server.stored | set(dead)
    if fails_after == 10**6:
        assert (delivery.settled, delivery.halt) == (count, None)
    else:
        assert delivery.settled == count or delivery.halt == Answer("busy", "away")


def test_one_request_is_enough_where_nothing_is_wrong() -> None:
    server = Server(set())
    assert deliver(server.send, [b"a", b"b", b"c"]).largest == 3
    assert server.requests == [3]


def test_few_bad_lines_among_many_cost_few_requests() -> None:
    lines = [b"%d" % number for number in range(4096)]
    server = Server({lines[1000]})
    assert [line for _, line in deliver(server.send, lines).dead] == [lines[1000]]
    assert len(server.requests) <= 25


def test_a_server_that_refuses_everything_is_not_flooded() -> None:
    lines = [b"%d" % number for number in range(5000)]
    server = Server(set(lines))
    delivery = deliver(server.send, lines)
    assert delivery.settled == len(delivery.dead) == DEAD_MAX
    assert len(server.requests) < 3 * DEAD_MAX


def test_what_is_too_large_alone_is_dead() -> None:
    delivery = deliver(lambda body: Answer("too_large", "413"), [b"huge"])
    assert delivery.dead == (("413", b"huge"),)


@pytest.mark.parametrize("outcome", ["busy", "stopped"])
def test_a_hindrance_leaves_everything_where_it_is(outcome: str) -> None:
    answer = Answer("busy") if outcome == "busy" else Answer("stopped")
    delivery = deliver(lambda body: answer, [b"a", b"b"])
    assert (delivery.settled, delivery.dead, delivery.halt) == (0, (), answer)


def test_whoever_is_to_stop_stops_between_two_requests() -> None:
    server = Server(set(), lines_max=1)
    delivery = deliver(server.send, [b"a", b"b", b"c", b"d"], go_on=lambda: False)
    assert delivery.settled == 1
