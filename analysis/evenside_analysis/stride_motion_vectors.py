"""Vectors written out, (3, ...): products of a library may add in another order, and then another cut another bit."""

from __future__ import annotations

import numpy as np

from evenside_analysis.types import Floats

__all__ = ["along", "cross", "dot", "length", "running", "total", "turning", "unit"]


def dot(left: Floats, right: Floats) -> Floats:
    return np.asarray(left[0] * right[0] + left[1] * right[1] + left[2] * right[2])


def length(vectors: Floats) -> Floats:
    return np.asarray(np.sqrt(dot(vectors, vectors)))


def cross(left: Floats, right: Floats) -> Floats:
    return np.stack(
        [
            left[1] * right[2] - left[2] * right[1],
            left[2] * right[0] - left[0] * right[2],
            left[0] * right[1] - left[1] * right[0],
        ]
    )


def unit(vectors: Floats) -> Floats:
    """Of length 1; a vector without length stays one."""
    size = length(vectors)
    return np.asarray(vectors / np.where(size > 0.0, size, 1.0))


def turning(rotation: Floats) -> Floats:
    """(3, m) rotation vectors of rotations (3, 3, m): axis times angle (rad, 0 to pi); no axis at pi itself."""
    axis = np.stack([rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1]])
    sine2 = np.sqrt(dot(axis, axis))
    angle = np.arctan2(sine2, rotation[0, 0] + rotation[1, 1] + rotation[2, 2] - 1.0)
    return np.asarray(axis * (angle / np.where(sine2 > 0.0, sine2, 1.0)))


def running(values: Floats) -> Floats:
    """Running sums (c, k, m) over the steps k: each from as many more before it as are in it already."""
    out, reach = values, 1
    while reach < values.shape[1]:
        new = out.copy()
        new[:, reach:] += out[:, :-reach]
        out, reach = new, 2 * reach
    return out


def total(values: Floats) -> Floats:
    """Sums (c, m) over the steps k of (c, k, m), neighbour by neighbour; zeros behind change no bit."""
    while values.shape[1] > 1:
        even = values.shape[1] // 2 * 2
        halves = values[:, :even:2] + values[:, 1:even:2]
        values = halves if even == values.shape[1] else np.concatenate([halves, values[:, even:]], axis=1)
    return np.asarray(values[:, 0])


def along(steps: Floats, axis: Floats) -> Floats:
    """(k, m) running sums of vectors (3, k, m) along an axis (3, m) of each stride."""
    return np.asarray(running(dot(steps, axis[:, np.newaxis])[np.newaxis])[0])
