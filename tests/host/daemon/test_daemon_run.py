"""A whole run: what the sources yield comes out of the store as the analysis alone would say it, to the bit."""

from __future__ import annotations

import asyncio
import json
import logging
import struct
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import astuple, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evenside.daemon import Daemon, recorder
from evenside.errors import ConfigError, SourceError
from evenside.notify import Notice
from evenside.readers.evenside_recording import open_evenside_recording
from evenside.recording import RecordingWriter
from evenside.sources import LinkEvent, NodeStatus, SourceItem, SourceRequest
from evenside.store import Reader
from evenside_analysis import monitor
from evenside_analysis.report import Report, Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Alert, Block, Figure, Floats

if TYPE_CHECKING:
    from tests.host.daemon.conftest import Bench


def bits(figure: Figure) -> tuple[object, ...]:
    return tuple(struct.pack("<d", cell) if isinstance(cell, float) else cell for cell in astuple(figure))


def fold(settings: MonitorSettings, blocks: Iterable[Block]) -> tuple[list[Figure], list[Alert], Summary]:
    state = monitor.start(settings)
    figures: list[Figure] = []
    alerts: list[Alert] = []
    for block in blocks:
        state, report = monitor.step(settings, state, block)
        figures += report.figures
        alerts += report.alerts
    state, report = monitor.finish(settings, state)
    return [*figures, *report.figures], [*alerts, *report.alerts], monitor.summary(settings, state)


def key(figure: Figure) -> tuple[float, str, str]:
    return figure.end_s, figure.metric, figure.site


def test_the_figures_in_the_store_are_those_of_the_recorded_samples_bit_for_bit(bench: Bench) -> None:
    bench.walking(60.0)
    plan = bench.plan(limits=(bench.limit(),))
    outcome = bench.run(plan)
    recorded = outcome.sessions[0].recording
    assert recorded is not None
    figures, alerts, summary = fold(plan.sessions[0].monitor, open_evenside_recording(recorded).read())
    assert len(figures) > 20
    with Reader(plan.store) as reader:
        session = reader.sessions()[0].start.id
        windows = [bits(timed.row.figure) for timed in reader.figures(session)]
        whole = [bits(timed.row.figure) for timed in reader.figures(session, "session")]
        stored_alerts = [bits(timed.row.alert.figure) for timed in reader.alerts(session)]
    assert windows == [bits(figure) for figure in sorted(figures, key=key)]
    assert whole == [bits(figure) for figure in sorted(summary.figures, key=key)]
    assert stored_alerts == [bits(alert.figure) for alert in alerts]
    assert len(stored_alerts) == 1


def test_a_session_is_stored_with_all_that_it_was_set_to_and_its_end(bench: Bench) -> None:
    bench.walking(20.0)
    plan = bench.plan()
    outcome = bench.run(plan, wall_ns=lambda: 1_760_000_000_500_000_000)
    found = bench.session(plan)
    assert found.start.id == outcome.sessions[0].session
    assert found.start.id.startswith("20251009T085320Z-")
    assert (found.start.wearer, found.start.kind, found.start.nodes) == ("w", "run", plan.sessions[0].worn)
    assert json.loads(found.start.settings_json)["window_s"] == 10.0
    assert abs(found.start.started_ns - 1_760_000_000_500_000_000) < 1_000_000_000
    assert found.clean
    assert found.ended_ns == found.start.started_ns + 19_990_000_000
    assert outcome.reason == "every source has ended"
    assert outcome.rows_lost == 0
    assert [told.what for told in bench.told if isinstance(told.what, Summary)] == [outcome.sessions[0].summary]


