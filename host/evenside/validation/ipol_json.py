"""Annotations of the two IPOL sets: one JSON file a trial, events of each foot in samples.

Truong et al. (2019), IPOL 9:381-390, mark the activity of a foot: heel rise to foot flat. Voisard et al. (2023) mark
toe-off and heel strike, the U-turn, and the first and last event of the trial; their samples are those of the packet
counter, which all sensors share, from the first packet that any of them sent.
"""

from __future__ import annotations

import json
from pathlib import Path

from evenside.errors import ReadError
from evenside.validation.marks import SIDES, Motions, Problem, Swings, Trial
from evenside.validation.table_of_pairs import number, pairs_of
from evenside_analysis.types import Floats

__all__ = ["is_annotation", "read_annotation"]

_SUFFIX = "_meta"
_ACTIVITY, _EVENTS = "FootActivity", "FootEvents"


def is_annotation(content: object) -> bool:
    """Whether this JSON is an annotation of one of the sets, sound or not."""
    return isinstance(content, dict) and any(
        f"{side.capitalize()}{word}" in content for side in SIDES for word in (_ACTIVITY, _EVENTS)
    )


def read_annotation(path: Path, problems: list[Problem]) -> Trial | None:
    """The trial that a JSON file annotates; None for any other JSON file.

    The recording beside it may be missing. Single entries that make no sense are told and left out.

    Raises:
        ReadError: no JSON, or an annotation that cannot be understood.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ReadError(f"{path}: {error}", mend="an annotation is a JSON file; copy it again") from error
    if not is_annotation(content):
        return None
    assert isinstance(content, dict)
    try:
        if "LeftFootActivity" in content or "RightFootActivity" in content:
            return _truong(path, content, problems)
        return _voisard(path, content, problems)
    except ValueError as error:
        raise ReadError(f"{path}: {error}", mend="write it as the set it belongs to does") from error


def _truong(path: Path, content: dict[str, object], problems: list[Problem]) -> Trial:
    left, right = (_of_foot(path, content, f"{side.capitalize()}{_ACTIVITY}", problems) for side in SIDES)
    labels = [str(content["PathologyGroup"])] if content.get("PathologyGroup") else []
    labels += [f"{content['Sensor']} nodes"] if content.get("Sensor") else []
    marks = (Motions(left, right),)
    return Trial("ipol-265", path.stem, _person(path, content), path.with_suffix(""), "ipol-265", marks, tuple(labels))


def _voisard(path: Path, content: dict[str, object], problems: list[Problem]) -> Trial:
    left, right = (_of_foot(path, content, f"{side.capitalize()}{_EVENTS}", problems) for side in SIDES)
    stem = path.stem.removesuffix(_SUFFIX)
    turns = _spans(path, content, "UTurnBoundaries", problems)
    whole = _spans(path, content, "TrialBoundaries", problems)
    within = (float(whole[0, 0]), float(whole[-1, 1])) if len(whole) else None
    marks = (Swings(left, right, turns, within),)
    return Trial("ipol-497", stem, _person(path, content), path.with_name(stem), "ipol-497", marks)


def _of_foot(path: Path, content: dict[str, object], key: str, problems: list[Problem]) -> Floats:
    if key not in content:
        raise ValueError(f"there is no {key!r}")
    return pairs_of(content[key], f"{path}: {key}", problems)


def _spans(path: Path, content: dict[str, object], key: str, problems: list[Problem]) -> Floats:
    """One [start, end], or a list of them; none where the key is missing."""
    given = content.get(key)
    if isinstance(given, list) and len(given) == 2 and all(number(value) == number(value) for value in given):
        given = [given]
    return pairs_of([] if given is None else given, f"{path}: {key}", problems)


def _person(path: Path, content: dict[str, object]) -> str:
    return str(content.get("Subject") or path.stem.partition("-")[0])
