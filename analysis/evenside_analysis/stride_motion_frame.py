"""How a node sits on its foot: the axes forward, left and up in the sensor's own axes, stride by stride.

Left is the main axis of a stride's rotations, less what lies along up; its sign is that of the largest angle, since the
heel rises further than the toes ever do, and the heel rises *about left*. Up is where gravity points from at
mid-stance. Where the sensor's maker took gravity away, up is the axis of the wearer's turns: from flat to flat a foot
turns about nothing else. Before the first turn, up is what stands at right angles to the way of a stride and to its
main axis; the sign comes from them always. Forward completes the three, so a mirrored node has no frame of its own that
would fit: every frame here is right-handed.

What is learnt forgets over some ten strides, turns more slowly. The recursions run stride by stride, each number on its
own. A sensor may sit at any angle, on either foot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.stride_motion_path import PAIRS, Paths
from evenside_analysis.stride_motion_settings import MotionSettings
from evenside_analysis.stride_motion_vectors import along, cross, dot, turning, unit
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["FrameState", "Frames", "learnt", "main_axes"]


@dataclass(frozen=True, slots=True)
class FrameState:
    """What the strides so far have taught, and how many they were."""

    count: int = 0
    up: tuple[float, ...] = (0.0,) * 3  # m/s², forgetting sum of the acceleration at mid-stance
    spread: tuple[float, ...] = (0.0,) * 6  # forgetting sum of each stride's spread of rotations, as shares
    way: tuple[float, ...] = (0.0,) * 9  # forgetting sums of the products and of the directions of the ways
    turns: tuple[float, ...] = (0.0,) * 6  # rad², forgetting sum of the products of the net rotations
    axis: tuple[float, ...] = (0.0,) * 3  # the main axis, of either sign, but continuous
    votes: float = 0.0  # forgetting sum: above 0, that axis points left


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """After each stride (m,)."""

    forward: Floats  # (3, m)
    left: Floats  # (3, m)
    up: Floats  # (3, m)
    count: Ints  # (m,), strides it rests on

    def last(self) -> Frames:
        """The last one for all."""
        last = np.full(self.count.size, self.count.size - 1)
        return Frames(self.forward[:, last], self.left[:, last], self.up[:, last], self.count)

    def unknown(self) -> Frames:
        nothing = np.full(self.up.shape, np.nan)
        return Frames(nothing, nothing, nothing, self.count)


def learnt(
    settings: MotionSettings, state: FrameState, path: Paths, rest: Floats, sound: Bools
) -> tuple[FrameState, Frames]:
    """Learn from strides (m,) in the order of time; only sound ones teach.

    Args:
        rest: (3, m) acceleration at the mid-stance before each stride.
    """
    size = np.maximum(path.turned_spread[0] + path.turned_spread[2] + path.turned_spread[5], 1e-9)
    length = np.sqrt(dot(path.way_m, path.way_m))
    way = path.way_m / np.maximum(length, settings.span_min_m)
    turn = turning(path.rotation)
    new = np.concatenate([rest, path.turned_spread / size, _products(way), way, _products(turn)])
    sums = _forgetting(_memories(settings), (*state.up, *state.spread, *state.way, *state.turns), new, sound)
    up_sum, spread_sum, way_sum, turns = sums[:3], sums[3:9], sums[9:18], sums[18:]
    axis = _continuous(state.axis, main_axes(spread_sum))
    votes = _forgetting(np.array([settings.memory]), (state.votes,), _vote(path, axis)[np.newaxis], sound)[0]
    left = np.where(votes < 0.0, -axis, axis)
    if settings.gravity:
        up = unit(up_sum)
    else:
        up = main_axes(turns - settings.ahead_weight * way_sum[:6] - settings.left_weight * spread_sum)
        up = np.where(dot(cross(way_sum[6:], left), up) < 0.0, -up, up)
    left = unit(left - dot(left, up) * up)
    count = state.count + np.cumsum(sound)
    kept = np.concatenate([sums, axis, votes[np.newaxis]])[:, -1].tolist()
    after = FrameState(
        int(count[-1]),
        tuple(kept[:3]),
        tuple(kept[3:9]),
        tuple(kept[9:18]),
        tuple(kept[18:24]),
        tuple(kept[24:27]),
        kept[27],
    )
    return after, Frames(cross(left, up), left, up, count)


def _memories(settings: MotionSettings) -> Floats:
    return np.repeat([settings.memory, settings.turn_memory], [18, 6])


def _forgetting(memory: Floats, start: tuple[float, ...], new: Floats, sound: Bools) -> Floats:
    """``state = memory * state + new`` stride by stride, unchanged where one is not sound: (c, m)."""
    out = np.empty((new.shape[1], new.shape[0]))
    state = np.array(start)
    for place, (values, counts) in enumerate(zip(new.T, sound.tolist(), strict=True)):
        if counts:
            state = memory * state + values
        out[place] = state
    return np.ascontiguousarray(out.T)


def _products(vectors: Floats) -> Floats:
    return np.stack([vectors[row] * vectors[other] for row, other in PAIRS])


def _full(six: Floats) -> Floats:
    """(m, 3, 3) of (6, m): the lower triangles, which eigh reads."""
    out = np.zeros((six.shape[1], 3, 3))
    for values, (row, other) in zip(six, PAIRS, strict=True):
        out[:, row, other] = values
    return out


def main_axes(six: Floats) -> Floats:
    """(3, m) main axes of symmetric matrices (6, m) in the order of PAIRS, of either sign."""
    return np.ascontiguousarray(np.linalg.eigh(_full(six))[1][:, :, -1].T)


def _continuous(before: tuple[float, ...], axis: Floats) -> Floats:
    """Axes whose signs, which eigh leaves open, go with the one before."""
    previous = np.concatenate([np.array(before)[:, np.newaxis], axis[:, :-1]], axis=1)
    signs, sign = [], 1.0
    for cosine in dot(axis, previous).tolist():
        sign = sign if cosine > 0.0 else -sign if cosine < 0.0 else 1.0
        signs.append(sign)
    return np.asarray(axis * np.array(signs))


def _vote(path: Paths, axis: Floats) -> Floats:
    """(m,) 1 where the largest angle of a stride is about the axis, -1 where it is the other way round."""
    inside = np.arange(len(path.time_s))[:, np.newaxis] <= path.end
    angle = np.where(inside, along(path.turned[:3], axis), 0.0)
    most, least = angle.max(axis=0), angle.min(axis=0)
    return np.where(most >= -least, 1.0, -1.0)