def test_an_alert_is_raised_and_cleared_once_in_log_store_and_display(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.walking(90.0, lambda time_s: 8.0 if time_s < 45.0 else 0.0)
    plan = bench.plan(limits=(bench.limit(),))
    with caplog.at_level(logging.INFO, "evenside.alert"):
        bench.run(plan)
    shown = [told.what.alert for told in bench.told if isinstance(told.what, Notice)]
    assert [alert.active for alert in shown] == [True, False]
    assert [alert.side for alert in shown] == ["right", "right"]
    with Reader(plan.store) as reader:
        session = reader.sessions()[0].start.id
        assert [bits(timed.row.alert.figure) for timed in reader.alerts(session)] == [bits(a.figure) for a in shown]
        assert reader.open_alerts(session) == []
    lines = [record for record in caplog.records if record.name == "evenside.alert"]
    assert [record.levelno for record in lines] == [logging.WARNING, logging.INFO]
    assert "alert harder raised" in lines[0].message
    assert "alert harder cleared" in lines[1].message


def test_one_failing_source_is_told_with_its_mend_and_the_other_goes_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.walking(40.0)
    walked = bench.scripts["left"]

    async def until_told(request: SourceRequest) -> AsyncIterator[SourceItem]:
        async for item in walked(request):
            yield item
        while not any(isinstance(t.what, Report) and any(f.end_s >= 30.0 for f in t.what.figures) for t in bench.told):
            await asyncio.sleep(0.001)

    async def failing(request: SourceRequest) -> AsyncIterator[SourceItem]:
        yield LinkEvent("r", 0.0, "connected")
        raise SourceError("the cable burnt", mend="take another cable")

    bench.scripts |= {"left": until_told, "right": failing}
    plan = bench.plan(apart=True)
    outcome = bench.run(plan)
    assert [str(error) for error in outcome.failures] == ["the cable burnt\n  mend: take another cable"]
    assert outcome.sources == 2
    with Reader(plan.store) as reader:
        session = reader.sessions()[0].start.id
        events = [(timed.row.kind, timed.row.detail) for timed in reader.events(session)]
        figures = [timed.row.figure for timed in reader.figures(session)]
    assert any(kind == "failed" and "take another cable" in detail for kind, detail in events)
    assert any("take another cable" in record.message for record in caplog.records)
    # Time passes for the side that failed too, so its figures are withheld instead of held up.
    assert figures
    assert {figure.reason for figure in figures} <= {"one_side_missing", "too_few"}
    assert figures[-1].end_s >= 30.0


def test_a_source_with_a_bug_takes_down_nobody_but_itself(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.walking(20.0)

    async def broken(request: SourceRequest) -> AsyncIterator[SourceItem]:
        yield LinkEvent("r", 0.0, "connected")
        raise ZeroDivisionError("a bug")

    bench.scripts["right"] = broken
    outcome = bench.run(bench.plan(apart=True))
    assert [type(error) for error in outcome.failures] == [SourceError]
    assert "ZeroDivisionError" in str(outcome.failures[0])
    blocks = [told.what for told in bench.told if isinstance(told.what, Block) and told.what.node == "l"]
    assert sum(block.time_s.size for block in blocks) == 2000


def test_an_item_of_a_node_that_nobody_asked_for_ends_its_source(bench: Bench) -> None:
    async def stranger(request: SourceRequest) -> AsyncIterator[SourceItem]:
        yield LinkEvent("x", 0.0, "connected")

    bench.scripts["both"] = stranger
    outcome = bench.run(bench.plan())
    assert "'x'" in str(outcome.failures[0])


def test_what_concerns_a_whole_source_reaches_every_wearer_on_it(bench: Bench) -> None:
    async def hub(request: SourceRequest) -> AsyncIterator[SourceItem]:
        yield LinkEvent("", 0.5, "lost", "the hub was unplugged")

    bench.scripts["hub"] = hub
    plan = bench.plan()
    sessions = []
    for wearer, nodes in (("ann", ("la", "ra")), ("bob", ("lb", "rb"))):
        configured = (bench.node(nodes[0], "left", "hub"), bench.node(nodes[1], "right", "hub"))
        settings = MonitorSettings(tuple(node.node for node in configured))
        sessions.append(replace(plan.sessions[0], wearer=wearer, nodes=configured, monitor=settings))
    plan = replace(plan, sessions=tuple(sessions))
    bench.run(plan)
    with Reader(plan.store) as reader:
        found = reader.sessions()
        assert {session.start.wearer for session in found} == {"ann", "bob"}
        assert len({session.start.id for session in found}) == 2
        for session in found:
            kinds = [timed.row.kind for timed in reader.events(session.start.id)]
            assert kinds.count("lost") == 1


def test_two_wearers_cannot_have_the_same_node_on_one_source(bench: Bench) -> None:
    plan = bench.plan()
    other = replace(plan.sessions[0], wearer="twin")
    with pytest.raises(ConfigError, match=r"w and twin both have a node 'l'"):
        bench.daemon(replace(plan, sessions=(plan.sessions[0], other)))


def test_a_silent_side_is_told_within_seconds_and_again_when_it_is_heard(bench: Bench) -> None:
    heard = asyncio.Event()

    async def left_only(request: SourceRequest) -> AsyncIterator[SourceItem]:
        spoken = 0
        for number in range(100_000):
            for node in request.nodes:
                if node.id == "l" or heard.is_set():
                    yield Block(node.id, *one(number))
            await asyncio.sleep(0.001)
            spoken += heard.is_set()
            if spoken > 100:
                return

    def one(number: int) -> tuple[Floats, Floats]:
        return np.array([number * 10_000 / 1e6]), np.array([[300.0]])

    bench.scripts["both"] = left_only
    plan = bench.plan()
    plan = replace(plan, timings=replace(plan.timings, silent_s=0.5))

    def hear(told: object) -> None:
        what = getattr(told, "what", None)
        if isinstance(what, LinkEvent) and what.kind == "silent":
            heard.set()

    asyncio.run(asyncio.wait_for(bench.daemon(plan, [hear]).run(), 30.0))
    with Reader(plan.store) as reader:
        events = [timed.row for timed in reader.events(reader.sessions()[0].start.id)]
    told = [(event.kind, event.node) for event in events if event.kind in ("silent", "heard")]
    assert told == [("silent", "r"), ("heard", "r")]
    assert "right insole" in events[0].detail


def test_status_of_nodes_is_stored(bench: Bench) -> None:
    async def status(request: SourceRequest) -> AsyncIterator[SourceItem]:
        yield NodeStatus("l", 0.5, battery_percent=81.0, frames=10, frames_lost=1, firmware="7")

    bench.scripts["both"] = status
    plan = bench.plan()
    bench.run(plan)
    with Reader(plan.store) as reader:
        found = reader.node_status(reader.sessions()[0].start.id)
    assert [(timed.row.node, timed.row.battery_percent, timed.row.firmware) for timed in found] == [("l", 81.0, "7")]


def test_a_marker_stands_in_the_store_at_its_moment(bench: Bench) -> None:
    bench.walking(30.0)
    plan = bench.plan()
    marked: list[float] = []

    def mark(told: object) -> None:
        what = getattr(told, "what", None)
        if isinstance(what, Block) and not marked and what.time_s[-1] > 10.0:
            marked.append(float(what.time_s[-1]))
            daemon.mark("stairs")

    daemon = bench.daemon(plan, [mark])
    asyncio.run(daemon.run())
    with Reader(plan.store) as reader:
        events = [timed.row for timed in reader.events(reader.sessions()[0].start.id)]
    assert [(e.time_s, e.detail) for e in events if e.kind == "marker"] == [(marked[0], "stairs")]


def test_a_source_that_does_not_close_is_left_behind_in_bounded_time(bench: Bench) -> None:
    closing = asyncio.Event()

    @asynccontextmanager
    async def stuck(request: SourceRequest) -> AsyncIterator[AsyncIterator[SourceItem]]:
        async def endless() -> AsyncIterator[SourceItem]:
            yield LinkEvent("l", 0.0, "connected")
            await asyncio.sleep(3600.0)

        try:
            yield endless()
        finally:
            closing.set()
            await asyncio.sleep(3600.0)

    plan = bench.plan()
    plan = replace(plan, timings=replace(plan.timings, close_sources_s=0.05))

    async def scenario() -> str:
        daemon = Daemon(plan, opener=stuck)
        running = asyncio.create_task(daemon.run())
        asyncio.get_running_loop().call_later(0.1, daemon.stop, "enough")
        outcome = await asyncio.wait_for(running, 30.0)
        return outcome.reason

    assert asyncio.run(scenario()) == "enough"
    assert closing.is_set()
    assert bench.session(plan).clean


def test_what_cannot_be_dealt_with_in_time_breaks_the_session_off(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung = threading.Event()
    # A disk that hangs: the recorder's thread never comes back from it, and so a fast player waits for ever.
    monkeypatch.setattr(RecordingWriter, "append", lambda writer, block: hung.wait(60.0))
    monkeypatch.setattr(recorder, "QUEUE_BLOCKS_MAX", 4)  # full at once, however slow this machine is
    bench.walking(300.0)
    plan = bench.plan()
    plan = replace(plan, seconds=1.0, timings=replace(plan.timings, drain_s=0.05, record_s=0.05, close_sources_s=0.05))

    async def scenario() -> None:
        try:
            await asyncio.wait_for(bench.daemon(plan).run(), 30.0)
        finally:
            hung.set()

    asyncio.run(scenario())
    assert "the disk of the recordings hangs" in caplog.text
    found = bench.session(plan)
    assert found.ended_ns is not None
    assert not found.clean


def test_it_goes_on_while_a_node_never_speaks_and_withholds_its_figures(bench: Bench) -> None:
    async def left_only(request: SourceRequest) -> AsyncIterator[SourceItem]:
        for block in walk(60):
            yield block
            await asyncio.sleep(0.001)
        while not any(isinstance(told.what, Report) and told.what.figures for told in bench.told):
            await asyncio.sleep(0.001)  # figures come while it goes on, not only when it has ended

    def walk(seconds: int) -> Iterator[Block]:
        for second in range(seconds):
            times = (np.arange(100) + 100 * second) * 10_000 / 1e6
            yield Block("l", times, 400.0 + 300.0 * np.sin(times * 6.0)[:, np.newaxis])

    bench.scripts["both"] = left_only
    plan = bench.plan()
    session = replace(plan.sessions[0], live=True)
    plan = replace(plan, sessions=(session,), timings=replace(plan.timings, never_lag_s=0.01))
    asyncio.run(asyncio.wait_for(bench.daemon(plan).run(), 30.0))
    with Reader(plan.store) as reader:
        figures = [timed.row.figure for timed in reader.figures(reader.sessions()[0].start.id)]
    assert figures
    assert {figure.reason for figure in figures} <= {"one_side_missing", "too_few"}
    assert {(figure.completeness_right, figure.n_right) for figure in figures} == {(0.0, 0)}


def test_a_listener_that_fails_is_dropped_and_the_run_goes_on(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.walking(20.0)
    calls = []

    def failing(told: object) -> None:
        calls.append(told)
        raise RuntimeError("no display")

    plan = bench.plan()
    asyncio.run(bench.daemon(plan, [failing]).run())
    assert len(calls) == 1
    assert bench.session(plan).clean
    assert "a listener failed" in caplog.text


def test_samples_are_recorded_even_where_the_analysis_fails(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    async def wrong(request: SourceRequest) -> AsyncIterator[SourceItem]:
        for number in range(10):
            for node in request.nodes:
                times = (np.arange(50) + 50 * number) * 10_000 / 1e6
                yield Block(node.id, times, np.full((50, 1), 300.0))

    bench.scripts["both"] = wrong
    plan = bench.plan()
    # A node that the analysis was not told of: the plan is wrong, whoever made it.
    session = plan.sessions[0]
    session = replace(session, monitor=replace(session.monitor, nodes=session.worn[:1]))
    plan = replace(plan, sessions=(session,))
    outcome = bench.run(plan)
    assert outcome.sessions[0].summary is None
    assert bench.session(plan).clean
    assert outcome.sessions[0].recording is not None
    rows = sum(block.time_s.size for block in open_evenside_recording(outcome.sessions[0].recording).read())
    assert rows == 1000
    with Reader(plan.store) as reader:
        events = [timed.row for timed in reader.events(reader.sessions()[0].start.id)]
    assert sum(event.kind == "failed" for event in events) == 1


def test_samples_for_a_time_that_has_passed_are_dropped_and_told(bench: Bench) -> None:
    async def twice(request: SourceRequest) -> AsyncIterator[SourceItem]:
        for first in (0, 100, 50, 200):
            for node in request.nodes:
                times = (np.arange(100) + first) * 10_000 / 1e6
                yield Block(node.id, times, np.full((100, 1), 300.0))
        await asyncio.sleep(0.1)

    bench.scripts["both"] = twice
    plan = bench.plan()
    outcome = bench.run(plan)
    assert outcome.sessions[0].summary is not None
    assert [node.samples for node in outcome.sessions[0].summary.nodes] == [300, 300]
    with Reader(plan.store) as reader:
        events = [timed.row for timed in reader.events(reader.sessions()[0].start.id)]
    assert any(event.kind == "dropped" and event.detail.startswith("200 samples") for event in events)


def test_every_report_is_told(bench: Bench) -> None:
    bench.walking(30.0)
    plan = bench.plan()
    bench.run(plan)
    figures = [bits(f) for told in bench.told if isinstance(told.what, Report) for f in told.what.figures]
    with Reader(plan.store) as reader:
        stored = [bits(timed.row.figure) for timed in reader.figures(reader.sessions()[0].start.id)]
    assert sorted(figures, key=repr) == sorted(stored, key=repr)
    assert figures
