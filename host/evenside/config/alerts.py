"""``[[wearer.alert]]``: a limit that is watched, its thresholds each with the formula that they were stated in."""

from __future__ import annotations

from typing import Literal, cast, get_args

from evenside.readers.toml_section import Section
from evenside_analysis.conversions import FORMULAS, Formula, Threshold
from evenside_analysis.limits import Limit
from evenside_analysis.metrics import METRICS
from evenside_analysis.types import Site

__all__ = ["DWELL_S", "read_limits"]

# A window of the default settings: before an alert changes, every sample of its first figure has been replaced.
DWELL_S = 60.0
_SIDES = ("left", "right", "either")


def read_limits(wearer: Section) -> tuple[Limit, ...]:
    """All alerts of one wearer.

    Raises:
        ConfigError: a key is wrong, two rules have one name, or a limit cannot work.
    """
    limits: list[Limit] = []
    for section in wearer.tables("alert", "rule"):
        limit = _limit(section)
        if limit.rule in {other.rule for other in limits}:
            raise section.refuse("rule", f'two alerts are called "{limit.rule}"', mend="give each its own name")
        limits.append(limit)
    return tuple(limits)


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
