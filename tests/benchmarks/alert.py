"""How long after its dwell an alert is at its sink: a bag on a strap's load cell, the whole daemon, a web server.

Some wearers with two straps at 100 Hz each, in packets of 20 ms, put a bag on one shoulder again and again. The nudge
is due 10 s later; what counts is how long after that its POST has arrived.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np

from evenside.config import NodeConfig, NotifyConfig
from evenside.daemon import Daemon, DaemonPlan, DaemonTimings, SessionPlan
from evenside.notify.gate import Gate
from evenside.notify.target import target_plan
from evenside.sources import SourceItem, SourceRequest
from evenside_analysis.nudge import NudgeSettings
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Block, Node

__all__ = ["run"]

WEARERS = 6
RATE_HZ = 100.0
PACKET = 2  # samples: 20 ms
DWELL_S = 10.0
CYCLE_S = 18.3  # on for 12 s; no multiple of an epoch, so that every phase occurs
ON_S = 12.0


class Arrivals(BaseHTTPRequestHandler):
    """Keeps when each message came, and its moment of the session."""

    came: ClassVar[list[tuple[float, dict[str, object]]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Arrivals.came.append((time.monotonic(), json.loads(body)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Straps:
    """The sources: real time from ``begun_s`` on. ``passed``: when each wearer's strap passed its threshold."""

    seconds: float
    passed: dict[str, list[float]] = field(default_factory=dict)

    @asynccontextmanager
    async def open(self, request: SourceRequest) -> AsyncIterator[AsyncIterator[SourceItem]]:
        yield self._packets(request)

    async def _packets(self, request: SourceRequest) -> AsyncIterator[SourceItem]:
        wearer = request.url.target
        late_s = 2.71 * int(wearer)
        begun_s, sample = time.monotonic() - request.now_s(), round(request.now_s() * RATE_HZ)
        carried = False
        while sample / RATE_HZ < self.seconds:
            ticks = np.arange(sample, sample + PACKET)
            sample += PACKET
            await asyncio.sleep(max(0.0, begun_s + float(ticks[-1]) / RATE_HZ - time.monotonic()))
            on = (ticks / RATE_HZ - late_s) % CYCLE_S < ON_S
            on &= ticks / RATE_HZ >= late_s + 1.0
            for tick, loaded in zip(ticks.tolist(), on.tolist(), strict=True):
                if loaded and not carried:
                    self.passed.setdefault(wearer, []).append(begun_s + tick / RATE_HZ)
                carried = loaded
            for node in request.nodes:
                force = np.where(on & (node.side == "left"), 60.0, 0.3)
                yield Block(node.id, ticks * 10_000 / 1e6, force[:, np.newaxis], 0.0)


def run(folder: Path, hours: float, seconds: float) -> None:
    seconds = max(seconds, 120.0)
    Arrivals.came.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Arrivals) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        straps = Straps(seconds)
        cpu_s = time.process_time()
        asyncio.run(Daemon(_plan(folder, f"http://127.0.0.1:{server.server_port}/"), opener=straps.open).run())
        cpu_s = time.process_time() - cpu_s
        server.shutdown()
    late_ms = np.array(sorted(1000.0 * late for late in _late_s(straps)))
    raised = sum(len(times) for times in straps.passed.values())
    print(f"{WEARERS} wearers, {seconds:.0f} s: {late_ms.size} alerts of {raised} bags at their sink")
    print(f"CPU {100 * cpu_s / seconds / WEARERS:.1f} % of a core a wearer")
    print(f"load of this machine (1 min): {os.getloadavg()[0]:.1f}; more than its cores, and others are waited for")
    if late_ms.size:
        p50, p95, p99 = np.percentile(late_ms, (50.0, 95.0, 99.0)).tolist()
        worst = f"p95 {p95:.0f} ms, p99 {p99:.0f} ms, worst {late_ms[-1]:.0f} ms"
        print(f"after the dwell of {DWELL_S:g} s: median {p50:.0f} ms, {worst}")


def _late_s(straps: Straps) -> list[float]:
    """Of every alert, how long after passing and dwell it came; of the bag that was put on last before it."""
    late: list[float] = []
    for came_s, message in Arrivals.came:
        if message["active"]:
            passed = [at for at in straps.passed[str(message["wearer"])] if at + DWELL_S < came_s + 0.2]
            late.append(came_s - passed[-1] - DWELL_S)
    return late


def _plan(folder: Path, url: str) -> DaemonPlan:
    sessions = []
    for number in range(WEARERS):
        nodes = tuple(
            NodeConfig(Node(f"{side}_strap", "strap", side, ("force",), RATE_HZ), f"scripted://{number}")
            for side in ("left", "right")
        )
        rule = NudgeSettings("bag", "carrying", DWELL_S, "either", DWELL_S, 1.0, 0.0)
        monitor = MonitorSettings(tuple(node.node for node in nodes), nudges=(rule,))
        sessions.append(SessionPlan(str(number), nodes, monitor))
    sink = target_plan(NotifyConfig("hook", "webhook", url))
    return replace(
        DaemonPlan(folder / "data", folder / "data/store.sqlite", folder / "data/recordings", tuple(sessions)),
        timings=DaemonTimings(),
        notify=(sink,),
        gate=Gate(("hook",)),
    )
