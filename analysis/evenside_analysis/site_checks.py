"""What is checked of the two nodes of a site together, and what follows for its figures.

A figure of a window is judged as of the window's end, once everything that can be known by then is known. What a fault
touches is withheld, and nothing else: a rail of the accelerometer spoils impacts, not times. Gaps and lost samples
withhold nothing here, because no stride with a hole in it is compared, and completeness stands beside every figure; nor
does a force that does not come back to zero, which is taken off in every swing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal

from evenside_analysis.fault_log import FaultLog, faults_in, logged
from evenside_analysis.fault_pair import PairWatch, PairWatchSettings, watch_pair
from evenside_analysis.fault_silence import Silences
from evenside_analysis.fault_steps import StepWatch, StepWatchSettings, watch_steps
from evenside_analysis.fault_types import FaultEvent, Spoils, kind_of
from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.force_settings import ForceSettings
from evenside_analysis.node_checks import NodeChecked
from evenside_analysis.plan import NodePlan
from evenside_analysis.settings import Pair
from evenside_analysis.side_check import (
    SideSettings,
    SideState,
    VerdictChange,
    judge_sides,
    sides_can_be_told,
    verdict_at,
)
from evenside_analysis.types import Side

__all__ = [
    "NOTHING_JUDGED",
    "Judged",
    "SiteChecks",
    "check_site",
    "fault_words",
    "judged",
    "judged_session",
    "node_faults",
    "side_words",
]

_HANDLED = frozenset({"gap", "lost", "base"})
_TOLD_ELSEWHERE = frozenset({"gap", "lost", "base", "held"})
_SESSION_SHARE = 0.2
"""Of a session that a fault may last before the figures of the whole session are withheld too."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Quantities that may not be told of a span: a sensor is wrong, or the walk too irregular; or the sides are."""

    faulty: Spoils = Spoils.NOTHING
    irregular: Spoils = Spoils.NOTHING
    exchanged: bool = False


NOTHING_JUDGED = Judged()


@dataclass(frozen=True, slots=True, eq=False)
class SiteChecks:
    """Of one pair; a check that is not made of it has None. ``changes``: of the verdict on the sides, the last ones."""

    pair: PairWatch | None = None
    steps: StepWatch | None = None
    sides: SideState | None = None
    changes: tuple[VerdictChange, ...] = ()
    log: FaultLog = field(default_factory=FaultLog)
    node_settled_s: tuple[float, float] = (-math.inf, -math.inf)
    node_first_s: tuple[float, float] = (math.inf, math.inf)  # heard samples

    @staticmethod
    def start(pair: Pair, left: NodePlan, right: NodePlan) -> SiteChecks:
        feet = isinstance(left.contacts, FootSettings) and isinstance(right.contacts, FootSettings)
        forces = isinstance(left.contacts, ForceSettings) and isinstance(right.contacts, ForceSettings)
        return SiteChecks(
            PairWatch() if feet else None,
            StepWatch() if forces else None,
            SideState() if feet and sides_can_be_told(pair.left, pair.right) else None,
        )

    @property
    def settled_s(self) -> float:
        """Whatever is known of this site before this moment has been told."""
        parts = (self.pair, self.steps, self.sides)
        return min(*self.node_settled_s, *(part.settled_s for part in parts if part is not None))


def check_site(pair: Pair, state: SiteChecks, side: Side, found: NodeChecked, keep_s: float) -> SiteChecks:
    """Add what one side's block brought; faults that were over before ``keep_s`` are no longer needed."""
    state = _node_told(state, side, found, keep_s)
    events: list[FaultEvent] = []
    watch, steps, sides, changes = state.pair, state.steps, state.sides, state.changes
    silences = _silences(pair, state)
    if watch is not None and found.motions is not None and found.rests is not None:
        settings = PairWatchSettings(pair.site, pair.left.gravity and pair.right.gravity)
        watch, more = watch_pair(settings, watch, side, found.motions, found.rests, found.latest_s, silences)
        events += more
    if steps is not None and found.contacts is not None:
        steps, more = watch_steps(StepWatchSettings(pair.site), steps, side, found.contacts, silences)
        events += more
    if sides is not None and found.motions is not None:
        sides, new = judge_sides(SideSettings(), sides, side, found.motions)
        changes = _kept((*changes, *new), keep_s)
    log = logged(state.log, events, keep_s) if events else state.log
    return replace(state, pair=watch, steps=steps, sides=sides, changes=changes, log=log)


