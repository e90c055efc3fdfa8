"""What rules would have said of a recording: every message, and of every rule how near it came.

The same fold as everywhere, so a rule that is tried here does live what it did here. Quiet hours, snoozes and budgets
are not asked: they are of the day on which something is said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from evenside.notify.message import Message, alert_message, nudge_message
from evenside.offline.fold import analyse_recording
from evenside.readers.recording import Progress, Recording
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.limits import Limit
from evenside_analysis.nudge import NudgeSettings
from evenside_analysis.report import Report
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Figure

__all__ = ["Nearest", "RuleTrial", "Tried", "try_rules"]


@dataclass(frozen=True, slots=True)
class Tried:
    """A message that would have been, at ``time_s`` of the session."""

    time_s: float
    message: Message


@dataclass(slots=True)
class Nearest:
    """How near a rule came. Of a limit: ``figures`` with an AI and ``beyond`` the limit with a claim that counts;
    ``nearest`` is the most asymmetric one on a watched side. Of a nudge: ``longest_s`` of the bouts that are over.
    """

    rule: str
    figures: int = 0
    withheld: int = 0
    beyond: int = 0
    nearest: Figure | None = None
    bouts: int = 0
    longest_s: float = 0.0
    raised: int = 0


@dataclass(frozen=True, slots=True)
class RuleTrial:
    """Everything in the order of time, and each rule in the order of the configuration."""

    messages: tuple[Tried, ...]
    rules: tuple[Nearest, ...]


@dataclass(slots=True)
class _Listener:
    settings: MonitorSettings
    wearer: str
    tried: list[Tried] = field(default_factory=list)
    rules: dict[str, Nearest] = field(default_factory=dict)

    def __call__(self, report: Report, _: float) -> None:
        for alert in report.alerts:
            message = alert_message(self.wearer, "", round(alert.time_s * 1e9), alert)
            self._add(alert.time_s, message)
        for nudge in report.nudges:
            self._add(nudge.time_s, nudge_message(self.wearer, "", round(nudge.time_s * 1e9), nudge))
        for limit in self.settings.limits:
            for figure in report.figures:
                if (figure.metric, figure.site) == (limit.metric, limit.site):
                    _near(self.rules[limit.rule], limit, figure)
        for rule in self.settings.nudges:
            for event in report.habits:
                _lasted(self.rules[rule.rule], rule, event)

    def _add(self, time_s: float, message: Message) -> None:
        self.tried.append(Tried(time_s, message))
        self.rules[message.rule].raised += message.active


def try_rules(
    recording: Recording, settings: MonitorSettings, wearer: str, progress: Progress | None = None
) -> RuleTrial:
    """Fold the recording and keep what its rules say.

    Raises:
        ReadError: nothing sensible can be read (on).
    """
    names = [*(limit.rule for limit in settings.limits), *(nudge.rule for nudge in settings.nudges)]
    listener = _Listener(settings, wearer, rules={name: Nearest(name) for name in names})
    analyse_recording(recording, settings, progress=progress, listeners=(listener,))
    messages = sorted(listener.tried, key=lambda tried: tried.time_s)
    return RuleTrial(tuple(messages), tuple(listener.rules.values()))


def _near(near: Nearest, limit: Limit, figure: Figure) -> None:
    if figure.reason or math.isnan(figure.ai):
        near.withheld += 1
        return
    near.figures += 1
    if limit.side != "either" and (figure.ai > 0.0) != (limit.side == "right"):
        return
    near.beyond += abs(figure.ai) > limit.raise_ai and figure.claim >= limit.min_claim
    if near.nearest is None or abs(figure.ai) > abs(near.nearest.ai):
        near.nearest = figure


def _lasted(near: Nearest, rule: NudgeSettings, event: HabitEvent) -> None:
    if event.kind == rule.kind and event.over and rule.side in ("any", "either", event.side):
        near.bouts += 1
        near.longest_s = max(near.longest_s, event.end_s - event.start_s)
