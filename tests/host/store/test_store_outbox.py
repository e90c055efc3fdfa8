"""Lines for other databases: in order, numbered, within their bound, and every one that goes is counted."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.errors import StoreError
from evenside.store import EventRow, Outbox, OutboxRow, SessionRow, SinkRow, Store, sink_states
from evenside.store import outbox as outbox_module
from evenside.store.outbox_rows import put_lines, put_sink
from evenside.store.schema import connect_writer

SINK = SinkRow("clinic", 1_000_000)


def row(*numbers: int, sink: str = "clinic") -> OutboxRow:
    return OutboxRow(sink, numbers[0], b"\n".join(b"m v=%d 1" % number for number in numbers))


def filled(path: Path, *rows: OutboxRow) -> Path:
    with Store.open(path) as store:
        store.submit([SINK, *rows]).result(10)
    return path


def taken(outbox: Outbox, lines_max: int = 100, bytes_max: int = 1 << 20) -> list[int]:
    batch = outbox.take(lines_max, bytes_max)
    return [] if batch is None else [int(line.split(b"=")[1].split()[0]) for line in batch.lines]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return filled(tmp_path / "store.sqlite", row(1, 2, 3), row(4), row(5, 6))


def test_lines_come_in_order_and_stay_until_they_are_settled(path: Path) -> None:
    with Outbox(path, "clinic") as outbox:
        assert taken(outbox) == taken(outbox) == [1, 2, 3, 4, 5, 6]
        batch = outbox.take(4, 1 << 20)
        assert batch is not None
        assert (batch.first, batch.last, len(batch.lines)) == (1, 4, 4)
        outbox.settle(2)
        assert taken(outbox, lines_max=3) == [3, 4, 5]
        assert taken(outbox, lines_max=1) == [3]
        assert taken(outbox, bytes_max=1) == [3]
        outbox.settle(6)
        assert outbox.take(10, 100) is None


def test_a_later_settling_never_goes_back(path: Path) -> None:
    with Outbox(path, "clinic") as outbox:
        outbox.settle(5)
        outbox.settle(3)
        assert taken(outbox) == [6]


def test_what_was_sent_is_kept_until_it_is_secure_and_can_be_sent_again(path: Path) -> None:
    with Outbox(path, "clinic") as outbox:
        outbox.settle(6)
        assert (outbox.state().waiting, outbox.state().kept) == (0, 6)
        outbox.secure(4, "start 1")
        assert outbox.state().server_start == "start 1"
        assert outbox.again("start 2") == 2
        assert taken(outbox) == [5, 6]
        assert outbox.state().server_start == "start 2"
        outbox.settle(6)
        outbox.secure(6)
        assert outbox.state().bytes == 0
        assert outbox.again("start 3") == 0


def test_nothing_that_was_not_sent_can_be_secure(path: Path) -> None:
    with Outbox(path, "clinic") as outbox:
        outbox.settle(3)
        outbox.secure(6)
        assert outbox.state().durable == 3
        assert taken(outbox) == [4, 5, 6]


def test_refused_lines_are_kept_with_their_error_and_wait_again_on_request(path: Path) -> None:
    with Outbox(path, "clinic") as outbox:
        outbox.settle(6, [("bad field", b"m v=2 1"), ("worse", b"m v=5 1")], at_ns=7)
        found = outbox.dead()
        assert [(line.error, line.line, line.at_ns) for line in found] == [
            ("bad field", b"m v=2 1", 7),
            ("worse", b"m v=5 1", 7),
        ]
        assert [line.id for line in outbox.dead(after=found[0].id)] == [found[1].id]
        assert outbox.state().dead == 2
        assert outbox.resend(8) == 2
        assert outbox.state().dead == 0
        assert taken(outbox) == [2, 5]


def test_too_many_refused_lines_go_counted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "DEAD_LINES_MAX", 3)
    with Outbox(path, "clinic") as outbox:
        outbox.settle(5, [(str(k), b"x") for k in range(5)])
        assert [line.error for line in outbox.dead()] == ["2", "3", "4"]
        assert outbox.state().dropped == 2


def test_by_order_what_waits_or_what_was_refused_is_thrown_away_and_counted(path: Path) -> None:
    with Outbox(path, "clinic") as outbox:
        outbox.settle(1, [("no", b"x")])
        assert outbox.drop(dead=True) == 1
        assert outbox.drop(dead=False) == 5
        state = outbox.state()
        assert (state.waiting, state.dead, state.dropped, state.bytes) == (0, 0, 6, 0)
        assert outbox.take(10, 100) is None


@pytest.mark.parametrize(("before_ns", "left"), [(1, 6), (2, 3), (5, 2), (6, 0)])
def test_what_is_too_old_goes_from_the_front_and_is_counted(path: Path, before_ns: int, left: int) -> None:
    with Outbox(path, "clinic") as outbox:  # lines 1 to 3 were made at 1, 4 at 4, 5 and 6 at 5
        outbox.settle(1)
        assert outbox.forget(before_ns) == max(0, 5 - left)
        assert outbox.forget(before_ns) == 0
        assert taken(outbox) == [1, 2, 3, 4, 5, 6][6 - min(left, 5) :]
        state = outbox.state()
        assert (state.waiting, state.dropped) == (min(left, 5), max(0, 5 - left))
        assert (state.bytes == 0) == (left == 0)


def test_behind_a_line_that_is_young_enough_nothing_is_too_old(tmp_path: Path) -> None:
    path = filled(tmp_path / "store.sqlite", row(5), row(1), row(9))  # the clock was put back in between
    with Outbox(path, "clinic") as outbox:
        assert outbox.forget(4) == 0
        assert outbox.forget(6) == 2
        assert taken(outbox) == [9]


def test_lines_and_what_they_were_made_of_are_stored_together_or_not_at_all(tmp_path: Path) -> None:
    path = filled(tmp_path / "store.sqlite")
    with Store.open(path) as store:
        event = EventRow("nobody", 1.0, "note")
        assert isinstance(store.submit([row(1), event]).exception(10), StoreError)
        store.submit([SessionRow("s", "w", "run", 0, "0"), EventRow("s", 1.0, "note"), row(2)]).result(10)
    with Outbox(path, "clinic") as outbox:
        assert taken(outbox) == [2]


def test_lines_for_a_sink_that_nobody_knows_are_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.sqlite") as store:
        refused = store.submit([row(1, sink="other")]).exception(10)
        assert "'other' is not in the store" in str(refused)
        with pytest.raises(StoreError, match=r"no outbox for a sink 'other'[\s\S]*those there are: none"):
            store.outbox("other").state()


def test_each_sink_has_its_own_lines(path: Path) -> None:
    with Store.open(path) as store:
        store.submit([SinkRow("home", 1000), row(10, sink="home"), row(7)]).result(10)
        with store.outbox("home") as home, store.outbox("clinic") as clinic:
            assert taken(home) == [10]
            assert taken(clinic) == [1, 2, 3, 4, 5, 6, 7]
            home.settle(1)
            home.secure(1)
            assert taken(clinic) == [1, 2, 3, 4, 5, 6, 7]
    assert [(state.name, state.waiting, state.bytes_max) for state in sink_states(path)] == [
        ("clinic", 7, 1_000_000),
        ("home", 0, 1000),
    ]


def test_opening_again_changes_the_bound_and_nothing_else(path: Path) -> None:
    with Store.open(path) as store:
        store.submit([SinkRow("clinic", 500)]).result(10)
        with store.outbox("clinic") as outbox:
            assert outbox.state().bytes_max == 500
            assert outbox.state().waiting == 6


def test_a_locked_file_is_told_with_its_mend(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenside.store.schema.BUSY_S", 0.01)
    locked = sqlite3.connect(path, isolation_level=None)
    with Outbox(path, "clinic") as outbox:
        locked.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="keeps it locked"):
            outbox.settle(1)
        locked.execute("ROLLBACK")
        outbox.settle(1)
    locked.close()


Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "settle", "secure", "again"]), st.integers(1, 12)), min_size=1, max_size=30
)


@settings(max_examples=40)
@given(STEPS)
def test_within_any_bound_every_line_is_waiting_sent_or_counted_as_dropped(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    path = tmp_path_factory.mktemp("outbox") / "store.sqlite"
    connection = connect_writer(path)
    bound = 200
    put_sink(connection, SinkRow("clinic", bound))
    produced, reached = 0, 0
    with Outbox(path, "clinic") as outbox:
        for what, count in steps:
            if what == "put":
                put_lines(connection, row(*range(produced + 1, produced + count + 1)))
                produced += count
            elif what == "settle":
                batch = outbox.take(count, 1000)
                if batch is not None:
                    outbox.settle(batch.last)
            elif what == "secure":
                outbox.secure(outbox.state().sent - count)
            else:
                outbox.again("")
            state = outbox.state()
            assert state.bytes <= bound
            assert state.produced == produced
            assert state.durable <= state.sent <= produced
            assert state.waiting == produced - state.sent
            batch = outbox.take(1000, 1 << 20)
            waiting = [] if batch is None else [int(line.split(b"=")[1].split()[0]) for line in batch.lines]
            assert waiting == list(range(state.sent + 1, produced + 1))
            reached = max(reached, state.sent)
            assert state.dropped <= reached
        held = connection.execute("SELECT coalesce(sum(length(body)), 0) FROM outbox").fetchone()
        assert outbox.state().bytes == held[0]
    connection.close()
