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

import numpy as np

from evenside.errors import ReadError
from evenside.readers.evenside_recording.blobs import Rows, unpack, values_of
from evenside.readers.evenside_recording.manifest import Manifest, node_folder, spool_path
from evenside.readers.evenside_recording.spool import SpoolReader
from evenside_analysis.types import Block, Floats, Node

__all__ = ["CLOCK_ERROR_COLUMN", "TIME_COLUMN", "stream_blocks"]

TIME_COLUMN = "time_us"
CLOCK_ERROR_COLUMN = "clock_error_s"

_BATCH_S = 10.0
_BEFORE_ALL = -(1 << 63)


def stream_blocks(directory: Path, manifest: Manifest) -> Iterator[Block]:
    """Every acknowledged sample, blocks in the order of their first times.

    Raises:
        ReadError: a file or a blob is damaged; what came before it has been yielded.
    """
    spool = SpoolReader(directory) if spool_path(directory).exists() else None
    try:
        streams = [_node_blocks(directory, node, spool) for node in manifest.nodes]
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


def _node_blocks(directory: Path, node: Node, spool: SpoolReader | None) -> Iterator[Block]:
    folder = node_folder(directory, node.id)
    if spool is None:  # a copy without the spool: the whole hours are all there is
        for path in sorted(folder.glob("*.parquet")):
            yield from _file_blocks(path, node, _BEFORE_ALL)
        return
    after_us = _BEFORE_ALL
    while True:
        blocks: Iterator[Block]
        if (name := spool.file_after(node.id, after_us)) is not None:
            blocks = _file_blocks(folder / name, node, after_us)
        else:
            blocks = _spooled_blocks(spool, node, after_us)
        before_us = after_us
        for block in blocks:
            after_us = round(float(block.time_s[-1]) * 1e6)
            yield block
        if after_us == before_us:
            return


def _spooled_blocks(spool: SpoolReader, node: Node, after_us: int) -> Iterator[Block]:
    for blob in spool.blobs_after(node.id, after_us):
        try:
            rows = unpack(blob.encoding, blob.first_us, blob.count, blob.blob)
        except ValueError as error:
            raise ReadError(
                f"{spool.path}: node {node.id}, samples from {blob.first_us / 1e6} s on: {error}",
                mend="copy the folder from its origin again; what came before is good",
            ) from error
        yield _block(rows, node, blob.clock_error_s)


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
                columns = [batch.column(name) for name in node.channels]
                cells = np.stack([column.fill_null(0).to_numpy() for column in columns], axis=1)
                missing = np.stack([column.is_null().to_numpy(zero_copy_only=False) for column in columns], axis=1)
                clock_error_s: Floats = batch.column(CLOCK_ERROR_COLUMN).to_numpy()[first:]
                rows = Rows(time_us[first:], cells[first:], missing[first:] if missing.any() else None)
                yield from _runs(rows, node, clock_error_s)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise ReadError(f"{path}: {error}", mend="copy the file from its origin again") from error


def _runs(rows: Rows, node: Node, clock_error_s: Floats) -> Iterator[Block]:
    bits = clock_error_s.view(np.int64)
    cuts = [0, *(np.flatnonzero(bits[1:] != bits[:-1]) + 1).tolist(), bits.size]
    for first, end in pairwise(cuts):
        missing = None if rows.missing is None else rows.missing[first:end]
        part = Rows(rows.time_us[first:end], rows.cells[first:end], missing)
        yield _block(part, node, float(clock_error_s[first]))


def _block(rows: Rows, node: Node, clock_error_s: float) -> Block:
    return Block(node.id, rows.time_us / 1e6, values_of(rows, node.scale), clock_error_s)
