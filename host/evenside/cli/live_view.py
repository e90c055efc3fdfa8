"""A run on the terminal: nodes, what both sides do now, figures with their intervals, and the last words of the log.

Drawn by rich a few times a second from the folded state and from ``Daemon.live``, into whatever size the terminal has:
what matters least is left out first. What this never does: change anything, or print a number that is not also in the
store or in the raw samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from evenside.cli.live_bars import interval_picture, side_bars
from evenside.cli.live_nodes import node_table
from evenside.cli.live_state import Level, WearerState
from evenside.daemon import LiveSession
from evenside.notify import alert_words
from evenside_analysis.habit_text import bout_words
from evenside_analysis.metrics import figure_words, metric, sided, sided_interval
from evenside_analysis.types import Figure

__all__ = ["Frame", "draw"]

BAR_CELLS = 14
WORDS_LINES = 5
WIDE = 120
# What is shown where there is not room for all.
_ORDER = ("stance_time", "load_share", "step_time", "impulse", "peak_force", "swing_time", "stride_time")


@dataclass(frozen=True, slots=True)
class Frame:
    """Around the picture. ``known_ai``: by site and metric, what is known to be true at this moment.

    Intervals are drawn from ``-scale_ai`` to ``scale_ai``; ``columns`` and ``lines`` are the size of the terminal.
    """

    title: str
    footer: str
    columns: int
    lines: int
    known_ai: Mapping[tuple[str, str], float] = field(default_factory=dict)
    scale_ai: float = 10.0


def draw(
    frame: Frame, states: Sequence[WearerState], live: Iterable[LiveSession], words: Sequence[str]
) -> RenderableType:
    """The whole picture, no taller than the terminal as long as one wearer fits."""
    sessions = {session.wearer: session for session in live}
    said = _said(states, words)
    room = (frame.lines - 3 - len(said)) // max(1, len(states))
    parts: list[RenderableType] = [_line(frame.title, "bold")]
    for state in states:
        parts += _wearer(frame, state, sessions.get(state.wearer), room)
    return Group(*parts, *said, _line(frame.footer, "cyan"))


def _wearer(frame: Frame, state: WearerState, session: LiveSession | None, room: int) -> list[RenderableType]:
    parts: list[RenderableType] = [_head(state, session)]
    room -= 1
    if session is not None:
        nodes = node_table(state, session.nodes)
        parts.append(nodes)
        room -= nodes.row_count + 1
    levels = _first(state.levels, max(2, room // 3 - 1))
    if levels:
        parts.append(_levels(levels))
        room -= len(levels) + 1
    figures = _first(state.figures, max(2, room - 1))
    if figures:
        parts.append(_figures(frame, figures))
    return parts


def _said(states: Sequence[WearerState], words: Sequence[str]) -> list[RenderableType]:
    alerts = [alert for state in states for alert in state.alerts.values()]
    habits = [bout_words(one) for state in states for one in state.habits.values() if one.kind != "worn"]
    return [
        *([_line("; ".join(habits), "magenta")] if habits else []),
        *(_line(f"▲ {alert_words(alert)}", "bold yellow") for alert in alerts[-2:]),
        *(_line(line, "dim") for line in list(words)[-WORDS_LINES:]),
    ]


def _first(found: Mapping[tuple[str, str], Level | Figure], count: int) -> dict[tuple[str, str], Level | Figure]:
    """The ``count`` that matter most, in the order in which they came."""
    places = {id_: place for place, id_ in enumerate(_ORDER)}
    ranked = sorted(found, key=lambda key: places.get(key[1], -1 if key[1] in ("load", "power", "motion") else 99))
    kept = set(ranked[:count])
    return {key: value for key, value in found.items() if key in kept}


def _line(text: str, style: str) -> Text:
    return Text(text, style=style, overflow="ellipsis", no_wrap=True)


def _head(state: WearerState, session: LiveSession | None) -> Text:
    minutes, seconds = divmod(int(session.moment_s if session else state.at_s), 60)
    text = _line(f"{state.wearer}  {minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}", "bold blue")
    if state.markers:
        text.append(f"  {state.markers} marker{'s' * (state.markers != 1)}", style="default")
    if session is not None and session.trouble:
        text.append(f"  {session.trouble.splitlines()[0]}", style="yellow")
    elif session is not None and session.recording:
        text.append("  recording", style="green")
    return text


def _levels(levels: Mapping[tuple[str, str], Level | Figure]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("now", no_wrap=True)
    table.add_column("left", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("right", no_wrap=True)
    for (site, _), level in levels.items():
        if isinstance(level, Level):
            digits = "{:.3f}" if level.unit == "s" else "{:.1f}" if level.full < 100.0 else "{:.0f}"
            bars = Text(side_bars(level.left, level.right, level.full, BAR_CELLS), style="blue")
            right = f"{_number(level.right, digits)} {level.unit}"
            table.add_row(f"{site} {level.name}", _number(level.left, digits), bars, right)
    return table


def _figures(frame: Frame, figures: Mapping[tuple[str, str], Level | Figure]) -> Table:
    wide = frame.columns >= WIDE
    cells = 25 if wide else 15
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("figure", no_wrap=True, min_width=21)
    table.add_column("left", justify="right", no_wrap=True, min_width=6)
    table.add_column("right", no_wrap=True, min_width=8)
    edge = f"{frame.scale_ai:.0f}"
    table.add_column(f"{edge}◄{'0'.center(cells - 2 * len(edge) - 2)}►{edge}", no_wrap=True, min_width=cells)
    table.add_column("in words" if wide else "AI", overflow="ellipsis", no_wrap=True)
    for (site, id_), figure in figures.items():
        if isinstance(figure, Figure):
            row, known = metric(id_, site), frame.known_ai.get((site, id_))
            picture = interval_picture(figure.ai, figure.ai_lo, figure.ai_hi, frame.scale_ai, cells, known)
            table.add_row(
                f"{site} {row.name}",
                _number(figure.left_mean, "{:.3g}"),
                f"{_number(figure.right_mean, '{:.3g}')} {row.unit}",
                Text(picture, style="bold green" if figure.claim >= 1 else "default"),
                _words(figure, known, wide=wide),
            )
    return table


def _words(figure: Figure, known: float | None, *, wide: bool) -> str:
    found = f"{sided(figure.ai)} {sided_interval(figure.ai_lo, figure.ai_hi)}".strip()
    if known is not None:
        return f"set {sided(known)}, found {found or 'nothing yet'}" if wide else f"set {sided(known)}: {found}"
    return figure_words(figure) if wide else found


def _number(value: float, form: str) -> str:
    return form.format(value) if math.isfinite(value) else "–"
