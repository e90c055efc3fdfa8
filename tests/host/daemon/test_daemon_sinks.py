"""Sinks of a daemon: what is stored is sent too, and a dead server changes nothing of what is stored."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from evenside.daemon import DaemonPlan, read_live
from evenside.series import Answer, SendSettings, Server, SinkKind, SinkPlan, SinkRequest
from evenside.sources import LinkEvent
from evenside.store import Reader, sink_states
from evenside_analysis.types import Figure

if TYPE_CHECKING:
    from tests.host.daemon.conftest import Bench

HURRY = SendSettings(retry_first_s=0.01, retry_max_s=0.05, idle_s=0.01)


@dataclass
class Elsewhere:
    """A server in memory."""

    answer: Answer = field(default_factory=lambda: Answer("taken"))
    lines: list[str] = field(default_factory=list)

    def open(self, request: SinkRequest) -> Elsewhere:
        return self

    def send(self, body: bytes) -> Answer:
        if self.answer.outcome == "taken":
            self.lines += body.decode().split("\n")
        return self.answer

    def server(self) -> Server | Answer:
        return Server("1")

    def close(self) -> None:
        pass


def with_sinks(plan: DaemonPlan, **servers: Elsewhere) -> DaemonPlan:
    sinks = tuple(
        SinkPlan(SinkRequest(name, "http://somewhere", "b"), SinkKind(server.open, True, True), 10**7)
        for name, server in servers.items()
    )
    return replace(plan, sinks=sinks, send_settings=HURRY)


def figures(bench: Bench, plan: DaemonPlan) -> list[Figure]:
    session = bench.session(plan).start.id
    with Reader(plan.store) as reader:
        return [found.row.figure for kind in ("window", "session") for found in reader.figures(session, kind)]


def test_everything_that_is_stored_arrives_and_nothing_else(bench: Bench) -> None:
    bench.walking(60.0)
    server = Elsewhere()
    plan = with_sinks(bench.plan(limits=(bench.limit(),)), clinic=server)
    bench.run(plan)
    session = bench.session(plan).start.id
    with Reader(plan.store) as reader:
        bouts = sum(found.row.kind == "habit" for found in reader.events(session))
        stored = {
            "figure": len(list(reader.figures(session))),
            "session": len(list(reader.figures(session, "session"))),
            "event": len(reader.events(session)) - bouts,
            "habit": bouts,
            "alert": len(reader.alerts(session)),
        }
    assert all(stored.values())
    sent = {name: sum(line.startswith(f"{name},wearer=w,") for line in server.lines) for name in stored}
    assert sent == stored
    assert len(server.lines) == len(set(server.lines)) == sum(stored.values())
    (state,) = sink_states(plan.store)
    assert (state.waiting, state.bytes, state.produced) == (0, 0, len(server.lines))


def test_a_dead_server_changes_nothing_that_is_stored_and_gets_everything_later(bench: Bench) -> None:
    bench.walking(60.0)
    bench.run(bench.plan())
    alone = figures(bench, bench.plan())
    dead, alive = Elsewhere(Answer("busy", "nobody there")), Elsewhere()
    plan = with_sinks(bench.plan(wearer="v"), dead=dead, alive=alive)
    bench.run(plan)
    assert repr(figures(bench, plan)) == repr(alone)
    assert alive.lines
    waiting = {state.name: state.waiting for state in sink_states(plan.store)}
    assert waiting == {"alive": 0, "dead": sum(",wearer=v," in line for line in alive.lines)}
    dead.answer = Answer("taken")
    bench.walking(5.0)
    bench.run(plan)
    assert set(alive.lines) == set(dead.lines)
    assert len(dead.lines) == len(set(dead.lines))


def test_what_hinders_a_sink_is_told_as_an_event_and_in_the_live_file(bench: Bench) -> None:
    bench.walking(60.0)
    server = Elsewhere(Answer("stopped", "answers 401", "give it a token"))
    seen: list[str] = []
    plan = with_sinks(bench.plan(), clinic=server)

    def look(told: object) -> None:
        live = read_live(plan.data)
        seen.extend(f"{sink.name} {sink.state} {sink.mend}" for sink in (live.sinks if live else ()))

    bench.told.clear()
    asyncio.run(bench.daemon(plan, [look]).run())
    events = [told.what for told in bench.told if isinstance(told.what, LinkEvent) and told.what.kind == "sink"]
    assert [event.detail for event in events] == ["sink clinic: answers 401\n  mend: give it a token"]
    assert "clinic stopped give it a token" in seen
