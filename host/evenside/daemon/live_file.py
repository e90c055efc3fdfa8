"""``live.json`` in the data folder: how things stand this moment, for ``evenside status``.

Everything worth keeping is in the store; this is only what would be stale in a minute: rates, silences, what waits. It
is replaced as a whole every few seconds and never brought to the disk on purpose.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypeVar

__all__ = ["LiveNode", "LiveSession", "LiveSink", "LiveState", "read_live", "remove_live", "write_live"]


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LiveNode:
    """Of one node; NaN where there is nothing yet. ``silent_s``: since when nothing was heard, 0 is now."""

    node: str
    link: str  # kind of the last event of its link, "" before the first
    samples: int
    rate_hz: float
    lost_share: float
    silent_s: float
    clock_error_s: float


@dataclass(frozen=True, slots=True)
class LiveSession:
    session: str
    wearer: str
    moment_s: float
    waiting: int  # items in the queue
    recording: str  # folder, "" where nothing is recorded
    trouble: str  # of the recording
    nodes: tuple[LiveNode, ...]


@dataclass(frozen=True, slots=True)
class LiveSink:
    """What hinders a sink: ``state`` is ok, waiting, stopped, refusing or store."""

    name: str
    state: str
    words: str
    mend: str


@dataclass(frozen=True, slots=True)
class LiveState:
    """``at_ns``: UTC, when this was written."""

    pid: int
    at_ns: int
    store_state: str
    store_words: str
    store_backlog: int
    sessions: tuple[LiveSession, ...]
    sinks: tuple[LiveSink, ...] = ()


def write_live(data: Path, state: LiveState) -> None:
    """Raises OSError."""
    path = _path(data)
    beside = path.with_suffix(".tmp")
    beside.write_text(json.dumps(_plain(asdict(state)), allow_nan=False), "utf-8")
    beside.replace(path)


def read_live(data: Path) -> LiveState | None:
    """What was last written; None where there is nothing, or nothing that can be read."""
    try:
        found = json.loads(_path(data).read_text("utf-8"))
        sinks = tuple(_made(LiveSink, sink) for sink in found["sinks"])
        return _made(LiveState, {**found, "sessions": tuple(map(_session, found["sessions"])), "sinks": sinks})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def remove_live(data: Path) -> None:
    """Nothing is live any more."""
    with suppress(OSError):
        _path(data).unlink()


def _path(data: Path) -> Path:
    return data / "live.json"


def _plain(value: object) -> object:
    match value:
        case dict():
            return {key: _plain(cell) for key, cell in value.items()}
        case list() | tuple():
            return [_plain(cell) for cell in value]
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value


def _session(cells: dict[str, object]) -> LiveSession:
    nodes = cells["nodes"]
    if not isinstance(nodes, list):
        raise ValueError("nodes must be a list")
    return _made(LiveSession, {**cells, "nodes": tuple(_made(LiveNode, node) for node in nodes)})


def _made(kind: type[T], cells: dict[str, object]) -> T:
    """The fields of a value from their JSON; floats may stand there as text."""
    floats = {field.name for field in fields(kind) if field.type == "float"}  # type: ignore[arg-type]
    return kind(**{name: float(str(cell)) if name in floats else cell for name, cell in cells.items()})
