"""Seconds of one node in a few numbers each: what slow habits are told from, cheap enough for a whole day.

Epoch ``k`` covers ``[k, k + 1) / per_s`` of session time, at absolute places, so the epochs of several nodes stand side
by side without anything being shifted. An epoch is emitted once time has passed beyond its end, by a sample or by a row
of NaN; epochs without a heard sample are not emitted. Sums run in the order of the samples, over all samples of an
epoch at once, so the cut into blocks changes no bit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.types import ACC, FORCE, GYR, Floats, Ints, Node

__all__ = ["EpochState", "Epochs", "find_epochs", "joined"]


_NONE, _EMPTY, _EMPTY_ROWS = np.empty(0, np.int64), np.empty(0), np.empty((0, 3))


@dataclass(frozen=True, slots=True, eq=False)
class Epochs:
    """Seconds in which something was heard, in order; NaN in a column that the node does not measure.

    ``heard``: share of the expected samples. ``acc_m_s2`` (n, 3): mean acceleration, with gravity where the node has
    it. ``acc_sd_m_s2``: SD of its magnitude. ``gyr_rms_rad_s``: of the magnitude. ``force_n``, ``force_sd_n``. Every
    epoch below ``settled`` has now been emitted.
    """

    second: Ints  # (n,)
    heard: Floats  # (n,)
    acc_m_s2: Floats  # (n, 3)
    acc_sd_m_s2: Floats  # (n,)
    gyr_rms_rad_s: Floats  # (n,)
    force_n: Floats  # (n,)
    force_sd_n: Floats  # (n,)
    settled: int

    @staticmethod
    def none(settled: int) -> Epochs:
        return Epochs(_NONE, _EMPTY, _EMPTY_ROWS, _EMPTY, _EMPTY, _EMPTY, _EMPTY, settled)

    def part(self, chosen: slice | Ints) -> Epochs:
        """The chosen seconds, with the same ``settled``."""
        return Epochs(
            self.second[chosen],
            self.heard[chosen],
            self.acc_m_s2[chosen],
            self.acc_sd_m_s2[chosen],
            self.gyr_rms_rad_s[chosen],
            self.force_n[chosen],
            self.force_sd_n[chosen],
            self.settled,
        )

    def followed_by(self, later: Epochs) -> Epochs:
        """These seconds and then the later ones, settled as far as the later ones."""
        return Epochs(
            np.concatenate([self.second, later.second]),
            np.concatenate([self.heard, later.heard]),
            np.concatenate([self.acc_m_s2, later.acc_m_s2]),
            np.concatenate([self.acc_sd_m_s2, later.acc_sd_m_s2]),
            np.concatenate([self.gyr_rms_rad_s, later.gyr_rms_rad_s]),
            np.concatenate([self.force_n, later.force_n]),
            np.concatenate([self.force_sd_n, later.force_sd_n]),
            max(self.settled, later.settled),
        )


_NEVER = int(np.iinfo(np.int64).min)


@dataclass(frozen=True, slots=True, eq=False)
class EpochState:
    """The heard samples of the second that is still open."""

    time_s: Floats = field(default_factory=lambda: np.empty(0))
    values: Floats = field(default_factory=lambda: np.empty((0, 0)))
    settled: int = _NEVER


def find_epochs(
    node: Node, state: EpochState, time_s: Floats, values: Floats, per_s: int = 1
) -> tuple[EpochState, Epochs]:
    """Add samples (n,), (n, channels); a row with NaN was not heard, but lets time pass."""
    if not time_s.size:
        return state, Epochs.none(state.settled)
    settled = max(state.settled, int(np.floor(time_s[-1] * per_s)))
    heard = np.isfinite(values).all(axis=1)
    if not heard.all():
        time_s, values = time_s[heard], values[heard]
    held_s = np.concatenate([state.time_s, time_s])
    rows = np.concatenate([state.values, values]) if state.values.size else values.copy()
    if settled == state.settled:  # most blocks of a live stream
        return EpochState(held_s, rows, settled), Epochs.none(settled)
    second = np.floor(held_s * per_s).astype(np.int64)
    over = int(second.searchsorted(settled))
    after = EpochState(held_s[over:].copy(), rows[over:].copy(), settled)
    return after, _epochs(node, second[:over], rows[:over], settled, per_s)


def _epochs(node: Node, second: Ints, rows: Floats, settled: int, per_s: int) -> Epochs:
    if not second.size:
        return Epochs.none(settled)
    starts = np.flatnonzero(np.diff(second, prepend=second[0] - 1))
    at = np.repeat(np.arange(starts.size), np.diff(np.append(starts, second.size)))
    count = np.bincount(at)
    missing = np.full(starts.size, np.nan)

    def mean(column: Floats) -> Floats:
        return np.asarray(np.bincount(at, column) / count)

    def spread(column: Floats) -> Floats:
        centre = mean(column)
        off = column - centre[at]
        return np.asarray(np.sqrt(mean(off * off)))

    acc, gyr, force = node.columns(ACC), node.columns(GYR), node.columns((FORCE,))
    mean_acc, acc_sd = np.full((starts.size, 3), np.nan), missing
    if acc is not None:
        mean_acc = np.stack([mean(rows[:, column]) for column in acc], axis=1)
        acc_sd = spread(_length(rows, acc))
    gyr_rms = missing
    if gyr is not None:
        rate = _length(rows, gyr)
        gyr_rms = np.sqrt(mean(rate * rate))
    force_n = missing if force is None else mean(rows[:, force[0]])
    force_sd = missing if force is None else spread(rows[:, force[0]])
    share = np.minimum(count * per_s / node.rate_hz, 1.0)
    return Epochs(second[starts], share, mean_acc, acc_sd, gyr_rms, force_n, force_sd, settled)


def _length(rows: Floats, columns: tuple[int, ...]) -> Floats:
    x, y, z = (rows[:, column] for column in columns)
    return np.asarray(np.sqrt(x * x + y * y + z * z))


def joined(first: Epochs, second: Epochs) -> tuple[Ints, Ints, Ints]:
    """Seconds that both have, with the places of each in the first and in the second."""
    common, in_first, in_second = np.intersect1d(first.second, second.second, assume_unique=True, return_indices=True)
    return common, in_first, in_second
