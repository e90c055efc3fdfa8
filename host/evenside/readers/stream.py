"""Blocks of all nodes from the files of one recording, in the order of time.

Strategy: session time is cut into windows of ``block_s``; every file is read on until it has passed the end of the
window, then each node's rows of that window leave as one block. So a file that lags does not make the others pile up,
and what a block holds depends on the times alone, never on how the file was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import floor

import numpy as np

from evenside.readers.checks import Findings, start_watch, watch
from evenside.readers.file_reader import FileReader
from evenside.readers.findings import node_notes
from evenside.readers.layout import Layout
from evenside.readers.plan import FilePlan, NodePlan
from evenside.readers.recording import NoteSink, Progress
from evenside_analysis.types import Block, Floats

__all__ = ["node_values", "stream_blocks"]


def stream_blocks(
    layout: Layout,
    plans: tuple[FilePlan, ...],
    block_s: float,
    clock_error_s: float,
    note: NoteSink,
    progress: Progress,
) -> Iterator[Block]:
    """All blocks; notes on files and nodes follow as each file ends.

    Raises:
        ReadError: more than a tenth of the rows of a file cannot be used, or a file vanished.
    """
    files = [FileReader(layout, plan, note) for plan in plans]
    watches = {node.node.id: start_watch() for plan in plans for node in plan.nodes}
    while (start_s := min(file.next_s() for file in files)) < np.inf:
        window = floor(start_s / block_s)
        for file in files:
            piece = file.take(window, block_s)
            progress(sum(other.bytes_done for other in files))
            if piece is None:
                continue
            for node in file.plan.nodes:
                values = node_values(node, piece.values)
                watches[node.node.id] = watch(node.node, watches[node.node.id], values)
                yield Block(node.node.id, piece.time_s, values, clock_error_s)
    progress(sum(file.bytes_done for file in files))
    for file in files:
        for node in file.plan.nodes:
            findings = Findings.of(watches[node.node.id], node.node)
            for found in node_notes(node, findings, file.timeline.unmarked, file.plan.path.name):
                note(found)


def node_values(plan: NodePlan, rows: Floats) -> Floats:
    """(n, channels) in SI units from (n, columns), row by row in memory; a row that lacks any channel is all NaN."""
    values = rows[:, plan.cells]
    with np.errstate(over="ignore"):  # a mangled exponent
        values = values * plan.factors
    if plan.share is not None:
        values *= _shares(plan, rows)[:, None]
    whole = np.isfinite(values).all(axis=1)
    if not whole.all():
        values[~whole] = np.nan
    return np.ascontiguousarray(values)  # as every other source has them: numpy's sums depend on the order in memory


def _shares(plan: NodePlan, rows: Floats) -> Floats:
    """This side's share of the total, 0 to 1, of each row; NaN where it is unknown or means nothing."""
    share = plan.share
    assert share is not None
    total, right = rows[:, plan.cells[0]] * plan.factors[0], rows[:, share.right_percent] / 100.0
    usable = (total >= share.settings.minimum_w) & (right >= 0) & (right <= 1)
    if share.known is not None:
        byte = np.nan_to_num(rows[:, share.known], nan=0.0, posinf=0.0, neginf=0.0)
        whole = np.where((byte >= 0) & (byte < 2.0**32), byte, 0).astype(np.int64)
        usable &= (whole >> share.settings.known_bit) & 1 == 1
    return np.where(usable, right if plan.node.side == "right" else 1.0 - right, np.nan)
