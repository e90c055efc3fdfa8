"""How a node sits on its foot, learnt from the movements themselves: the mediolateral axis, and which way is toe-up.

Most rotation of a foot is about its mediolateral axis: the axis is the main direction of the rotations of the last ten
movements or so. Its sign comes from the angle about it, from foot-flat to foot-flat: a foot pitches toe-down (60
degrees, before toe-off) much further than toe-up (20 degrees, at landing). No table of axes, left or right, is needed.

Where some movements in a row show another axis, the node was turned on the foot: the mounting is learnt from them anew.

A movement that holds a gap teaches nothing. The recursions run over movements in the order of time, each number on its
own, so any cut gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.foot_turn import Rotations
from evenside_analysis.remount import Remount, RemountSettings, follow_mounting
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["Mounting", "MountingState", "learn"]

_PAIRS = ((0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2))  # the lower triangle, which eigh reads


@dataclass(frozen=True, slots=True)
class MountingState:
    """What the movements so far have taught, and how many they were."""

    count: int = 0
    spread: tuple[float, ...] = (0.0,) * len(_PAIRS)  # rad², forgetting sum of the products of rotations
    axis: tuple[float, float, float] = (0.0, 0.0, 0.0)  # unit vector, of either sign, but continuous
    toe_down: float = 0.0  # rad, forgetting sum of the extreme angles about it: above 0, it points toe-down
    moved: Remount = field(default_factory=Remount)


@dataclass(frozen=True, slots=True, eq=False)
class Mounting:
    """After each movement."""

    axis: Floats  # (m, 3), unit vector of toe-up rotation in the sensor frame
    count: Ints  # (m,), movements it rests on


def learn(
    settings: FootSettings, state: MountingState, rotation: Rotations, whole: Bools, turn: Floats
) -> tuple[MountingState, Mounting]:
    """Learn from movements (m,) in the order of time.

    Args:
        whole: which of them are without a gap.
        turn: rad, by how much each changed the heading of the foot.
    """
    products = _products(rotation)
    found, first = list[Mounting](), 0
    while True:
        rest = slice(first, None)
        after, mounting, own = _learnt(settings, state, products[rest], rotation.part(rest), whole[rest])
        steady = whole[rest] & (turn[rest] < np.radians(settings.turn_deg))
        moved, at = _moved(settings, state, mounting, products[rest], own, steady)
        if at is None:
            return replace(after, moved=moved), _joined([*found, mounting])
        # Up to the one before, all stays as it was; the mounting of this one is that of the last few alone.
        state, axis = _anew(settings, state.count + int(np.count_nonzero(whole[first : first + at + 1])), moved)
        found += [Mounting(mounting.axis[:at], mounting.count[:at]), Mounting(axis, np.array([state.count]))]
        first += at + 1
        if first == whole.size:
            return state, _joined(found)


def _joined(found: list[Mounting]) -> Mounting:
    if len(found) == 1:
        return found[0]
    return Mounting(np.concatenate([one.axis for one in found]), np.concatenate([one.count for one in found]))


def _learnt(
    settings: FootSettings, state: MountingState, products: Floats, rotation: Rotations, whole: Bools
) -> tuple[MountingState, Mounting, Floats]:
    """What the movements teach; and of each (m, 3) its own axis, as long as it is lopsided (rad), toe-up positive."""
    spread = _forgetting(settings.memory, state.spread, products, whole)
    axes = _main_axes(spread)
    before = np.concatenate([[state.axis], axes[:-1]])
    axes = axes * _continuous(_cosine(axes, before))[:, np.newaxis]
    lopsided = _lopsided(rotation, axes)
    toe_down = _forgetting(settings.memory, (state.toe_down,), lopsided[:, np.newaxis], whole)[:, 0]
    own = _main_axes(products)
    along = _cosine(own, axes)
    size = np.where(along < 0.0, lopsided, -lopsided)
    far = np.flatnonzero(np.abs(along) < np.cos(np.radians(settings.moved_deg)))
    if far.size:
        size[far] = -_lopsided(rotation.part(far), own[far])
    counts = state.count + np.cumsum(whole)
    last = axes[-1].tolist()
    after = MountingState(int(counts[-1]), tuple(spread[-1].tolist()), (last[0], last[1], last[2]), float(toe_down[-1]))
    mounting = Mounting(np.where(toe_down[:, np.newaxis] > 0.0, -axes, axes), counts)
    return after, mounting, own * size[:, np.newaxis]


def _moved(
    settings: FootSettings, state: MountingState, mounting: Mounting, products: Floats, own: Floats, steady: Bools
) -> tuple[Remount, int | None]:
    """The run of movements whose toes go up about another axis than that of the movements before them."""
    size = np.sqrt(_cosine(own, own))
    clear = steady & (size > settings.moved_lopsided_rad)
    shown = own / np.where(size > 0.0, size, 1.0)[:, np.newaxis]
    sign = -1.0 if state.toe_down > 0.0 else 1.0
    known = np.concatenate([[[sign * part for part in state.axis]], mounting.axis[:-1]])
    sure = np.concatenate([[state.count], mounting.count[:-1]]) >= settings.moved_after
    known = np.where(sure[:, np.newaxis], known, np.nan)
    rows = np.concatenate([products, own], axis=1)
    return follow_mounting(RemountSettings((settings.moved_deg,)), state.moved, known, shown, rows, clear)


def _anew(settings: FootSettings, count: int, moved: Remount) -> tuple[MountingState, Floats]:
    """The mounting learnt from the movements of a run alone, and its axis (1, 3) of toe-up rotation."""
    rows = np.array(moved.rows)
    every = np.ones(len(rows), np.bool_)
    pairs = len(_PAIRS)
    spread = _forgetting(settings.memory, (0.0,) * pairs, rows[:, :pairs], every)[-1:]
    axis = _main_axes(spread)
    toe_up = _forgetting(settings.memory, (0.0,), _cosine(rows[:, pairs:], axis)[:, np.newaxis], every)[-1, 0]
    axis = -axis if toe_up < 0.0 else axis
    x, y, z = axis[0].tolist()
    return MountingState(count, tuple(spread[0].tolist()), (x, y, z), -abs(float(toe_up))), axis


def _main_axes(six: Floats) -> Floats:
    """(m, 3) main axes of symmetric matrices (m, 6) in the order of _PAIRS, of either sign."""
    frames = np.zeros((len(six), 3, 3))
    for column, (row, other) in enumerate(_PAIRS):
        frames[:, row, other] = six[:, column]
    return np.asarray(np.linalg.eigh(frames)[1][:, :, -1])


def _cosine(one: Floats, other: Floats) -> Floats:
    """(m,) of axes (m, 3)."""
    return np.asarray(one[:, 0] * other[:, 0] + one[:, 1] * other[:, 1] + one[:, 2] * other[:, 2])


def _continuous(along: Floats) -> Floats:
    """Signs of axes, which eigh leaves open: each points with the one before it; ``along`` holds their cosines."""
    signs, sign = [], 1.0
    for cosine in along.tolist():
        sign = sign if cosine > 0.0 else -sign if cosine < 0.0 else 1.0
        signs.append(sign)
    return np.array(signs)


def _products(rotation: Rotations) -> Floats:
    """(m, 6); a cumulative sum, because zeros behind a movement then change no bit."""
    v = rotation.vectors
    return np.stack([np.cumsum(v[row] * v[other], axis=1)[:, -1] for row, other in _PAIRS], axis=1)


def _lopsided(rotation: Rotations, axis: Floats) -> Floats:
    """Largest plus smallest angle (rad) about each movement's axis, both ends taken as flat."""
    x, y, z = rotation.vectors
    angle = np.cumsum(x * axis[:, :1] + y * axis[:, 1:2] + z * axis[:, 2:], axis=1)
    steps = np.maximum(rotation.inside.sum(axis=1) - 1, 1)
    # What bias and turn leave at the end is taken off in proportion.
    drift = (angle[:, -1] / steps)[:, np.newaxis] * np.arange(angle.shape[1])
    level = angle - drift
    high = np.where(rotation.inside, level, -np.inf).max(axis=1)
    low = np.where(rotation.inside, level, np.inf).min(axis=1)
    some = rotation.inside.any(axis=1)
    return np.asarray(np.where(some, high, 0.0) + np.where(some, low, 0.0))


def _forgetting(memory: float, start: tuple[float, ...], new: Floats, whole: Bools) -> Floats:
    """``state = memory * state + new`` movement by movement, unchanged where one is not whole: (m, k)."""
    out, state = [], list(start)
    for values, counts in zip(new.tolist(), whole.tolist(), strict=True):
        if counts:
            state = [memory * old + value for old, value in zip(state, values, strict=True)]
        out.append(state)
    return np.array(out)
