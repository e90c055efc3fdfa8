"""An emulated sensor as a Bluetooth peripheral: a model behind the GATT server of Bumble, on any virtual controller.

The model is told what is written and that time passes; what it gives is notified or indicated to whoever has
subscribed. What may not be read says so, where Bumble by itself would never answer. What this never does: send a
notification that the MTU would cut, or keep a client's subscription beyond its connection.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from bumble import data_types
from bumble.att import ATT_Error, ErrorCode
from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address

from evenside.testing.emulators import model as of
from evenside.testing.emulators.model import Emulated, Note

__all__ = ["Peripheral"]

_ADVERTISING_BYTES = 31
_ATT_HEADER = 3
_PROPERTIES = {
    "read": Characteristic.Properties.READ,
    "write": Characteristic.Properties.WRITE,
    "write-without-response": Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
    "notify": Characteristic.Properties.NOTIFY,
    "indicate": Characteristic.Properties.INDICATE,
}


class Peripheral:
    """One device on the air; ``begin`` and ``end`` frame its life. ``device`` is Bumble's, ``controller`` its own."""

    def __init__(
        self,
        model: Emulated,
        controller: Controller,
        address: str,
        *,
        now_s: Callable[[], float] = time.monotonic,
        tick_s: float = 0.01,
        advertising_ms: float = 100.0,
    ) -> None:
        self.model, self.controller = model, controller
        self.too_long = 0  # notifications that the MTU would have cut
        self._now_s, self._tick_s = now_s, tick_s
        self.device = Device.from_config_with_hci(
            DeviceConfiguration(
                name=model.name,
                address=Address(address),
                advertising_interval_min=advertising_ms,
                advertising_interval_max=advertising_ms,
            ),
            controller,
            controller,
        )
        self._characteristics: dict[str, Any] = {}
        self.device.add_services([self._service(service) for service in model.services])
        self.device.advertising_data = _advertising_data(model)
        self.device.on("connection", self._connected)
        self._clock: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Power on, advertise, and let time pass for the model."""
        await self.device.power_on()
        await self.device.start_advertising(auto_restart=True)
        self._clock = asyncio.get_running_loop().create_task(self._run())

    async def end(self) -> None:
        """Switch off: links end in order."""
        if self._clock is not None:
            self._clock.cancel()
            await asyncio.gather(self._clock, return_exceptions=True)
        await self.device.stop_advertising()
        for connection in list(self.device.connections.values()):
            await connection.disconnect()

    async def send(self, notes: Iterable[Note]) -> None:
        """To all who have subscribed."""
        room = min((c.att_mtu for c in self.device.connections.values()), default=0) - _ATT_HEADER
        for uuid, data in notes:
            if len(data) > room:
                self.too_long += room > 0
                continue
            characteristic = self._characteristics[uuid]
            if characteristic.properties & Characteristic.Properties.NOTIFY:
                await self.device.notify_subscribers(characteristic, data)
            else:
                await self.device.indicate_subscribers(characteristic, data)

    async def _run(self) -> None:
        while True:
            await self.send(self.model.advance(self._now_s()))
            await asyncio.sleep(self._tick_s)

    # --- the GATT server ----------------------------------------------------------------------------------------------

    def _service(self, service: of.Service) -> Service:
        return Service(
            service.uuid, [self._characteristic(characteristic) for characteristic in service.characteristics]
        )

    def _characteristic(self, described: of.Characteristic) -> Any:
        properties = Characteristic.Properties(0)
        for name in described.properties:
            properties |= _PROPERTIES[name]
        value = CharacteristicValue(
            read=partial(self._read, described.uuid, "read" in described.properties),
            write=partial(self._written, described.uuid),
        )
        permissions = Characteristic.READABLE | Characteristic.WRITEABLE
        made = Characteristic(described.uuid, properties, permissions, value)
        self._characteristics[described.uuid] = made
        return made

    def _read(self, uuid: str, may: bool, _: Connection) -> bytes:
        if not may:
            raise ATT_Error(ErrorCode.READ_NOT_PERMITTED)
        return self.model.read(uuid)

    async def _written(self, uuid: str, _: Connection, data: bytes) -> None:
        notes = self.model.write(uuid, bytes(data), self._now_s())
        if notes:
            # The answer to the write leaves first, as it does on a real device.
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self.send(notes)))

    def _connected(self, connection: Connection) -> None:
        connection.on("disconnection", lambda _: self.model.disconnected())


def _advertising_data(model: Emulated) -> bytes:
    """Flags, services, name, maker, as far as they fit into one advertisement; Bumble's radio has no scan response."""
    flags = AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE | AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
    parts: list[Any] = [data_types.Flags(flags)]
    wished: list[Any] = []
    short = [UUID(uuid[4:8]) for uuid in model.advertised if uuid == of.sig(int(uuid[4:8], 16))]
    long = [UUID(uuid) for uuid in model.advertised if uuid != of.sig(int(uuid[4:8], 16))]
    if short:
        wished.append(data_types.CompleteListOf16BitServiceUUIDs(short))
    if long:
        wished.append(data_types.CompleteListOf128BitServiceUUIDs(long))
    if model.name:
        wished.append(data_types.CompleteLocalName(model.name))
    wished += [data_types.ManufacturerSpecificData(company, data) for company, data in model.maker_data.items()]
    for part in wished:
        if len(bytes(AdvertisingData([*parts, part]))) <= _ADVERTISING_BYTES:
            parts.append(part)
    return bytes(AdvertisingData(parts))
