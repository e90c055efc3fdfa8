"""Cycling Power pedals, cranks and hubs: the power of each leg, of any maker who keeps to the standard.

Strategy: a meter with a balance plays both sides; where it says that the share is the left one's, that is believed.
Where it does not, no side is given, and the person may say which it is by the kind of device: the two
``cycling-power-percent-…``. Meters of one side each are two devices, and what such a meter says of its place is held
against the configuration. Below 30 W a balance is noise. What this never does: take an unknown share for the left one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from evenside.devices.cycling_power_frames import (
    CONTROL_POINT,
    FEATURE,
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

__all__ = ["KINDS", "BalanceCodec", "SingleCodec", "VectorCodec"]

MINIMUM_W = 30
_WHAT = "power meter"
_ASK_CRANK_LENGTH = b"\x05"
_WRAP = 1 << 16
_UNKNOWN_SIDE = (
    "the meter does not say whose share its balance is, no side is given: pedal with the left leg alone; if its app "
    'then shows a share near 100 %, write device = "cycling-power-percent-left" for these nodes in evenside.toml, '
    'if near 0 %, "cycling-power-percent-right"'
)
_NO_LOCATION = "the meter does not say on which side it is: nothing but the configuration does"
_NO_BALANCE = (
    "this meter measures no balance of left and right: use pedals that do, or two meters of one side each with "
    'device = "cycling-power-single" in evenside.toml'
)


@dataclass(frozen=True, slots=True)
class _Balance:
    nodes: tuple[Node, ...]
    started: bool = False
    doubtful: bool = False  # told that no side is known


@dataclass(frozen=True, slots=True)
class BalanceCodec:
    """Both nodes of one meter, channel ``power``. ``share_of``: whose the balance is where the meter does not say."""

    share_of: Literal["left", "right", "unknown"] = "unknown"

    def start(self, nodes: tuple[Node, ...], /) -> _Balance:
        return _Balance(nodes)

    def step(self, state: _Balance, event: Event, /) -> tuple[_Balance, list[Doing]]:
        match event:
            case Opened():
                if (problem := unfit(state.nodes, _WHAT, (POWER,), most=2)) is not None:
                    return state, [problem]
                if centre := [node.id for node in state.nodes if node.side == "centre"]:
                    return state, [Hopeless(f"node {centre[0]} has no side: write left or right in evenside.toml")]
                asked: list[Doing] = [Read(FEATURE)] if FEATURE in event.characteristics else []
                return _Balance(state.nodes), [*asked, Subscribe(MEASUREMENT)]
            case WasRead(uuid=uuid) if uuid == FEATURE:
                return state, [Hopeless(_NO_BALANCE)] if len(event.data) >= 4 and not event.data[0] & 1 else []
            case Heard(uuid=uuid) if uuid == MEASUREMENT:
                return self._measured(state, event)
            case _:
                return state, []

    def _measured(self, state: _Balance, event: Heard) -> tuple[_Balance, list[Doing]]:
        said = measurement(event.data)
        if said is None:
            return state, []
        share_of = "left" if said.of_left else self.share_of
        doings: list[Doing] = [] if state.started else [Started()]
        doubtful = said.share is not None and share_of == "unknown"
        if doubtful and not state.doubtful:
            doings.append(Said("event", _UNKNOWN_SIDE))
        for node in state.nodes:
            value = np.nan
            if said.share is not None and not doubtful and said.power_w >= MINIMUM_W:
                value = said.power_w * (said.share if node.side == share_of else 1.0 - said.share)
            doings.append(Samples(node.id, np.array([[value]]), event.at_s))
        return replace(state, started=True, doubtful=state.doubtful or doubtful), doings


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
    return SERVICE in advert.services


def _kind(name: str, words: str, codec: BalanceCodec | SingleCodec | VectorCodec, notes: str) -> DeviceKind:
    return DeviceKind(
        id=name,
        name=words,
        recognises=_recognises,
        channels=(POWER,),
        sites=("pedal",),
        rates_hz=(),
        timing=Timing("arrival", 0.5),
        codec=codec,
        both_sides=isinstance(codec, BalanceCodec),
        silence_s=10.0,
        notes=notes,
    )


# All look the same from outside; the first one is what is taken where the configuration names none.
KINDS = (
    _kind(
        "cycling-power",
        "Cycling Power pedals with a balance",
        BalanceCodec(),
        "One device, two nodes with the same serial; set rate_hz = 1. Below 30 W nothing is compared.",
    ),
    _kind(
        "cycling-power-percent-left",
        "Cycling Power pedals whose balance is the share of the left leg",
        BalanceCodec("left"),
        "For meters that do not say whose share their balance is, once you have tried it out.",
    ),
    _kind(
        "cycling-power-percent-right",
        "Cycling Power pedals whose balance is the share of the right leg",
        BalanceCodec("right"),
        "For meters that do not say whose share their balance is, once you have tried it out.",
    ),
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
