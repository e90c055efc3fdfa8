"""A layout: how to read somebody's files. Values only; ``layout_toml`` makes them, ``LAYOUTS.md`` explains them.

Columns are named as the header names them, or numbered from 1. Factors already hold unit, scale and sign: a cell times
its factor is in SI units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evenside_analysis.types import Side, Site

__all__ = [
    "ChannelLayout",
    "Column",
    "Header",
    "Layout",
    "NodeLayout",
    "Separator",
    "Share",
    "TableFormat",
    "TimeFormat",
]

Column = str | int
Separator = Literal["comma", "tab", "semicolon", "whitespace"]
Header = Literal["none", "line", "two_lines", "last_comment"]


@dataclass(frozen=True, slots=True)
class TableFormat:
    """How lines become cells."""

    separator: Separator
    decimal: Literal["point", "comma"] = "point"
    header: Header = "line"
    header_line: int | None = None  # counted from 1; None: the first line that is neither blank nor a comment
    header_after: str = ""  # the header stands right after the line that starts with this
    comment: str = ""  # lines that start with this are skipped
    encoding: str = "utf-8"
    lost: tuple[str, ...] = ()  # cells that say "lost", beside the empty cell and NaN
    columns: int | None = None  # how many cells a line must have


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """Where the times come from: a column, a counter of samples, or the number of the row alone."""

    column: Column | None = None
    unit: str = (
        "s"  # of units.UNITS["time"], or "samples", or "auto": samples where the first steps are exactly 1, else s
    )
    rate_hz: float | None = None
    wraps_at: int | None = None  # a counter starts again from 0 when it reaches this
    shared: bool = False  # several files: their times count from the same instant
    rate_text: str = ""  # a line before the header that states the rate, with {} in its place
    clock_error_s: float | None = None  # between nodes; None: 0 where they share one clock, inf where they do not


@dataclass(frozen=True, slots=True)
class Share:
    """A pedal's power as a share of the total: total · percent / 100, or · (100 - percent) / 100 for the left."""

    right_percent: Column
    minimum_w: float  # below this total the share means nothing and the sample is lost
    known: Column | None = None  # a byte column in which ``known_bit`` says that the side is known
    known_bit: int = 7


@dataclass(frozen=True, slots=True)
class ChannelLayout:
    """One channel of a node: the column times ``factor`` is in SI units."""

    name: str
    column: Column
    unit: str
    factor: float
    optional: bool = False
    share: Share | None = None


@dataclass(frozen=True, slots=True)
class NodeLayout:
    """One sensor. ``file`` is what follows the common stem where a recording has several files, else ""."""

    id: str
    site: Site
    side: Side
    channels: tuple[ChannelLayout, ...]
    gravity: bool = True
    right_handed: bool = False
    acc_range_m_s2: float | None = None
    gyr_range_rad_s: float | None = None
    file: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout. ``place`` says where it was read from, for messages."""

    name: str
    summary: str
    place: str
    table: TableFormat
    time: TimeFormat
    nodes: tuple[NodeLayout, ...]
    caution: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """What follows the common stem, once each in the order of the nodes; ("",) for a recording in one file."""
        return tuple(dict.fromkeys(node.file for node in self.nodes))

    def nodes_of(self, file: str) -> tuple[NodeLayout, ...]:
        """The nodes that stand in this file."""
        return tuple(node for node in self.nodes if node.file == file)
