"""Tindeq Progressor: a load cell between a handle and a fixed point; two of them compare the sides of a grip or pull.

Strategy: subscribe, ask the battery, then start; samples carry the microseconds since that start (tindeq.com,
"Progressor API"). Its answers do not say what they answer, so one question is out at a time. What this never does:
tare the device, which is the person's to decide.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace

import numpy as np

from evenside.devices.fitting import unfit
from evenside.devices.kind import (
    Advert,
    Closing,
    DeviceKind,
    Doing,
    Event,
    Heard,
    Opened,
    Said,
    Started,
    Subscribe,
    Ticked,
    Timing,
    Write,
)
from evenside.devices.ticks import U32, Ticks, reopened, runs_of, timed
from evenside_analysis.types import FORCE, GRAVITY_M_S2, Node

__all__ = ["KIND", "TindeqCodec"]

SERVICE = "7e4e1701-1ea6-40c9-9dcc-13d34ffead57"
DATA = "7e4e1702-1ea6-40c9-9dcc-13d34ffead57"
CONTROL = "7e4e1703-1ea6-40c9-9dcc-13d34ffead57"

_START, _STOP, _BATTERY = b"\x65", b"\x66", b"\x6f"
_ANSWER, _WEIGHT, _LOW_POWER = 0, 1, 4
_SAMPLE = struct.Struct("<fI")  # kg, µs
_KG_MAX = 1000.0  # beyond what any of these can carry
_ANSWER_S = 2.0
_BATTERY_EVERY_S = 600.0
_WHAT = "Tindeq Progressor"


@dataclass(frozen=True, slots=True)
class _State:
    nodes: tuple[Node, ...]
    ticks: Ticks = field(default_factory=Ticks)
    asked_s: float | None = None  # the question that is out
    due_s: float = 0.0  # of the next one
    running: bool = False  # told to start
    streaming: bool = False  # heard of it
    low: bool = False


class TindeqCodec:
    """One node, channel ``force``."""

    def start(self, nodes: tuple[Node, ...], /) -> _State:
        return _State(nodes)

    def step(self, state: _State, event: Event, /) -> tuple[_State, list[Doing]]:
        match event:
            case Opened():
                return _opened(state, event)
            case Heard(uuid=uuid) if uuid == DATA:
                return _heard(state, event)
            case Ticked():
                return _ticked(state, event.at_s)
            case Closing():
                return replace(state, running=False), [Write(CONTROL, _STOP)]
            case _:
                return state, []


def _opened(state: _State, event: Opened) -> tuple[_State, list[Doing]]:
    if (problem := unfit(state.nodes, _WHAT, (FORCE,))) is not None:
        return state, [problem]
    fresh = _State(state.nodes, reopened(state.ticks), asked_s=event.at_s, due_s=event.at_s + _BATTERY_EVERY_S)
    return fresh, [Subscribe(DATA), Write(CONTROL, _BATTERY)]


def _ticked(state: _State, at_s: float) -> tuple[_State, list[Doing]]:
    if state.asked_s is not None and at_s - state.asked_s >= _ANSWER_S:
        return _go_on(replace(state, asked_s=None))
    if state.running and state.asked_s is None and at_s >= state.due_s:
        return replace(state, asked_s=at_s, due_s=at_s + _BATTERY_EVERY_S), [Write(CONTROL, _BATTERY)]
    return state, []


def _go_on(state: _State) -> tuple[_State, list[Doing]]:
    return (state, []) if state.running else (replace(state, running=True), [Write(CONTROL, _START)])


def _heard(state: _State, event: Heard) -> tuple[_State, list[Doing]]:
    doings: list[Doing] = []
    data, at = event.data, 0
    while at + 2 <= len(data):
        code, value = data[at], data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]
        if code == _WEIGHT:
            state, done = _weights(state, value, event.at_s)
        elif code == _ANSWER:
            state, done = _answered(state, value)
        elif code == _LOW_POWER and not state.low:
            state, done = replace(state, low=True), [Said("event", "low_battery")]
        else:
            done = []
        doings += done
    return state, doings


def _answered(state: _State, value: bytes) -> tuple[_State, list[Doing]]:
    if state.asked_s is None:
        return state, []
    state, doings = _go_on(replace(state, asked_s=None))
    if len(value) == 4:
        doings.append(Said("note", f"battery {int.from_bytes(value, 'little') / 1000:.2f} V"))
    return state, doings


def _weights(state: _State, value: bytes, at_s: float) -> tuple[_State, list[Doing]]:
    """Whole samples of ``value``; a weight that cannot be is left out, and what follows is told as after a loss."""
    if not state.running or not state.nodes:
        return state, []
    pairs = [_SAMPLE.unpack_from(value, at) for at in range(0, len(value) - _SAMPLE.size + 1, _SAMPLE.size)]
    good = [(kg, us) for kg, us in pairs if abs(kg) <= _KG_MAX]  # NaN is not
    if not good:
        return state, []
    node = state.nodes[0]
    force_n = np.array([[kg] for kg, _ in good]) * GRAVITY_M_S2
    ticks, runs = runs_of(state.ticks, [us for _, us in good], at_s, 1e6 / node.rate_hz, U32)
    doings: list[Doing] = [] if state.streaming else [Started()]
    return replace(state, ticks=ticks, streaming=True), [*doings, *timed(node.id, force_n, at_s, runs)]


def _recognises(advert: Advert) -> bool:
    return advert.name.startswith("Progressor") or SERVICE in advert.services


KIND = DeviceKind(
    id="tindeq-progressor",
    name=_WHAT,
    recognises=_recognises,
    channels=(FORCE,),
    sites=("grip", "strap"),
    rates_hz=(),
    timing=Timing("device", 0.01),
    codec=TindeqCodec(),
    usual_rate_hz=80.0,
    notes="Pull or grip force; set rate_hz = 80, which is what it sends. Tare it in its app, or by `calibrate tare`.",
)
