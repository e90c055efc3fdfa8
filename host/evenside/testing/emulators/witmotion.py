"""A WitMotion WT901BLE: 20-byte frames, some in a notification at higher rates, registers behind a lock.

It has neither clock nor counter, and no Device Information; its address is in its name.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

from evenside.testing.emulators.model import Characteristic, Note, Service, Signal, sampled

__all__ = ["WitMotionEmulator"]

_SERVICE, _DATA, _CONTROL = (f"0000{number}-0000-1000-8000-00805f9a34fb" for number in ("ffe5", "ffe4", "ffe9"))
_RATES_HZ = {0x06: 10.0, 0x07: 20.0, 0x08: 50.0, 0x09: 100.0, 0x0B: 200.0}
_UNLOCKED_S = 10.0


class WitMotionEmulator:
    """``signal``: acceleration in m/s² and angular rate in rad/s, six numbers. Switched on, it sends."""

    advertised: tuple[str, ...] = ()
    maker_data: Mapping[int, bytes] = {}
    services = (
        Service(
            _SERVICE,
            (Characteristic(_DATA, ("notify",)), Characteristic(_CONTROL, ("write", "write-without-response"))),
        ),
    )

    def __init__(self, signal: Signal, *, name: str = "WT901BLE68", rate_hz: float = 10.0, ppm: float = 0.0) -> None:
        self.name = name
        self.rate_hz = rate_hz
        self.battery_cv = 391
        self.temperature_c = 25.0
        self._signal, self._rate = signal, 1.0 + 1e-6 * ppm
        self._began_s: float | None = None
        self._next = 0
        self._unlocked_s = -math.inf

    def read(self, uuid: str) -> bytes:
        raise KeyError(uuid)

    def write(self, uuid: str, data: bytes, now_s: float) -> list[Note]:
        if len(data) != 5 or data[:2] != b"\xff\xaa":
            return []
        register, value = data[2], int.from_bytes(data[3:], "little")
        if register == 0x69 and value == 0xB588:
            self._unlocked_s = now_s
        elif register == 0x27:
            return [(_DATA, self._registers(value))]
        elif register == 0x03 and value in _RATES_HZ and now_s - self._unlocked_s <= _UNLOCKED_S:
            self.rate_hz, self._began_s, self._next = _RATES_HZ[value], now_s, 0
        return []

    def advance(self, now_s: float) -> list[Note]:
        if self._began_s is None:
            self._began_s = now_s
        batch = max(1, round(self.rate_hz / 25))  # as the maker's firmware does: two at 50 Hz, four at 100
        due = sampled(self._next, self.rate_hz, (now_s - self._began_s) * self._rate)
        notes = []
        for at in range(0, len(due) - batch + 1, batch):
            notes.append((_DATA, b"".join(self._frame(at_s) for at_s in due[at : at + batch])))
            self._next += batch
        return notes

    def disconnected(self) -> None:
        self._unlocked_s = -math.inf

    def _frame(self, device_s: float) -> bytes:
        assert self._began_s is not None
        measured = self._signal(self._began_s + device_s / self._rate)
        acc = [value / 9.80665 / 16 * 32768 for value in measured[:3]]
        gyr = [math.degrees(value) / 2000 * 32768 for value in measured[3:6]]
        return b"\x55\x61" + struct.pack("<9h", *(_s16(value) for value in (*acc, *gyr, 0.0, 0.0, 0.0)))

    def _registers(self, first: int) -> bytes:
        values = {0x64: self.battery_cv, 0x40: round(100 * self.temperature_c)}
        return b"\x55\x71" + struct.pack("<H8h", first, *(values.get(first + at, 0) for at in range(8)))


def _s16(value: float) -> int:
    return max(-32768, min(32767, round(value)))
