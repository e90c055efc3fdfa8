"""Movella (Xsens) DOT: calibrated acceleration and angular rate with the microseconds of its own clock.

Strategy: set the output rate, subscribe, then start payload mode 21, "rate quantities": u32 µs, 3 × f32 m/s²,
3 × f32 °/s, 28 bytes padded to 40 (Movella, "DOT BLE services specifications"). A step of the clock beyond one period
is a loss. What this never does: start the sensor-to-sensor synchronisation, during which they disconnect.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field, replace

import numpy as np

from evenside.devices.fitting import picked, unfit
from evenside.devices.kind import (
    Advert,
    Closing,
    DeviceKind,
    Doing,
    Event,
    Heard,
    Level,
    Opened,
    Read,
    Said,
    SerialAt,
    Started,
    Subscribe,
    Timing,
    WasRead,
    Write,
)
from evenside.devices.ticks import U32, Ticks, reopened, runs_of, timed
from evenside_analysis.types import ACC, GYR, Node

__all__ = ["KIND", "MovellaDotCodec", "rate_request", "serial_of"]


def _uuid(number: int) -> str:
    return f"1517{number:04x}-4947-11e9-8646-d663bd873d93"


INFO, DEVICE_CONTROL, REPORT = _uuid(0x1001), _uuid(0x1002), _uuid(0x1004)
MEASUREMENT, CONTROL, MEDIUM = _uuid(0x2000), _uuid(0x2001), _uuid(0x2003)
BATTERY = _uuid(0x3001)

COMPANY = 0x0886
RATE_QUANTITIES = 21
_START, _STOP = bytes((1, 1, RATE_QUANTITIES)), bytes((1, 0, RATE_QUANTITIES))
RATES_HZ = (60.0, 30.0, 20.0, 15.0, 12.0, 10.0, 4.0, 1.0)
_SAMPLE = struct.Struct("<I6f")
_REPORTS = {1: "power_off", 4: "power_saving"}
_WHAT = "Movella DOT"


@dataclass(frozen=True, slots=True)
class _State:
    nodes: tuple[Node, ...]
    ticks: Ticks = field(default_factory=Ticks)
    streaming: bool = False


class MovellaDotCodec:
    """One node, any of ``acc_*`` and ``gyr_*``."""

    def start(self, nodes: tuple[Node, ...], /) -> _State:
        return _State(nodes)

    def step(self, state: _State, event: Event, /) -> tuple[_State, list[Doing]]:
        match event:
            case Opened():
                return _opened(state, event)
            case Heard(uuid=uuid) if uuid == MEDIUM:
                return _sampled(state, event)
            case Heard(uuid=uuid) if uuid == REPORT:
                return state, _reported(event.data)
            case Heard(uuid=uuid) | WasRead(uuid=uuid) if uuid == BATTERY:
                return state, [Level(battery_percent=float(event.data[0]))] if event.data else []
            case Closing():
                return replace(state, streaming=False), [Write(CONTROL, _STOP, response=True)]
            case _:
                return state, []


def rate_request(rate_hz: float) -> bytes:
    """The 32 bytes of device control that change the output rate (bit 4 of the first byte) and nothing else."""
    return struct.pack("<B23xH6x", 1 << 4, round(rate_hz))


def serial_of(info: bytes) -> str:
    """The serial number in the device info: u64 behind 6 bytes of address, 3 of version, 7 of date and 4 of stack."""
    return f"{int.from_bytes(info[20:28], 'little'):X}" if len(info) >= 28 else ""


def _opened(state: _State, event: Opened) -> tuple[_State, list[Doing]]:
    if (problem := unfit(state.nodes, _WHAT, (*ACC, *GYR), RATES_HZ)) is not None:
        return state, [problem]
    doings: list[Doing] = [Read(BATTERY), Subscribe(BATTERY)] if BATTERY in event.characteristics else []
    doings += [Subscribe(REPORT)] if REPORT in event.characteristics else []
    if state.nodes:
        # While it measures, as after a link that was lost, it takes no rate.
        doings.append(Write(CONTROL, _STOP, response=True))
        doings.append(Write(DEVICE_CONTROL, rate_request(state.nodes[0].rate_hz), response=True))
    # What is sent before anybody has subscribed is lost.
    doings += [Subscribe(MEDIUM), Write(CONTROL, _START, response=True)]
    return _State(state.nodes, reopened(state.ticks)), doings


def _sampled(state: _State, event: Heard) -> tuple[_State, list[Doing]]:
    if len(event.data) < _SAMPLE.size or not state.nodes:
        return state, []
    us, *numbers = _SAMPLE.unpack_from(event.data)
    if not all(map(math.isfinite, numbers)):
        return state, []
    node = state.nodes[0]
    values = np.array([numbers])
    values[:, 3:] *= np.pi / 180
    ticks, runs = runs_of(state.ticks, [us], event.at_s, 1e6 / node.rate_hz, U32)
    doings: list[Doing] = [] if state.streaming else [Started(f"{node.rate_hz:g} Hz")]
    doings += timed(node.id, picked(values, (*ACC, *GYR), node), event.at_s, runs)
    return replace(state, ticks=ticks, streaming=True), doings


def _reported(data: bytes) -> list[Doing]:
    kind = data[0] if data else 0
    if kind == 5:
        return [Said("marker", "button 1")]
    return [Said("event", _REPORTS[kind])] if kind in _REPORTS else []


def _recognises(advert: Advert) -> bool:
    return COMPANY in advert.maker_data or advert.name.startswith(("Xsens DOT", "Movella DOT"))


KIND = DeviceKind(
    id="movella-dot",
    name=_WHAT,
    recognises=_recognises,
    channels=(*ACC, *GYR),
    sites=("foot", "shank", "thigh", "pelvis", "sternum", "upper_back", "wrist"),
    rates_hz=RATES_HZ,
    timing=Timing("device", 0.01),
    codec=MovellaDotCodec(),
    right_handed=True,
    serial_at=SerialAt(INFO, serial_of),
    notes="At most 60 Hz. Synchronise the sensors in the maker's app before where times of left and right matter.",
)
