"""Alerts to whoever wants to know: the log, the store, the terminal.

A sink is a callable that takes a ``Notice``; it must not wait for anything. Each is called once a notice, in the order
given, and one that fails is told about in the log while the others go on. What this room never does: decide when there
is an alert (``evenside_analysis.limits`` does), or judge a person in its words.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evenside.notify.words import alert_words
from evenside_analysis.types import Alert

__all__ = ["AlertSink", "Notice", "Notifier", "alert_words", "log_sink"]

_log = logging.getLogger("evenside.alert")


@dataclass(frozen=True, slots=True)
class Notice:
    """An alert of one wearer that was raised or cleared."""

    wearer: str
    session: str
    alert: Alert


AlertSink = Callable[[Notice], None]


class Notifier:
    """Passes notices on to its sinks, each under a name for people."""

    def __init__(self, sinks: Mapping[str, AlertSink]) -> None:
        self._sinks = dict(sinks)

    def __call__(self, notice: Notice) -> None:
        for name, sink in self._sinks.items():
            try:
                sink(notice)
            except Exception:  # whatever is wrong with one sink, the others must hear of the alert
                _log.exception("%s: the sink %r did not take the alert %s", notice.wearer, name, notice.alert.rule)


def log_sink(notice: Notice) -> None:
    """One line in the log: a warning when raised, a note when cleared."""
    level = logging.WARNING if notice.alert.active else logging.INFO
    _log.log(level, "%s: %s", notice.wearer, alert_words(notice.alert))
