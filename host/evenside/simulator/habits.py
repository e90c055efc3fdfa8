"""What a simulated person always does on one side, as chances, and people who differ in that and in their build."""

from __future__ import annotations

from dataclasses import dataclass

from evenside.simulator.asymmetry import within
from evenside.simulator.build import Build
from evenside.simulator.chance import generator

__all__ = ["Habits", "Person", "habits_of", "person_of"]


@dataclass(frozen=True, slots=True)
class Habits:
    """Chances of the right side, each from 0 to 1: of the bag, the leading leg on stairs, the leg on top when legs are
    crossed, the side slept on, the leg stood on, and the arm that does the work. Without any habit all are 0.5.

    ``rucksack`` and ``hand``: chances that a bag is carried on both shoulders, or in a hand. ``crossing`` and
    ``hunching``: how often one sits so. ``step_to``: how often a flight is taken one step at a time. ``heels_cm``: of
    the shoes worn out of doors.
    """

    carry_right: float = 0.5
    lead_right: float = 0.5
    cross_right: float = 0.5
    sleep_right: float = 0.5
    stand_right: float = 0.5
    work_right: float = 0.5
    rucksack: float = 0.15
    hand: float = 0.25
    crossing: float = 0.35
    hunching: float = 0.3
    step_to: float = 0.0
    heels_cm: float = 0.0

    def __post_init__(self) -> None:
        for name in ("carry_right", "lead_right", "cross_right", "sleep_right", "stand_right", "work_right"):
            within(name, getattr(self, name), 0.0, 1.0)
        for name in ("rucksack", "hand", "crossing", "hunching", "step_to"):
            within(name, getattr(self, name), 0.0, 1.0)
        within("rucksack and hand together", self.rucksack + self.hand, 0.0, 1.0)
        within("heels_cm", self.heels_cm, 0.0, 10.0)


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is on every day."""

    weight_n: float
    speed_m_s: float
    stride_s: float
    build: Build


def habits_of(seed: int) -> Habits:
    """Of one person: of each kind most have a side, some of them strongly, and some have none."""
    chance = generator(seed, "habits")
    carry, lead, cross, sleep, stand, work = (round(float(side), 2) for side in chance.beta(0.5, 0.5, 6))
    return Habits(
        carry_right=carry,
        lead_right=lead,
        cross_right=cross,
        sleep_right=sleep,
        stand_right=stand,
        work_right=work,
        rucksack=float(chance.choice([0.0, 0.1, 0.3])),
        hand=float(chance.choice([0.0, 0.2, 0.4])),
        crossing=float(chance.uniform(0.2, 0.5)),
        hunching=float(chance.uniform(0.1, 0.5)),
        step_to=float(chance.choice([0.0, 0.0, 0.0, 0.15])),
        heels_cm=float(chance.choice([0.0, 0.0, 3.0, 5.0, 7.0])),
    )


def person_of(seed: int) -> Person:
    """Of ordinary height, weight and gait."""
    chance = generator(seed, "person")
    height_m = float(min(max(chance.normal(1.71, 0.09), 1.5), 1.95))
    leg = (height_m / 1.71) ** 0.5
    seat_deg = float(chance.normal(87.0, 2.0))
    uneven_deg = float(chance.normal(0.0, 1.0))
    swing = float(chance.normal(0.0, 0.08))
    return Person(
        weight_n=float(min(max(chance.normal(23.5, 3.0), 19.0), 32.0)) * height_m**2 * 9.81,
        speed_m_s=float(min(max(chance.normal(1.28, 0.10), 1.05), 1.5)) * leg,
        stride_s=float(min(max(chance.normal(1.08, 0.04), 0.98), 1.2)) * leg,
        build=Build(
            height_m=height_m,
            lean_deg=float(min(max(chance.normal(0.0, 1.0), -2.0), 2.0)),
            stoop_deg=float(chance.uniform(0.0, 5.0)),
            yield_deg=float(chance.uniform(20.0, 40.0)),
            hip_deg=float(chance.uniform(21.0, 29.0)),
            seat_deg=(min(max(seat_deg + uneven_deg, 80.0), 95.0), min(max(seat_deg - uneven_deg, 80.0), 95.0)),
            arm_swing=(1.0 + swing, 1.0 - swing),
            arm_scatter=float(chance.uniform(0.06, 0.16)),
            knee_over_deg=float(chance.uniform(12.0, 22.0)),
            restless=float(chance.uniform(0.6, 1.5)),
        ),
    )
