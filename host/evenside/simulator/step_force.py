"""The vertical force under one foot over one stance: two humps, and the starts and stops of walking.

Contact is where the force passes ``CONTACT_N``, whatever the load; the flanks on both sides of it are steep, so a
threshold near it is crossed within a few milliseconds of the true contact on either foot. Between contact and toe-off
the curve is the shape of the weight times ``gain``; so the impulse is linear in the gain and quadratic in the stance
time, and its expectation is exact.
"""

from __future__ import annotations

from evenside.simulator.curves import Knot

__all__ = [
    "CONTACT_N",
    "PEAK",
    "first_lift_knots",
    "first_support_knots",
    "impulse_of_contact",
    "impulse_of_gain",
    "last_landing_knots",
    "last_support_knots",
    "peak_n",
    "stance_knots",
]

CONTACT_N = 40.0
EDGE_S = 0.012  # from nothing to CONTACT_N
PEAK = 1.08  # of the weight: the second hump, the higher one
SETTLE_S = 0.4  # from the last step to standing, and back

_HUMPS = ((0.22, 1.06), (0.50, 0.76), (0.77, PEAK))  # share of the stance, share of the weight
_RISE, _FALL = 8.0, 7.0  # weights per second at contact and at toe-off


def stance_knots(ic_s: float, tc_s: float, weight_n: float, gain: float) -> list[Knot]:
    """A whole step."""
    return [*_landing(ic_s, tc_s - ic_s, weight_n, gain, 3), *_leaving(tc_s, weight_n * gain)]


def peak_n(weight_n: float, gain: float) -> float:
    """The largest force of a step."""
    return PEAK * weight_n * gain


def impulse_of_contact(stance_s: float) -> float:
    """N s of a step that are there whatever the gain: impulse = this + gain * weight * ``impulse_of_gain``."""
    return CONTACT_N * (EDGE_S + stance_s * (_HUMPS[0][0] + 1.0 - _HUMPS[-1][0]) / 2.0)


def impulse_of_gain(stance_s: float, stance_s2: float) -> float:
    """s: the rest of the impulse, of weight 1 and gain 1. ``stance_s2``: the square of the time, or its expectation."""
    (a, p), (b, q), (c, r) = _HUMPS
    body = 0.5 * (a * p + (b - a) * (p + q) + (c - b) * (q + r) + (1.0 - c) * r)
    slopes = 0.1 * (a * a * _RISE + (1.0 - c) ** 2 * _FALL)
    return stance_s * body + stance_s2 * slopes - 0.1 * EDGE_S**2 * (_RISE + _FALL)


def first_lift_knots(tc_s: float, weight_n: float) -> list[Knot]:
    """The foot that takes the first step: unloaded by the change to the other leg, then lifted."""
    before = [(tc_s - SETTLE_S, 0.0, 0.0, 0.0), (tc_s - 0.1, 0.3 * weight_n, 0.0, 0.0)]
    return [*before, *_leaving(tc_s, 0.5 * weight_n)]


def first_support_knots(lift_s: float, tc_s: float, weight_n: float) -> list[Knot]:
    """The foot that carries the first step, and follows."""
    hump_s = tc_s - (1.0 - _HUMPS[-1][0]) * (tc_s - lift_s)
    before = [(lift_s - SETTLE_S, 0.0, 0.0, 0.0), (lift_s, 0.97 * weight_n, 0.0, 0.0)]
    return [*before, (hump_s, PEAK * weight_n, 0.0, 0.0), *_leaving(tc_s, weight_n)]


def last_support_knots(ic_s: float, stance_s: float, joined_s: float, weight_n: float, gain: float) -> list[Knot]:
    """The foot that the last step joins: it carries all until then, half of it afterwards."""
    after = [(joined_s, weight_n, 0.0, 0.0), (joined_s + SETTLE_S, 0.0, 0.0, 0.0)]
    return [*_landing(ic_s, min(stance_s, joined_s - ic_s), weight_n, gain, 1), *after]


def last_landing_knots(ic_s: float, weight_n: float) -> list[Knot]:
    """The foot that takes the last step."""
    contact = _contact(ic_s, _RISE * weight_n)
    return [*contact, (ic_s + 0.12, 0.5 * weight_n, 0.0, 0.0), (ic_s + SETTLE_S, 0.0, 0.0, 0.0)]


def _landing(ic_s: float, stance_s: float, weight_n: float, gain: float, humps: int) -> list[Knot]:
    load_n = weight_n * gain
    up = [(ic_s + at * stance_s, share * load_n, 0.0, 0.0) for at, share in _HUMPS[:humps]]
    return [*_contact(ic_s, _RISE * load_n), *up]


def _contact(ic_s: float, slope: float) -> list[Knot]:
    return [(ic_s - EDGE_S, 0.0, 0.0, 0.0), (ic_s, CONTACT_N, slope, 0.0)]


def _leaving(tc_s: float, load_n: float) -> list[Knot]:
    return [(tc_s, CONTACT_N, -_FALL * load_n, 0.0), (tc_s + EDGE_S, 0.0, 0.0, 0.0)]