def _node_told(state: SiteChecks, side: Side, found: NodeChecked, keep_s: float) -> SiteChecks:
    """With what is known of the node alone."""
    place = 0 if side == "left" else 1
    settled, first = [*state.node_settled_s], [*state.node_first_s]
    settled[place] = max(settled[place], found.settled_s)
    first[place] = min(first[place], found.first_s)
    log = logged(state.log, found.events, keep_s) if found.events else state.log
    return replace(state, log=log, node_settled_s=(settled[0], settled[1]), node_first_s=(first[0], first[1]))


def _silences(pair: Pair, state: SiteChecks) -> Silences:
    """When one of both nodes was not heard, or not yet."""
    nodes = {pair.left.id, pair.right.id}
    gaps = ((one.start_s, one.end_s) for one in state.log.faults if one.kind == "gap" and one.place in nodes)
    return Silences((*((-math.inf, first_s) for first_s in state.node_first_s), *gaps), min(state.node_settled_s))


def _kept(changes: tuple[VerdictChange, ...], keep_s: float) -> tuple[VerdictChange, ...]:
    """The changes since a moment, and the one that stood then."""
    past = [change for change in changes if change.time_s <= keep_s]
    return (*past[-1:], *changes[len(past) :])


def judged(pair: Pair, state: SiteChecks, start_s: float, end_s: float) -> Judged:
    """What may not be told of [start_s, end_s), as known at its end."""
    places = {pair.left.id, pair.right.id, pair.site}
    return _judged({fault.kind for fault in faults_in(state.log, places, start_s, end_s, end_s)}, state, end_s)


def judged_session(state: SiteChecks, start_s: float, end_s: float) -> Judged:
    """What may not be told of the whole session: faults that lasted for a good part of it, or that last."""
    lasted: dict[tuple[str, str], float] = {(total.kind, total.place): total.lasted_s for total in state.log.totals}
    for fault in state.log.faults:
        if fault.end_s == math.inf and fault.start_s < end_s:
            lasted[fault.kind, fault.place] += end_s - fault.start_s
    span_s = max(end_s - start_s, 1e-9)
    return _judged({kind for (kind, _), time_s in lasted.items() if time_s > _SESSION_SHARE * span_s}, state, math.inf)


def _judged(kinds: set[str], state: SiteChecks, at_s: float) -> Judged:
    spoilt: dict[Literal["sensor", "walk", "advice"], Spoils] = {"sensor": Spoils.NOTHING, "walk": Spoils.NOTHING}
    for kind in map(kind_of, kinds - _HANDLED):
        if kind.source != "advice":
            spoilt[kind.source] |= kind.spoils
    return Judged(spoilt["sensor"], spoilt["walk"], verdict_at(state.changes, at_s) == "swapped")


def node_faults(state: SiteChecks, place: str, last_s: float) -> tuple[str, ...]:
    """Kinds of sensor faults that were found at a node or a site, without the silence after its last sample."""
    ended = sum(fault.kind == "gap" and fault.place == place and fault.start_s >= last_s for fault in state.log.faults)
    found = {total.kind: total.count for total in state.log.totals if total.place == place}
    found["gap"] = found.get("gap", 0) - ended
    return tuple(sorted(kind for kind, count in found.items() if count > 0 and kind_of(kind).source == "sensor"))


def fault_words(state: SiteChecks) -> tuple[str, ...]:
    """A sentence for every kind of fault at a place, but for gaps, which the completeness tells."""
    words = []
    # The order in which both sides told of them depends on which one came first.
    for total in sorted(state.log.totals, key=lambda total: (total.place, total.first_s, total.kind)):
        kind = kind_of(total.kind)
        if total.kind not in _TOLD_ELSEWHERE:
            words.append(f"{total.place}: {kind.words}{_how_often(total.count)}")
    return tuple(words)


def _how_often(count: int) -> str:
    return "" if count == 1 else f" ({count} times)"


def side_words(pair: Pair, state: SiteChecks) -> str:
    """What the verdict on the sides asks of a person; "" where it asks nothing."""
    verdict = verdict_at(state.changes, math.inf)
    if verdict == "swapped":
        return (
            f"{pair.site}: the left node moves like a right one and the right node like a left one; nothing is told "
            f"until {pair.left.id} and {pair.right.id} are exchanged, on the body or in the configuration"
        )
    if verdict == "same_side":
        return (
            f"{pair.site}: both nodes move like the same foot: are the axes of one mirrored (right_handed in the "
            f"layout), or are both on one foot?"
        )
    return ""
