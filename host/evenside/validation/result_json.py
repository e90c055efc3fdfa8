"""A validation as the object that ``validate --json`` prints."""

from __future__ import annotations

from dataclasses import asdict

from evenside.validation.floors import Floor
from evenside.validation.rows import Row
from evenside.validation.scores import TrialScore
from evenside.validation.set_rows import COMPARED
from evenside.validation.trial_facts import trial_facts
from evenside.validation.validating import Group, SetResult, Validation

__all__ = ["as_json"]


def as_json(found: Validation) -> dict[str, object]:
    """Everything, down to the single trial; NaN stays a float."""
    return {
        "sets": [_set_json(result) for result in found.sets],
        "notes": list(found.notes),
        "problems": [asdict(problem) for problem in found.problems],
    }


def _set_json(result: SetResult) -> dict[str, object]:
    return {
        "set": result.set,
        "compared": COMPARED[result.set],
        "persons": result.whole.persons,
        "trials": result.whole.trials,
        "rows": [_row_json(row) for row in result.whole.rows],
        "groups": [_group_json(group) for group in result.groups],
        "people": [_person_json(person) for person in result.people],
        "recordings": [_trial_json(score) for score in result.scores],
    }


def _row_json(row: Row) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "unit": row.unit,
        "value": row.value,
        "by_person": row.by_person.value,
        "by_person_ci95": [row.by_person.lo, row.by_person.hi],
        "persons": row.persons,
        "trials": row.trials,
        "n": row.n,
        "floor": None if row.floor is None else _floor_json(row.floor),
        "met": row.met,
    }


def _floor_json(floor: Floor) -> dict[str, object]:
    """``within``: of zero, on both sides."""
    kind = {"≤": "at_most", "≥": "at_least", "±": "within"}[floor.kind]
    return {"kind": kind, "limit": floor.limit, "by_person": floor.by_person}


def _group_json(group: Group) -> dict[str, object]:
    rows = [_row_json(row) for row in group.rows]
    return {"group": group.label, "persons": group.persons, "trials": group.trials, "rows": rows}


def _person_json(person: Group) -> dict[str, object]:
    values = {row.id: row.value for row in person.rows}
    return {"person": person.label, "trials": person.trials, "values": values}


def _trial_json(score: TrialScore) -> dict[str, object]:
    trial = score.trial
    facts = {fact.id: fact.value for fact in trial_facts(score)}
    return {"recording": trial.name, "person": trial.person, "groups": list(trial.labels), "values": facts}
