"""What is checked of one node's own samples, beside what is measured from them.

An IMU is asked whether it was heard, what no movement makes and what a rest should read; on a foot also whether its
strides fit together. A force under a foot is asked whether it repeats itself. Other nodes are not asked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evenside_analysis.fault_force import ForceWatch, ForceWatchSettings, watch_force
from evenside_analysis.fault_imu import ImuWatch, ImuWatchSettings, watch_imu
from evenside_analysis.fault_rest import Rests
from evenside_analysis.fault_types import FaultEvent
from evenside_analysis.force_settings import ForceSettings
from evenside_analysis.node_part import NodeFound
from evenside_analysis.plan import NodePlan
from evenside_analysis.stride_motion import StrideMotions, imu_rows
from evenside_analysis.types import Block, Contacts, Floats

__all__ = ["NodeChecked", "NodeChecks", "check_node"]


@dataclass(frozen=True, slots=True, eq=False)
class NodeChecks:
    """Of one node; a check that is not made of it has None."""

    imu: ImuWatch | None = None
    force: ForceWatch | None = None

    @staticmethod
    def start(plan: NodePlan) -> NodeChecks:
        return NodeChecks(
            ImuWatch() if plan.acc and plan.gyr and not isinstance(plan.contacts, ForceSettings) else None,
            ForceWatch() if isinstance(plan.contacts, ForceSettings) else None,
        )


@dataclass(frozen=True, slots=True, eq=False)
class NodeChecked:
    """What one block brought: strides and rests for the checks of the pair, and the faults of the node alone.

    Every fault known before ``settled_s`` has now been told; inf where nothing is checked. Time has passed to
    ``latest_s``; ``first_s`` is the first heard sample of the block, inf if there is none.
    """

    motions: StrideMotions | None
    rests: Rests | None
    contacts: Contacts | None
    events: tuple[FaultEvent, ...]
    settled_s: float
    latest_s: float
    first_s: float = math.inf


def check_node(plan: NodePlan, state: NodeChecks, block: Block, found: NodeFound) -> tuple[NodeChecks, NodeChecked]:
    """Advance by one block; ``found``: what was made of it."""
    latest_s = float(block.time_s[-1]) if block.time_s.size else -math.inf
    node, contacts = plan.node, found.contacts
    if state.force is not None and plan.load is not None:
        settings = ForceWatchSettings.of(node.id, node.rate_hz)
        force, events = watch_force(settings, state.force, block.time_s, block.values[:, plan.load])
        heard_s = block.time_s[np.isfinite(block.values[:, plan.load])]
        return NodeChecks(force=force), NodeChecked(
            None, None, contacts, events, force.settled_s, latest_s, _first_s(heard_s)
        )
    if state.imu is None:
        return state, NodeChecked(None, None, contacts, (), math.inf, latest_s)
    rows = found.rows
    if rows is None:
        acc, gyr = (np.ascontiguousarray(block.values[:, columns]) for columns in (plan.acc, plan.gyr))
        rows = imu_rows(block.time_s, acc, gyr)
    imu, watched = watch_imu(ImuWatchSettings.of(node), state.imu, rows, found.motions)
    return NodeChecks(imu), NodeChecked(
        found.motions, watched.rests, contacts, watched.events, watched.settled_s, latest_s, _first_s(rows.time_s)
    )


def _first_s(heard_s: Floats) -> float:
    return float(heard_s[0]) if heard_s.size else math.inf
