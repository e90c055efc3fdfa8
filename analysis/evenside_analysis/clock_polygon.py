"""The lines that a set of bounds leaves possible, as a convex polygon in the plane (height, slope).

A bound says that the line ``height + slope * x`` passes below, or above, a point: a half-plane of lines. Clipping a box
by all bounds leaves the polygon of every line that contradicts none of them. Its centroid is the estimate, its spread
the uncertainty (set-membership estimation, Fogel & Huang 1982, with the polygon kept exactly because it has two
dimensions). What this module never does: choose between bounds that contradict each other; the polygon is then empty.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Polygon", "Spread", "box", "clip_above", "clip_below", "highest_at", "spread"]

Polygon = tuple[tuple[float, float], ...]
"""Corners (height, slope) in the order of the outline; empty where no line is left."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Centroid and standard deviations of a polygon under equal density."""

    height: float
    slope: float
    height_sd: float
    slope_sd: float


def box(low: float, high: float, slope_limit: float) -> Polygon:
    """All lines with heights from ``low`` to ``high`` at x = 0 and slopes within ±``slope_limit``."""
    return ((low, -slope_limit), (high, -slope_limit), (high, slope_limit), (low, slope_limit))


def clip_below(polygon: Polygon, x: float, y: float) -> Polygon:
    """The lines of ``polygon`` that pass through or below the point (x, y)."""
    return _clip(polygon, [height + slope * x - y for height, slope in polygon])


def clip_above(polygon: Polygon, x: float, y: float) -> Polygon:
    """The lines of ``polygon`` that pass through or above the point (x, y)."""
    return _clip(polygon, [y - height - slope * x for height, slope in polygon])


def _clip(polygon: Polygon, excess: list[float]) -> Polygon:
    """Sutherland & Hodgman (1974) for one edge: keeps where ``excess``, one number a corner, is not positive."""
    if not excess or max(excess) <= 0.0:
        return polygon
    kept: list[tuple[float, float]] = []
    for index, corner in enumerate(polygon):
        before, here = excess[index - 1], excess[index]
        if (before > 0.0) != (here > 0.0):
            share = before / (before - here)
            height, slope = polygon[index - 1]
            kept.append((height + share * (corner[0] - height), slope + share * (corner[1] - slope)))
        if here <= 0.0:
            kept.append(corner)
    return tuple(kept)


def spread(polygon: Polygon) -> Spread | None:
    """Centroid and spread, or None for a polygon without area."""
    if len(polygon) < 3:
        return None
    height_0, slope_0 = polygon[0]
    # A fan of triangles from the first corner; a triangle's second moment is a sum over its corners (here one is 0).
    area = height = slope = height_2 = slope_2 = 0.0
    for index in range(1, len(polygon) - 1):
        h1, s1 = polygon[index][0] - height_0, polygon[index][1] - slope_0
        h2, s2 = polygon[index + 1][0] - height_0, polygon[index + 1][1] - slope_0
        part = h1 * s2 - h2 * s1
        area += part
        height += part * (h1 + h2)
        slope += part * (s1 + s2)
        height_2 += part * (h1 * h1 + h1 * h2 + h2 * h2)
        slope_2 += part * (s1 * s1 + s1 * s2 + s2 * s2)
    if not area > 0.0:
        return None
    height, slope = height / (3.0 * area), slope / (3.0 * area)
    height_sd = max(height_2 / (6.0 * area) - height * height, 0.0) ** 0.5
    slope_sd = max(slope_2 / (6.0 * area) - slope * slope, 0.0) ** 0.5
    return Spread(height_0 + height, slope_0 + slope, height_sd, slope_sd)


def highest_at(polygon: Polygon, x: float) -> tuple[float, float]:
    """The line (height, slope) that lies highest at ``x``; the middle of those that lie equally high.

    Raises ValueError for an empty polygon.
    """
    values = [height + slope * x for height, slope in polygon]
    best = max(values)
    top = [corner for corner, value in zip(polygon, values, strict=True) if best - value <= 1e-12]
    return sum(height for height, _ in top) / len(top), sum(slope for _, slope in top) / len(top)
