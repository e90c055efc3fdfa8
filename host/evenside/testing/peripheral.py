"""An emulated sensor on the air: its description becomes a GATT server, and time passes for it.

Strategy: the model (``emulators.Emulated``) has no radio and no clock; here it gets both. It is asked for what it sends
every ``tick_s`` and after every write. Notes leave in order, one after the other, behind the answer to the write that
made them. A note that the MTU would cut is a mistake of the model: it ends the sensor, and ``stop`` raises it. What
this never does: shorten or split a note, or keep one beyond its link.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from bumble.att import ATT_Error
from bumble.core import BaseBumbleError
from bumble.device import Connection, Device

from evenside.testing.air import Air
from evenside.testing.controller import AirController
from evenside.testing.emulators.model import Emulated, Note
from evenside.testing.gatt_server import gatt_services, host_of

__all__ = ["Peripheral", "Sensor"]

ATT_HEADER_BYTES = 3


class Sensor:
    """A model behind a Bumble host, wherever its controller is."""

    def __init__(
        self, model: Emulated, host: Device, *, now_s: Callable[[], float] = time.monotonic, tick_s: float = 0.01
    ) -> None:
        self.model, self.host = model, host
        self._now_s, self._tick_s = now_s, tick_s
        self._outgoing: asyncio.Queue[Note] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        services, self._characteristics, self._indicated = gatt_services(model.services, self._read, self._write)
        host.add_services(services)
        host.on("connection", self._connected)

    async def begin(self) -> None:
        """Switch on: advertise, and let time pass."""
        await self.host.power_on()
        await self.host.start_advertising(auto_restart=True)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._tick()), loop.create_task(self._send())]

    async def stop(self) -> None:
        """Nothing is sent any more. Raises what the model failed with."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    @property
    def connected(self) -> bool:
        return bool(self.host.connections)

    def notify(self, notes: list[Note]) -> None:
        """Send what was not asked for, as a button that was pressed, behind all that waits."""
        for note in notes:
            self._outgoing.put_nowait(note)

    def _read(self, uuid: str) -> bytes:
        return self.model.read(uuid)

    def _write(self, uuid: str, data: bytes) -> None:
        self.notify(self.model.write(uuid, data, self._now_s()))

    async def _tick(self) -> None:
        while True:
            self.notify(self.model.advance(self._now_s()))
            await asyncio.sleep(self._tick_s)

    async def _send(self) -> None:
        while True:
            uuid, value = await self._outgoing.get()
            for connection in list(self.host.connections.values()):
                if len(value) > connection.att_mtu - ATT_HEADER_BYTES:
                    raise ValueError(f"{self.model.name}: {len(value)} bytes in an ATT MTU of {connection.att_mtu}")
                try:
                    await self._pass_on(connection, uuid, value)
                except (asyncio.CancelledError, BaseBumbleError, ATT_Error, TimeoutError):
                    if self.host.connections.get(connection.handle) is connection:
                        raise  # it was not the link that ended

    async def _pass_on(self, connection: Connection, uuid: str, value: bytes) -> None:
        characteristic: Any = self._characteristics[uuid]
        if uuid in self._indicated:
            await self.host.indicate_subscriber(connection, characteristic, value)
        else:
            await self.host.notify_subscriber(connection, characteristic, value)

    def _connected(self, connection: Connection) -> None:
        connection.on("disconnection", lambda _reason: self._gone())

    def _gone(self) -> None:
        while not self._outgoing.empty():
            self._outgoing.get_nowait()
        self.model.disconnected()


class Peripheral(Sensor):
    """A sensor with its controller on an ``Air`` of this process. Made by ``start``."""

    def __init__(self, air: Air, model: Emulated, controller: AirController, address: str, tick_s: float) -> None:
        super().__init__(model, host_of(model, address, controller, controller), tick_s=tick_s)
        self.air, self.controller, self.address = air, controller, address

    @classmethod
    async def start(cls, air: Air, model: Emulated, number: int, *, tick_s: float = 0.01) -> Peripheral:
        """Switch the ``number``-th sensor on. It has an address of its own."""
        address = f"C0:00:00:00:{number >> 8:02X}:{number & 0xFF:02X}"
        public = f"F0:00:00:01:{number >> 8:02X}:{number & 0xFF:02X}"
        controller = AirController(f"sensor {number}", link=air, public_address=public)
        peripheral = cls(air, model, controller, address, tick_s)
        await peripheral.begin()
        return peripheral

    async def hang_up(self) -> None:
        """End the link, as a sensor may."""
        for connection in list(self.host.connections.values()):
            await connection.disconnect()

    def vanish(self) -> None:
        """Out of range, or without power: silence, and after the supervision timeout no link. It goes on measuring."""
        self.air.take_away(self.controller)

    async def come_back(self) -> None:
        """In range again, and to be found where its link has ended."""
        self.air.bring_back(self.controller)
        if not self.connected and not self.host.is_advertising:
            await self.host.start_advertising(auto_restart=True)

    async def reboot(self, model: Emulated) -> None:
        """A reset: ``model`` goes on, with the same services. The other end learns of it by silence alone."""
        if [service.uuid for service in model.services] != [service.uuid for service in self.model.services]:
            raise ValueError(f"{model.name} has other services than {self.model.name}")
        self.vanish()
        self.model = model
        await asyncio.sleep(self.air.model.supervision_s)
        self.air.drop_links(self.controller)
        await self.come_back()
