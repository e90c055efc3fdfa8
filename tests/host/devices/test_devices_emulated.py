"""Every codec against the emulator of its device, byte by byte and at the speed of the machine: no radio, no waiting.

Emulator and codec share no line of code; what comes out must be what the emulator was made to measure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.devices import (
    Closing,
    Doing,
    Event,
    Heard,
    Hopeless,
    Identity,
    Level,
    Opened,
    Read,
    Said,
    Samples,
    Started,
    Subscribe,
    Ticked,
    WasRead,
    Write,
    kind_named,
)
from evenside.testing.emulators import (
    DotEmulator,
    Emulated,
    LinesEmulator,
    PedalsEmulator,
    PolarEmulator,
    TindeqEmulator,
    WitMotionEmulator,
)
from evenside_analysis.types import Node

STEP_S = 0.02


class Air:
    """A device and the codec that speaks with it, as far as an ideal radio would let them."""

    def __init__(self, kind_id: str, device: Emulated, nodes: tuple[Node, ...]) -> None:
        kind = kind_named(kind_id)
        assert kind is not None
        self.codec, self.device = kind.codec, device
        self.state = kind.codec.start(nodes)
        self.found: list[Doing] = []
        self.now_s = 100.0
        self._subscribed: set[str] = set()
        self._has = frozenset(c.uuid for service in device.services for c in service.characteristics)

    def connect(self) -> None:
        self._subscribed = set()
        self.tell(Opened(self.now_s, Identity(serial="S"), 244, self._has))

    def lose(self) -> None:
        self.device.disconnected()
        self._subscribed = set()

    def tell(self, event: Event) -> None:
        self.state, doings = self.codec.step(self.state, event)
        for doing in doings:
            match doing:
                case Subscribe(uuid=uuid):
                    assert uuid in self._has
                    self._subscribed.add(uuid)
                case Read(uuid=uuid):
                    self.tell(WasRead(self.now_s, uuid, self.device.read(uuid)))
                case Write(uuid=uuid, data=data):
                    assert uuid in self._has
                    self._hear(self.device.write(uuid, data, self.now_s))
                case _:
                    self.found.append(doing)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            self._hear(self.device.advance(self.now_s))
            self.tell(Ticked(self.now_s))

    def _hear(self, notes: Sequence[tuple[str, bytes]]) -> None:
        for uuid, data in notes:
            assert len(data) <= 244
            if uuid in self._subscribed:
                self.tell(Heard(self.now_s, uuid, data))

    def samples(self, node: str = "") -> list[Samples]:
        return [doing for doing in self.found if isinstance(doing, Samples) and node in ("", doing.node)]

    def values(self, node: str = "") -> np.ndarray[Any, Any]:
        return np.concatenate([run.values for run in self.samples(node)])


def _moving(at_s: float) -> list[float]:
    """Six numbers within the range of any sensor here, each with a movement of its own."""
    return [
        3.0 * math.sin(2 * math.pi * 0.7 * at_s),
        -2.0 * math.cos(2 * math.pi * 0.5 * at_s),
        9.80665 + math.sin(2 * math.pi * 1.1 * at_s),
        2.0 * math.sin(2 * math.pi * 0.9 * at_s),
        -1.0,
        0.5 * math.cos(2 * math.pi * 0.3 * at_s),
    ]


@dataclass(frozen=True)
class Case:
    """``resolution``: what the device rounds a value to."""

    kind: str
    make: Callable[[], Emulated]
    node: Node
    resolution: Sequence[float]


def _puck_line(at_s: float, measured: Sequence[float]) -> str:
    acc = [round(value / 9.80665 * 8192) for value in measured[:3]]
    gyr = [round(math.degrees(value) / 0.07) for value in measured[3:]]
    return ",".join([f"{1.7e12 + at_s * 1000:.1f}", *map(str, [*acc, *gyr])])


IMU = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
CASES = (
    Case(
        "tindeq-progressor",
        lambda: TindeqEmulator(_moving),
        Node("one", "grip", "left", ("force",), 80.0),
        [1e-5],
    ),
    Case(
        "witmotion",
        lambda: WitMotionEmulator(_moving),
        Node("one", "shank", "left", IMU, 100.0),
        [0.0048] * 3 + [0.0011] * 3,
    ),
    Case("movella-dot", lambda: DotEmulator(_moving), Node("one", "shank", "left", IMU, 60.0), [1e-5] * 6),
    Case("polar-pmd", lambda: PolarEmulator(_moving), Node("one", "wrist", "left", IMU[:3], 52.0), [0.0024] * 3),
    Case(
        "puck-js",
        lambda: LinesEmulator(
            _moving, _puck_line, name="Puck.js 9e03", rate_hz=52.0, starts="|12);\n", stops='("accel");\n'
        ),
        Node("one", "shank", "left", IMU, 52.0),
        [0.002] * 3 + [0.002] * 3,  # its times are rounded to 0.1 ms
    ),
)


@pytest.fixture(params=CASES, ids=lambda case: case.kind)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def test_what_was_measured_comes_out(case: Case) -> None:
    air = Air(case.kind, case.make(), (case.node,))
    air.connect()
    air.run(6.0)
    values = air.values()
    assert values.shape[0] >= 4.0 * case.node.rate_hz
    expected = _expected(case, air)
    assert (np.abs(values - expected) <= np.array(case.resolution) + 1e-9).all()
    assert not [doing for doing in air.found if isinstance(doing, Hopeless)]


def _expected(case: Case, air: Air) -> np.ndarray[Any, Any]:
    """The signal at the moments of the samples: by the device's clock, or by their number."""
    runs = air.samples()
    count = sum(run.values.shape[0] for run in runs)
    if runs[0].device_us is None:
        moments = np.arange(count) / case.node.rate_hz + 100.0
    else:
        us = np.concatenate([run.device_us for run in runs if run.device_us is not None])
        moments = (us - us[0]) / 1e6 + 100.0
    rows = [_moving(moment)[: len(case.node.channels)] for moment in moments]
    return np.array(rows)


