"""The way to Bluetooth: bleak, its backends given as types (None: those of the operating system), and the adapter.

What this never does: keep a scanner or a client, or decide when one is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.args.bluez import BlueZAdapterArgs, BlueZClientArgs, BlueZScannerArgs
from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementDataCallback, BaseBleakScanner

__all__ = ["Radio"]


@dataclass(frozen=True, slots=True)
class Radio:
    """``adapter_name``: as "hci1", on Linux; "" for the first one. ``acquire``: let notifications of our own nodes come
    through a socket of their own (AcquireNotify), which costs BlueZ half of what its signals on the bus cost.
    """

    scanner_backend: type[BaseBleakScanner] | None = None
    client_backend: type[BaseBleakClient] | None = None
    adapter_backend: type[BaseBleakAdapter] | None = None
    adapter_name: str = ""
    acquire: bool = False

    def scanner(self, advertised: AdvertisementDataCallback) -> BleakScanner:
        args = BlueZScannerArgs(adapter=self.adapter_name) if self.adapter_name else BlueZScannerArgs()
        return BleakScanner(advertised, bluez=args, backend=self.scanner_backend)

    def client(self, device: BLEDevice, gone: Callable[[], None], connect_s: float, *, pair: bool) -> BleakClient:
        """``gone`` is called when the link has ended, whoever ended it; it must do next to nothing."""
        args = BlueZClientArgs(adapter=self.adapter_name) if self.adapter_name else BlueZClientArgs()
        return BleakClient(
            device, lambda _: gone(), timeout=connect_s, pair=pair, bluez=args, backend=self.client_backend
        )

    async def connected_devices(self) -> list[BLEDevice]:
        """Devices that are connected already, as after a crash of this program; they advertise no longer.

        Raises whatever bleak raises where the system cannot tell.
        """
        if self.scanner_backend is not None and self.adapter_backend is None:
            return []
        args = BlueZAdapterArgs(adapter=self.adapter_name) if self.adapter_name else BlueZAdapterArgs()
        adapter = await BleakAdapter.get(bluez=args, backend=self.adapter_backend)
        return await adapter.get_connected_devices()
