"""From a limit that is passed to whoever shall hear of it, through the store and over the end of a run."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from evenside.config import NotifyConfig
from evenside.daemon import DaemonPlan
from evenside.notify.gate import Gate
from evenside.notify.target import sink_name, target_plan
from evenside.store import Messages, Outbox, Reader
from evenside_analysis.types import Alert

if TYPE_CHECKING:
    from tests.host.daemon.conftest import Bench


@dataclass
class Taken:
    url: str
    messages: list[dict[str, object]] = field(default_factory=list)


@pytest.fixture
def taken() -> Iterator[Taken]:
    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Taking) as server:
        found = Taken(f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def heard_by(plan: DaemonPlan, url: str) -> DaemonPlan:
    sink = target_plan(NotifyConfig("hook", "webhook", url))
    return replace(plan, notify=(sink,), gate=Gate(("hook",)))


def turning(at_s: float) -> float:
    """AI 6 for half a minute, then none."""
    return 6.0 if at_s < 30.0 else 0.0


def stored(plan: DaemonPlan, bench: Bench) -> list[Alert]:
    with Reader(plan.store) as reader:
        return [timed.row.alert for timed in reader.alerts(bench.session(plan).start.id)]


def test_an_alert_reaches_its_sink_with_everything_needed_to_judge_it(bench: Bench, taken: Taken) -> None:
    bench.walking(60.0, turning)
    plan = heard_by(bench.plan(limits=(bench.limit(),)), taken.url)
    bench.run(plan)
    raised, cleared = stored(plan, bench)
    assert [message["active"] for message in taken.messages] == [True, False]
    facts = taken.messages[0]["facts"]
    assert isinstance(facts, dict)
    assert facts["value_ai"] == raised.figure.ai
    assert facts["interval_ai"] == [raised.figure.ai_lo, raised.figure.ai_hi]
    assert (facts["n"], facts["claim"], facts["metric"]) == (raised.figure.n, raised.figure.claim, "impulse")
    assert facts["completeness"] == [1.0, 1.0]
    started_ns = bench.session(plan).start.started_ns
    assert taken.messages[1]["at_ns"] == started_ns + round(cleared.time_s * 1e6) * 1000


def test_what_found_nobody_there_goes_at_the_next_start(bench: Bench, taken: Taken) -> None:
    bench.walking(60.0, turning)
    plan = heard_by(bench.plan(limits=(bench.limit(),)), "http://127.0.0.1:9/")
    plan = replace(plan, timings=replace(plan.timings, sinks_s=0.2))
    bench.run(plan)
    with Messages(plan.store) as messages, Outbox(plan.store, sink_name("hook")) as outbox:
        assert [message.state for message in messages.last(9)] == ["sent", "sent"]
        assert outbox.state().waiting == 2
    assert taken.messages == []
    bench.walking(2.0)
    bench.run(heard_by(bench.plan(), taken.url))
    assert [message["active"] for message in taken.messages] == [True, False]


def test_without_a_way_out_nothing_is_kept_for_it(bench: Bench) -> None:
    bench.walking(60.0, turning)
    plan = bench.plan(limits=(bench.limit(),))
    bench.run(plan)
    assert len(stored(plan, bench)) == 2
    with Messages(plan.store) as messages:
        assert messages.last(9) == []
