"""A store with an outbox, transports that do as they are told, and the real servers."""

from __future__ import annotations

import gzip
import http.client
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
        if isinstance(self.state, Answer):
            return self.state
        return replace(self.state, taken=self.state.taken + len(self.taken))

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


class Proxy:
    """Between us and a server: answers by itself with ``status``, or lets through; "cut": the answer is lost."""

    def __init__(self, upstream: int = 0) -> None:
        self.upstream = upstream
        self.status: int | str = 0
        self.headers: dict[str, str] = {}
        self.body = b"a reason"
        self.seen: list[tuple[str, dict[str, str], bytes]] = []  # path, headers, body; the last ones
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def do_GET(self) -> None:
                self._answer(b"")

            def _answer(self, body: bytes) -> None:
                plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                proxy.seen = [*proxy.seen[-9:], (self.path, dict(self.headers), plain)]
                status, content = proxy.status, proxy.body
                if isinstance(status, str) or status == 0:
                    way = http.client.HTTPConnection("127.0.0.1", proxy.upstream, timeout=20)
                    way.request(self.command, self.path, body, {"Authorization": self.headers.get("Authorization", "")})
                    answer = way.getresponse()
                    content, code = answer.read(), answer.status
                    way.close()
                    if status == "cut" and self.command == "POST":
                        self.close_connection = True
                        return
                else:
                    code = status
                self.send_response(code)
                for name, value in proxy.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0" if code == 204 else str(len(content)))
                self.end_headers()
                if code != 204:
                    self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy()
    yield made
    made.close()


@pytest.fixture
def victoria(tmp_path: Path) -> Iterator[Victoria]:
    with Victoria(tmp_path / "victoria") as server:
        yield server


@pytest.fixture
def influx(tmp_path: Path) -> Iterator[Influx]:
    with Influx(tmp_path / "influx") as server:
        yield server


@pytest.fixture(params=["influxdb", "victoriametrics"])
def server(request: pytest.FixtureRequest) -> Influx | Victoria:
    """Each of the two in turn; a test that takes it needs both programs."""
    found: Influx | Victoria = request.getfixturevalue("influx" if request.param == "influxdb" else "victoria")
    return found


PlanFor = Callable[..., SinkPlan]


@pytest.fixture
def plan_for() -> PlanFor:
    """The sink of a server, at another place where ``url`` is given."""

    def plan(server: Influx | Victoria, url: str = "") -> SinkPlan:
        kind = INFLUXDB if isinstance(server, Influx) else VICTORIAMETRICS
        return SinkPlan(SinkRequest("clinic", url or server.write_url, BUCKET, timeout_s=3.0), kind, 500_000_000)

    return plan


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
