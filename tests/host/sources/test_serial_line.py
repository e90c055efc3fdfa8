"""A line on a real pseudo-terminal: chunks hold the ends of frames, a pulled plug is told, nothing read is lost."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import time
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from evenside.sources.serial_line import LineLostError, SerialLine, explain_open_error


class Terminal:
    """A pseudo-terminal: ``path`` is what a program opens, ``master`` the device at the other end."""

    def __init__(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self.plugged = True
        os.close(slave)

    def unplug(self) -> None:
        if self.plugged:
            self.plugged = False
            os.close(self.master)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    found = Terminal()
    yield found
    found.unplug()


async def read_until(line: SerialLine, size: int) -> list[bytes]:
    chunks: list[bytes] = []
    async with asyncio.timeout(5):
        while sum(map(len, chunks)) < size:
            chunks.append((await line.read()).data)
    return chunks


def test_bytes_arrive_whole_with_the_moment_of_their_arrival(terminal: Terminal) -> None:
    async def scenario() -> None:
        line = await SerialLine.open(terminal.path, 115200, time.monotonic)
        before_s = time.monotonic()
        os.write(terminal.master, b"one\0two\0")
        async with asyncio.timeout(5):
            chunk = await line.read()
        assert chunk.data == b"one\0two\0"
        assert before_s <= chunk.arrived_s <= time.monotonic()
        await line.close()

    asyncio.run(scenario())


def test_pieces_wait_for_the_delimiter_of_their_frame(terminal: Terminal) -> None:
    async def scenario() -> None:
        line = await SerialLine.open(terminal.path, 115200, time.monotonic)
        for piece in (b"a", b"bc", b"d\0"):
            os.write(terminal.master, piece)
        assert b"".join(await read_until(line, 5)) == b"abcd\0"
        await line.close()

    asyncio.run(scenario())


def test_commands_go_out_and_tell_when(terminal: Terminal) -> None:
    async def scenario() -> None:
        line = await SerialLine.open(terminal.path, 115200, lambda: 12.5)
        assert line.write(b"hello\0") == 12.5
        assert os.read(terminal.master, 100) == b"hello\0"
        await line.close()

    asyncio.run(scenario())


def test_a_pulled_plug_is_told_after_everything_read(terminal: Terminal) -> None:
    async def scenario() -> None:
        line = await SerialLine.open(terminal.path, 115200, time.monotonic)
        os.write(terminal.master, b"first\0")
        assert await read_until(line, 6) == [b"first\0"]
        terminal.unplug()
        assert line.write(b"x") > 0.0
        async with asyncio.timeout(5):
            with pytest.raises(LineLostError):
                await line.read()
        assert line.writes_failed == 1
        await line.close()

    asyncio.run(scenario())


class DyingPort:
    """Gives one byte, and then an error where the driver is asked for more."""

    @property
    def in_waiting(self) -> int:
        return self.write(b"")

    def read(self, size: int, /) -> bytes:
        return b"a"

    def write(self, data: bytes, /) -> int:
        raise OSError(errno.EIO, "Input/output error")

    def cancel_read(self) -> None:
        """There is nothing to cancel."""

    def close(self) -> None:
        """There is nothing to close."""


def test_what_was_read_before_an_error_is_not_lost_with_it() -> None:
    async def scenario() -> None:
        line = SerialLine(DyingPort(), lambda: 1.0, 8)
        async with asyncio.timeout(5):
            assert (await line.read()).data == b"a"
            with pytest.raises(LineLostError, match="Input/output"):
                await line.read()
        await line.close()

    asyncio.run(scenario())


def test_a_stalled_loop_holds_up_the_sender_and_loses_nothing(terminal: Terminal) -> None:
    async def scenario() -> None:
        line = await SerialLine.open(terminal.path, 115200, time.monotonic, queue_chunks=2)
        os.set_blocking(terminal.master, False)
        frames = b"".join(b"%d\0" % number for number in range(100_000))
        sent = 0
        async with asyncio.timeout(10):
            while sent < 8192 or select.select([], [terminal.master], [], 0.05)[1]:  # nobody fetches
                with suppress(BlockingIOError):
                    sent += os.write(terminal.master, frames[sent : sent + 1000])
            assert sent < len(frames)
            assert line.behind
            assert b"".join(await read_until(line, sent)) == frames[:sent]
            while line.behind:  # until the port was found empty
                await asyncio.sleep(0.01)
        await line.close()

    asyncio.run(scenario())


def test_a_line_that_is_held_up_closes_all_the_same(terminal: Terminal) -> None:
    async def scenario() -> None:
        line = await SerialLine.open(terminal.path, 115200, time.monotonic, queue_chunks=1)
        async with asyncio.timeout(10):
            while not line.behind:
                os.write(terminal.master, b"frame\0")
                await asyncio.sleep(0)
            os.write(terminal.master, b"frame\0")
            await line.close()

    asyncio.run(scenario())


def test_a_port_opens_for_one_owner_only(terminal: Terminal) -> None:
    async def scenario() -> None:
        line = await SerialLine.open(terminal.path, 115200, time.monotonic)
        with pytest.raises(OSError) as raised:
            await SerialLine.open(terminal.path, 115200, time.monotonic)
        problem = explain_open_error(terminal.path, raised.value)
        assert "another program" in problem.what
        assert not problem.lasting
        await line.close()
        again = await SerialLine.open(terminal.path, 115200, time.monotonic)
        await again.close()

    asyncio.run(scenario())


def opening(port: Path) -> OSError:
    """The error that really opening this path raises."""

    async def scenario() -> None:
        await SerialLine.open(str(port), 115200, time.monotonic)

    with pytest.raises(OSError) as raised:
        asyncio.run(scenario())
    return raised.value


def test_a_missing_port_may_still_come(tmp_path: Path) -> None:
    problem = explain_open_error(str(tmp_path / "ttyUSB7"), opening(tmp_path / "ttyUSB7"))
    assert "ttyUSB7 is not there" in problem.what
    assert not problem.lasting


def test_a_folder_and_a_file_are_no_ports(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    folder = explain_open_error(str(tmp_path), opening(tmp_path))
    file = explain_open_error(str(tmp_path / "notes.txt"), opening(tmp_path / "notes.txt"))
    assert (folder.lasting, file.lasting) == (True, True)
    assert "a folder, not a serial port" in folder.what
    assert "a file, not a serial port" in file.what


def test_missing_permission_names_the_port_and_its_group(tmp_path: Path) -> None:
    port = tmp_path / "ttyACM0"
    port.touch()
    problem = explain_open_error(str(port), PermissionError(errno.EACCES, "Permission denied", str(port)))
    assert str(port) in problem.what
    assert f"usermod -aG {port.group()}" in problem.mend
    assert problem.lasting
    assert str(problem.error()) == f"{problem.what}\n  mend: {problem.mend}"


def test_the_group_of_a_port_that_cannot_be_looked_at_is_dialout(tmp_path: Path) -> None:
    problem = explain_open_error(str(tmp_path / "gone"), PermissionError(errno.EACCES, "Permission denied"))
    assert "dialout" in problem.mend


def test_any_other_failure_is_worth_another_try() -> None:
    problem = explain_open_error("/dev/null", OSError(errno.EIO, "Input/output error"))
    assert "Input/output error" in problem.what
    assert not problem.lasting
