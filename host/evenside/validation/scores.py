"""What one trial scored: counts, errors and spans, from which every row of the table is made. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from evenside.validation.marks import Trial
from evenside.validation.matching import matched
from evenside_analysis.indices import asymmetry_index
from evenside_analysis.types import Bools, Floats

__all__ = ["WITHIN_S", "EventScore", "SpanScore", "TrialScore", "event_score"]

WITHIN_S = (0.1, 0.05)
"""How near a found event must be to a marked one to count, for F1."""


@dataclass(frozen=True, slots=True, eq=False)
class EventScore:
    """One kind of event of one foot. ``errors_s`` (k,): found minus marked, of those that belong together."""

    marked: int
    found: int
    hits: tuple[int, ...]  # for each of WITHIN_S
    errors_s: Floats
    straight: Bools  # (k,), of walking straight ahead


@dataclass(frozen=True, slots=True, eq=False)
class SpanScore:
    """Of each foot (n, 2) s: how long the same spans are by the marks, and as found. The feet need not pair."""

    left: Floats
    right: Floats

    @property
    def count(self) -> int:
        return len(self.left) + len(self.right)

    def ai(self, column: int, middle: str) -> float:
        """Asymmetry by the marks (column 0) or as found (1), of the ``mean`` or the ``median``; NaN without a side."""
        if not (len(self.left) and len(self.right)):
            return float("nan")
        of = np.mean if middle == "mean" else np.median
        return float(asymmetry_index(float(of(self.left[:, column])), float(of(self.right[:, column]))))


@dataclass(frozen=True, slots=True, eq=False)
class TrialScore:
    """One trial. ``events`` by side and kind, ``spans`` by name, ``figures`` where one number is all there is."""

    trial: Trial
    counts: Mapping[str, int] = field(default_factory=dict)
    events: Mapping[tuple[str, str], EventScore] = field(default_factory=dict)
    spans: Mapping[str, SpanScore] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)

    def with_more(self, other: TrialScore) -> TrialScore:
        """Both scores of one trial."""
        return TrialScore(
            self.trial,
            {**self.counts, **other.counts},
            {**self.events, **other.events},
            {**self.spans, **other.spans},
            {**self.figures, **other.figures},
        )


def event_score(
    marked_s: Floats, found_s: Floats, reach_s: float, straight_marked: Bools, straight_found: Bools
) -> EventScore:
    """Score one kind of event of one foot. Errors are those of events at most ``reach_s`` apart."""
    hits = tuple(int(matched(marked_s, found_s, within_s)[0].size) for within_s in WITHIN_S)
    at, there = matched(marked_s, found_s, reach_s)
    straight = straight_marked[at] & straight_found[there]
    return EventScore(marked_s.size, found_s.size, hits, found_s[there] - marked_s[at], straight)
