"""Where a side was not heard: steps that are missing there are no wonder, and prove nothing about its sensor."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["HEARD_ALL", "Silences"]

_UNHEARD_S = 1.0
"""Of a window: a step and its swing may hide in so much."""


@dataclass(frozen=True, slots=True)
class Silences:
    """Spans in which one side of a pair was not heard; all that began before ``settled_s`` are among them."""

    spans: tuple[tuple[float, float], ...] = ()
    settled_s: float = math.inf

    def hide(self, start_s: float, end_s: float) -> bool:
        """Whether too little was heard of [start_s, end_s) to count steps in it."""
        return any(min(last_s, end_s) - max(first_s, start_s) > _UNHEARD_S for first_s, last_s in self.spans)


HEARD_ALL = Silences()
