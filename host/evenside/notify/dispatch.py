"""The thread that decides what becomes of each message, and puts it into the outboxes of those who shall hear of it.

It sleeps until something new is stored, or until something that was held falls due. Every decision is one transaction
of the store: one that was not made yet, because the program was killed or the disk was full, is made later. What this
never does: send, for that may take long.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from evenside.errors import StoreError
from evenside.notify.gate import Gate, decide
from evenside.notify.message import Message, message_id, message_of_line, message_to_line
from evenside.store import MessageRow, Messages, StoredMessage

__all__ = ["Dispatching", "dispatch", "message_row"]

RETRY_S = 5.0
_SLEEP_S_MAX = 60.0  # the wall clock may be set meanwhile
_log = logging.getLogger("evenside.notify")


def message_row(message: Message, subject: str, zone: str) -> MessageRow:
    """A message as the store keeps it. ``subject``: its metric or habit."""
    return MessageRow(
        *(message.id, message.wearer, message.rule, message.kind, subject, message.at_ns, message.active, zone),
        line=message_to_line(message),
    )


def dispatch(
    messages: Messages, gate: Gate, now_ns: int, buzz: Callable[[Message], None] = lambda message: None
) -> set[str]:
    """Decide everything that is due. Returns the outboxes into which something went.

    ``buzz`` is told of what began and goes out, where its rule wants a buzz of the wearer's own node.

    Raises:
        StoreError: the store is in the way; nothing is half done.
    """
    woken: set[str] = set()
    while found := messages.waiting(now_ns):
        snoozes = messages.snoozes(now_ns)
        for message in found:
            decided = decide(gate, message.row, messages.sent(message, now_ns), snoozes, now_ns)
            if messages.decide(message, decided, now_ns):
                woken.update(decided.sinks)
                if decided.state == "sent" and message.row.active and gate.buzzes(message.row.wearer, message.row.rule):
                    buzz(message_of_line(message.row.line))
    for wearer in messages.digest_wearers(now_ns):
        parts = messages.for_digest(wearer)
        sinks = gate.sinks(wearer, "digest")
        messages.digest(parts, _digest(wearer, parts, now_ns), sinks, now_ns)
        woken.update(sinks)
    return woken


class Dispatching:
    """Runs ``dispatch`` when it is time. ``wake`` and ``stop`` may be called from any thread; only ``stop`` waits."""

    def __init__(
        self,
        store: Path,
        gate: Gate,
        wake_sinks: Callable[[Iterable[str]], None],
        wall_ns: Callable[[], int] = time.time_ns,
        buzz: Callable[[Message], None] = lambda message: None,
    ) -> None:
        """``buzz`` is called in the thread of this; see ``dispatch``."""
        self._buzz = buzz
        self._store, self._gate, self._wake_sinks, self._wall_ns = store, gate, wake_sinks, wall_ns
        self._awake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="evenside-dispatch", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something new is stored."""
        self._awake.set()

    def stop(self, bound_s: float) -> None:
        """Decide what is there now, and end."""
        self._stopping = True
        self._awake.set()
        self._thread.join(bound_s)

    def _run(self) -> None:
        told = ""
        while True:
            try:
                with Messages(self._store) as messages:
                    self._serve(messages)
                    return
            except StoreError as error:
                if str(error) != told:
                    told = str(error)
                    _log.warning("messages wait: %s", error)
            except Exception:  # a mistake in a decision must not silence everything that comes later
                _log.exception("messages wait")
            if self._stopping:
                return
            self._awake.clear()
            self._awake.wait(RETRY_S)

    def _serve(self, messages: Messages) -> None:
        while True:
            self._awake.clear()
            last = self._stopping
            self._wake_sinks(dispatch(messages, self._gate, self._wall_ns(), self._buzz))
            if last:
                return
            due_ns = messages.next_due_ns()
            wait_s = _SLEEP_S_MAX if due_ns is None else max(0.0, (due_ns - self._wall_ns()) / 1e9)
            self._awake.wait(min(wait_s, _SLEEP_S_MAX))


def _digest(wearer: str, parts: Iterable[StoredMessage], now_ns: int) -> MessageRow:
    told = [message_of_line(part.row.line) for part in parts]
    zone = next((part.row.zone for part in parts), "")
    digest = Message(
        message_id("digest", *(one.id for one in told)),
        *("digest", wearer, "digest", now_ns, True, "none", f"{wearer}: what else differs from the usual"),
        text="\n".join(one.text for one in told),
        facts=(("parts", [{**dict(one.facts), "rule": one.rule, "id": one.id} for one in told]),),
    )
    return message_row(digest, "digest", zone)
