"""Running: what the simulated wearer is told of it, and how long a foot stands. The feet never stand together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evenside.simulator.arms import FREE_ARMS, Arms
from evenside.simulator.asymmetry import EVEN, Asymmetry, within

__all__ = ["RUN_PACE", "Run", "run_duty"]

RUN_PACE = 0.42
"""Push-off and landing of a runner against those of the shapes: heel off 0.10 s before toe-off, flat 0.06 s after
contact, which leaves the foot 0.1 s on the ground between."""


@dataclass(frozen=True, slots=True)
class Run:
    """Straight level running, heel first. ``first``: the foot of the first step from a stand."""

    duration_s: float
    asymmetry: Asymmetry = EVEN
    speed_m_s: float = 2.8
    stride_s: float = 0.72
    first: Literal["left", "right"] = "right"
    bag_n: float = 0.0
    arms: Arms = FREE_ARMS

    def __post_init__(self) -> None:
        within("duration_s of a run", self.duration_s, 3.0, 1e9)
        within("speed_m_s of a run", self.speed_m_s, 2.0, 5.0)
        within("stride_s of a run", self.stride_s, 0.6, 0.85)
        within("bag_n", self.bag_n, 0.0, 500.0)


def run_duty(run: Run) -> float:
    """Share of the stride that a foot stands: 0.3 s at 2.2 m/s, 0.22 s at 4 m/s, as runners of published sets do."""
    return min(max(0.42 - 0.06 * (run.speed_m_s - 2.2), 0.26), 0.43)
