"""A device of another maker over any number of connections: carries out what its codec wishes, times what it finds.

Wishes go to the link in order, answers and notifications back to the codec in the order of their arrival. One device
may be several nodes, as pedals are; they share its clock. The battery is read from the standard service, whatever the
codec does. What this never does: know a maker, or ask twice for what was lost: these devices keep nothing.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import replace

from evenside.devices import (
    Closing,
    DeviceKind,
    Event,
    Hopeless,
    Level,
    Opened,
    Read,
    Said,
    Samples,
    Started,
    Subscribe,
    Ticked,
    Write,
)
from evenside.sources import LinkEvent, NodeStatus, SourceItem
from evenside.sources.ble.link import BATTERY_LEVEL, Link
from evenside.sources.ble.sample_stream import SampleStream, device_clock
from evenside.sources.ble.targets import Target
from evenside.sources.ble.timings import BleTimings
from evenside.sources.ble.troubles import LinkLostError, RefusedError
from evenside.sources.timekeeping import DeviceClock

__all__ = ["CodecSession"]

SILENT_PERIODS = 10
FLUSH_S = 0.15

_log = logging.getLogger("evenside.ble")


class CodecSession:
    """A ``Session`` of one device, with the node or nodes that it plays."""

    over = False  # such a device has no end

    def __init__(self, target: Target, kind: DeviceKind, timings: BleTimings, now_s: Callable[[], float]) -> None:
        self.connected = False
        self.steady_s = math.inf
        self.refusal = ""
        self._kind, self._timings, self._now_s = kind, timings, now_s
        self._nodes = {node.id: node for node in target.nodes}
        self._streams = {
            node.id: SampleStream(node, kind.timing, gather_s=timings.link.gather_s, settle_s=timings.settle_s)
            for node in target.nodes
        }
        self._state = kind.codec.start(target.nodes)
        self._clocks: dict[str, int] = {}  # which clock of the device each node is on, on this connection
        self._clock: tuple[int, DeviceClock] | None = None
        self._link: Link | None = None
        self._items: list[SourceItem] = []
        self._level = Level()
        self._firmware = ""
        self._heard_s = self._ticked_s = self._status_s = 0.0
        self._dropped = 0
        self._late_told = dict.fromkeys(self._nodes, 0)

    def take(self) -> list[SourceItem]:
        items, self._items = self._items, []
        return items

    def excuse(self, now_s: float) -> None:
        self._heard_s = max(self._heard_s, now_s)

    def tick(self, now_s: float) -> None:
        for stream in self._streams.values():
            stream.silence(now_s)
            stream.gathered(now_s)
        self._collect(now_s)

    async def open(self, link: Link) -> None:
        now_s = self._now_s()
        self._link, self._firmware = link, link.identity.firmware
        self._heard_s = now_s + max(0.0, self._timings.first_data_s - self._silence_s)
        self._ticked_s = now_s
        self._dropped = 0
        self._step(Opened(now_s, link.identity, link.largest_write, link.characteristics))
        if BATTERY_LEVEL in link.characteristics:
            link.post(Read(BATTERY_LEVEL))
            if link.notifies(BATTERY_LEVEL):
                link.post(Subscribe(BATTERY_LEVEL))

    async def converse(self, link: Link) -> None:
        for arrival in await link.receive(self._timings.link.tick_s):
            if arrival.uuid == BATTERY_LEVEL:
                self._battery(arrival.data)
            else:
                self._step(arrival)
        now_s = self._now_s()
        if now_s - self._ticked_s >= self._timings.codec_tick_s:
            self._ticked_s = now_s
            self._step(Ticked(now_s))
        self._tell_losses(link, now_s)
        self._collect(now_s)
        if now_s - self._heard_s > self._silence_s:
            raise LinkLostError(f"no data for {now_s - self._heard_s:.1f} s")

    def lost(self, why: str, now_s: float) -> None:
        for stream in self._streams.values():
            stream.cut()
        self._clocks, self._clock, self._link = {}, None, None
        self.steady_s = math.inf
        self._collect(now_s)

    async def leave(self, link: Link) -> None:
        self._step(Closing(self._now_s()))
        await link.idle(self._timings.link.reply_s)
        await asyncio.sleep(FLUSH_S)  # a link that ends at once would take the last write with it

    # --- the codec ----------------------------------------------------------------------------------------------------

    @property
    def _silence_s(self) -> float:
        slowest_s = max(1.0 / node.rate_hz for node in self._nodes.values())
        return max(self._kind.silence_s, SILENT_PERIODS * slowest_s)

    def _step(self, event: Event) -> None:
        try:
            self._state, doings = self._kind.codec.step(self._state, event)
        except Exception as error:  # a codec may come from anybody, and takes down nothing but its own link
            _log.exception("the codec of %s failed", self._kind.id)
            self._state = self._kind.codec.start(tuple(self._nodes.values()))
            raise LinkLostError(f"the codec of {self._kind.id} failed: {error!r}") from error
        for doing in doings:
            match doing:
                case Subscribe() | Read() | Write():
                    if self._link is not None:
                        self._link.post(doing)
                case Samples():
                    self._samples(doing)
                case Level():
                    self._leveled(doing)
                case Started():
                    self._say("connected", f"{self._who()}{', ' if doing.words else ''}{doing.words}")
                case Said():
                    self._say(doing.kind, doing.detail, doing.node)
                case Hopeless():
                    self.refusal = doing.why
                    raise RefusedError(doing.why)

    def _samples(self, samples: Samples) -> None:
        stream = self._streams.get(samples.node)
        if stream is None:
            return
        wanted = len(stream.node.channels)
        if samples.values.ndim != 2 or samples.values.shape[1] != wanted:
            raise LinkLostError(f"the codec of {self._kind.id} gave {samples.values.shape}, not {wanted} channels")
        begun = math.isfinite(self.steady_s)
        self._heard_s = max(self._heard_s, samples.arrived_s) if begun else samples.arrived_s
        self.steady_s = min(self.steady_s, samples.arrived_s)
        self.connected = True
        number = -1 if samples.device_us is None else samples.clock
        if self._clocks.get(samples.node) != number:
            self._clocks[samples.node] = number
            stream.begin(None if samples.device_us is None else self._clock_of(number), samples.arrived_s)
        stream.receive(samples)

    def _clock_of(self, number: int) -> DeviceClock:
        """The clock with this number; nodes of one device share it."""
        if self._clock is None or self._clock[0] != number:
            self._clock = number, device_clock(self._kind.timing)
        return self._clock[1]

    # --- what there is to tell ----------------------------------------------------------------------------------------

    def _battery(self, data: bytes) -> None:
        if data and data[0] <= 100:
            self._leveled(Level(battery_percent=float(data[0])))

    def _leveled(self, level: Level) -> None:
        """Keep what is known where this says nothing."""
        if not math.isnan(level.battery_percent):
            self._level = replace(self._level, battery_percent=level.battery_percent)
        if not math.isnan(level.temperature_c):
            self._level = replace(self._level, temperature_c=level.temperature_c)
        self._status_s = -math.inf

    def _collect(self, now_s: float) -> None:
        for node, stream in self._streams.items():
            self._items.extend(stream.take())
            if (late := stream.late_samples - self._late_told[node]) > 0:
                self._late_told[node] += late
                self._say("dropped", f"{late} samples came for a time that had passed", node)
        if self._link is not None and now_s - self._status_s >= self._timings.status_every_s:
            self._status_s = now_s
            self._items.extend(
                NodeStatus(
                    node,
                    now_s,
                    battery_percent=self._level.battery_percent,
                    temperature_c=self._level.temperature_c,
                    clock_error_s=stream.error_s,
                    firmware=self._firmware,
                )
                for node, stream in self._streams.items()
            )

    def _tell_losses(self, link: Link, now_s: float) -> None:
        if link.dropped > self._dropped:
            words = f"{link.dropped - self._dropped} notifications found no place: this computer is too slow"
            self._dropped = link.dropped
            for stream in self._streams.values():
                stream.missed()
            self._say("dropped", words)

    def _say(self, kind: str, detail: str, node: str = "") -> None:
        now_s = self._now_s()
        self._items.extend(LinkEvent(one, now_s, kind, detail) for one in ([node] if node else self._nodes))

    def _who(self) -> str:
        identity = self._link.identity if self._link is not None else None
        if identity is None:
            return self._kind.name
        model = " ".join(word for word in (identity.maker, identity.model) if word) or self._kind.name
        firmware = f", firmware {identity.firmware}" if identity.firmware else ""
        return f"{model} {identity.serial}{firmware}"
