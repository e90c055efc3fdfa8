"""An alert as one sentence: what was measured, against which limit. It never judges, names a cause or advises."""

from __future__ import annotations

from evenside_analysis.metrics import figure_words
from evenside_analysis.types import Alert

__all__ = ["alert_words", "context_words"]

# Of gait metrics only straight walking counts; these are measured whatever the wearer does.
_ANYTIME = frozenset({"load_share", "arm_use"})


def context_words(metric: str) -> str:
    """In what a metric is measured."""
    return "any" if metric in _ANYTIME else "straight walking"


def alert_words(alert: Alert) -> str:
    """ "alert bag raised: load 6.2 % (AI) more load on the right …; the limit is 5.0 % (AI) on the right".

    Raises ValueError for a metric that nobody knows.
    """
    where = f" ({alert.site})" if alert.site else ""
    said = figure_words(alert.figure)
    limit = f"{alert.limit_ai:.1f} % (AI) on the {alert.side}"
    if alert.active:
        return f"alert {alert.rule} raised: {said}{where}; the limit is {limit}"
    return f"alert {alert.rule} cleared: {said}{where}; it is over below {limit}"
