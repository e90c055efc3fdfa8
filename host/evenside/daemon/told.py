"""What the daemon tells those who watch it: everything that came in and came out, as it happens.

A listener is a callable; it is called in the event loop and must not wait. It can change nothing, and one that fails is
told about in the log and not called again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from evenside.daemon.foresight import Provisional
from evenside.notify import Notice, NudgeNotice
from evenside.sources import LinkEvent, NodeStatus
from evenside.store import SessionRow
from evenside_analysis.report import Report, Summary
from evenside_analysis.types import Block

__all__ = ["Happening", "Listener", "Tellers", "Told"]

Happening = SessionRow | Block | Report | Provisional | LinkEvent | NodeStatus | Notice | NudgeNotice | Summary


@dataclass(frozen=True, slots=True)
class Told:
    """One thing of one wearer: first the session that begins, last its summary."""

    wearer: str
    what: Happening


Listener = Callable[[Told], None]

_log = logging.getLogger("evenside.daemon")


class Tellers:
    """Passes on what happens to all listeners."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._listeners = list(listeners)

    def __call__(self, wearer: str, what: Happening) -> None:
        for listener in self._listeners.copy():
            try:
                listener(Told(wearer, what))
            except Exception:  # a display must not stop what it displays
                _log.exception("a listener failed and is not called any more")
                self._listeners.remove(listener)
