"""A terminal to run a command on: a real pseudo-terminal, with keys to press and a screen to read."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """``python -m evenside ...`` on a terminal of its own. Every wait has a deadline."""

    def __init__(self, arguments: Sequence[str], *, rows: int = 45, columns: int = 150) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before: list[Any] = termios.tcgetattr(slave)
        self._slave = slave
        self._heard = b""
        # What outranks the terminal itself.
        foreign = ("NO_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
        environment = {name: value for name, value in os.environ.items() if name not in foreign}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "evenside", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environment, "TERM": "xterm-256color"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    @property
    def text(self) -> str:
        """Everything that was ever on the screen, without colours and movements."""
        return ESCAPES.sub("", self._heard.decode(errors="replace"))

    @property
    def raw(self) -> bytes:
        return self._heard

    @property
    def mode(self) -> list[Any]:
        return termios.tcgetattr(self._slave)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for(self, found: Callable[[str], bool], seconds: float = 60.0) -> str:
        """The text, once it is as wanted. Fails with it at the deadline."""
        deadline_s = time.monotonic() + seconds
        while not found(self.text):
            if not self._listen(deadline_s):
                pytest.fail(f"the terminal never showed it:\n{self.text[-6000:]}")
        return self.text

    def wait_for_text(self, words: str) -> str:
        return self.wait_for(lambda text: words in text)

    def end(self, seconds: float = 60.0) -> int:
        """Exit code of the program, which ends by itself."""
        deadline_s = time.monotonic() + seconds
        while self.process.poll() is None:
            if not self._listen(deadline_s):
                pytest.fail(f"the program did not end:\n{self.text[-6000:]}")
        while self._listen(time.monotonic() + 0.05):
            pass
        return self.process.returncode

    def hang_up(self) -> None:
        """The window is closed, the line is cut."""
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for handle in (self._master, self._slave):
            if handle >= 0:
                os.close(handle)

    def _listen(self, deadline_s: float) -> bool:
        """Read what there is, waiting for a moment at most. False at the deadline with nothing read."""
        ready, _, _ = select.select([self._master], [], [], 0.05)
        if ready:
            self._heard += os.read(self._master, 65_536)
        return bool(ready) or time.monotonic() < deadline_s


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Starts commands on terminals, and clears up whatever became of them."""
    opened: list[Terminal] = []

    def start(*arguments: str, rows: int = 45, columns: int = 150) -> Terminal:
        opened.append(Terminal(arguments, rows=rows, columns=columns))
        return opened[-1]

    yield start
    for each in opened:
        each.close()
