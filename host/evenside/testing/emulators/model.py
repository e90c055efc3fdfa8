"""What an emulated sensor is to the radio: services, what it answers, and what it sends as time passes.

A model has no radio and no clock: it is told bytes and moments (seconds, any zero, never back) and gives notifications,
so it runs over any Bluetooth stack and at any speed. What this never does: share code with the codec that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

__all__ = [
    "BATTERY",
    "DEVICE_INFORMATION",
    "Characteristic",
    "Emulated",
    "Note",
    "Property",
    "Service",
    "Signal",
    "identity",
    "sampled",
    "sig",
]

Property = Literal["read", "write", "write-without-response", "notify", "indicate"]
Signal = Callable[[float], Sequence[float]]
"""What is measured at a moment (seconds since the sensor was made), SI units."""

Note = tuple[str, bytes]
"""A notification: characteristic and value."""


def sig(number: int) -> str:
    """A number that the Bluetooth SIG assigned, in full."""
    return f"0000{number:04x}-0000-1000-8000-00805f9b34fb"


@dataclass(frozen=True, slots=True)
class Characteristic:
    uuid: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class Service:
    uuid: str
    characteristics: tuple[Characteristic, ...]


class Emulated(Protocol):
    """**Protocol:** one device."""

    @property
    def name(self) -> str:
        """As it is advertised; "" for none."""

    @property
    def advertised(self) -> tuple[str, ...]:
        """Services in its advertisement."""

    @property
    def maker_data(self) -> Mapping[int, bytes]:
        """By company."""

    @property
    def services(self) -> tuple[Service, ...]: ...

    def read(self, uuid: str) -> bytes: ...

    def write(self, uuid: str, data: bytes, now_s: float) -> list[Note]:
        """What it answers at once."""

    def advance(self, now_s: float) -> list[Note]:
        """What it sends up to ``now_s``."""

    def disconnected(self) -> None: ...


BATTERY, DEVICE_INFORMATION = sig(0x2A19), sig(0x180A)
_DEVICE_INFORMATION = {"maker": 0x2A29, "model": 0x2A24, "serial": 0x2A25, "firmware": 0x2A26}


@dataclass(frozen=True, slots=True)
class Identified:
    """The standard services of a device, and what is read there."""

    services: tuple[Service, ...]
    values: Mapping[str, bytes] = field(default_factory=dict)


def identity(*, maker: str, model: str, serial: str, firmware: str, battery_percent: int | None) -> Identified:
    """Device Information without what is "", and the Battery service where the device has one."""
    texts = {"maker": maker, "model": model, "serial": serial, "firmware": firmware}
    values = {sig(_DEVICE_INFORMATION[what]): text.encode() for what, text in texts.items() if text}
    services = (
        [Service(DEVICE_INFORMATION, tuple(Characteristic(uuid, ("read",)) for uuid in values))] if values else []
    )
    if battery_percent is not None:
        values[BATTERY] = bytes([battery_percent])
        services.append(Service(sig(0x180F), (Characteristic(BATTERY, ("read", "notify")),)))
    return Identified(tuple(services), values)


def sampled(first: int, rate_hz: float, elapsed_s: float) -> list[float]:
    """The moments of samples number ``first``, … that were due by now, in seconds since the start."""
    return [number / rate_hz for number in range(first, int(elapsed_s * rate_hz) + 1)]
