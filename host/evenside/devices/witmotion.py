"""WitMotion WT901BLE, BWT901BLE5, WT9011DCL: inertial sensors that stamp nothing and count nothing.

Strategy: frames of 20 bytes, ``55 61`` with nine s16 (acceleration, angular rate, angle) or ``55 71`` with registers,
are found by their heads, wherever a notification cuts them; times are those of their arrival, spread by whoever owns
the link (wit-motion.gitbook.io, "Bluetooth 5.0 communication protocol"). The rate is set for this time only, nothing is
saved in the device. What this never does: notice a lost notification, which this protocol does not show.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evenside.devices.fitting import picked, unfit
from evenside.devices.kind import (
    Advert,
    DeviceKind,
    Doing,
    Event,
    Heard,
    Level,
    Opened,
    Said,
    Samples,
    Started,
    Subscribe,
    Ticked,
    Timing,
    Write,
)
from evenside_analysis.types import ACC, GRAVITY_M_S2, GYR, Node

__all__ = ["KIND", "WitMotionCodec", "frames_of"]

# The maker's own base: it ends in 9a34fb where the one of the Bluetooth SIG ends in 9b34fb.
SERVICE = "0000ffe5-0000-1000-8000-00805f9a34fb"
DATA = "0000ffe4-0000-1000-8000-00805f9a34fb"
CONTROL = "0000ffe9-0000-1000-8000-00805f9a34fb"

FRAME_BYTES = 20
_MOTION, _REGISTERS = 0x61, 0x71
_UNLOCK = bytes.fromhex("ffaa6988b5")
_RATE_CODES = {10.0: 6, 20.0: 7, 50.0: 8, 100.0: 9, 200.0: 11}
_BATTERY, _TEMPERATURE = 0x64, 0x40
_ASK_EVERY_S = 60.0
_SCALES = np.array([16 * GRAVITY_M_S2 / 32768] * 3 + [2000 * np.pi / 180 / 32768] * 3)
# The maker's table: hundredths of a volt from which on the battery holds so many per cent.
_CHARGES = (
    *((396, 100.0), (393, 90.0), (387, 75.0), (382, 60.0), (379, 50.0), (377, 40.0)),
    *((373, 30.0), (370, 20.0), (368, 15.0), (350, 10.0), (340, 5.0), (1, 0.0)),
)
_WHAT = "WitMotion sensor"


@dataclass(frozen=True, slots=True)
class _State:
    nodes: tuple[Node, ...]
    rest: bytes = b""  # the beginning of a frame
    asked_s: float | None = None
    next_register: int = _TEMPERATURE
    streaming: bool = False
    skipped: bool = False  # bytes that were no frame, told once a connection


class WitMotionCodec:
    """One node, any of ``acc_*`` and ``gyr_*``."""

    def start(self, nodes: tuple[Node, ...], /) -> _State:
        return _State(nodes)

    def step(self, state: _State, event: Event, /) -> tuple[_State, list[Doing]]:
        match event:
            case Opened():
                return _opened(state, event)
            case Heard(uuid=uuid) if uuid == DATA:
                return _heard(state, event)
            case Ticked() if state.asked_s is not None and event.at_s - state.asked_s >= _ASK_EVERY_S / 2:
                state = replace(state, asked_s=event.at_s)
                register = state.next_register
                other = _TEMPERATURE if register == _BATTERY else _BATTERY
                return replace(state, next_register=other), [_ask(register)]
            case _:
                return state, []


def _ask(register: int) -> Write:
    return Write(CONTROL, bytes((0xFF, 0xAA, 0x27, register, 0)))


def _opened(state: _State, event: Opened) -> tuple[_State, list[Doing]]:
    if (problem := unfit(state.nodes, _WHAT, (*ACC, *GYR), tuple(_RATE_CODES))) is not None:
        return state, [problem]
    doings: list[Doing] = [Subscribe(DATA), Write(CONTROL, _UNLOCK)]
    if state.nodes:
        code = _RATE_CODES[state.nodes[0].rate_hz]
        doings.append(Write(CONTROL, bytes((0xFF, 0xAA, 0x03, code, 0))))
    return _State(state.nodes, asked_s=event.at_s), [*doings, _ask(_BATTERY)]


def frames_of(rest: bytes, data: bytes) -> tuple[list[bytes], bytes, bool]:
    """Whole frames in ``rest`` and the notification ``data``, what is left for the next one, and whether bytes
    between them were passed over.

    A frame is taken where the head of the next one follows it, or if it is all in this notification, at the end of it.
    One that began in an earlier notification waits for the head behind it: had the rest of it been lost, the bytes
    of another frame would stand in its place.
    """
    stream = rest + data
    frames: list[bytes] = []
    at, skipped = 0, False
    while at < len(stream):
        end = at + FRAME_BYTES
        if not _head(stream, at):
            at, skipped = at + 1, True
        elif len(stream) < end + (2 if at < len(rest) else 0):
            break
        elif _head(stream, end):
            frames.append(stream[at:end])
            at = end
        else:
            at, skipped = at + 1, True
    return frames, stream[at:], skipped


def _head(stream: bytes, at: int) -> bool:
    """Whether a frame may begin here; what has not come yet may be right."""
    head = stream[at : at + 2]
    return head[:1] in (b"", b"\x55") and head[1:] in (b"", b"\x61", b"\x71")


def _heard(state: _State, event: Heard) -> tuple[_State, list[Doing]]:
    frames, rest, skipped = frames_of(state.rest, event.data)
    doings: list[Doing] = []
    if skipped and not state.skipped:
        doings.append(Said("garbage", "bytes between two frames were passed over"))
    for frame in frames:
        if frame[1] == _REGISTERS:
            doings += _registers(frame)
    motion = b"".join(frame[2:14] for frame in frames if frame[1] == _MOTION)
    if motion and state.nodes:
        node = state.nodes[0]
        values = np.frombuffer(motion, "<i2").reshape(-1, 6) * _SCALES
        doings += [] if state.streaming else [Started(f"{node.rate_hz:g} Hz")]
        doings.append(Samples(node.id, picked(values, (*ACC, *GYR), node), event.at_s, lost=skipped))
    streaming = state.streaming or bool(motion)
    return replace(state, rest=rest, streaming=streaming, skipped=state.skipped or skipped), doings


def _registers(frame: bytes) -> list[Doing]:
    value = int.from_bytes(frame[4:6], "little", signed=True)
    if frame[2:4] == bytes((_BATTERY, 0)) and value > 0:  # 0 until it has measured
        return [Level(battery_percent=next(percent for least, percent in _CHARGES if value >= least))]
    if frame[2:4] == bytes((_TEMPERATURE, 0)):
        return [Level(temperature_c=value / 100)]
    return []


def _recognises(advert: Advert) -> bool:
    return advert.name.startswith(("WT901", "BWT901", "WT9011")) or SERVICE in advert.services


KIND = DeviceKind(
    id="witmotion",
    name=_WHAT,
    recognises=_recognises,
    channels=(*ACC, *GYR),
    sites=("foot", "shank", "thigh", "pelvis", "sternum", "upper_back", "wrist"),
    rates_hz=(100.0, 50.0, 200.0, 20.0, 10.0),
    timing=Timing("arrival", 0.02),
    codec=WitMotionCodec(),
    right_handed=True,
    notes="Timed by arrival: step times of left against right are withheld; some models send no faster than 50 Hz.",
)
