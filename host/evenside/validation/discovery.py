"""Which annotated recordings lie in a folder, however deep: known by what is in the files, not by the folders' names.

Strategy: annotations first, each with the recording that it belongs to by its name; of what is left, whatever a
built-in layout fits. What it never does: guess an annotation, or pass over something without saying so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from evenside.errors import EvensideError, ReadError
from evenside.readers import open_recording
from evenside.validation.gaitmap_csv import read_stride_borders, read_stride_events, table_kind, usual_rate_hz
from evenside.validation.ipol_json import read_annotation
from evenside.validation.marks import Borders, Marks, Problem, SetName, Swings, Trial
from evenside.validation.moticon_report import read_report, recorded_at

__all__ = ["Discovery", "discover"]

_Read = TypeVar("_Read")

_ENDINGS = (".csv", ".txt", ".tsv")
_SAME = {"stride", "strides", "events", "borders", "imu"}  # words by which a table and its recording differ
_UNMARKED: dict[str, SetName] = {"physionet-gaitpdb": "gaitpdb", "opensim-forces": "loads", "pedal-balance": "loads"}


@dataclass(frozen=True, slots=True, eq=False)
class Discovery:
    """What there is to score. ``notes`` tell what was left aside, ``problems`` what could not be used."""

    trials: tuple[Trial, ...]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Finding:
    """What was found so far, while the folder is gone through."""

    trials: list[Trial] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    claimed: set[Path] = field(default_factory=set)  # files that are no recordings, or part of one that is known
    used: set[Path] = field(default_factory=set)  # annotations whose recording is there
    aside: Counter[str] = field(default_factory=Counter)  # what for, how many
    strangers: list[str] = field(default_factory=list)

    def read(self, path: Path, how: Callable[[Path, list[Problem]], _Read]) -> _Read | None:
        """What a reader makes of a file; None, and a problem, where it cannot."""
        try:
            return how(path, self.problems)
        except EvensideError as error:
            self.problems.append(Problem(str(path), str(error)))
            self.claimed.add(path)
            return None


def discover(folder: Path, rates_hz: Mapping[str, float] | None = None) -> Discovery:
    """Everything in the folder that can be scored, by set and then by name.

    Args:
        rates_hz: samples a second of recordings, by their names, where a table counts samples and does not tell.

    Raises:
        ReadError: no such folder, or nothing in it that could be scored.
    """
    if not folder.is_dir():
        raise ReadError(f"{folder}: no such folder", mend="give the folder that holds the annotated recordings")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _hidden(path, folder)]
    finding = _Finding()
    _from_json(files, finding)
    steps, strides = _reports(files, finding), _stride_tables(files, finding)
    tables = [path for path in files if _is_table(path) and path not in finding.claimed]
    for path in tables:
        if path not in finding.claimed:  # by a recording of several files
            _from_table(path, strides, steps, finding)
    for own, _ in (*steps.values(), *strides.values()):
        finding.aside["annotations without their recording"] += own not in finding.used
    if not finding.trials and not finding.problems:
        raise ReadError(f"{folder}: nothing in it that can be scored", mend="`evenside validate --help` tells what can")
    given = rates_hz or {}
    trials = [replace(trial, rate_hz=given.get(trial.name, trial.rate_hz)) for trial in finding.trials]
    trials.sort(key=lambda trial: (trial.set, _natural(trial.name), str(trial.path)))
    return Discovery(tuple(trials), _notes(finding), tuple(finding.problems))


def _from_json(files: list[Path], finding: _Finding) -> None:
    """Trials that a JSON file annotates: 105-1.json for 105-1.csv, 1-1.json or 1-1_meta.json for 1-1_lf.txt."""
    there = set(files)
    for path in files:
        if path.suffix != ".json":
            continue
        trial = finding.read(path, read_annotation)
        if trial is None:
            continue
        endings = (".csv",) if trial.set == "ipol-265" else ("_lf.txt", "_rf.txt", "_lb.txt")
        own = [one for end in endings for gz in ("", ".gz") if (one := Path(f"{trial.path}{end}{gz}")) in there]
        finding.claimed |= set(own)
        if own:
            finding.trials.append(replace(trial, path=own[0]) if trial.set == "ipol-265" else trial)
        else:
            finding.aside["annotations without their recording"] += 1


_Steps = dict[tuple[Path, str], tuple[Path, Marks]]
_Strides = dict[tuple[Path, str, str], tuple[Path, Marks]]


def _reports(files: list[Path], finding: _Finding) -> _Steps:
    """Workbook and steps of every report, by its folder and its moment."""
    found: _Steps = {}
    for path in files:
        if path.suffix == ".xlsx" and not path.name.startswith("~$"):
            steps = finding.read(path, read_report)
            if steps is not None:
                found[path.parent, recorded_at(path.stem)] = (path, steps)
    return found


def _stride_tables(files: list[Path], finding: _Finding) -> _Strides:
    """Table and marks, by the folder, the kind, and what the name has in common with that of the recording."""
    found: _Strides = {}
    for path in files:
        kind = table_kind(path) if path.suffix == ".csv" else ""
        if kind:
            marks: Marks | None
            if kind == "events":
                marks = finding.read(path, read_stride_events)
            else:
                marks = finding.read(path, read_stride_borders)
            finding.claimed.add(path)
            if marks is not None:
                found[path.parent, kind, _common(path.name)] = (path, marks)
    return found


def _from_table(path: Path, strides: _Strides, steps: _Steps, finding: _Finding) -> None:
    """The recording that this file is, or is part of; no recording at all is a stranger."""
    try:
        recording = open_recording(path)
    except EvensideError:
        finding.strangers.append(path.name)
        return
    finding.claimed |= set(recording.paths)
    name, layout = recording.name, recording.layout
    if layout == "gaitmap":
        trial = _gaitmap(path, name, strides, finding)
    elif layout == "moticon-opengo":
        trial = _moticon(path, name, steps, finding)
    elif layout in _UNMARKED:
        person = name.partition("_")[0] if layout == "physionet-gaitpdb" else name
        trial = Trial(_UNMARKED[layout], name, person, path, layout)
    else:
        trial = None
    if trial is None:
        finding.aside[f"recordings of the layout {layout} without an annotation"] += 1
    else:
        finding.trials.append(trial)


def _gaitmap(path: Path, name: str, strides: _Strides, finding: _Finding) -> Trial | None:
    """Nothing tells who walked: each recording counts as a person."""
    own = [strides.get((path.parent, kind, _common(path.name))) for kind in ("events", "borders")]
    known = [one for one in own if one is not None]
    finding.used |= {one for one, _ in known}
    marks, stairs = tuple(one for _, one in known), "stair" in name.lower()
    if not marks and not stairs:
        return None
    return Trial("gaitmap", name, name, path, "gaitmap", marks, rate_hz=_rate_hz(marks), stairs=stairs)


def _rate_hz(marks: tuple[Marks, ...]) -> float | None:
    for one in marks:
        if isinstance(one, Borders):
            return usual_rate_hz(np.concatenate([one.left, one.right]))
        if isinstance(one, Swings):  # from contact to contact
            contacts = [np.stack([foot[:-1, 1], foot[1:, 1]], axis=1) for foot in (one.left, one.right) if len(foot)]
            return usual_rate_hz(np.concatenate(contacts)) if contacts else None
    return None


def _moticon(path: Path, name: str, steps: _Steps, finding: _Finding) -> Trial | None:
    """The report of the same moment, or the only one in a folder. Nothing tells who walked: a folder is a person."""
    own = steps.get((path.parent, recorded_at(name)))
    if own is None:
        here = [one for (folder, moment), one in steps.items() if folder == path.parent and not moment]
        own = here[0] if len(here) == 1 and not recorded_at(name) else None
    if own is None:
        return None
    finding.used.add(own[0])
    return Trial("moticon", name, path.parent.name or "?", path, "moticon-opengo", (own[1],))


def _notes(finding: _Finding) -> tuple[str, ...]:
    notes = [f"{count} {what}" for what, count in finding.aside.items() if count]
    if finding.strangers:
        some, more = ", ".join(finding.strangers[:5]), len(finding.strangers) - 5
        notes.append(f"{len(finding.strangers)} tables that are no recordings: {some}{' …' if more > 0 else ''}")
    return tuple(notes)


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _is_table(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith(_ENDINGS)


def _common(name: str) -> str:
    """stride_events_walk.csv, stride_borders_walk.csv and imu_walk.csv.gz have "walk" in common."""
    words = re.split(r"[_\-\s]+", name.partition(".")[0].lower())
    return "_".join(word for word in words if word not in _SAME)


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """2-1 before 12-1."""
    parts = re.findall(r"\d+|\D+", name)
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)
