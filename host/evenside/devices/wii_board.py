"""The Wii Balance Board as the Linux driver hid-wiimote shows it: four corners on which a person stands.

Strategy: events of the input layer (``struct input_event``) are read at whatever place they are cut; a corner keeps its
value until an event changes it, so the force of a side at any time is known exactly and is read off at the rate of the
nodes, at whole multiples of its period. Left and right are those of a person with the button behind the heels. What
this never does: open a file, or hold a value over a time in which the driver says that events were dropped.

The owner of the device answers ``Read("clock")`` with an s64: µs to subtract from the stamps of the events to
have session time; and ``Read("axis/N")`` with the ``struct input_absinfo`` of axis N, whose first s32 is its value.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

import numpy as np

from evenside.devices.fitting import unfit
from evenside.devices.kind import (
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
    Ticked,
    Timing,
    WasRead,
)
from evenside_analysis.types import FORCE, GRAVITY_M_S2, Node

__all__ = ["AXES", "CLOCK", "INPUT_EVENT", "KIND", "WiiBoardCodec"]

INPUT_EVENT = struct.Struct("@llHHi")  # s, µs, type, code, value, as this machine lays them out
AXES = (0x10, 0x11, 0x12, 0x13)  # top right, bottom right, top left, bottom left; top is away from the button
CLOCK = "clock"
_SYN, _KEY, _ABS = 0, 1, 3
_SYN_REPORT, _SYN_DROPPED, _BTN_A = 0, 3, 0x130
_N_PER_COUNT = 0.01 * GRAVITY_M_S2
_HOLD_US = 250_000  # an event may take so long to get here
_STALL_US = 10_000_000
_US_MAX = 1 << 53
_RATES_HZ = (50.0, 100.0, 25.0, 20.0, 10.0)
_WHAT = "Wii Balance Board"


@dataclass(frozen=True, slots=True)
class _State:
    nodes: tuple[Node, ...]
    rest: bytes = b""
    corners: tuple[tuple[int, int], ...] = ()  # axis and value, as far as known, after the last report
    pending: tuple[tuple[int, int], ...] = ()  # since then
    dropped: bool = False  # events are missing up to the next report
    offset_us: int | None = None
    next: int | None = None  # number of the next grid place
    clock: int = -1
    lost: bool = False
    started: bool = False


class WiiBoardCodec:
    """Both nodes of one board, channel ``force``."""

    def start(self, nodes: tuple[Node, ...], /) -> _State:
        return _State(nodes)

    def step(self, state: _State, event: Event, /) -> tuple[_State, list[Doing]]:
        match event:
            case Opened():
                return _opened(state)
            case WasRead(uuid=uuid) if uuid == CLOCK and len(event.data) == 8:
                return replace(state, offset_us=int.from_bytes(event.data, "little", signed=True)), []
            case WasRead(uuid=uuid) if uuid in _AXIS_NAMES and len(event.data) >= 4:
                value = int.from_bytes(event.data[:4], "little", signed=True)
                return replace(state, corners=_with(state.corners, _AXIS_NAMES[uuid], value)), []
            case Heard():
                return _heard(state, event)
            case Ticked() if state.offset_us is not None and state.next is not None:
                return _held(state, round(event.at_s * 1e6) + state.offset_us - _HOLD_US, event.at_s)
            case _:
                return state, []


_AXIS_NAMES = {f"axis/{axis}": axis for axis in AXES}


def _with(corners: tuple[tuple[int, int], ...], axis: int, value: int) -> tuple[tuple[int, int], ...]:
    return tuple(sorted({**dict(corners), axis: value}.items()))


def _opened(state: _State) -> tuple[_State, list[Doing]]:
    if (problem := unfit(state.nodes, _WHAT, (FORCE,), _RATES_HZ, most=2)) is not None:
        return state, [problem]
    if len({node.rate_hz for node in state.nodes}) > 1:
        return state, [Hopeless("both sides of one board have one rate: set the same rate_hz in evenside.toml")]
    if centre := [node.id for node in state.nodes if node.side == "centre"]:
        return state, [Hopeless(f"node {centre[0]} has no side: write left or right in evenside.toml")]
    return _State(state.nodes, clock=state.clock + 1), [Read(CLOCK), *map(Read, _AXIS_NAMES)]


def _heard(state: _State, event: Heard) -> tuple[_State, list[Doing]]:
    stream = state.rest + event.data
    whole = len(stream) // INPUT_EVENT.size * INPUT_EVENT.size
    doings: list[Doing] = []
    for seconds, micros, kind, code, value in INPUT_EVENT.iter_unpack(stream[:whole]):
        if kind == _ABS and code in AXES and not state.dropped:
            state = replace(state, pending=_with(state.pending, code, value))
        elif kind == _KEY and code == _BTN_A and value == 1:
            doings.append(Said("marker", "button 1"))
        elif kind == _SYN and code == _SYN_DROPPED:
            state = replace(state, dropped=True, pending=(), corners=(), lost=True)
        elif kind == _SYN and code == _SYN_REPORT and state.dropped:
            state = replace(state, dropped=False)
            doings += map(Read, _AXIS_NAMES)
        elif kind == _SYN and code == _SYN_REPORT:
            state, done = _reported(state, seconds * 1_000_000 + micros, event.at_s)
            doings += done
    return replace(state, rest=stream[whole:]), doings


def _reported(state: _State, us: int, at_s: float) -> tuple[_State, list[Doing]]:
    """What was in force up to ``us`` is read off, then the new values hold."""
    if abs(us) > _US_MAX or not state.nodes:
        return replace(state, pending=()), []
    state, doings = _held(state, us - 1, at_s)
    corners = state.corners
    for axis, value in state.pending:
        corners = _with(corners, axis, value)
    first = state.next if state.next is not None else _place(us, state.nodes[0].rate_hz)
    return replace(state, corners=corners, pending=(), next=first), doings


def _place(us: int, rate_hz: float) -> int:
    """Number of the first grid place at or after ``us``."""
    return -((-us * round(rate_hz)) // 1_000_000)


def _held(state: _State, until_us: int, at_s: float) -> tuple[_State, list[Doing]]:
    """Samples at the grid places up to and with ``until_us``, with the values that are in force now."""
    if state.next is None or not state.nodes or abs(until_us) > _US_MAX:
        return state, []
    rate_hz = round(state.nodes[0].rate_hz)
    end = until_us * rate_hz // 1_000_000 + 1
    if end <= state.next:
        return state, []
    if len(state.corners) < len(AXES) or end - state.next > _STALL_US // 1_000_000 * rate_hz:
        return replace(state, next=end, lost=True), []
    device_us = np.arange(state.next, end, dtype=np.int64) * 1_000_000 // rate_hz
    values = dict(state.corners)
    sides = {"left": values[AXES[2]] + values[AXES[3]], "right": values[AXES[0]] + values[AXES[1]]}
    doings: list[Doing] = [] if state.started else [Started(f"{rate_hz} Hz")]
    for node in state.nodes:
        force_n = np.full((device_us.size, 1), sides[node.side] * _N_PER_COUNT)
        doings.append(Samples(node.id, force_n, at_s, device_us, state.clock, state.lost))
    return replace(state, next=end, lost=False, started=True), doings


KIND = DeviceKind(
    id="wii-balance-board",
    name=_WHAT,
    recognises=lambda _: False,  # it speaks classic Bluetooth: the driver of the system finds it
    channels=(FORCE,),
    sites=("plate",),
    rates_hz=_RATES_HZ,
    timing=Timing("device", 0.03),
    codec=WiiBoardCodec(),
    both_sides=True,
    notes="Pair it with the system, source = evdev://; one device, two nodes. Stand with its button at your heels.",
)
