"""A process with two evenside nodes on the air and one controller for a host elsewhere: HCI over TCP.

Arguments: port, sample rate (Hz), connection interval (ms), share of events lost, boot id. Says "ready" once a host may
connect. Channel ``power`` carries the true moment of each sample on CLOCK_MONOTONIC, which all processes share.
"""

from __future__ import annotations

import asyncio
import sys

import numpy as np
from bumble.transport import open_transport

from evenside.testing.air import Air, RadioModel
from evenside.testing.controller import AirController
from evenside.testing.emulators.evenside_node import NodeEmulator, NodeMake
from evenside.testing.peripheral import Peripheral
from evenside.wire import SampleType, SchemaChannel
from evenside_analysis.types import Floats, Side

SIDES: tuple[Side, Side] = ("left", "right")
SCHEMA = tuple(SchemaChannel.named(name, SampleType.F64) for name in ("power", "force"))


class Clocked(NodeEmulator):
    """A node that measures the time."""

    def __init__(self, make: NodeMake) -> None:
        super().__init__(make, self.measured)

    def measured(self, since_made_s: Floats) -> Floats:
        begun_s = self.true_s(1e6 * self.make.offset_s)
        return np.column_stack([since_made_s + begun_s, -since_made_s])


async def serve(port: int, rate_hz: float, interval_s: float, loss: float, boot_id: int) -> None:
    air = Air(RadioModel(interval_s or None, loss, supervision_s=2.0), seed=7)
    for number, side in enumerate(SIDES):
        ppm = {"left": 40.0, "right": -40.0}[side]
        make = NodeMake(
            serial=f"EV-{side}",
            channels=SCHEMA,
            rate_hz=rate_hz,
            side=side,
            ppm=ppm,
            offset_s=1000.0 + 10.0 * ppm,
            interval_s=interval_s,
            boot_id=boot_id,
        )
        await Peripheral.start(air, Clocked(make), number)
    async with await open_transport(f"tcp-server:127.0.0.1:{port}") as hci:
        AirController(
            "host side", host_source=hci.source, host_sink=hci.sink, link=air, public_address="F0:00:00:00:00:01"
        )
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    port, rate_hz, interval_ms, loss, boot_id = map(float, sys.argv[1:])
    asyncio.run(serve(int(port), rate_hz, interval_ms / 1e3, loss, int(boot_id)))
