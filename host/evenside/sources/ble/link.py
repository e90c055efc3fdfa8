"""One connection to one device: operations in order, arrivals stamped in a bounded queue, a bounded end.

Notifications come through a plain function that stamps and appends, so that their order stays and an exception cannot
vanish. What finds no place is counted, and told to whoever reads. Operations are carried out by one task, one after the
other. The callback of a disconnection sets a flag and nothing else. What this never does: retry, decode, or believe
``is_connected``.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial

from bleak import BleakClient
from bleak.args.bluez import BlueZNotifyArgs
from bleak.backends.characteristic import BleakGATTCharacteristic

from evenside.devices import Heard, Identity, Read, SerialAt, Subscribe, WasRead, Wish, Write, uuid16
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.scanner import Sighting
from evenside.sources.ble.timings import BleTimings
from evenside.sources.ble.troubles import LinkLostError, asks_to_pair, words_of
from evenside.wire import GATT_CONTROL, GATT_STREAM

__all__ = ["BATTERY_LEVEL", "Arrival", "Link"]

Arrival = Heard | WasRead
BATTERY_LEVEL = uuid16(0x2A19)
_SERIAL, _MAKER, _MODEL, _FIRMWARE = (uuid16(number) for number in (0x2A25, 0x2A29, 0x2A24, 0x2A26))
_log = logging.getLogger("evenside.ble")


class Link:
    """Made by ``open``; belongs to one event loop."""

    def __init__(self, sighting: Sighting, timings: BleTimings, now_s: Callable[[], float]) -> None:
        self.sighting = sighting
        self.identity = Identity()
        self.dropped = 0  # notifications that found no place
        self.asks_to_pair = False  # something was refused for want of that
        self._timings, self._now_s = timings, now_s
        self._client: BleakClient | None = None
        self._characteristics: dict[str, BleakGATTCharacteristic] = {}
        self._arrivals: deque[Arrival] = deque()
        self._operations: deque[Wish] = deque()
        self._wake, self._asked = asyncio.Event(), asyncio.Event()
        self._acquired: frozenset[str] = frozenset()
        self._why = ""  # the link is lost
        self._worker: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, radio: Radio, sighting: Sighting, timings: BleTimings, now_s: Callable[[], float], *, pair: bool
    ) -> Link:
        """Connect. Raises LinkLostError where that fails; nothing is left behind then."""
        link = cls(sighting, timings, now_s)
        link._acquired = frozenset({GATT_STREAM, GATT_CONTROL}) if radio.acquire else frozenset()
        client = radio.client(sighting.device, link._gone, timings.connect_s, pair=pair)
        link._client = client
        try:
            async with asyncio.timeout(timings.connect_bound_s):
                await client.connect()
            for characteristic in client.services.characteristics.values():
                link._characteristics.setdefault(characteristic.uuid.lower(), characteristic)
        except Exception as error:
            await link.close()
            raise LinkLostError(f"it could not be connected: {words_of(error)}") from error
        except asyncio.CancelledError:
            await link.close()
            raise
        link._worker = asyncio.create_task(link._work())
        return link

    @property
    def characteristics(self) -> frozenset[str]:
        """Full UUIDs, lower case."""
        return frozenset(self._characteristics)

    @property
    def lost(self) -> bool:
        return bool(self._why)

    def max_write(self, uuid: str) -> int:
        """Bytes of one write without response; the MTU that some systems tell is not to be believed."""
        found = self._characteristics.get(uuid)
        return 20 if found is None else found.max_write_without_response_size

    @property
    def largest_write(self) -> int:
        """The same of whatever characteristic can be written."""
        sizes = [c.max_write_without_response_size for c in self._characteristics.values() if _writes(c)]
        return max(sizes, default=20)

    def notifies(self, uuid: str) -> bool:
        found = self._characteristics.get(uuid)
        return found is not None and not {"notify", "indicate"}.isdisjoint(found.properties)

    # --- operations at once, before anything else is under way --------------------------------------------------------

    async def identify(self, serial_at: SerialAt | None = None) -> Identity:
        """Who the device says it is; what it does not say stays empty. Raises LinkLostError."""
        words = {uuid: await self._text(uuid) for uuid in (_SERIAL, _MAKER, _MODEL, _FIRMWARE)}
        serial = words[_SERIAL]
        if not serial and serial_at is not None:
            serial = serial_at.parse(await self._optional(serial_at.uuid))
        advert = self.sighting.advert
        self.identity = Identity(
            serial or advert.name or self.sighting.address, words[_MAKER], words[_MODEL], words[_FIRMWARE]
        )
        return self.identity

    async def carry_out(self, wish: Wish) -> None:
        """One operation. Raises LinkLostError where it fails."""
        try:
            async with asyncio.timeout(self._timings.operation_s):
                await self._do(wish)
        except Exception as error:
            self.asks_to_pair |= asks_to_pair(error)
            raise LinkLostError(self._why or f"{_words(wish)}: {words_of(error)}") from error

    async def forget_services(self) -> None:
        """The system may keep a table of services that the device no longer has: let it read that anew next time."""
        try:
            async with asyncio.timeout(self._timings.operation_s):
                await self._open_client.unpair()
        except Exception as error:  # not every system can
            _log.debug("the services of %s are not forgotten: %r", self.sighting.address, error)

    # --- operations in order, and what arrives ------------------------------------------------------------------------

    def post(self, wish: Wish) -> float:
        """Have it carried out after what was posted before. Returns this moment, which is before that."""
        if len(self._operations) >= self._timings.operations_max:
            self._lose(f"{len(self._operations)} operations wait: it takes none")
        else:
            self._operations.append(wish)
            self._asked.set()
        return self._now_s()

    async def receive(self, patience_s: float) -> list[Arrival]:
        """What has arrived, oldest first; nothing after ``patience_s``.

        Raises LinkLostError once the link is lost and everything that came before was fetched.
        """
        if not self._arrivals and not self._why:
            self._wake.clear()
            handle = asyncio.get_running_loop().call_later(patience_s, self._wake.set)
            try:
                await self._wake.wait()
            finally:
                handle.cancel()
        arrivals = list(self._arrivals)
        self._arrivals.clear()
        if not arrivals and self._why:
            raise LinkLostError(self._why)
        return arrivals

    async def idle(self, patience_s: float) -> None:
        """Wait for what was posted, but not for long."""
        until_s = self._now_s() + patience_s
        while self._operations and not self._why and self._now_s() < until_s:
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        """End the link in bounded time; a system that does not let go of it is left alone."""
        self._lose("it was closed")
        if self._worker is not None:
            self._worker.cancel()
        try:
            async with asyncio.timeout(self._timings.teardown_s):
                await self._open_client.disconnect()
        except Exception as error:
            _log.debug("the link to %s did not end in order: %r", self.sighting.address, error)

    # --- within -------------------------------------------------------------------------------------------------------

    @property
    def _open_client(self) -> BleakClient:
        assert self._client is not None
        return self._client

    def _gone(self) -> None:
        self._lose("the connection was lost")

    def _lose(self, why: str) -> None:
        self._why = self._why or why
        self._wake.set()

    def _put(self, arrival: Arrival) -> None:
        if len(self._arrivals) >= self._timings.arrivals_max:
            self.dropped += 1
        else:
            self._arrivals.append(arrival)
        self._wake.set()

    def _heard(self, uuid: str, _: BleakGATTCharacteristic, data: bytearray) -> None:
        if data:  # an empty one says nothing, and some systems send it at the end of a link
            self._put(Heard(self._now_s(), uuid, bytes(data)))

    async def _work(self) -> None:
        """Carry out what was posted."""
        try:
            while True:
                while self._operations:
                    await self.carry_out(self._operations[0])
                    self._operations.popleft()
                self._asked.clear()
                await self._asked.wait()
        except LinkLostError as error:
            self._lose(str(error))

    async def _do(self, wish: Wish) -> None:
        client, characteristic = self._open_client, self._named(wish.uuid)
        match wish:
            case Subscribe():
                args = BlueZNotifyArgs(use_start_notify=wish.uuid not in self._acquired)
                await client.start_notify(characteristic, partial(self._heard, wish.uuid), bluez=args)
            case Read():
                data = await client.read_gatt_char(characteristic)
                self._put(WasRead(self._now_s(), wish.uuid, bytes(data)))
            case Write():
                at_once = "write-without-response" in characteristic.properties
                response = wish.response and "write" in characteristic.properties
                await client.write_gatt_char(characteristic, wish.data, response=response or not at_once)

    def _named(self, uuid: str) -> BleakGATTCharacteristic:
        found = self._characteristics.get(uuid)
        if found is None:
            raise LinkLostError(f"it has no characteristic {uuid}")
        return found

    async def _text(self, uuid: str) -> str:
        return (await self._optional(uuid)).decode(errors="replace").strip("\0 \t\r\n")

    async def _optional(self, uuid: str) -> bytes:
        """Of a characteristic that need not be there, and need not answer."""
        found = self._characteristics.get(uuid)
        if found is None or "read" not in found.properties:
            return b""
        try:
            async with asyncio.timeout(self._timings.operation_s):
                return bytes(await self._open_client.read_gatt_char(found))
        except Exception as error:
            if self._why:
                raise LinkLostError(self._why) from error
            return b""


def _writes(characteristic: BleakGATTCharacteristic) -> bool:
    return not {"write", "write-without-response"}.isdisjoint(characteristic.properties)


def _words(wish: Wish) -> str:
    return f"{type(wish).__name__.lower()} of {wish.uuid} failed"
