"""A store with ways out, and the real things at their ends: a web server and a broker that can be killed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic, sleep

import pytest
from real_servers import Program, free_port

from evenside.config import AlertsConfig, NotifyConfig, Route
from evenside.notify.dispatch import dispatch, message_row
from evenside.notify.gate import Gate
from evenside.notify.message import Message, message_id
from evenside.notify.target import ONE_BY_ONE, sink_name, target_plan
from evenside.series import Forwarding, SinkPlan
from evenside.store import Messages, Outbox, SinkRow, Store

HURRY = replace(ONE_BY_ONE, retry_first_s=0.02, retry_max_s=0.1, stopped_s=0.1, idle_s=0.02)
AT_NS = 1_760_000_000_000_000_000  # 2025-10-09 08:53 UTC

# Answers 204 once the message is on the disk. A GET of anything is answered too: it is up.
_HOOK = """
import os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Hook(BaseHTTPRequestHandler):
    def do_GET(self): self.answer(204)
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[2], "ab") as kept:
            kept.write(self.headers.get("Idempotency-Key", "").encode() + b" " + body + b"\\n")
            kept.flush()
            os.fsync(kept.fileno())
        self.answer(204)
    def answer(self, code): self.send_response(code); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *_): pass
ThreadingHTTPServer.allow_reuse_address = True
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Hook).serve_forever()
"""


class Hook(Program):
    """A web server in a process of its own that keeps what is posted to it."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.kept = folder / "posted"
        super().__init__([sys.executable, "-c", _HOOK, str(port), str(self.kept)], port, "/", folder / "hook.log")

    def posted(self) -> list[tuple[str, dict[str, object]]]:
        """Each message with its key, in the order in which they came."""
        lines = self.kept.read_bytes().splitlines() if self.kept.exists() else []
        parts = [line.partition(b" ") for line in lines]
        return [(key.decode(), json.loads(body)) for key, _, body in parts]


@dataclass
class House:
    """A store, who is in it, and what was said; ``now_ns`` is the wall clock."""

    store: Store
    gate: Gate = field(default_factory=Gate)
    now_ns: int = AT_NS
    count: int = 0

    def say(
        self,
        rule: str = "bag",
        *,
        kind: str = "limit",
        active: bool = True,
        subject: str = "load_share",
        zone: str = "",
    ) -> str:
        """Store a message of this moment. Returns its id."""
        self.count += 1
        message = Message(
            message_id(self.count, rule),
            kind,  # type: ignore[arg-type]
            *("ann", rule, self.now_ns, active, "left", f"ann: {rule}", f"{rule} number {self.count}"),
            facts=(("claim", 2), ("value_ai", float("nan"))),
        )
        self.store.submit([message_row(message, subject, zone)]).result(20)
        return message.id

    def decide(self) -> dict[str, str]:
        """Decide what is due; the states of all messages by id."""
        with Messages(self.store.path) as messages:
            dispatch(messages, self.gate, self.now_ns)
            return {found.row.id: found.state for found in messages.last(1000)}

    def waiting(self, target: str) -> list[dict[str, object]]:
        """What stands in the outbox of a way, unsent."""
        with Outbox(self.store.path, sink_name(target)) as outbox:
            batch = outbox.take(1000, 10_000_000)
        return [json.loads(line) for line in batch.lines] if batch else []

    def open(self, *targets: str, alerts: AlertsConfig | None = None, routes: tuple[Route, ...] = ()) -> None:
        """Let there be these ways."""
        self.store.submit([SinkRow(sink_name(target), 1 << 20) for target in targets]).result(20)
        self.gate = Gate(targets, {("ann", route.rule): route for route in routes}, alerts or AlertsConfig())

    def forwarding(self, *configs: NotifyConfig) -> Forwarding:
        """Begin to send, in a hurry."""
        plans = [replace(target_plan(config), settings=HURRY) for config in configs]
        self.store.submit([SinkRow(plan.request.name, plan.bytes_max) for plan in plans]).result(20)
        return Forwarding(self.store.path, plans)

    def plan(self, config: NotifyConfig) -> SinkPlan:
        return replace(target_plan(config), settings=HURRY)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Store.open(tmp_path / "store.sqlite") as store:
        yield House(store)


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Hook]:
    with Hook(tmp_path) as running:
        yield running


Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def until() -> Until:
    """Waits for something that another process does."""

    def wait(there: Callable[[], bool]) -> None:
        end_s = monotonic() + 30.0
        while not there():
            assert monotonic() < end_s, "it did not happen within 30 s"
            sleep(0.01)

    return wait
