"""The simulated wearer as a stream: ``(settings, state, until) -> (state, what there was)``.

Time is generated in pages of fixed length at absolute places and cut as asked, so the same seed gives the same bits for
any cut, and the state holds one page, however long the script is. Truth comes along: the contacts of both feet, and for
each sample when it was really taken and whether it was lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside.simulator.body import body_curve
from evenside.simulator.body_moves import moments_between
from evenside.simulator.chance import generator
from evenside.simulator.curves import Curve, Knot, curve_of
from evenside.simulator.devices import Device
from evenside.simulator.foot_path import foot_path
from evenside.simulator.plan import Contact, Movement, Plan
from evenside.simulator.script import Segment, Sit, Stand
from evenside.simulator.sensing import PAGE_S, Samples, check_node, read_page
from evenside.simulator.signals import Scene
from evenside.simulator.walker import Walker, plan
from evenside.simulator.wearer import Wearer
from evenside_analysis.types import Contacts

__all__ = ["Piece", "StreamState", "advance", "start"]

_SWAY_PHI = 0.8  # of the right foot's share in standing, from second to second


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """What lies between two cuts: samples of each device, in their order, and the true contacts (left, right)."""

    until_s: float
    samples: tuple[Samples, ...]
    contacts: tuple[Contacts, Contacts]


@dataclass(frozen=True, slots=True, eq=False)
class StreamState:
    """The walker, what of its plan is still needed, and the rest of the present page."""

    walker: Walker
    pending: Plan
    sway: float  # of the share, in SD, at the end of the page
    page: int  # the next one
    samples: tuple[Samples, ...]


def start(wearer: Wearer, devices: tuple[Device, ...]) -> StreamState:
    """Before the first sample. Raises ValueError for a node that the wearer cannot wear."""
    for device in devices:
        check_node(device.node)
    sway = float(generator(wearer.seed, "sway").standard_normal())
    return StreamState(Walker(), Plan(), sway, 0, tuple(Samples.none(device.node) for device in devices))


def advance(
    wearer: Wearer, devices: tuple[Device, ...], state: StreamState, until_s: float
) -> tuple[StreamState, Piece]:
    """Everything from the last cut up to ``until_s``, and no further than the end of the script.

    Samples belong to the cut by the time at which they were taken.
    """
    until_s = min(until_s, wearer.duration_s)
    parts: list[tuple[Samples, ...]] = []
    while state.page * PAGE_S < until_s:
        parts.append(state.samples)
        state = _turn_page(wearer, devices, state)
    cuts = [int(np.searchsorted(page.true_s, until_s, side="left")) for page in state.samples]
    parts.append(tuple(page.rows(0, cut) for page, cut in zip(state.samples, cuts, strict=True)))
    rest = tuple(page.rows(cut, page.true_s.size) for page, cut in zip(state.samples, cuts, strict=True))
    told = [[contact for contact in of_foot if contact[0] < until_s] for of_foot in state.pending.contacts]
    left, right = (of_foot[len(done) :] for of_foot, done in zip(state.pending.contacts, told, strict=True))
    pending = Plan(state.pending.knots, state.pending.movements, (left, right))
    piece = Piece(
        until_s,
        tuple(Samples.joined(of_device) for of_device in zip(*parts, strict=True)),
        (_contacts(told[0], until_s), _contacts(told[1], until_s)),
    )
    return StreamState(state.walker, pending, state.sway, state.page, rest), piece


def _turn_page(wearer: Wearer, devices: tuple[Device, ...], state: StreamState) -> StreamState:
    end_s = (state.page + 1) * PAGE_S
    walker, news = plan(wearer, state.walker, end_s)
    known = _followed_by(state.pending, news)
    sway, share = _share(wearer, state.sway, state.page)
    left, right = (foot_path(side, movements) for side, movements in enumerate(known.movements))
    body = body_curve(moments_between(wearer, state.page * PAGE_S, end_s))
    scene = Scene(tuple(curve_of(track) for track in known.knots), (left, right), share, body)
    samples = tuple(read_page(device, wearer, state.page, scene) for device in devices)
    knots = tuple(_needed_knots(track, end_s) for track in known.knots)
    left_moves, right_moves = (_needed_movements(movements, end_s) for movements in known.movements)
    return StreamState(walker, Plan(knots, (left_moves, right_moves), known.contacts), sway, state.page + 1, samples)


def _share(wearer: Wearer, sway: float, page: int) -> tuple[float, Curve]:
    """The right foot's share of what both stand on: knots at whole seconds, smooth in between."""
    seconds = np.arange(int(PAGE_S) + 1)
    news = generator(wearer.seed, "sway", page).standard_normal(seconds.size)
    knots: list[Knot] = []
    for second in seconds.tolist():
        if second:
            sway = _SWAY_PHI * sway + (1.0 - _SWAY_PHI**2) ** 0.5 * float(news[second])
        time_s = page * PAGE_S + second
        segment = wearer.segment_at(time_s)
        mean = 0.5 + (segment.asymmetry.load_share or 0.0) / 200.0
        knots.append((time_s, mean + _sway(segment) * sway, 0.0, 0.0))
    return sway, curve_of(knots)


def _sway(segment: Segment) -> float:
    return segment.sway if isinstance(segment, Stand | Sit) else 0.02


def _followed_by(known: Plan, news: Plan) -> Plan:
    knots = tuple(before + after for before, after in zip(known.knots, news.knots, strict=True))
    left, right = (before + after for before, after in zip(known.movements, news.movements, strict=True))
    of_left, of_right = (before + after for before, after in zip(known.contacts, news.contacts, strict=True))
    return Plan(knots, (left, right), (of_left, of_right))


def _needed_knots(track: list[Knot], end_s: float) -> list[Knot]:
    """The last knot up to ``end_s``, and all later ones."""
    before = sum(1 for knot in track if knot[0] <= end_s)
    return track[max(before - 1, 0) :]


def _needed_movements(movements: list[Movement], end_s: float) -> list[Movement]:
    """Those not over at ``end_s``, or the last one: it tells where the foot stands."""
    return [move for move in movements if move.flat_s > end_s] or movements[-1:]


def _contacts(told: list[Contact], settled_s: float) -> Contacts:
    time_s, kind, flags, peak, impulse = zip(*told, strict=True) if told else ((),) * 5
    return Contacts(
        np.array(time_s, np.float64),
        np.array(kind, np.int64),
        np.array(flags, np.int64),
        np.array(peak, np.float64),
        np.array(impulse, np.float64),
        settled_s,
    )
