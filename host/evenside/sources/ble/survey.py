"""Which sensors are in reach over Bluetooth, of any maker: who they are, and what stands of them in evenside.toml.

It listens for a while, then connects to each device that looks like a sensor, one after the other, and asks who it is:
Device Information of all, HELLO and DESCRIBE of our own nodes. Nothing is started and nothing is changed. A device
that does not answer is told with what it advertised. What this never does: connect to a device of unknown kind, or
raise because there is no Bluetooth.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from evenside.devices import EVENSIDE, Advert, DeviceKind, Heard, Subscribe, Write, recognise
from evenside.sources.ble.link import Link
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.scanner import Sighting
from evenside.sources.ble.targets import NAME_PREFIX
from evenside.sources.ble.timings import BleTimings
from evenside.sources.ble.troubles import LinkLostError, words_of
from evenside.sources.found_toml import FoundTable
from evenside.sources.schema_book import SchemaBook, channels_of, scale_of
from evenside.wire import (
    GATT_CONTROL,
    GATT_SERVICE,
    Command,
    HelloReply,
    Op,
    Reply,
    Result,
    Schema,
    commands,
    decode_frame,
    encode_frame,
    side_of,
    site_of,
)
from evenside_analysis.types import Side, Site

__all__ = ["FoundDevice", "Survey", "survey", "tables_of"]

ASK_S = 6.0  # one of our own nodes has that long to answer all that it is asked
ASK_EVERY_S = 0.5
ADDRESSES_MAX = 4096


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """One sensor. ``kind``: "evenside", or that of another maker. ``problem``: why it was not asked, "" if it was."""

    address: str
    name: str
    rssi_dbm: int
    kind: str
    device: DeviceKind | None = None  # of another maker
    told_serial: str = ""
    firmware: str = ""
    side: Side | None = None
    site: Site | None = None
    rate_hz: float | None = None
    schemas: tuple[Schema, ...] = ()
    problem: str = ""

    @property
    def serial(self) -> str:
        """What evenside.toml names: serial number, else name, else address."""
        name = self.name.removeprefix(NAME_PREFIX) if self.kind == EVENSIDE else self.name
        return self.told_serial or name or self.address


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found, how many other devices advertised, and why Bluetooth cannot be used ("" where it can)."""

    devices: tuple[FoundDevice, ...]
    strangers: int = 0
    problem: str = ""


Progress = Callable[[str], None]


def _nobody_watches(_doing: str) -> None:
    """Progress nobody watches."""


async def survey(
    radio: Radio, *, patience_s: float, timings: BleTimings | None = None, progress: Progress = _nobody_watches
) -> Survey:
    """Listen for ``patience_s``, then ask who answers."""
    timings = timings or BleTimings()
    heard: dict[str, tuple[Sighting, int]] = {}
    try:
        await _listen(radio, timings, patience_s, heard)
    except Exception as error:  # the backends of many systems fail in many ways
        return Survey((), 0, _why_not(error))
    sensors = [(sighting, rssi_dbm) for sighting, rssi_dbm in heard.values() if _is_sensor(sighting.advert)]
    found = []
    for sighting, rssi_dbm in sorted(sensors, key=lambda one: -one[1]):
        device = _advertised(sighting, rssi_dbm)
        progress(f"asking {device.serial}")
        found.append(await _asked(radio, timings, sighting, device))
    return Survey(tuple(found), len(heard) - len(sensors))


async def _listen(radio: Radio, timings: BleTimings, patience_s: float, heard: dict[str, tuple[Sighting, int]]) -> None:
    def advertised(device: BLEDevice, data: AdvertisementData) -> None:
        before = heard[device.address][0].advert if device.address in heard else Advert()
        advert = Advert(
            data.local_name or device.name or before.name,
            before.services | {uuid.lower() for uuid in data.service_uuids},
            {**before.maker_data, **data.manufacturer_data},
        )
        if device.address in heard or len(heard) < ADDRESSES_MAX:
            heard[device.address] = Sighting(device, advert, time.monotonic(), 0.0), data.rssi

    scanner = radio.scanner(advertised)
    async with asyncio.timeout(timings.scan_start_s):
        await scanner.start()
    try:
        await asyncio.sleep(patience_s)
    finally:
        async with asyncio.timeout(timings.operation_s):
            await scanner.stop()


