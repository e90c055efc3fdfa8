"""Which cells of which file make which node: a layout laid over the files that are really there.

A node or channel that the layout calls optional may be missing and is then told as absent; anything else that is
missing is an error that names the column and what the file has instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evenside.errors import LayoutError, ReadError
from evenside.readers.clock import Clock, first_time, settle_clock, stated_rate
from evenside.readers.header import Head, Table, find_column, locate_table, read_head
from evenside.readers.layout import ChannelLayout, Layout, NodeLayout, Share
from evenside.readers.lines import Chunk
from evenside.readers.parse import parse_chunk
from evenside.readers.recording import Note
from evenside_analysis.types import Floats, Node

__all__ = ["FilePlan", "NodePlan", "SharePlan", "plan_file", "share_zero"]


@dataclass(frozen=True, slots=True)
class SharePlan:
    """Where a share stands in a row."""

    right_percent: int
    known: int | None
    settings: Share


@dataclass(frozen=True, slots=True, eq=False)
class NodePlan:
    """One node: channel ``j`` is cell ``cells[j]`` of a row times ``factors[j]``."""

    node: Node
    layout: NodeLayout
    units: tuple[str, ...]
    cells: tuple[int, ...]
    factors: Floats  # (channels,)
    share: SharePlan | None


@dataclass(frozen=True, slots=True, eq=False)
class FilePlan:
    """One file: the columns to read, and what they are."""

    path: Path
    table: Table
    clock: Clock
    columns: tuple[int, ...]  # positions in a line, increasing
    time_cell: int | None  # position in ``columns``
    nodes: tuple[NodePlan, ...]
    first_raw: float  # time cell of the first row
    notes: tuple[Note, ...]


def plan_file(layout: Layout, suffix: str, path: Path, given_hz: float | None = None) -> FilePlan:
    """Lay a layout over one file.

    Raises:
        LayoutError: the layout does not fit.
        ReadError: the file cannot be read, or holds no data.
    """
    head = read_head(path, layout.table.encoding)
    table = locate_table(layout, head)
    found, notes = _nodes_there(layout, suffix, head, table)
    time_column = layout.time.column
    at_time = None if time_column is None else find_column(layout, "time.column", time_column, table, head)
    wanted = {position for _, positions in found for position in positions.values()}
    columns = tuple(sorted(wanted | ({at_time} if at_time is not None else set())))
    rows = _head_rows(layout, head, table, columns)
    if at_time is None:
        raw = np.empty(0)
    else:
        raw = rows[:, columns.index(at_time)]
        raw = raw[np.isfinite(raw)]
    clock, words = settle_clock(layout, raw, stated_rate(layout, table.before), given_hz)
    if words:
        notes.append(Note("rate", "", path.name, words))
    nodes = tuple(_node_plan(layout, node, there, columns, clock) for node, there in found)
    time_cell = None if at_time is None else columns.index(at_time)
    return FilePlan(path, table, clock, columns, time_cell, nodes, first_time(raw), tuple(notes))


def share_zero(plans: tuple[FilePlan, ...], shared: bool) -> tuple[FilePlan, ...]:
    """The same plans with session time 0 at the first sample: of all files if their times are shared, else of each.

    Of shared counters that wrap, those that start far below the others have already wrapped once more.
    """
    firsts = [plan.first_raw for plan in plans]
    turns = [
        plan.clock.wraps_at if plan.clock.wraps_at and max(firsts) - first > plan.clock.wraps_at / 2 else 0
        for plan, first in zip(plans, firsts, strict=True)
    ]
    zero = min(first + turn for first, turn in zip(firsts, turns, strict=True))
    return tuple(
        replace(plan, clock=replace(plan.clock, zero=zero - turn if shared else plan.first_raw))
        for plan, turn in zip(plans, turns, strict=True)
    )


_Positions = dict[str, int]  # "acc_x" and the like, and "share.…", to the position in a line


def _nodes_there(
    layout: Layout, suffix: str, head: Head, table: Table
) -> tuple[list[tuple[NodeLayout, _Positions]], list[Note]]:
    found: list[tuple[NodeLayout, _Positions]] = []
    notes: list[Note] = []
    first_error: LayoutError | None = None
    for node in layout.nodes_of(suffix):
        there: _Positions = {}
        missing: list[str] = []
        errors: list[LayoutError] = []
        for channel in node.channels:
            try:
                there |= _channel_columns(layout, node, channel, head, table)
            except LayoutError as error:
                missing.append(channel.name)
                errors += [] if channel.optional else [error]
        whole_node = not any(channel.name in there for channel in node.channels)
        if errors and not (node.optional and whole_node):
            raise errors[0]
        if whole_node:
            first_error = first_error or next(iter(errors), None)
            notes.append(Note("absent", node.id, head.path.name, f"no column of {node.id} ({node.side}) in this file"))
            continue
        if missing:
            notes.append(Note("absent", node.id, head.path.name, f"{node.id} has no {', '.join(missing)} in this file"))
        found.append((node, there))
    if not found:
        raise first_error or LayoutError(f"{head.path}: layout {layout.name} finds no node in this file")
    return found, notes


def _channel_columns(layout: Layout, node: NodeLayout, channel: ChannelLayout, head: Head, table: Table) -> _Positions:
    key = f"node.{node.id}.channels.{channel.name}"
    there = {channel.name: find_column(layout, f"{key}.column", channel.column, table, head)}
    if channel.share is not None:
        column = channel.share.right_percent
        there["share.right_percent"] = find_column(layout, f"{key}.share.right_percent", column, table, head)
        if channel.share.known is not None:
            there["share.known"] = find_column(layout, f"{key}.share.known", channel.share.known, table, head)
    return there


def _head_rows(layout: Layout, head: Head, table: Table, columns: tuple[int, ...]) -> Floats:
    text = "\n".join(head.lines[table.first_line - 1 :]) + "\n"
    rows = parse_chunk(Chunk(table.first_line, text.encode()), columns, table.width, layout.table).values
    if not len(rows) or not np.isfinite(rows).any():
        raise ReadError(
            f"{head.path}:{table.first_line}: no line of numbers in the columns of layout {layout.name}",
            mend="check table.separator, table.decimal and the header in the layout, or choose another layout",
        )
    return rows


def _node_plan(layout: Layout, node: NodeLayout, there: _Positions, columns: tuple[int, ...], clock: Clock) -> NodePlan:
    channels = tuple(channel for channel in node.channels if channel.name in there)
    shared = next((channel.share for channel in channels if channel.share is not None), None)
    share = None
    if shared is not None:
        known = there.get("share.known")
        share = SharePlan(
            columns.index(there["share.right_percent"]), None if known is None else columns.index(known), shared
        )
    worn = Node(
        id=node.id,
        site=node.site,
        side=node.side,
        channels=tuple(channel.name for channel in channels),
        rate_hz=clock.rate_hz,
        gravity=node.gravity,
        right_handed=node.right_handed,
        acc_range_m_s2=node.acc_range_m_s2,
        gyr_range_rad_s=node.gyr_range_rad_s,
        clock="recording" if layout.time.shared or len(layout.files) == 1 else node.id,
    )
    return NodePlan(
        node=worn,
        layout=node,
        units=tuple(channel.unit for channel in channels),
        cells=tuple(columns.index(there[channel.name]) for channel in channels),
        factors=np.array([channel.factor for channel in channels]),
        share=share,
    )
