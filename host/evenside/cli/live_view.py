"""A run on the terminal: nodes, what both sides do now, figures with their intervals, and the last words of the log.

Drawn by rich a few times a second from the folded state and from ``Daemon.live``. What this never does: change
anything, or print a number that is not also in the store or in the raw samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from evenside.cli.live_bars import interval_picture, side_bars
from evenside.cli.live_state import Level, WearerState
from evenside.daemon import LiveNode, LiveSession
from evenside.notify import alert_words
from evenside_analysis.metrics import figure_words, metric
from evenside_analysis.types import Figure

__all__ = ["draw"]

BAR_CELLS = 14
PICTURE_CELLS = 25
SCALE_AI = 10.0
WORDS_LINES = 6

_STYLES = {"connected": "green", "heard": "green", "reset": "yellow", "": "dim"}


def draw(
    title: str,
    states: Sequence[WearerState],
    live: Iterable[LiveSession],
    words: Sequence[str],
    footer: str,
    known_ai: Mapping[tuple[str, str], float],
) -> RenderableType:
    """The whole picture. ``known_ai``: by site and metric, what is known to be true at this moment."""
    sessions = {session.wearer: session for session in live}
    parts: list[RenderableType] = [Text(title, style="bold")]
    for state in states:
        session = sessions.get(state.wearer)
        parts.append(_head(state, session))
        if session is not None:
            parts.append(_nodes(state, session.nodes))
        parts += [_levels(state.levels), _figures(state.figures, known_ai)]
        parts += [Text(f"▲ {alert_words(alert)}", style="bold yellow") for alert in state.alerts.values()]
    parts += [Text(line, style="dim", overflow="ellipsis", no_wrap=True) for line in words[-WORDS_LINES:]]
    parts.append(Text(footer, style="cyan"))
    return Group(*parts)


def _head(state: WearerState, session: LiveSession | None) -> Text:
    minutes, seconds = divmod(int(session.moment_s if session else state.at_s), 60)
    text = Text(f"{state.wearer}  {minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}", style="bold blue")
    if state.markers:
        text.append(f"  {state.markers} markers", style="default")
    if session is not None and session.trouble:
        text.append(f"  {session.trouble}", style="yellow")
    elif session is not None and session.recording:
        text.append("  recording", style="green")
    return text


def _nodes(state: WearerState, nodes: Sequence[LiveNode]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    for column in ("sensor", "link", "Hz", "lost", "battery", "clock error"):
        table.add_column(column, justify="left" if column in ("sensor", "link") else "right", no_wrap=True)
    for live in nodes:
        node = state.nodes.get(live.node)
        place = f"{node.side} {node.site}" if node else live.node
        silent = live.silent_s > 5.0
        link = f"silent for {live.silent_s:.0f} s" if silent else live.link or "heard"
        style = "yellow" if silent else _STYLES.get(live.link, "yellow") if live.link else "green"
        table.add_row(
            place,
            Text(link, style=style),
            _number(live.rate_hz, "{:.1f}"),
            _number(100.0 * live.lost_share, "{:.1f} %"),
            _number(state.battery_percent.get(live.node, math.nan), "{:.0f} %"),
            _number(1000.0 * live.clock_error_s, "{:.2f} ms"),
        )
    return table


def _levels(levels: Mapping[tuple[str, str], Level]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=True, header_style="dim")
    table.add_column("now", no_wrap=True)
    table.add_column("left", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("right", no_wrap=True)
    for (site, _), level in levels.items():
        digits = "{:.3f}" if level.unit == "s" else "{:.1f}" if level.full < 100.0 else "{:.0f}"
        table.add_row(
            f"{site} {level.name}",
            _number(level.left, digits),
            Text(side_bars(level.left, level.right, level.full, BAR_CELLS), style="blue"),
            f"{_number(level.right, digits)} {level.unit}",
        )
    return table


def _figures(figures: Mapping[tuple[str, str], Figure], known_ai: Mapping[tuple[str, str], float]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=True, header_style="dim")
    table.add_column("figure", no_wrap=True)
    table.add_column("left", justify="right", no_wrap=True)
    table.add_column("right", justify="right", no_wrap=True)
    table.add_column(f"◄ left {SCALE_AI:.0f}{'0'.center(PICTURE_CELLS - 18)}{SCALE_AI:.0f} right ►", no_wrap=True)
    table.add_column("in words", overflow="ellipsis", no_wrap=True)
    for (site, id_), figure in figures.items():
        row = metric(id_, site)
        known = known_ai.get((site, id_))
        words = figure_words(figure)
        table.add_row(
            f"{site} {row.name}",
            _number(figure.left_mean, "{:.3g}"),
            f"{_number(figure.right_mean, '{:.3g}')} {row.unit}",
            Text(
                interval_picture(figure.ai, figure.ai_lo, figure.ai_hi, SCALE_AI, PICTURE_CELLS, known),
                style="bold green" if figure.claim >= 1 else "default",
            ),
            f"{_known_words(figure, known)}; {words}" if known is not None else words,
        )
    return table


def _known_words(figure: Figure, known: float) -> str:
    if math.isnan(figure.ai):
        return f"set {known:+.1f}"
    return f"set {known:+.1f}, found {figure.ai:+.1f} [{figure.ai_lo:.1f}, {figure.ai_hi:.1f}]"


def _number(value: float, form: str) -> str:
    return form.format(value) if math.isfinite(value) else "–"
