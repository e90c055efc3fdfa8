"""bleak's scanner and adapter on a Bumble stack in this process."""

from __future__ import annotations

from typing import Any

from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback, BaseBleakScanner
from bleak.uuids import normalize_uuid_str
from bumble.core import UUID, AdvertisingData
from bumble.device import Advertisement

from evenside.testing.central import Central

__all__ = ["CentralAdapter", "CentralScanner", "uuid_text"]

_SERVICE_LISTS = (
    AdvertisingData.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
)


def uuid_text(uuid: UUID) -> str:
    """As bleak writes it: in full, lower case."""
    return normalize_uuid_str(uuid.to_hex_str("-").lower())


class CentralScanner(BaseBleakScanner):
    """To be subclassed with its ``central``: bleak makes it from the type alone."""

    central: Central

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        scanning_mode: str,
        **_: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        self.seen_devices = {}
        await self.central.listen(self._advertised)

    async def stop(self) -> None:
        await self.central.deafen(self._advertised)

    def _advertised(self, advertisement: Advertisement) -> None:
        told = advertisement.data
        groups: list[Any] = [group for kind in _SERVICE_LISTS for group in told.get_all(kind)]
        uuids = [uuid_text(uuid) for group in groups for uuid in group]
        name: Any = told.get(AdvertisingData.COMPLETE_LOCAL_NAME) or told.get(AdvertisingData.SHORTENED_LOCAL_NAME)
        maker: list[Any] = told.get_all(AdvertisingData.MANUFACTURER_SPECIFIC_DATA)
        address = advertisement.address.to_string(False)
        data = AdvertisementData(
            local_name=name,
            manufacturer_data={int(company): value for company, value in maker},
            service_data={},
            service_uuids=uuids,
            tx_power=told.get(AdvertisingData.TX_POWER_LEVEL),
            rssi=advertisement.rssi,
            platform_data=(advertisement,),
        )
        if name:
            self.central.names[address] = name
        device = self.create_or_update_device(address, address, name, {"address": advertisement.address}, data)
        if self.is_allowed_uuid(uuids):
            self.call_detection_callbacks(device, data)


class CentralAdapter(BaseBleakAdapter):
    """The devices that are connected without a scan. To be subclassed with its ``central``."""

    central: Central

    @classmethod
    async def get(cls, **_: Any) -> CentralAdapter:
        cls.central.check()
        return cls()

    async def get_connected_devices(self, service_uuids: frozenset[str]) -> list[BLEDevice]:
        """Those that have any of ``service_uuids``, as far as it is known here."""
        links = {link.peer_address.to_string(False): link for link in self.central.device.connections.values()}
        return [
            BLEDevice(
                address,
                self.central.names.get(address),
                {"address": link.peer_address, "link": link, "props": {"UUIDs": sorted(self._services(address))}},
            )
            for address, link in links.items()
            if not service_uuids.isdisjoint(self._services(address))
        ]

    def _services(self, address: str) -> frozenset[str]:
        return self.central.services.get(address, frozenset())
