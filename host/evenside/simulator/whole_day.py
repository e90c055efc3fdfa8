"""A whole day of somebody, as a script: night, commute with a bag, desk, lunch, training, housework, evening.

It has every habit that can be told from sensors, in everyday context, and what is easily taken for one: a lift, an
escalator, a hand on the rail, a phone in the hand, a rucksack on both shoulders, a bicycle, shoes tied, a chair that
tips back. The seed makes the day; the habits, and who it is, make what comes more often in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from evenside.simulator.arms import Arms, ArmUse
from evenside.simulator.asymmetry import EVEN, Asymmetry
from evenside.simulator.chance import generator
from evenside.simulator.day_parts import NO_BAG, Day, bag, flights, sat, slept, stood, walked
from evenside.simulator.everyday import Chore, Cycle, Escalator, Gym, Lift, Wear, Worn
from evenside.simulator.habits import Habits, Person, habits_of, person_of
from evenside.simulator.script import Script, Segment, Sit, Stand
from evenside.simulator.wearer import Wearer

__all__ = ["day_wearer", "whole_day"]

OFF_AT_NIGHT: tuple[Worn, ...] = ("foot", "insole", "strap")


def day_wearer(
    seed: int,
    habits: Habits | None = None,
    *,
    who: int | None = None,
    asymmetry: Asymmetry = EVEN,
    pace: float = 1.0,
) -> Wearer:
    """A day of one person; what is not given is drawn: the person and their habits from ``who``, the day from the seed.

    Days of one person have the same ``who`` and another seed; where it is not given it is the seed. ``pace`` shortens
    what is long: at 1 the day has about 17 hours, five of them asleep, at 0.2 some four.
    """
    of = seed if who is None else who
    person = person_of(of)
    script = whole_day(seed, habits_of(of) if habits is None else habits, person, asymmetry, pace)
    return Wearer(script, seed, weight_n=person.weight_n, build=person.build)


def whole_day(seed: int, habits: Habits, person: Person, asymmetry: Asymmetry = EVEN, pace: float = 1.0) -> Script:
    """The script of that day, from lying down to going to bed. Raises ValueError for a pace outside 0.05 to 2."""
    if not 0.05 <= pace <= 2.0:
        raise ValueError(f"pace {pace} must lie in 0.05 to 2")
    day = Day(person, habits, asymmetry, generator(seed, "day"))
    parts = (_before_bed, _night, _morning, _commute, _desk, _lunch, _desk, _home, _housework, _training, _evening)
    return tuple(segment for part in parts for segment in part(day, pace))


def _before_bed(day: Day, pace: float) -> Iterator[Segment]:
    """The end of the day before: the bed is made, and the house walked through."""
    yield Sit(20.0, fidget=1.0)
    yield from walked(day, 60.0)
    yield Chore(60.0, "wipe", day.side(day.habits.work_right), 0.6, day.between(40.0, 60.0))
    yield from flights(day, 1, True)
    yield from _tied(day)
    yield from sat(day, 600.0 * pace + 60.0, "free", day.between(5.0, 20.0))
    yield from walked(day, 15.0)


def _night(day: Day, pace: float) -> Iterator[Segment]:
    yield Sit(30.0, fidget=1.0)
    yield Wear(30.0, OFF_AT_NIGHT)
    yield from slept(day, 18_000.0 * pace, 2100.0 * pace)
    yield Sit(40.0, fidget=1.0)


def _morning(day: Day, pace: float) -> Iterator[Segment]:
    yield Wear(60.0)
    yield from walked(day, 20.0)
    yield Chore(100.0, "wipe", day.side(day.habits.work_right), 0.8, day.between(10.0, 30.0))
    yield from walked(day, 15.0)
    yield from _making(day, 240.0 * pace)
    yield from sat(day, 900.0 * pace)
    yield Wear(40.0, shoes_cm=day.habits.heels_cm)
    yield from _tied(day)


def _commute(day: Day, pace: float) -> Iterator[Segment]:
    load = bag(day)
    yield from flights(day, 2, False, load)
    yield from walked(day, 420.0 * pace, load)
    yield from stood(day, 200.0 * pace, load)
    yield from walked(day, 20.0, load)
    yield Escalator(22.0, day.between(4.0, 6.0), day.side(0.5))
    yield from sat(day, 1200.0 * pace, "phone" if day.happens(0.5) else "free")
    yield from flights(day, 1, True, load)
    yield from walked(day, 300.0 * pace, load, _on_the_phone(day))
    yield from flights(day, 2, True, load)


def _desk(day: Day, pace: float) -> Iterator[Segment]:
    for _ in range(2):
        yield from sat(day, 4200.0 * pace, "desk")
        yield from walked(day, 30.0)
        yield from stood(day, 240.0 * pace)
        if day.happens(0.5):
            yield Stand(8.0, stoop="floor")
        yield from walked(day, 30.0, NO_BAG, _on_the_phone(day))
        yield from sat(day, 1200.0 * pace, "free", day.between(12.0, 25.0))
        yield from walked(day, 20.0)


def _lunch(day: Day, pace: float) -> Iterator[Segment]:
    yield from flights(day, 2, False)
    yield from walked(day, 500.0 * pace)
    yield from stood(day, 300.0 * pace)
    yield from sat(day, 1500.0 * pace)
    yield from walked(day, 400.0 * pace, NO_BAG, _pocketed(day))
    yield Lift(20.0, 9.0)
    yield from walked(day, 20.0)


def _home(day: Day, pace: float) -> Iterator[Segment]:
    load = bag(day)
    yield from flights(day, 3, False, load)
    if day.happens(0.4):
        yield Cycle(900.0 * pace + 60.0, day.between(60.0, 85.0), day.between(15.0, 40.0))
    else:
        yield from walked(day, 900.0 * pace, load)
    yield from _tied(day)
    groceries = bag(day)
    yield from stood(day, 200.0 * pace)
    yield from walked(day, 500.0 * pace, groceries)
    yield from stood(day, 60.0, groceries)
    yield from flights(day, 3, True, groceries)
    yield Wear(40.0)


def _housework(day: Day, pace: float) -> Iterator[Segment]:
    yield from _making(day, 900.0 * pace)
    yield from walked(day, 40.0)
    busy, bent_deg = day.between(0.5, 0.9), day.between(25.0, 50.0)
    yield Chore(600.0 * pace + 40.0, "wipe", day.side(day.habits.work_right), busy, bent_deg)
    for _ in range(3):
        yield from walked(day, 15.0)
        yield Stand(9.0, stoop="floor")
    yield from walked(day, 15.0)
    yield Chore(200.0 * pace + 40.0, "hammer", day.side(day.habits.work_right), day.between(0.4, 0.7))
    yield from sat(day, 1500.0 * pace)


def _training(day: Day, pace: float) -> Iterator[Segment]:
    """Sets of curls: of the one arm, of the other, and of both; whoever favours an arm does more with it."""
    yield Wear(40.0)
    yield from walked(day, 300.0 * pace)
    favoured = day.side(day.habits.work_right)
    uneven = 1.0 + abs(2.0 * day.habits.work_right - 1.0)
    for _ in range(3):
        for side in (favoured, "left" if favoured == "right" else "right"):
            repetitions = round(int(day.chance.integers(8, 13)) * (uneven if side == favoured else 1.0))
            repetition_s = day.between(2.2, 3.2)
            yield Gym(repetitions * repetition_s + 12.0, side, repetitions, repetition_s)
        both = int(day.chance.integers(8, 13))
        yield Gym(both * 3.0 + 12.0, "both", both, 3.0)
    yield from walked(day, 60.0)


def _evening(day: Day, pace: float) -> Iterator[Segment]:
    yield from sat(day, 5400.0 * pace, "free", day.between(5.0, 20.0))
    yield from flights(day, 1, True)
    yield from stood(day, 60.0)
    yield from flights(day, 1, False)
    yield from sat(day, 3000.0 * pace, "phone", day.between(10.0, 25.0))
    yield from walked(day, 20.0)
    yield Wear(30.0, OFF_AT_NIGHT)


def _making(day: Day, span_s: float) -> Iterator[Segment]:
    yield Chore(span_s + 40.0, "stir", day.side(day.habits.work_right), day.between(0.4, 0.8))
    yield from walked(day, 15.0)


def _tied(day: Day) -> Iterator[Segment]:
    yield Stand(10.0, stoop="left_shoe")
    yield Stand(10.0, stoop="right_shoe")


def _on_the_phone(day: Day) -> Arms:
    return _one_arm(day, "phone", 0.5)


def _pocketed(day: Day) -> Arms:
    return _one_arm(day, "pocket", 0.5)


def _one_arm(day: Day, use: ArmUse, chance: float) -> Arms:
    """An arm that does not swing though nothing hangs from it, at times."""
    if not day.happens(chance):
        return Arms()
    return Arms(use) if day.side(0.5) == "left" else Arms("free", use)
