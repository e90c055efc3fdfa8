"""How a node sits on its foot: the axes forward, left and up in the sensor's own axes, stride by stride.

Left is the main axis of a stride's rotations, less what lies along up; its sign is that of the largest angle, since the
heel rises further than the toes ever do, and the heel rises *about left*. Up is where gravity points from at
mid-stance. Where the sensor's maker took gravity away, up is the axis of the wearer's turns: from flat to flat a foot
turns about nothing else. Before the first turn, up is what stands at right angles to the way of a stride and to its
main axis; the sign comes from them always. Forward completes the three, so a mirrored node has no frame of its own that
would fit: every frame here is right-handed.

What is learnt forgets over some ten strides, turns more slowly. Where some strides in a row show another axis, or
another up, the node was turned on the foot: all is learnt from them anew; without gravity that cannot be told. The
recursions run stride by stride, each number on its own. A sensor may sit at any angle, on either foot.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.remount import Remount, RemountSettings, follow_mounting
from evenside_analysis.stride_motion_path import PAIRS, Paths
from evenside_analysis.stride_motion_settings import MotionSettings
from evenside_analysis.stride_motion_vectors import along, cross, dot, length, turning, unit
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["FrameState", "Frames", "learnt", "main_axes"]


_SPREAD = slice(3, 9)  # in the sums


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
    moved: Remount = field(default_factory=Remount)


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """After each stride (m,)."""

    forward: Floats  # (3, m)
    left: Floats  # (3, m)
    up: Floats  # (3, m)
    count: Ints  # (m,), strides it rests on
    anew: Bools  # (m,), whether it was learnt anew with this stride

    def last(self) -> Frames:
        """The last one for all."""
        last = np.full(self.count.size, self.count.size - 1)
        return Frames(self.forward[:, last], self.left[:, last], self.up[:, last], self.count, self.anew)

    def part(self, part: slice) -> Frames:
        """Of some strides."""
        return Frames(self.forward[:, part], self.left[:, part], self.up[:, part], self.count[part], self.anew[part])

    def unknown(self) -> Frames:
        nothing = np.full(self.up.shape, np.nan)
        return Frames(nothing, nothing, nothing, self.count, self.anew)


def learnt(
    settings: MotionSettings, state: FrameState, path: Paths, rest: Floats, sound: Bools
) -> tuple[FrameState, Frames]:
    """Learn from strides (m,) in the order of time; only sound ones teach.

    Args:
        rest: (3, m) acceleration at the mid-stance before each stride.
    """
    new = _taught(settings, path, rest)
    steady = sound & (length(turning(path.rotation)) < np.radians(settings.turn_deg))
    found, first = list[Frames](), 0
    while True:
        part = slice(first, None)
        after, frames, axes = _went_on(settings, state, path, new[:, part], sound[part], part)
        moved, at = _moved(settings, state, frames, axes, new[:, part], steady[part])
        if at is None:
            return replace(after, moved=moved), _joined([*found, frames])
        # Up to the one before, all stays as it was; the frame of this one is that of the last few alone.
        state, anew = _anew(settings, state.count + int(np.count_nonzero(sound[first : first + at + 1])), moved)
        found += [frames.part(slice(at)), anew]
        first += at + 1
        if first == sound.size:
            return state, _joined(found)


def _joined(found: list[Frames]) -> Frames:
    if len(found) == 1:
        return found[0]
    forward, left, up = (
        np.concatenate([getattr(one, name) for one in found], axis=1) for name in ("forward", "left", "up")
    )
    count, anew = (np.concatenate([getattr(one, name) for one in found]) for name in ("count", "anew"))
    return Frames(forward, left, up, count, anew)


def _taught(settings: MotionSettings, path: Paths, rest: Floats) -> Floats:
    """(24, m) what each stride adds to the sums."""
    size = np.maximum(path.turned_spread[0] + path.turned_spread[2] + path.turned_spread[5], 1e-9)
    way = path.way_m / np.maximum(np.sqrt(dot(path.way_m, path.way_m)), settings.span_min_m)
    return np.concatenate([rest, path.turned_spread / size, _products(way), way, _products(turning(path.rotation))])


def _went_on(
    settings: MotionSettings, state: FrameState, path: Paths, new: Floats, sound: Bools, part: slice
) -> tuple[FrameState, Frames, tuple[Floats, Floats]]:
    """What a part of the strides teaches; main axes (3, m), to the left: as known after each, and as each shows it."""
    start = (*state.up, *state.spread, *state.way, *state.turns)
    sums = _forgetting(_memories(settings), start, new, sound)
    axis = _continuous(state.axis, main_axes(sums[_SPREAD]))
    end, turned = path.end[part], path.turned[:3, :, part]
    vote = _vote(end, turned, axis)
    votes = _forgetting(np.array([settings.memory]), (state.votes,), vote[np.newaxis], sound)[0]
    own = main_axes(new[_SPREAD])
    along_axis = dot(own, axis)
    sign = np.where(along_axis < 0.0, -vote, vote)
    far = np.flatnonzero(np.abs(along_axis) < np.cos(np.radians(settings.moved_deg)))
    if far.size:
        sign[far] = _vote(end[far], turned[:, :, far], own[:, far])
    count = state.count + np.cumsum(sound)
    frames = _frames(settings, sums, axis, votes, count)
    return _state(sums, axis, votes, int(count[-1])), frames, (np.where(votes < 0.0, -axis, axis), own * sign)


def _state(sums: Floats, axis: Floats, votes: Floats, count: int) -> FrameState:
    kept = np.concatenate([sums, axis, votes[np.newaxis]])[:, -1].tolist()
    return FrameState(
        count,
        tuple(kept[:3]),
        tuple(kept[3:9]),
        tuple(kept[9:18]),
        tuple(kept[18:24]),
        tuple(kept[24:27]),
        kept[27],
    )


def _frames(settings: MotionSettings, sums: Floats, axis: Floats, votes: Floats, count: Ints) -> Frames:
    up_sum, spread_sum, way_sum, turns = sums[:3], sums[_SPREAD], sums[9:18], sums[18:]
    left = np.where(votes < 0.0, -axis, axis)
    if settings.gravity:
        up = unit(up_sum)
    else:
        up = main_axes(turns - settings.ahead_weight * way_sum[:6] - settings.left_weight * spread_sum)
        up = np.where(dot(cross(way_sum[6:], left), up) < 0.0, -up, up)
    left = unit(left - dot(left, up) * up)
    return Frames(cross(left, up), left, up, count, np.zeros(count.size, np.bool_))


def _moved(
    settings: MotionSettings,
    state: FrameState,
    frames: Frames,
    axes: tuple[Floats, Floats],
    new: Floats,
    steady: Bools,
) -> tuple[Remount, int | None]:
    """The run of strides that turn about another axis than those before them, or stand with another up."""
    if not settings.gravity:  # the axis alone proves nothing: in paretic feet it wanders
        return Remount(), None
    axis, own = axes
    up = np.concatenate([unit(np.array(state.up))[:, np.newaxis], frames.up[:, :-1]], axis=1)
    known = np.concatenate([np.concatenate([_signed_axis(state), axis[:, :-1]], axis=1), up])
    sure = np.concatenate([[state.count], frames.count[:-1]]) >= settings.moved_after
    known, shown = np.where(sure, known, np.nan), np.concatenate([own, unit(new[:3])])
    watched = RemountSettings((settings.moved_deg, settings.moved_up_deg))
    return follow_mounting(watched, state.moved, known.T, shown.T, np.concatenate([new, own]).T, steady)


def _signed_axis(state: FrameState) -> Floats:
    return np.array(state.axis)[:, np.newaxis] * (-1.0 if state.votes < 0.0 else 1.0)


def _anew(settings: MotionSettings, count: int, moved: Remount) -> tuple[FrameState, Frames]:
    """What the strides of a run teach alone: the state behind it, and the frame of its last one."""
    rows = np.array(moved.rows).T
    every = np.ones(rows.shape[1], np.bool_)
    sums = _forgetting(_memories(settings), (0.0,) * 24, rows[:24], every)[:, -1:]
    axis = main_axes(sums[_SPREAD])
    agree = np.where(dot(rows[24:], axis) < 0.0, -1.0, 1.0)
    votes = _forgetting(np.array([settings.memory]), (0.0,), agree[np.newaxis], every)[0, -1:]
    frames = _frames(settings, sums, axis, votes, np.array([count]))
    return _state(sums, axis, votes, count), replace(frames, anew=np.ones(1, np.bool_))


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


def _vote(end: Ints, turned: Floats, axis: Floats) -> Floats:
    """(m,) 1 where the largest angle of a stride is about the axis, -1 where it is the other way round."""
    inside = np.arange(turned.shape[1])[:, np.newaxis] <= end
    angle = np.where(inside, along(turned, axis), 0.0)
    most, least = angle.max(axis=0), angle.min(axis=0)
    return np.where(most >= -least, 1.0, -1.0)
