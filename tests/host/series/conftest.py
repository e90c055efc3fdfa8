"""A store with an outbox, transports that do as they are told, and the real servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest
from real_servers import BUCKET, Influx, Victoria

from evenside.series import Answer, SendSettings, Server, SinkKind, SinkPlan, SinkRequest
from evenside.series.http_transport import INFLUXDB, VICTORIAMETRICS
from evenside.store import Outbox, OutboxRow, SinkRow, Store

HURRY = SendSettings(retry_first_s=0.02, retry_max_s=0.2, stopped_s=0.2, grace_s=12.0, look_s=0.3, idle_s=0.02)


@dataclass
class FakeServer:
    """Answers by a rule of the test, and keeps what it took."""

    rule: Callable[[list[bytes]], Answer] = lambda lines: Answer("taken")
    state: Server | Answer = field(default_factory=lambda: Server("1"))
    requests: list[list[bytes]] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    opened: int = 0
    closed: int = 0

    def open(self, request: SinkRequest) -> FakeServer:
        self.opened += 1
        return self

    def send(self, body: bytes) -> Answer:
        lines = body.split(b"\n")
        self.requests.append(lines)
        answer = self.rule(lines)
        if answer.outcome == "taken":
            self.taken += lines
        return answer

    def server(self) -> Server | Answer:
        return self.state

    def close(self) -> None:
        self.closed += 1

    def kind(self, *, durable: bool) -> SinkKind:
        return SinkKind(self.open, durable=durable, texts=True)


@dataclass
class Kept:
    """A store with one sink, "clinic"."""

    store: Store
    outbox: Outbox
    count: int = 0

    def put(self, count: int, *, form: str = "m,w=a v={0} {0}", rows: int = 1) -> None:
        """That many lines, numbered on; in so many rows each of its own batch."""
        futures = []
        for part in range(rows):
            numbers = range(self.count + part * (count // rows), self.count + (part + 1) * (count // rows))
            body = "\n".join(form.format(number + 1) for number in numbers).encode()
            futures.append(self.store.submit([OutboxRow("clinic", 0, body)]))
        self.count += count // rows * rows
        futures[-1].result(60)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with Store.open(tmp_path / "store.sqlite") as store:
        store.submit([SinkRow("clinic", 500_000_000)]).result(10)
        with store.outbox("clinic") as outbox:
            yield Kept(store, outbox)


@pytest.fixture
def victoria(tmp_path: Path) -> Iterator[Victoria]:
    with Victoria(tmp_path / "victoria") as server:
        yield server


@pytest.fixture
def influx(tmp_path: Path) -> Iterator[Influx]:
    with Influx(tmp_path / "influx") as server:
        yield server


def plan_for(server: Influx | Victoria) -> SinkPlan:
    kind = INFLUXDB if isinstance(server, Influx) else VICTORIAMETRICS
    return SinkPlan(SinkRequest("clinic", server.write_url, BUCKET), kind, 500_000_000)


@pytest.fixture(name="plan_for")
def plan_for_fixture() -> Callable[[Influx | Victoria], SinkPlan]:
    return plan_for


@pytest.fixture
def hurry() -> SendSettings:
    return HURRY


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is so; fails after a long time."""
    pause = threading.Event()

    def wait(condition: Callable[[], bool], bound_s: float = 120.0) -> None:
        end_s = monotonic() + bound_s
        while not condition():
            assert monotonic() < end_s, "did not come about"
            pause.wait(0.02)

    return wait


@pytest.fixture
def fake() -> FakeServer:
    return FakeServer()
