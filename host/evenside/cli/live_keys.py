"""Keys of a terminal, one by one and without Enter. However it ends, the terminal is as it was before."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Callable
from contextlib import suppress
from typing import Any

__all__ = ["Keys"]


class Keys:
    """Calls ``pressed`` with each character typed on stdin, from ``begin`` to ``end``; nothing where it is no terminal.

    Ctrl-C stays a signal. Only in the main thread's running event loop.
    """

    def __init__(self, pressed: Callable[[str], None]) -> None:
        self._pressed = pressed
        self._before: list[Any] | None = None
        self._handle = -1

    def begin(self) -> None:
        if not sys.stdin.isatty():
            return
        self._handle = sys.stdin.fileno()
        if _in_background(self._handle):
            return
        self._before = termios.tcgetattr(self._handle)
        tty.setcbreak(self._handle, termios.TCSANOW)
        asyncio.get_running_loop().add_reader(self._handle, self._readable)

    def end(self) -> None:
        """May be called more than once."""
        if self._before is None:
            return
        asyncio.get_running_loop().remove_reader(self._handle)
        with suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(self._handle, termios.TCSANOW, self._before)
        self._before = None

    def _readable(self) -> None:
        try:
            typed = os.read(self._handle, 64)
        except OSError:
            typed = b""
        if not typed:  # the terminal is gone
            asyncio.get_running_loop().remove_reader(self._handle)
        for key in typed.decode(errors="ignore"):
            self._pressed(key)


def _in_background(handle: int) -> bool:
    """Whether the keys of this terminal are another program's; to touch it then would stop this one."""
    try:
        return os.tcgetpgrp(handle) != os.getpgrp()
    except OSError:  # it is not the terminal that controls this program, so there is no such thing
        return False
