"""Which found event is which marked one: one to one, nearest first. And what that comes to, as F1."""

from __future__ import annotations

import math

import numpy as np

from evenside_analysis.types import Floats, Ints

__all__ = ["f1", "matched", "paired_up"]

_ROUNDING_S = 1e-9  # times on a raster of 10 ms: exactly within_s apart counts


def matched(marked_s: Floats, found_s: Floats, within_s: float) -> tuple[Ints, Ints]:
    """Places (k,) in both of what belongs together, in the order of the marked ones.

    The nearest of all pairs is taken first, then the nearest of what is left, down to pairs ``within_s`` apart. Of
    equally near ones the first. ``found_s`` is sorted; NaN belongs to nothing.
    """
    reach_s = within_s + _ROUNDING_S
    first, end = np.searchsorted(found_s, marked_s - reach_s), np.searchsorted(found_s, marked_s + reach_s, "right")
    count = np.maximum(end - first, 0)
    row = np.repeat(np.arange(marked_s.size), count)
    column = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    nearest = np.argsort(np.abs(marked_s[row] - found_s[column]), kind="stable")
    partner = np.full(marked_s.size, -1, np.int64)
    taken = np.zeros(found_s.size, np.bool_)
    for at, there in zip(row[nearest].tolist(), column[nearest].tolist(), strict=True):
        if partner[at] < 0 and not taken[there]:
            partner[at] = there
            taken[there] = True
    places = np.flatnonzero(partner >= 0)
    return places, partner[places]


def paired_up(start_s: Floats, end_s: Floats) -> Floats:
    """(k, 2) each start with the first end after it, where no other start comes between. Both are sorted."""
    if not (start_s.size and end_s.size):
        return np.empty((0, 2))
    following = np.append(start_s[1:], np.inf)
    place = np.searchsorted(end_s, start_s)
    has = place < end_s.size
    end = end_s[np.minimum(place, end_s.size - 1)]
    has &= end <= following
    return np.stack([start_s[has], end[has]], axis=1)


def f1(hits: float, marked: float, found: float) -> float:
    """Harmonic mean of the share of marked events that were found and of found ones that were marked; NaN for none.

    van Rijsbergen (1979), Information Retrieval, ch. 7.
    """
    return 2.0 * hits / (marked + found) if marked + found else math.nan
