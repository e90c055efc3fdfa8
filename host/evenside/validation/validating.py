"""A folder of annotated recordings in, scores and rows out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from evenside.validation.discovery import discover
from evenside.validation.following import follow_all, usual_jobs
from evenside.validation.marks import SETS, Problem, SetName
from evenside.validation.rows import Maker, Row, persons_of
from evenside.validation.scores import TrialScore
from evenside.validation.scoring import score_trial
from evenside.validation.set_rows import rows_of

__all__ = ["Group", "SetResult", "Validation", "validate"]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The rows of some of a set's trials: those with a label, or those of a person."""

    label: str
    persons: int
    trials: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SetResult:
    """One set: its rows, the same by group and by person, and the scores that they are made of."""

    set: SetName
    whole: Group
    groups: tuple[Group, ...]
    people: tuple[Group, ...]
    scores: tuple[TrialScore, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Validation:
    """Everything that was scored, in the order of SETS; what was left aside, and what could not be used."""

    sets: tuple[SetResult, ...]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]


def validate(
    folder: Path,
    *,
    rates_hz: Mapping[str, float] | None = None,
    jobs: int | None = None,
    progress: Callable[[float, float], None] = lambda done, of: None,
) -> Validation:
    """Score everything in a folder. The result does not depend on ``jobs``, the number of processes.

    Args:
        rates_hz: samples a second of recordings, by their names, where a table counts samples and does not tell.
        progress: is told how many recordings are done, of how many.

    Raises:
        ReadError: no such folder, or nothing in it that can be scored.
    """
    discovered = discover(folder, rates_hz)
    trials, problems = discovered.trials, list(discovered.problems)
    progress(0, len(trials))
    jobs = usual_jobs(len(trials)) if jobs is None else jobs
    scores: dict[SetName, list[TrialScore]] = {}
    followed = follow_all(trials, jobs, lambda done: progress(done, len(trials)))
    for trial, found in zip(trials, followed, strict=True):
        if isinstance(found, Problem):
            problems.append(found)
        else:
            scores.setdefault(trial.set, []).append(score_trial(trial, found))
    sets = tuple(_result(name, tuple(scores[name])) for name in SETS if name in scores)
    return Validation(sets, discovered.notes, tuple(problems))


def _result(name: SetName, scores: tuple[TrialScore, ...]) -> SetResult:
    labels = sorted({label for score in scores for label in score.trial.labels})
    groups = tuple(
        _group(name, tuple(score for score in scores if label in score.trial.labels), label) for label in labels
    )
    people = tuple(_group(name, of_person, of_person[0].trial.person) for of_person in persons_of(scores))
    return SetResult(name, _group(name, scores, ""), groups, people, scores)


def _group(name: SetName, scores: tuple[TrialScore, ...], label: str) -> Group:
    persons = len(persons_of(scores))
    return Group(label, persons, len(scores), rows_of(Maker(name, scores, label)))
