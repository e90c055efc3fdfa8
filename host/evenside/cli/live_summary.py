"""The figures of a session as a table for people: both sides, the difference, its interval, how far it carries."""

from __future__ import annotations

from math import isfinite

from evenside.cli.text import duration_text, table_text
from evenside_analysis.metrics import figure_words, metric
from evenside_analysis.report import Summary
from evenside_analysis.types import Figure

__all__ = ["figure_table", "summary_text"]


def summary_text(summary: Summary) -> str:
    """Length, completeness of the nodes, the table, and a sentence for each figure and finding."""
    nodes = ", ".join(f"{node.node} {100.0 * node.completeness:.1f} %" for node in summary.nodes if node.samples)
    lines = [f"{duration_text(summary.end_s - summary.start_s)}; heard: {nodes or 'nothing'}", ""]
    if summary.figures:
        lines += [figure_table(summary.figures), ""]
    else:
        lines += ["no figure: there is no pair of nodes that was heard for long enough", ""]
    lines += [f"{figure.site}: {figure_words(figure)}" for figure in summary.figures]
    return "\n".join([*lines, *summary.checks.words]).rstrip()


def figure_table(figures: tuple[Figure, ...]) -> str:
    """One row a figure. Positive AI: larger on the right; the budget is what this setup could feign."""
    header = ("site", "figure", "n", "left", "right", "unit", "AI", "95 % interval", "budget", "MDC95", "claim")
    return table_text(header, [_row(figure) for figure in figures])


def _row(figure: Figure) -> tuple[str, ...]:
    row = metric(figure.metric, figure.site)
    interval = f"{figure.ai_lo:+.1f} to {figure.ai_hi:+.1f}" if isfinite(figure.ai_lo + figure.ai_hi) else ""
    return (
        *(figure.site, row.name, str(figure.n)),
        *(_number(figure.left_mean, ".4g"), _number(figure.right_mean, ".4g"), row.unit),
        *(_number(figure.ai, "+.1f"), interval, _number(figure.bias_budget_ai, ".1f"), _number(figure.mdc95_ai, ".1f")),
        str(figure.claim),
    )


def _number(value: float, form: str) -> str:
    return format(value, form) if isfinite(value) else ""
