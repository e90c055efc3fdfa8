"""A room with a radio in it, all in this process: one adapter, and the sensors that were put there.

``scanner``, ``client`` and ``adapter`` are types as bleak takes them (``backend=``), each bound to the adapter of this
world.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner
from bumble.controller import Controller

from evenside.testing.air import Air, RadioModel
from evenside.testing.bleak_client import CentralClient
from evenside.testing.bleak_scanner import CentralAdapter, CentralScanner
from evenside.testing.central import Central
from evenside.testing.emulators.model import Emulated
from evenside.testing.peripheral import Peripheral

__all__ = ["World", "bleak_types", "world"]


def bleak_types(
    adapter: Central,
) -> tuple[type[BaseBleakScanner], type[BaseBleakClient], type[BaseBleakAdapter]]:
    """What bleak takes as backends of an adapter."""
    bound = {"central": adapter}
    return (
        type("BoundScanner", (CentralScanner,), bound),
        type("BoundClient", (CentralClient,), bound),
        type("BoundAdapter", (CentralAdapter,), bound),
    )


class World:
    """Made by ``world``."""

    def __init__(self, air: Air, central: Central, controller: Controller) -> None:
        self.air, self.central = air, central
        self.scanner, self.client, self.adapter = bleak_types(central)
        self.peripherals: list[Peripheral] = []
        self._controller = controller

    async def add(self, model: Emulated, *, bonds: bool = False) -> Peripheral:
        """A sensor that was switched on. ``bonds``: it wants to be paired."""
        peripheral = await Peripheral.start(self.air, model, len(self.peripherals), bonds=bonds)
        self.peripherals.append(peripheral)
        return peripheral

    def unplug(self) -> None:
        """The adapter is pulled: links end, and nothing can be done."""
        self.central.plugged = False
        self.air.drop_links(self._controller)

    def plug_in(self) -> None:
        """It is there again."""
        self.central.plugged = True


@asynccontextmanager
async def world(model: RadioModel | None = None, seed: int = 0) -> AsyncIterator[World]:
    """A world that is cleared away in the end."""
    air = Air(model, seed)
    central, controller = await Central.on_air(air)
    made = World(air, central, controller)
    try:
        yield made
    finally:
        for peripheral in made.peripherals:
            await peripheral.stop()
        await air.close()
