"""Power pedals: the Cycling Power service once a second, with or without a word on whose share the balance is."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

from evenside.testing.emulators.model import Characteristic, Note, Service, Signal, identity, sampled, sig

__all__ = ["PedalsEmulator"]

_MEASUREMENT, _VECTOR, _FEATURE, _LOCATION, _CONTROL_POINT = map(sig, (0x2A63, 0x2A64, 0x2A65, 0x2A5D, 0x2A66))
_SERVICE = sig(0x1818)


class PedalsEmulator:
    """``signal``: power of the left and of the right leg in W. ``reference_left``: it says that the balance is of the
    left. ``balance``: it has one, else it is a meter of one side that shows the first power. ``location``: 0x2A5D.
    It sends what torque there was along the last turn too, where ``vectors``."""

    maker_data: Mapping[int, bytes] = {}
    advertised = (_SERVICE,)

    def __init__(
        self,
        signal: Signal,
        *,
        name: str = "PEDALS-TEST",
        serial: str = "P-0001",
        reference_left: bool = True,
        balance: bool = True,
        location: int = 7,
        vectors: bool = False,
        cadence_rpm: float = 75.0,
    ) -> None:
        self.name = name
        self._identity = identity(maker="Pedal maker", model="P1", serial=serial, firmware="1.0", battery_percent=80)
        control = (Characteristic(_VECTOR, ("notify",)), Characteristic(_CONTROL_POINT, ("write", "indicate")))
        self.services = (
            Service(
                _SERVICE,
                (
                    Characteristic(_MEASUREMENT, ("notify",)),
                    Characteristic(_FEATURE, ("read",)),
                    Characteristic(_LOCATION, ("read",)),
                    *(control if vectors else ()),
                ),
            ),
            *self._identity.services,
        )
        self._signal, self._cadence_hz = signal, cadence_rpm / 60
        self._reference_left, self._balance, self._location, self._vectors = reference_left, balance, location, vectors
        self._began_s: float | None = None
        self._next = 0
        self._turns = 0
        self._torque32 = 0

    def read(self, uuid: str) -> bytes:
        own = {_FEATURE: struct.pack("<I", 0b1010 | self._balance), _LOCATION: bytes((self._location,))}
        return own[uuid] if uuid in own else self._identity.values[uuid]

    def write(self, uuid: str, data: bytes, now_s: float) -> list[Note]:
        if uuid == _CONTROL_POINT and data[:1] == b"\x05":
            return [(_CONTROL_POINT, b"\x20\x05\x01" + struct.pack("<H", 345))]  # half mm
        return [(_CONTROL_POINT, bytes((0x20, *data[:1], 2)))] if uuid == _CONTROL_POINT else []

    def advance(self, now_s: float) -> list[Note]:
        if self._began_s is None:
            self._began_s = now_s
        notes = []
        due = sampled(self._next, 1.0, now_s - self._began_s)
        self._next += len(due)
        notes += [(_MEASUREMENT, self._measurement(at_s)) for at_s in due]
        if self._vectors:
            turns = sampled(self._turns, self._cadence_hz, now_s - self._began_s)
            notes += [(_VECTOR, self._vector(self._turns + at, at_s)) for at, at_s in enumerate(turns)]
            self._turns += len(turns)
        return notes

    def disconnected(self) -> None:
        """They go on measuring."""

    def _measurement(self, at_s: float) -> bytes:
        assert self._began_s is not None
        left_w, right_w = self._signal(self._began_s + at_s)
        power_w = round(left_w + right_w) if self._balance else round(left_w)
        turns = int(at_s * self._cadence_hz)
        self._torque32 += round(32 * power_w / (2 * math.pi * self._cadence_hz)) * (turns > 0)
        flags = 0b101100 | (1 if self._balance else 0) | (2 if self._balance and self._reference_left else 0)
        half_percent = round(200 * left_w / (left_w + right_w)) if left_w + right_w > 0 else 0xFF
        balance = bytes((half_percent,)) if self._balance else b""
        crank = struct.pack("<HHH", self._torque32 & 0xFFFF, turns & 0xFFFF, self._ticks(turns))
        return struct.pack("<Hh", flags, power_w) + balance + crank

    def _vector(self, turn: int, at_s: float) -> bytes:
        """The torque that makes the power of the first leg, rising and falling along the turn, at 8 places."""
        assert self._began_s is not None
        mean_nm = self._signal(self._began_s + at_s)[0] / (2 * math.pi * self._cadence_hz)
        torques = [round(32 * mean_nm * (1 + math.sin(2 * math.pi * place / 8))) for place in range(8)]
        return struct.pack("<BHHH8h", 0x01 | 0x02 | 0x08 | 0x10, turn & 0xFFFF, self._ticks(turn), 0, *torques)

    def _ticks(self, turns: int) -> int:
        return round(turns / self._cadence_hz * 1024) & 0xFFFF
