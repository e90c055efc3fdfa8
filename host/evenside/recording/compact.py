"""Hours that are over become Parquet: ``python -m evenside.recording.compact DIR``, in a process of its own.

Strategy: an hour of a node is over when a later one has begun, or when nobody records any more (the recorder's lock
tells). It is written to a temporary file and brought to the disk; then, in one transaction of the spool, the file gets
its name, is entered in the catalogue, and its blobs are deleted. Killed at any point, either the blobs or the file
count, never both and never neither; the next run does it again. Integers are kept as differences (DELTA_BINARY_PACKED),
floats in byte planes, both under zstd: a fraction of what Parquet does when not told.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evenside.errors import EvensideError, RecordingError
from evenside.readers.evenside_recording.blobs import Rows, unpack, values_of
from evenside.readers.evenside_recording.manifest import (
    hour_name,
    manifest_path,
    node_folder,
    read_manifest,
    spool_path,
)
from evenside.readers.evenside_recording.stream import CLOCK_ERROR_COLUMN, TIME_COLUMN
from evenside.recording.files import make_folders, sync_file, sync_folder, try_lock, unlock
from evenside.recording.spool import open_spool, recording_error
from evenside_analysis.types import Node

__all__ = ["compact"]

_HOUR_US = 3_600_000_000
_GROUP_ROWS = 360_000  # an hour at 100 Hz; bounds the memory for faster sensors


@dataclass(frozen=True, slots=True)
class _Hour:
    """The blobs of one node whose first samples lie in one hour of UTC, [first_us, end_us) on the session clock."""

    node: Node
    hour: int
    first_us: int
    end_us: int


def compact(directory: Path) -> list[Path]:
    """Turn every hour that is over into a Parquet file. Returns the new files; none where another run is at it.

    Raises:
        ReadError: there is no recording in ``directory``.
        RecordingError: a blob is damaged, or the disk is full or not writable; nothing is lost then.
    """
    manifest = read_manifest(directory)
    if not spool_path(directory).exists():
        return []
    made: list[Path] = []
    try:
        make_folders(directory / "raw")
        running = try_lock(directory / "raw")
        if running is None:
            return []
        spool = open_spool(directory)
        try:
            recorded = _is_over(directory)
            for node in manifest.nodes:
                hours = _hours(spool, node, manifest.started_ns, last_too=recorded)
                made += [_compact_hour(spool, directory, hour) for hour in hours]
            if recorded and made:
                spool.execute("VACUUM")
        finally:
            spool.close()
            unlock(running)
    except (OSError, sqlite3.Error, pa.ArrowException) as error:
        if isinstance(error, pa.ArrowException) and not isinstance(error, OSError):
            raise RecordingError(f"{directory}: {error}", mend="nothing is lost; report this") from error
        raise recording_error(error, directory) from error
    return made


def _is_over(directory: Path) -> bool:
    lock = try_lock(manifest_path(directory))
    if lock is None:
        return False
    unlock(lock)
    return True


def _hours(spool: sqlite3.Connection, node: Node, started_ns: int, *, last_too: bool) -> list[_Hour]:
    started_us = started_ns // 1000
    times = spool.execute("SELECT first_us FROM raw_spool WHERE node = ?", (node.id,))
    hours = sorted({(started_us + first_us) // _HOUR_US for (first_us,) in times})
    over = hours if last_too else hours[:-1]
    return [_Hour(node, hour, hour * _HOUR_US - started_us, (hour + 1) * _HOUR_US - started_us) for hour in over]


def _compact_hour(spool: sqlite3.Connection, directory: Path, hour: _Hour) -> Path:
    folder = node_folder(directory, hour.node.id)
    make_folders(folder)
    path = folder / hour_name(hour.hour)
    beside = path.with_name(path.name + ".tmp")
    key = (hour.node.id, hour.first_us, hour.end_us)
    try:
        _write(spool, hour, beside)
        sync_file(beside)
        spool.execute("BEGIN IMMEDIATE")
        try:
            spool.execute(  # first: an hour that has its file already must never be written over
                "INSERT INTO parquet SELECT node, ?, min(first_us), max(last_us), sum(n), max(clock_error_s)"
                f" FROM raw_spool WHERE {_WHERE}",
                (path.name, *key),
            )
            spool.execute(f"DELETE FROM raw_spool WHERE {_WHERE}", key)
            beside.replace(path)
            sync_folder(folder)
            spool.execute("COMMIT")
        except BaseException:
            spool.execute("ROLLBACK")
            raise
    finally:
        beside.unlink(missing_ok=True)
    return path


_WHERE = "node = ? AND first_us >= ? AND first_us < ?"


def _write(spool: sqlite3.Connection, hour: _Hour, path: Path) -> None:
    key = (hour.node.id, hour.first_us, hour.end_us)
    used = {encoding for (encoding,) in spool.execute(f"SELECT DISTINCT encoding FROM raw_spool WHERE {_WHERE}", key)}
    cell = np.dtype(np.float64 if "f8" in used else np.int32 if "i4" in used else np.int16)
    schema = _schema(hour.node, cell)
    packed = "BYTE_STREAM_SPLIT" if cell.kind == "f" else "DELTA_BINARY_PACKED"
    encodings = {TIME_COLUMN: "DELTA_BINARY_PACKED", CLOCK_ERROR_COLUMN: "BYTE_STREAM_SPLIT"}
    encodings |= dict.fromkeys(hour.node.channels, packed)
    with pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=3, use_dictionary=False, column_encoding=encodings
    ) as file:
        for group in _groups(_tables(spool, hour, schema, cell)):
            file.write_table(group, row_group_size=_GROUP_ROWS)


def _schema(node: Node, cell: np.dtype[np.generic]) -> pa.Schema:
    columns: list[pa.Field[pa.DataType]] = [pa.field(TIME_COLUMN, pa.int64(), nullable=False)]
    columns += [pa.field(name, pa.from_numpy_dtype(cell)) for name in node.channels]
    columns.append(pa.field(CLOCK_ERROR_COLUMN, pa.float64(), nullable=False))
    return pa.schema(columns, metadata={"evenside.node": json.dumps(asdict(node))})


def _tables(
    spool: sqlite3.Connection, hour: _Hour, schema: pa.Schema, cell: np.dtype[np.generic]
) -> Iterator[pa.Table]:
    sql = f"SELECT encoding, first_us, n, clock_error_s, blob FROM raw_spool WHERE {_WHERE} ORDER BY first_us"
    for encoding, first_us, count, clock_error_s, blob in spool.execute(
        sql, (hour.node.id, hour.first_us, hour.end_us)
    ):
        try:
            rows = unpack(encoding, first_us, count, blob)
        except ValueError as error:
            raise RecordingError(
                f"node {hour.node.id}, samples from {first_us / 1e6} s on: {error}",
                mend="copy the recording from its origin again; the other hours are good",
            ) from error
        if cell.kind == "f" and rows.encoding != "f8":
            rows = Rows(rows.time_us, values_of(rows, hour.node.scale))
        columns = [pa.array(rows.time_us)]
        for channel in range(len(hour.node.channels)):
            mask = None if rows.missing is None else np.ascontiguousarray(rows.missing[:, channel])
            columns.append(pa.array(rows.cells[:, channel].astype(cell), mask=mask))
        columns.append(pa.array(np.full(count, np.nan if clock_error_s is None else clock_error_s)))
        yield pa.Table.from_arrays(columns, schema=schema)


def _groups(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Tables joined to about ``_GROUP_ROWS`` rows."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(part.num_rows for part in waiting) >= _GROUP_ROWS:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description="Turn the hours of a recording that are over into Parquet files.")
    parser.add_argument("directory", type=Path, help="the folder with recording.json")
    try:
        for path in compact(parser.parse_args(arguments).directory):
            print(path)
    except EvensideError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
