"""What runs on one node's own samples at its own rate: hearing, foot contacts and strides, mean loads.

The other side plays no part here, so a missing or slow side holds nothing up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.dose import DoseState, add_load
from evenside_analysis.foot_contacts import FootSettings
from evenside_analysis.foot_imu import FootImuState, foot_imu_step
from evenside_analysis.force_contacts import ForceSettings
from evenside_analysis.force_foot import ForceFootState, force_foot_step, force_words
from evenside_analysis.hearing import Hearing, heard, whole
from evenside_analysis.plan import LOAD_HOP_S, TRUNK_SITES, NodePlan
from evenside_analysis.regularity import Regularity
from evenside_analysis.shank_contacts import ShankSettings, ShankState, detect_shank_contacts
from evenside_analysis.stairs import StairSettings, StairState, find_stairs
from evenside_analysis.stride_motion import (
    ImuRows,
    MotionSettings,
    MotionState,
    StrideMotions,
    follow_strides,
    imu_rows,
)
from evenside_analysis.stride_stairs import TerrainState, with_stairs
from evenside_analysis.strides import Strides, StrideSettings, StrideState, find_strides
from evenside_analysis.trunk_regularity import TrunkState, find_regularity, session_regularity
from evenside_analysis.trunk_settings import TRUNK_RATE_MIN_HZ
from evenside_analysis.types import Block, Bools, Contacts, Floats
from evenside_analysis.windows import WindowMeans, WindowState, window_means

__all__ = ["STRIDES", "NodeFound", "NodeState", "node_regularity", "node_step", "node_words"]

STRIDES = StrideSettings()

_ContactState = ForceFootState | FootImuState | ShankState


@dataclass(frozen=True, slots=True, eq=False)
class _PathState:
    """Of a foot IMU: strides from mid-stance to mid-stance, which of them are stairs, strides waiting for that."""

    motion: MotionState = field(default_factory=MotionState)
    stairs: StairState = field(default_factory=StairState)
    terrain: TerrainState = field(default_factory=TerrainState)


@dataclass(frozen=True, slots=True, eq=False)
class NodeState:
    """Of one node; a part that does not run on it has None."""

    hearing: Hearing
    contacts: _ContactState | None
    strides: StrideState | None
    loads: WindowState | None
    trunk: TrunkState | None = None
    dose: DoseState | None = None
    path: _PathState | None = None  # where a foot IMU tells of heights and turns

    @staticmethod
    def start(plan: NodePlan) -> NodeState:
        return NodeState(
            Hearing(),
            _contact_state(plan),
            None if plan.contacts is None else StrideState(),
            None if plan.load is None else WindowState(),
            None if plan.trunk is None else TrunkState(),
            None if plan.loaded_n is None else DoseState(),
            _PathState() if isinstance(plan.contacts, FootSettings) else None,
        )


@dataclass(frozen=True, slots=True, eq=False)
class NodeFound:
    """What one block of the node brought; None from a part that does not run."""

    contacts: Contacts | None
    strides: Strides | None
    loads: WindowMeans | None
    regularity: tuple[Regularity, ...] = ()
    motions: StrideMotions | None = None
    rows: ImuRows | None = None  # that those were made of


def node_step(
    plan: NodePlan, bin_s: float, state: NodeState, block: Block, keep_bin: int
) -> tuple[NodeState, NodeFound]:
    """Advance by one block; bins of ``hearing`` before ``keep_bin`` are no longer needed."""
    lost = np.logical_not(whole(block.values))
    heard_s = block.time_s
    if lost.any():
        block, heard_s = _without(block, lost), heard_s[~lost]
    hearing = heard(plan.node.rate_hz, bin_s, state.hearing, heard_s, block.clock_error_s, keep_bin)
    load = np.empty(0) if plan.load is None else block.values[:, plan.load]
    contact_state, contacts, load_s, load = _contacts(plan, state.contacts, block, load)
    stride_state, strides = state.strides, None
    if contacts is not None and stride_state is not None:
        stride_state, strides = find_strides(STRIDES, stride_state, contacts)
    path, motions, rows = state.path, None, None
    if path is not None and contacts is not None and strides is not None:
        acc, gyr = (np.ascontiguousarray(block.values[:, columns]) for columns in (plan.acc, plan.gyr))
        rows = imu_rows(block.time_s, acc, gyr)
        path, motions, strides = _followed(plan, path, rows, contacts, strides)
    load_state, loads = state.loads, None
    if plan.load is not None and load_state is not None:
        load_state, loads = window_means(LOAD_HOP_S, load_state, load_s, load)
    dose = state.dose
    if plan.loaded_n is not None and dose is not None:
        dose = add_load(plan.node.rate_hz, plan.loaded_n, dose, load_s, load)
    trunk, regularity = _regularity(plan, state.trunk, block)
    after = NodeState(hearing, contact_state, stride_state, load_state, trunk, dose, path)
    return after, NodeFound(contacts, strides, loads, regularity, motions, rows)


def node_regularity(plan: NodePlan, state: NodeState) -> Regularity | None:
    """Of all walking so far; None where the node is not on the trunk, or saw none."""
    return None if state.trunk is None else session_regularity(plan.node.id, plan.node.site, state.trunk)


def node_words(plan: NodePlan, state: NodeState) -> tuple[str, ...]:
    """What a reader of the figures should know of this node's samples, up to now."""
    if isinstance(state.contacts, ForceFootState):
        return force_words(plan.node.id, state.contacts)
    if plan.node.site not in TRUNK_SITES or not plan.acc or plan.trunk is not None:
        return ()
    if not plan.node.gravity:
        return (f"{plan.node.id}: gravity was taken off its acceleration, so how alike steps are cannot be told",)
    return (f"{plan.node.id}: how alike steps are is told from {TRUNK_RATE_MIN_HZ:g} Hz on",)


