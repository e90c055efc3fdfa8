"""What the tests of codecs share: nodes, and a device that is told events one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evenside.devices import Codec, DeviceKind, Doing, Event, Identity, Opened, Samples
from evenside_analysis.types import Node, Side, Site

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "devices.json"


class Played:
    """A codec and its state; ``tell`` returns what it wishes and finds."""

    def __init__(self, codec: Codec, nodes: tuple[Node, ...]) -> None:
        self.codec = codec
        self.state = codec.start(nodes)

    def tell(self, *events: Event) -> list[Doing]:
        found: list[Doing] = []
        for event in events:
            self.state, doings = self.codec.step(self.state, event)
            found += doings
        return found


def _opened(at_s: float = 0.0, *characteristics: str, max_write: int = 244) -> Opened:
    return Opened(at_s, Identity(serial="S1"), max_write, frozenset(characteristics))


def _nodes(kind: DeviceKind, *, rate_hz: float = 0.0, site: Site | None = None) -> tuple[Node, ...]:
    """Nodes that the kind can be: both sides where it measures them, else one on the left."""
    sides: tuple[Side, ...] = ("left", "right") if kind.both_sides else ("left",)
    rate_hz = rate_hz or (kind.rates_hz or (50.0,))[0]
    return tuple(Node(f"{side}_one", site or kind.sites[0], side, kind.channels, rate_hz) for side in sides)


def _samples(doings: Iterable[Doing], node: str | None = None) -> list[Samples]:
    return [doing for doing in doings if isinstance(doing, Samples) and node in (None, doing.node)]


def _values(doings: Iterable[Doing], node: str | None = None) -> np.ndarray[Any, Any]:
    parts = [samples.values for samples in _samples(doings, node)]
    return np.concatenate(parts) if parts else np.empty((0, 0))


@pytest.fixture
def play() -> Callable[[DeviceKind, tuple[Node, ...]], Played]:
    return lambda kind, nodes: Played(kind.codec, nodes)


@pytest.fixture
def opened() -> Callable[..., Opened]:
    return _opened


@pytest.fixture
def nodes_of() -> Callable[..., tuple[Node, ...]]:
    return _nodes


@pytest.fixture
def samples() -> Callable[..., list[Samples]]:
    return _samples


@pytest.fixture
def values() -> Callable[..., np.ndarray[Any, Any]]:
    return _values


@pytest.fixture
def vectors() -> dict[str, list[dict[str, Any]]]:
    """The golden bytes, by the id of the kind."""
    loaded: dict[str, list[dict[str, Any]]] = json.loads(VECTORS.read_text("utf-8"))
    return loaded
