"""Any sensor that writes lines of numbers over the Nordic UART service: Puck.js, Bangle.js, a board of one's own.

Strategy: subscribe, write the text that starts it, then every line with the right number of columns is a sample
(``line_layout`` tells which column is what). The first line is dropped, it may have begun before anybody listened;
so are lines that are not numbers, as the echo of a console. What this never does: notice a digit that was lost inside
a line, which nothing guards.
"""

from __future__ import annotations

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
    Opened,
    Said,
    Samples,
    Started,
    Subscribe,
    Timing,
    Write,
)
from evenside.devices.line_layout import LineLayout, builtin_line_layouts
from evenside.devices.ticks import Ticks, reopened, runs_of, timed
from evenside_analysis.types import Node

__all__ = ["KINDS", "LineCodec", "kind_of"]

SERVICE = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
WRITE = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"
NOTIFY = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"

_LINE_BYTES_MAX = 512
_WRITE_BYTES_MIN = 20
_NUMBER_MAX = 1e12  # no sensor counts that far
_TIME_MAX_US = float(1 << 53)  # whole microseconds that a float can tell apart
_FLOW_CONTROL = bytes((0x11, 0x13))  # XON, XOFF


@dataclass(frozen=True, slots=True)
class _State:
    nodes: tuple[Node, ...]
    rest: bytes = b""
    torn: bool = True  # what comes next may be the end of a line
    chunk: int = _WRITE_BYTES_MIN
    ticks: Ticks = field(default_factory=Ticks)
    streaming: bool = False
    missed: bool = False  # a line before what comes next was no sample
    unread: bool = False  # told of one


@dataclass(frozen=True, slots=True)
class LineCodec:
    """One node, any channels of the layout."""

    layout: LineLayout

    def start(self, nodes: tuple[Node, ...], /) -> _State:
        return _State(nodes)

    def step(self, state: _State, event: Event, /) -> tuple[_State, list[Doing]]:
        match event:
            case Opened():
                return self._opened(state, event)
            case Heard(uuid=uuid) if uuid == NOTIFY:
                return self._heard(state, event)
            case Closing():
                return state, self._writes(state, self.layout.stop)
            case _:
                return state, []

    def _opened(self, state: _State, event: Opened) -> tuple[_State, list[Doing]]:
        layout = self.layout
        if (problem := unfit(state.nodes, layout.name, layout.channels, layout.rates_hz)) is not None:
            return state, [problem]
        chunk = max(event.max_write, _WRITE_BYTES_MIN)
        fresh = _State(state.nodes, chunk=chunk, ticks=reopened(state.ticks))
        return fresh, [Subscribe(NOTIFY), *self._writes(fresh, layout.start)]

    def _writes(self, state: _State, text: str) -> list[Doing]:
        """With responses, so that the device takes them at its own pace."""
        rate = f"{state.nodes[0].rate_hz:g}" if state.nodes else ""
        data = text.replace("{rate}", rate).encode()
        return [Write(WRITE, data[at : at + state.chunk], response=True) for at in range(0, len(data), state.chunk)]

    def _heard(self, state: _State, event: Heard) -> tuple[_State, list[Doing]]:
        *lines, rest = (state.rest + event.data.translate(None, _FLOW_CONTROL)).split(b"\n")
        if lines and state.torn:
            del lines[0]
            state = replace(state, torn=False)
        if len(rest) > _LINE_BYTES_MAX:
            rest, state = b"", replace(state, torn=True)
        state = replace(state, rest=rest)
        if not state.nodes:
            return state, []
        rows = [self._row(line) for line in lines if line.strip()]
        good = [row for row in rows if row is not None]
        doings: list[Doing] = []
        if state.streaming and len(good) < len(rows):
            doings += [] if state.unread else [Said("garbage", "a line was not a sample")]
            state = replace(state, missed=True, unread=True)
        if good:
            doings += [] if state.streaming else [Started(f"{state.nodes[0].rate_hz:g} Hz")]
            state, samples = self._sampled(state, good, event.at_s)
            doings += samples
        return state, doings

    def _row(self, line: bytes) -> list[float] | None:
        """The numbers of a line, or None where it is none of ours."""
        try:
            texts = line.decode("ascii").strip().split(self.layout.separator)
            numbers = [float(text) for text in texts]
        except ValueError:
            return None
        wanted = [(column, _NUMBER_MAX) for column in self.layout.columns]
        if self.layout.time_column >= 0:
            wanted.append((self.layout.time_column, _TIME_MAX_US / self.layout.time_us))
        if len(numbers) != self.layout.width or not all(abs(numbers[at]) < most for at, most in wanted):
            return None
        return numbers

    def _sampled(self, state: _State, rows: list[list[float]], at_s: float) -> tuple[_State, list[Samples]]:
        layout, node = self.layout, state.nodes[0]
        table = np.array([[row[column] for column in layout.columns] for row in rows])
        values = picked(table * np.array(layout.factors), layout.channels, node)
        if layout.time_column < 0:
            lost, state = state.missed, replace(state, streaming=True, missed=False)
            return state, [Samples(node.id, values, at_s, lost=lost)]
        raw = [round(row[layout.time_column] * layout.time_us) for row in rows]
        ticks, runs = runs_of(state.ticks, raw, at_s, 1e6 / node.rate_hz, layout.wrap_us)
        return replace(state, ticks=ticks, streaming=True, missed=False), timed(node.id, values, at_s, runs)


def kind_of(layout: LineLayout) -> DeviceKind:
    """The kind of device that a layout describes."""

    def recognises(advert: Advert) -> bool:
        return any(advert.name.startswith(name) for name in layout.advertises)

    return DeviceKind(
        id=layout.name,
        name=layout.summary or layout.name,
        recognises=recognises,
        channels=layout.channels,
        sites=layout.sites,
        rates_hz=layout.rates_hz,
        timing=Timing("arrival" if layout.time_column < 0 else "device", layout.error_s),
        codec=LineCodec(layout),
        gravity=layout.gravity,
        right_handed=layout.right_handed,
        notes="Lines of numbers over the Nordic UART service.",
    )


KINDS = tuple(kind_of(layout) for layout in builtin_line_layouts())