def _why_not(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return "the system's Bluetooth service (BlueZ over D-Bus) is not there"
    return words_of(error)


def _is_ours(advert: Advert) -> bool:
    return GATT_SERVICE in advert.services or advert.name.startswith(NAME_PREFIX)


def _is_sensor(advert: Advert) -> bool:
    return _is_ours(advert) or _recognised(advert) is not None


def _recognised(advert: Advert) -> DeviceKind | None:
    try:
        return recognise(advert)
    except Exception:  # a kind may come from anybody, and must not hide all others
        return None


def _advertised(sighting: Sighting, rssi_dbm: int) -> FoundDevice:
    advert, address = sighting.advert, sighting.address
    kind = None if _is_ours(advert) else _recognised(advert)
    return FoundDevice(address, advert.name, rssi_dbm, kind.id if kind else EVENSIDE, kind)


async def _asked(radio: Radio, timings: BleTimings, sighting: Sighting, found: FoundDevice) -> FoundDevice:
    pair = found.device is not None and found.device.bonds
    try:
        link = await Link.open(radio, sighting, timings, time.monotonic, pair=pair)
    except LinkLostError as error:
        return replace(found, problem=str(error))
    try:
        if found.device is None:
            return await _hello(link, found)
        identity = await link.identify(found.device.serial_at)
        return replace(found, told_serial=identity.serial, firmware=identity.firmware)
    except (LinkLostError, TimeoutError) as error:
        return replace(found, problem=words_of(error))
    finally:
        await link.close()


async def _hello(link: Link, found: FoundDevice) -> FoundDevice:
    """One of our own. Raises LinkLostError, and TimeoutError where it does not answer."""
    await link.carry_out(Subscribe(GATT_CONTROL))
    roll = _Roll()
    async with asyncio.timeout(ASK_S):
        while (question := roll.question()) is not None:
            link.post(Write(GATT_CONTROL, encode_frame(question)))
            for arrival in await link.receive(ASK_EVERY_S):
                if isinstance(arrival, Heard):
                    roll.receive(arrival.data)
    assert roll.hello is not None
    assert roll.book is not None
    hello = roll.hello
    return replace(
        found,
        told_serial=hello.serial,
        firmware=hello.firmware,
        side=side_of(hello.side),
        site=site_of(hello.site),
        rate_hz=round(1e6 / hello.period_us, 6) if hello.period_us else None,
        schemas=tuple(roll.book.offered()),
    )


class _Roll:
    """What a node has told of itself."""

    def __init__(self) -> None:
        self.hello: HelloReply | None = None
        self.book: SchemaBook | None = None
        self._token = 0

    def question(self) -> Command | None:
        """What to ask next, again where that was not answered; None once all is told."""
        self._token = (self._token + 1) & 0xFF
        if self.book is None:
            return commands.hello(self._token)
        unknown = self.book.unknown()
        return None if unknown is None else commands.describe(self._token, *unknown)

    def receive(self, data: bytes) -> None:
        frame = decode_frame(data)
        if not isinstance(frame, Reply):
            return
        if frame.op == Op.HELLO and frame.result == Result.OK and self.hello is None:
            hello = HelloReply.unpack(frame.data)
            if isinstance(hello, HelloReply):
                self.hello, self.book = hello, SchemaBook(hello)
        elif frame.op == Op.DESCRIBE and self.book is not None and frame.token == self._token:
            unknown = self.book.unknown()
            if unknown is not None:
                self.book.describe(unknown[0], frame)


def tables_of(found: FoundDevice, url: str = "ble://") -> list[FoundTable]:
    """What stands of it in evenside.toml: two nodes of a device that measures both sides, else one."""
    remark = f"{found.name or found.address} over Bluetooth, {found.rssi_dbm} dBm"
    if found.firmware:
        remark += f", firmware {found.firmware}"
    if found.device is None:
        table = FoundTable(
            remark,
            url,
            found.serial,
            channels_of(found.schemas),
            found.site,
            found.side,
            found.rate_hz,
            scale_of(found.schemas),
            device=EVENSIDE,
        )
        return [table]
    kind = found.device
    table = FoundTable(
        f"{kind.name}: {remark}",
        url,
        found.serial,
        kind.channels,
        kind.sites[0] if len(kind.sites) == 1 else None,
        rate_hz=kind.rates_hz[0] if kind.rates_hz else kind.usual_rate_hz,
        device=kind.id,
        gravity=kind.gravity,
        right_handed=kind.right_handed,
        sites=kind.sites if len(kind.sites) > 1 else (),
    )
    return [replace(table, side="left"), replace(table, side="right")] if kind.both_sides else [table]
