"""Sizes, times and tables as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from math import isfinite

__all__ = ["bytes_text", "duration_text", "table_text", "time_text"]


def bytes_text(count: float) -> str:
    """Bytes in decimal units, as disks are sold: "61.0 MB"."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(size) < 999.95:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def duration_text(seconds: float) -> str:
    """A span in its two largest units: "2 h 5 min", "3 d 4 h", "4.2 s"; "?" where it is not known."""
    if not isfinite(seconds):
        return "?"
    if abs(seconds) < 59.95:
        return f"{seconds:.1f} s"
    sign, whole = ("-" if seconds < 0 else ""), round(abs(seconds))
    minutes, rest_s = divmod(whole, 60)
    hours, rest_min = divmod(minutes, 60)
    days, rest_h = divmod(hours, 24)
    pairs = ((days, "d", rest_h, "h"), (hours, "h", rest_min, "min"), (minutes, "min", rest_s, "s"))
    large, unit, small, small_unit = next(pair for pair in pairs if pair[0])
    return f"{sign}{large} {unit}" + (f" {small} {small_unit}" if small else "")


def time_text(ts_ns: int) -> str:
    """A moment in the time of this place: "2026-05-01 14:03:09"."""
    return f"{datetime.fromtimestamp(ts_ns // 1_000_000_000).astimezone():%Y-%m-%d %H:%M:%S}"


def table_text(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side, two blanks apart; columns of nothing but numbers stand to the right."""
    columns = [list(column) for column in zip_longest(*rows, fillvalue="")] or [[] for _ in header]
    lines: list[list[str]] = []
    for title, column in zip_longest(header, columns, fillvalue=None):
        cells = [title or "", *(column or [])]
        width = max(map(len, cells))
        right = bool(column) and all(_is_number(cell) for cell in column or [] if cell)
        lines.append([cell.rjust(width) if right else cell.ljust(width) for cell in cells])
    return "\n".join("  ".join(line).rstrip() for line in zip(*lines, strict=True))


def _is_number(cell: str) -> bool:
    try:
        float(cell.rstrip("% "))
    except ValueError:
        return False
    return True
