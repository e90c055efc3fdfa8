"""``evdev://``: a board that comes, goes and comes back, by the bytes of its events through a pipe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from evenside.errors import SourceError
from evenside.sources import LinkEvent, SourceItem, SourceRequest, known_schemes, parse_source_url
from evenside.sources.evdev import open_evdev, open_evdev_with
from evenside.sources.evdev_device import EvdevDevice, InputDevice, find_input_device
from evenside.testing.emulators.wii_board import WiiBoardEmulator
from evenside_analysis.types import Block, Node

NODES = (Node("l", "plate", "left", ("force",), 50.0), Node("r", "plate", "right", ("force",), 50.0))
KG = 9.80665
AHEAD_US = 1_000_000_000


class Session:
    """A source that is read item by item on a clock of the test's own."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.boards: list[WiiBoardEmulator] = []
        self.asked: list[tuple[str, str]] = []

    def board(self) -> WiiBoardEmulator:
        """One whose clock is 1000 s ahead of the session's; somebody stands on it already."""
        made = WiiBoardEmulator(
            lambda: round(self.now_s * 1e6) + AHEAD_US, top_right=1, bottom_right=2, top_left=3, bottom_left=4
        )
        self.boards.append(made)
        return made

    def find(self, target: str, serial: str) -> InputDevice | None:
        self.asked.append((target, serial))
        return self.boards.pop(0) if self.boards else None

    @asynccontextmanager
    async def open(
        self, url: str = "evdev://", nodes: tuple[Node, ...] = NODES, serial: str = ""
    ) -> AsyncIterator[AsyncIterator[SourceItem]]:
        serials = {node.id: serial for node in nodes if serial}
        request = SourceRequest(parse_source_url(url), nodes, serials, lambda: self.now_s)
        async with open_evdev_with(request, self.find) as items:
            yield items


async def _until(items: AsyncIterator[SourceItem], done: Callable[[list[SourceItem]], bool]) -> list[SourceItem]:
    found: list[SourceItem] = []
    async with asyncio.timeout(10):
        while not done(found):
            found.append(await anext(items))
    return found


def _blocks(items: list[SourceItem], node: str) -> list[Block]:
    return [item for item in items if isinstance(item, Block) and item.node == node]


def _kinds(items: list[SourceItem]) -> list[str]:
    return [item.kind for item in items if isinstance(item, LinkEvent)]


async def _both(session: Session) -> list[SourceItem]:
    board = session.board()
    async with session.open() as items:
        session.now_s = 1.0
        for at in range(30):
            board.stand(AHEAD_US + 1_000_000 + 20_000 * at, top_left=at)
        return await _until(items, lambda found: bool(_blocks(found, "l") and _blocks(found, "r")))


def test_events_become_the_force_of_each_side_on_the_session_clock() -> None:
    found = asyncio.run(_both(Session()))
    left, right = _blocks(found, "l")[0], _blocks(found, "r")[0]
    assert _kinds(found) == ["connected"]
    np.testing.assert_array_equal(left.time_s, right.time_s)
    np.testing.assert_array_equal(left.time_s[:3], [1.0, 1.02, 1.04])
    np.testing.assert_allclose(left.values[:, 0], [(4 + at) * KG for at in range(left.time_s.size)])
    np.testing.assert_allclose(right.values[:, 0], 3 * KG)  # 1 + 2 kg, as the axes were when it was opened
    assert 0 < left.clock_error_s < 0.1


async def _comes_back(session: Session) -> list[SourceItem]:
    first = session.board()
    async with session.open() as items:
        for at in range(20):
            first.stand(AHEAD_US + 1_000_000 + 20_000 * at, top_left=1)
        session.now_s = 1.4
        found = await _until(items, lambda seen: bool(_blocks(seen, "l")))
        first.unplug()
        found += await _until(items, lambda seen: "lost" in _kinds(seen))
        session.now_s = 5.0
        second = session.board()
        found += await _until(items, lambda seen: _kinds(seen)[-1:] == ["connected"])
        for at in range(20):
            second.stand(AHEAD_US + 6_000_000 + 20_000 * at, top_left=2)
        session.now_s = 6.4
        return found + await _until(items, lambda seen: any(block.time_s[-1] >= 6.0 for block in _blocks(seen, "l")))


def test_a_board_that_is_gone_is_told_and_comes_back_by_itself() -> None:
    found = asyncio.run(_comes_back(Session()))
    assert _kinds(found) == ["connected", "lost", "connected"]
    times = np.concatenate([block.time_s for block in _blocks(found, "l")])
    values = np.concatenate([block.values for block in _blocks(found, "l")])
    assert (np.diff(times) > 0).all()
    assert np.isnan(values[(times > 2.0) & (times < 5.5)]).all()
    assert np.isnan(values).any()


async def _absent(session: Session) -> list[SourceItem]:
    async with session.open(serial="AA:BB") as items:
        session.now_s = 1.5
        return await _until(items, lambda seen: len(session.asked) > 1 and bool(seen))


def test_a_board_that_is_not_there_is_waited_for_and_told_once() -> None:
    session = Session()
    found = asyncio.run(_absent(session))
    assert _kinds(found) == ["silent"]
    assert session.asked[0] == ("", "AA:BB")


async def _refused(nodes: tuple[Node, ...]) -> None:
    async with Session().open(nodes=nodes):
        raise AssertionError("it opened")


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ((), "cannot be these nodes"),
        ((Node("l", "plate", "left", ("acc_x",), 50.0),), "does not measure acc_x"),
        ((Node("l", "plate", "left", ("force",), 33.0),), "cannot send 33 Hz"),
        ((Node("l", "plate", "centre", ("force",), 50.0),), "has no side"),
    ],
)
def test_nodes_that_no_board_can_be_are_refused_at_once(nodes: tuple[Node, ...], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        asyncio.run(_refused(nodes))


def test_the_scheme_is_known() -> None:
    assert "evdev" in known_schemes()


async def _opened(url: str) -> None:
    async with open_evdev(SourceRequest(parse_source_url(url), NODES)):
        raise AssertionError("it opened")


def test_a_path_that_is_no_input_device_is_refused_with_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "event0"
    path.write_bytes(b"")
    with pytest.raises(SourceError, match="is no input device"):
        asyncio.run(_opened(f"evdev://{path}"))


def test_a_board_is_found_by_its_name_and_serial(tmp_path: Path) -> None:
    for number, (name, uniq) in enumerate([("Keyboard", ""), ("Board", "AA:01"), ("Board", "AA:02")]):
        folder = tmp_path / f"event{number}" / "device"
        folder.mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
        (folder / "uniq").write_text(f"{uniq}\n")
    assert find_input_device("", "Board", "", system=tmp_path) == Path("/dev/input/event1")
    assert find_input_device("", "Board", "aa:02", system=tmp_path) == Path("/dev/input/event2")
    assert find_input_device("", "Board", "aa:03", system=tmp_path) is None
    assert find_input_device(str(tmp_path / "event1"), "Board", "", system=tmp_path) == tmp_path / "event1"
    assert find_input_device("/dev/input/none", "Board", "", system=tmp_path) is None


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells which files are open")
def test_a_file_that_is_no_device_is_not_left_open(tmp_path: Path) -> None:
    path = tmp_path / "event0"
    path.write_bytes(b"")
    before = _open_files()
    with pytest.raises(OSError, match="ioctl"):
        EvdevDevice(path)
    assert _open_files() == before


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
