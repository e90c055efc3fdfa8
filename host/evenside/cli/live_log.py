"""Where the log goes while a command runs: as lines to stderr, or into the picture on the terminal."""

from __future__ import annotations

import logging
import os
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

__all__ = ["LogSwitch", "log_lines"]

LINES_KEPT = 50


class LogSwitch(logging.Handler):
    """Writes lines to stderr, or while ``shown`` keeps the last ones for a display."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        super().__init__()
        self.shown = False
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)
        # The journal of a service knows the time already.
        when = "" if "JOURNAL_STREAM" in environ else "%(asctime)s "
        self.setFormatter(logging.Formatter(f"{when}%(levelname)-7s %(message)s", "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
            return
        if self.shown:
            self.lines.extend(line.splitlines())
        else:
            with suppress(OSError):  # the terminal, or whoever read this, may be gone
                print(line, file=sys.stderr, flush=True)


@contextmanager
def log_lines(*, quiet: bool = False, verbose: bool = False, figures: bool = False) -> Iterator[LogSwitch]:
    """What the program says of itself, from warnings (``quiet``) to everything; ``figures``: every figure in words."""
    room, figure_room = logging.getLogger("evenside"), logging.getLogger("evenside.figure")
    before = room.level, figure_room.level
    room.setLevel(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO)
    figure_room.setLevel(logging.INFO if figures or verbose else logging.WARNING)
    switch = LogSwitch()
    room.addHandler(switch)
    try:
        yield switch
    finally:
        room.removeHandler(switch)
        room.setLevel(before[0])
        figure_room.setLevel(before[1])
