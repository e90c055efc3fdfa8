"""The words for what the checks found: what was seen with its figures, and what to write in the layout.

A suggestion is a unit under which the same cells would be plausible. Nothing is changed here: the values stay as the
layout says, and whoever reads the figures is told.
"""

from __future__ import annotations

from evenside.readers.checks import GYR_LIMIT_RAD_S, Findings
from evenside.readers.plan import NodePlan
from evenside.readers.recording import Kind, Note
from evenside.readers.units import UNITS, Quantity, quantity_of
from evenside_analysis.types import GRAVITY_M_S2

__all__ = ["node_notes"]

_BIAS_M_S2 = 0.3
_NEAR = 0.1  # how far a rest reading may be from gravity to count as gravity
_STILL_MIN_S = 2.0
_GYR_PLAUSIBLE_RAD_S = (1.0, 40.0)
_GYR_FAINT_RAD_S = 0.6  # a limb whose acceleration peaks above 20 m/s² turns faster than this
_ACC_LIVELY_M_S2 = 20.0
_FOOT_FORCE_N = (150.0, 20_000.0)  # the largest force under a foot that carries a person lies between
_FORCE_MIN_S = 5.0
_FOOT_PLAUSIBLE_N = (250.0, 6000.0)
_POWER_MAX_W = 3000.0


def node_notes(plan: NodePlan, found: Findings, unmarked: int, place: str) -> list[Note]:
    """Notes on one node after its last sample; ``unmarked`` lost samples stand in long silences without a row each."""
    lost, samples = found.lost + unmarked, found.samples + unmarked
    node = plan.node.id
    if found.lost == found.samples:
        words = f"{node} ({plan.node.side}) was never heard: all {samples} samples are lost"
        return [Note("absent", node, place, words, samples)]
    notes: list[Note] = []
    if lost:
        words = f"{node}: {lost} of {samples} samples lost ({100 * lost / samples:.1f} %)"
        if plan.share is not None:
            words += f", also those with an unknown side or below {plan.share.settings.minimum_w:g} W in all"
        if not unmarked:
            words += f", the longest gap {found.longest_lost_s:.2f} s"
        notes.append(Note("lost", node, place, words, lost))
    judged = (*_acceleration(plan, found), *_angular_rate(plan, found), *_force(plan, found), *_power(plan, found))
    return notes + [Note(kind, node, place, f"{node}: {words}") for kind, words in judged]


def _unit_of(plan: NodePlan, quantity: Quantity) -> str | None:
    """The unit the layout states for this quantity of the node, or None where it has none."""
    for channel, unit in zip(plan.node.channels, plan.units, strict=True):
        if quantity_of(channel) == quantity:
            return unit
    return None


def _other_unit(quantity: Quantity, stated: str, value: float, low: float, high: float) -> str | None:
    """The first unit that would bring ``value``, read in the stated unit, between low and high."""
    table = UNITS[quantity]
    for unit, factor in table.items():
        if factor != table[stated] and low <= value / table[stated] * factor <= high:
            return unit
    return None


def _acceleration(plan: NodePlan, found: Findings) -> list[tuple[Kind, str]]:
    stated = _unit_of(plan, "acceleration")
    if stated is None:
        return []
    rest = found.rest_m_s2
    if not found.still_s >= _STILL_MIN_S:
        rest = float("nan")
    low, high = GRAVITY_M_S2 * (1 - _NEAR), GRAVITY_M_S2 * (1 + _NEAR)
    unit = _other_unit("acceleration", stated, rest, low, high)
    reads = f"at rest the acceleration is {rest:.2f} m/s² long if it is in {stated}"
    if not plan.node.gravity:
        if low <= rest <= high:
            return [("gravity", f"{reads}: gravity is still in it; write gravity = true")]
        if rest > high and unit is not None:
            return [("unit", f'{reads}: it seems to be in {unit}, with gravity; write unit = "{unit}", gravity = true')]
        return []
    if low <= rest <= high:
        off = rest - GRAVITY_M_S2
        words = (
            f"the accelerometer reads {rest:.2f} m/s² at rest, {off:+.2f} from gravity: a sensor bias, not the wearer"
        )
        return [("bias", words)] if abs(off) > _BIAS_M_S2 else []
    if unit is not None:
        return [("unit", f'{reads}: it seems to be in {unit}; write unit = "{unit}"')]
    if rest >= 1.0:
        return [("unit", f"{reads}, which is gravity in no unit: check unit and scale")]
    if found.without_gravity_share > 0.2:
        share = 100 * found.without_gravity_share
        words = f"the acceleration is near zero in {share:.0f} % of all half seconds: gravity seems to be removed; "
        return [("gravity", words + "write gravity = false")]
    return []


def _angular_rate(plan: NodePlan, found: Findings) -> list[tuple[Kind, str]]:
    stated = _unit_of(plan, "angular rate")
    if stated is None:
        return []
    peak = found.gyr_peak_rad_s
    unit = _other_unit("angular rate", stated, peak, *_GYR_PLAUSIBLE_RAD_S)
    advice = f'; if it is in {unit}, write unit = "{unit}"' if unit else ": check unit and scale"
    if found.gyr_above >= 5:
        words = f"{found.gyr_above} samples turn faster than {GYR_LIMIT_RAD_S:g} rad/s (peak {peak:.0f} rad/s)"
        return [("unit", f"{words} if they are in {stated}{advice}")]
    if peak < _GYR_FAINT_RAD_S and found.acc_peak_m_s2 > _ACC_LIVELY_M_S2 and unit:
        words = (
            f"it hardly turns (peak {peak:.3f} rad/s) while the acceleration peaks at {found.acc_peak_m_s2:.0f} m/s²"
        )
        return [("unit", words + advice)]
    return []


def _force(plan: NodePlan, found: Findings) -> list[tuple[Kind, str]]:
    stated = _unit_of(plan, "force")
    heard_s = (found.samples - found.lost) / plan.node.rate_hz
    if stated is None or plan.node.site not in ("insole", "plate") or heard_s < _FORCE_MIN_S:
        return []
    low, high = found.force_min_n, found.force_max_n
    if low < -_FOOT_FORCE_N[0] and -low > 3 * high:
        return [("unit", f"the force goes down to {low:.0f} N and up to {high:.0f} N only: write sign = -1")]
    if high <= 0.2 or _FOOT_FORCE_N[0] <= high <= _FOOT_FORCE_N[1]:
        return []
    unit = _other_unit("force", stated, high, *_FOOT_PLAUSIBLE_N)
    advice = f'; if it is in {unit}, write unit = "{unit}"' if unit else "; check unit and scale"
    extent = "little" if high < _FOOT_FORCE_N[0] else "much"
    return [("unit", f"the largest force is {high:.3g} N, {extent} for a foot that carries a person{advice}")]


def _power(plan: NodePlan, found: Findings) -> list[tuple[Kind, str]]:
    if found.power_max_w > _POWER_MAX_W:
        return [("unit", f"the largest power is {found.power_max_w:.0f} W: check the unit")]
    return []
