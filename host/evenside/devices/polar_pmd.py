"""Polar Verity Sense, OH1, H10, 360: the accelerometer, by the maker's measurement service (PMD).

Strategy: ask what can be set, start with the rate of the node and the widest range, then read frames. The time of a
frame is that of its last sample; the samples before it are spread evenly from the last one of the frame before, which
follows the true rate of the device, and at the nominal rate after a gap. What this never does: pair the device, which
the 360 wants first and the others do without.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, replace

import numpy as np

from evenside.devices.fitting import picked, unfit
from evenside.devices.kind import (
    Advert,
    Closing,
    DeviceKind,
    Doing,
    Event,
    Heard,
    Hopeless,
    Opened,
    Said,
    Samples,
    Started,
    Subscribe,
    Timing,
    Write,
)
from evenside.devices.polar_frames import (
    ACC as TYPE_ACC,
)
from evenside.devices.polar_frames import (
    CHANNELS,
    FACTOR,
    RANGE,
    RATE,
    RESOLUTION,
    AccFrame,
    acc_frame,
    ask_settings,
    settings_of,
    start_request,
    stop_request,
)
from evenside_analysis.types import ACC, Ints, Node

__all__ = ["KIND", "PolarCodec"]

SERVICE = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"

COMPANY = 0x006B
_RESPONSE, _GET, _START, _STOP = 0xF0, 1, 2, 3
_ALREADY = 6
_WHY = {3: "not supported", 8: "no such rate", 9: "no such range", 10: "the MTU is too small", 13: "in its charger"}
_WHAT = "Polar sensor"


@dataclass(frozen=True, slots=True)
class _State:
    nodes: tuple[Node, ...]
    request: bytes = b""
    stopped: bool = False  # told to stop what ran before
    started: bool = False
    factor: float = 1.0
    clock: int = -1
    last_us: int | None = None  # of this connection
    unread: bool = False  # told of a frame that could not be read


class PolarCodec:
    """One node, ``acc_x``, ``acc_y``, ``acc_z``."""

    def start(self, nodes: tuple[Node, ...], /) -> _State:
        return _State(nodes)

    def step(self, state: _State, event: Event, /) -> tuple[_State, list[Doing]]:
        match event:
            case Opened():
                if (problem := unfit(state.nodes, _WHAT, ACC)) is not None:
                    return state, [problem]
                fresh = _State(state.nodes, clock=state.clock)
                return fresh, [Subscribe(CONTROL), Subscribe(DATA), Write(CONTROL, ask_settings(), response=True)]
            case Heard(uuid=uuid) if uuid == CONTROL:
                return _answered(state, event.data)
            case Heard(uuid=uuid) if uuid == DATA:
                return _framed(state, event)
            case Closing():
                return state, [Write(CONTROL, stop_request(), response=True)]
            case _:
                return state, []


def _answered(state: _State, data: bytes) -> tuple[_State, list[Doing]]:
    """0xF0, operation, type, result, 1 if more follows, settings."""
    if len(data) < 4 or data[0] != _RESPONSE or data[2] != TYPE_ACC or not state.nodes:
        return state, []
    operation, result = data[1], data[3]
    if operation == _GET and result == 0:
        return _choose(state, settings_of(data[5:]))
    if operation == _STOP and state.request and not state.started:
        return state, [Write(CONTROL, state.request, response=True)]
    if operation == _START and result == 0:
        factor = settings_of(data[5:]).get(FACTOR)
        value = struct.unpack("<f", factor[0].to_bytes(4, "little"))[0] if factor else 1.0
        state = replace(state, started=True, factor=value if math.isfinite(value) and 0 < value <= 1 else 1.0)
        return state, [Started(f"{state.nodes[0].rate_hz:g} Hz")]
    if operation == _START and result == _ALREADY and not state.stopped:
        return replace(state, stopped=True), [Write(CONTROL, stop_request(), response=True)]
    if operation in (_GET, _START):
        return state, [Said("event", f"the sensor does not start: {_WHY.get(result, f'error {result}')}")]
    return state, []


def _choose(state: _State, offered: dict[int, list[int]]) -> tuple[_State, list[Doing]]:
    node = state.nodes[0]
    rates = offered.get(RATE, [])
    if node.rate_hz not in rates:
        offer = ", ".join(str(rate) for rate in sorted(rates)) or "no rate"
        mend = f"set rate_hz of node {node.id} in evenside.toml to one of these"
        return state, [Hopeless(f"the sensor cannot send {node.rate_hz:g} Hz, it offers {offer}: {mend}")]
    widest = {setting: max(offered[setting]) for setting in (RESOLUTION, RANGE, CHANNELS) if offered.get(setting)}
    request = start_request({RATE: round(node.rate_hz), **widest})
    return replace(state, request=request), [Write(CONTROL, request, response=True)]


def _framed(state: _State, event: Heard) -> tuple[_State, list[Doing]]:
    if not state.nodes or event.data[:1] != bytes((TYPE_ACC,)):
        return state, []
    frame = acc_frame(event.data, state.factor)
    if frame is None:
        doings: list[Doing] = [] if state.unread else [Said("garbage", "a frame could not be read")]
        return replace(state, unread=True), doings
    node = state.nodes[0]
    values = picked(frame.acc_m_s2, ACC, node)
    times = _times(state, frame, 1e6 / node.rate_hz)
    if times is None:  # the same frame again
        return state, []
    device_us, clock, lost = times
    state = replace(state, clock=clock, last_us=frame.last_us)
    return state, [Samples(node.id, values, event.at_s, device_us, clock, lost)]


def _times(state: _State, frame: AccFrame, period_us: float) -> tuple[Ints, int, bool] | None:
    """Times of the samples, the clock that they are of, and whether something before them is missing."""
    n = frame.acc_m_s2.shape[0]
    back = np.arange(n - 1, -1, -1)
    nominal: Ints = frame.last_us - np.rint(back * period_us).astype(np.int64)
    if state.last_us is None:
        return nominal, state.clock + 1, False
    span_us = frame.last_us - state.last_us
    if span_us == 0:
        return None
    if span_us < n:  # set back, or no room for the samples
        return nominal, state.clock + 1, True
    if span_us > 1.1 * n * period_us + 2 * period_us:
        return nominal, state.clock, True
    even: Ints = state.last_us + span_us * np.arange(1, n + 1) // n
    return even, state.clock, False


def _recognises(advert: Advert) -> bool:
    return advert.name.startswith("Polar ") or SERVICE in advert.services


KIND = DeviceKind(
    id="polar-pmd",
    name=_WHAT,
    recognises=_recognises,
    channels=ACC,
    sites=("foot", "shank", "thigh", "pelvis", "sternum", "upper_back", "wrist"),
    rates_hz=(),
    timing=Timing("device", 0.03),
    codec=PolarCodec(),
    usual_rate_hz=52.0,
    notes="Acceleration only; a Verity Sense sends 52 Hz, an H10 25, 50, 100 or 200. Pair a 360 with the system first.",
)
