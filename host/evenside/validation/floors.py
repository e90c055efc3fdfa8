"""What is asked of each figure: the floor that a figure must reach, each with its reason.

They were set by what a prototype of the same method reached on the same annotations, and by how far those annotations
agree with themselves: a detector that does much better has learnt the annotators. A floor holds for a whole set, or for
one group of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from evenside.validation.marks import SetName

__all__ = ["FLOORS", "Floor", "floor_of"]


@dataclass(frozen=True, slots=True)
class Floor:
    """``≤`` and ``≥`` as they stand; ``±`` bounds the size, whatever the sign.

    ``by_person``: it is asked of the mean over persons, not of all trials together.
    """

    kind: Literal["≤", "≥", "±"]
    limit: float
    by_person: bool = False

    def met(self, value: float) -> bool | None:
        """None where there is no value."""
        if math.isnan(value):
            return None
        if self.kind == "≥":
            return value >= self.limit
        return (abs(value) if self.kind == "±" else value) <= self.limit

    def __str__(self) -> str:
        return f"{self.kind} {self.limit:g}{' by person' if self.by_person else ''}"


def _limits(span: str, bias_ai: float, limit_ai: float) -> dict[str, Floor]:
    return {
        f"{span}.bias": Floor("±", bias_ai),
        f"{span}.lower": Floor("≥", -limit_ai),
        f"{span}.upper": Floor("≤", limit_ai),
    }


def _contact(kind: str, apart_ms: float) -> dict[str, Floor]:
    return {
        f"{kind}.missed": Floor("≤", 2.5),
        f"{kind}.bias": Floor("±", 8.0),
        f"{kind}.sd": Floor("≤", 12.0),
        f"{kind}.left_minus_right": Floor("±", apart_ms),
    }


FLOORS: dict[SetName, dict[str, Floor]] = {
    "ipol-265": {
        "missed": Floor("≤", 1.5),
        "extra": Floor("≤", 2.5),
        "heel_rise.f1_100": Floor("≥", 0.85),
        "foot_flat.f1_100": Floor("≥", 0.95),
        "motion.r": Floor("≥", 0.92),
        "motion.mae": Floor("≤", 2.8),
        "motion_own.r": Floor("≥", 0.92),
        "motion_own.mae": Floor("≤", 2.8),
        "motion_straight.r": Floor("≥", 0.93),
        "motion_straight.mae": Floor("≤", 2.7),
        "motion_straight.repeat": Floor("≤", 1.0),
    },
    "ipol-497": {
        "missed": Floor("≤", 2.5),
        **_contact("toe_off", 5.0),
        **_contact("contact", 10.0),
        **_limits("swing", 0.3, 1.6),
        **_limits("stance", 0.3, 1.6),
        **_limits("step", 1.3, 2.5),
        "stairs": Floor("≤", 2.0),
        "exchanged": Floor("≤", 0.0),
    },
    "gaitmap": {
        "strides_left": Floor("≥", 100.0),
        "strides_right": Floor("≥", 100.0),
        "borders": Floor("≥", 98.0),
        "stance_all.left_minus_right": Floor("±", 2.0),
        "stairs": Floor("≤", 2.0),
        "stair_sides": Floor("≤", 1.0),
        "stair_flagged": Floor("≥", 50.0),
        "stair_wrong": Floor("≤", 0.0),
        "exchanged": Floor("≤", 0.0),
    },
    "moticon": {
        "missed": Floor("≤", 0.0),
        "stance.worst_mean": Floor("≤", 10.0),
    },
    "gaitpdb": {"level_told": Floor("≥", 100.0)},
    "loads": {"both_sides": Floor("≥", 100.0), "rate_doubted": Floor("≤", 0.0)},
}

_OF_GROUP: dict[tuple[SetName, str], dict[str, Floor]] = {
    ("ipol-265", "Healthy"): {"motion.mae": Floor("≤", 2.0)},
    ("ipol-265", "XSens nodes"): {
        "heel_rise.f1_100": Floor("≥", 0.93, by_person=True),
        "foot_flat.f1_100": Floor("≥", 0.975, by_person=True),
    },
}


def floor_of(of: SetName, label: str, row: str) -> Floor | None:
    """The floor of a row: of the whole set for ``label`` "", else of that group."""
    return FLOORS[of].get(row) if not label else _OF_GROUP.get((of, label), {}).get(row)
