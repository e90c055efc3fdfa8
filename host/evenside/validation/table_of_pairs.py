"""A list of [start, end] as somebody wrote it becomes an array; entries that are none are told and left out."""

from __future__ import annotations

import math

import numpy as np

from evenside.validation.marks import Problem
from evenside_analysis.types import Floats

__all__ = ["number", "pairs_of"]


def pairs_of(listed: object, place: str, problems: list[Problem]) -> Floats:
    """(n, 2) in the order of time. What is no pair of numbers, start before end, goes to ``problems``.

    Raises:
        ValueError: ``listed`` is no list.
    """
    if not isinstance(listed, list):
        raise ValueError(f"{place} is {type(listed).__name__}, expected a list of [start, end]")
    good: list[tuple[float, float]] = []
    for count, entry in enumerate(listed, 1):
        both = [number(value) for value in entry] if isinstance(entry, list) else []
        if len(both) == 2 and both[0] < both[1]:
            good.append((both[0], both[1]))
        else:
            problems.append(Problem(f"{place}, entry {count}", f"{entry!r:.60}: expected [start, end], start first"))
    return np.array(sorted(good), np.float64).reshape(-1, 2)


def number(value: object) -> float:
    """The number; NaN for what is none, or is not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return math.nan
    return found if math.isfinite(found) else math.nan
