"""Cycling Power meters of one side each: two devices, by the power that they show or by the torque along the turn.

Strategy: what a meter says of its place, a crank or pedal on the left or right, is held against the configuration;
one that says nothing stays unknown, and that is told. What this never does: put two meters of different kinds on one
scale: many of one side alone show twice what they measure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evenside.devices.cycling_power_frames import (
    CONTROL_POINT,
    LOCATION,
    MEASUREMENT,
    SERVICE,
    VECTOR,
    Vector,
    crank_length_m,
    measurement,
    side_of_location,
    vector,
)
from evenside.devices.fitting import side_mismatch, unfit
from evenside.devices.kind import (
    Advert,
    DeviceKind,
    Doing,
    Event,
    Heard,
    Hopeless,
    Opened,
    Read,
    Said,
    Samples,
    Started,
    Subscribe,
    Timing,
    WasRead,
    Write,
)
from evenside_analysis.types import POWER, Node

__all__ = ["KINDS", "SingleCodec", "VectorCodec"]

_WHAT = "power meter"
_ASK_CRANK_LENGTH = b"\x05"
_WRAP = 1 << 16
_NO_LOCATION = "the meter does not say on which side it is: nothing but the configuration does"


@dataclass(frozen=True, slots=True)
class _Single:
    nodes: tuple[Node, ...]
    started: bool = False


class SingleCodec:
    """One node, channel ``power``: the meter of one side."""

    def start(self, nodes: tuple[Node, ...], /) -> _Single:
        return _Single(nodes)

    def step(self, state: _Single, event: Event, /) -> tuple[_Single, list[Doing]]:
        match event:
            case Opened():
                if (problem := unfit(state.nodes, _WHAT, (POWER,))) is not None:
                    return state, [problem]
                return _Single(state.nodes), [_ask_location(event), Subscribe(MEASUREMENT)]
            case WasRead(uuid=uuid) if uuid == LOCATION:
                return state, _located(state.nodes, event.data)
            case Heard(uuid=uuid) if uuid == MEASUREMENT:
                said = measurement(event.data)
                if said is None or not state.nodes:
                    return state, []
                doings: list[Doing] = [] if state.started else [Started()]
                doings.append(_power(state.nodes[0], float(said.power_w), event.at_s))
                return replace(state, started=True), doings
            case _:
                return state, []


def _ask_location(event: Opened) -> Doing:
    return Read(LOCATION) if LOCATION in event.characteristics else Said("note", _NO_LOCATION)


def _power(node: Node, value_w: float, at_s: float) -> Samples:
    return Samples(node.id, np.array([[value_w]]), at_s)


def _located(nodes: tuple[Node, ...], data: bytes) -> list[Doing]:
    side = side_of_location(data)
    if side is None:
        return [Said("note", _NO_LOCATION)]
    problems = (side_mismatch(node, side, _WHAT) for node in nodes)
    return [problem for problem in problems if problem is not None]


@dataclass(frozen=True, slots=True)
class _Turning:
    nodes: tuple[Node, ...]
    started: bool = False
    crank: tuple[int, int] | None = None
    length_m: float | None = None
    torques_nm: tuple[float, ...] = ()  # since the last turn


class VectorCodec:
    """One node, channel ``power``: mean torque of a turn times its angular speed, from the vectors of one crank.

    ω = 2π · Δrevolutions · 1024 / Δtime (CPS 1.1). Torque is force times crank length where only force is sent.
    """

    def start(self, nodes: tuple[Node, ...], /) -> _Turning:
        return _Turning(nodes)

    def step(self, state: _Turning, event: Event, /) -> tuple[_Turning, list[Doing]]:
        match event:
            case Opened():
                if (problem := unfit(state.nodes, _WHAT, (POWER,))) is not None:
                    return state, [problem]
                if VECTOR not in event.characteristics:
                    mend = 'use device = "cycling-power-single" in evenside.toml'
                    return state, [Hopeless(f"this meter sends no vectors of force or torque: {mend}")]
                doings = [_ask_location(event)]
                if CONTROL_POINT in event.characteristics:
                    doings += [Subscribe(CONTROL_POINT), Write(CONTROL_POINT, _ASK_CRANK_LENGTH, response=True)]
                return _Turning(state.nodes), [*doings, Subscribe(VECTOR)]
            case WasRead(uuid=uuid) if uuid == LOCATION:
                return state, _located(state.nodes, event.data)
            case Heard(uuid=uuid) if uuid == CONTROL_POINT:
                return replace(state, length_m=crank_length_m(event.data) or state.length_m), []
            case Heard(uuid=uuid) if uuid == VECTOR and (said := vector(event.data)) is not None:
                return _turned(state, said, event.at_s)
            case _:
                return state, []


_TORQUES_MAX = 4096  # of one turn; a device that never tells a turn must not fill the memory


def _turned(state: _Turning, said: Vector, at_s: float) -> tuple[_Turning, list[Doing]]:
    torques = said.torque_nm
    if not torques.size and said.tangential and state.length_m is not None:
        torques = said.force_n * state.length_m
    kept = (*state.torques_nm, *torques.tolist())[-_TORQUES_MAX:]
    if said.crank is None or said.crank == state.crank:
        return replace(state, torques_nm=kept), []
    before, state = state.crank, replace(state, crank=said.crank, torques_nm=())
    if before is None or not state.nodes:
        return state, []
    turns, ticks = (said.crank[0] - before[0]) % _WRAP, (said.crank[1] - before[1]) % _WRAP
    known = kept and 0 < turns < _WRAP // 2 and ticks
    power_w = sum(kept) / len(kept) * 2 * np.pi * turns * 1024 / ticks if known else np.nan
    doings: list[Doing] = [] if state.started else [Started()]
    return replace(state, started=True), [*doings, _power(state.nodes[0], power_w, at_s)]


def _recognises(advert: Advert) -> bool:
    """As a meter with a balance does: only the configuration can tell them apart."""
    return SERVICE in advert.services


def _kind(name: str, words: str, codec: SingleCodec | VectorCodec, notes: str) -> DeviceKind:
    return DeviceKind(
        id=name,
        name=words,
        recognises=_recognises,
        channels=(POWER,),
        sites=("pedal",),
        rates_hz=(),
        timing=Timing("arrival", 0.5),
        codec=codec,
        silence_s=10.0,
        usual_rate_hz=1.0,
        notes=notes,
    )


KINDS = (
    _kind(
        "cycling-power-single",
        "Cycling Power meter of one side",
        SingleCodec(),
        "Two meters, one on each side, of the same model: many of one side alone show twice what they measure.",
    ),
    _kind(
        "cycling-power-vector",
        "Cycling Power meter of one side that sends torque along the turn",
        VectorCodec(),
        "Two meters, one on each side; the power is that of each crank alone, once a turn.",
    ),
)
