"""A recording played into a pseudo-terminal, as a device that ``serial://`` can be pointed at.

Strategy: the program that opens the terminal is the host of a ``LinePlayer``. More is asked of the player only when the
terminal has taken all before, so the host sets the pace where it is the slower one, and nothing is lost between them.
While nobody has it open the recording rests where it is. When it is over and the host has gone, so is the playing.
"""

from __future__ import annotations

import math
import os
import random
import select
import threading
import time
import tty
from collections.abc import Callable

from evenside.errors import SourceError
from evenside.readers import Recording
from evenside.sources.line_player import LinePlayer

__all__ = ["play_on_pty"]

READ_BYTES = 65_536
TICK_S = 0.05
ABSENT_TICK_S = 0.02


def _nobody_watches(bytes_done: int, bytes_total: int) -> None:
    """Progress nobody watches."""


def play_on_pty(
    recording: Recording,
    *,
    opened: Callable[[str], None],
    speed: float = 1.0,
    progress: Callable[[int, int], None] = _nobody_watches,
    stop: threading.Event | None = None,
) -> None:
    """Play until the recording is over and its host has gone, or ``stop`` is set. Blocks; may run in a thread.

    Args:
        opened: is told the path of the terminal, once, when a host may open it.
        speed: session seconds a second; ``math.inf``: as fast as the host takes it.
        progress: bytes read of the recording, and bytes in all.

    Raises:
        SourceError: the recording cannot be played as a device, or the system has no terminal left.
        ReadError: it cannot be read (on); what was good has been played, and the host was told that it is over.
    """
    player = LinePlayer(recording, speed, random.SystemRandom().getrandbits(32), progress=progress)
    try:
        master = _open(opened)
        try:
            _serve(player, master, stop or threading.Event())
        finally:
            os.close(master)
    finally:
        player.close()
    if player.failure is not None:
        raise player.failure


def _open(opened: Callable[[str], None]) -> int:
    try:
        master, slave = os.openpty()
    except OSError as error:
        raise SourceError(
            f"no pseudo-terminal: {error.strerror}", mend="end programs that use many terminals"
        ) from error
    try:
        tty.setraw(slave)
        path = os.ttyname(slave)
    finally:
        os.close(slave)  # from now on a hang-up says that there is no host
    os.set_blocking(master, False)
    opened(path)
    return master


def _serve(player: LinePlayer, master: int, stop: threading.Event) -> None:
    poll = select.poll()
    waiting, present = b"", False
    while not stop.is_set():
        poll.register(master, select.POLLIN | (select.POLLOUT if waiting else 0))
        pause_s = TICK_S if waiting else min(TICK_S, player.wait_s(time.monotonic()))
        found = poll.poll(math.ceil(pause_s * 1000))
        happened = found[0][1] if found else 0
        if happened & select.POLLIN and (data := _read(master)):
            present = True
            player.receive(data, time.monotonic())
        elif happened & select.POLLHUP:
            if present and player.ended:
                return
            if present:
                player.lost()
            waiting, present = b"", False
            stop.wait(ABSENT_TICK_S)
            continue
        if not waiting and present:
            waiting = player.send(time.monotonic())
        waiting = waiting[_write(master, waiting) :]


def _read(master: int) -> bytes:
    try:
        return os.read(master, READ_BYTES)
    except OSError:  # BlockingIOError, or EIO where the host has just gone
        return b""


def _write(master: int, data: bytes) -> int:
    try:
        return os.write(master, data) if data else 0
    except OSError:
        return 0
