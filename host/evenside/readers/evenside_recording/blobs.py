"""Some seconds of one node as bytes, and back, bit for bit.

Strategy: most sensors send integer counts; where counts times scale reproduce the values exactly, only the counts are
kept, as differences, otherwise the floats themselves. Everything is deflated by zlib at its fastest, because this runs
all day in a small process; the hour's Parquet file compresses better.

Layout, little endian, before deflating: header (version u1, flags u1, channels u2); n - 1 time steps in microseconds
(u4, or u8 if WIDE_STEPS); if HAS_MISSING one bit a cell, row by row, padded to whole bytes; then the cells channel by
channel in byte planes (all lowest bytes first), counts as differences along time that wrap around.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["Cells", "Encoding", "Rows", "counts_of", "pack", "unpack", "values_of"]

Encoding = Literal["i2", "i4", "f8"]
Cells = NDArray[np.int16] | NDArray[np.int32] | Floats

VERSION = 1
WIDE_STEPS = 1
HAS_MISSING = 2

_HEADER = struct.Struct("<BBH")
_NAN_BITS = np.array(nan).view(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Consecutive samples as they are kept: counts (i2, i4) with a mask of what is NaN, or the values (f8)."""

    time_us: Ints  # (n,), n >= 1, strictly increasing
    cells: Cells  # (n, channels)
    missing: Bools | None = None  # (n, channels); None where nothing is missing, always for f8

    @property
    def encoding(self) -> Encoding:
        return "f8" if self.cells.dtype.kind == "f" else "i2" if self.cells.dtype.itemsize == 2 else "i4"


def counts_of(time_us: Ints, values: Floats, scale: tuple[float, ...] | None) -> Rows:
    """Values as counts if that loses not a single bit, as they are otherwise."""
    as_they_are = Rows(time_us, values)
    if scale is None:
        return as_they_are
    missing = values.view(np.int64) == _NAN_BITS
    with np.errstate(all="ignore"):
        counts = np.where(missing, 0.0, np.rint(values / np.array(scale)))
    size = float(np.max(np.abs(counts), initial=0.0))
    if not size <= np.iinfo(np.int32).max:  # NaN too
        return as_they_are
    cells: Cells = counts.astype(np.int16) if size <= np.iinfo(np.int16).max else counts.astype(np.int32)
    rows = Rows(time_us, cells, missing if bool(missing.any()) else None)
    same = values_of(rows, scale).view(np.int64) == values.view(np.int64)
    return rows if bool(same.all()) else as_they_are


def values_of(rows: Rows, scale: tuple[float, ...] | None) -> Floats:
    """The values, (n, channels)."""
    values = rows.cells.astype(np.float64)
    if rows.encoding != "f8" and scale is not None:
        with np.errstate(invalid="ignore"):
            values *= np.array(scale)
    if rows.missing is not None:
        values[rows.missing] = nan
    return values


def pack(rows: Rows) -> bytes:
    steps = np.diff(rows.time_us)
    wide = bool(steps.size and steps.max() >= 1 << 32)
    flags = (WIDE_STEPS if wide else 0) | (HAS_MISSING if rows.missing is not None else 0)
    columns = np.ascontiguousarray(rows.cells.T)
    if rows.encoding != "f8":
        columns = np.diff(columns, axis=1, prepend=columns.dtype.type(0))
    cell = columns.dtype.newbyteorder("<")
    planes = np.frombuffer(columns.astype(cell).tobytes(), np.uint8).reshape(-1, cell.itemsize)
    parts = (
        _HEADER.pack(VERSION, flags, rows.cells.shape[1]),
        steps.astype("<u8" if wide else "<u4").tobytes(),
        b"" if rows.missing is None else np.packbits(rows.missing).tobytes(),
        np.ascontiguousarray(planes.T).tobytes(),
    )
    return zlib.compress(b"".join(parts), 1)


def unpack(encoding: Encoding, first_us: int, count: int, blob: bytes) -> Rows:
    """The inverse of ``pack``.

    Raises:
        ValueError: the blob is damaged, or of another version.
    """
    try:
        raw = zlib.decompress(blob)
        version, flags, channels = _HEADER.unpack_from(raw)
    except (zlib.error, struct.error) as error:
        raise ValueError(str(error)) from error
    cell = np.dtype(f"<{encoding}")
    step = np.dtype("<u8" if flags & WIDE_STEPS else "<u4")
    steps_end = _HEADER.size + (count - 1) * step.itemsize
    missing_end = steps_end + (-(-count * channels // 8) if flags & HAS_MISSING else 0)
    if count < 1 or version != VERSION or len(raw) != missing_end + count * channels * cell.itemsize:
        raise ValueError(f"{len(raw)} bytes do not hold {count} rows of {channels} channels ({encoding}, v{version})")
    steps = np.frombuffer(raw[_HEADER.size : steps_end], step).astype(np.int64)
    time_us = np.cumsum(np.concatenate([np.array([first_us], np.int64), steps]))
    planes = np.frombuffer(raw[missing_end:], np.uint8).reshape(cell.itemsize, -1)
    columns = np.ascontiguousarray(planes.T).view(cell).reshape(channels, count)
    if encoding != "f8":
        columns = np.cumsum(columns, axis=1, dtype=cell)
    missing: Bools | None = None
    if flags & HAS_MISSING:
        bits = np.frombuffer(raw[steps_end:missing_end], np.uint8)
        missing = np.unpackbits(bits, count=count * channels).astype(np.bool_).reshape(count, channels)
    return Rows(time_us, np.ascontiguousarray(columns.T), missing)
