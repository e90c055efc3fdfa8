"""A side swap from stored sessions: which were before and which after the exchange, and what that says of the gains.

The sessions stand in the order of time, a pair of one before and one after; what they measured is taken back to raw
readings, whatever corrections were in force. Who exchanges the sensors and leaves evenside.toml as it is exchanges the
sides of the figures too; who exchanges the serial numbers there does not. Both are understood from the serial numbers
that the sessions were stored with. What this never does: guess which device was worn where.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evenside.calibration.measuring import Made, calibration_id
from evenside.calibration.swap_sessions import METRICS, SwapSession, site_of, swap_session
from evenside.errors import CalibrationError
from evenside.store import Reader, StoredSession
from evenside_analysis.calibration import CalibratedDevice, Calibration
from evenside_analysis.calibration_readings import load_channel
from evenside_analysis.settings import DEFAULT_TRUST, Trust
from evenside_analysis.swap import PAIRS_ASKED, LnRatio, SwapEstimate, SwapPair, ln_ratio, pairs_needed, swap_gain
from evenside_analysis.types import Site

__all__ = ["Swap", "swap_of"]

_LN_GAIN_MAX = math.log(2.0)


@dataclass(frozen=True, slots=True)
class Swap:
    """The calibration, what it was computed from, and what the person should know (sentences)."""

    calibration: Calibration
    estimate: SwapEstimate
    metric: str
    sessions: tuple[str, ...]
    notes: tuple[str, ...]


def swap_of(
    reader: Reader,
    stored: Sequence[StoredSession],
    made_ns: int,
    *,
    site: Site | None = None,
    metric: str | None = None,
) -> Swap:
    """What the sessions say, in turn before and after the exchange.

    Raises:
        CalibrationError: they are not pairs of one wearer and two devices, a figure is withheld, or the gains would be
            known no better than by default.
    """
    if len(stored) < 2 or len(stored) % 2:
        raise CalibrationError(
            f"{len(stored)} sessions are no pairs of one before and one after the exchange",
            mend="name them in turn: before, after, before, after",
        )
    ids = [session.start.id for session in stored]
    if len(set(ids)) < len(ids):
        raise CalibrationError(
            "a session is named twice", mend="name sessions of their own: before, after, before, after"
        )
    wearers = {session.start.wearer for session in stored}
    if len(wearers) > 1:
        raise CalibrationError(f"these are sessions of {', '.join(sorted(wearers))}", mend="take those of one wearer")
    if metric is not None and metric not in METRICS:
        raise CalibrationError(f"{metric} says nothing of a gain", mend=f"take one of {', '.join(METRICS)}")
    chosen = site or site_of(reader, stored)
    sessions = [swap_session(reader, one, chosen) for one in stored]
    name = metric or _metric(sessions)
    for session in sessions:
        _check_figure(session, name)
    turned = [_turned(sessions[0], session, after=place % 2 == 1) for place, session in enumerate(sessions)]
    ratios = [-1.0 if turn else 1.0 for turn in turned]
    found = [
        LnRatio(sign * one.ratio(name).value, one.ratio(name).sd) for sign, one in zip(ratios, sessions, strict=True)
    ]
    pairs = [SwapPair(before, after) for before, after in zip(found[::2], found[1::2], strict=True)]
    estimate = swap_gain(pairs)
    _check_estimate(estimate, chosen)
    calibration = _calibration(sessions, estimate, chosen, Made(wearers.pop(), made_ns))
    return Swap(calibration, estimate, name, tuple(one.stored.start.id for one in sessions), _notes(sessions, estimate))


def _metric(sessions: Sequence[SwapSession]) -> str:
    for name in METRICS:
        if all(name in session.figures and not session.figures[name].reason for session in sessions):
            return name
    return next((name for name in METRICS if all(name in one.figures for one in sessions)), METRICS[0])


def _check_figure(session: SwapSession, metric: str) -> None:
    figure = session.figures.get(metric)
    if figure is None:
        raise CalibrationError(
            f"session {session.name} has no {metric} of the {session.pair.site}",
            mend="load both sides for a minute in each session",
        )
    try:
        ln_ratio(figure)
    except ValueError as error:
        why = f" ({figure.reason})" if figure.reason else ""
        raise CalibrationError(
            f"session {session.name}: {metric} of the {session.pair.site} cannot be compared{why}",
            mend="load both sides, for a minute or more, in each session",
        ) from error


def _turned(first: SwapSession, session: SwapSession, *, after: bool) -> bool:
    """Whether the sides of its figures are those of the nodes and not of the body: exchanged, and nobody told so."""
    mine, other = first.devices, session.devices
    if mine[0] == mine[1]:
        raise CalibrationError(
            f"session {first.name}: {mine[0]} measures both sides, so they cannot be exchanged",
            mend="take a dead weight: evenside calibrate scale",
        )
    if mine == other:
        return after
    if mine == other[::-1]:
        if after:
            return False
        raise CalibrationError(
            f"session {session.name} was to be before the exchange, but its devices stand exchanged",
            mend="name the sessions in turn: before, after, before, after",
        )
    raise CalibrationError(
        f"session {session.name} was made with {' and '.join(other)}, the first one with {' and '.join(mine)}",
        mend="take sessions of the same two devices",
    )


def _check_estimate(estimate: SwapEstimate, site: Site) -> None:
    if abs(estimate.ln_gain) > _LN_GAIN_MAX:
        raise CalibrationError(
            f"{site}: one side would read {math.exp(abs(estimate.ln_gain)):.1f} times as much as the other",
            mend="were both really exchanged, and only once? Else one of them is broken, or its scale is wrong",
        )
    usual = dict(DEFAULT_TRUST).get(site, Trust(math.inf)).ln_gain_sd
    if estimate.sd >= usual:
        raise CalibrationError(
            f"{site}: from {_pairs(estimate.pairs)} the gains are known to ± {100.0 * estimate.sd:.1f} % (SD), "
            f"they are trusted to {100.0 * usual:.1f} % as they are",
            mend=f"make {pairs_needed(usual)} pairs or more, or take a dead weight: evenside calibrate scale",
        )


def _calibration(sessions: Sequence[SwapSession], estimate: SwapEstimate, site: Site, made: Made) -> Calibration:
    """Device A, on the left before the exchange, gets half of the ratio, and B the other half the other way."""
    before = sessions[-2]
    level = math.sqrt(before.gains[0] * before.gains[1])
    half = math.exp(0.5 * estimate.ln_gain)
    nodes = (before.pair.left, before.pair.right)
    devices = tuple(
        CalibratedDevice(node.id, (load_channel(node),), (gain,), serial=serial)
        for node, gain, serial in zip(nodes, (level * half, level / half), before.serials, strict=True)
    )
    words = (
        f"{nodes[1].id} reads {math.exp(estimate.ln_gain):.4f} times as much as {nodes[0].id} "
        f"(± {196.0 * estimate.sd:.1f} %), from {_pairs(estimate.pairs)}"
    )
    return Calibration(
        calibration_id("swap", site, made.made_ns),
        "swap",
        site,
        made.wearer,
        made.made_ns,
        devices,
        estimate.sd,
        estimate.pairs,
        words,
    )


def _notes(sessions: Sequence[SwapSession], estimate: SwapEstimate) -> tuple[str, ...]:
    notes = []
    if estimate.pairs < PAIRS_ASKED:
        notes.append(
            f"{_pairs(estimate.pairs)}: the error is ± {196.0 * estimate.sd:.1f} %; "
            f"{PAIRS_ASKED} pairs or more make it smaller"
        )
    if sessions[0].serials == ("", ""):
        notes.append("the devices have no serial number in evenside.toml: the gains go by the names of their nodes")
    return tuple(notes)


def _pairs(count: int) -> str:
    return f"{count} swap pair{'s'[: count != 1]}"
