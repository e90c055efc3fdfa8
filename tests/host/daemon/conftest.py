"""A daemon on scripted sources: what they yield is written in the test, everything behind them is real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import time_ns

import numpy as np
import pytest

from evenside.config import NodeConfig
from evenside.daemon import Daemon, DaemonPlan, DaemonTimings, Listener, Outcome, SessionPlan, Told
from evenside.sources import SourceItem, SourceRequest
from evenside.store import Reader, StoredSession
from evenside_analysis.conversions import Threshold
from evenside_analysis.limits import Limit
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Block, Node, Side

RATE_HZ = 100.0
HURRY = DaemonTimings(tick_s=0.02, live_s=0.05, status_s=0.05, gather_s=0.05, record_s=0.3, compact_s=10.0)
Script = Callable[[SourceRequest], AsyncIterator[SourceItem]]


def walk(node: str, seconds: float, ai: Callable[[float], float], part_s: float = 0.25) -> Iterator[Block]:
    """A foot of 1.1 s strides, treading harder by the AI points of the moment; left for ids that begin with l."""
    left = node.startswith("l")
    count = round(part_s * RATE_HZ)
    for first in range(0, round(seconds * RATE_HZ), count):
        ticks = np.arange(first, first + count)
        time_s = ticks * 10_000 / 1e6
        phase = (time_s / 1.1 + (0.0 if left else 0.5)) % 1.0
        harder = 1.0 + (-0.01 if left else 0.01) * ai(float(time_s[0]))
        wobble = 1.0 + 0.02 * np.sin(time_s * (2.3 if left else 3.1))
        force = np.where(phase < 0.6, 900.0 * harder * wobble * np.sin(np.pi * phase / 0.6), 0.0)
        yield Block(node, time_s, force[:, np.newaxis])


def turns(streams: Iterable[Iterator[SourceItem]]) -> Iterator[SourceItem]:
    """An item of each in turn until all are over."""
    waiting = list(streams)
    while waiting:
        for stream in waiting.copy():
            item = next(stream, None)
            if item is None:
                waiting.remove(stream)
            else:
                yield item


@dataclass
class Bench:
    """Plans and runs daemons in one folder. ``scripts`` by the target of ``scripted://TARGET``."""

    folder: Path
    scripts: dict[str, Script] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    @staticmethod
    def node(id_: str, side: Side, target: str) -> NodeConfig:
        return NodeConfig(Node(id_, "insole", side, ("force",), RATE_HZ), f"scripted://{target}")

    def plan(self, *, limits: tuple[Limit, ...] = (), wearer: str = "w", apart: bool = False) -> DaemonPlan:
        """Two insoles on one source, or each on its own."""
        targets = ("left", "right") if apart else ("both", "both")
        nodes = (self.node("l", "left", targets[0]), self.node("r", "right", targets[1]))
        monitor = MonitorSettings(tuple(node.node for node in nodes), window_s=10.0, hop_s=5.0, limits=limits)
        data = self.folder / "data"
        session = SessionPlan(wearer, nodes, monitor, live=False)
        return DaemonPlan(data, data / "store.sqlite", data / "recordings", (session,), timings=HURRY)

    @asynccontextmanager
    async def open(self, request: SourceRequest) -> AsyncIterator[AsyncIterator[SourceItem]]:
        yield self.scripts[request.url.target](request)

    def walking(
        self, seconds: float = 60.0, ai: Callable[[float], float] = lambda _: 6.0, *, part_s: float = 0.25
    ) -> None:
        """Let both insoles, on one source or apart, walk for some seconds of session time."""

        async def feet(request: SourceRequest) -> AsyncIterator[SourceItem]:
            for item in turns([walk(node.id, seconds, ai, part_s) for node in request.nodes]):
                yield item
                await asyncio.sleep(0)

        self.scripts |= {"both": feet, "left": feet, "right": feet}

    @staticmethod
    def limit(raise_ai: float = 4.0, clear_ai: float = 2.0) -> Limit:
        """On the impulse under the insoles, to either side."""
        at = Threshold(raise_ai, "ai"), Threshold(clear_ai, "ai")
        return Limit("harder", "impulse", "insole", *at, 5.0, 5.0, "either")

    def daemon(
        self, plan: DaemonPlan, listeners: Iterable[Listener] = (), *, wall_ns: Callable[[], int] = time_ns
    ) -> Daemon:
        return Daemon(plan, [self.told.append, *listeners], opener=self.open, wall_ns=wall_ns)

    def run(self, plan: DaemonPlan, *, wall_ns: Callable[[], int] = time_ns) -> Outcome:
        return asyncio.run(self.daemon(plan, wall_ns=wall_ns).run())

    def session(self, plan: DaemonPlan) -> StoredSession:
        with Reader(plan.store) as reader:
            return reader.sessions()[0]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
