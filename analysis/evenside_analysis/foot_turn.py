"""Rotations of a foot over a movement, in short blocks: their net turn, and what the mounting is estimated from.

From foot-flat to foot-flat the net rotation is the change of heading, whatever the mounting and without gravity. The
blocks lie at multiples of their length from the start of the run, so that each is summed once; the quiet points of a
movement, where the foot hardly turns, are rounded to them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.foot_track import GYR, Track
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["Rotations", "rotations", "turned"]


def _signs(*signs: float) -> Floats:
    return np.array(signs)[:, np.newaxis, np.newaxis]


# (a + bi + cj + dk) times a second quaternion: which parts of the second, with which signs, b, c and d multiply.
_PRODUCT = (
    ([1, 0, 3, 2], _signs(-1.0, 1.0, -1.0, 1.0)),
    ([2, 3, 0, 1], _signs(-1.0, 1.0, 1.0, -1.0)),
    ([3, 2, 1, 0], _signs(-1.0, -1.0, 1.0, 1.0)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Rotations:
    """Block by block from quiet point to quiet point, zero behind the end of a movement."""

    vectors: tuple[Floats, Floats, Floats]  # rad about the sensor axes, (m, k) each
    inside: Bools  # (m, k)

    def part(self, part: slice | Ints) -> Rotations:
        """Of some movements."""
        x, y, z = (vector[part] for vector in self.vectors)
        return Rotations((x, y, z), self.inside[part])


def rotations(settings: FootSettings, track: Track, start: Ints, end: Ints) -> Rotations:
    """Of the movements from sample ``start`` to sample ``end`` (m,)."""
    size = max(1, settings.count(settings.turn_block_s))
    held = -(-track.first // size)  # first block that is held in full
    blocks = (track.end - held * size) // size
    first, after = np.maximum(-(-start // size), held), np.minimum((end + 1) // size, held + blocks)
    places = first[:, np.newaxis] + np.arange(max(int((after - first).max()), 1))
    inside = places < after[:, np.newaxis]
    vectors = []
    for row in GYR:
        begin = held * size - track.first
        rate = track.row(row)[begin : begin + blocks * size]
        total = np.zeros(blocks)
        for place in range(size):  # in the order of time
            total += rate[place::size]
        total /= settings.rate_hz
        vectors.append(np.where(inside, total.take(places - held, mode="clip"), 0.0))
    return Rotations((vectors[0], vectors[1], vectors[2]), inside)


def turned(rotation: Rotations) -> Floats:
    """Angle (m,) in rad of the net rotation of each movement, 0 to pi."""
    m, k = rotation.inside.shape
    turn = np.zeros((4, 1 << max(k - 1, 0).bit_length(), m))  # unscaled quaternions; no rotation fills up the rest
    turn[0] = 1.0
    for part, vector in enumerate(rotation.vectors, start=1):
        np.multiply(vector.T, 0.5, out=turn[part, :k])
    while turn.shape[1] > 1:  # product of the small turns, pair by pair
        left, right = turn[:, ::2], turn[:, 1::2]
        turn = left[0] * right
        for part, (places, signs) in enumerate(_PRODUCT, start=1):
            turn += left[part] * (right[places] * signs)
    w, x, y, z = turn[:, 0]
    return np.asarray(2.0 * np.arctan2(np.sqrt(x * x + y * y + z * z), np.abs(w)))
