"""Signals of an IMU that no movement makes: an axis that stands still, straight lines, peaks that are cut off.

*Stuck*: an axis says the very same number for longer than ``stuck_s`` while another rate of rotation moves; or all six
say the same again and again although the node turns. *Line*: all six run on straight lines for longer than ``line_s``
and are not at rest: somebody bridged a gap. Both look at the last few samples only, at every sample.

*Clip*: the largest, or the smallest, value of an axis is reached again and again, and held: real peaks differ, and are
narrow. The level is the most extreme value so far; a higher one starts the count anew.

Samples that were lost are not there; they neither break a run of equal numbers nor make one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from evenside_analysis.fault_spans import OpenSpan, spanned
from evenside_analysis.fault_types import FaultEvent
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["RowSettings", "RowWatch", "watch_rows"]

_CHANNELS = 6  # rates of rotation, then accelerations
_Found = list[tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class RowSettings:
    """Of one node. Limits from recordings of 29 people without faults, and from faults put into them."""

    node: str
    rate_hz: float
    stuck_s: float = 0.15  # the longest without a fault was .12
    stuck_rad_s: float = 0.52  # 30 degrees/s: the foot swings
    frozen_rad_s: float = 0.1  # a node that turns, and whose six axes all repeat themselves
    line_s: float = 0.12  # the longest without a fault was .09
    line_m_s2: float = 1e-3  # second differences; the noise of any sensor is larger
    line_rad_s: float = 1.75e-5
    line_range_m_s2: float = 1.0  # a straight line that does not move is a node at rest
    line_range_rad_s: float = 0.0175
    clip_share: float = 0.999  # of the extreme; nearer than calibrations and filters leave a rail
    clip_min_m_s2: float = 15.0
    clip_min_rad_s: float = 3.5
    clip_stay_s: float = 0.01  # one stay; real peaks stay within a thousandth for less than two samples at 100 Hz
    clip_stays: int = 2
    clip_samples: int = 5  # in those stays together
    join_s: float = 2.0  # an axis is seen to be stuck in swings only
    clip_join_s: float = 30.0

    @property
    def stuck(self) -> int:
        """Samples that must be equal."""
        return int(self.stuck_s * self.rate_hz) + 2

    @property
    def line(self) -> int:
        """Samples on a straight line."""
        return int(self.line_s * self.rate_hz) + 3

    @property
    def stay(self) -> int:
        """Samples of one stay at a rail."""
        return max(2, int(self.clip_stay_s * self.rate_hz) + 1)


@dataclass(frozen=True, slots=True)
class _Rail:
    """One end of one axis: its level so far, the current stay there, and the stays before."""

    level: float
    stay: int = 0
    since_s: float = 0.0
    stays: int = 0
    samples: int = 0  # of the stays
    first_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class RowWatch:
    """What the past has to say: the last few samples, the rails, and what is open."""

    time_s: Floats = field(default_factory=lambda: np.empty(0))
    values: Floats = field(default_factory=lambda: np.empty((_CHANNELS, 0)))
    rails: tuple[_Rail, ...] = ()
    stuck: OpenSpan = field(default_factory=OpenSpan)
    line: OpenSpan = field(default_factory=OpenSpan)
    clip: OpenSpan = field(default_factory=OpenSpan)


def watch_rows(
    settings: RowSettings, state: RowWatch, time_s: Floats, values: Floats, latest_s: float
) -> tuple[RowWatch, list[FaultEvent]]:
    """Add heard samples: times (n,) and values (6, n), rates of rotation (rad/s) and accelerations (m/s²)."""
    rails, held_s, held = state.rails, state.time_s, state.values
    clipped, stuck, line = _Found(), _Found(), _Found()
    if time_s.size:
        rails, clipped = _clipped(settings, rails, time_s, values)
        held_s, held = np.concatenate([held_s, time_s]), np.concatenate([held, values], axis=1)
        new = state.time_s.size
        stuck = _extents(held_s, _stuck(settings, held, new), settings.stuck)
        line = _extents(held_s, _line(settings, held, new), settings.line)
        kept = max(settings.stuck, settings.line) - 1
        held_s, held = held_s[-kept:].copy(), held[:, -kept:].copy()
    events: list[FaultEvent] = []
    opens = []
    for kind, join_s, span, found in (
        ("stuck", settings.join_s, state.stuck, stuck),
        ("line", settings.join_s, state.line, line),
        ("clip", settings.clip_join_s, state.clip, clipped),
    ):
        span, more = spanned(kind, settings.node, join_s, span, found, latest_s)
        opens.append(span)
        events += more
    return RowWatch(held_s, held, rails, *opens), events


def _extents(time_s: Floats, bad: Ints, width: int) -> _Found:
    """Runs of samples at each of which the last ``width`` ones are bad: from the first of these, known at the first."""
    if not bad.size:
        return []
    breaks = np.flatnonzero(np.diff(bad) > 1)
    first, last = bad[np.append(0, breaks + 1)], bad[np.append(breaks, bad.size - 1)]
    columns = (time_s[first - width + 1], time_s[last], time_s[first])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _runs(true: Bools, least: int) -> list[tuple[int, int]]:
    """Runs [first, end) of at least ``least`` that are true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]])))
    first, end = edges[::2], edges[1::2]
    long = end - first >= least
    return list(zip(first[long].tolist(), end[long].tolist(), strict=True))


