"""``ble://`` or ``ble://hci1``: all Bluetooth sensors of a session, of any maker.

Options of the URL: ``gather_s`` (0.25, the least span of a block), ``lateness_s`` (30, how old may be what one of our
own nodes sends again) and ``notify`` (``acquire``: on Linux, notifications of our own nodes cost half). Every node
names its device by serial number, name or address. Devices that are away, an adapter that was pulled, a Bluetooth
service that was restarted are events, not errors; the source ends only where every device is refused, or has given
all that it had.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace

from evenside.errors import SourceError
from evenside.sources import LinkEvent, SourceItem, SourceRequest
from evenside.sources.ble.outbox import Outbox
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.roster import Roster
from evenside.sources.ble.scanner import Scanner
from evenside.sources.ble.supervisor import Supervisor
from evenside.sources.ble.targets import targets_of
from evenside.sources.ble.timings import BleTimings

__all__ = ["open_ble", "open_ble_with"]

STALLED_S = 1.0  # a tick that comes so late found the whole program asleep


def open_ble(request: SourceRequest, /) -> AbstractAsyncContextManager[AsyncIterator[SourceItem]]:
    """The nodes of ``request`` over the adapter that its URL names, or the first one.

    Raises:
        SourceError: on entering, an option is wrong, a node names no device, or its kind cannot be what it is
            configured to be; from the iterator, where every device was refused before any sample came.
    """
    acquire = request.url.options.get("notify") == "acquire"
    radio = Radio(adapter_name=request.url.target, acquire=acquire)
    return open_ble_with(request, radio, BleTimings(), random.Random())


@asynccontextmanager
async def open_ble_with(
    request: SourceRequest, radio: Radio, timings: BleTimings, rng: random.Random
) -> AsyncIterator[AsyncIterator[SourceItem]]:
    """``open_ble`` over given backends, with given patience and chance."""
    source = _BleSource(request, radio, _with_options(request, timings), rng)
    source.begin()
    try:
        yield source.items()
    finally:
        await source.close()


def _with_options(request: SourceRequest, timings: BleTimings) -> BleTimings:
    given = request.url.options
    unknown = sorted(given.keys() - {"gather_s", "lateness_s", "notify"})
    odd = given.get("notify", "start") not in ("start", "acquire")
    if unknown or odd or not request.nodes:
        what = f"option {unknown[0]!r} of" if unknown else f"notify={given['notify']} of" if odd else "no node for"
        raise SourceError(
            f"{what} ble://{request.url.target}",
            mend="write ble:// or ble://hci1?gather_s=0.25&lateness_s=30&notify=start and give it nodes",
        )
    link = replace(
        timings.link,
        gather_s=_number(given.get("gather_s"), "gather_s", timings.link.gather_s, 60.0),
        lateness_s=_number(given.get("lateness_s"), "lateness_s", timings.link.lateness_s, 3600.0),
    )
    return replace(timings, link=link)


def _number(text: str | None, name: str, default: float, high: float) -> float:
    try:
        value = default if text is None else float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= high:
        raise SourceError(f"{name}={text} of a ble source", mend=f"write a number from 0 to {high:g}")
    return value


class _BleSource:
    """The tasks behind one source, and the one place where all that they tell comes out."""

    def __init__(self, request: SourceRequest, radio: Radio, timings: BleTimings, rng: random.Random) -> None:
        self._timings, self._now_s = timings, request.now_s
        self._outbox = Outbox()
        self._scanner = Scanner(radio, timings, self._now_s, self._tell)
        roster = Roster(timings.stranger_s)
        self._supervisors = [
            Supervisor(target, self._scanner, radio, roster, self._outbox, timings, self._now_s, rng, request.prompts)
            for target in targets_of(request)
        ]
        self._holding: list[asyncio.Task[None]] = []
        self._helping: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        self._helping = [self._task(self._scanner.run()), self._task(self._tick())]
        self._holding = [self._task(supervisor.run()) for supervisor in self._supervisors]

    async def items(self) -> AsyncIterator[SourceItem]:
        while True:
            for item in await self._outbox.take():
                yield item
            self._check()
            if all(task.done() for task in self._holding):
                break
        for supervisor in self._supervisors:
            supervisor.tick(self._now_s())
        self._outbox.wake()
        for item in await self._outbox.take():
            yield item

    async def close(self) -> None:
        """End everything: the devices first, all at once, each within the time of a teardown."""
        for tasks in (self._holding, self._helping):
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError, Exception):
                    await task

    def _task(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._outbox.wake())
        return task

    def _check(self) -> None:
        """Raises what a task failed with (a mistake of this program must not look like silence), and SourceError where
        every device was refused before any sample came.
        """
        for task in (*self._holding, *self._helping):
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error
        refusals = [supervisor.refusal for supervisor in self._supervisors if supervisor.refusal]
        if len(refusals) == len(self._supervisors) and not any(one.connected for one in self._supervisors):
            raise SourceError("every Bluetooth device was refused", mend="; ".join(refusals))

    async def _tick(self) -> None:
        """Let time pass for every device, in whatever state its link is."""
        before_s = self._now_s()
        while True:
            await asyncio.sleep(self._timings.link.tick_s)
            now_s = self._now_s()
            for supervisor in self._supervisors:
                if now_s - before_s >= STALLED_S:
                    supervisor.excuse(now_s)
                if not self._outbox.full:
                    supervisor.tick(now_s)
            before_s = now_s

    def _tell(self, kind: str, detail: str) -> None:
        self._outbox.put([LinkEvent("", self._now_s(), kind, detail)])
