"""A habit that goes on for long: a plain timer with hysteresis, one state a rule.

A timer runs once the habit was seen for ``on_s`` without a pause, from the moment at which that began; pauses of no
more than ``off_s`` do not stop it, and who carries on the other side starts that side's own. When it has run for
``after_s`` and the habit goes on at that moment, the rule is raised, at most once in ``cooldown_s``; when the pause has
become too long, what was raised is cleared. These are a wearer's own wishes: no evidence says when long is too long.

Events come in the order of ``known_s``, and with them the moment up to which there are no others: any cut of that
stream gives the same, because a rule looks only at what was known at the moment in question. An event that comes after
the moment it became known was told of (it should not) counts from that later moment on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

from evenside_analysis.habit_types import HabitEvent, HabitKind, HabitSide

__all__ = ["Nudge", "NudgeSettings", "NudgeState", "watch_habit"]

NudgeSide = Literal["left", "right", "either", "any"]


@dataclass(frozen=True, slots=True)
class NudgeSettings:
    """``side``: "either" times left and right, each on its own; "any" whatever the side is, also where it has none.

    Raises:
        ValueError: an unknown kind or side, or a time that cannot be.
    """

    rule: str
    kind: HabitKind
    after_s: float
    side: NudgeSide = "any"
    on_s: float = 60.0
    off_s: float = 30.0
    cooldown_s: float = 3600.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(HabitKind):
            raise ValueError(f"nudge {self.rule}: {self.kind!r} is none of {', '.join(get_args(HabitKind))}")
        if self.side not in get_args(NudgeSide):
            raise ValueError(f"nudge {self.rule}: side {self.side!r} is none of {', '.join(get_args(NudgeSide))}")
        for name in ("after_s", "on_s", "off_s", "cooldown_s"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"nudge {self.rule}: {name} {getattr(self, name)} must be finite and not negative")
        if self.after_s < self.on_s:
            raise ValueError(f"nudge {self.rule}: after_s {self.after_s:g} must not lie below on_s {self.on_s:g}")


@dataclass(frozen=True, slots=True)
class Nudge:
    """At ``time_s`` the habit had gone on since ``start_s`` (``active``), or its pause had become too long.

    ``event`` is the last one that was known then: its values and confidence are those of its beginning.
    """

    rule: str
    kind: HabitKind
    side: HabitSide
    time_s: float
    active: bool
    start_s: float
    after_s: float
    event: HabitEvent


@dataclass(frozen=True, slots=True)
class _Run:
    """One side. ``open``: place and start of what goes on now. ``on``: it was long enough for the timer to count."""

    side: HabitSide
    start_s: float
    event: HabitEvent
    open: tuple[tuple[str, float], ...]
    known_s: float  # when it became known that it goes on, or that it does not
    last_s: float = -math.inf  # when the last of what is over ended
    on: bool = False
    raised: bool = False


@dataclass(frozen=True, slots=True)
class NudgeState:
    """The sides that are timed, when the rule was last raised, and how far everything is known."""

    runs: tuple[_Run, ...] = ()
    raised_s: float = -math.inf
    known_s: float = -math.inf


def watch_habit(
    settings: NudgeSettings, state: NudgeState, events: tuple[HabitEvent, ...], passed_s: float
) -> tuple[NudgeState, tuple[Nudge, ...]]:
    """Add the events that became known up to ``passed_s`` (inclusive), in the order of ``known_s``."""
    found: list[Nudge] = []
    for event in events:
        if event.kind == settings.kind and _watched(settings, event.side):
            state = _until(settings, state, event.known_s, found)
            state = _told(settings, state, event, found)
    # What becomes known at the very moment when something is due comes first; here all of it has come.
    return _until(settings, state, math.nextafter(passed_s, math.inf), found), tuple(found)


def _watched(settings: NudgeSettings, side: HabitSide) -> bool:
    return settings.side == "any" or side == settings.side or (settings.side == "either" and side in ("left", "right"))


def _until(settings: NudgeSettings, state: NudgeState, moment_s: float, found: list[Nudge]) -> NudgeState:
    """Everything that falls due before this moment, in the order of time."""
    while True:
        due = [(_due_s(settings, state, run), place) for place, run in enumerate(state.runs)]
        due_s, place = min(due, default=(math.inf, -1))
        if not due_s < moment_s:
            return replace(state, known_s=max(state.known_s, moment_s))
        state = _fallen_due(state, settings, place, due_s, found)


def _due_s(settings: NudgeSettings, state: NudgeState, run: _Run) -> float:
    """When something next happens to a run of which nothing more becomes known."""
    if not run.open:
        # What was not raised needs no clearing: whether the pause is too long shows when it is over.
        return max(run.last_s + settings.off_s, run.known_s) if run.raised else math.inf
    if not run.on:
        return max(run.start_s + settings.on_s, run.known_s)
    if run.raised:
        return math.inf
    return max(run.start_s + settings.after_s, run.known_s, state.raised_s + settings.cooldown_s)


def _fallen_due(state: NudgeState, settings: NudgeSettings, place: int, due_s: float, found: list[Nudge]) -> NudgeState:
    run = state.runs[place]
    others = (*state.runs[:place], *state.runs[place + 1 :])
    if not run.open:
        found.append(_nudge(settings, run, due_s, active=False))
        return replace(state, runs=others)
    if not run.on:
        return replace(state, runs=_sorted(*others, replace(run, on=True)))
    found.append(_nudge(settings, run, due_s, active=True))
    return replace(state, runs=_sorted(*others, replace(run, raised=True)), raised_s=due_s)


def _told(settings: NudgeSettings, state: NudgeState, event: HabitEvent, found: list[Nudge]) -> NudgeState:
    side: HabitSide = "none" if settings.side == "any" else event.side
    known_s = max(event.known_s, state.known_s)
    run = next((run for run in state.runs if run.side == side), None)
    others = tuple(other for other in state.runs if other is not run)
    this = event.place, event.start_s
    if event.over:
        if run is None or this not in run.open:
            return state
        left = tuple(other for other in run.open if other != this)
        if not left and not run.on:  # too short to count, and no pause joins it to anything
            return replace(state, runs=others)
        run = replace(run, open=left, last_s=max(run.last_s, event.end_s), known_s=run.known_s if left else known_s)
        return replace(state, runs=_sorted(*others, run))
    if run is not None and not run.open and event.start_s - run.last_s > settings.off_s:
        if run.raised:
            found.append(_nudge(settings, run, known_s, active=False))
        run = None
    if run is None:
        run = _Run(side, event.start_s, event, (this,), known_s)
    elif run.open:
        run = replace(run, open=tuple(sorted({*run.open, this})))
    else:
        run = replace(run, open=(this,), known_s=known_s, event=event)
    return replace(state, runs=_sorted(*others, run))


def _sorted(*runs: _Run) -> tuple[_Run, ...]:
    return tuple(sorted(runs, key=lambda run: run.side))


def _nudge(settings: NudgeSettings, run: _Run, time_s: float, *, active: bool) -> Nudge:
    side = run.event.side if run.side == "none" else run.side
    return Nudge(settings.rule, settings.kind, side, time_s, active, run.start_s, settings.after_s, run.event)
