"""Blocks in, figures out: the one entrance. Live, replay and offline fold ``step`` over blocks and get the same bits."""

from __future__ import annotations

from dataclasses import dataclass

from evenside_analysis.report import Checks, Report, Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Block

__all__ = ["MonitorState", "start", "step", "summary"]


@dataclass(frozen=True, slots=True, eq=False)
class MonitorState:
    """Everything the past has to say. Plain data: it can be pickled and resumed."""


def start(settings: MonitorSettings) -> MonitorState:
    """The state before the first block."""
    return MonitorState()


def step(settings: MonitorSettings, state: MonitorState, block: Block) -> tuple[MonitorState, Report]:
    """Advance by one block of one node. Raises ValueError for a node that the settings do not name."""
    return state, Report()


def summary(settings: MonitorSettings, state: MonitorState) -> Summary:
    """The session up to now."""
    return Summary(0.0, 0.0, (), float("nan"), Checks(), ())