def test_an_undisturbed_stream_has_no_hole_and_steady_times(case: Case) -> None:
    air = Air(case.kind, case.make(), (case.node,))
    air.connect()
    air.run(6.0)
    assert not any(run.lost for run in air.samples())
    if air.samples()[0].device_us is not None:
        times = np.concatenate([run.device_us for run in air.samples() if run.device_us is not None])
        np.testing.assert_allclose(np.diff(times), 1e6 / case.node.rate_hz, atol=101.0)
    assert sum(isinstance(doing, Started) for doing in air.found) == 1


def test_it_streams_again_after_a_lost_connection(case: Case) -> None:
    air = Air(case.kind, case.make(), (case.node,))
    air.connect()
    air.run(3.0)
    before = len(air.samples())
    air.lose()
    air.run(5.0)
    assert len(air.samples()) == before
    air.connect()
    air.run(3.0)
    after = air.samples()[before:]
    assert sum(run.values.shape[0] for run in after) >= 1.5 * case.node.rate_hz
    assert not any(run.lost for run in after)
    if after[0].device_us is not None:
        assert after[0].clock == air.samples()[0].clock + 1


def test_it_stops_when_the_host_leaves(case: Case) -> None:
    air = Air(case.kind, case.make(), (case.node,))
    air.connect()
    air.run(3.0)
    air.tell(Closing(air.now_s))
    air.run(0.1)
    count = len(air.samples())
    air.run(3.0)
    if case.kind != "witmotion":  # it knows no way to be silent
        assert len(air.samples()) == count


def test_pedals_give_each_leg_its_power() -> None:
    nodes = tuple(Node(side, "pedal", side, ("power",), 1.0) for side in ("left", "right"))
    air = Air("cycling-power", PedalsEmulator(lambda _: (110.0, 90.0)), nodes)
    air.connect()
    air.run(10.0)
    np.testing.assert_allclose(air.values("left"), 110.0)
    np.testing.assert_allclose(air.values("right"), 90.0)
    assert len(air.samples("left")) >= 9


def test_pedals_without_a_reference_give_no_side() -> None:
    nodes = tuple(Node(side, "pedal", side, ("power",), 1.0) for side in ("left", "right"))
    air = Air("cycling-power", PedalsEmulator(lambda _: (110.0, 90.0), reference_left=False), nodes)
    air.connect()
    air.run(5.0)
    assert np.isnan(air.values()).all()
    assert len([doing for doing in air.found if isinstance(doing, Said)]) == 1


def test_a_meter_without_a_balance_is_refused_as_pedals() -> None:
    nodes = tuple(Node(side, "pedal", side, ("power",), 1.0) for side in ("left", "right"))
    air = Air("cycling-power", PedalsEmulator(lambda _: (110.0, 0.0), balance=False), nodes)
    air.connect()
    assert any(isinstance(doing, Hopeless) for doing in air.found)


@pytest.mark.parametrize("kind", ["cycling-power-single", "cycling-power-vector"])
def test_meters_of_one_side_each(kind: str) -> None:
    for location, refused in ((7, False), (8, True)):
        device = PedalsEmulator(lambda _: (120.0, 0.0), balance=False, vectors=True, location=location)
        air = Air(kind, device, (Node("one", "pedal", "left", ("power",), 1.0),))
        air.connect()
        assert any(isinstance(doing, Hopeless) for doing in air.found) is refused
        air.run(6.0)
        np.testing.assert_allclose(air.values(), 120.0, rtol=0.01)


def test_batteries_are_told() -> None:
    sensor = Air("witmotion", WitMotionEmulator(_moving), (Node("one", "shank", "left", IMU, 50.0),))
    dot = Air("movella-dot", DotEmulator(_moving), (Node("one", "shank", "left", IMU, 60.0),))
    for air, percent in ((sensor, 75.0), (dot, 87.0)):
        air.connect()
        air.run(61.0)
        levels = [doing for doing in air.found if isinstance(doing, Level)]
        assert percent in [level.battery_percent for level in levels]
    assert 25.0 in [doing.temperature_c for doing in sensor.found if isinstance(doing, Level)]


DEVICES: tuple[Callable[[], Emulated], ...] = (
    *(case.make for case in CASES),
    lambda: PedalsEmulator(lambda _: (110.0, 90.0), vectors=True),
)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_an_emulator_takes_whatever_is_written_to_it(data: st.DataObject) -> None:
    """It stays what it is: what it sends fits into a packet, and what can be read can still be read."""
    device = data.draw(st.sampled_from(DEVICES))()
    described = [one for service in device.services for one in service.characteristics]
    writable = [one.uuid for one in described if not {"write", "write-without-response"}.isdisjoint(one.properties)]
    heads = st.sampled_from([bytes.fromhex(head) for head in ("", "65", "ffaa", "0101", "0202", "0102", "05", "10")])
    now_s = 0.0
    for _ in range(data.draw(st.integers(1, 8))):
        now_s += data.draw(st.floats(0.0, 2.0))
        written = data.draw(heads) + data.draw(st.binary(max_size=32))
        notes = device.write(data.draw(st.sampled_from(writable)), written, now_s) if writable else []
        for uuid, value in [*notes, *device.advance(now_s)]:
            assert uuid in {one.uuid for one in described}
            assert len(value) <= 244
    for one in described:
        if "read" in one.properties:
            assert isinstance(device.read(one.uuid), bytes)
