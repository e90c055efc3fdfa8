"""The bytes of Polar's measurement service (PMD): settings, requests, and frames of acceleration, raw or as deltas.

Layouts as in the maker's "online measurement" document. Pure functions; None for what cannot be read whole, because
the time of a frame is that of its last sample. What this never does: guess a missing sample.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import GRAVITY_M_S2, Floats, Ints

__all__ = ["ACC", "AccFrame", "acc_frame", "ask_settings", "settings_of", "start_request", "stop_request"]

ACC = 2
RATE, RESOLUTION, RANGE, CHANNELS, FACTOR = 0, 1, 2, 4, 5
_SIZES = {RATE: 2, RESOLUTION: 2, RANGE: 2, 3: 4, CHANNELS: 1, FACTOR: 4}
_HEAD = struct.Struct("<BQB")
_DELTA = 0x80
_MILLI_G = GRAVITY_M_S2 / 1000


def ask_settings() -> bytes:
    return bytes((1, ACC))


def start_request(chosen: Mapping[int, int]) -> bytes:
    """Start acceleration with one value for each setting."""
    return bytes((2, ACC)) + b"".join(
        bytes((setting, 1)) + value.to_bytes(_SIZES[setting], "little") for setting, value in sorted(chosen.items())
    )


def stop_request() -> bytes:
    return bytes((3, ACC))


def settings_of(data: bytes) -> dict[int, list[int]]:
    """Setting, count, values, again and again; read as far as it makes sense."""
    found: dict[int, list[int]] = {}
    at = 0
    while at + 2 <= len(data) and (size := _SIZES.get(data[at])):
        setting, end = data[at], at + 2 + size * data[at + 1]
        if end > len(data):
            break
        found[setting] = [int.from_bytes(data[to : to + size], "little") for to in range(at + 2, end, size)]
        at = end
    return found


@dataclass(frozen=True, slots=True, eq=False)
class AccFrame:
    """``acc_m_s2``: (n, 3), n > 0. ``last_us``: of the last sample, since the year 2000 by the clock of the device."""

    last_us: int
    acc_m_s2: Floats


def acc_frame(data: bytes, factor: float) -> AccFrame | None:
    """u8 type, u64 ns, u8 kind of frame, samples. Raw kinds 0, 1, 2: s8, s16, s24 in mg. Deltas (bit 7): kind 0 in
    ``factor`` g, kind 1 in ``factor`` mg."""
    if len(data) < _HEAD.size:
        return None
    type_, ns, kind = _HEAD.unpack_from(data)
    payload = data[_HEAD.size :]
    counts = _deltas(payload) if kind & _DELTA else _raw(payload, kind + 1)
    if type_ != ACC or kind not in (0, 1, 2, _DELTA, _DELTA | 1) or counts is None:
        return None
    unit = {_DELTA: factor * GRAVITY_M_S2, _DELTA | 1: factor * _MILLI_G}.get(kind, _MILLI_G)
    return AccFrame(ns // 1000, counts.astype(np.float64) * unit)


def _raw(payload: bytes, width: int) -> Ints | None:
    if not payload or width > 3 or len(payload) % (3 * width):
        return None
    numbers = [int.from_bytes(payload[at : at + width], "little", signed=True) for at in range(0, len(payload), width)]
    return np.array(numbers, np.int64).reshape(-1, 3)


def _deltas(payload: bytes) -> Ints | None:
    """A sample of 3 × s16, then blocks: u8 bits, u8 samples, and their differences packed from the lowest bit on."""
    if len(payload) < 6:
        return None
    parts: list[Ints] = [np.frombuffer(payload[:6], "<i2").astype(np.int64).reshape(1, 3)]
    at = 6
    while at < len(payload):
        if at + 2 > len(payload):
            return None
        bits, count = payload[at], payload[at + 1]
        end = at + 2 + (3 * bits * count + 7) // 8
        if bits > 32 or end > len(payload):
            return None
        parts.append(_unpacked(payload[at + 2 : end], bits, count))
        at = end
    return np.cumsum(np.concatenate(parts), axis=0)


def _unpacked(packed: bytes, bits: int, count: int) -> Ints:
    if not bits or not count:
        return np.zeros((count, 3), np.int64)
    stream = np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little")[: 3 * bits * count]
    places = 1 << np.arange(bits, dtype=np.int64)
    places[-1] = -places[-1]  # two's complement
    numbers: Ints = (stream.reshape(count, 3, bits).astype(np.int64) * places).sum(axis=2)
    return numbers
