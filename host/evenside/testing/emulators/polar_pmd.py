"""A Polar Verity Sense: its measurement service with acceleration at 52 Hz in delta frames, ns since the year 2000."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise

from evenside.testing.emulators.model import Characteristic, Note, Service, Signal, identity, sampled

__all__ = ["PolarEmulator", "delta_payload"]

_SERVICE, _CONTROL, _DATA = (f"fb005c8{number}-02e7-f387-1cad-8acd2d8df0c8" for number in (0, 1, 2))
_BATCH = 36
_SETTINGS = bytes.fromhex("0001 3400 0101 1000 0201 0800 0401 03")  # 52 Hz, 16 bits, 8 g, 3 channels
_FACTOR = 1 / 4096  # g a count: 8 g in 16 bits
_EPOCH_NS = 800_000_000_000_000_000


class PolarEmulator:
    """``signal``: acceleration in m/s², three numbers."""

    advertised: tuple[str, ...] = ()
    maker_data: Mapping[int, bytes] = {0x006B: b"\x72\x08"}

    def __init__(
        self, signal: Signal, *, name: str = "Polar Sense 12345678", serial: str = "12345678", ppm: float = 0.0
    ) -> None:
        self.name = name
        self._identity = identity(
            maker="Polar Electro Oy", model="4J", serial=serial, firmware="2.1.0", battery_percent=64
        )
        data = (Characteristic(_CONTROL, ("read", "write", "indicate")), Characteristic(_DATA, ("notify",)))
        self.services = (Service(_SERVICE, data), *self._identity.services)
        self._signal, self._rate = signal, 1.0 + 1e-6 * ppm
        self._started_s: float | None = None
        self._next = 0
        self._booted_s: float | None = None

    def read(self, uuid: str) -> bytes:
        return b"\x0f\x04" + bytes(15) if uuid == _CONTROL else self._identity.values[uuid]  # features: ACC

    def write(self, uuid: str, data: bytes, now_s: float) -> list[Note]:
        if uuid != _CONTROL or len(data) < 2:
            return []
        operation, kind = data[0], data[1]
        if kind != 2 or operation not in (1, 2, 3):
            return [(_CONTROL, bytes((0xF0, operation, kind, 3)))]
        if operation == 1:
            return [_accepted(1, _SETTINGS)]
        if operation == 3:
            self._started_s = None
            return [_accepted(3)]
        if self._started_s is not None:
            return [(_CONTROL, bytes((0xF0, 2, 2, 6)))]
        if data[2:] != _SETTINGS:
            return [(_CONTROL, bytes((0xF0, 2, 2, 5)))]
        self._started_s, self._next = now_s, 0
        return [_accepted(2, b"\x05\x01" + struct.pack("<f", _FACTOR))]

    def advance(self, now_s: float) -> list[Note]:
        if self._booted_s is None:
            self._booted_s = now_s
        if self._started_s is None:
            return []
        due = sampled(self._next, 52.0, (now_s - self._started_s) * self._rate)
        notes = []
        for at in range(0, len(due) - _BATCH + 1, _BATCH):
            notes.append((_DATA, self._frame(due[at : at + _BATCH])))
            self._next += _BATCH
        return notes

    def disconnected(self) -> None:
        self._started_s = None

    def _frame(self, times_s: Sequence[float]) -> bytes:
        assert self._started_s is not None
        assert self._booted_s is not None
        rows = []
        for device_s in times_s:
            acc = self._signal(self._started_s + device_s / self._rate)
            rows.append([max(-32768, min(32767, round(value / 9.80665 / _FACTOR))) for value in acc[:3]])
        since_boot_s = (self._started_s - self._booted_s) * self._rate + times_s[-1]
        return struct.pack("<BQB", 2, _EPOCH_NS + round(since_boot_s * 1e9), 0x80) + delta_payload(rows)


def _accepted(operation: int, parameters: bytes = b"") -> Note:
    return _CONTROL, bytes((0xF0, operation, 2, 0, 0)) + parameters


def delta_payload(rows: Sequence[Sequence[int]]) -> bytes:
    """A first sample of 3 × s16, then blocks of at most 12 differences, each block as narrow as it may be."""
    payload = struct.pack("<3h", *rows[0])
    steps = [[now - before for before, now in zip(*pair, strict=True)] for pair in pairwise(rows)]
    for at in range(0, len(steps), 12):
        block = [value for step in steps[at : at + 12] for value in step]
        bits = max(value.bit_length() if value >= 0 else (~value).bit_length() for value in block) + 1
        packed = sum((value & ((1 << bits) - 1)) << bits * place for place, value in enumerate(block))
        payload += bytes((bits, len(block) // 3)) + packed.to_bytes((bits * len(block) + 7) // 8, "little")
    return payload
