"""What is done over and over: pedalling, hammering, stirring, curls; how often, and the postures that it goes through.

Work comes in bins of ``BIN_S`` from the start of a segment. In each bin it has a pace of its own, and a whole number of
strokes; so any bin is known without those before it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evenside.simulator.body import BEND, CHANNELS, FOOT, FORTH, HIP, LEAN, PITCH, ROLL, SHARE, UP, WORK, Moment
from evenside.simulator.chance import generator
from evenside.simulator.script import Chore, Cycle, Gym
from evenside.simulator.wearer import Wearer
from evenside_analysis.types import Floats

__all__ = ["BIN_S", "START_S", "Strokes", "strokes", "work_moments"]

BIN_S, START_S = 20.0, 2.0  # the first stroke, after the start of the segment
CRANK_M = 0.17

# Strokes a second; rad forward and back of where the arm is held; rad about the forearm.
_CHORES = {"hammer": (1.6, 0.55, -0.35, 0.1), "stir": (1.2, 0.22, -0.22, 0.4), "wipe": (0.8, 0.4, -0.4, 0.2)}
_CURL = 2.1  # rad
_SHAKEN = math.radians(1.2)  # what the trunk does with each stroke


@dataclass(frozen=True, slots=True)
class Strokes:
    """A run of strokes, evenly paced."""

    start_s: float
    end_s: float
    count: int


def strokes(wearer: Wearer, number: int, bins: range | None = None) -> Iterator[Strokes]:
    """The runs of a segment, in the order of time: all of them, or those of some bins."""
    segment = wearer.segment(number)
    if isinstance(segment, Gym):
        start_s = wearer.start_of(number) + START_S
        yield Strokes(start_s, start_s + segment.repetitions * segment.repetition_s, segment.repetitions)
        return
    if not isinstance(segment, Chore | Cycle):
        return
    last = math.ceil((segment.duration_s - START_S - 1.0) / BIN_S)
    for place in range(last) if bins is None else range(max(bins.start, 0), min(bins.stop, last)):
        start_s = wearer.start_of(number) + START_S + place * BIN_S
        room_s = min(BIN_S, wearer.start_of(number + 1) - 1.0 - start_s)
        pace = 1.0 + 0.06 * float(generator(wearer.seed, "work", number, place).standard_normal())
        if isinstance(segment, Cycle) and room_s > 2.0:
            yield Strokes(start_s, start_s + room_s, max(round(segment.cadence_rpm / 60.0 * pace * room_s), 1))
        elif isinstance(segment, Chore) and room_s * segment.busy > 2.0:
            count = max(round(_CHORES[segment.work][0] * pace * room_s * segment.busy), 1)
            yield Strokes(start_s, start_s + room_s * segment.busy, count)


def work_moments(wearer: Wearer, number: int, pose: Floats, bins: range) -> Iterator[Moment]:
    """The moments of these bins, about the posture of the segment."""
    segment = wearer.segment(number)
    for run in strokes(wearer, number, bins):
        if isinstance(segment, Cycle):
            yield from _pedalling(run, pose)
        elif isinstance(segment, Gym):
            yield from _curls(run, segment, pose, generator(wearer.seed, "curls", number).standard_normal(200))
        elif isinstance(segment, Chore):
            yield from _chore(run, segment, pose)


def _pedalling(run: Strokes, pose: Floats) -> Iterator[Moment]:
    """Four moments a turn, each with the rates of a circle."""
    turn_s = (run.end_s - run.start_s) / run.count
    pulse = 2.0 * math.pi / turn_s
    for quarter in range(4 * run.count):
        phase = math.pi / 2.0 * quarter
        knot = np.zeros((3, CHANNELS))
        knot[0] = pose
        for side, at in ((0, phase), (1, phase + math.pi)):
            _add_wave(knot, FORTH[side], CRANK_M, at + math.pi / 2.0, pulse)
            _add_wave(knot, UP[side], CRANK_M, at, pulse)
            _add_wave(knot, HIP[side], math.radians(22.0), at, pulse)
            _add_wave(knot, FOOT[side], math.radians(14.0), at - 1.0, pulse)
        _add_wave(knot, LEAN, math.radians(2.0), phase, pulse)
        _add_wave(knot, SHARE, 0.35, phase - math.pi / 2.0, pulse)
        yield Moment(run.start_s + turn_s * quarter / 4.0, knot)


def _add_wave(knot: Floats, channel: int, size: float, phase: float, pulse: float) -> None:
    knot[0, channel] += size * math.sin(phase)
    knot[1, channel] += size * pulse * math.cos(phase)
    knot[2, channel] -= size * pulse * pulse * math.sin(phase)


def _chore(run: Strokes, segment: Chore, pose: Floats) -> Iterator[Moment]:
    """Forward and back, with a turn of the forearm that comes a quarter later."""
    side = int(segment.side == "right")
    _, forward, back, roll = _CHORES[segment.work]
    stroke_s = (run.end_s - run.start_s) / run.count
    fast = 0.35 if segment.work == "hammer" else 0.5  # share of a stroke that goes forward
    for stroke in range(run.count):
        at_s = run.start_s + stroke * stroke_s
        yield _reached(at_s, pose, {WORK[side]: back, ROLL[side]: roll, PITCH: -_SHAKEN, BEND: _SHAKEN})
        yield _reached(at_s + fast * stroke_s, pose, {WORK[side]: forward, ROLL[side]: -roll, PITCH: _SHAKEN})
    yield _reached(run.end_s - 1e-3, pose, {WORK[side]: back, ROLL[side]: roll})


def _curls(run: Strokes, segment: Gym, pose: Floats, chance: Floats) -> Iterator[Moment]:
    """From hanging to bent and back; no two last equally long."""
    sides = {"left": (0,), "right": (1,), "both": (0, 1)}[segment.side]
    lengths = np.exp(0.08 * chance[: run.count])
    edges = run.start_s + np.concatenate([[0.0], np.cumsum(lengths)]) * ((run.end_s - run.start_s) / lengths.sum())
    for start_s, end_s in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        yield _reached(start_s, pose, {})
        yield _reached(0.55 * start_s + 0.45 * end_s, pose, {WORK[side]: _CURL for side in sides})
    yield _reached(run.end_s, pose, {})


def _reached(time_s: float, pose: Floats, more: dict[int, float]) -> Moment:
    knot = np.zeros((3, CHANNELS))
    knot[0] = pose
    for channel, value in more.items():
        knot[0, channel] += value
    return Moment(time_s, knot)
