"""What the monitor says: all that one step found out, and what a whole session comes to.

Everything here is a value. A ``Report`` holds only what no later sample can change; a ``Summary`` is asked of the state
at any moment and covers the session up to then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from evenside_analysis.habit_counts import HabitCount
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.nudge import Nudge
from evenside_analysis.regularity import Regularity
from evenside_analysis.rows import Rows
from evenside_analysis.strides import Strides
from evenside_analysis.sync_watch import SyncFinding
from evenside_analysis.types import Alert, Contacts, Figure, Site

__all__ = ["Checks", "NodeContacts", "NodeStrides", "NodeSummary", "Number", "PairRows", "Report", "Summary"]


@dataclass(frozen=True, slots=True, eq=False)
class NodeContacts:
    """New foot contacts of one node."""

    node: str
    contacts: Contacts


@dataclass(frozen=True, slots=True, eq=False)
class NodeStrides:
    """New strides of one node."""

    node: str
    strides: Strides


@dataclass(frozen=True, slots=True, eq=False)
class PairRows:
    """New rows of both sides of one site: column ``j`` of the rows is metric ``metrics[j]``."""

    site: Site
    metrics: tuple[str, ...]
    rows: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What one step found out. Figures and alerts of one site are in the order of time."""

    contacts: tuple[NodeContacts, ...] = ()
    strides: tuple[NodeStrides, ...] = ()
    rows: tuple[PairRows, ...] = ()
    figures: tuple[Figure, ...] = ()  # of the windows that are over
    alerts: tuple[Alert, ...] = ()
    regularity: tuple[Regularity, ...] = ()  # of the bouts that are over, one sensor on the trunk
    sync: tuple[SyncFinding, ...] = ()  # events that both sides of a pair felt
    habits: tuple[HabitEvent, ...] = ()  # those of one kind in the order in which they became known
    nudges: tuple[Nudge, ...] = ()  # habits that go on for long; those of one rule are in the order of time

    def followed_by(self, later: Report) -> Report:
        """This report and then the later one."""
        return Report(
            self.contacts + later.contacts,
            self.strides + later.strides,
            self.rows + later.rows,
            self.figures + later.figures,
            self.alerts + later.alerts,
            self.regularity + later.regularity,
            self.sync + later.sync,
            self.habits + later.habits,
            self.nudges + later.nudges,
        )


@dataclass(frozen=True, slots=True)
class NodeSummary:
    """What was heard of one node over the session.

    ``samples`` were heard; ``lost`` of those expected at the node's rate between the session's first and last moment
    were not. ``completeness`` is samples / (samples + lost), NaN for a node that never spoke in an empty session.
    """

    node: str
    samples: int
    lost: int
    completeness: float
    clock_error_s: float  # the largest; NaN before the first sample
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checks:
    """``sides``: whether left and right are what the configuration says. ``words``: one sentence a finding."""

    sides: Literal["ok", "swapped", "unknown"] = "unknown"
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """What is told of a session and is no left/right figure: of both sides together, or of how they go together.

    ``lo`` and ``hi`` are its 95 % interval, NaN where none is known. ``words``: the sentence for people, with the value
    in it; a withheld number has NaN for ``value`` and says there why.
    """

    id: str
    site: str
    value: float
    unit: str
    words: str
    lo: float = math.nan
    hi: float = math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """The session up to now. ``sync_error_s``: the largest between the sides of a pair, NaN where there is none."""

    start_s: float
    end_s: float
    nodes: tuple[NodeSummary, ...]
    sync_error_s: float
    checks: Checks
    figures: tuple[Figure, ...]  # over the whole session, by site and then in the order of the table of metrics
    numbers: tuple[Number, ...] = ()  # of the same session, by site
    regularity: tuple[Regularity, ...] = ()  # over all bouts of the session, one a node on the trunk
    sync: tuple[SyncFinding, ...] = ()  # the last events that both sides felt, in the order of time
    habits: tuple[HabitCount, ...] = ()  # in the order of the kinds
