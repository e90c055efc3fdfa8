"""What a wearer really did, in the words in which detectors tell it: when, on which side, and with what values.

Read from the script alone. A span is that of its segments: it begins with the move into it and ends before the move out
of it, so what a sensor can see of it begins up to four seconds later. What is taken off or put on changes half way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

from evenside.simulator.body_pose import ONE_LEG_AI, seated
from evenside.simulator.body_work import strokes
from evenside.simulator.everyday import Worn
from evenside.simulator.script import Chore, Gym, Lie, Segment, Sit, Stairs, Stand, Wear
from evenside.simulator.targets import strap_n
from evenside.simulator.wearer import Wearer
from evenside_analysis.habit_types import HabitKind, HabitSide

__all__ = ["HabitTruth", "arm_seconds", "habit_truth"]

Told = tuple[str, HabitSide, tuple[tuple[str, float], ...]]
"""Place, side and values; neighbouring segments of which the same is told are one span."""


@dataclass(frozen=True, slots=True)
class HabitTruth:
    """From ``start_s`` to ``end_s`` of the session. ``values``, by kind:

    *carrying*: ``load_n``, ``on_strap`` (1 on the shoulders, 0 in a hand). *stairs*: ``up``, ``step_to``, ``riser_m``;
    the side leads. *standing*: ``share_right`` of the weight; the side is the leg stood on. *crossing*:
    ``figure_four``; the side is on top. *sleeping*: ``angle_deg`` of the trunk from lying on the back, to the left.
    *hunching*: ``angle_deg`` of the upper back against the pelvis. *heel*: ``height_m``. *arm_use*: ``repetitions``, a
    span for each run of them. *worn*: its ``place`` is the site, for all others that from which it can be told best.
    """

    kind: HabitKind
    place: str
    start_s: float
    end_s: float
    side: HabitSide
    values: tuple[tuple[str, float], ...] = ()

    def value(self, name: str) -> float:
        """Raises KeyError for a value that this kind has not."""
        return dict(self.values)[name]


def habit_truth(wearer: Wearer) -> tuple[HabitTruth, ...]:
    """Everything, by the time at which it begins. Of a repeated script: of its first round."""
    tellers: dict[HabitKind, Callable[[int, Segment], Told | None]] = {
        "carrying": _carrying,
        "stairs": _stairs,
        "standing": _standing,
        "crossing": _crossing,
        "sitting": _sitting,
        "sleeping": _sleeping,
        "hunching": _hunching,
        "heel": _heel(wearer),
    }
    found = [truth for kind, tell in tellers.items() for truth in _spans(wearer, kind, tell)]
    found += _arm_use(wearer)
    for site in get_args(Worn):
        found += _spans(wearer, "worn", _worn_at(wearer, site))
    return tuple(sorted(found, key=lambda truth: (truth.start_s, truth.kind, truth.place)))


def arm_seconds(wearer: Wearer) -> tuple[float, float]:
    """For how long each arm, left and right, hammered, stirred, wiped or curled."""
    seconds = [0.0, 0.0]
    for truth in _arm_use(wearer):
        for side, name in enumerate(("left", "right")):
            if truth.side in (name, "both"):
                seconds[side] += truth.end_s - truth.start_s
    return seconds[0], seconds[1]


def _spans(wearer: Wearer, kind: HabitKind, tell: Callable[[int, Segment], Told | None]) -> Iterator[HabitTruth]:
    begun_s = 0.0
    present: Told | None = None
    for number in range(len(wearer.script) + 1):
        segment = wearer.script[number] if number < len(wearer.script) else None
        told = tell(number, segment) if segment is not None else None
        # A flight ends where the next one begins.
        if told != present or (kind == "stairs" and isinstance(segment, Stairs)):
            at_s = wearer.start_of(number)
            if kind in ("worn", "heel") and isinstance(segment, Wear):
                at_s = 0.5 * (at_s + wearer.start_of(number + 1))
            if present is not None:
                yield HabitTruth(kind, present[0], begun_s, at_s, present[1], present[2])
            begun_s, present = at_s, told


def _carrying(_: int, segment: Segment) -> Told | None:
    if segment.bag_n == 0.0:
        return None
    hand = segment.arms.hand
    if hand is not None:
        return "wrist", "right" if hand else "left", (("load_n", segment.bag_n), ("on_strap", 0.0))
    left_n, right_n = strap_n(segment)
    share = right_n / (left_n + right_n)
    side: HabitSide = "right" if share > 0.75 else "left" if share < 0.25 else "both"
    return "strap", side, (("load_n", segment.bag_n), ("on_strap", 1.0))


def _stairs(_: int, segment: Segment) -> Told | None:
    if not isinstance(segment, Stairs):
        return None
    values = (("up", float(segment.up)), ("step_to", float(segment.step_to)), ("riser_m", segment.riser_m))
    return "foot", segment.lead, values


def _standing(_: int, segment: Segment) -> Told | None:
    share_ai = segment.asymmetry.load_share or 0.0
    if not isinstance(segment, Stand) or abs(share_ai) < ONE_LEG_AI:
        return None
    return "insole", "right" if share_ai > 0.0 else "left", (("share_right", 0.5 + share_ai / 200.0),)


def _crossing(_: int, segment: Segment) -> Told | None:
    if not isinstance(segment, Sit) or not segment.crossed:
        return None
    return "thigh", segment.crossed, (("figure_four", float(segment.figure_four)),)


def _sitting(_: int, segment: Segment) -> Told | None:
    return ("thigh", "none", ()) if seated(segment) else None


def _sleeping(_: int, segment: Segment) -> Told | None:
    if not isinstance(segment, Lie):
        return None
    side: HabitSide = segment.on if segment.on in ("left", "right") else "none"
    lying_deg = {"back": 0.0, "left": 90.0, "front": 180.0, "right": -90.0}[segment.on]
    return "sternum", side, (("angle_deg", lying_deg),)


def _hunching(_: int, segment: Segment) -> Told | None:
    if not isinstance(segment, Sit) or segment.hunched_deg == 0.0:
        return None
    return "upper_back", "none", (("angle_deg", segment.hunched_deg),)


def _heel(wearer: Wearer) -> Callable[[int, Segment], Told | None]:
    def tell(number: int, _: Segment) -> Told | None:
        wear = wearer.wear_before(number + 1)
        if wear is None or wear.shoes_cm == 0.0 or "foot" in wear.off:
            return None
        return "foot", "both", (("height_m", wear.shoes_cm / 100.0),)

    return tell


def _worn_at(wearer: Wearer, site: Worn) -> Callable[[int, Segment], Told | None]:
    def tell(number: int, _: Segment) -> Told | None:
        wear = wearer.wear_before(number + 1)
        return None if wear is not None and site in wear.off else (site, "both", ())

    return tell


def _arm_use(wearer: Wearer) -> Iterator[HabitTruth]:
    for number, segment in enumerate(wearer.script):
        if isinstance(segment, Chore | Gym):
            for run in strokes(wearer, number):
                values = (("repetitions", float(run.count)),)
                yield HabitTruth("arm_use", "wrist", run.start_s, run.end_s, segment.side, values)
