"""Which side a bag is on, where no load cell tells: by how the trunk leans, or how the arms swing, while walking.

*Trunk and pelvis*: a load on one side is walked with by leaning to the other one; of both together, against this
wearer's own posture (frontal lean was the strongest predictor in Lim & D'Souza 2019, Appl Ergon 76:1-11). *Wrists*: the
arm that holds a bag, or whose shoulder does, swings less than the other one and hangs; an arm that is bent holds a
phone or a rail, or is in a pocket, and its side is unknown. A rucksack on both shoulders changes neither, and nothing
is told of it; nor of who stands still.

Of the last walking seconds the means are judged. What is usual (the posture, the ratio of the swings, how an arm hangs)
is learned from the first walk after the sensors were put on, which is taken for one without a bag, and then from
seconds that lie near it, so a bag does not become usual.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

__all__ = ["ARM_SWING", "BODY_LEAN", "Carried", "CarrySettings", "CarryTrack", "arms_carry", "trunk_carries"]


@dataclass(frozen=True, slots=True)
class CarrySettings:
    """``window``: walking seconds that are averaged; a pause of more than ``pause_s`` begins them anew. ``over``: that
    far from usual one side carries. ``usual``: nearer than this teaches what is usual, over ``memory`` seconds.
    ``also``: the least of the second measure, on the same side.
    """

    window: int
    over: float
    usual: float
    also: float = 0.0
    pause_s: int = 3
    memory: float = 300.0
    known: int = 25  # seconds that make it known
    alike: int = 0  # so many seconds of no difference come before the first one


BODY_LEAN = CarrySettings(20, 1.1, 0.8, 0.2)  # degrees
ARM_SWING = CarrySettings(20, 0.3, 0.25, alike=50)  # natural logarithm of the ratio of both swings
HANGING = 0.97  # cosine of how far an arm may hang from how it usually does

_NOWHERE, _LEFT, _RIGHT, _UNKNOWN = -1, 0, 1, 3


@dataclass(frozen=True, slots=True)
class CarryTrack:
    """The last walking seconds, and means of what is usual, of each measure; ``count``: seconds that taught it."""

    last: int = -(1 << 62)
    rows: tuple[tuple[float, ...], ...] = ()
    usual: tuple[float, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class Carried:
    """Of one second: the place of its side in left, right, both, unknown (-1: none), and how far from usual."""

    side: int
    away: float


def trunk_carries(
    settings: CarrySettings, track: CarryTrack, second: int, up: tuple[float, ...], left: tuple[float, ...]
) -> tuple[CarryTrack, Carried]:
    """Add a walking second with up as trunk and pelvis feel it (3 and 3), and left of both (NaN where not known yet).

    What is usual is learned from the first walk on, before left is known.
    """
    track, means = _walked(settings, track, second, up)
    if math.isnan(left[0] + left[3]):
        return _taught(settings, track, up, near=False), Carried(_NOWHERE, 0.0)
    away, also = (_tilted(means[at : at + 3], track.usual[at : at + 3], left[at : at + 3]) for at in (0, 3))
    ready = _ready(settings, track)
    track = _taught(settings, track, up, near=ready and abs(away) < settings.usual)
    one_sided = abs(away) >= settings.over and away * also > 0.0 and abs(also) >= settings.also
    if not (ready and one_sided):
        return track, Carried(_NOWHERE, away)
    return track, Carried(_LEFT if away > 0.0 else _RIGHT, away)


def arms_carry(
    settings: CarrySettings, track: CarryTrack, second: int, measures: tuple[float, ...]
) -> tuple[CarryTrack, Carried]:
    """Add a walking second: ln of right over left swing, and the direction of each forearm (3 and 3)."""
    track, means = _walked(settings, track, second, measures)
    away, ready = means[0] - track.usual[0], _ready(settings, track)
    usual = track.usual
    track = _taught(settings, track, measures, near=ready and abs(away) < settings.usual)
    if not ready or abs(away) < settings.over:
        return track, Carried(_NOWHERE, away)
    side = _RIGHT if away < 0.0 else _LEFT
    hangs = _cosine(means[1 + 3 * side : 4 + 3 * side], usual[1 + 3 * side : 4 + 3 * side]) > HANGING
    return track, Carried(side if hangs else _UNKNOWN, abs(away))


def _walked(
    settings: CarrySettings, track: CarryTrack, second: int, row: tuple[float, ...]
) -> tuple[CarryTrack, tuple[float, ...]]:
    """With one more second; and the means of the last ones."""
    rows = track.rows if second - track.last <= settings.pause_s else ()
    rows = (*rows, row)[-settings.window :]
    means = tuple(sum(column) / len(rows) for column in zip(*rows, strict=True))
    return replace(
        track, last=second, rows=rows, usual=track.usual or ((0.0, *row[1:]) if settings.alike else row)
    ), means


def _taught(settings: CarrySettings, track: CarryTrack, row: tuple[float, ...], *, near: bool) -> CarryTrack:
    """The first seconds teach what is usual, and then those that are near it."""
    learning = track.count < settings.known
    if not (learning or near):
        return track
    pull = 1.0 / (track.count + settings.alike + 1.0) if learning else 1.0 / settings.memory
    usual = tuple(old + pull * (new - old) for old, new in zip(track.usual, row, strict=True))
    return replace(track, usual=usual, count=track.count + 1)


def _tilted(one: tuple[float, ...], usual: tuple[float, ...], left: tuple[float, ...]) -> float:
    """By how much the segment leans further to the right, in degrees."""
    return math.degrees(math.asin(_along(one, left)) - math.asin(_along(usual, left)))


def _along(one: tuple[float, ...], axis: tuple[float, ...]) -> float:
    size = math.sqrt(sum(a * a for a in one))
    return min(max(sum(a * b for a, b in zip(one, axis, strict=True)) / max(size, 1e-9), -1.0), 1.0)


def _ready(settings: CarrySettings, track: CarryTrack) -> bool:
    return track.count >= settings.known and len(track.rows) >= settings.window // 2


def _cosine(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    size = sum(a * a for a in one) * sum(b * b for b in other)
    return float(sum(a * b for a, b in zip(one, other, strict=True)) / max(size, 1e-12) ** 0.5)
