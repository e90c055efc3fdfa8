"""What a node keeps beside its frames: the calibration blob, and the zero of its force cells."""

from __future__ import annotations

import zlib

import numpy as np

from evenside.wire.codes import Result
from evenside.wire.commands import CalibrationPiece
from evenside_analysis.types import Floats, Ints

__all__ = ["CALIBRATION_BYTES_MAX", "CalibrationKeep", "TareStage"]

CALIBRATION_BYTES_MAX = 512


class CalibrationKeep:
    """A blob that travels with the node. The node does not look into it."""

    def __init__(self, blob: bytes = b"") -> None:
        self.blob = blob
        self._incoming = b""

    def piece(self, offset: int, bytes_max: int) -> CalibrationPiece | None:
        """None where ``offset`` lies behind the end."""
        if offset > len(self.blob):
            return None
        return CalibrationPiece(len(self.blob), zlib.crc32(self.blob), offset, self.blob[offset : offset + bytes_max])

    def put(self, total: int, crc32: int, offset: int, piece: bytes) -> Result:
        """Offset 0 begins anew; nothing is kept before the last piece is in and the CRC is right."""
        arrived = (self._incoming if offset else b"") + piece
        if total > CALIBRATION_BYTES_MAX or len(arrived) > total or (offset and offset != len(self._incoming)):
            return Result.BAD_ARGS
        self._incoming = arrived
        if len(arrived) < total:
            return Result.OK
        self._incoming = b""
        if zlib.crc32(arrived) != crc32:
            return Result.BAD_CRC
        self.blob = arrived
        return Result.OK


class TareStage:
    """Takes the zero off the chosen columns, and measures a new zero over a span of time."""

    def __init__(self, columns: list[int]) -> None:
        self.columns = columns
        self._zero = np.zeros(len(columns))
        self._sum = np.zeros(len(columns))
        self._count = 0
        self._end_us: int | None = None

    @property
    def running(self) -> bool:
        return self._end_us is not None

    def begin(self, end_us: int) -> None:
        self._end_us, self._count, self._sum = end_us, 0, np.zeros(len(self.columns))

    def take(self, t_us: Ints, values: Floats) -> tuple[Floats, int | None]:
        """``values`` (n, channels) without the zero, and how many samples a measurement that ended here had."""
        if not self.running and not self._zero.any():
            return values, None
        before = len(t_us) if self._end_us is None else int(np.searchsorted(t_us, self._end_us))
        tared = values.copy()
        tared[:before, self.columns] -= self._zero
        if self._end_us is None:
            return tared, None
        measured = values[:before, self.columns]
        measured = measured[np.isfinite(measured).all(axis=1)]
        self._sum += measured.sum(axis=0)
        self._count += len(measured)
        if before == len(t_us):
            return tared, None
        if self._count:
            self._zero = self._sum / self._count
        self._end_us = None
        tared[before:, self.columns] -= self._zero
        return tared, self._count
