"""From the counter of a device to microseconds that only grow: wraps are undone, a counter that began anew is told.

Strategy: a reading lies ahead of the last one by less than half a wrap, and by no more than the time that passed at
the host; otherwise the device has begun its time anew. Readings are cut into runs, within which nothing is missing.
What this never does: estimate what the host's clock showed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evenside.devices.kind import Samples
from evenside_analysis.types import Floats

__all__ = ["U32", "Run", "Ticks", "reopened", "runs_of", "timed"]

U32 = 1 << 32
_LATE_S = 10.0  # by how much a message may have been held up
_GAP = 1.5  # periods


@dataclass(frozen=True, slots=True)
class Ticks:
    """Where the counter stands. ``clock`` counts its beginnings; ``fresh``: nothing was read on this connection."""

    clock: int = -1
    fresh: bool = True
    raw: int = 0
    us: int = 0
    step_us: int = 0
    arrived_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """Positions of readings that follow each other, and their times. ``lost``: something before them is missing."""

    rows: list[int]
    us: list[int]
    clock: int
    lost: bool


def reopened(ticks: Ticks) -> Ticks:
    """On a new connection nobody knows what the device did meanwhile: its next reading begins a clock."""
    return replace(ticks, fresh=True)


def runs_of(
    ticks: Ticks, raw: Sequence[int], arrived_s: float, period_us: float, wrap: int | None = None
) -> tuple[Ticks, list[Run]]:
    """Runs of the readings ``raw`` in µs, taken about every ``period_us``; the same reading again is left out.

    Where the device is slower than told, its last step counts as its period.
    """
    runs: list[Run] = []
    for row, reading in enumerate(raw):
        step_us = reading - ticks.raw if wrap is None else (reading - ticks.raw) % wrap
        most_us = 1e6 * (max(arrived_s - ticks.arrived_s, 0.0) + _LATE_S)
        anew = step_us < 0 or step_us > most_us or (wrap is not None and step_us >= wrap // 2)
        if ticks.fresh or anew:
            runs.append(Run([row], [reading], ticks.clock + 1, lost=not ticks.fresh))
            ticks = Ticks(ticks.clock + 1, False, reading, reading, 0, arrived_s)
        elif step_us > 0:
            gap = step_us > _GAP * max(period_us, ticks.step_us)
            if gap or not runs:
                runs.append(Run([], [], ticks.clock, lost=gap))
            runs[-1].rows.append(row)
            runs[-1].us.append(ticks.us + step_us)
            ticks = Ticks(ticks.clock, False, reading, ticks.us + step_us, step_us, arrived_s)
    return ticks, runs


def timed(node: str, values: Floats, arrived_s: float, runs: Sequence[Run]) -> list[Samples]:
    """The samples of each run; ``values`` holds one row for each reading that the runs were made of."""
    return [Samples(node, values[run.rows], arrived_s, np.array(run.us, np.int64), run.clock, run.lost) for run in runs]
