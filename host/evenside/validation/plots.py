"""Which charts a validation draws, and writing them as SVG files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from evenside.errors import ReadError
from evenside.validation.charts import Dot, agreement_chart, error_chart
from evenside.validation.marks import SIDES, SetName
from evenside.validation.rows import persons_of
from evenside.validation.scores import TrialScore
from evenside.validation.validating import SetResult, Validation
from evenside_analysis.types import Floats

__all__ = ["charts_of", "write_plots"]

_SPANS: dict[SetName, tuple[tuple[str, str, str], ...]] = {
    "ipol-265": (
        ("motion", "motion time, same movements", "mean"),
        ("motion_straight", "motion time, straight", "mean"),
    ),
    "ipol-497": (
        ("swing", "swing time", "median"),
        ("stance", "stance time", "median"),
        ("step", "step time", "median"),
    ),
    "moticon": (("stance", "stance time", "mean"),),
}
_KINDS: dict[SetName, tuple[tuple[str, str, bool], ...]] = {
    "ipol-265": (("heel_rise", "heel rise", False), ("foot_flat", "foot flat", False)),
    "ipol-497": (("toe_off", "toe-off, straight walking", True), ("contact", "heel contact, straight walking", True)),
    "gaitmap": (("toe_off", "toe-off", False), ("contact", "heel contact", False)),
    "moticon": (("contact", "contact", False), ("toe_off", "toe-off", False)),
}


def write_plots(found: Validation, folder: Path) -> tuple[Path, ...]:
    """Every chart as a file of its own.

    Raises:
        ReadError: the folder cannot be written to.
    """
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for result in found.sets:
            for name, content in charts_of(result):
                path = folder / f"{result.set}_{name}.svg"
                path.write_text(content, encoding="utf-8")
                written.append(path)
    except OSError as error:
        raise ReadError(f"{folder}: {error.strerror}", mend="give a folder that this user can write to") from error
    return tuple(written)


def charts_of(result: SetResult) -> Iterator[tuple[str, str]]:
    """Name and content of each chart of a set: agreement of asymmetries, and errors of events."""
    for span, name, middle in _SPANS.get(result.set, ()):
        dots = [dot for score in result.scores if (dot := _dot(score, span, middle)) is not None]
        if len(dots) > 1:
            with_span = [score for score in result.scores if span in score.spans]
            count = sum(score.spans[span].count for score in with_span)
            who = (
                f"{result.set}: {_persons(with_span)}, {len(dots)} trials (dots), {count} spans; positive: right longer"
            )
            yield f"{span}_agreement", agreement_chart(f"Asymmetry of {name}, {middle}s", who, "AI points", dots)
    for kind, name, straight in _KINDS.get(result.set, ()):
        series = [(side, _errors_ms(result.scores, side, kind, straight)) for side in SIDES]
        series = [(side, errors_ms) for side, errors_ms in series if errors_ms.size > 1]
        if series:
            with_kind = [score for score in result.scores if ("left", kind) in score.events]
            made_of = f"{_persons(with_kind)}, {_count(len(with_kind), 'trial')}"
            who = f"{result.set}: {made_of}; the outermost bins hold what lies beyond"
            yield f"{kind}_errors", error_chart(f"Errors of {name}", who, series)


def _dot(score: TrialScore, span: str, middle: str) -> Dot | None:
    if span not in score.spans:
        return None
    annotated, found = (score.spans[span].ai(column, middle) for column in (0, 1))
    if math.isnan(annotated + found):
        return None
    group = score.trial.labels[0] if score.trial.labels else ""
    return Dot(annotated, found, score.trial.name, group)


def _errors_ms(scores: tuple[TrialScore, ...], side: str, kind: str, straight: bool) -> Floats:
    events = [score.events[side, kind] for score in scores if (side, kind) in score.events]
    return 1000.0 * np.concatenate(
        [np.empty(0), *(one.errors_s[one.straight] if straight else one.errors_s for one in events)]
    )


def _persons(scores: list[TrialScore]) -> str:
    return _count(len(persons_of(scores)), "person")


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"
