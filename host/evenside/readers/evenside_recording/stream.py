"""The samples of a recording as blocks, all nodes merged in the order of time, bit for bit what was appended.

Strategy: one stream a node, always asking "what comes after this time", files before blobs, so that an hour which is
being turned into a file meanwhile is neither missed nor read twice. Each stream holds some seconds. Never interpolates,
never sorts within a node.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evenside.readers.evenside_recording.blobs import unpack, values_of
from evenside.readers.evenside_recording.manifest import Manifest, node_folder, spool_path
from evenside.readers.evenside_recording.spool import SpooledBlob, SpoolReader
from evenside.readers.recording import Note, NoteSink
from evenside_analysis.types import Block, Floats, Node

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CLOCK_ERROR_COLUMN", "TIME_COLUMN", "stream_blocks"]

TIME_COLUMN = "time_us"
CLOCK_ERROR_COLUMN = "clock_error_s"

_BATCH_S = 300.0
_BEFORE_ALL = -(1 << 63)


def stream_blocks(directory: Path, manifest: Manifest, note: NoteSink) -> Iterator[Block]:
    """Every acknowledged sample, blocks in the order of their first times.

    A damaged file or blob is told by a note and as one NaN row at its end; the rest is read.

    Raises:
        ReadError: the spool cannot be read (any more).
    """
    spool = SpoolReader(directory) if spool_path(directory).exists() else None
    try:
        streams = [_node_blocks(directory, node, spool, note) for node in manifest.nodes]
        heads: list[tuple[float, int, Block]] = []
        for place, stream in enumerate(streams):
            if (block := next(stream, None)) is not None:
                heads.append((float(block.time_s[0]), place, block))
        heapq.heapify(heads)
        while heads:
            _, place, block = heads[0]
            yield block
            if (following := next(streams[place], None)) is not None:
                heapq.heapreplace(heads, (float(following.time_s[0]), place, following))
            else:
                heapq.heappop(heads)
    finally:
        if spool is not None:
            spool.close()


def _node_blocks(directory: Path, node: Node, spool: SpoolReader | None, note: NoteSink) -> Iterator[Block]:
    folder = node_folder(directory, node.id)
    if spool is None:  # a copy without the spool: the whole hours are all there is
        for path in sorted(folder.glob("*.parquet")):
            yield from _kept(_file_blocks(path, node, _BEFORE_ALL), node, path, None, note)
        return
    after_us = _BEFORE_ALL
    while True:
        if (found := spool.file_after(node.id, after_us)) is not None:
            path, end_us = folder / found[0], found[1]
            yield from _kept(_file_blocks(path, node, after_us), node, path, end_us, note)
            after_us = end_us
        elif blobs := spool.blobs_after(node.id, after_us):
            for blob in blobs:
                yield from _kept(_blob_block(blob, node), node, spool.path, blob.last_us, note)
            after_us = blobs[-1].last_us
        else:
            return


def _kept(blocks: Iterator[Block], node: Node, path: Path, end_us: int | None, note: NoteSink) -> Iterator[Block]:
    """The blocks as far as they can be read, and a NaN row at ``end_us`` where they cannot."""
    told_s = -np.inf
    try:
        for block in blocks:
            told_s = float(block.time_s[-1])
            yield block
    except _DamageError as damage:
        words = f"Node {node.id}: samples up to {'the end of the hour' if end_us is None else f'{end_us / 1e6} s'}"
        note(Note("lost", node.id, str(path), f"{words} are damaged and left out: {damage}"))
        if end_us is not None and end_us / 1e6 > told_s:
            yield Block(node.id, np.array([end_us / 1e6]), np.full((1, len(node.channels)), np.nan), np.inf)


class _DamageError(Exception):
    """A file or a blob is not what was written."""


def _blob_block(blob: SpooledBlob, node: Node) -> Iterator[Block]:
    try:
        rows = unpack(blob.encoding, blob.first_us, blob.count, blob.blob)
        block = Block(node.id, rows.time_us / 1e6, values_of(rows, node.scale), blob.clock_error_s)
    except ValueError as error:
        raise _DamageError(str(error)) from error
    yield block


def _file_blocks(path: Path, node: Node, after_us: int) -> Iterator[Block]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows_max = min(max(64, round(_BATCH_S * node.rate_hz)), 1 << 16)
    names = [TIME_COLUMN, CLOCK_ERROR_COLUMN, *node.channels]
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(batch_size=rows_max, columns=names, use_threads=False):
                time_us = batch.column(TIME_COLUMN).to_numpy()
                first = int(np.searchsorted(time_us, after_us, side="right"))
                if first == time_us.size:
                    continue
                time_s = time_us[first:] / 1e6
                values = _values([batch.column(name)[first:] for name in node.channels], node)
                clock_error_s: Floats = batch.column(CLOCK_ERROR_COLUMN).to_numpy()[first:]
                blocks = [
                    Block(node.id, time_s[run], values[run], float(clock_error_s[run.start]))
                    for run in _runs(clock_error_s)
                ]
                yield from blocks
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise _DamageError(str(error)) from error


def _values(columns: list[pa.Array], node: Node) -> Floats:
    """(n, channels) of Parquet columns, as ``values_of`` has them."""
    values = np.empty((len(columns[0]), len(columns)))
    counts = columns[0].type != "double"
    for place, column in enumerate(columns):
        missing = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
        cells = (column if missing is None else column.fill_null(0)).to_numpy()
        scale = node.scale[place] if counts and node.scale is not None else None
        with np.errstate(invalid="ignore"):
            values[:, place] = cells if scale is None else cells.astype(np.float64) * scale
        if missing is not None:
            values[missing, place] = np.nan
    return values


def _runs(clock_error_s: Floats) -> Iterator[slice]:
    """Stretches of rows with one clock error, to the bit."""
    bits = clock_error_s.view(np.int64)
    cuts = [0, *(np.flatnonzero(bits[1:] != bits[:-1]) + 1).tolist(), bits.size]
    for first, end in pairwise(cuts):
        yield slice(first, end)
