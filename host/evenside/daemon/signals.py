"""SIGTERM, SIGINT and SIGHUP (the terminal is gone): the first asks to end cleanly, the second ends at once.

After the first the signals have their own meaning again, so the second needs nothing of this program to work. Store and
recording bear being cut off at any moment.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["stop_on_signals"]

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextmanager
def stop_on_signals(stop: Callable[[str], None]) -> Iterator[None]:
    """Call ``stop`` with the signal's name, in the running event loop. Only in the main thread.

    Signals that this process was started to ignore (nohup, a shell's background) stay ignored.
    """
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heeded = [number for number in SIGNALS if before[number] is not signal.SIG_IGN]

    def first(number: signal.Signals) -> None:
        for each in heeded:
            loop.remove_signal_handler(each)
            signal.signal(each, signal.SIG_DFL)
        stop(number.name)

    for number in heeded:
        loop.add_signal_handler(number, first, number)
    try:
        yield
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
