"""The two charts of a validation: agreement after Bland and Altman (1986), and the histogram of errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenside.validation.agreement import LIMITS_SD, bias, spread
from evenside.validation.svg import INK, Frame, axes, circle, document, line, rect, round_step, text
from evenside_analysis.types import Floats

__all__ = ["Dot", "agreement_chart", "error_chart"]

# Okabe, Ito (2008): told apart by everybody.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_WIDTH, _HEIGHT = 720, 456
_LEGEND_X = 566
_BINS = 50
_LINES = "#444444"


@dataclass(frozen=True, slots=True)
class Dot:
    """One trial: annotated and found value, its name, and the group that colours it."""

    annotated: float
    found: float
    name: str
    group: str


def agreement_chart(title: str, subtitle: str, unit: str, dots: Sequence[Dot]) -> str:
    """Found minus annotated over the mean of both, one dot a trial, with bias and limits of agreement."""
    mean = np.array([0.5 * (dot.annotated + dot.found) for dot in dots])
    error = np.array([dot.found - dot.annotated for dot in dots])
    middle, wide = float(bias(error)), float(spread(error))
    limits = [middle - LIMITS_SD * wide, middle + LIMITS_SD * wide] if np.isfinite(wide) else []
    frame = Frame(_span(mean), _span(np.array([*error, *limits, 0.0])))
    groups = sorted({dot.group for dot in dots})
    colours = {group: _COLOURS[place % len(_COLOURS)] for place, group in enumerate(groups)}
    body = [*_head(title, subtitle), *axes(frame, f"mean of found and annotated, {unit}", f"found − annotated, {unit}")]
    body.append(line(frame.left, frame.at_y(0.0), frame.right, frame.at_y(0.0), width=0.75))
    for value, words, dash in ((middle, "bias", ""), *((one, "limit", "6 4") for one in limits)):
        place = frame.at_y(value)
        body.append(line(frame.left, place, frame.right, place, stroke=_LINES, width=1.5, dash=dash))
        body.append(text(frame.right + 8, place + 4, f"{words} {_signed(value, 2)}", fill=_LINES))
    for dot, x, y in zip(dots, mean.tolist(), error.tolist(), strict=True):
        hint = f"{dot.name}: annotated {_signed(dot.annotated, 2)}, found {_signed(dot.found, 2)} {unit}"
        body.append(circle(frame.at_x(x), frame.at_y(y), 4.5, fill=colours[dot.group], hint=hint))
    for place, group in enumerate(groups if len(groups) > 1 else ()):
        x = frame.left + 130 * place
        body.append(circle(x + 5, frame.bottom + 66, 4.5, fill=colours[group]))
        body.append(text(x + 16, frame.bottom + 70, group or "no group"))
    return document(_WIDTH, _HEIGHT, title, body)


def error_chart(title: str, subtitle: str, series: Sequence[tuple[str, Floats]]) -> str:
    """Histogram of found minus annotated in ms, one colour a foot; the outermost bins hold what lies beyond."""
    pooled = np.concatenate([values for _, values in series])
    low, high = np.percentile(np.append(pooled, 0.0), [0.5, 99.5]).tolist()
    wide = round_step((high - low) / _BINS) if high > low else 1.0
    first, last = int(np.floor(min(low, 0.0) / wide)), int(np.ceil(max(high, 0.0) / wide)) + 1
    edges = wide * np.arange(first, last + 1)
    inside = [np.clip(values, edges[0], edges[-1] - 0.5 * wide) for _, values in series]
    counts = [np.histogram(values, edges)[0] for values in inside]
    top = 1.08 * float(max(count.max() for count in counts)) or 1.0
    frame = Frame((float(edges[0]), float(edges[-1])), (0.0, top))
    body = [*_head(title, subtitle), *axes(frame, "found − annotated, ms", f"events in {wide:g} ms")]
    for place, count in enumerate(counts):
        for edge, height in zip(edges[:-1].tolist(), count.tolist(), strict=True):
            x, y = frame.at_x(edge), frame.at_y(height)
            width = frame.at_x(edge + wide) - x
            body.append(rect(x, y, width, frame.bottom - y, fill=_COLOURS[place], opacity=0.5))
    body.append(line(frame.at_x(0.0), frame.top, frame.at_x(0.0), frame.bottom, width=0.75, dash="2 3"))
    named = []
    for place, (name, values) in enumerate(series):
        named.append((f"{name}, n {values.size}", _COLOURS[place]))
        named.append((f"bias {_signed(float(bias(values)), 1)} ms", ""))
        named.append((f"SD {float(spread(values)):.1f} ms", ""))
    return document(_WIDTH, _HEIGHT, title, [*body, *_legend(named, frame.top + 14)])


def _head(title: str, subtitle: str) -> list[str]:
    return [text(70, 26, title, size=16), text(70, 46, subtitle, size=12, fill="#555555")]


def _legend(named: Sequence[tuple[str, str]], top: float) -> list[str]:
    parts: list[str] = []
    for row, (words, colour) in enumerate(named):
        y = top + 18 * row
        if colour:
            parts.append(rect(_LEGEND_X, y - 9, 10, 10, fill=colour, opacity=0.75))
        parts.append(text(_LEGEND_X + 16, y, words, fill=INK))
    return parts


def _span(values: Floats) -> tuple[float, float]:
    """Of an axis that shows them all, with some room."""
    low, high = float(values.min()), float(values.max())
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")
