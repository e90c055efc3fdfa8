"""The few values that travel through the analysis. All are immutable.

Arrays are structure-of-arrays, time along axis 0, channels along axis 1, SI units throughout (m/s², rad/s, N, W, s).
``time_s`` is always seconds on the session clock, and always a whole number of microseconds divided by 1e6: a time that
went through a file, a wire frame or a recording comes back with the same bits.

Sides stand in the order left, right. Positive means right is larger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Side = Literal["left", "right", "centre"]
Site = Literal[
    "foot", "shank", "thigh", "pelvis", "sternum", "upper_back", "wrist", "strap", "insole", "plate", "pedal", "grip"
]

GRAVITY_M_S2 = 9.80665
ACC = ("acc_x", "acc_y", "acc_z")  # m/s²
GYR = ("gyr_x", "gyr_y", "gyr_z")  # rad/s
FORCE = "force"  # N, vertical, or along the strap
POWER = "power"  # W, of one pedal


@dataclass(frozen=True, slots=True)
class Node:
    """One physical sensor as worn.

    ``gravity`` tells whether the accelerometer still contains gravity. ``right_handed`` is True only where the axes are
    known to form a right-handed frame on this very side (some vendors mirror one side; then a foot cannot tell its
    side). ``scale`` is the physical value of one count of each channel, where the device sends integer counts; the raw
    recording uses it to store counts, and falls back to floats where it does not reproduce the values exactly.
    ``clock`` names the oscillator that stamped the samples: nodes with the same name share one clock.
    """

    id: str
    site: Site
    side: Side
    channels: tuple[str, ...]
    rate_hz: float
    gravity: bool = True
    right_handed: bool = False
    acc_range_m_s2: float | None = None
    gyr_range_rad_s: float | None = None
    scale: tuple[float, ...] | None = None
    clock: str = ""

    def __post_init__(self) -> None:
        if not self.channels:
            raise ValueError(f"node {self.id}: a node needs at least one channel")
        if not 0.1 <= self.rate_hz <= 10_000:
            raise ValueError(f"node {self.id}: rate_hz {self.rate_hz} is outside 0.1 to 10000")
        if self.scale is not None and len(self.scale) != len(self.channels):
            raise ValueError(f"node {self.id}: {len(self.scale)} scales for {len(self.channels)} channels")

    def columns(self, names: tuple[str, ...]) -> tuple[int, ...] | None:
        """Positions of the named channels, or None unless the node has all of them."""
        if not set(names) <= set(self.channels):
            return None
        return tuple(self.channels.index(name) for name in names)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Consecutive samples of one node: ``values[i]`` was taken at ``time_s[i]``.

    A row of NaN says "nothing was heard up to here": a lost link is data, not an exception. ``clock_error_s`` bounds
    how far these times may lie from the session clock (0 for a shared clock, inf where nobody knows).
    """

    node: str
    time_s: Floats  # (n,), strictly increasing
    values: Floats  # (n, channels)
    clock_error_s: float = 0.0

    def __post_init__(self) -> None:
        if self.time_s.shape != self.values.shape[:1] or self.values.ndim != 2:
            raise ValueError(f"node {self.node}: {self.time_s.shape} times for values of shape {self.values.shape}")
        if self.time_s.size > 1 and not bool(np.all(np.diff(self.time_s) > 0)):
            raise ValueError(f"node {self.node}: time_s must be strictly increasing")


class Event(IntEnum):
    """What a contact detector reports of one foot."""

    IC = 0  # initial contact, heel strike
    TC = 1  # terminal contact, toe-off
    HEEL_RISE = 2  # the foot leaves flat
    FOOT_FLAT = 3  # the foot is flat again


