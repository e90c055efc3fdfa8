"""A Movella DOT: rate set by device control, payload mode 21 in the medium characteristic, µs of its own clock.

Its serial number is in its own device info, not in Device Information, and all are called "Xsens DOT".
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

from evenside.testing.emulators.model import Characteristic, Note, Service, Signal, sampled

__all__ = ["DotEmulator"]


def _uuid(number: int) -> str:
    return f"1517{number:04x}-4947-11e9-8646-d663bd873d93"


_INFO, _DEVICE_CONTROL, _REPORT, _CONTROL, _MEDIUM, _BATTERY = map(
    _uuid, (0x1001, 0x1002, 0x1004, 0x2001, 0x2003, 0x3001)
)
_RATES_HZ = frozenset({1, 4, 10, 12, 15, 20, 30, 60})


class DotEmulator:
    """``signal``: acceleration in m/s² and angular rate in rad/s, six numbers."""

    name = "Xsens DOT"
    advertised: tuple[str, ...] = ()
    maker_data: Mapping[int, bytes] = {0x0886: b"\x00\x00"}
    services = (
        Service(
            _uuid(0x1000),
            (
                Characteristic(_INFO, ("read",)),
                Characteristic(_DEVICE_CONTROL, ("read", "write")),
                Characteristic(_REPORT, ("notify",)),
            ),
        ),
        Service(_uuid(0x2000), (Characteristic(_CONTROL, ("read", "write")), Characteristic(_MEDIUM, ("notify",)))),
        Service(_uuid(0x3000), (Characteristic(_BATTERY, ("read", "notify")),)),
    )

    def __init__(self, signal: Signal, *, serial: int = 0xD422CD0012AB34, ppm: float = 0.0) -> None:
        self.rate_hz = 30
        self.battery_percent = 87
        self._signal, self._rate, self._serial = signal, 1.0 + 1e-6 * ppm, serial
        self._mode = 0
        self._booted_s: float | None = None
        self._started_s: float | None = None
        self._next = 0

    def read(self, uuid: str) -> bytes:
        info = bytes(6) + bytes((2, 0, 0)) + bytes(7) + bytes(4) + struct.pack("<Q", self._serial) + b"XS-T01"
        return {
            _INFO: info,
            _DEVICE_CONTROL: struct.pack("<8x16sHB5x", b"Xsens DOT", self.rate_hz, 0),
            _CONTROL: bytes((1, int(self._started_s is not None), self._mode)),
            _BATTERY: bytes((self.battery_percent, 0)),
        }[uuid]

    def write(self, uuid: str, data: bytes, now_s: float) -> list[Note]:
        if uuid == _DEVICE_CONTROL and len(data) == 32 and data[0] & 0x10:
            (rate_hz,) = struct.unpack_from("<H", data, 24)
            self.rate_hz = rate_hz if rate_hz in _RATES_HZ else self.rate_hz
        elif uuid == _CONTROL and len(data) == 3 and data[0] == 1:
            self._mode = data[2]
            self._started_s, self._next = (now_s if data[1] and data[2] == 21 else None), 0
        return []

    def press(self) -> list[Note]:
        """Its button: report 5 with a timestamp."""
        return [(_REPORT, bytes((5, 4)) + bytes(34))]

    def advance(self, now_s: float) -> list[Note]:
        if self._booted_s is None:
            self._booted_s = now_s - 4200.0  # its clock is near its wrap
        if self._started_s is None:
            return []
        due = sampled(self._next, self.rate_hz, (now_s - self._started_s) * self._rate)
        self._next += len(due)
        return [(_MEDIUM, self._sample(at_s)) for at_s in due]

    def disconnected(self) -> None:
        self._started_s = None

    def _sample(self, device_s: float) -> bytes:
        assert self._started_s is not None
        assert self._booted_s is not None
        at_s = self._started_s + device_s / self._rate
        us = round((at_s - self._booted_s) * self._rate * 1e6)
        measured = self._signal(at_s)
        degrees = map(math.degrees, measured[3:6])
        return struct.pack("<I6f", us & 0xFFFFFFFF, *measured[:3], *degrees).ljust(40, b"\0")
