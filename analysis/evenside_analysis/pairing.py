"""Two sides on one grid: windows of both sides with the same index become one row.

The grid is the integer window index, never a resampled signal: nothing is interpolated, and a side that was not heard
in a window leaves that window out. A row is emitted once both sides have passed it; while one side lags, the other's
windows wait here, so whoever feeds this must let time pass on a silent side ("nothing heard up to here").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.rows import Rows
from evenside_analysis.types import Floats, Ints, Side
from evenside_analysis.windows import WindowMeans, window_end_s


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """Windows of one side that the other has not passed yet."""

    index: Ints  # (n,)
    mean: Floats  # (n,)
    settled: int

    @staticmethod
    def none() -> Waiting:
        return Waiting(np.empty(0, np.int64), np.empty(0), np.iinfo(np.int64).min)

    def extended(self, new: WindowMeans, least: float) -> Waiting:
        if not new.index.size:
            return Waiting(self.index, self.mean, max(self.settled, new.settled))
        enough = new.weight >= least
        return Waiting(
            np.concatenate([self.index, new.index[enough]]),
            np.concatenate([self.mean, new.mean[enough]]),
            max(self.settled, new.settled),
        )

    def from_index(self, index: int) -> Waiting:
        keep = self.index >= index
        return Waiting(self.index[keep], self.mean[keep], self.settled)


@dataclass(frozen=True, slots=True, eq=False)
class PairingState:
    left: Waiting
    right: Waiting

    @staticmethod
    def start() -> PairingState:
        return PairingState(Waiting.none(), Waiting.none())


def pair_windows(
    hop_s: float, least: float, state: PairingState, side: Side, new: WindowMeans
) -> tuple[PairingState, Rows]:
    """Add windows of one side; return the rows that both sides have now passed.

    Args:
        hop_s: of the windows.
        least: the weight that a window of this side needs to count as heard.
    """
    left = state.left.extended(new, least) if side == "left" else state.left
    right = state.right.extended(new, least) if side == "right" else state.right
    settled = min(left.settled, right.settled)
    if settled == min(state.left.settled, state.right.settled):
        return PairingState(left, right), Rows.none(1, _settled_s(settled, hop_s))
    ready_left, ready_right = left.index < settled, right.index < settled
    heard = np.union1d(left.index[ready_left], right.index[ready_right])
    rows = Rows(
        window_end_s(heard, hop_s),
        np.zeros(heard.size, np.int64),
        _placed(heard, left.index[ready_left], left.mean[ready_left]),
        _placed(heard, right.index[ready_right], right.mean[ready_right]),
        _settled_s(settled, hop_s),
    )
    return PairingState(left.from_index(settled), right.from_index(settled)), rows


def _settled_s(settled: int, hop_s: float) -> float:
    """Every row that ends by then has been emitted. The end of window ``settled - 1``, and no more: that is as far as
    both sides were heard."""
    return float(window_end_s(settled - 1, hop_s)) if settled > np.iinfo(np.int64).min else -np.inf


def _placed(index: Ints, own: Ints, values: Floats) -> Floats:
    """(n, 1) the values where their index stands, NaN elsewhere."""
    out = np.full((index.size, 1), np.nan)
    out[np.searchsorted(index, own), 0] = values
    return out
