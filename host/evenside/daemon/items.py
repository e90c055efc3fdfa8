"""What stands in the queue of a wearer: items of sources, their end, and two words of the daemon itself."""

from __future__ import annotations

from dataclasses import dataclass

from evenside.errors import EvensideError
from evenside.sources import LinkEvent, SourceItem

__all__ = ["END", "TICK", "Item", "SourceEvent", "SourceOver", "Word"]


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """An event that concerns these nodes together: all that a wearer has on one source."""

    nodes: tuple[str, ...]
    event: LinkEvent


@dataclass(frozen=True, slots=True)
class SourceOver:
    """Nothing more will come of these nodes. ``error``: why, where the source did not simply end."""

    url: str
    nodes: tuple[str, ...]
    error: EvensideError | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One of the two below."""

    means: str


TICK = Word("a second is over")
END = Word("nothing more will come")

Item = SourceItem | SourceEvent | SourceOver | Word
