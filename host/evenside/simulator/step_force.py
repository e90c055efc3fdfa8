"""The vertical force under one foot over one stance: two humps, and the starts and stops of walking.

A foot lands where the force passes the part ``LANDING`` of the weight, and leaves where it passes ``LEAVING``, however
hard it treads: the shoe, bent by push-off, goes on pressing for some 30 ms. The flanks are steep, so a threshold near
these levels is crossed within a few milliseconds of the true contact, and any threshold equally early or late on both
feet. Between the contacts the curve is the shape of the weight times ``gain``; so the impulse is linear in the gain and
quadratic in the stance time, and its expectation is exact.
"""

from __future__ import annotations

from evenside.simulator.curves import Knot

__all__ = [
    "LANDING",
    "LEAVING",
    "PEAK",
    "RAN",
    "SETTLE_S",
    "WALKED",
    "Humps",
    "first_lift_knots",
    "first_support_knots",
    "impulse_of_contact",
    "impulse_of_gain",
    "last_landing_knots",
    "last_support_knots",
    "peak_n",
    "stance_knots",
]

LANDING, LEAVING = 40.0 / 700.0, 100.0 / 700.0
EDGE_S, TAIL_S = 0.012, 0.035  # from nothing to landing, and from leaving to nothing
PEAK = 1.08  # of the weight: the second hump, the higher one
SETTLE_S = 0.4  # from the last step to standing, and back

Humps = tuple[tuple[float, float], ...]
"""Three of them: share of the stance, share of the weight."""

WALKED: Humps = ((0.22, 1.06), (0.50, 0.76), (0.77, PEAK))
RAN: Humps = ((0.13, 0.68), (0.20, 0.62), (0.47, PEAK))  # the heel's impact, and the push; times a gain of 2 to 3
_RISE, _FALL = 8.0, 7.0  # weights per second at contact and at toe-off


def stance_knots(ic_s: float, tc_s: float, weight_n: float, gain: float, humps: Humps = WALKED) -> list[Knot]:
    """A whole step."""
    return [*_landing(ic_s, tc_s - ic_s, weight_n, gain, humps), *_leaving(tc_s, weight_n, gain)]


def peak_n(weight_n: float, gain: float) -> float:
    """The largest force of a step."""
    return PEAK * weight_n * gain


def impulse_of_contact(stance_s: float, humps: Humps = WALKED) -> float:
    """s: what is there whatever the gain. Impulse = weight * (this + gain * ``impulse_of_gain``)."""
    landing_s = 0.5 * (EDGE_S + stance_s * humps[0][0])
    leaving_s = 0.5 * (TAIL_S + stance_s * (1.0 - humps[-1][0]))
    return LANDING * landing_s + LEAVING * leaving_s


def impulse_of_gain(stance_s: float, stance_s2: float, humps: Humps = WALKED) -> float:
    """s: the rest of it, for a gain of 1. ``stance_s2``: the square of the stance time, or its expectation."""
    (a, p), (b, q), (c, r) = humps
    body = 0.5 * (a * p + (b - a) * (p + q) + (c - b) * (q + r) + (1.0 - c) * r)
    slopes = 0.1 * (a * a * _RISE + (1.0 - c) ** 2 * _FALL)
    return stance_s * body + stance_s2 * slopes - 0.1 * (EDGE_S**2 * _RISE + TAIL_S**2 * _FALL)


def first_lift_knots(tc_s: float, weight_n: float) -> list[Knot]:
    """The foot that takes the first step: unloaded by the change to the other leg, then lifted."""
    before = [(tc_s - SETTLE_S, 0.0, 0.0, 0.0), (tc_s - 0.1, 0.3 * weight_n, 0.0, 0.0)]
    return [*before, *_leaving(tc_s, weight_n, 0.5)]


def first_support_knots(lift_s: float, tc_s: float, weight_n: float) -> list[Knot]:
    """The foot that carries the first step, and follows."""
    hump_s = tc_s - (1.0 - WALKED[-1][0]) * (tc_s - lift_s)
    before = [(lift_s - SETTLE_S, 0.0, 0.0, 0.0), (lift_s, 0.97 * weight_n, 0.0, 0.0)]
    return [*before, (hump_s, PEAK * weight_n, 0.0, 0.0), *_leaving(tc_s, weight_n, 1.0)]


def last_support_knots(ic_s: float, stance_s: float, joined_s: float, weight_n: float, gain: float) -> list[Knot]:
    """The foot that the last step joins: it carries all until then, half of it afterwards."""
    after = [(joined_s, weight_n, 0.0, 0.0), (joined_s + SETTLE_S, 0.0, 0.0, 0.0)]
    return [*_landing(ic_s, min(stance_s, joined_s - ic_s), weight_n, gain, WALKED[:1]), *after]


def last_landing_knots(ic_s: float, weight_n: float) -> list[Knot]:
    """The foot that takes the last step."""
    contact = _contact(ic_s, weight_n, _RISE * weight_n)
    return [*contact, (ic_s + 0.12, 0.5 * weight_n, 0.0, 0.0), (ic_s + SETTLE_S, 0.0, 0.0, 0.0)]


def _landing(ic_s: float, stance_s: float, weight_n: float, gain: float, humps: Humps) -> list[Knot]:
    load_n = weight_n * gain
    up = [(ic_s + at * stance_s, share * load_n, 0.0, 0.0) for at, share in humps]
    return [*_contact(ic_s, weight_n, _RISE * load_n), *up]


def _contact(ic_s: float, weight_n: float, slope: float) -> list[Knot]:
    return [(ic_s - EDGE_S, 0.0, 0.0, 0.0), (ic_s, LANDING * weight_n, slope, 0.0)]


def _leaving(tc_s: float, weight_n: float, gain: float) -> list[Knot]:
    return [(tc_s, LEAVING * weight_n, -_FALL * weight_n * gain, 0.0), (tc_s + TAIL_S, 0.0, 0.0, 0.0)]
