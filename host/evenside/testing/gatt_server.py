"""From the description of an emulated device to what Bumble needs: its GATT server, and the host that advertises it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bumble import data_types
from bumble.att import ATT_Error, ErrorCode
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address
from bumble.transport.common import TransportSink, TransportSource

from evenside.testing.emulators import model as described

__all__ = ["gatt_services", "host_of"]

ADVERTISING_MS = 100
Reader = Callable[[str], bytes]
Writer = Callable[[str, bytes], None]

_PROPERTIES = {
    "read": Characteristic.Properties.READ,
    "write": Characteristic.Properties.WRITE,
    "write-without-response": Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
    "notify": Characteristic.Properties.NOTIFY,
    "indicate": Characteristic.Properties.INDICATE,
}
_WRITES = frozenset({"write", "write-without-response"})


def gatt_services(
    services: Sequence[described.Service], read: Reader, write: Writer
) -> tuple[list[Service], dict[str, Any], frozenset[str]]:
    """Services, their characteristics by UUID, and those that are indicated rather than notified.

    ``read`` may raise KeyError for what has no value.
    """
    made: dict[str, Any] = {}
    found = []
    for service in services:
        for one in service.characteristics:
            made[one.uuid] = _characteristic(one, read, write)
        found.append(Service(UUID(service.uuid), [made[one.uuid] for one in service.characteristics]))
    indicated = (
        one.uuid
        for service in services
        for one in service.characteristics
        if "indicate" in one.properties and "notify" not in one.properties
    )
    return found, made, frozenset(indicated)


def _characteristic(one: described.Characteristic, read: Reader, write: Writer) -> Any:
    properties = Characteristic.Properties(0)
    for word in one.properties:
        properties |= _PROPERTIES[word]

    # Bumble's server enforces no property: what may not be read must say so, or the reader waits half a minute.
    def is_read(_connection: Connection) -> bytes:
        if "read" not in one.properties:
            raise ATT_Error(ErrorCode.READ_NOT_PERMITTED)
        try:
            return read(one.uuid)
        except KeyError as error:
            raise ATT_Error(ErrorCode.UNLIKELY_ERROR) from error

    def is_written(_connection: Connection, data: bytes) -> None:
        if _WRITES.isdisjoint(one.properties):
            raise ATT_Error(ErrorCode.WRITE_NOT_PERMITTED)
        write(one.uuid, bytes(data))

    permissions = Characteristic.Permissions.READABLE | Characteristic.Permissions.WRITEABLE
    return Characteristic(UUID(one.uuid), properties, permissions, CharacteristicValue(is_read, is_written))


def host_of(model: described.Emulated, address: str, source: TransportSource, sink: TransportSink) -> Device:
    """A host with this address, whose controller is at ``source`` and ``sink``."""
    configuration = DeviceConfiguration(
        name=model.name,
        address=Address(address),
        advertising_interval_min=ADVERTISING_MS,
        advertising_interval_max=ADVERTISING_MS,
    )
    host = Device.from_config_with_hci(configuration, source, sink)
    host.advertising_data = _advertising_data(model)
    return host


def _advertising_data(model: described.Emulated) -> bytes:
    """In one piece, which extended advertising has room for."""
    flags = AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE | AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
    said: list[Any] = [data_types.Flags(flags)]
    short = [uuid for uuid in model.advertised if uuid == described.sig(int(uuid[4:8], 16))]
    long = [uuid for uuid in model.advertised if uuid not in short]
    if short:
        said.append(data_types.CompleteListOf16BitServiceUUIDs([UUID(uuid[4:8]) for uuid in short]))
    if long:
        said.append(data_types.CompleteListOf128BitServiceUUIDs([UUID(uuid) for uuid in long]))
    if model.name:
        said.append(data_types.CompleteLocalName(model.name))
    said += [data_types.ManufacturerSpecificData(maker, data) for maker, data in model.maker_data.items()]
    return bytes(AdvertisingData(said))
