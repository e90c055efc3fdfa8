"""Sensors that are not worn: taken off, they are turned in a hand, and then lie about and feel gravity alone."""

from __future__ import annotations

import math

import numpy as np

from evenside.simulator.chance import generator
from evenside.simulator.curves import Curve, Knot, curve_of
from evenside.simulator.script import Wear
from evenside.simulator.turning import Felt
from evenside.simulator.wearer import Wearer
from evenside_analysis.types import GRAVITY_M_S2, Floats, Node, Site

__all__ = ["HANDLED_S", "lying_about", "off_curve", "worn_share"]

HANDLED_S = 4.0


def off_curve(wearer: Wearer, site: Site, start_s: float, end_s: float) -> Curve | None:
    """0 while sensors at this site are worn, 1 while they lie about; None where they are worn all the time."""
    first = wearer.number_at(start_s)
    knots: list[Knot] = [(wearer.start_of(first), _off(wearer.wear_before(first), site), 0.0, 0.0)]
    for number in range(first, wearer.number_at(end_s) + 1):
        segment = wearer.segment(number)
        off = _off(segment, site) if isinstance(segment, Wear) else knots[-1][1]
        if off != knots[-1][1]:
            middle_s = 0.5 * (wearer.start_of(number) + wearer.start_of(number + 1))
            knots += [(middle_s - 0.5 * HANDLED_S, 1.0 - off, 0.0, 0.0), (middle_s + 0.5 * HANDLED_S, off, 0.0, 0.0)]
    return curve_of(knots) if any(knot[1] for knot in knots) else None


def lying_about(felt: Felt, node: Node, seed: int, off: Curve, time_s: Floats) -> Felt:
    """What such a sensor feels while it is taken off: less and less of the body, and turned to how it comes to lie."""
    at = off.at(time_s)
    share, rate = at.value(), at.rate()
    (fx, fy, fz), (wx, wy, wz) = felt.force, felt.spin
    rest = GRAVITY_M_S2 if node.gravity else 0.0
    worn = 1.0 - share
    mixed = Felt((worn * fx, worn * fy, worn * fz + rest * share), (worn * wx, worn * wy, worn * wz))
    ends = generator(seed, "lies", node.id).uniform(-math.pi, math.pi, 3).tolist()
    mixed = mixed.turned(ends[0] * share, ends[0] * rate).pitched(ends[1] * share, ends[1] * rate)
    return mixed.rolled(ends[2] * share, ends[2] * rate)


def worn_share(off: Curve | None, time_s: Floats) -> Floats | float:
    """1 where worn, 0 where not."""
    return 1.0 if off is None else np.maximum(1.0 - off.at(time_s).value(), 0.0)


def _off(wear: Wear | None, site: Site) -> float:
    return 1.0 if wear is not None and site in wear.off else 0.0
