"""An emulated sensor on the air: its model behind a Bumble GATT server, advertising, notifying, with its own pace.

A characteristic that cannot be read or written says so (Bumble's server would not answer at all). Notifications go to
whoever subscribed, never longer than the link carries. The owner may carry it out of range (``vanish``), or have it
begin anew with another model (``reboot``).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from bumble import data_types
from bumble.att import ATT_Error, ErrorCode
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address

from evenside.testing.air import Air
from evenside.testing.controller import AirController
from evenside.testing.emulators.model import DEVICE_INFORMATION, Emulated, Note, Property

__all__ = ["TICK_S", "Peripheral"]

TICK_S = 0.005
ADVERTISING_MS = 100
ATT_DEFAULT_MTU = 23
_PROPERTIES: dict[Property, Characteristic.Properties] = {
    "read": Characteristic.Properties.READ,
    "write": Characteristic.Properties.WRITE,
    "write-without-response": Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
    "notify": Characteristic.Properties.NOTIFY,
    "indicate": Characteristic.Properties.INDICATE,
}
_SHORT_TAIL = "-0000-1000-8000-00805f9b34fb"


class Peripheral:
    """One device on an ``Air``; made by ``start``. ``sent`` counts notifications."""

    def __init__(self, air: Air, model: Emulated, number: int, *, bonds: bool = False) -> None:
        self.model, self.sent, self.bonds = model, 0, bonds
        self.address = f"C{number // 16:X}:EE:55:1D:E0:{number % 16:02X}"
        self._air = air
        self.controller = AirController(f"sensor {number}", link=air, public_address=f"F0:00:00:00:01:{number:02X}")
        self._characteristics: dict[str, Characteristic[bytes]] = {}
        self._waiting: deque[Note] = deque()
        self._running: asyncio.Task[None] | None = None
        config = DeviceConfiguration(
            name=model.name or "sensor",
            address=Address(self.address),
            advertising_interval_min=ADVERTISING_MS,
            advertising_interval_max=ADVERTISING_MS,
        )
        self.device = Device.from_config_with_hci(config, self.controller, self.controller)
        self.device.add_services([self._service(service.uuid) for service in model.services])
        self.device.advertising_data, self.device.scan_response_data = _advertised(model)
        self.device.on("connection", self._connected)

    @classmethod
    async def start(cls, air: Air, model: Emulated, number: int, *, bonds: bool = False) -> Peripheral:
        """Switch it on: it advertises, and its time begins. ``number``: 0 to 255, its own on this air.

        ``bonds``: before it was paired it tells who it is, and nothing else.
        """
        peripheral = cls(air, model, number, bonds=bonds)
        await peripheral.device.power_on()
        await peripheral.device.start_advertising(auto_restart=True)
        peripheral._running = asyncio.create_task(peripheral._run())
        return peripheral

    # --- what a test does ---------------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        return bool(self.device.connections)

    def vanish(self) -> None:
        """Out of range, still running."""
        self._air.take_away(self.controller)

    async def come_back(self) -> None:
        """In range again."""
        self._air.bring_back(self.controller)
        if not self.connected and not self.device.is_advertising:
            await self.device.start_advertising(auto_restart=True)

    async def hang_up(self) -> None:
        """End the link from this end."""
        for connection in list(self.device.connections.values()):
            await connection.disconnect()

    async def reboot(self, model: Emulated) -> None:
        """Begin anew as ``model``, which has the same services. Its links end as when a battery is taken out."""
        self._air.drop_links(self.controller)
        self._waiting.clear()
        self.model = model
        if not self.device.is_advertising:
            await self.device.start_advertising(auto_restart=True)

    async def stop(self) -> None:
        """Switch it off. Raises what its model failed with."""
        self._air.take_away(self.controller)
        if self._running is not None:
            self._running.cancel()
            (outcome,) = await asyncio.gather(self._running, return_exceptions=True)
            if isinstance(outcome, Exception):
                raise outcome

    # --- within -------------------------------------------------------------------------------------------------------

    def _service(self, uuid: str) -> Service:
        (described,) = (service for service in self.model.services if service.uuid == uuid)
        for one in described.characteristics:
            properties = Characteristic.Properties(0)
            for name in one.properties:
                properties |= _PROPERTIES[name]
            permissions = Characteristic.Permissions.READABLE | Characteristic.Permissions.WRITEABLE
            if self.bonds and uuid != DEVICE_INFORMATION:
                permissions |= Characteristic.Permissions.READ_REQUIRES_ENCRYPTION
                permissions |= Characteristic.Permissions.WRITE_REQUIRES_ENCRYPTION
            value = CharacteristicValue(read=self._reader(one.uuid), write=self._writer(one.uuid))
            self._characteristics[one.uuid] = Characteristic(_uuid(one.uuid), properties, permissions, value)
        return Service(_uuid(uuid), [self._characteristics[one.uuid] for one in described.characteristics])

    def _reader(self, uuid: str) -> Any:
        def read(_connection: Connection) -> bytes:
            if "read" not in self._properties(uuid):
                raise ATT_Error(ErrorCode.READ_NOT_PERMITTED)
            return self.model.read(uuid)

        return read

    def _writer(self, uuid: str) -> Any:
        def write(_connection: Connection, data: bytes) -> None:
            if {"write", "write-without-response"}.isdisjoint(self._properties(uuid)):
                raise ATT_Error(ErrorCode.WRITE_NOT_PERMITTED)
            self._waiting.extend(self.model.write(uuid, bytes(data), self._air.felt_s(self.controller)))

        return write

    def _properties(self, uuid: str) -> tuple[Property, ...]:
        return next(
            one.properties for service in self.model.services for one in service.characteristics if one.uuid == uuid
        )

    def _connected(self, connection: Connection) -> None:
        connection.on("disconnection", self._gone)

    def _gone(self, _reason: int) -> None:
        self._waiting.clear()
        self.model.disconnected()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._waiting.extend(self.model.advance(asyncio.get_running_loop().time()))
            while self._waiting:
                await self._notify(*self._waiting.popleft())

    async def _notify(self, uuid: str, value: bytes) -> None:
        for connection in list(self.device.connections.values()):
            if len(value) > connection.att_mtu - 3 and connection.att_mtu == ATT_DEFAULT_MTU:
                continue  # a host may subscribe before it asks for more: until then a device cannot send that
            if len(value) > connection.att_mtu - 3:
                raise ValueError(f"{self.model.name}: {len(value)} bytes do not fit into a notification of {uuid}")
            characteristic = self._characteristics[uuid]
            try:
                if "notify" in self._properties(uuid):
                    await self.device.notify_subscriber(connection, characteristic, value)
                else:
                    await self.device.indicate_subscriber(connection, characteristic, value)
            except (asyncio.CancelledError, TimeoutError):
                if connection in self.device.connections.values() or _cancelling():
                    raise  # this sensor is switched off, and not its link
            self.sent += 1


def _cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _uuid(text: str) -> UUID:
    return UUID(text[4:8] if text.endswith(_SHORT_TAIL) and text.startswith("0000") else text)


def _advertised(model: Emulated) -> tuple[bytes, bytes]:
    """Advertisement and scan response; both have 31 bytes at most, so the name may be in the second one."""
    entries: list[Any] = [data_types.Flags(AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE)]
    short = [_uuid(uuid) for uuid in model.advertised if uuid.endswith(_SHORT_TAIL)]
    full = [_uuid(uuid) for uuid in model.advertised if not uuid.endswith(_SHORT_TAIL)]
    if short:
        entries.append(data_types.CompleteListOf16BitServiceUUIDs(short))
    if full:
        entries.append(data_types.CompleteListOf128BitServiceUUIDs(full))
    entries += [data_types.ManufacturerSpecificData(company, data) for company, data in model.maker_data.items()]
    name = [data_types.CompleteLocalName(model.name)] if model.name else []
    whole = bytes(AdvertisingData([*entries, *name]))
    if len(whole) <= 31:
        return whole, b""
    return bytes(AdvertisingData(entries)), bytes(AdvertisingData(name))
