"""What is usual, learned from the rows that qualify, and known as of every row: an exponential memory of them.

``state = keep * state + gain * value`` at each row that is chosen, unchanged at the others. It depends on the rows up
to each one alone, so any cut of them gives the same bits.
"""

from __future__ import annotations

import numpy as np

from evenside_analysis.types import Bools, Floats

__all__ = ["remembered"]


def remembered(carry: Floats, values: Floats, chosen: Bools, keep: float, gain: float = 1.0) -> tuple[Floats, Floats]:
    """The memory as of every row (n, ...), and the last one (1, ...) to carry on with.

    Args:
        carry: (1, ...) from before; zeros at first.
        values: (n, ...) of all rows.
        chosen: (n,) rows that are remembered.
    """
    learned = values[chosen]
    if not learned.shape[0]:
        return np.repeat(carry, values.shape[0], axis=0), carry
    from scipy.signal import lfilter  # here: 50 MB that few wearers need

    memory, _ = lfilter([gain], [1.0, -keep], learned, axis=0, zi=keep * carry)
    table = np.concatenate([carry, memory])
    return table[np.cumsum(chosen)], table[-1:].copy()
