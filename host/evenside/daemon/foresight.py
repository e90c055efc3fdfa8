"""Figures for a live view while samples of a node are still awaited: a fork of the state that runs ahead.

The state of the analysis is a value, so a copy of it may go on with what is here already and with rows of NaN for what
is not; the state itself waits. What the fork finds is provisional and goes to whoever watches, never to the store, a
recording or an alert. Once the samples have come in their turn the fork is thrown away, and the figures of those
windows come again, from all samples. What this never does: touch the state that it was forked from.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from evenside_analysis import monitor
from evenside_analysis.report import Report
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Block

__all__ = ["Foresight", "Provisional"]

BLOCKS_MAX = 1024

_log = logging.getLogger("evenside.daemon")


@dataclass(frozen=True, slots=True)
class Provisional:
    """What would be reported if nothing more came of the nodes that are awaited; void with the next ``Report``."""

    report: Report


class Foresight:
    """Of one wearer. ``state`` is always the one that has seen every block in its turn."""

    def __init__(self, settings: MonitorSettings) -> None:
        self._settings = settings
        self._fork: monitor.MonitorState | None = None
        self._ahead: dict[str, list[Block]] = {}  # by node: told ahead, and still to come in their turn

    def told(self, state: monitor.MonitorState, node: str, block: Block | None) -> list[Provisional]:
        """Something of a node came ahead of its turn; None: it has nothing ahead any more."""
        if block is None:
            if self._ahead.pop(node, None) is None:
                return []
            self._fork = None
            return self._again(state)
        known = self._ahead.setdefault(node, [])
        known.append(block)
        if sum(map(len, self._ahead.values())) > BLOCKS_MAX:
            self._ahead, self._fork = {}, None  # longer than anybody waits
            return []
        if self._fork is None:
            return self._again(state)
        return self._step(block)

    def followed(self, block: Block) -> list[Provisional]:
        """A block came in its turn, and the state has seen it."""
        if self._fork is None or block.node in self._ahead:
            return []
        return self._step(block)

    def _again(self, state: monitor.MonitorState) -> list[Provisional]:
        """Fork anew, with all that is still told ahead."""
        if not self._ahead:
            return []
        self._fork = state
        return [found for blocks in self._ahead.values() for block in blocks for found in self._step(block)]

    def _step(self, block: Block) -> list[Provisional]:
        if self._fork is None:
            return []
        try:
            self._fork, report = monitor.step(self._settings, self._fork, block)
        except Exception:  # nobody depends on it
            _log.debug("looking ahead failed", exc_info=True)
            self._ahead, self._fork = {}, None
            return []
        return [Provisional(report)] if report.figures or report.rows else []
