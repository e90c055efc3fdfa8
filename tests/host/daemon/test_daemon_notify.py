"""From a limit that is passed to whoever shall hear of it, through the store and over the end of a run."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evenside.config import NodeConfig, NotifyConfig, Route
from evenside.daemon import DaemonPlan
from evenside.daemon.prompting import prompted
from evenside.notify.gate import Gate
from evenside.notify.message import Message
from evenside.notify.target import sink_name, target_plan
from evenside.sources import SourceItem, SourceRequest
from evenside.store import Messages, Outbox, Reader
from evenside_analysis.nudge import NudgeSettings
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Alert, Block, Node

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


def test_a_bag_on_one_shoulder_buzzes_the_strap_of_that_side_and_is_sent(bench: Bench, taken: Taken) -> None:
    """Session time runs fast here, and so a prompt would be late: the boxes are looked into as soon as it is sent."""
    nodes = tuple(
        NodeConfig(Node(f"{side}_strap", "strap", side, ("force",), 50.0), "scripted://both")
        for side in ("left", "right")
    )
    shown: list[str] = []

    async def straps(request: SourceRequest) -> AsyncIterator[SourceItem]:
        for first in range(0, 4000, 50):
            ticks = np.arange(first, first + 50)
            for node in request.nodes:
                force = np.where((ticks > 500) & (node.side == "left"), 60.0, 0.4)
                yield Block(node.id, ticks * 20_000 / 1e6, force[:, np.newaxis], 0.0)
            await asyncio.sleep(0)
        while not shown:  # the message goes its way through the store
            await asyncio.sleep(0.005)
            shown.extend(node.id for node in request.nodes if request.prompts.take(node.id, -inf) is not None)

    bench.scripts["both"] = straps
    rule = NudgeSettings("same shoulder", "carrying", 30.0, "either", 10.0, 5.0)
    monitor = MonitorSettings(tuple(node.node for node in nodes), nudges=(rule,))
    plan = heard_by(bench.plan(), taken.url)
    routes = {("w", "same shoulder"): Route("same shoulder", buzz=True)}
    session = replace(plan.sessions[0], nodes=nodes, monitor=monitor)
    bench.run(replace(plan, sessions=(session,), gate=Gate(("hook",), routes)))
    assert shown == ["left_strap"]
    message = taken.messages[0]
    assert (message["kind"], message["rule"], message["side"]) == ("nudge", "same shoulder", "left")
    assert "the bag has been on the left side for 30 s: put the bag on the right shoulder" in str(message["text"])
    with Reader(plan.store) as reader:
        events = [timed.row for timed in reader.events(bench.session(plan).start.id)]
    assert next(event.detail for event in events if event.kind == "nudge") == message["text"]


@pytest.mark.parametrize(
    ("side", "facts", "chosen"),
    [
        ("left", {"site": "insole"}, ["li"]),
        ("left", {"place": "strap"}, ["ls"]),
        ("right", {"place": "pelvis+sternum"}, ["rs"]),
        ("none", {"place": "thigh"}, ["li"]),
    ],
)
def test_the_node_that_tells_is_one_of_that_side(side: str, facts: dict[str, object], chosen: list[str]) -> None:
    nodes = [
        Node("li", "insole", "left", ("force",), 50.0),
        Node("ls", "strap", "left", ("force",), 50.0),
        Node("rs", "strap", "right", ("force",), 50.0),
    ]
    message = Message("0", "nudge", "w", "r", 0, True, side, "", "", tuple(facts.items()))
    assert [node.id for node in prompted(message, nodes)] == chosen
