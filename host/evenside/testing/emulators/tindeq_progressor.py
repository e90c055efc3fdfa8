"""A Tindeq Progressor: TLV commands and answers, 8 weights a notification at 80 Hz, µs since the start.

It has no Device Information; its number is in its name.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from evenside.testing.emulators.model import Characteristic, Note, Service, Signal, sampled

__all__ = ["TindeqEmulator"]

_SERVICE, _DATA, _CONTROL = (f"7e4e170{number}-1ea6-40c9-9dcc-13d34ffead57" for number in (1, 2, 3))
_RATE_HZ, _BATCH = 80.0, 8


class TindeqEmulator:
    """``signal``: one force in newton. ``ppm``: how fast its clock is."""

    advertised: tuple[str, ...] = ()
    maker_data: Mapping[int, bytes] = {}
    services = (
        Service(
            _SERVICE,
            (Characteristic(_DATA, ("notify",)), Characteristic(_CONTROL, ("write", "write-without-response"))),
        ),
    )

    def __init__(self, signal: Signal, *, name: str = "Progressor_1719", ppm: float = 0.0) -> None:
        self.name = name
        self.battery_mv = 2985
        self._signal, self._rate = signal, 1.0 + 1e-6 * ppm
        self._started_s: float | None = None
        self._next = 0
        self._tare_kg = 0.0
        self._now_s = 0.0

    def read(self, uuid: str) -> bytes:
        raise KeyError(uuid)  # nothing of it can be read

    def write(self, uuid: str, data: bytes, now_s: float) -> list[Note]:
        self._now_s = now_s
        match data[:1]:
            case b"\x64":
                self._tare_kg = self._kg(now_s)
            case b"\x65":
                self._started_s, self._next = now_s, 0
            case b"\x66":
                self._started_s = None
            case b"\x6b":
                return [_answer(b"1.2.3.4")]
            case b"\x6f":
                return [_answer(struct.pack("<I", self.battery_mv))]
        return []

    def advance(self, now_s: float) -> list[Note]:
        if self._started_s is None:
            return []
        due = sampled(self._next, _RATE_HZ, (now_s - self._started_s) * self._rate)
        notes = []
        for at in range(0, len(due) - _BATCH + 1, _BATCH):
            body = b"".join(self._sample(at_s) for at_s in due[at : at + _BATCH])
            notes.append((_DATA, bytes((1, len(body))) + body))
            self._next += _BATCH
        return notes

    def disconnected(self) -> None:
        self._started_s = None

    def _sample(self, device_s: float) -> bytes:
        assert self._started_s is not None
        kg = self._kg(self._started_s + device_s / self._rate) - self._tare_kg
        return struct.pack("<fI", kg, round(device_s * 1e6) & 0xFFFFFFFF)

    def _kg(self, at_s: float) -> float:
        return self._signal(at_s)[0] / 9.80665


def _answer(value: bytes) -> Note:
    return _DATA, bytes((0, len(value))) + value
