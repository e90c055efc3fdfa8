"""The one owner of the scanner, and the lock under which connections are made, one at a time.

It scans only while somebody looks for a device and nobody connects: two operations at once are what Bluetooth stacks
answer with "in progress". A scan that hears nothing at all is begun anew, because nothing else tells that an adapter
was pulled and put back, or that scanning has silently stopped. An adapter that is not there is an event, told once, and
tried again. What this never does: connect, or remember a device for longer than a scan.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from evenside.devices import Advert
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.timings import BleTimings
from evenside.sources.ble.troubles import words_of

__all__ = ["Scanner", "Sighting"]

ADDRESSES_MAX = 1024
_log = logging.getLogger("evenside.ble")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A device that can be connected to now. ``known_s``: for how long this scan has been hearing it."""

    device: BLEDevice
    advert: Advert
    at_s: float
    known_s: float

    @property
    def address(self) -> str:
        return self.device.address


Wants = Callable[[Sighting], bool]


class Scanner:
    """Of one adapter. ``run`` is its task; everything belongs to one event loop."""

    def __init__(
        self, radio: Radio, timings: BleTimings, now_s: Callable[[], float], tell: Callable[[str, str], None]
    ) -> None:
        """``tell`` takes the kind and the words of an event that concerns the whole source."""
        self._radio, self._timings, self._now_s, self._tell = radio, timings, now_s, tell
        self._looking: dict[asyncio.Future[Sighting], Wants] = {}
        self._lock = asyncio.Lock()
        self._connecting = False
        self._changed, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()
        self._seen: dict[str, tuple[Advert, float]] = {}  # of this scan, by address; since when
        self._heard_s = 0.0
        self._silent_since_s: float | None = None
        self._trouble = ""

    # --- for supervisors ----------------------------------------------------------------------------------------------

    async def find(self, wants: Wants) -> Sighting:
        """The next advertisement of a device that is wanted."""
        found: asyncio.Future[Sighting] = asyncio.get_running_loop().create_future()
        self._looking[found] = wants
        self._changed.set()
        try:
            return await found
        finally:
            del self._looking[found]
            self._changed.set()

    @asynccontextmanager
    async def connecting(self) -> AsyncIterator[None]:
        """Nobody else connects, and nobody scans."""
        async with self._lock:
            self._connecting = True
            self._changed.set()
            try:
                await self._idle.wait()
                yield
            finally:
                self._connecting = False
                self._changed.set()

    async def connected_devices(self) -> list[Sighting]:
        """Devices that are connected already. Empty where the system does not tell."""
        try:
            async with asyncio.timeout(self._timings.operation_s):
                devices = await self._radio.connected_devices()
        except Exception as error:  # the backends of many systems fail in many ways
            _log.debug("connected devices are not told: %r", error)
            return []
        return [
            Sighting(device, Advert(device.name or "", _services_of(device)), self._now_s(), 0.0) for device in devices
        ]

    # --- the owner ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Scan whenever that is needed, for ever."""
        while True:
            await self._until(needed=True)
            self._idle.clear()
            try:
                await self._scan()
            except Exception as error:  # as above; whatever it is, it is told and tried again
                self._troubled(words_of(error))
                self._idle.set()
                await asyncio.sleep(self._timings.scan_retry_s)
            finally:
                self._idle.set()

    @property
    def _needed(self) -> bool:
        return bool(self._looking) and not self._connecting

    async def _until(self, *, needed: bool) -> None:
        while self._needed != needed:
            self._changed.clear()
            await self._changed.wait()

    async def _scan(self) -> None:
        self._seen.clear()
        scanner = self._radio.scanner(self._advertised)
        try:
            async with asyncio.timeout(self._timings.scan_start_s):
                await scanner.start()
            self._heard_s = self._now_s()
            if self._trouble:
                self._trouble = ""
                self._tell("note", "the Bluetooth adapter works again")
            await self._listen()
        finally:
            await self._stop(scanner)

    async def _listen(self) -> None:
        """Until nobody looks any more, or nothing was heard for too long."""
        while True:
            left_s = self._heard_s + self._timings.scan_silence_s - self._now_s()
            try:
                async with asyncio.timeout(max(left_s, 0.0)):
                    await self._until(needed=False)
                    return
            except TimeoutError:
                if self._now_s() - self._heard_s >= self._timings.scan_silence_s:
                    self._nothing_heard()
                    return

    async def _stop(self, scanner: BleakScanner) -> None:
        try:
            async with asyncio.timeout(self._timings.operation_s):
                await scanner.stop()
        except Exception as error:  # an adapter that is gone cannot be told to stop
            _log.debug("a scan did not end in order: %r", error)

    def _advertised(self, device: BLEDevice, data: AdvertisementData) -> None:
        self._heard_s = self._now_s()
        self._silent_since_s = None
        before, since_s = self._seen.get(device.address, (Advert(), self._heard_s))
        advert = Advert(
            data.local_name or device.name or before.name,
            before.services | {uuid.lower() for uuid in data.service_uuids},
            {**before.maker_data, **data.manufacturer_data},
        )
        if len(self._seen) >= ADDRESSES_MAX:
            self._seen.clear()
        self._seen[device.address] = advert, since_s
        sighting = Sighting(device, advert, self._heard_s, self._heard_s - since_s)
        for found, wants in list(self._looking.items()):
            if not found.done() and wants(sighting):
                found.set_result(sighting)

    def _nothing_heard(self) -> None:
        since_s = self._heard_s if self._silent_since_s is None else self._silent_since_s
        told = self._heard_s - since_s >= self._timings.scan_told_s
        self._silent_since_s = since_s
        if self._now_s() - since_s >= self._timings.scan_told_s and not told:
            self._tell("silent", f"no Bluetooth device was heard for {self._now_s() - since_s:.0f} s")

    def _troubled(self, words: str) -> None:
        if words != self._trouble:
            self._trouble = words
            self._tell("lost", f"Bluetooth cannot be used: {words}; `evenside doctor` tells what is missing")


def _services_of(device: BLEDevice) -> frozenset[str]:
    """What BlueZ knows of a connected device; other systems do not tell."""
    details: object = device.details
    props = details.get("props") if isinstance(details, Mapping) else None
    found = props.get("UUIDs", ()) if isinstance(props, Mapping) else ()
    return frozenset(str(uuid).lower() for uuid in found)
