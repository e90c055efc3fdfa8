"""Which way a shank swings forward, learnt from the signal itself: the mediolateral axis and its sign.

Nearly all rotation of a walking shank is about its mediolateral axis, which is the main direction of the rates of the
last ten active seconds or so. Its sign comes from the skewness of the rate about it: the leg swings forward fast and
briefly, and tilts over the standing foot slowly and long. No table of axes, left or right, is needed, and mirrored axes
change nothing.

Blocks of ``block_s`` lie at multiples of their length from the start of a run. A block that is still, or holds a gap,
teaches nothing. The recursions run over blocks in the order of time, each number on its own, so any cut gives the same
bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evenside_analysis.shank_settings import ShankSettings
from evenside_analysis.types import Bools, Floats

__all__ = ["AxisHabit", "Direction", "direction", "learn"]

_PAIRS = ((0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2))  # the lower triangle, which eigh reads


@dataclass(frozen=True, slots=True)
class AxisHabit:
    """What the active blocks so far have taught: all that outlives a break."""

    count: int = 0
    weight: float = 0.0  # forgetting count of blocks
    spread: tuple[float, ...] = (0.0,) * len(_PAIRS)  # rad²/s², forgetting sum of the blocks' mean products of rates
    cubes: float = 0.0  # rad³/s³, forgetting sum of the blocks' mean cubed rate about ``axis``
    axis: tuple[float, float, float] = (0.0, 0.0, 0.0)  # unit vector, of either sign, but continuous
    power: float = 0.0  # rad²/s², of ``spread`` along ``axis``
    settled: bool = False  # the sign has been clear once

    @property
    def skewness(self) -> float:
        """Of the rate about ``axis``, about zero."""
        if self.power <= 0.0 or self.weight <= 0.0:
            return 0.0
        return self.cubes / self.weight / math.sqrt(self.power / self.weight) ** 3


@dataclass(frozen=True, slots=True)
class Direction:
    """``axis``: unit vector of forward swing in the sensor frame, zeros before anything is known; ``sure``: its sign
    is clear."""

    axis: tuple[float, float, float]
    sure: bool


def direction(settings: ShankSettings, habit: AxisHabit) -> Direction:
    """What the blocks so far say of the next one."""
    sign = -1.0 if habit.cubes < 0.0 else 1.0
    x, y, z = habit.axis
    sure = habit.settled and abs(habit.skewness) > 0.5 * settings.skewness
    return Direction((sign * x, sign * y, sign * z), sure)


def learn(settings: ShankSettings, habit: AxisHabit, gyr: Floats, lost: Bools) -> tuple[list[AxisHabit], list[bool]]:
    """The habit after each of the next whole blocks: rates (3, blocks, size) and lost samples (blocks, size).

    Also of each whether it was active.
    """
    if not lost.shape[0]:
        return [], []
    size = lost.shape[1]
    # Cumulative sums add in the order of the samples, whatever the number of blocks.
    products = np.stack([np.cumsum(gyr[a] * gyr[b], axis=1)[:, -1] for a, b in _PAIRS], axis=1) / size
    still = products[:, 0] + products[:, 2] + products[:, 5] < settings.active_rad_s**2
    active = np.logical_not(still) & (lost.sum(axis=1) <= settings.gap_s * settings.rate_hz)
    places = np.flatnonzero(active)
    habits = [habit] * len(active)
    if not places.size:
        return habits, active.tolist()
    weights, spreads = _forgetting(settings.memory, habit, products[places])
    powers, axes = _main(spreads)
    axes *= _continuous(habit.axis, axes)[:, np.newaxis]
    cubes = _cubes(settings.memory, habit, gyr[:, places], axes)
    following = [*places[1:].tolist(), len(active)]
    for row, (first, end) in enumerate(zip(places.tolist(), following, strict=True)):
        x, y, z = axes[row].tolist()
        habit = AxisHabit(
            habit.count + 1, weights[row], tuple(spreads[row]), cubes[row], (x, y, z), powers[row], habit.settled
        )
        if not habit.settled and habit.count >= settings.settle and abs(habit.skewness) > settings.skewness:
            habit = _settled(habit)
        habits[first:end] = [habit] * (end - first)
    return habits, active.tolist()


def _settled(habit: AxisHabit) -> AxisHabit:
    return AxisHabit(habit.count, habit.weight, habit.spread, habit.cubes, habit.axis, habit.power, True)


def _forgetting(memory: float, habit: AxisHabit, products: Floats) -> tuple[list[float], list[list[float]]]:
    weights, spreads = [], []
    weight, spread = habit.weight, list(habit.spread)
    for values in products.tolist():
        weight = memory * weight + 1.0
        spread = [memory * old + value for old, value in zip(spread, values, strict=True)]
        weights.append(weight)
        spreads.append(spread)
    return weights, spreads


def _main(spreads: list[list[float]]) -> tuple[list[float], Floats]:
    """Largest eigenvalue and its unit vector (n, 3) of each spread."""
    frames = np.zeros((len(spreads), 3, 3))
    for column, (row, other) in enumerate(_PAIRS):
        frames[:, row, other] = [spread[column] for spread in spreads]
    values, vectors = np.linalg.eigh(frames)
    return values[:, -1].tolist(), np.array(vectors[:, :, -1])


def _continuous(before: tuple[float, float, float], axes: Floats) -> Floats:
    """Signs of axes, which eigh leaves open: each points with the one before it."""
    signs, (a, b, c) = [], before
    for x, y, z in axes.tolist():
        along = x * a + y * b + z * c
        sign = -1.0 if along < 0.0 else 1.0
        a, b, c = sign * x, sign * y, sign * z
        signs.append(sign)
    return np.array(signs)


def _cubes(memory: float, habit: AxisHabit, gyr: Floats, axes: Floats) -> list[float]:
    """Forgetting sum of the mean cubed rate; ``gyr`` (3, n, size), ``axes`` (n, 3)."""
    x, y, z = gyr
    rate = x * axes[:, :1] + y * axes[:, 1:2] + z * axes[:, 2:]
    means = np.cumsum(rate * rate * rate, axis=1)[:, -1] / rate.shape[1]
    out, total = [], habit.cubes
    for mean in means.tolist():
        total = memory * total + mean
        out.append(total)
    return out
