"""A little SVG: elements, text, and the frame of a chart with its axes. No drawing library, no fonts, no scripts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

__all__ = ["INK", "PALE", "Frame", "axes", "circle", "document", "line", "rect", "round_step", "text", "ticks"]

INK, PALE, _PAPER = "#222222", "#d9d9d9", "#ffffff"
_FONT = "font-family:Helvetica,Arial,sans-serif"


def document(width: int, height: int, title: str, body: Sequence[str]) -> str:
    """A whole file."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" style="{_FONT}">'
    )
    paper = rect(0, 0, width, height, fill=_PAPER)
    return "\n".join([head, f"<title>{escape(title)}</title>", paper, *body, "</svg>", ""])


def line(x1: float, y1: float, x2: float, y2: float, *, stroke: str = INK, width: float = 1.0, dash: str = "") -> str:
    """A straight line."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    ends = f'x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}"'
    return f'<line {ends} stroke="{stroke}" stroke-width="{width:g}"{dashes}/>'


def rect(x: float, y: float, width: float, height: float, *, fill: str, opacity: float = 1.0) -> str:
    """A filled rectangle; sizes below zero are none."""
    size = f'x="{x:.2f}" y="{y:.2f}" width="{max(width, 0.0):.2f}" height="{max(height, 0.0):.2f}"'
    return f'<rect {size} fill="{fill}" fill-opacity="{opacity:g}"/>'


def circle(x: float, y: float, radius: float, *, fill: str, hint: str = "") -> str:
    """A dot. ``hint`` is shown where a pointer rests on it."""
    inside = f"<title>{escape(hint)}</title>" if hint else ""
    place = f'cx="{x:.2f}" cy="{y:.2f}" r="{radius:g}"'
    return f'<circle {place} fill="{fill}" fill-opacity="0.75" stroke="{_PAPER}" stroke-width="0.5">{inside}</circle>'


def text(
    x: float, y: float, words: str, *, size: int = 12, anchor: str = "start", turned: bool = False, fill: str = INK
) -> str:
    """Words at a place; ``turned``: read from below."""
    turn = f' transform="rotate(-90 {x:.2f} {y:.2f})"' if turned else ""
    look = f'font-size="{size}" text-anchor={quoteattr(anchor)} fill="{fill}"{turn}'
    return f'<text x="{x:.2f}" y="{y:.2f}" {look}>{escape(words)}</text>'


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) within [low, high]."""
    step = round_step((high - low) / about)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(count * step, 12) for count in range(first, last + 1)]


def round_step(least: float) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that is not below ``least``, which is positive."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= 0.999 * least)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where values lie on the paper: ``x`` and ``y`` are the values at the edges, the rest is in pixels."""

    x: tuple[float, float]
    y: tuple[float, float]
    left: float = 70.0
    top: float = 64.0
    width: float = 480.0
    height: float = 300.0

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def at_x(self, value: float) -> float:
        return self.left + self.width * (value - self.x[0]) / (self.x[1] - self.x[0])

    def at_y(self, value: float) -> float:
        return self.bottom - self.height * (value - self.y[0]) / (self.y[1] - self.y[0])


def axes(frame: Frame, x_words: str, y_words: str) -> list[str]:
    """Grid, numbers and what the axes are."""
    parts: list[str] = []
    for value in ticks(*frame.x):
        place = frame.at_x(value)
        parts.append(line(place, frame.top, place, frame.bottom, stroke=PALE, width=0.5))
        parts.append(text(place, frame.bottom + 18, _number(value), anchor="middle"))
    for value in ticks(*frame.y):
        place = frame.at_y(value)
        parts.append(line(frame.left, place, frame.right, place, stroke=PALE, width=0.5))
        parts.append(text(frame.left - 8, place + 4, _number(value), anchor="end"))
    parts.append(line(frame.left, frame.bottom, frame.right, frame.bottom))
    parts.append(line(frame.left, frame.top, frame.left, frame.bottom))
    parts.append(text(0.5 * (frame.left + frame.right), frame.bottom + 40, x_words, anchor="middle", size=13))
    middle = 0.5 * (frame.top + frame.bottom)
    parts.append(text(frame.left - 48, middle, y_words, anchor="middle", size=13, turned=True))
    return parts


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")
