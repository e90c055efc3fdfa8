"""Pieces of a day: a walk with its turns, flights of stairs, an hour at a desk, a night; each drawn by chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from evenside.simulator.arms import FREE_ARMS, Arms, ArmUse
from evenside.simulator.asymmetry import Asymmetry
from evenside.simulator.everyday import Lie
from evenside.simulator.habits import Habits, Person
from evenside.simulator.script import Segment, Sit, Stairs, Stand, Turn, Walk

__all__ = ["NO_BAG", "Bag", "Day", "bag", "flights", "sat", "slept", "stood", "walked"]

SideWord = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Bag:
    """What is carried on a way, and how: ``strap`` in AI points, and the ``hand`` that it hangs from, or that holds its
    strap.
    """

    weight_n: float = 0.0
    strap: float = 0.0
    hand: SideWord | None = None


NO_BAG = Bag()


@dataclass(frozen=True, slots=True)
class Day:
    """Whose day it is, and the chance of it."""

    person: Person
    habits: Habits
    asymmetry: Asymmetry
    chance: np.random.Generator

    def between(self, low: float, high: float) -> float:
        """A number between, to the thousandth."""
        return round(float(self.chance.uniform(low, high)), 3)

    def happens(self, chance: float) -> bool:
        """With that chance."""
        return float(self.chance.random()) < chance

    def side(self, right: float) -> SideWord:
        """Right with that chance, else left."""
        return "right" if self.happens(right) else "left"


def bag(day: Day) -> Bag:
    """How the bag is taken this time."""
    weight_n = day.between(35.0, 90.0)
    how = float(day.chance.random())
    if how < day.habits.rucksack:
        return Bag(weight_n)
    side = day.side(day.habits.carry_right)
    if how < day.habits.rucksack + day.habits.hand:
        return Bag(weight_n, 0.0, side)
    return Bag(weight_n, 100.0 if side == "right" else -100.0, side if day.happens(0.35) else None)


def walked(day: Day, span_s: float, load: Bag = NO_BAG, arms: Arms = FREE_ARMS) -> Iterator[Segment]:
    """Straight pieces with turns in between, for about ``span_s``."""
    left_s = span_s
    while left_s > 0.0:
        piece_s = left_s if left_s < 60.0 else min(left_s, day.between(25.0, 90.0))
        piece_s = max(piece_s, 8.0)
        yield _walk(day, piece_s, load, arms)
        left_s -= piece_s
        if left_s > 0.0:
            angle_deg = float(day.chance.choice([-180.0, -90.0, -90.0, 90.0, 90.0, 180.0]))
            turn = Turn(3.0, angle_deg, _uneven(day, load), stride_s=day.person.stride_s)
            yield replace(turn, bag_n=load.weight_n, arms=_arms(load, arms))
            left_s -= 3.0


def flights(day: Day, count: int, up: bool, load: Bag = NO_BAG) -> Iterator[Segment]:
    """Flights with landings between them, from a few steps on the level to a few steps on the level."""
    yield _walk(day, day.between(8.0, 15.0), load, FREE_ARMS)
    for _ in range(count):
        rail = day.side(0.5) if day.happens(0.25) else None
        arms = FREE_ARMS if rail is None else Arms("rail") if rail == "left" else Arms("free", "rail")
        steps = int(day.chance.integers(9, 14))
        step_to = day.happens(day.habits.step_to)
        yield Stairs(
            round(steps * day.person.stride_s / 2.0 * (2.0 if step_to else 1.0), 1),
            up,
            day.side(day.habits.lead_right),
            step_to,
            riser_m=day.between(0.15, 0.19),
            asymmetry=_uneven(day, load),
            stride_s=min(day.person.stride_s * 1.05, 1.5),
            bag_n=load.weight_n,
            arms=_arms(load, arms),
        )
        yield _walk(day, day.between(6.0, 9.0), load, FREE_ARMS)


def stood(day: Day, span_s: float, load: Bag = NO_BAG, arms: Arms = FREE_ARMS) -> Iterator[Segment]:
    """Standing about, in spells on one leg, on the other, and on both."""
    left_s = span_s
    while left_s > 0.0:
        spell_s = min(max(day.between(15.0, 60.0), 5.0), left_s) if left_s > 20.0 else max(left_s, 5.0)
        share_ai = 0.0
        if day.happens(0.65):
            share_ai = day.between(26.0, 38.0) * (1.0 if day.side(day.habits.stand_right) == "right" else -1.0)
        uneven = replace(_uneven(day, load), load_share=share_ai, peak_force=None)
        yield Stand(spell_s, uneven, bag_n=load.weight_n, arms=_arms(load, arms), fidget=1.0)
        left_s -= spell_s


def sat(day: Day, span_s: float, arms: ArmUse = "free", recline_deg: float = 0.0) -> Iterator[Segment]:
    """Sitting in one way and another, legs crossed at times, the back rounded at others."""
    left_s = span_s
    while left_s > 0.0:
        piece_s = left_s if left_s < 240.0 else min(left_s, day.between(120.0, 900.0))
        crossed = day.side(day.habits.cross_right) if day.happens(day.habits.crossing) else ""
        hunched_deg = day.between(20.0, 40.0) if recline_deg == 0.0 and day.happens(day.habits.hunching) else 0.0
        yield Sit(
            max(piece_s, 20.0),
            crossed=crossed,
            figure_four=day.happens(0.25),
            stretched=day.side(0.5) if day.happens(0.2) and not crossed else "",
            hunched_deg=hunched_deg,
            recline_deg=recline_deg + (day.between(0.0, 8.0) if hunched_deg == 0.0 else 0.0),
            arms=Arms(arms, arms),
            fidget=1.0,
        )
        left_s -= piece_s


def slept(day: Day, span_s: float, spell_s: float) -> Iterator[Segment]:
    """A night: on a side for more than half of it, in spells of this mean length (Skarpsno et al. 2017)."""
    pillow_deg = day.between(0.0, 12.0) if day.happens(0.8) else day.between(20.0, 35.0)
    left_s, last = span_s, ""
    while left_s > 0.0:
        piece_s = max(min(round(spell_s * (0.15 + 0.85 * float(day.chance.exponential()))), left_s), 60.0)
        on = last
        while on == last:
            on = str(day.chance.choice(["side", "back", "front"], p=[0.56, 0.37, 0.07]))
            on = day.side(day.habits.sleep_right) if on == "side" else on
        # A front sleeper lies flat.
        yield Lie(piece_s, _LYING[on], 0.0 if on == "front" else pillow_deg, day.between(-15.0, 15.0))
        left_s, last = left_s - piece_s, on


_LYING: dict[str, Literal["back", "left", "right", "front"]] = {
    "back": "back",
    "left": "left",
    "right": "right",
    "front": "front",
}


def _walk(day: Day, span_s: float, load: Bag, arms: Arms) -> Walk:
    return Walk(
        span_s,
        _uneven(day, load),
        min(day.person.speed_m_s * day.between(0.9, 1.1), 1.8),
        day.person.stride_s,
        day.side(0.5),
        load.weight_n,
        _arms(load, arms),
    )


def _uneven(day: Day, load: Bag) -> Asymmetry:
    return replace(day.asymmetry, strap=load.strap)


def _arms(load: Bag, arms: Arms) -> Arms:
    """What the arms do beside carrying: the hand that has the bag has no phone."""
    if load.strap:
        side: SideWord = "right" if load.strap > 0.0 else "left"
        return _using(arms, side, "strap" if load.hand else "shoulder")
    return _using(arms, load.hand, "bag") if load.hand else arms


def _using(arms: Arms, side: SideWord, use: ArmUse) -> Arms:
    return replace(arms, left=use) if side == "left" else replace(arms, right=use)
