"""What is known of the simulated wearer beside what is found: for the display, for the log, and as a last table."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

from evenside.cli.text import table_text
from evenside.daemon import Told
from evenside.simulator import Wearer
from evenside_analysis.metrics import metric, sided, sided_interval
from evenside_analysis.report import Report
from evenside_analysis.types import Figure

__all__ = ["KnownTruth"]

SETTLE_S = 2.0  # of a segment: the first steps from a stand are not those of steady walking
LOGGED = (("insole", "stance_time"), ("insole", "impulse"), ("strap", "load_share"))
LOG_EVERY_S = 6.0

_log = logging.getLogger("evenside.demo")


class KnownTruth:
    """Collects figures of windows that lie within one segment of the script, where the truth is one number."""

    def __init__(self, wearer: Wearer, window_s: float, end_s: float) -> None:
        self._wearer, self._window_s, self._end_s = wearer, window_s, end_s
        self._found: list[tuple[float, Figure]] = []
        self._logged_s: dict[tuple[str, str], float] = {}

    def known_ai(self, at_s: float) -> Mapping[tuple[str, str], float]:
        """By site and metric, what was set for the window that ends at ``at_s``; empty where it spans a change."""
        number = self._segment(at_s - self._window_s, at_s) if at_s <= self._end_s else None
        if number is None:
            return {}
        truth = self._wearer.truth(number)
        known: dict[tuple[str, str], float] = {}
        for id_, where, left, right in truth.rows:
            if left + right > 0.0:
                for site in ("foot", "insole") if where == "feet" else ("strap",):
                    known[site, id_] = 100.0 * (right - left) / (left + right)
        return known

    def told(self, told: Told) -> None:
        """A listener: keeps the figures that can be compared."""
        for figure in told.what.figures if isinstance(told.what, Report) else ():
            known = self.known_ai(figure.end_s).get((figure.site, figure.metric))
            if known is not None and not math.isnan(figure.ai):
                self._found.append((known, figure))

    def log(self, told: Told) -> None:
        """A listener: now and then a line of the most telling figures."""
        for figure in told.what.figures if isinstance(told.what, Report) else ():
            key = figure.site, figure.metric
            due_s = self._logged_s.get(key, -math.inf) + LOG_EVERY_S
            if key in LOGGED and not math.isnan(figure.ai) and figure.end_s >= due_s:
                self._logged_s[key] = figure.end_s
                _log.info("%s", _line(figure, self.known_ai(figure.end_s).get(key)))

    def report(self) -> str:
        """The last figure of each kind that was uneven by what was set, and how often the intervals held the truth."""
        last = {(figure.site, figure.metric): (known, figure) for known, figure in self._found if known}
        if not last:
            return "it was too short to find anything: give it more --seconds"
        rows = [_row(known, figure) for known, figure in last.values()]
        table = table_text(("site", "figure", "left", "right", "unit", "set", "found", "95 % interval"), rows)
        held = sum(figure.ai_lo <= known <= figure.ai_hi for known, figure in self._found)
        return f"{table}\n\nthe interval held what was set in {held} of {len(self._found)} figures; neighbours overlap"

    def _segment(self, start_s: float, end_s: float) -> int | None:
        """The number of the segment that holds all of this time, but for its first steps."""
        number = 0
        while self._wearer.start_of(number + 1) < end_s:
            number += 1
        return number if start_s >= self._wearer.start_of(number) + SETTLE_S else None


def _row(known: float, figure: Figure) -> tuple[str, ...]:
    row = metric(figure.metric, figure.site)
    sides = f"{figure.left_mean:.4g}", f"{figure.right_mean:.4g}"
    interval = sided_interval(figure.ai_lo, figure.ai_hi)
    return (figure.site, row.name, *sides, row.unit, sided(known), sided(figure.ai), interval)


def _line(figure: Figure, known: float | None) -> str:
    row = metric(figure.metric, figure.site)
    sides = f"left {figure.left_mean:.3g}, right {figure.right_mean:.3g} {row.unit}"
    was_set = f"set {sided(known)}, " if known is not None else ""
    found = f"{was_set}found {sided(figure.ai)} {sided_interval(figure.ai_lo, figure.ai_hi)}"
    return f"{figure.end_s:4.0f} s  {figure.site} {row.name}: {sides}; {found}"
