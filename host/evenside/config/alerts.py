"""``[[wearer.alert]]``: a limit that is watched, its thresholds each with the formula that they were stated in; and
``[[wearer.nudge]]``: a habit that goes on for long.
"""

from __future__ import annotations

from typing import Literal, cast, get_args

from evenside.config.values import Route
from evenside.readers.toml_section import Section
from evenside_analysis.conversions import FORMULAS, Formula, Threshold
from evenside_analysis.habit_types import HabitKind
from evenside_analysis.limits import Limit
from evenside_analysis.metrics import METRICS
from evenside_analysis.nudge import NudgeSettings, NudgeSide
from evenside_analysis.types import Site

__all__ = ["DWELL_S", "NUDGE_AFTER_S", "read_rules"]

# A window of the default settings: before an alert changes, every sample of its first figure has been replaced.
DWELL_S = 60.0
_SIDES = ("left", "right", "either")


# What people commonly wish for; no evidence says when long is too long.
NUDGE_AFTER_S: dict[HabitKind, float] = {"carrying": 1800.0, "sitting": 3600.0, "crossing": 1200.0}


def read_rules(wearer: Section) -> tuple[tuple[Limit, ...], tuple[NudgeSettings, ...], tuple[Route, ...]]:
    """All alerts and nudges of one wearer, and where each of them goes.

    Raises:
        ConfigError: a key is wrong, two rules have one name, or a rule cannot work.
    """
    limits: list[Limit] = []
    nudges: list[NudgeSettings] = []
    routes: list[Route] = []
    for section in wearer.tables("alert", "rule"):
        routes.append(_route(section, routes, _seconds(section, "cooldown_s", 0.0)))
        limits.append(_limit(section))
    for section in wearer.tables("nudge", "rule"):
        routes.append(_route(section, routes, 0.0))
        nudges.append(_nudge(section))
    return tuple(limits), tuple(nudges), tuple(routes)


def _route(section: Section, others: list[Route], cooldown_s: float) -> Route:
    rule = section.text("rule")
    if rule in {other.rule for other in others}:
        raise section.refuse("rule", f'two rules are called "{rule}"', mend="give each its own name")
    targets = section.texts("notify")
    buzz = section.flag("buzz", Route(rule).buzz)
    return Route(rule, targets if section.has("notify") else None, cooldown_s, buzz)


def _nudge(section: Section) -> NudgeSettings:
    default = NudgeSettings("", "carrying", 3600.0)
    rule = section.text("rule")
    habit = cast(HabitKind, section.choice("habit", get_args(HabitKind)))
    side = cast(NudgeSide, section.choice("side", get_args(NudgeSide), "either" if habit == "carrying" else "any"))
    on_s, off_s = _seconds(section, "on_s", default.on_s), _seconds(section, "off_s", default.off_s)
    after_s = section.number("after_s", "seconds, 0 or more", least=0)
    if after_s is None:
        after_s = NUDGE_AFTER_S.get(habit)
    if after_s is None:
        raise section.wrong("after_s", "after how many seconds", mend="such as after_s = 1800")
    cooldown_s = _seconds(section, "cooldown_s", default.cooldown_s)
    section.finish()
    try:
        return NudgeSettings(rule, habit, after_s, side, on_s, off_s, cooldown_s)
    except ValueError as error:  # what is left is the order of the two
        raise section.refuse("after_s", str(error), mend="let on_s be the shorter of the two") from error


def _limit(section: Section) -> Limit:
    rule = section.text("rule")
    metric = section.choice("metric", tuple(row.id for row in METRICS))
    site = section.choice("site", get_args(Site))
    raise_at, clear_at = _threshold(section, "raise"), _threshold(section, "clear")
    side = cast(Literal["left", "right", "either"], section.choice("side", _SIDES, "either"))
    dwell_s, clear_dwell_s = _seconds(section, "dwell_s", DWELL_S), _seconds(section, "clear_dwell_s", DWELL_S)
    patience_s = _seconds(section, "patience_s", 300.0)
    min_claim = section.whole("min_claim", 0, "a claim level, 0 to 4")
    if min_claim is not None and min_claim > 4:
        raise section.wrong("min_claim", "a claim level, 0 to 4")
    section.finish()
    try:
        return Limit(
            *(rule, metric, site, raise_at, clear_at, dwell_s, clear_dwell_s, side),
            min_claim=1 if min_claim is None else min_claim,
            patience_s=patience_s,
        )
    except ValueError as error:  # what is left is the order of the two
        raise section.refuse("clear", str(error), mend="let clear be the smaller asymmetry of the two") from error


def _threshold(section: Section, name: str) -> Threshold:
    example = f'{name} = {{ value = 10, formula = "ai" }}'
    if not section.has(name):
        raise section.wrong(name, "a threshold with its formula", mend=f"such as {example}")
    inner = section.section(name)
    value = inner.number("value")
    if value is None:
        raise inner.wrong("value", "a number", mend=f"such as {example}")
    formula = cast(Formula, inner.choice("formula", FORMULAS))
    inner.finish()
    try:
        return Threshold(value, formula)
    except ValueError as error:
        raise inner.refuse("value", str(error), mend="each formula has its own span; ai is 0 to 100") from error


def _seconds(section: Section, name: str, default: float) -> float:
    seconds = section.number(name, "seconds, 0 or more", least=0)
    return default if seconds is None else seconds
