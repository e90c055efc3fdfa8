"""Two evenside nodes at 200 Hz over Bluetooth, in a process of their own: what the host costs, how well it knows times.

The host here is bleak on a Bumble stack, HCI over TCP. So the same notifications are first only counted, by bleak
alone: what ``ble://`` costs is the difference. Times are compared with the true moments that the samples carry; a busy
machine disturbs them, because the sensors stamp requests in Python.
"""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import numpy as np
from bleak import BleakClient, BleakScanner
from bumble.device import Device
from bumble.hci import Address
from bumble.transport import open_transport

from evenside.sources import LinkEvent, SourceItem, SourceRequest, parse_source_url
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.source import open_ble_with
from evenside.sources.ble.timings import BleTimings
from evenside.testing.central import Central
from evenside.testing.room import bleak_types
from evenside.wire import GATT_CONTROL, GATT_SERVICE, GATT_STREAM, commands, encode_frame
from evenside_analysis.types import Block, Floats, Node, Side

SENSORS = Path(__file__).parents[1] / "e2e" / "ble_sensors.py"
SIDES: tuple[Side, Side] = ("left", "right")
RATE_HZ = 200.0
NODES = tuple(Node(side, "insole", side, ("power", "force"), RATE_HZ) for side in SIDES)
WARM_UP_S = 12.0


def run(folder: Path, hours: float, seconds: float) -> None:
    asyncio.run(_run(seconds))


async def _run(seconds: float) -> None:
    async with _host(15, 0.0) as types:
        alone = await _counted(types, seconds)
    print(f"bleak and its stack alone: {100 * alone:.2f} % of a core")
    for interval_ms, loss in ((15, 0.0), (30, 0.0), (15, 0.2), (30, 0.2)):
        async with _host(interval_ms, loss) as types:
            share, found = await _streamed(types, seconds)
        more = f", {100 * (share - alone):+.2f} % over bleak alone" if (interval_ms, loss) == (15, 0.0) else ""
        print(
            f"{interval_ms} ms, {100 * loss:.0f} % lost: {100 * share:.2f} % of a core{more}; {_judged(found)}",
            flush=True,
        )


@asynccontextmanager
async def _host(interval_ms: int, loss: float) -> AsyncIterator[tuple[type, type, type]]:
    """Sensors in another process, and bleak's types for the adapter that is lent to this one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = map(str, (SENSORS, port, RATE_HZ, interval_ms, loss, 1))
    sensors = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE)
    try:
        assert sensors.stdout is not None
        await asyncio.to_thread(sensors.stdout.readline)
        async with AsyncExitStack() as stack:
            hci = await stack.enter_async_context(await open_transport(f"tcp-client:127.0.0.1:{port}"))
            central = Central(Device.with_hci("host", Address("F0:F1:F2:F3:F4:F5"), hci.source, hci.sink))
            await central.device.power_on()
            yield bleak_types(central)
    finally:
        sensors.kill()
        sensors.wait()


async def _share(seconds: float) -> float:
    """CPU of this process over so many seconds, as a share of one core."""
    before_s, begun_s = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    return (time.process_time() - before_s) / (time.monotonic() - begun_s)


async def _counted(types: tuple[type, type, type], seconds: float) -> float:
    scanner, client, _ = types
    count = 0

    def counted(_: object, data: bytearray) -> None:
        nonlocal count
        count += 1

    found = await BleakScanner.discover(timeout=1.0, backend=scanner, service_uuids=[GATT_SERVICE])
    links = [BleakClient(device, backend=client) for device in found]
    for link in links:
        await link.connect()
        await link.start_notify(GATT_STREAM, counted)
        await link.start_notify(GATT_CONTROL, counted)
        await link.write_gatt_char(GATT_CONTROL, encode_frame(commands.start(1, 130)), response=False)
    await asyncio.sleep(1.0)
    share = await _share(seconds)
    for link in links:
        await link.disconnect()
    print(f"{len(links)} nodes, {count / (seconds + 1.0):.0f} notifications a second")
    return share


async def _streamed(types: tuple[type, type, type], seconds: float) -> tuple[float, list[SourceItem]]:
    found: list[SourceItem] = []
    serials: dict[str, str] = {side: f"EV-{side}" for side in SIDES}
    request = SourceRequest(parse_source_url("ble://"), NODES, serials, time.monotonic)

    async def listen() -> None:
        async with open_ble_with(request, Radio(*types), BleTimings(), random.Random(1)) as items:
            async for item in items:
                found.append(item)  # noqa: PERF401  # it never ends by itself

    listening = asyncio.create_task(listen())
    await asyncio.sleep(WARM_UP_S)
    share = await _share(seconds)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    return share, found


def _judged(found: list[SourceItem]) -> str:
    """Gaps, and how far both sides are off each other after the first seconds, in words."""
    gaps, rows = 0, []
    for side in SIDES:
        blocks = [item for item in found if isinstance(item, Block) and item.node == side]
        times: Floats = np.concatenate([block.time_s for block in blocks])
        true_s: Floats = np.concatenate([block.values[:, 0] for block in blocks])
        stated: Floats = np.concatenate([np.full(block.time_s.size, block.clock_error_s) for block in blocks])
        gaps += int(np.count_nonzero(~(np.abs(np.diff(true_s) * RATE_HZ - 1.0) < 0.01)))
        rows.append((true_s, times - true_s, stated))
    lost = sum(isinstance(item, LinkEvent) and item.kind in ("lost", "dropped") for item in found)
    grid = np.arange(max(row[0][0] for row in rows) + WARM_UP_S - 2.0, min(row[0][-1] for row in rows), 0.1)
    off = [np.interp(grid, true_s, off_s) for true_s, off_s, _ in rows]
    both_s: Floats = np.sum([np.interp(grid, true_s, errors) for true_s, _, errors in rows], axis=0)
    apart = np.abs(off[0] - off[1])
    covered = np.mean(apart <= both_s)
    return (
        f"{gaps} gaps, {lost} links lost; left-right p95 {1e3 * np.percentile(apart, 95):.2f} ms, "
        f"stated {1e3 * float(np.median(both_s)):.2f} ms, covers {100 * covered:.0f} % of the moments"
    )
