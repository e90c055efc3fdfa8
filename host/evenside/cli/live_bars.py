"""Small pictures in a line of text: two bars back to back for left and right, an interval around zero."""

from __future__ import annotations

from math import isfinite

__all__ = ["interval_picture", "side_bars"]

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def side_bars(left: float, right: float, full: float, width: int) -> str:
    """Left grows to the left and right to the right of one middle; ``width`` cells each. NaN is an empty bar."""
    return f"{_bar(left, full, width).rjust(width)}┃{_bar(right, full, width, fine=True).ljust(width)}"


def interval_picture(
    ai: float, lo: float, hi: float, scale_ai: float, width: int, known_ai: float | None = None
) -> str:
    """An AI with its interval on a line from ``-scale_ai`` (left) to ``scale_ai`` (right), zero in the middle.

    ``●`` is the AI, ``━`` its interval, ``◇`` what is known to be true, ``│`` zero. What lies beyond the line stands at
    its end. ``width`` is made odd.
    """
    width |= 1

    def cell(value: float) -> int:
        return round((min(max(value / scale_ai, -1.0), 1.0) + 1.0) / 2.0 * (width - 1))

    cells = ["·"] * width
    cells[width // 2] = "│"
    if isfinite(lo) and isfinite(hi):
        for place in range(cell(lo), cell(hi) + 1):
            cells[place] = "━"
    if known_ai is not None:
        cells[cell(known_ai)] = "◇"
    if isfinite(ai):
        cells[cell(ai)] = "●"
    return "".join(cells)


def _bar(value: float, full: float, width: int, *, fine: bool = False) -> str:
    """Blocks for ``value`` out of ``full``; to the eighth of a cell where the bar grows to the right."""
    if not (isfinite(value) and full > 0.0):
        return ""
    eighths = round(min(max(value / full, 0.0), 1.0) * width * 8)
    if not fine:
        return "█" * round(eighths / 8)
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
