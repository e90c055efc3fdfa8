"""How a node sits on its foot, learnt from the movements themselves: the mediolateral axis, and which way is toe-up.

Most rotation of a foot is about its mediolateral axis: the axis is the main direction of the rotations of the last ten
movements or so. Its sign comes from the angle about it, from foot-flat to foot-flat: a foot pitches toe-down (60
degrees, before toe-off) much further than toe-up (20 degrees, at landing). No table of axes, left or right, is needed.

A movement that holds a gap teaches nothing. The recursions run over movements in the order of time, each number on its
own, so any cut gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.foot_turn import Rotations
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


@dataclass(frozen=True, slots=True, eq=False)
class Mounting:
    """After each movement."""

    axis: Floats  # (m, 3), unit vector of toe-up rotation in the sensor frame
    count: Ints  # (m,), movements it rests on


def learn(
    settings: FootSettings, state: MountingState, rotation: Rotations, whole: Bools
) -> tuple[MountingState, Mounting]:
    """Learn from movements (m,) in the order of time; ``whole`` marks those without a gap."""
    spread = _forgetting(settings.memory, state.spread, _products(rotation), whole)
    frames = np.zeros((len(whole), 3, 3))
    for column, (row, other) in enumerate(_PAIRS):
        frames[:, row, other] = spread[:, column]
    axes = np.asarray(np.linalg.eigh(frames)[1][:, :, -1])
    x, y, z = axes[:, 0], axes[:, 1], axes[:, 2]
    before = np.concatenate([[state.axis], axes[:-1]])
    along = x * before[:, 0] + y * before[:, 1] + z * before[:, 2]
    axes = axes * _continuous(along)[:, np.newaxis]
    lopsided = _lopsided(rotation, axes)
    toe_down = _forgetting(settings.memory, (state.toe_down,), lopsided[:, np.newaxis], whole)[:, 0]
    counts = state.count + np.cumsum(whole)
    last = axes[-1].tolist()
    after = MountingState(int(counts[-1]), tuple(spread[-1].tolist()), (last[0], last[1], last[2]), float(toe_down[-1]))
    return after, Mounting(np.where(toe_down[:, np.newaxis] > 0.0, -axes, axes), counts)


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
