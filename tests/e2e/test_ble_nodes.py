"""Two evenside nodes over the whole Bluetooth path: emulator, radio, controllers, stack, bleak, ``ble://``, blocks.

Channel ``power`` carries the true moment of each sample on the clock of this process, so that gaps, doubles and errors
of the times show.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from evenside.config import NodeConfig
from evenside.daemon import Daemon, DaemonPlan, SessionPlan
from evenside.errors import SourceError
from evenside.readers.evenside_recording import open_evenside_recording
from evenside.sources import LinkEvent, NodeStatus, SourceItem, SourceRequest, parse_source_url
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.source import open_ble_with
from evenside.sources.ble.timings import BleTimings
from evenside.testing.air import RadioModel
from evenside.testing.emulators.evenside_node import NodeEmulator, NodeMake
from evenside.testing.peripheral import Peripheral
from evenside.testing.room import World, world
from evenside.wire import SampleType, SchemaChannel
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Block, Floats, Node, Side

SIDES: tuple[Side, Side] = ("left", "right")
CHANNELS = ("power", "force")
SCHEMA = tuple(SchemaChannel.named(name, SampleType.F64) for name in CHANNELS)
AGAIN_S = 10.0  # from the end of a cause to the stream
SLOW = 4.0  # … or so many times what the first connections took, where a machine does much else


class Clocked(NodeEmulator):
    """A node that measures the time. ``begun_s``: its first moment on the clock of this process."""

    def __init__(self, make: NodeMake) -> None:
        super().__init__(make, self.measured)

    def measured(self, since_made_s: Floats) -> Floats:
        begun_s = self.true_s(1e6 * self.make.offset_s)
        return np.column_stack([since_made_s + begun_s, -since_made_s])


def made(side: Side, rate_hz: float, interval_s: float = 0.015, boot_id: int = 1) -> Clocked:
    sign = {"left": 1.0, "right": -1.0}.get(side, 0.0)
    make = NodeMake(
        serial=f"EV-{side}",
        channels=SCHEMA,
        rate_hz=rate_hz,
        side=side,
        ppm=40.0 * sign,
        offset_s=1000.0 + 500.0 * sign,
        interval_s=interval_s,
        boot_id=boot_id,
    )
    return Clocked(make)


def nodes_at(rate_hz: float) -> tuple[Node, ...]:
    return tuple(Node(side, "insole", side, CHANNELS, rate_hz) for side in SIDES)


@dataclass
class Session:
    """A source that is open, and all that it has said."""

    room: World
    sensors: dict[str, Peripheral]
    zero_s: float
    rate_hz: float
    found: list[SourceItem] = field(default_factory=list)

    @property
    def now_s(self) -> float:
        return asyncio.get_running_loop().time() - self.zero_s

    async def until(self, done: Callable[[], bool], patience_s: float = 60.0) -> float:
        """Wait for something; how long it took."""
        before_s = self.now_s
        async with asyncio.timeout(patience_s):
            while not done():
                await asyncio.sleep(0.02)
        return self.now_s - before_s

    async def streams(self, seconds: float) -> None:
        """Both sides, up to this moment and for so long."""
        end_s = self.now_s + seconds
        await self.until(lambda: all(self.last_s(side) >= end_s for side in SIDES))

    def last_s(self, side: str) -> float:
        """True moment of the newest sample that has come in its turn."""
        moments = self.moments(side)
        return float(moments[-1]) if moments.size else -1.0

    def rows(self, side: str) -> tuple[Floats, Floats, Floats]:
        """Times, true moments in session time (NaN where nothing was heard) and stated errors."""
        blocks = [item for item in self.found if isinstance(item, Block) and item.node == side]
        if not blocks:
            return np.empty(0), np.empty(0), np.empty(0)
        errors = [np.full(block.time_s.size, block.clock_error_s) for block in blocks]
        values = np.concatenate([block.values for block in blocks])
        return np.concatenate([block.time_s for block in blocks]), values[:, 0] - self.zero_s, np.concatenate(errors)

    def moments(self, side: str) -> Floats:
        true_s = self.rows(side)[1]
        return true_s[np.isfinite(true_s)]

    def whole(self, side: str) -> bool:
        """Every sample once and in order, none missing, nothing told as a hole."""
        times, true_s, _ = self.rows(side)
        steps = np.diff(true_s) * self.rate_hz
        return bool(np.all(np.diff(times) > 0) and np.all(np.abs(steps - 1.0) < 0.01))

    def told(self, kind: str, side: str = "") -> list[str]:
        events = [item for item in self.found if isinstance(item, LinkEvent) and item.kind == kind]
        return [event.detail for event in events if event.node in ("", side)]

    def apart_s(self) -> tuple[Floats, Floats]:
        """How far both sides are off each other every half second, and what was stated for both."""
        rows = [self.rows(side) for side in SIDES]
        heard = [np.isfinite(true_s) for _, true_s, _ in rows]
        first = max(true_s[ok][0] for (_, true_s, _), ok in zip(rows, heard, strict=True))
        last = min(true_s[ok][-1] for (_, true_s, _), ok in zip(rows, heard, strict=True))
        grid = np.arange(first, last, 0.5)
        off, stated = [], []
        for (times, true_s, errors), ok in zip(rows, heard, strict=True):
            off.append(np.interp(grid, true_s[ok], times[ok] - true_s[ok]))
            stated.append(np.interp(grid, true_s[ok], errors[ok]))
        return np.abs(off[0] - off[1]), stated[0] + stated[1]


@asynccontextmanager
async def session_at(
    rate_hz: float = 100.0,
    model: RadioModel | None = None,
    *,
    serials: tuple[str, str] = ("EV-left", "EV-right"),
    sides: tuple[Side, Side] = SIDES,
) -> AsyncIterator[Session]:
    """Both nodes on the air, and a source that listens to them."""
    model = model or RadioModel()
    zero_s = asyncio.get_running_loop().time()
    async with world(model, seed=5) as room:
        sensors: dict[str, Peripheral] = {
            side: await room.add(made(side, rate_hz, model.interval_s or 0.0)) for side in sides
        }
        session = Session(room, sensors, zero_s, rate_hz)
        request = SourceRequest(
            parse_source_url("ble://"),
            nodes_at(rate_hz),
            dict(zip(SIDES, serials, strict=True)),
            lambda: session.now_s,
        )

        async def listen() -> None:
            radio = Radio(room.scanner, room.client, room.adapter)
            async with open_ble_with(request, radio, BleTimings(), random.Random(1)) as items:
                async for item in items:
                    session.found.append(item)

        listening = asyncio.create_task(listen())
        try:
            yield session
        finally:
            listening.cancel()
            (ending,) = await asyncio.gather(listening, return_exceptions=True)
            if isinstance(ending, Exception):
                raise ending


# --- streams ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", [RadioModel(0.015), RadioModel(0.03, loss=0.2, supervision_s=4.0)], ids=["15 ms", "30 ms, 20 % lost"]
)
def test_two_nodes_at_200_hz_lose_nothing(model: RadioModel) -> None:
    async def scenario() -> Session:
        async with session_at(200.0, model) as session:
            await session.streams(6.0)
        return session

    session = asyncio.run(scenario())
    assert all(session.whole(side) for side in SIDES)
    assert not session.told("lost", "left") + session.told("lost", "right")
    statuses = [item for item in session.found if isinstance(item, NodeStatus)]
    assert {status.node for status in statuses} == set(SIDES)
    assert statuses[-1].battery_percent == 90.0


def test_both_sensors_stop_when_the_source_is_closed() -> None:
    async def scenario() -> list[bool]:
        async with session_at() as session:
            await session.streams(1.0)
            emulators = [sensor.model for sensor in session.sensors.values()]
        return [emulator.model.sampling for emulator in emulators if isinstance(emulator, Clocked)]

    assert asyncio.run(scenario()) == [False, False]


# --- what happens to links --------------------------------------------------------------------------------------------


Act = Callable[[], Awaitable[None] | None]


async def done(act: Act) -> None:
    outcome = act()
    if outcome is not None:
        await outcome


async def right_falls(session: Session, begin: Act, end: Act, lasting_s: float) -> bool:
    """Something happens to the right side and ends; whether new samples of it are there soon after its end."""
    first_s = await session.until(lambda: all(session.last_s(side) >= 0.0 for side in SIDES))
    await session.streams(2.0)
    await done(begin)
    await asyncio.sleep(lasting_s)
    await done(end)
    over_s = session.now_s
    taken = await session.until(lambda: session.last_s("right") > over_s)
    await session.streams(1.0)
    return taken < max(AGAIN_S, SLOW * first_s)


@pytest.mark.slow
def test_a_node_that_vanishes_and_returns_loses_nothing_and_leaves_the_other_side_alone() -> None:
    async def scenario() -> tuple[Session, bool]:
        async with session_at() as session:
            right = session.sensors["right"]
            soon = await right_falls(session, right.vanish, right.come_back, 4.0)
        return session, soon

    session, soon = asyncio.run(scenario())
    assert soon
    assert session.whole("left")
    assert session.whole("right")  # what it kept meanwhile was asked for
    assert len(session.told("lost", "right")) == 1
    assert not session.told("lost", "left")
    assert len(session.told("backfill", "right")) == 1


@pytest.mark.slow
def test_a_link_that_is_hung_up_comes_back_at_once() -> None:
    async def scenario() -> Session:
        async with session_at() as session:
            right = session.sensors["right"]
            for _ in range(2):
                await right_falls(session, right.hang_up, lambda: None, 0.0)
        return session

    session = asyncio.run(scenario())
    assert all(session.whole(side) for side in SIDES)
    assert len(session.told("connected", "right")) == 3


@pytest.mark.slow
def test_after_a_reset_of_a_node_its_new_samples_follow() -> None:
    async def scenario() -> tuple[Session, bool]:
        async with session_at() as session:
            right = session.sensors["right"]
            soon = await right_falls(session, lambda: right.reboot(made("right", 100.0, boot_id=2)), lambda: None, 0.0)
        return session, soon

    session, soon = asyncio.run(scenario())
    assert soon
    assert session.whole("left")
    assert len(session.told("reset", "right")) == 1
    times, true_s, _ = session.rows("right")
    assert np.all(np.diff(times) > 0)
    assert np.all(np.diff(session.moments("right")) > 0)
    assert np.isnan(true_s).any()


@pytest.mark.slow
def test_an_adapter_that_is_pulled_and_put_back_is_used_again() -> None:
    async def scenario() -> tuple[Session, bool]:
        async with session_at() as session:
            soon = await right_falls(session, session.room.unplug, session.room.plug_in, 3.0)
        return session, soon

    session, soon = asyncio.run(scenario())
    assert soon
    assert all(session.whole(side) for side in SIDES)  # the nodes kept all of it
    assert any("Bluetooth cannot be used" in words for words in session.told("lost"))
    assert any("works again" in words for words in session.told("note"))


# --- who is accepted --------------------------------------------------------------------------------------------------


def test_exchanged_sides_are_refused() -> None:
    async def scenario() -> Session:
        async with session_at(serials=("EV-right", "EV-left")) as session:
            await session.until(lambda: bool(session.told("refused", "left") and session.told("refused", "right")))
            await asyncio.sleep(0.2)
        return session

    with pytest.raises(SourceError, match="says left, the device says right"):
        asyncio.run(scenario())


def test_only_configured_nodes_are_spoken_to() -> None:
    async def scenario() -> Session:
        async with session_at(serials=("EV-left", "EV-other")) as session:
            await session.until(lambda: session.last_s("left") > 4.0)
        return session

    session = asyncio.run(scenario())
    assert session.rows("right")[0].size == 0
    assert not session.sensors["right"].sent
    assert session.told("note", "right") == ["looking for the device EV-other of right"]


# --- into the recording -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_daemon_records_every_sample_once_though_a_link_was_lost(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(RadioModel(0.015), seed=6) as room:
            sensors = [await room.add(made(side, 100.0)) for side in SIDES]

            def opener(request: SourceRequest) -> object:
                return open_ble_with(request, Radio(room.scanner, room.client), BleTimings(), random.Random(2))

            nodes = tuple(NodeConfig(node, "ble://", f"EV-{node.side}", "evenside") for node in nodes_at(100.0))
            session = SessionPlan("me", nodes, MonitorSettings(nodes=nodes_at(100.0)))
            plan = DaemonPlan(tmp_path, tmp_path / "store.sqlite", tmp_path / "recordings", (session,), seconds=9.0)
            daemon = Daemon(plan, opener=opener)  # type: ignore[arg-type]
            running = asyncio.create_task(daemon.run())
            await asyncio.sleep(3.0)
            sensors[1].vanish()
            await asyncio.sleep(2.0)
            await sensors[1].come_back()
            outcome = await running
            assert not outcome.failures

    asyncio.run(scenario())
    (folder,) = (tmp_path / "recordings").iterdir()
    recorded = list(open_evenside_recording(folder).read())
    for side in SIDES:
        values = np.concatenate([block.values for block in recorded if block.node == side])
        moments = values[np.isfinite(values[:, 0]), 0]
        assert moments.size > 500
        np.testing.assert_allclose(np.diff(moments), 0.01, rtol=0.01)


def test_a_device_that_is_not_the_configured_one_is_left_and_told() -> None:
    async def scenario() -> Session:
        # What the right sensor advertises may be the beginning of this name: only a connection tells.
        async with session_at(serials=("EV-left", "EV-right-2")) as session:
            await session.until(lambda: any("is not the device" in words for words in session.told("note", "right")))
            await session.until(lambda: session.last_s("left") > 3.0)
        return session

    session = asyncio.run(scenario())
    assert session.rows("right")[0].size == 0
    assert any(words.endswith("it is the device EV-right") for words in session.told("note", "right"))
    assert session.whole("left")