def _contact_state(plan: NodePlan) -> _ContactState | None:
    match plan.contacts:
        case FootSettings() as settings:
            return FootImuState.start(settings)
        case ShankSettings():
            return ShankState()
        case ForceSettings():
            return ForceFootState.start(plan.node.rate_hz)
    return None


def _contacts(
    plan: NodePlan, state: _ContactState | None, block: Block, load: Floats
) -> tuple[_ContactState | None, Contacts | None, Floats, Floats]:
    """New contacts; times and loads, less their zero where swings tell of it."""
    match plan.contacts, state:
        case FootSettings() as settings, FootImuState():
            acc, gyr = block.values[:, plan.acc], block.values[:, plan.gyr]
            state, contacts = foot_imu_step(settings, plan.node.gravity, state, block.time_s, acc, gyr)
            return state, contacts, block.time_s, load
        case ShankSettings() as settings, ShankState():
            state, contacts = detect_shank_contacts(settings, state, block.time_s, block.values[:, plan.gyr])
            return state, contacts, block.time_s, load
        case ForceSettings() as settings, ForceFootState():
            return force_foot_step(settings, state, block.time_s, load)
    return state, None, block.time_s, load


def _followed(
    plan: NodePlan, state: _PathState, rows: ImuRows, contacts: Contacts, strides: Strides
) -> tuple[_PathState, StrideMotions, Strides]:
    """New strides from mid-stance to mid-stance, and those from contact to contact of which all is known."""
    motion, motions = follow_strides(MotionSettings(plan.node.rate_hz, plan.node.gravity), state.motion, rows, contacts)
    stairs, climbs = find_stairs(StairSettings(plan.node.gravity), state.stairs, motions)
    terrain, strides = with_stairs(STRIDES, state.terrain, strides, climbs)
    return _PathState(motion, stairs, terrain), motions, strides


def _regularity(
    plan: NodePlan, state: TrunkState | None, block: Block
) -> tuple[TrunkState | None, tuple[Regularity, ...]]:
    if plan.trunk is None or state is None:
        return state, ()
    acc = block.values[:, plan.acc]
    gyr = block.values[:, plan.gyr] if plan.gyr else None
    return find_regularity(plan.trunk, plan.node.id, plan.node.site, state, block.time_s, acc, gyr)


def _without(block: Block, lost: Bools) -> Block:
    """A row in which any channel is missing was not heard."""
    return Block(block.node, block.time_s, np.where(lost[:, np.newaxis], np.nan, block.values), block.clock_error_s)
