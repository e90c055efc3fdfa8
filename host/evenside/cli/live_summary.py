"""The figures of a session as a table for people: both sides, the difference, its interval, how far it carries."""

from __future__ import annotations

from math import isfinite

from evenside.cli.live_bars import interval_picture
from evenside.cli.text import duration_text, table_text
from evenside_analysis.habit_text import count_words
from evenside_analysis.metrics import figure_words, metric, sided, sided_interval
from evenside_analysis.regularity import regularity_words
from evenside_analysis.report import Summary
from evenside_analysis.types import Figure

__all__ = ["figure_table", "summary_text"]

_CELLS = 21


def summary_text(summary: Summary) -> str:
    """Length, completeness of the nodes, the table, and a sentence for each figure, number and finding."""
    nodes = ", ".join(f"{node.node} {100.0 * node.completeness:.1f} %" for node in summary.nodes if node.samples)
    lines = [f"{duration_text(summary.end_s - summary.start_s)}; heard: {nodes or 'nothing'}", ""]
    if summary.figures:
        lines += [figure_table(summary.figures), ""]
    else:
        lines += ["no figure: there is no pair of nodes that was heard for long enough", ""]
    lines += [f"{figure.site}: {figure_words(figure)}" for figure in summary.figures]
    # One whose interval holds zero says nothing; a program finds it in the JSON all the same.
    lines += [f"{number.site}: {number.words}" for number in summary.numbers if not number.lo <= 0.0 <= number.hi]
    lines += [regularity_words(regularity) for regularity in summary.regularity]
    lines += [count_words(count) for count in summary.habits]
    return "\n".join([*lines, *summary.checks.words]).rstrip()


def figure_table(figures: tuple[Figure, ...]) -> str:
    """One row a figure, with a picture of its interval; the budget is what this setup could feign."""
    scale_ai = _scale_ai(figures)
    picture = f"{scale_ai:g} left".ljust(_CELLS // 2) + "0" + f"{scale_ai:g} right".rjust(_CELLS // 2)
    header = (
        "site",
        "figure",
        "n",
        "left",
        "right",
        "unit",
        picture,
        "AI",
        "95 % interval",
        "budget",
        "MDC95",
        "claim",
    )
    return table_text(header, [_row(figure, scale_ai) for figure in figures])


def _scale_ai(figures: tuple[Figure, ...]) -> float:
    """The least round number that holds every interval, 100 at most."""
    most = max((abs(end) for figure in figures for end in (figure.ai_lo, figure.ai_hi) if isfinite(end)), default=0.0)
    return next((scale for scale in (5.0, 10.0, 20.0, 50.0) if most <= scale), 100.0)


def _row(figure: Figure, scale_ai: float) -> tuple[str, ...]:
    row = metric(figure.metric, figure.site)
    return (
        *(figure.site, row.name, str(figure.n)),
        *(_number(figure.left_mean, ".4g"), _number(figure.right_mean, ".4g"), row.unit),
        interval_picture(figure.ai, figure.ai_lo, figure.ai_hi, scale_ai, _CELLS),
        *(sided(figure.ai), sided_interval(figure.ai_lo, figure.ai_hi)),
        *(_number(figure.bias_budget_ai, ".1f"), _number(figure.mdc95_ai, ".1f"), str(figure.claim)),
    )


def _number(value: float, form: str) -> str:
    return format(value, form) if isfinite(value) else ""
