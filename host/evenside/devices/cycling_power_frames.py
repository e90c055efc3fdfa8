"""The bytes of the Cycling Power service, as its specification lays them out (Bluetooth SIG, CPS 1.1).

Pure functions from bytes to values; None for a message that is too short for what its flags announce. What this never
does: say whose share a balance is where the message does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside.devices.kind import uuid16
from evenside_analysis.types import Floats, Side

__all__ = [
    "CONTROL_POINT",
    "FEATURE",
    "LOCATION",
    "MEASUREMENT",
    "SERVICE",
    "VECTOR",
    "Measurement",
    "Vector",
    "crank_length_m",
    "measurement",
    "side_of_location",
    "vector",
]

SERVICE, MEASUREMENT, VECTOR = uuid16(0x1818), uuid16(0x2A63), uuid16(0x2A64)
FEATURE, LOCATION, CONTROL_POINT = uuid16(0x2A65), uuid16(0x2A5D), uuid16(0x2A66)

_UNKNOWN = 0xFF
_LENGTHS = {0: 1, 2: 2, 4: 6, 5: 4, 6: 4, 7: 4, 8: 3, 9: 2, 10: 2, 11: 2}  # flag bit: bytes of its field
_SIDES: dict[int, Side] = {5: "left", 6: "right", 7: "left", 8: "right"}  # crank, crank, pedal, pedal


@dataclass(frozen=True, slots=True)
class Measurement:
    """``share``: 0 to 1, of one side; of the left where ``of_left``, otherwise of nobody knows which. None: unknown."""

    power_w: int
    share: float | None
    of_left: bool


def measurement(data: bytes) -> Measurement | None:
    """Characteristic 0x2A63: u16 flags, s16 watts, then by flags, the balance first: u8 in half per cent."""
    flags = int.from_bytes(data[:2], "little")
    if len(data) < 4 + sum(length for bit, length in _LENGTHS.items() if flags >> bit & 1):
        return None
    balance = data[4] if flags & 1 else _UNKNOWN
    power_w = int.from_bytes(data[2:4], "little", signed=True)
    return Measurement(power_w, balance / 200 if balance <= 200 else None, bool(flags & 2))


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """``crank``: revolutions and the time of the last one in 1/1024 s, both wrapping at 65536; None where not told.

    ``force_n``, ``torque_nm``: (n,) along the turn of one crank, one of them empty. ``tangential``: False where the
    force is said to act along another direction.
    """

    crank: tuple[int, int] | None
    force_n: Floats
    torque_nm: Floats
    tangential: bool


def vector(data: bytes) -> Vector | None:
    """Characteristic 0x2A64: u8 flags, crank u16 + u16, first angle u16, then s16 N or s16 1/32 N m to the end."""
    if not data:
        return None
    flags, at = data[0], 1
    crank = None
    if flags & 1:
        crank = (int.from_bytes(data[1:3], "little"), int.from_bytes(data[3:5], "little"))
        at += 4
    at += 2 if flags & 2 else 0
    if len(data) < at or (flags & 12) == 12:
        return None
    rest = data[at : at + (len(data) - at) // 2 * 2]
    numbers = np.frombuffer(rest, "<i2").astype(np.float64)
    none = np.empty(0)
    force_n, torque_nm = (numbers if flags & 4 else none), (numbers / 32 if flags & 8 else none)
    return Vector(crank, force_n, torque_nm, flags >> 4 & 3 in (0, 1))


def crank_length_m(data: bytes) -> float | None:
    """The answer of the control point to 0x05, "request crank length": 0x20, 0x05, 1 for success, u16 half mm."""
    if len(data) < 5 or data[:3] != b"\x20\x05\x01":
        return None
    return int.from_bytes(data[3:5], "little") / 2000


def side_of_location(data: bytes) -> Side | None:
    """Characteristic 0x2A5D, the side of a crank or pedal; None for a place that has none."""
    return _SIDES.get(data[0]) if data else None