def _stuck(settings: RowSettings, values: Floats, new: int) -> Ints:
    """Places, from ``new`` on, at which an axis has been stuck for long enough."""
    width = settings.stuck
    if values.shape[1] < width:
        return np.empty(0, np.int64)
    sparse = width // 2  # two of these lie in every run that is long enough
    few = values[:, ::sparse]
    bad = np.zeros(values.shape[1], np.bool_)
    for channel in np.flatnonzero((few[:, 1:] == few[:, :-1]).any(axis=1)).tolist():
        equal = values[channel, 1:] == values[channel, :-1]
        for first, end in _runs(equal, width - 1):
            span = values[:, first : end + 1]
            views = sliding_window_view(span[:3], width, axis=1)
            moved = views.max(axis=2) - views.min(axis=2)
            if channel < 3:
                moved[channel] = 0.0
            same = sliding_window_view((span[:, 1:] == span[:, :-1]).all(axis=0), width - 1).all(axis=1)
            turns = (np.abs(views[:, :, -1]) > settings.frozen_rad_s).any(axis=0)
            bad[first + width - 1 : end + 1] |= (moved > settings.stuck_rad_s).any(axis=0) | (same & turns)
    bad[:new] = False
    return np.flatnonzero(bad)


def _line(settings: RowSettings, values: Floats, new: int) -> Ints:
    """Places, from ``new`` on, at which all axes have run on straight lines for long enough."""
    width = settings.line
    if values.shape[1] < width:
        return np.empty(0, np.int64)
    straight = np.ones(values.shape[1] - 2, np.bool_)
    for channel, row in enumerate(values):
        limit = settings.line_rad_s if channel < 3 else settings.line_m_s2
        straight &= np.abs(row[2:] - 2.0 * row[1:-1] + row[:-2]) < limit
        if np.count_nonzero(straight) < width - 2:
            return np.empty(0, np.int64)
    bad = np.zeros(values.shape[1], np.bool_)
    limits = np.repeat([settings.line_range_rad_s, settings.line_range_m_s2], 3)[:, np.newaxis]
    for first, end in _runs(straight, width - 2):
        views = sliding_window_view(values[:, first : end + 2], width, axis=1)
        moves = views.max(axis=2) - views.min(axis=2) > limits
        bad[first + width - 1 : end + 2] |= moves.any(axis=0)
    bad[:new] = False
    return np.flatnonzero(bad)


def _clipped(
    settings: RowSettings, rails: tuple[_Rail, ...], time_s: Floats, values: Floats
) -> tuple[tuple[_Rail, ...], _Found]:
    """The rails after these samples; stays at those that are proven."""
    if not rails:
        least = [settings.clip_min_rad_s] * 6 + [settings.clip_min_m_s2] * 6
        rails = tuple(_Rail(level) for level in least)
    found: _Found = []
    after = []
    highest, lowest = values.max(axis=1), values.min(axis=1)
    for place, rail in enumerate(rails):
        channel, down = place // 2, bool(place % 2)
        extreme = -lowest[channel] if down else highest[channel]
        if extreme <= settings.clip_share * rail.level:
            after.append(replace(rail, stay=0) if rail.stay else rail)
            continue
        rail, stays = _at_rail(settings, rail, time_s, -values[channel] if down else values[channel])
        after.append(rail)
        found += stays
    return tuple(after), sorted(found, key=lambda stay: stay[2])


def _at_rail(settings: RowSettings, rail: _Rail, time_s: Floats, value: Floats) -> tuple[_Rail, _Found]:
    """One rail, sample by sample; only those near the level matter."""
    near = np.flatnonzero(value > settings.clip_share * rail.level)
    so_far = np.maximum.accumulate(value[near])
    near = near[value[near] >= settings.clip_share * so_far]
    level, stay, since_s = rail.level, rail.stay, rail.since_s
    stays, samples, first_s = rail.stays, rail.samples, rail.first_s
    found: _Found = []
    before = -1
    for at, high, now_s in zip(near.tolist(), value[near].tolist(), time_s[near].tolist(), strict=True):
        if high > level / settings.clip_share:
            stay, stays, samples = 0, 0, 0
        if at != before + 1:
            stay = 0
        if high <= settings.clip_share * level:
            continue
        level, before = max(level, high), at
        stay += 1
        since_s = now_s if stay == 1 else since_s
        if stay < settings.stay:
            continue
        stays += stay == settings.stay
        samples += settings.stay if stay == settings.stay else 1
        if stays == 1:
            first_s = since_s
        if stays >= settings.clip_stays and samples >= settings.clip_samples:
            found.append((first_s, now_s, now_s))
            first_s = since_s
    if before != value.size - 1:
        stay = 0
    return _Rail(level, stay, since_s, stays, samples, first_s), found
