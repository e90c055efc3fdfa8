"""bleak's client on a Bumble stack in this process: everything a host does, but for the operating system's own code.

It keeps bleak's contract as the real backends do: the callback tells of every end of the link, whoever ended it, errors
are bleak's, and an operation on a link that is gone fails at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bleak.args import SizedBuffer
from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bumble import core
from bumble.att import ATT_Error
from bumble.device import Connection, Peer
from bumble.hci import Address

from evenside.testing.bleak_scanner import uuid_text
from evenside.testing.central import Central

__all__ = ["CentralClient"]

_T = TypeVar("_T")


class CentralClient(BaseBleakClient):
    """To be subclassed with its ``central``: bleak makes it from the type alone."""

    central: Central

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        services: set[str] | None = None,
        *,
        disconnected_callback: Callable[[], None] | None = None,
        timeout: float = 30.0,
        **_: Any,
    ) -> None:
        super().__init__(address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout)
        found = address_or_ble_device.details if isinstance(address_or_ble_device, BLEDevice) else {}
        self._peer_address: Address | None = found.get("address")
        self._already: Connection | None = found.get("link")
        self._name = address_or_ble_device.name if isinstance(address_or_ble_device, BLEDevice) else None
        self._wanted = services
        self._connection: Connection | None = None
        self._peer: Peer | None = None
        self._subscribers: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        return self._name or self.address

    @property
    def mtu_size(self) -> int:
        return self._connection.att_mtu if self._connection else 23

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    # --- the life of a connection -------------------------------------------------------------------------------------

    async def connect(self, pair: bool, **_: Any) -> None:
        self.central.check()
        if self._connection is not None:
            raise BleakError("Client is already connected")
        if self._peer_address is None:
            raise BleakDeviceNotFoundError(self.address)
        async with asyncio.timeout(self._timeout):
            connection = self._already or await self._connected(self._peer_address)
            self._connection = connection
            connection.on("disconnection", self._disconnected)
            try:
                self._peer = Peer(connection)
                await self._peer.request_mtu(self.central.mtu)
                await self._secured(connection, pair)
                self.services = await self._discovered(self._peer)
            except BaseException as error:
                await self._given_up(connection)
                if isinstance(error, asyncio.CancelledError) and not _cancelling():
                    raise BleakError("disconnected during service discovery") from error
                raise

    async def _connected(self, address: Address) -> Connection:
        async with self.central.connecting:
            attempt = asyncio.ensure_future(self.central.device.connect(address))
            try:
                return await asyncio.shield(attempt)
            except asyncio.CancelledError:
                # The controller must no longer be initiating when the next one has its turn.
                await self.central.device.cancel_connection()  # type: ignore[no-untyped-call]
                with contextlib.suppress(Exception, asyncio.CancelledError):
                    await (await attempt).disconnect()
                raise
            except core.ConnectionError as error:
                raise BleakError(f"connection failed: {error}") from error

    async def _given_up(self, connection: Connection) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):
                await connection.disconnect()

    async def _discovered(self, peer: Peer) -> BleakGATTServiceCollection:
        table = BleakGATTServiceCollection()
        await peer.discover_services()
        named = [(proxy, uuid_text(proxy.uuid)) for proxy in peer.services]
        self.central.services[self.address] = frozenset(uuid for _, uuid in named)
        for proxy, uuid in named:
            if self._wanted and uuid not in self._wanted:
                continue
            service = BleakGATTService(proxy, proxy.handle, uuid)
            table.add_service(service)
            for found in await proxy.discover_characteristics():
                properties = list(gatt_char_props_to_strs(int(found.properties)))
                characteristic = BleakGATTCharacteristic(
                    found, found.handle, uuid_text(found.uuid), properties, lambda: self.mtu_size - 3, service
                )
                table.add_characteristic(characteristic)
                for descriptor in await found.discover_descriptors():
                    table.add_descriptor(
                        BleakGATTDescriptor(descriptor, descriptor.handle, uuid_text(descriptor.type), characteristic)
                    )
        return table

    def _disconnected(self, _reason: int) -> None:
        self._connection = self._peer = self.services = self._already = None
        self._subscribers.clear()
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.disconnect()

    async def _secured(self, connection: Connection, pair: bool) -> None:
        """A link to a device that was paired is encrypted at once, as systems do it."""
        try:
            if await self.central.keys.get(str(connection.peer_address)) is not None:
                await connection.encrypt()
            elif pair:
                await connection.pair()
        except core.ProtocolError as error:
            raise BleakError(f"pairing failed: {error}") from error

    async def pair(self, *_: Any, **__: Any) -> None:
        if self._connection is None:
            raise BleakError("Not connected")
        await self._secured(self._connection, pair=True)

    async def unpair(self) -> None:
        if self._peer_address is not None:
            await self.central.keys.delete(str(self._peer_address))
        await self.disconnect()

    # --- operations ---------------------------------------------------------------------------------------------------

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **_: Any
    ) -> bytearray:
        return bytearray(await self._att(self._linked.gatt_client.read_value(characteristic.obj)))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_: Any
    ) -> bytearray:
        return bytearray(await self._att(self._linked.gatt_client.read_value(descriptor.obj)))

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool) -> None:
        await self._att(self._linked.gatt_client.write_value(characteristic.obj, bytes(data), with_response=response))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        await self._att(self._linked.gatt_client.write_value(descriptor.obj, bytes(data), with_response=True))

    async def start_notify(self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: Any) -> None:
        def forward(value: bytes) -> None:
            callback(bytearray(value))

        self._subscribers[characteristic.handle] = forward
        await self._att(self._linked.gatt_client.subscribe(characteristic.obj, forward))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        forward = self._subscribers.pop(characteristic.handle, None)
        await self._att(self._linked.gatt_client.unsubscribe(characteristic.obj, forward))

    @property
    def _linked(self) -> Peer:
        self.central.check()
        if self._peer is None:
            raise BleakError("Not connected")
        return self._peer

    async def _att(self, operation: Awaitable[_T]) -> _T:
        try:
            return await operation
        except ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error
        except core.TimeoutError as error:  # the bearer is dead
            await self.disconnect()
            raise BleakError(str(error)) from error
        except asyncio.CancelledError:
            if _cancelling():
                raise
            # Bumble cancels what is under way when the link drops.
            raise BleakError("disconnected") from None


def _cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
