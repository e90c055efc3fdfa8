"""One open serial port: chunks of bytes with the moment of their arrival come in, commands go out.

A thread of its own blocks in the driver. So arrival is stamped beside the read however busy the event loop is, and one
way serves POSIX terminals, pseudo-terminals and Windows. Pieces travel to the loop when a frame delimiter is among
them, a dozen times a second instead of once per USB packet. The queue is bounded: while a stalled loop leaves no room
nothing is read, so that USB and pseudo-terminals hold up the sender; on a bare UART the driver loses what it cannot
keep, and the frames in it are then missing by their sequence numbers. What this module never does: drop a byte that it
has read, decode, retry, or decide what a silence means.
"""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import serial

from evenside.errors import SourceError

__all__ = ["BytePort", "Chunk", "LineLostError", "OpenProblem", "SerialLine", "explain_open_error"]

DELIMITER = b"\0"
CHUNK_BYTES_MAX = 4096
READ_TIMEOUT_S = 0.25
WRITE_TIMEOUT_S = 0.05
ROOM_TIMEOUT_S = 0.1
CLOSE_TIMEOUT_S = 2.0


class LineLostError(Exception):
    """The port was unplugged, closed at its other end, or failed."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes, and when they were read. ``waited``: they had come before, but nobody listened for want of room."""

    arrived_s: float
    data: bytes
    waited: bool = False


@dataclass(frozen=True, slots=True)
class OpenProblem:
    """Why a port did not open. ``lasting``: waiting for it to appear will not help."""

    what: str
    mend: str
    lasting: bool

    def error(self) -> SourceError:
        return SourceError(self.what, mend=self.mend)


def explain_open_error(port: str, error: OSError) -> OpenProblem:
    """What an error of opening ``port`` means and how it is mended."""
    path = Path(port)
    if error.errno in (errno.EACCES, errno.EPERM):
        group = _group_of(path)
        return OpenProblem(
            f"{port}: no permission to open the port",
            f"add yourself to the group {group} (sudo usermod -aG {group} $USER), then log in again",
            lasting=True,
        )
    if path.exists() and not stat.S_ISCHR(path.stat().st_mode):
        kind = "a folder" if path.is_dir() else "a file"
        return OpenProblem(f"{port} is {kind}, not a serial port", _SCAN, lasting=True)
    if error.errno in (errno.EBUSY, errno.EWOULDBLOCK):
        return OpenProblem(
            f"{port} is in use by another program",
            "close that program (a serial monitor, ModemManager, another evenside)",
            lasting=False,
        )
    if not path.exists() or error.errno in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return OpenProblem(f"{port} is not there", f"plug the device in; {_SCAN}", lasting=False)
    return OpenProblem(
        f"{port} does not open: {error}", f"unplug the device and plug it in again; {_SCAN}", lasting=False
    )


_SCAN = "`evenside scan` lists the ports with a node on them"


def _group_of(path: Path) -> str:
    try:
        return path.group()
    except (OSError, KeyError, NotImplementedError):
        return "dialout"


class BytePort(Protocol):
    """What is used of ``serial.Serial``. ``read`` and ``write`` raise OSError where the port is gone."""

    @property
    def in_waiting(self) -> int: ...

    def read(self, size: int, /) -> bytes: ...

    def write(self, data: bytes, /) -> int | None: ...

    def cancel_read(self) -> None: ...

    def close(self) -> None: ...


class SerialLine:
    """An open port. All methods belong to the event loop that opened it."""

    def __init__(self, port: BytePort, now_s: Callable[[], float], queue_chunks: int) -> None:
        self.writes_failed = 0
        self._port = port
        self._now_s = now_s
        self._room = threading.Semaphore(queue_chunks)
        self._held_up = False
        self._chunks: deque[Chunk] = deque()
        self._lost: str | None = None
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._ringing = False
        self._stop = threading.Event()
        self._reader = threading.Thread(target=self._pump, name="serial reader", daemon=True)
        self._reader.start()

    @classmethod
    async def open(cls, port: str, baud: int, now_s: Callable[[], float], *, queue_chunks: int = 256) -> SerialLine:
        """Open ``port`` for this process alone.

        Raises:
            OSError: it cannot be opened; ``explain_open_error`` tells what that means.
            ValueError: the driver has no such baud rate.
        """

        def opened() -> BytePort:
            alone = True if os.name == "posix" else None  # elsewhere every port is exclusive, and the option unknown
            found: BytePort = serial.Serial(
                port, baud, timeout=READ_TIMEOUT_S, write_timeout=WRITE_TIMEOUT_S, exclusive=alone
            )
            return found

        return cls(await asyncio.to_thread(opened), now_s, queue_chunks)

    async def read(self) -> Chunk:
        """The next chunk. Raises LineLostError once all that was read is delivered and nothing more can come."""
        while True:
            self._wake.clear()
            lost = self._lost  # before the queue: the reader fills that first
            if self._chunks:
                self._room.release()
                return self._chunks.popleft()
            if lost is not None:
                raise LineLostError(lost)
            await self._wake.wait()

    @property
    def behind(self) -> bool:
        """Whether there is more than has been fetched: what has not come so far need not be missing."""
        return self._held_up or bool(self._chunks)

    def write(self, data: bytes) -> float:
        """Send a command; returns the moment before it.

        A line that does not take it is no error here: the command goes unanswered, and ``read`` tells of a lost line
        once everything that came before is delivered.
        """
        sent_s = self._now_s()
        try:
            self._port.write(data)
        except OSError:
            self.writes_failed += 1
        return sent_s

    async def close(self) -> None:
        """Close the port; a driver that does not let go of its thread is left behind after a bounded time."""
        self._stop.set()
        self._port.cancel_read()
        await asyncio.to_thread(self._reader.join, CLOSE_TIMEOUT_S)
        self._port.close()

    def _pump(self) -> None:
        """In the reader's thread."""
        pending = b""
        reason = "closed"
        try:
            while not self._stop.is_set():
                first = self._port.read(1)
                pending += first
                if first:
                    pending += self._port.read(self._port.in_waiting)
                if pending and (not first or DELIMITER in pending or len(pending) >= CHUNK_BYTES_MAX):
                    self._hand_over(Chunk(self._now_s(), pending, self._held_up))
                    pending = b""
                elif not first:
                    self._held_up = False  # the port was listened to, and nothing was there
        except OSError as error:
            reason = str(error)
        if pending:
            self._hand_over(Chunk(self._now_s(), pending))
        self._lost = reason
        self._ring()

    def _hand_over(self, chunk: Chunk) -> None:
        """Wait until there is room. The line is held up until another chunk has found room at once."""
        at_once = self._room.acquire(blocking=False)
        if not at_once:
            self._held_up = True
            while not self._room.acquire(timeout=ROOM_TIMEOUT_S):
                if self._stop.is_set():
                    return
        self._chunks.append(chunk)
        self._held_up &= not at_once
        self._ring()

    def _ring(self) -> None:
        # One wake-up under way is enough: a stalled loop must not collect them.
        if not self._ringing:
            self._ringing = True
            try:
                self._loop.call_soon_threadsafe(self._woken)
            except RuntimeError:
                self._stop.set()  # the loop is gone

    def _woken(self) -> None:
        self._ringing = False
        self._wake.set()
