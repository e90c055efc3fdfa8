"""Rows of the table: a figure over trials, the same by person with its interval, and what is asked of it.

Two kinds. A *pooled* figure is made of all trials, and of each person's trials: by person stands the mean of these.
A *relation* is made of two asymmetries a trial (annotated, found): by person, of the means of each person's trials.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evenside.validation.agreement import bias, correlation, limit, mean_absolute, repeat_sd
from evenside.validation.floors import Floor, floor_of
from evenside.validation.marks import SetName
from evenside.validation.people import (
    MEAN_PERSONS_MIN,
    SHAPE_PERSONS_MIN,
    OfPersons,
    of_persons,
    relation_of_persons,
)
from evenside.validation.scores import TrialScore
from evenside_analysis.types import Floats

__all__ = ["Maker", "Pair", "Row", "persons_of"]

Scores = Sequence[TrialScore]
Pair = Callable[[TrialScore], tuple[float, float]]
"""The annotated and the found asymmetry of a trial; NaN where there is none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. ``n`` counts what it is made of, in ``trials`` trials of ``persons`` persons."""

    id: str
    name: str
    unit: str
    value: float
    by_person: OfPersons
    persons: int
    trials: int
    n: int
    floor: Floor | None

    @property
    def met(self) -> bool | None:
        """None where nothing is asked, or there is no value."""
        if self.floor is None:
            return None
        return self.floor.met(self.by_person.value if self.floor.by_person else self.value)


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the rows of one set, or of the group ``label`` of it."""

    set: SetName
    scores: tuple[TrialScore, ...]
    label: str = ""

    def pooled(
        self, row: str, name: str, unit: str, figure: Callable[[Scores], float], count: Callable[[TrialScore], int]
    ) -> Row:
        """``figure`` over trials; those of which ``count`` is 0 have nothing to say."""
        scores = tuple(score for score in self.scores if count(score))
        persons = persons_of(scores)
        values = np.array([figure(of_person) for of_person in persons])
        value = figure(scores) if scores else math.nan
        n = sum(count(score) for score in scores)
        floor = floor_of(self.set, self.label, row)
        return Row(row, name, unit, value, of_persons(values), len(persons), len(scores), n, floor)

    def relations(self, span: str, name: str, pair: Pair, count: Callable[[TrialScore], int]) -> list[Row]:
        """Correlation, mean absolute error, bias and limits of agreement of two asymmetries a trial."""
        pairs = [(score, *pair(score)) for score in self.scores]
        pairs = [one for one in pairs if math.isfinite(one[1] + one[2])]
        annotated, found = np.array([one[1] for one in pairs]), np.array([one[2] for one in pairs])
        persons = persons_of([one[0] for one in pairs])
        by_trial = {id(score): (a, b) for score, a, b in pairs}
        means = np.array([np.mean([by_trial[id(score)] for score in person], axis=0) for person in persons])
        means = means.reshape(-1, 2)
        n = sum(count(one[0]) for one in pairs)
        rows = []
        for end, words, unit, persons_min, figure in _RELATIONS:
            row, value = f"{span}.{end}", float(figure(annotated, found)) if pairs else math.nan
            of = relation_of_persons(means[:, 0], means[:, 1], figure, persons_min)
            floor = floor_of(self.set, self.label, row)
            rows.append(Row(row, f"{name}: {words}", unit, value, of, len(persons), len(pairs), n, floor))
        return rows

    def repeats(self, row: str, name: str, value_of: Callable[[TrialScore], float]) -> Row:
        """SD of one trial within a person, of those with several trials."""
        values = [np.array([value_of(score) for score in person]) for person in persons_of(self.scores)]
        values = [of_person[np.isfinite(of_person)] for of_person in values]
        values = [of_person for of_person in values if of_person.size > 1]
        own = np.array([repeat_sd([of_person]) for of_person in values])
        trials = sum(of_person.size for of_person in values)
        floor = floor_of(self.set, self.label, row)
        return Row(row, name, "AI", repeat_sd(values), of_persons(own), len(values), trials, trials, floor)


def persons_of(scores: Scores) -> list[tuple[TrialScore, ...]]:
    """The trials of each person, in the order in which they first appear."""
    found: dict[str, list[TrialScore]] = {}
    for score in scores:
        found.setdefault(score.trial.person, []).append(score)
    return [tuple(of_person) for of_person in found.values()]


_Relation = Callable[[Floats, Floats], Floats]
_RELATIONS: tuple[tuple[str, str, str, int, _Relation], ...] = (
    ("r", "r", "", SHAPE_PERSONS_MIN, correlation),
    ("mae", "mean absolute error", "AI", MEAN_PERSONS_MIN, lambda marked, found: mean_absolute(found - marked)),
    ("bias", "bias", "AI", MEAN_PERSONS_MIN, lambda marked, found: bias(found - marked)),
    ("lower", "lower limit of agreement", "AI", SHAPE_PERSONS_MIN, lambda marked, found: limit(found - marked, -1)),
    ("upper", "upper limit of agreement", "AI", SHAPE_PERSONS_MIN, lambda marked, found: limit(found - marked, 1)),
)
