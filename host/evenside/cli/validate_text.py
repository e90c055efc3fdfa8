"""A validation as text: one table a set, then its groups, people and recordings in short."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from evenside.cli.text import table_text
from evenside.validation import COMPARED, Fact, Group, Row, SetResult, Validation, trial_facts

__all__ = ["validation_text", "value_text"]

_HEADER = ("", "value", "", "by person", "95 %", "persons", "trials", "n", "asked", "met")
_DIGITS = {"%": 1, "ms": 1, "AI": 2, "": 3, "count": 0, "Hz": 1}
_SHORT = {
    "ipol-265": {
        "missed": "missed %",
        "extra": "extra %",
        "heel_rise.f1_100": "rise F1",
        "foot_flat.f1_100": "flat F1",
        "motion.r": "AI r",
        "motion.mae": "AI MAE",
        "motion_straight.mae": "straight AI MAE",
    },
    "ipol-497": {
        "missed": "missed %",
        "toe_off.bias": "toe-off ms",
        "toe_off.sd": "SD",
        "contact.bias": "contact ms",
        "contact.sd": "SD",
        "swing.mae": "swing AI MAE",
        "stance.mae": "stance AI MAE",
        "step.mae": "step AI MAE",
    },
}
_RANKED_BY = {"ipol-265": "motion.mae", "ipol-497": "swing.mae"}
_FEW = 8
_MET = {None: "", True: "yes", False: "NO"}


def validation_text(found: Validation, every: bool = False) -> str:
    """The whole table. ``every``: all people and recordings, not only those that agree least."""
    notes = "\n".join(f"note: {note}" for note in found.notes)
    return "\n\n".join([*(_set_text(result, every) for result in found.sets), *([notes] if notes else [])])


def value_text(value: float, unit: str) -> str:
    """A value with the digits of its unit, a mean of counts with two; nothing for NaN."""
    if math.isnan(value):
        return ""
    return f"{value:.{2 if unit == 'count' and value != round(value) else _DIGITS[unit]}f}"


def _set_text(result: SetResult, every: bool) -> str:
    whole = result.whole
    made_of = f"{_counted(whole.persons, 'person')}, {_counted(whole.trials, 'recording')}"
    parts = [
        f"{result.set}: {made_of}\ncompared: {COMPARED[result.set]}",
        table_text(_HEADER, [_row_cells(row) for row in whole.rows if not math.isnan(row.value)]),
    ]
    short = _SHORT.get(result.set)
    if short:
        if result.groups:
            parts.append(_groups_text("group", short, result.groups))
        people = sorted(result.people, key=lambda person: -_value(person, _RANKED_BY[result.set]))
        shown = people if every else people[:_FEW]
        parts.append(_groups_text("person", short, shown))
        if len(shown) < len(people):
            parts[-1] += f"\n… and {len(people) - len(shown)} more whose asymmetries agree better (--every)"
    if every or not short:
        parts.append(_recordings_text(result))
    return "\n\n".join(parts)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def _row_cells(row: Row) -> tuple[str, ...]:
    of, unit = row.by_person, row.unit
    interval = "" if math.isnan(of.lo) else f"[{value_text(of.lo, unit)}, {value_text(of.hi, unit)}]"
    return (
        row.name,
        value_text(row.value, unit),
        "" if unit == "count" else unit,
        value_text(of.value, unit),
        interval,
        str(row.persons),
        str(row.trials),
        str(row.n),
        "" if row.floor is None else str(row.floor),
        _MET[row.met],
    )


def _groups_text(title: str, short: Mapping[str, str], groups: Sequence[Group]) -> str:
    """Some of the rows as columns, with what is asked of a group where that differs from what is asked of all."""
    lines = []
    for group in groups:
        own = {row.id: row for row in group.rows}
        cells = [_group_cell(own[row]) if row in own else "" for row in short]
        lines.append((group.label, str(group.persons), str(group.trials), *cells))
    return table_text((title, "persons", "trials", *short.values()), lines)


def _group_cell(row: Row) -> str:
    text = value_text(row.value, row.unit)
    if row.floor is None or not text:
        return text
    asked = f"{value_text(row.by_person.value, row.unit)} {row.floor}" if row.floor.by_person else str(row.floor)
    return f"{text} ({asked}: {_MET[row.met]})"


def _value(group: Group, row: str) -> float:
    value = next((one.value for one in group.rows if one.id == row), math.nan)
    return -math.inf if math.isnan(value) else value


def _recordings_text(result: SetResult) -> str:
    facts = [trial_facts(score) for score in result.scores]
    shown = [place for place in range(len(facts[0])) if any(not math.isnan(of[place].value) for of in facts)]
    header = ("recording", *(_fact_name(facts[0][place]) for place in shown))
    lines = [
        (score.trial.name, *(value_text(of[place].value, of[place].unit) for place in shown))
        for score, of in zip(result.scores, facts, strict=True)
    ]
    return table_text(header, lines)


def _fact_name(fact: Fact) -> str:
    return f"{fact.name}, {fact.unit}" if fact.unit in ("ms", "%", "Hz") else fact.name
