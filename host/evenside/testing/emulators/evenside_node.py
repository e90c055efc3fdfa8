"""An evenside node as firmware/WIRE.md has it: ``wire.NodeModel`` behind the GATT service, with a clock of its own.

Samples are taken from a signal, at whole periods of the node's clock, whether or not anybody listens; what was not
heard waits in the ring. ``rebooted`` makes the node that follows a reset: the same device, another boot, another zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from evenside.testing.emulators.model import BATTERY, Characteristic, Note, Service, identity
from evenside.wire import (
    GATT_CONTROL,
    GATT_SERVICE,
    GATT_STREAM,
    ClockKind,
    NodeModel,
    NodeSettings,
    Schema,
    SchemaChannel,
    Vitals,
)
from evenside_analysis.types import Floats, Side, Site

__all__ = ["NodeEmulator", "NodeMake", "NodeSignal"]

NodeSignal = Callable[[Floats], Floats]
"""Values (n, channels) in SI units at true moments (n,) in seconds since the node was made."""

_REPLIES = (3, 4)  # kinds of frames that leave over the control characteristic
ATT_HEADER_BYTES = 3


@dataclass(frozen=True, slots=True)
class NodeMake:
    """A node as it is bought. ``ppm``: how fast its clock is; ``offset_s``: its reading at its first moment.

    ``interval_s``: the connection interval that it will report.
    """

    serial: str
    channels: tuple[SchemaChannel, ...]
    rate_hz: float = 100.0
    side: Side | None = None
    site: Site | None = None
    ppm: float = 0.0
    offset_s: float = 0.0
    ring_bytes: int = 65_536
    interval_s: float = 0.015
    mtu: int = 247
    battery_percent: int = 90
    boot_id: int = 1


class NodeEmulator:
    """One boot of a node. ``taken`` counts the samples that it has taken."""

    maker_data: Mapping[int, bytes] = {}
    advertised: tuple[str, ...] = (GATT_SERVICE,)

    def __init__(self, make: NodeMake, signal: NodeSignal) -> None:
        self.make, self.signal, self.taken = make, signal, 0
        self.name = f"evenside-{make.serial}"
        self._identified = identity(
            maker="evenside",
            model="emulated node",
            serial=make.serial,
            firmware="emulated",
            battery_percent=make.battery_percent,
        )
        self.services = (
            Service(
                GATT_SERVICE,
                (
                    Characteristic(GATT_STREAM, ("notify",)),
                    Characteristic(GATT_CONTROL, ("write", "write-without-response", "notify")),
                ),
            ),
            *self._identified.services,
        )
        settings = NodeSettings(
            serial=make.serial,
            boot_id=make.boot_id,
            schemas=(Schema.of(130, list(make.channels)),),
            period_us=round(1e6 / make.rate_hz),
            firmware="emulated",
            side=make.side,
            site=make.site,
            clock_kind=ClockKind.OWN,
            frame_bytes=make.mtu - ATT_HEADER_BYTES,
            ring_bytes=make.ring_bytes,
            slot_us=max(1, round(1e6 * make.interval_s)),
        )
        self.model = NodeModel(settings)
        self.model.vitals = Vitals(
            battery_percent=make.battery_percent,
            connection_interval_ms=1e3 * make.interval_s,
            supervision_timeout_ms=4000,
        )
        self._began_s: float | None = None
        self._next = 0  # number of the next sample, since the clock was 0

    def rebooted(self) -> NodeEmulator:
        """The node after a reset."""
        return NodeEmulator(replace(self.make, boot_id=self.make.boot_id + 1, offset_s=0.0), self.signal)

    def device_us(self, now_s: float) -> int:
        """What its clock reads."""
        began_s = now_s if self._began_s is None else self._began_s
        return round(1e6 * (self.make.offset_s + (now_s - began_s) * (1.0 + 1e-6 * self.make.ppm)))

    def true_s(self, device_us: float) -> float:
        """When its clock read that: on the clock that ``advance`` was told."""
        assert self._began_s is not None
        return self._began_s + (1e-6 * device_us - self.make.offset_s) / (1.0 + 1e-6 * self.make.ppm)

    # --- what the radio asks ------------------------------------------------------------------------------------------

    def read(self, uuid: str) -> bytes:
        if uuid == BATTERY:
            return bytes([self.make.battery_percent])
        return self._identified.values[uuid]

    def write(self, uuid: str, data: bytes, now_s: float) -> list[Note]:
        self._begin(now_s)
        if uuid == GATT_CONTROL:
            self.model.receive(data, self.device_us(now_s))
        return self._sent(now_s)

    def advance(self, now_s: float) -> list[Note]:
        self._begin(now_s)
        period_us = self.model.sampler.period_us
        if self.model.sampling:
            numbers = np.arange(self._next, self.device_us(now_s) // period_us + 1)
            if numbers.size:
                device_us = numbers * period_us
                self.model.sample(device_us, self.signal(self._since_made_s(device_us.astype(np.float64))))
                self.taken += numbers.size
        self._next = self.device_us(now_s) // period_us + 1
        return self._sent(now_s)

    def disconnected(self) -> None:
        self.model.link_lost()

    def _begin(self, now_s: float) -> None:
        if self._began_s is None:
            self._began_s = now_s
            self._next = self.device_us(now_s) // self.model.sampler.period_us + 1

    def _since_made_s(self, device_us: Floats) -> Floats:
        return np.asarray((1e-6 * device_us - self.make.offset_s) / (1.0 + 1e-6 * self.make.ppm))

    def _sent(self, now_s: float) -> list[Note]:
        frames = self.model.send(self.device_us(now_s))
        return [(GATT_CONTROL if frame[0] & 0x0F in _REPLIES else GATT_STREAM, frame) for frame in frames]
