"""Consistent Overhead Byte Stuffing (Cheshire & Baker 1999): bytes without a zero, at most one more per 254.

Pure functions on whole packets. Splitting at the zeros lets the interpreter copy runs instead of bytes.
"""

from __future__ import annotations

__all__ = ["cobs_decode", "cobs_encode", "encoded_bytes_max"]

RUN_BYTES_MAX = 254


def encoded_bytes_max(length: int) -> int:
    """The longest encoding of ``length`` bytes."""
    return length + length // RUN_BYTES_MAX + 1


def cobs_encode(data: bytes) -> bytes:
    """``data`` without any zero byte, shortest form: a full run at the very end has no empty run behind it."""
    parts: list[bytes] = []
    for run in data.split(b"\0"):
        full = len(run) // RUN_BYTES_MAX * RUN_BYTES_MAX
        for first in range(0, full, RUN_BYTES_MAX):
            parts += (b"\xff", run[first : first + RUN_BYTES_MAX])
        parts += (bytes((len(run) - full + 1,)), run[full:])
    if len(parts) > 2 and len(parts[-3]) == RUN_BYTES_MAX and not data.endswith(b"\0") and not parts[-1]:
        del parts[-2:]
    return b"".join(parts)


def cobs_decode(data: bytes) -> bytes | None:
    """The bytes that ``data`` encodes, or None where it encodes nothing (a zero inside, or a run that is cut off)."""
    if not data or 0 in data:
        return None
    parts: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        code = data[at]
        parts.append(data[at + 1 : at + code])
        at += code
        if code <= RUN_BYTES_MAX and at < end:
            parts.append(b"\0")
    return b"".join(parts) if at == end else None
