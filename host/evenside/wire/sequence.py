"""Which data frames of one boot of one device have come: the u16 sequence unwrapped, holes and repetitions named.

One state belongs to one (device serial, boot id); with the number given here that is a frame's identity for ever. The
state is a frozen value and bounded: where more than ``RANGES_MAX`` holes are open the oldest is given up. The law: each
frame is accepted once, whatever is lost, repeated or exchanged, and what is missing is exactly the rest.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["SequenceState", "Sighting", "announce", "place"]

WRAP = 1 << 16
RANGES_MAX = 256


@dataclass(frozen=True, slots=True)
class SequenceState:
    """``next_frame`` is the number after the highest known one; None before anything is known.

    Begin with ``SequenceState(next_frame=reply.next_frame)`` of the START reply (or the frame counter of HELLO) to have
    the node's own numbers, which BACKFILL needs. Without it the first frame's seq stands for itself.
    """

    next_frame: int | None = None
    missing: tuple[tuple[int, int], ...] = ()  # [first, end), ascending, never touching
    given_up: int = 0  # missing frames that are no longer waited for


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a frame belongs. ``new`` is the furthest so far, ``late`` fills a hole, ``repeated`` is to be dropped."""

    frame: int
    kind: Literal["new", "late", "repeated"]
    skipped: int = 0  # frames that this one found missing


def place(state: SequenceState, seq: int, *, backfill: bool = False) -> tuple[SequenceState, Sighting]:
    """A frame with this u16 ``seq`` has come.

    A live frame is taken as the nearest to the expected one, up to 32767 ahead or 32768 behind; one sent again
    (``backfill``) as the nearest below it. Raises ValueError where ``seq`` is no u16.
    """
    if not 0 <= seq < WRAP:
        raise ValueError(f"seq {seq}, expected 0 to {WRAP - 1}")
    if state.next_frame is None:
        return replace(state, next_frame=seq + 1), Sighting(seq, "new")
    if backfill:
        frame = state.next_frame - 1 - (state.next_frame - 1 - seq) % WRAP
    else:
        frame = state.next_frame + (seq - state.next_frame + WRAP // 2) % WRAP - WRAP // 2
    if frame >= state.next_frame:
        skipped = frame - state.next_frame
        return announce(state, frame, through=1), Sighting(frame, "new", skipped)
    at = bisect_right(state.missing, frame, key=lambda hole: hole[0]) - 1
    if at < 0 or frame >= state.missing[at][1]:
        return state, Sighting(frame, "repeated")
    first, end = state.missing[at]
    left = tuple(hole for hole in ((first, frame), (frame + 1, end)) if hole[0] < hole[1])
    missing = state.missing[:at] + left + state.missing[at + 1 :]
    return _bounded(replace(state, missing=missing)), Sighting(frame, "late")


def announce(state: SequenceState, frame_counter: int, *, through: int = 0) -> SequenceState:
    """The node says that it has made frames up to ``frame_counter``: those not seen are missing, for all we know.

    With it the loss of the last frames before a silence is found too. ``through`` frames behind them have come.
    """
    if state.next_frame is None or frame_counter + through <= state.next_frame:
        return state if state.next_frame is not None else replace(state, next_frame=frame_counter + through)
    hole = (state.next_frame, frame_counter)
    missing = state.missing
    if hole[0] < hole[1]:
        touching = bool(missing) and missing[-1][1] == hole[0]
        missing = (*missing[:-1], (missing[-1][0], hole[1])) if touching else (*missing, hole)
    return _bounded(replace(state, next_frame=frame_counter + through, missing=missing))


def _bounded(state: SequenceState) -> SequenceState:
    if len(state.missing) <= RANGES_MAX:
        return state
    (first, end), *kept = state.missing
    return replace(state, missing=tuple(kept), given_up=state.given_up + end - first)
