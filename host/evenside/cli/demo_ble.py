"""The demonstration over Bluetooth without a radio: each sensor an emulated node that ``ble://`` finds and holds.

Between the simulated wearer and the figures lies everything that a real sensor would need: the node's own clock and
frames, a GATT server, a Bluetooth stack, connection events with losses, bleak and the supervisor of each link.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from evenside.cli.demo_plan import Demo
from evenside.config import Config, NodeConfig
from evenside.daemon import Opener
from evenside.sources import SourceItem, SourceRequest

__all__ = ["BLE_URL", "ble_opener", "over_ble"]

BLE_URL = "ble://"
INTERVAL_S, LOSS, SUPERVISION_S = 0.015, 0.05, 4.0
PPM = 40.0  # how far the clocks of two sides drift from true time, in opposite directions


def over_ble(config: Config) -> Config:
    """The same wearer, each node a device of its own, with the name that it will advertise."""
    (wearer,) = config.wearers
    nodes = tuple(
        NodeConfig(replace(entry.node, clock=""), BLE_URL, _serial(at), "evenside")
        for at, entry in enumerate(wearer.nodes)
    )
    return replace(config, wearers=(replace(wearer, nodes=nodes),))


def ble_opener(found: Demo, seed: int) -> Opener:
    """Opens ``ble://`` over an emulated radio with the sensors of this demonstration.

    Raises:
        TestKitError: at once, where Bumble is not installed.
    """
    from evenside.sources.ble.radio import Radio
    from evenside.sources.ble.source import open_ble_with
    from evenside.sources.ble.timings import BleTimings
    from evenside.testing import RadioModel, world
    from evenside.testing.worn import worn_node

    @asynccontextmanager
    async def opened(request: SourceRequest) -> AsyncIterator[AsyncIterator[SourceItem]]:
        _hush()
        zero_s = asyncio.get_running_loop().time() - request.now_s()
        async with world(RadioModel(INTERVAL_S, LOSS, supervision_s=SUPERVISION_S), seed) as room:
            for at, node in enumerate(request.nodes):
                serial, ppm = request.serials[node.id], PPM if node.side == "left" else -PPM
                made = worn_node(
                    found.wearer, node, serial, zero_s=zero_s, ppm=ppm, interval_s=INTERVAL_S, boot_id=seed + at + 1
                )
                await room.add(made)
            radio = Radio(room.scanner, room.client, room.adapter)
            async with open_ble_with(request, radio, BleTimings(), random.Random(seed)) as items:
                yield items

    return opened


def _hush() -> None:
    """Bumble says much of what is no trouble, some of it in a way that would set up a second log on this terminal."""
    logging.getLogger("bumble").setLevel(logging.CRITICAL)
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.NullHandler())


def _serial(at: int) -> str:
    return f"EV-{at + 1}"
