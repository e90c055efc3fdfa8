"""Alerts to whoever wants to know: the log, the store, the terminal, and by ``[[notify]]`` the rest of the world.

A sink is a callable that takes a ``Notice``; it must not wait for anything. Each is called once a notice, in the order
given, and one that fails is told about in the log while the others go on. What this room never does: decide when there
is an alert (``evenside_analysis.limits`` and ``nudge`` do), or judge a person in its words.

The way out of the house: a message is stored with what it tells of (``message``), a thread decides who shall hear of it
(``dispatch``, by the rules of ``gate``), and the outboxes of the store do the rest (``target`` and the ways to send).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evenside.notify.habit_words import nudge_words
from evenside.notify.words import alert_words
from evenside_analysis.nudge import Nudge
from evenside_analysis.types import Alert

__all__ = ["AlertSink", "Notice", "Notifier", "NudgeNotice", "alert_words", "log_sink", "nudge_words"]

_log = logging.getLogger("evenside.alert")


@dataclass(frozen=True, slots=True)
class Notice:
    """An alert of one wearer that was raised or cleared."""

    wearer: str
    session: str
    alert: Alert

    @property
    def rule(self) -> str:
        return self.alert.rule


@dataclass(frozen=True, slots=True)
class NudgeNotice:
    """A habit of one wearer that goes on for long, or does so no more."""

    wearer: str
    session: str
    nudge: Nudge

    @property
    def rule(self) -> str:
        return self.nudge.rule


AlertSink = Callable[[Notice | NudgeNotice], None]


class Notifier:
    """Passes notices on to its sinks, each under a name for people."""

    def __init__(self, sinks: Mapping[str, AlertSink]) -> None:
        self._sinks = dict(sinks)

    def __call__(self, notice: Notice | NudgeNotice) -> None:
        for name, sink in self._sinks.items():
            try:
                sink(notice)
            except Exception:  # whatever is wrong with one sink, the others must hear of the alert
                _log.exception("%s: the sink %r did not take the alert %s", notice.wearer, name, notice.rule)


def log_sink(notice: Notice | NudgeNotice) -> None:
    """One line in the log: a warning when raised, a note when cleared, and for nudges."""
    if isinstance(notice, NudgeNotice):
        _log.info("%s: %s", notice.wearer, nudge_words(notice.nudge))
        return
    level = logging.WARNING if notice.alert.active else logging.INFO
    _log.log(level, "%s: %s", notice.wearer, alert_words(notice.alert))