class Flag(IntFlag):
    """Why an event or a stride is not straight, complete walking. 0 is clean."""

    NONE = 0
    GUESSED = 1  # the time came from this foot's habit, not from a pattern in the signal
    TURN = 2  # the foot changed its heading by more than the turn limit
    GAP = 4  # samples were lost inside
    FIRST = 8  # first stride after a rest
    LAST = 16  # last stride before a rest
    STAIRS = 32
    CLIPPED = 64
    UNSTEADY = 128  # its times stand out from those around it
    RUNNING = 256  # the foot stands for less than half of the stride


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """Events of one foot in the order of time, each final: no later sample changes them.

    ``peak_force_n`` and ``impulse_n_s`` stand at the TC that ends a stance where force was measured, NaN elsewhere; so
    do ``stance_low_s`` and ``stance_high_s``, the time of that stance between the first and the last moment at a low
    and at a high level of force, and ``loading_n_per_s``, how fast it took on the load. ``impact_m_s2`` stands at the
    IC where the acceleration of the foot was measured. None for a column: not measured. ``settled_s``: every event
    before this time has now been emitted.
    """

    time_s: Floats  # (n,)
    kind: Ints  # (n,), values of Event
    flags: Ints  # (n,), values of Flag
    peak_force_n: Floats  # (n,)
    impulse_n_s: Floats  # (n,)
    settled_s: float
    stance_low_s: Floats | None = None  # (n,)
    stance_high_s: Floats | None = None  # (n,)
    loading_n_per_s: Floats | None = None  # (n,)
    impact_m_s2: Floats | None = None  # (n,)

    @staticmethod
    def none(settled_s: float) -> Contacts:
        empty = np.empty(0)
        whole = np.empty(0, np.int64)
        return Contacts(empty, whole, whole, empty, empty, settled_s, empty, empty, empty, empty)

    def select(self, chosen: slice | Bools | Ints) -> Contacts:
        """The chosen events, with the same ``settled_s``."""
        return Contacts(
            self.time_s[chosen],
            self.kind[chosen],
            self.flags[chosen],
            self.peak_force_n[chosen],
            self.impulse_n_s[chosen],
            self.settled_s,
            *(self.or_nan(column)[chosen] for column in self._optional()),
        )

    def followed_by(self, later: Contacts) -> Contacts:
        """These events and then the later ones, settled as far as the later ones."""
        if not later.time_s.size:
            return replace(self, settled_s=max(self.settled_s, later.settled_s))
        return Contacts(
            np.concatenate([self.time_s, later.time_s]),
            np.concatenate([self.kind, later.kind]),
            np.concatenate([self.flags, later.flags]),
            np.concatenate([self.peak_force_n, later.peak_force_n]),
            np.concatenate([self.impulse_n_s, later.impulse_n_s]),
            max(self.settled_s, later.settled_s),
            *(
                np.concatenate([self.or_nan(ours), later.or_nan(theirs)])
                for ours, theirs in zip(self._optional(), later._optional(), strict=True)
            ),
        )

    def or_nan(self, column: Floats | None) -> Floats:
        """A column of these events; NaN all over where it was not measured."""
        return np.full(self.time_s.size, np.nan) if column is None else column

    def _optional(self) -> tuple[Floats | None, ...]:
        return self.stance_low_s, self.stance_high_s, self.loading_n_per_s, self.impact_m_s2


class Reason:
    """Why a figure is withheld: machine words, one place. The empty string means it is not."""

    NONE = ""
    TOO_FEW = "too_few"
    ONE_SIDE_MISSING = "one_side_missing"
    BELOW_FLOOR = "below_floor"
    DOMAIN = "negative_values"
    SYNC = "sync_error"
    SIDES_EXCHANGED = "sides_exchanged"
    SENSOR_FAULT = "sensor_fault"
    RATE_TOO_LOW = "rate_too_low"
    IRREGULAR = "irregular_walking"


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one pair of sides over one span of time, with everything needed to judge it.

    Means, SDs and the difference are in the metric's unit, ``ai*`` in AI points (positive = right larger). ``n`` pairs
    of both sides are compared, and then ``n_left`` = ``n_right`` = ``n``. A withheld figure has NaN for ``ai``,
    ``ai_lo`` and ``ai_hi``, claim 0, and says why in ``reason``; where that is too few pairs, the sides hold all that
    was measured of them, starts, stops and turns too, each with its own count. Completeness is the share of expected
    samples that arrived, 0 to 1.
    """

    metric: str
    site: str
    start_s: float
    end_s: float
    n: int
    n_left: int
    left_mean: float
    left_sd: float
    n_right: int
    right_mean: float
    right_sd: float
    difference: float  # right minus left
    ai: float
    ai_lo: float
    ai_hi: float
    bias_budget_ai: float
    mdc95_ai: float
    claim: int  # 0 to 4
    side: Literal["left", "right", "none"]
    reason: str
    completeness_left: float
    completeness_right: float
    sync_error_s: float  # NaN where the metric needs one clock only


@dataclass(frozen=True, slots=True)
class Alert:
    """The moment a limit was passed for long enough (``active``), or left again."""

    rule: str
    metric: str
    site: str
    time_s: float
    active: bool
    side: Literal["left", "right"]
    limit_ai: float
    figure: Figure  # the one that decided
