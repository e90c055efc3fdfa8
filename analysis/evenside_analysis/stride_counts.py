"""Strides that are told of and not compared: up and down stairs, and running, counted by side over a session."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.report import Number
from evenside_analysis.strides import Strides
from evenside_analysis.types import Flag, Side

__all__ = ["StrideCounts", "count_numbers", "counted"]

_TABLE = (
    ("stairs_up_strides", "up stairs"),
    ("stairs_down_strides", "down stairs"),
    ("running_strides", "running"),
)
_KINDS = len(_TABLE)


@dataclass(frozen=True, slots=True)
class StrideCounts:
    """Of each side: up, down, running."""

    left: tuple[int, ...] = field(default=(0,) * _KINDS)
    right: tuple[int, ...] = field(default=(0,) * _KINDS)


def counted(counts: StrideCounts, side: Side, strides: Strides) -> StrideCounts:
    """With more strides of one side."""
    if not strides.start_s.size:
        return counts
    ran = (strides.flags & int(Flag.RUNNING)) != 0
    new = (np.count_nonzero(marks) for marks in (strides.stairs > 0, strides.stairs < 0, ran))
    if side == "left":
        return replace(counts, left=tuple(old + int(more) for old, more in zip(counts.left, new, strict=True)))
    return replace(counts, right=tuple(old + int(more) for old, more in zip(counts.right, new, strict=True)))


def count_numbers(site: str, counts: StrideCounts) -> list[Number]:
    """One number for each kind of stride that there was."""
    return [
        Number(id_, site, float(left + right), "strides", _words(name, left, right))
        for (id_, name), left, right in zip(_TABLE, counts.left, counts.right, strict=True)
        if left + right
    ]


def _words(name: str, left: int, right: int) -> str:
    return f"{left + right} strides {name}, {left} of the left foot and {right} of the right: not compared with walking"
