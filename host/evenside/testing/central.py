"""One Bluetooth adapter of a host: a Bumble stack in the central role, its scans, its connections, its being there.

Several scanners may listen at once, and one connection is made at a time, as a controller has it. An adapter that was
pulled answers nothing: every operation fails, and links end. What was learnt of a device stays, as a system keeps it:
names and services behind each address, and the keys of those that were paired.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bleak.exc import BleakError
from bumble.controller import Controller
from bumble.device import Advertisement, Device
from bumble.hci import Address
from bumble.keys import KeyStore

from evenside.testing.air import Air
from evenside.testing.controller import AirController

__all__ = ["Central"]

Listener = Callable[[Advertisement], None]


class Central:
    """Made by ``on_air``, or from a Bumble device that has its controller elsewhere."""

    def __init__(self, device: Device, mtu: int = 247) -> None:
        self.device, self.mtu = device, mtu
        self.connecting = asyncio.Lock()
        self.plugged = True
        self.names: dict[str, str] = {}  # by address, as they were advertised
        self.services: dict[str, frozenset[str]] = {}  # by address, in full; once they were discovered
        self._listeners: list[Listener] = []
        device.on("advertisement", self._advertised)

    @classmethod
    async def on_air(cls, air: Air, address: str = "F0:F1:F2:F3:F4:F5", mtu: int = 247) -> tuple[Central, Controller]:
        """An adapter with a controller of its own."""
        controller = AirController("central", link=air, public_address="F0:00:00:00:00:01")
        central = cls(Device.with_hci("central", Address(address), controller, controller), mtu)
        await central.device.power_on()
        return central, controller

    @property
    def keys(self) -> KeyStore:
        """Of devices that were paired."""
        assert self.device.keystore is not None  # the stack makes one when it is powered on
        return self.device.keystore

    def check(self) -> None:
        """Raises BleakError where the adapter was pulled."""
        if not self.plugged:
            raise BleakError("No Bluetooth adapters found.")

    async def listen(self, listener: Listener) -> None:
        """Advertisements go to ``listener`` from now on."""
        self.check()
        self._listeners.append(listener)
        if len(self._listeners) == 1:
            await self.device.start_scanning(filter_duplicates=False)

    async def deafen(self, listener: Listener) -> None:
        """No longer."""
        if listener in self._listeners:
            self._listeners.remove(listener)
        if not self._listeners and self.device.is_scanning:
            await self.device.stop_scanning()

    def _advertised(self, advertisement: Advertisement) -> None:
        if self.plugged:
            for listener in list(self._listeners):
                listener(advertisement)
