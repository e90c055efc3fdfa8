"""Plans made of a configuration, session ids, and the small files and words around a run."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evenside.config import Config, FigureConfig, NodeConfig, RecordingConfig, StoreConfig, WearerConfig
from evenside.daemon import LiveNode, LiveSession, LiveState, plan_of, read_live
from evenside.daemon.intake import inlets_of, read_source
from evenside.daemon.items import Item, SourceOver
from evenside.daemon.live_file import remove_live, write_live
from evenside.daemon.plan import session_id, settings_to_json
from evenside.errors import ConfigError, SourceError
from evenside.sources import LinkEvent, SourceItem, SourceRequest
from evenside_analysis.settings import MonitorSettings, Trust
from evenside_analysis.types import Block, Node

if TYPE_CHECKING:
    from tests.host.daemon.conftest import Bench

NODES = (
    NodeConfig(Node("l", "insole", "left", ("force",), 100.0), "serial:///dev/a", "SN1", "evenside"),
    NodeConfig(Node("r", "insole", "right", ("force",), 100.0), "serial:///dev/a"),
)


def config(*wearers: str) -> Config:
    return Config(Path("evenside.toml"), Path("data"), tuple(WearerConfig(wearer, NODES) for wearer in wearers))


def test_the_plan_is_what_the_configuration_says() -> None:
    given = replace(
        config("ann", "bob"),
        figures=FigureConfig(30.0, 15.0),
        store=StoreConfig(max_mb=5.0),
        recording=RecordingConfig(max_mb=7.0),
    )
    plan = plan_of(given, wearers=("bob",), kind="capture", name="walk", seconds=9.0)
    assert (plan.data, plan.store, plan.recordings) == (
        Path("data"),
        Path("data/store.sqlite"),
        Path("data/recordings"),
    )
    assert (plan.store_settings.bytes_max, plan.recording_settings.bytes_max) == (5_000_000, 7_000_000)
    (session,) = plan.sessions
    assert (session.wearer, session.kind, session.name, plan.seconds) == ("bob", "capture", "walk", 9.0)
    assert (session.monitor.window_s, session.monitor.hop_s) == (30.0, 15.0)


def test_recordings_can_be_switched_off() -> None:
    assert plan_of(replace(config("ann"), recording=RecordingConfig(enabled=False))).recordings is None


def test_an_unknown_wearer_is_told_who_there_is() -> None:
    with pytest.raises(ConfigError, match=r"no wearer 'eve'\n  mend: take one of ann, bob"):
        plan_of(config("ann", "bob"), wearers=("eve",))


def test_a_size_too_small_to_work_with_is_a_mistake_of_the_file() -> None:
    with pytest.raises(ConfigError, match=r"evenside.toml: bytes_max"):
        plan_of(replace(config("ann"), store=StoreConfig(max_mb=0.01)))


def test_ids_of_sessions_sort_by_their_start_and_differ() -> None:
    ids = [session_id(second * 1_000_000_000) for second in (0, 59, 60, 86_400, 1_760_000_000, 4_000_000_000)]
    assert ids == sorted(ids)
    assert len({session_id(0) for _ in range(100)}) == 100


def test_settings_become_strict_json() -> None:
    settings = MonitorSettings(tuple(node.node for node in NODES), trust=(("strap", Trust(math.inf)),))
    found = json.loads(settings_to_json(settings), parse_constant=lambda word: pytest.fail(word))
    assert found["trust"] == [["strap", {"ln_gain_sd": "inf", "zero_error_n": 0.0}]]
    assert found["nodes"][0]["id"] == "l"


def test_nodes_of_one_url_share_one_source() -> None:
    plan = plan_of(config("ann"))
    (inlet,) = inlets_of(plan.sessions)
    assert inlet.url == "serial:///dev/a"
    assert inlet.wearers() == [("ann", ("l", "r"))]


def test_a_url_without_a_scheme_is_an_error_before_anything_begins() -> None:
    nodes = (replace(NODES[0], source="/dev/a"),)
    given = replace(config(), wearers=(WearerConfig("ann", nodes),))
    with pytest.raises(SourceError, match="no scheme"):
        inlets_of(plan_of(given).sessions)


def test_a_full_queue_makes_the_source_wait(bench: Bench) -> None:
    yielded = 0

    async def endless(request: SourceRequest) -> AsyncIterator[SourceItem]:
        nonlocal yielded
        while True:
            yielded += 1
            yield LinkEvent("l", float(yielded), "event")

    async def scenario() -> None:
        bench.scripts["both"] = endless
        queue: asyncio.Queue[Item] = asyncio.Queue(5)
        (inlet,) = inlets_of(bench.plan().sessions)
        reading = asyncio.create_task(read_source(inlet, lambda: 0.0, {"w": queue}, bench.open))
        while not queue.full():
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        assert yielded == 6  # five wait in the queue, one in the hand
        queue.get_nowait()
        for _ in range(20):
            await asyncio.sleep(0)
        assert yielded == 7
        reading.cancel()
        await asyncio.wait([reading])

    asyncio.run(scenario())


def test_the_request_of_a_source_has_its_nodes_serials_and_the_session_clock(bench: Bench) -> None:
    asked: list[SourceRequest] = []

    async def ending(request: SourceRequest) -> AsyncIterator[SourceItem]:
        asked.append(request)
        for _ in range(0):
            yield LinkEvent("", 0.0, "never")

    async def scenario() -> SourceOver:
        bench.scripts["/dev/a"] = ending
        queue: asyncio.Queue[Item] = asyncio.Queue()
        (inlet,) = inlets_of(plan_of(config("ann")).sessions)
        assert await read_source(inlet, lambda: 4.5, {"ann": queue}, bench.open) is None
        over = queue.get_nowait()
        assert isinstance(over, SourceOver)
        return over

    assert asyncio.run(scenario()) == SourceOver("serial:///dev/a", ("l", "r"))
    assert [node.id for node in asked[0].nodes] == ["l", "r"]
    assert dict(asked[0].serials) == {"l": "SN1"}
    assert dict(asked[0].devices) == {"l": "evenside"}
    assert asked[0].now_s() == 4.5


def test_the_live_file_comes_back_as_it_was(tmp_path: Path) -> None:
    node = LiveNode("l", "", 5, math.nan, 0.25, 0.0, math.inf)
    session = LiveSession("s", "w", 12.5, 3, "/r", "", (node, replace(node, node="r", rate_hz=99.5)))
    state = LiveState(17, 1_760_000_000_000_000_000, "ok", "", 0, (session,))
    write_live(tmp_path, state)
    found = read_live(tmp_path)
    assert repr(found) == repr(state)
    remove_live(tmp_path)
    remove_live(tmp_path)
    assert read_live(tmp_path) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"pid": 1}', '{"sessions": [3]}', '{"sessions": [{"nodes": 1}]}']
)
def test_a_live_file_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "live.json").write_text(text)
    assert read_live(tmp_path) is None


def test_while_it_runs_the_live_file_says_how_things_stand(bench: Bench) -> None:
    seen: list[LiveState] = []
    plan = bench.plan()

    async def until_seen(request: SourceRequest) -> AsyncIterator[SourceItem]:
        yield Block("l", np.arange(300) * 10_000 / 1e6, np.full((300, 1), 1.0))
        while not seen:
            found = read_live(plan.data)
            if found is not None and found.sessions[0].nodes[0].samples:
                seen.append(found)
            await asyncio.sleep(0.005)

    bench.scripts["both"] = until_seen
    asyncio.run(asyncio.wait_for(bench.daemon(plan).run(), 30.0))
    (session,) = seen[0].sessions
    assert (seen[0].pid, session.wearer) == (os.getpid(), "w")
    assert [(node.node, node.samples) for node in session.nodes] == [("l", 300), ("r", 0)]
    assert read_live(plan.data) is None


def test_the_service_manager_hears_of_the_beginning_the_life_and_the_end(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "20000")
        heard: list[str] = []

        def listen() -> None:
            try:
                while True:
                    heard.append(manager.recv(1000).decode())
            except BlockingIOError:
                pass

        async def until_alive(request: SourceRequest) -> AsyncIterator[SourceItem]:
            while heard.count("WATCHDOG=1") < 5:
                yield LinkEvent("l", 0.0, "event")
                await asyncio.sleep(0.005)
                listen()

        bench.scripts["both"] = until_alive
        asyncio.run(asyncio.wait_for(bench.daemon(bench.plan()).run(), 30.0))
        listen()
    assert heard[0].startswith("READY=1")
    assert heard[-1] == "STOPPING=1"


def test_a_consumer_that_does_not_advance_gives_no_sign_of_life(bench: Bench) -> None:
    from evenside.daemon.upkeep import watchdog
    from evenside.service_notify import ServiceNotifier

    class Stuck:
        beats = 3

    class Counting(ServiceNotifier):
        signs = 0
        asked = 0

        def alive(self) -> bool:
            self.signs += 1
            return True

    async def scenario() -> int:
        service = Counting("", 0.001)
        watching = asyncio.create_task(watchdog([Stuck()], service))  # type: ignore[list-item]
        for _ in range(30):
            await asyncio.sleep(0.001)
        watching.cancel()
        return service.signs

    assert asyncio.run(scenario()) == 1  # the first look has nothing to compare with


SIGNALLED = """
import asyncio, os, signal, sys
from evenside.daemon import stop_on_signals
async def main():
    stopped = asyncio.Event()
    reasons = []
    def stop(why):
        reasons.append(why)
        stopped.set()
    with stop_on_signals(stop):
        os.kill(os.getpid(), getattr(signal, sys.argv[1]))
        await stopped.wait()
        print(*reasons, flush=True)
        os.kill(os.getpid(), getattr(signal, sys.argv[1]))
        await asyncio.sleep(30)
asyncio.run(main())
"""


IGNORED = """
import asyncio, os, signal
from evenside.daemon import stop_on_signals
signal.signal(signal.SIGHUP, signal.SIG_IGN)
async def main():
    with stop_on_signals(print):
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0)
    print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)
asyncio.run(main())
"""


def test_what_was_to_be_ignored_stays_ignored() -> None:
    done = subprocess.run([sys.executable, "-c", IGNORED], capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.returncode) == ("True\n", 0)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_the_first_signal_asks_and_the_second_ends_at_once(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", SIGNALLED, name], capture_output=True, text=True, timeout=30)
    assert done.stdout == f"{name}\n"
    assert done.returncode == -getattr(signal, name)
