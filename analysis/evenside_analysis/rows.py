"""Both sides side by side: the one form in which figures take what was measured.

A row is one pair of adjacent strides, or one window in which a side was heard. A stride without a partner, and a window
of one side alone, are rows too: with NaN for the side that is missing. Column ``j`` of ``left`` and
``right`` is metric ``j`` of the group that made the rows; NaN where this metric could not be taken from this row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows in the order of ``end_s``; every row that ends before ``settled_s`` has now been emitted."""

    end_s: Floats  # (n,), non-decreasing
    flags: Ints  # (n,), values of types.Flag; 0 is clean
    left: Floats  # (n, metrics)
    right: Floats  # (n, metrics)
    settled_s: float

    @staticmethod
    def none(metrics: int, settled_s: float = -np.inf) -> Rows:
        """No rows yet."""
        return Rows(np.empty(0), np.empty(0, np.int64), np.empty((0, metrics)), np.empty((0, metrics)), settled_s)

    def select(self, chosen: slice | Bools) -> Rows:
        """The chosen rows, with the same ``settled_s``."""
        return Rows(self.end_s[chosen], self.flags[chosen], self.left[chosen], self.right[chosen], self.settled_s)

    def followed_by(self, later: Rows) -> Rows:
        """These rows and then the later ones, settled as far as the later ones."""
        if not later.end_s.size:
            return Rows(self.end_s, self.flags, self.left, self.right, later.settled_s)
        return Rows(
            np.concatenate([self.end_s, later.end_s]),
            np.concatenate([self.flags, later.flags]),
            np.concatenate([self.left, later.left]),
            np.concatenate([self.right, later.right]),
            later.settled_s,
        )
