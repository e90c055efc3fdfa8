"""Sensors in a process of their own, HCI over TCP between it and the host: killed, frozen, started again."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from bumble.device import Device
from bumble.hci import Address
from bumble.transport import open_transport

from evenside.sources import LinkEvent, SourceItem, SourceRequest, parse_source_url
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.source import open_ble_with
from evenside.sources.ble.timings import BleTimings
from evenside.testing.central import Central
from evenside.testing.room import bleak_types
from evenside_analysis.types import Block, Floats, Node, Side

SENSORS = Path(__file__).with_name("ble_sensors.py")
SIDES: tuple[Side, Side] = ("left", "right")
NODES = tuple(Node(side, "insole", side, ("power", "force"), 100.0) for side in SIDES)
AGAIN_S = 10.0  # from the end of a cause to the stream
SLOW = 4.0  # … or so many times what the first connections took, where a machine does much else


@dataclass
class Bench:
    """The other process, the adapter that it lends, and what the source has said."""

    port: int
    stack: AsyncExitStack
    types: tuple[type, type, type] | None = None
    process: Process | None = None
    boots: int = 0
    found: list[SourceItem] = field(default_factory=list)

    async def start(self) -> None:
        """Start the sensors, and an adapter at their controller."""
        self.boots += 1
        arguments = map(str, (SENSORS, self.port, 100, 15, 0, self.boots))
        self.process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=PIPE)
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            assert await self.process.stdout.readline() == b"ready\n"
        hci = await self.stack.enter_async_context(await open_transport(f"tcp-client:127.0.0.1:{self.port}"))
        central = Central(Device.with_hci("host", Address("F0:F1:F2:F3:F4:F5"), hci.source, hci.sink))
        await central.device.power_on()
        if self.types is None:
            self.types = bleak_types(central)
        for backend in self.types:
            backend.central = central  # type: ignore[attr-defined]

    def tell(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    @property
    def now_s(self) -> float:
        return asyncio.get_running_loop().time()

    async def until(self, done: Callable[[], bool]) -> float:
        before_s = self.now_s
        async with asyncio.timeout(60):
            while not done():
                await asyncio.sleep(0.02)
        return self.now_s - before_s

    def streaming(self, since_s: float) -> bool:
        """Both sides have samples of a moment after ``since_s``."""
        return all(moments.size and moments[-1] > since_s for moments in map(self.moments, SIDES))

    def moments(self, side: str) -> Floats:
        blocks = [item for item in self.found if isinstance(item, Block) and item.node == side]
        values: Floats = np.concatenate([np.empty(0), *(block.values[:, 0] for block in blocks)])
        return np.asarray(values[np.isfinite(values)])

    def told(self, kind: str, side: str) -> list[str]:
        return [
            item.detail
            for item in self.found
            if isinstance(item, LinkEvent) and item.kind == kind and item.node in ("", side)
        ]


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with AsyncExitStack() as stack:
        made = Bench(port, stack)
        await made.start()
        assert made.types is not None
        radio = Radio(*made.types)
        request = SourceRequest(
            parse_source_url("ble://"), NODES, {side: f"EV-{side}" for side in SIDES}, lambda: made.now_s
        )

        async def listen() -> None:
            async with open_ble_with(request, radio, BleTimings(), random.Random(1)) as items:
                async for item in items:
                    made.found.append(item)

        listening = asyncio.create_task(listen())
        try:
            yield made
        finally:
            made.tell(signal.SIGCONT)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await made.kill()


@pytest.mark.slow
def test_sensors_that_freeze_are_left_and_found_again_and_nothing_is_lost() -> None:
    async def scenario() -> tuple[Bench, bool]:
        async with bench() as made:
            first_s = await made.until(lambda: made.streaming(0.0))
            await asyncio.sleep(1.0)
            made.tell(signal.SIGSTOP)
            await made.until(lambda: all(made.told("lost", side) for side in SIDES))
            made.tell(signal.SIGCONT)
            over_s = made.now_s
            taken_s = await made.until(lambda: made.streaming(over_s))
            await asyncio.sleep(1.0)
        return made, taken_s < max(AGAIN_S, SLOW * first_s)

    made, soon = asyncio.run(scenario())
    assert soon
    for side in SIDES:
        steps = np.diff(made.moments(side)) * 100.0
        assert np.all(np.abs(steps - 1.0) < 0.01)


@pytest.mark.slow
def test_sensors_that_are_killed_and_started_again_stream_again() -> None:
    async def scenario() -> tuple[Bench, float, bool]:
        async with bench() as made:
            first_s = await made.until(lambda: made.streaming(0.0))
            await asyncio.sleep(1.0)
            killed_s = made.now_s
            await made.kill()
            await made.until(lambda: all(made.told("lost", side) for side in SIDES))
            await made.start()
            over_s = made.now_s
            taken_s = await made.until(lambda: made.streaming(over_s))
            await asyncio.sleep(1.0)
        return made, killed_s, taken_s < max(AGAIN_S, SLOW * first_s)

    made, killed_s, soon = asyncio.run(scenario())
    assert soon
    for side in SIDES:
        moments = made.moments(side)
        assert np.all(np.diff(moments) > 0)
        before, after = moments[moments < killed_s], moments[moments > killed_s]
        for part in (before, after):
            assert np.all(np.abs(np.diff(part) * 100.0 - 1.0) < 0.01)
        assert len(made.told("reset", side)) == 1
