"""A recording somebody made: which nodes it has, how well their clocks agree, and its samples block by block.

Every reader returns this one type. Strategy: opening looks at the head only and settles nodes, rates and clocks;
reading streams, and tells by notes what was lost, dropped or looks wrong. What it never does: hold a whole file,
repair a value in silence, or bridge a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from evenside_analysis.calibration import UNCALIBRATED, InForce
from evenside_analysis.types import Block, Node

__all__ = ["Kind", "Note", "NoteSink", "Progress", "Recording"]

Kind = Literal[
    "lost",  # samples that were not heard
    "absent",  # a node of the layout that this recording does not have, or that never spoke
    "time",  # times that repeat or run backwards
    "counter",  # a packet counter that repeats or runs backwards
    "rate",  # an assumed rate, or one that differs from what was stated
    "bad_line",  # a line or cell that is no number
    "truncated",  # the file ends early
    "unit",  # values that do not fit the stated unit
    "gravity",  # gravity is there though the layout says removed, or the reverse
    "bias",  # the accelerometer at rest does not read 9.81 m/s²
    "layout",  # something the reader of the figures has to know about this layout
]

SERIOUS: frozenset[Kind] = frozenset({"unit", "gravity"})
"""Kinds of notes after which the figures of that node are probably wrong, not merely fewer."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know about this recording. ``words`` is a whole sentence with its figures."""

    kind: Kind
    node: str  # "" where it concerns the whole recording
    place: str  # "file:line", or the file
    words: str
    count: int = 0  # samples, rows or lines concerned, where they are countable

    @property
    def serious(self) -> bool:
        """Whether figures of this node are probably wrong until the layout is mended."""
        return self.kind in SERIOUS


NoteSink = Callable[[Note], None]
Progress = Callable[[int], None]


def _silent(bytes_done: int) -> None:
    """Progress nobody watches."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One recording, opened. ``read()`` may be called again and starts from the beginning each time.

    ``stream`` makes the blocks: nodes interleaved by time, each node's own times strictly increasing, session time 0 at
    the first sample of the recording (in recordings of our own: of the session); values lie row by row in memory. It
    reports notes to the sink and bytes done (of ``bytes_total``) to the progress.
    """

    name: str  # file name up to its first dot
    paths: tuple[Path, ...]
    layout: str
    nodes: tuple[Node, ...]
    clock_error_s: float  # bound on the error between the clocks of two nodes; 0 for one clock, inf where nobody knows
    sync_source: str  # in words: "one time column", "shared packet counter", …
    bytes_total: int
    stream: Callable[[NoteSink, Progress], Iterator[Block]]
    expected_s: float | None = None  # duration, where it is known before reading
    in_force: InForce = UNCALIBRATED  # how the session corrected these samples, which are as the sensors sent them
    _notes: list[Note] = field(default_factory=list)

    def read(self, progress: Progress = _silent) -> Generator[Block, None, None]:
        """All blocks in the order of time. Close it to let go of the files before the end.

        Raises:
            ReadError: nothing sensible can be read (on), for instance more than a tenth of the lines are unusable.
        """
        self._notes.clear()
        yield from self.stream(self._notes.append, progress)

    def notes(self) -> tuple[Note, ...]:
        """What was found out during the last ``read()``; complete once that has ended."""
        return tuple(self._notes)
