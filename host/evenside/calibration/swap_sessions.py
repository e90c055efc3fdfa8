"""Stored sessions as a side swap needs them: ratios of raw readings, the devices, and the gains that were in force."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evenside.errors import CalibrationError
from evenside.readers.evenside_recording.in_force_json import corrections_from_json
from evenside.store import Reader, StoredSession
from evenside_analysis.calibration_readings import load_channel
from evenside_analysis.correction import Correction, correction_of
from evenside_analysis.settings import DEFAULT_TRUST, Pair, pairs_of
from evenside_analysis.swap import LnRatio, ln_ratio
from evenside_analysis.types import Figure, Site

__all__ = ["METRICS", "SwapSession", "find_sessions", "site_of", "swap_session"]

METRICS = ("load_share", "impulse", "peak_force")
"""What a gain shows in, the first one that all sessions have is taken: all are of sizes, and of one sensor a side."""


@dataclass(frozen=True, slots=True)
class SwapSession:
    """What one session says of one site: raw ln(R / L) by metric, the devices, and the gains in force on them."""

    stored: StoredSession
    pair: Pair
    figures: dict[str, Figure]
    serials: tuple[str, str]  # left, right
    gains: tuple[float, float]

    @property
    def name(self) -> str:
        return self.stored.start.name or self.stored.start.id

    @property
    def devices(self) -> tuple[str, str]:
        """By what the left and the right one go: the serial number, or where there is none the node."""
        left, right = self.serials
        return left or self.pair.left.id, right or self.pair.right.id

    def ratio(self, metric: str) -> LnRatio:
        """Of the readings, without the corrections that were in force."""
        found = ln_ratio(self.figures[metric])
        return replace(found, value=found.value - math.log(self.gains[1] / self.gains[0]))


def find_sessions(reader: Reader, names: Sequence[str], wearer: str | None = None) -> list[StoredSession]:
    """The session of each id, beginning of an id, or name (then the latest one); of one wearer, or of all.

    Raises:
        CalibrationError: one is not there, or the beginning of an id fits several.
    """
    stored = reader.sessions(wearer=wearer, count=10_000)
    return [_session_called(stored, name) for name in names]


def _session_called(stored: Sequence[StoredSession], name: str) -> StoredSession:
    named = [session for session in stored if name in (session.start.id, session.start.name)]
    begun = [session for session in stored if session.start.id.startswith(name)]
    if named:
        return named[0]
    if len(begun) == 1:
        return begun[0]
    if begun:
        raise CalibrationError(f"{len(begun)} sessions begin with {name!r}", mend="give more of the id")
    known = ", ".join(session.start.name or session.start.id for session in stored[:5]) or "none"
    raise CalibrationError(f"there is no session {name!r}", mend=f"the latest are: {known}")


def site_of(reader: Reader, stored: Sequence[StoredSession]) -> Site:
    """The one site with figures of a load in all of them.

    Raises:
        CalibrationError: there is none, or several.
    """
    there = [
        {
            timed.row.figure.site
            for timed in reader.last_figures(one.start.id, "session")
            if timed.row.figure.metric in METRICS
        }
        for one in stored
    ]
    sites = sorted(set.intersection(*there))
    if len(sites) == 1:
        return _as_site(sites[0])
    if sites:
        raise CalibrationError(f"these sessions have {', '.join(sites)}", mend=f"say which: --site {sites[0]}")
    raise CalibrationError(
        "no site has figures of a load in all of these sessions", mend="load both sides for a minute in each"
    )


def _as_site(found: str) -> Site:
    for site, _ in DEFAULT_TRUST:
        if site == found:
            return site
    raise CalibrationError(f"{found} is no site whose gains matter", mend="name another --site")


def swap_session(reader: Reader, stored: StoredSession, site: Site) -> SwapSession:
    """What a stored session says of a site.

    Raises:
        CalibrationError: it has no such pair, or its settings cannot be read.
    """
    pair = next((pair for pair in pairs_of(stored.start.nodes) if pair.site == site), None)
    if pair is None:
        raise CalibrationError(
            f"session {stored.start.name or stored.start.id} has no {site} on both sides", mend="name another --site"
        )
    figures = {
        timed.row.figure.metric: timed.row.figure
        for timed in reader.last_figures(stored.start.id, "session")
        if timed.row.figure.site == site
    }
    corrections, serials = _settings(stored)
    left, right = (correction_of(corrections, node.id) for node in (pair.left, pair.right))
    channel = load_channel(pair.left)
    return SwapSession(
        stored,
        pair,
        figures,
        (serials.get(pair.left.id, ""), serials.get(pair.right.id, "")),
        (left.gain_of(channel) if left else 1.0, right.gain_of(channel) if right else 1.0),
    )


def _settings(stored: StoredSession) -> tuple[tuple[Correction, ...], dict[str, str]]:
    try:
        found = json.loads(stored.start.settings_json)
        return corrections_from_json(found.get("corrections", [])), dict(found.get("serials", {}))
    except (ValueError, AttributeError, TypeError) as error:
        raise CalibrationError(
            f"session {stored.start.id}: its settings cannot be read: {error}", mend="take another session"
        ) from error
