"""``evdev://`` or ``evdev:///dev/input/event7``: a Wii Balance Board that the Linux driver hid-wiimote has found.

Strategy: the board is looked for until it is there, its events are handed to its codec, and what that finds becomes
blocks: its stamps are on the clock of the session, so nothing is estimated. A board that goes is told and looked for
again. What this never does: pair the board, which the system's Bluetooth settings do.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import numpy as np

from evenside.devices import Event, Found, Heard, Hopeless, Identity, Opened, Read, Said, Samples, Ticked, WasRead
from evenside.devices.wii_board import CLOCK, KIND
from evenside.errors import SourceError
from evenside.sources import LinkEvent, SourceItem, SourceRequest
from evenside.sources.evdev_device import EvdevDevice, InputDevice, find_input_device
from evenside_analysis.types import Block, Floats, Node

__all__ = ["open_evdev", "open_evdev_with"]

NAME = "Nintendo Wii Remote Balance Board"
TICK_S = 0.1
RETRY_S = 1.0
GATHER_S = 0.25


def open_evdev(request: SourceRequest, /) -> AbstractAsyncContextManager[AsyncIterator[SourceItem]]:
    """The nodes of ``request`` on the board that its URL names.

    Raises:
        SourceError: on entering, the nodes are not what a board can be, or the device may not be opened.
    """
    return open_evdev_with(request, _find)


def _find(target: str, serial: str) -> InputDevice | None:
    path = find_input_device(target, NAME, serial)
    if path is None:
        return None
    try:
        return EvdevDevice(path)
    except PermissionError as error:
        raise SourceError(
            f"{path}: may not be read", mend="add yourself to the group input, or let a udev rule give it to you"
        ) from error
    except OSError as error:
        if not path.exists():
            return None
        raise SourceError(
            f"{path} is no input device: {error.strerror}", mend="write evdev:// without a path"
        ) from error


@asynccontextmanager
async def open_evdev_with(
    request: SourceRequest, find: Callable[[str, str], InputDevice | None]
) -> AsyncIterator[AsyncIterator[SourceItem]]:
    """``open_evdev`` with another way to find the device of a path ("": any) and a serial number ("": any)."""
    source = _EvdevSource(request, find)
    try:
        source.look()
        yield source.items()
    finally:
        source.let_go()


class _EvdevSource:
    """The board over all its comings and goings."""

    def __init__(self, request: SourceRequest, find: Callable[[str, str], InputDevice | None]) -> None:
        self._request, self._find, self._now_s = request, find, request.now_s
        serials = {serial for serial in request.serials.values() if serial}
        others = {kind for kind in request.devices.values() if kind not in ("", KIND.id)}
        if len(serials) > 1 or others or not request.nodes:
            raise SourceError(
                f"evdev://{request.url.target} cannot be these nodes",
                mend=f'one board is two nodes with the same serial and device = "{KIND.id}"',
            )
        self._serial = next(iter(serials), "")
        self._streams = {node.id: _Rows(node) for node in request.nodes}
        self._state = KIND.codec.start(request.nodes)
        self._device: InputDevice | None = None
        self._readable = asyncio.Event()
        self._items: list[SourceItem] = []
        self._offset_us = 0
        self._retry_s = 0.0
        self._missing_told = False
        self._step(Opened(0.0, Identity(), 0, frozenset()))  # unfit nodes are refused at once
        self._items.clear()

    async def items(self) -> AsyncIterator[SourceItem]:
        while True:
            if self._device is None:
                await asyncio.sleep(TICK_S)
                self._wait()
            else:
                await self._listen(self._device)
            for stream in self._streams.values():
                self._items += stream.take()
            items, self._items = self._items, []
            for item in items:
                yield item

    def look(self) -> None:
        """Open the board if it is there. Raises SourceError where no waiting helps."""
        self._retry_s = self._now_s() + RETRY_S
        self._device = self._find(self._request.url.target, self._serial)
        if self._device is None:
            if not self._missing_told:
                self._missing_told = True
                self._tell("silent", "no Wii Balance Board is there: press its button, pair it with the system once")
            return
        self._missing_told = False
        self._offset_us = self._device.clock_us() - round(self._now_s() * 1e6)
        self._tell("connected", self._device.words)
        asyncio.get_running_loop().add_reader(self._device.fileno(), self._readable.set)
        self._step(Opened(self._now_s(), Identity(serial=self._device.serial), 0, frozenset()))

    def let_go(self) -> None:
        """Close the device."""
        device, self._device = self._device, None
        if device is not None:
            asyncio.get_running_loop().remove_reader(device.fileno())
            device.close()

    def _wait(self) -> None:
        for stream in self._streams.values():
            stream.silence(self._now_s())
        if self._now_s() >= self._retry_s:
            self.look()

    async def _listen(self, device: InputDevice) -> None:
        try:
            async with asyncio.timeout(TICK_S):
                await self._readable.wait()
        except TimeoutError:
            self._step(Ticked(self._now_s()))
            return
        self._readable.clear()
        try:
            while data := device.read():
                self._step(Heard(self._now_s(), "", data))
        except OSError as error:
            self.let_go()
            self._tell("lost", f"the board is gone: {error.strerror or error}")
            for stream in self._streams.values():
                stream.flush()

    def _step(self, event: Event) -> None:
        """Hand an event to the codec, and carry out what it wishes."""
        self._state, doings = KIND.codec.step(self._state, event)
        for doing in doings:
            match doing:
                case Read(uuid=uuid):
                    self._answer(uuid)
                case Samples() | Said() | Hopeless():
                    self._found(doing)

    def _answer(self, uuid: str) -> None:
        if self._device is None:
            return
        try:
            data = struct.pack("<q", self._offset_us) if uuid == CLOCK else self._device.axis(int(uuid[5:]))
        except OSError:  # it is gone, or tells its axes only by events
            return
        self._step(WasRead(self._now_s(), uuid, data))

    def _found(self, found: Found) -> None:
        match found:
            case Hopeless(why=why):
                raise SourceError(f"evdev://{self._request.url.target}: {why}")
            case Said(kind=kind, detail=detail, node=node):
                self._items.append(LinkEvent(node, self._now_s(), kind, detail))
            case Samples(node=node, values=values, device_us=device_us, lost=lost) if device_us is not None:
                self._streams[node].append((device_us - self._offset_us) / 1e6, values, lost)

    def _tell(self, kind: str, detail: str) -> None:
        self._items.append(LinkEvent("", self._now_s(), kind, detail))


class _Rows:
    """The samples of one node on their way to blocks; a loss and a silence become a row of NaN."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._rows: list[tuple[Floats, Floats]] = []
        self._blocks: list[Block] = []
        self._last_s = -np.inf

    def append(self, time_s: Floats, values: Floats, lost: bool) -> None:
        later = time_s > self._last_s
        if not later.any():
            return
        time_s, values = time_s[later], values[later]
        before_s = time_s[0] - 1.0 / self._node.rate_hz
        if lost and np.isfinite(self._last_s) and before_s > self._last_s:
            self._row_of_nothing(round(before_s * 1e6) / 1e6)
        self._rows.append((time_s, values))
        self._last_s = float(time_s[-1])
        if self._last_s - float(self._rows[0][0][0]) >= GATHER_S:
            self.flush()

    def silence(self, now_s: float) -> None:
        """Nothing can be heard: say so, once a second."""
        if np.isfinite(self._last_s) and now_s >= self._last_s + 1.0:
            self._row_of_nothing(round(now_s * 1e6) / 1e6)
            self.flush()

    def flush(self) -> None:
        """Complete the block at hand."""
        if self._rows:
            times, values = (np.concatenate(part) for part in zip(*self._rows, strict=True))
            self._blocks.append(Block(self._node.id, times, values, KIND.timing.error_s))
        self._rows = []

    def take(self) -> list[Block]:
        blocks, self._blocks = self._blocks, []
        return blocks

    def _row_of_nothing(self, time_s: float) -> None:
        self._rows.append((np.array([time_s]), np.full((1, len(self._node.channels)), np.nan)))
        self._last_s = time_s
