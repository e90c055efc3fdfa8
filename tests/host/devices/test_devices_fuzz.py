"""Laws of every codec: whatever a device sends is no exception, and what comes out is samples of its nodes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.devices import (
    Closing,
    DeviceKind,
    Doing,
    Event,
    Heard,
    Identity,
    Opened,
    Samples,
    Subscribe,
    Ticked,
    WasRead,
    Write,
    known_kinds,
)
from evenside.devices.wii_board import INPUT_EVENT
from evenside_analysis.types import Node, Side

KINDS = known_kinds()


def _nodes(kind: DeviceKind) -> tuple[Node, ...]:
    sides: tuple[Side, ...] = ("left", "right") if kind.both_sides else ("right",)
    rate_hz = (kind.rates_hz or (52.0,))[0]
    return tuple(Node(f"{side}_node", kind.sites[0], side, kind.channels, rate_hz) for side in sides)


def _uuids(kind: DeviceKind) -> list[str]:
    """Every characteristic that the modules of a codec name."""
    names = {"": None}
    for module in (kind.codec.__class__.__module__, "evenside.devices.cycling_power_frames"):
        loaded = __import__(module, fromlist=["*"])
        names |= dict.fromkeys(value for value in vars(loaded).values() if isinstance(value, str) and "-" in value[:9])
    return [*names, "clock", "axis/16", "axis/17", "axis/18", "axis/19"]


HEADS = [bytes.fromhex(head) for head in ("", "5561", "5571", "f00102", "f0020200", "0110", "02", "0004", "ff1f", "19")]


def _bytes() -> st.SearchStrategy[bytes]:
    """Anything, and anything behind what a device might begin with."""
    lines = st.lists(st.sampled_from(["1", "-2.5", "nan", "1e999", "x", ""]), max_size=8).map(",".join)
    events = st.tuples(
        *(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**31), 2**31 - 1)),
        *(st.sampled_from([0, 1, 3]), st.sampled_from([0, 3, 16, 17, 18, 19, 304]), st.integers(-(2**31), 2**31 - 1)),
    ).map(lambda event: INPUT_EVENT.pack(*event) if INPUT_EVENT.size == 24 else b"")
    return st.one_of(
        st.builds(bytes.__add__, st.sampled_from(HEADS), st.binary(max_size=60)),
        lines.map(lambda line: line.encode() + b"\n"),
        st.lists(events, max_size=6).map(b"".join),
    )


def _told(kind: DeviceKind, draw: Any) -> list[Event]:
    uuids = st.sampled_from(_uuids(kind))
    at_s = 0.0
    told: list[Event] = []
    for _ in range(draw(st.integers(1, 15))):
        at_s += draw(st.floats(0.0, 100.0))
        what = draw(st.integers(0, 9))
        if what == 0:
            told.append(Opened(at_s, Identity(), draw(st.integers(0, 512)), frozenset(draw(st.lists(uuids)))))
        elif what == 1:
            told.append(Ticked(at_s))
        elif what == 2:
            told.append(Closing(at_s))
        elif what == 3:
            told.append(WasRead(at_s, draw(uuids), draw(_bytes())))
        else:
            told.append(Heard(at_s, draw(uuids), draw(_bytes())))
    return [Opened(0.0, Identity(), 20, frozenset(_uuids(kind))), *told]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_bytes_are_an_exception_and_samples_are_always_whole(kind: DeviceKind, data: st.DataObject) -> None:
    nodes = _nodes(kind)
    state = kind.codec.start(nodes)
    last_us: dict[tuple[str, int], int] = {}
    for event in _told(kind, data.draw):
        state, doings = kind.codec.step(state, event)
        for doing in doings:
            if isinstance(doing, Samples):
                _check(doing, {node.id: node for node in nodes}, last_us)


def _check(found: Samples, nodes: dict[str, Node], last_us: dict[tuple[str, int], int]) -> None:
    node = nodes[found.node]
    assert found.values.dtype == np.float64
    assert found.values.shape[1] == len(node.channels)
    assert found.values.shape[0] > 0
    assert not np.isinf(found.values).any()
    if found.device_us is not None:
        times = found.device_us.tolist()
        assert len(times) == found.values.shape[0]
        before = last_us.get((found.node, found.clock), -math.inf)
        assert all(earlier < later for earlier, later in zip([before, *times], times, strict=False))
        last_us[found.node, found.clock] = times[-1]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_codec_is_pure(kind: DeviceKind, data: st.DataObject) -> None:
    """The same state and event give the same again: nothing is kept beside the state."""
    state = kind.codec.start(_nodes(kind))
    for event in _told(kind, data.draw):
        first, doings = kind.codec.step(state, event)
        again, same = kind.codec.step(state, event)
        assert repr(doings) == repr(same)
        assert repr(first) == repr(again)
        state = first


def _asked(kind: DeviceKind) -> list[Doing]:
    opened = Opened(0.0, Identity(), 20, frozenset(_uuids(kind)))
    return kind.codec.step(kind.codec.start(_nodes(kind)), opened)[1]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_a_codec_listens_before_it_asks(kind: DeviceKind) -> None:
    """What a device sends before anybody has subscribed to it is lost."""
    asked: list[Doing] = kind.codec.step(
        kind.codec.start(_nodes(kind)), Opened(0.0, Identity(), 20, frozenset(_uuids(kind)))
    )[1]
    writes = [at for at, doing in enumerate(asked) if isinstance(doing, Write) and not doing.response]
    if writes:
        assert any(isinstance(doing, Subscribe) for doing in asked[: writes[0]])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_writes_fit_into_the_smallest_packet(kind: DeviceKind) -> None:
    """23 bytes of MTU leave 20; a write with a response may be longer, the system splits it."""
    assert all(len(doing.data) <= 20 or doing.response for doing in _asked(kind) if isinstance(doing, Write))
