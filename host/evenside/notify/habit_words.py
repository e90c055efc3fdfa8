"""Habits in words: what goes on or is usual, and one plain thing to do about it. Never what it means for the body.

What may be said is bounded: a habit is a habit, nobody knows whether it harms or whether evenness is better. So there
is no cause, no judgement and no promise here, and pain is left to those who can look at it.
"""

from __future__ import annotations

from evenside_analysis.habit_types import HabitKind, HabitSide
from evenside_analysis.nudge import Nudge
from evenside_analysis.proportion import Proportion, share_of_label

__all__ = ["IF_PAIN", "habit_words", "minutes_words", "nudge_words", "suggestion"]

IF_PAIN = "see a physiotherapist or a certified trainer if there is pain"

_OTHER: dict[HabitSide, str] = {"left": "right", "right": "left"}
_GOING_ON: dict[HabitKind, tuple[str, str]] = {  # with a side, and without one
    "carrying": ("the bag has been on the {side} side", "a bag has been carried"),
    "stairs": ("stairs have been led by the {side} leg", "stairs have been walked"),
    "standing": ("the weight has been on the {side} leg", "there has been standing"),
    "crossing": ("the {side} leg has been crossed over the other", "the legs have been crossed"),
    "sitting": ("there has been sitting, leaning to the {side},", "there has been sitting"),
    "sleeping": ("there has been lying on the {side} side", "there has been lying"),
    "hunching": ("the back has been bent to the {side}", "the back has been bent forward"),
    "heel": ("the {side} heel has been raised", "the heels have been raised"),
    "arm_use": ("the {side} arm has been at work", "the arms have been at work"),
    "worn": ("the {side} sensor has been worn", "the sensors have been worn"),
}
_USUAL: dict[HabitKind, str] = {
    "carrying": "the bag is mostly on the {side} side",
    "stairs": "stairs are mostly started with the {side} leg",
    "standing": "standing is mostly on the {side} leg",
    "crossing": "it is mostly the {side} leg that is crossed over the other",
    "sitting": "sitting mostly leans to the {side}",
    "sleeping": "sleep is mostly on the {side} side",
    "hunching": "the back is mostly bent to the {side}",
    "heel": "it is mostly the {side} heel that is raised",
    "arm_use": "it is mostly the {side} arm that works",
    "worn": "it is mostly the {side} sensor that is worn",
}
_TRY: dict[HabitKind, tuple[str, str]] = {  # with the other side, and without one
    "carrying": ("put the bag on the {other} shoulder", "put the bag down for a while"),
    "stairs": ("start the next stairs with the {other} leg", "start the next stairs with the other leg"),
    "standing": ("stand on both legs, or on the {other} one", "walk a few steps"),
    "crossing": ("put both feet on the floor, or cross the {other} leg", "put both feet on the floor"),
    "sitting": ("stand up for two minutes", "stand up for two minutes"),
    "sleeping": ("try falling asleep on the {other} side", "turn to the other side"),
    "hunching": ("sit up, and look straight ahead", "sit up, and look straight ahead"),
    "heel": ("try shoes with flat heels", "try shoes with flat heels"),
    "arm_use": ("train both sides, one at a time", "train both sides, one at a time"),
    "worn": ("", ""),
}


def suggestion(kind: HabitKind, side: HabitSide) -> str:
    """One thing to do; "" where there is none."""
    with_side, without = _TRY[kind]
    other = _OTHER.get(side)
    return without if other is None else with_side.format(other=other)


def nudge_words(nudge: Nudge) -> str:
    """ "the bag has been on the left side for 30 min: put the bag on the right shoulder"."""
    with_side, without = _GOING_ON[nudge.kind]
    said = with_side.format(side=nudge.side) if nudge.side in _OTHER else without
    if not nudge.active:
        return f"{nudge.rule}: it is over, {said} until a moment ago"
    tip = suggestion(nudge.kind, nudge.side)
    return f"{nudge.rule}: {said} for {minutes_words(nudge.time_s - nudge.start_s)}" + (f": {tip}" if tip else "")


def habit_words(kind: HabitKind, found: Proportion, where: str = "") -> str:
    """What the events of some days come to, with their counts and the interval of the share."""
    counts = f"{found.left} left, {found.right} right" + (f", {found.unknown} unknown" if found.unknown else "")
    place = f" ({where})" if where else ""
    days = f"on {found.days} {'day' if found.days == 1 else 'days'}"
    if found.label == "none":
        return f"{kind}{place}: no one side more than the other can be told yet; {counts} {days}"
    share = share_of_label(found)
    lo, hi = (found.lo, found.hi) if found.label == "right" else (1.0 - found.hi, 1.0 - found.lo)
    said = _USUAL[kind].format(side=found.label)
    tip = suggestion(kind, found.label)
    text = f"{said}{place}: {100 * share:.0f} % [{100 * lo:.0f}, {100 * hi:.0f}], {counts} {days}"
    return f"{text}. To vary: {tip}" if tip else text


def minutes_words(span_s: float) -> str:
    """ "45 s", "30 min" or "2 h 5 min"."""
    if span_s < 60.0:
        return f"{span_s:.0f} s"
    minutes = int(span_s // 60.0)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
