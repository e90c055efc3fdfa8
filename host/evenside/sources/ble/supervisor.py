"""One device, held for days: found, connected, verified, streaming, and all of it again whatever happened.

    SCAN -> CONNECT -> VERIFY -> SUBSCRIBE -> (its session: SYNC, START, STREAM) -> TEARDOWN -> wait -> SCAN …

Each step is bounded in time, each change is told. A device that was only suspected to be ours and is not is left alone
for a while. The wait between two attempts doubles up to half a minute and begins anew after a minute of good data.
What this never does: decode anything, or bridge the time in which nothing is heard; its session tells that time.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from evenside.devices import DeviceKind
from evenside.errors import SourceError
from evenside.sources import LinkEvent, SourceItem
from evenside.sources.ble.codec_session import CodecSession
from evenside.sources.ble.link import Link
from evenside.sources.ble.node_session import NodeSession
from evenside.sources.ble.outbox import Outbox
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.roster import Roster
from evenside.sources.ble.scanner import Scanner, Sighting
from evenside.sources.ble.session import Session
from evenside.sources.ble.targets import Fit, Target, check_channels, fit, is_target, kind_of
from evenside.sources.ble.timings import BleTimings
from evenside.sources.ble.troubles import LinkLostError, RefusedError, StrangerError
from evenside.sources.link_timings import backoff_s
from evenside.sources.prompts import Prompts
from evenside.wire import GATT_STREAM

__all__ = ["Supervisor"]

_log = logging.getLogger("evenside.ble")


class Supervisor:
    """Of one target. ``run`` is its task; ``tick`` is called from outside, so that time passes in every state."""

    def __init__(
        self,
        target: Target,
        scanner: Scanner,
        radio: Radio,
        roster: Roster,
        outbox: Outbox,
        timings: BleTimings,
        now_s: Callable[[], float],
        rng: random.Random,
        prompts: Prompts | None = None,
    ) -> None:
        self.target = target
        self._prompts = prompts
        self.session: Session | None = None
        self._scanner, self._radio, self._roster, self._outbox = scanner, radio, roster, outbox
        self._timings, self._now_s, self._rng = timings, now_s, rng
        self._failures = 0
        self._searching_told = False
        self._recovers = True  # an earlier run may have left it connected
        self._pairs = False  # the device refused what an unpaired host asked

    @property
    def refusal(self) -> str:
        """Why nothing can come of this device; "" while there is hope."""
        return self._refusal or (self.session.refusal if self.session is not None else "")

    _refusal = ""

    @property
    def connected(self) -> bool:
        """Samples were under way once at least."""
        return self.session is not None and self.session.connected

    def tick(self, now_s: float) -> None:
        if self.session is not None:
            self.session.tick(now_s)
            self._outbox.put(self.session.take())

    def excuse(self, now_s: float) -> None:
        if self.session is not None:
            self.session.excuse(now_s)

    async def run(self) -> None:
        """Until the device has nothing more to give, or cannot be what is configured."""
        while not (self.session is not None and self.session.over):
            sighting = await self._find()
            try:
                with self._roster.taking(sighting.address) as free:
                    if free:
                        await self._hold(sighting)
            except StrangerError as error:
                self._roster.add(sighting.address, error.serial, self._now_s())
                self._tell("note", f"{sighting.address} is not {self.target.words}: {error}")
            except RefusedError as error:
                self._refusal = str(error)
                self._tell("refused", str(error))
                if self.session is None or self.session.refusal:
                    return
                await asyncio.sleep(self._timings.link.backoff_max_s)  # another connection may be given more
            except LinkLostError:
                self._failures += 1
                await asyncio.sleep(backoff_s(self._timings.link, self._failures, self._rng))

    # --- SCAN ---------------------------------------------------------------------------------------------------------

    async def _find(self) -> Sighting:
        """The device, as soon as it can be connected to. Told once, however long it takes."""
        if (sighting := await self._left_connected()) is not None:
            return sighting
        if not self._searching_told:
            self._searching_told = True
            self._tell("note", f"looking for {self.target.words}")
        return await self._scanner.find(self._wants)

    async def _left_connected(self) -> Sighting | None:
        """One that is connected already, as after a crash of this program: such a device does not advertise.

        Those that only look like it are asked too, but in the beginning alone: another program may hold them.
        """
        told = [one for one in await self._scanner.connected_devices() if not self._shunned(one)]
        for wanted in (Fit.YES, Fit.PROBE) if self._recovers else (Fit.YES,):
            for sighting in told:
                if fit(self.target, sighting, self._roster.known) is wanted:
                    return sighting
        self._recovers = False
        return None

    def _wants(self, sighting: Sighting) -> bool:
        if self._shunned(sighting):
            return False
        match fit(self.target, sighting, self._roster.known):
            case Fit.YES:
                return True
            case Fit.PROBE:
                return sighting.known_s >= self._timings.probe_s
            case _:
                return False

    def _shunned(self, sighting: Sighting) -> bool:
        return self._roster.shunned(sighting.address, self.target.serial, self._now_s())

    # --- CONNECT to TEARDOWN ------------------------------------------------------------------------------------------

    async def _hold(self, sighting: Sighting) -> None:
        """From a sighting to the end of its link. Raises LinkLostError, StrangerError, RefusedError."""
        kind = kind_of(self.target, sighting.advert)
        try:
            async with self._scanner.connecting():
                if self._now_s() - sighting.at_s > self._timings.stale_s:
                    return  # others connected meanwhile: who knows whether it is still there
                pair = self._pairs or (kind is not None and kind.bonds)
                link = await Link.open(self._radio, sighting, self._timings, self._now_s, pair=pair)
        except LinkLostError as error:
            self._tell("lost", f"{self.target.words} at {sighting.address}: {error}")
            raise
        try:
            self._searching_told = False
            session = await self._verify(link, kind)
            await session.open(link)
            self._refusal = ""
            await self._stream(session, link)
        except LinkLostError as error:
            self._lost(str(error))
            raise
        except asyncio.CancelledError:
            await self._leave(link)
            raise
        except (StrangerError, RefusedError) as error:
            self._ended(str(error))
            raise
        finally:
            if link.asks_to_pair and not self._pairs:
                self._pairs = True
                self._tell("note", f"{self.target.words} wants to be paired: the next connection does that")
            await link.close()

    async def _verify(self, link: Link, kind: DeviceKind | None) -> Session:
        """That the device is the one, and what it speaks."""
        ours = GATT_STREAM in link.characteristics
        if not ours or kind is not None:
            identity = await link.identify(kind.serial_at if kind is not None else None)
            advert, address = link.sighting.advert, link.sighting.address
            if not is_target(self.target, identity, advert, address):
                raise StrangerError(identity.serial)
            words = " ".join(word for word in (identity.maker, identity.model, identity.firmware) if word)
            self._tell("note", f"{identity.serial} at {address} is {self.target.words}{': ' if words else ''}{words}")
        else:
            self._tell("note", f"{link.sighting.address} is asked whether it is {self.target.words}")
        if self.session is None:
            self.session = self._made(kind, ours=ours)
        return self.session

    def _made(self, kind: DeviceKind | None, *, ours: bool) -> Session:
        if kind is None and ours:
            return NodeSession(self.target, self._timings, self._now_s, self._rng, self._prompts)
        if kind is None:
            raise LinkLostError("it does not show what kind of device it is; `device` of its node can name it")
        try:
            check_channels(kind, list(self.target.nodes))
        except SourceError as error:
            raise RefusedError(str(error)) from error
        return CodecSession(self.target, kind, self._timings, self._now_s)

    async def _stream(self, session: Session, link: Link) -> None:
        while not session.over:
            if self._outbox.full:
                await self._outbox.room()
                session.excuse(self._now_s())
            await session.converse(link)
            if self._now_s() - session.steady_s >= self._timings.link.good_s:
                self._failures = 0
            self._outbox.put(session.take())

    def _lost(self, why: str) -> None:
        self._tell("lost", f"{self.target.words}: {why}")
        self._ended(why)

    def _ended(self, why: str) -> None:
        if self.session is not None:
            self.session.lost(why, self._now_s())
            self._outbox.put(self.session.take())

    async def _leave(self, link: Link) -> None:
        """The host goes."""
        if self.session is not None and not link.lost:
            try:
                async with asyncio.timeout(self._timings.link.reply_s):
                    await self.session.leave(link)
            except Exception as error:  # it was a courtesy
                _log.debug("%s could not be told to stop: %r", self.target.words, error)

    def _tell(self, kind: str, detail: str) -> None:
        now_s = self._now_s()
        items: list[SourceItem] = [LinkEvent(node.id, now_s, kind, detail) for node in self.target.nodes]
        self._outbox.put(items)
