"""When does a run of figures deserve a person's attention? Hysteresis and dwell, one state a limit.

A figure votes. Beyond: its AI exceeds ``raise_at`` on a watched side and its claim is strong enough (from level 1 on
the interval excludes zero). Inside: seen from the side of the standing alert, it is below ``clear_at``; the other
side is inside too, so that an alert whose side flips is cleared before the other side can raise one. Anything between
ends a pending dwell of either kind. A withheld figure casts no vote: it neither counts nor breaks, but after
``patience_s`` without votes a pending dwell starts afresh, because nobody saw what happened meanwhile. A standing
alert stays: silence clears nothing.

Time is that of the figures alone, so any cut of their sequence gives the same alerts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from evenside_analysis.conversions import Threshold, threshold_ai
from evenside_analysis.types import Alert, Figure

__all__ = ["Limit", "LimitState", "watch"]

_OneSide = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Limit:
    """Raise beyond ``raise_at`` held for ``dwell_s``, clear below ``clear_at`` held for ``clear_dwell_s``.

    Dwells run from the end of the first figure of a run to the end of the deciding one, so 0 means the first figure
    decides. ``patience_s`` is the longest hold without votes that a run survives. Raises ValueError for limits that
    cannot work: clear above raise, negative times, an unknown side, a claim outside 0 to 4.
    """

    rule: str
    metric: str
    site: str
    raise_at: Threshold
    clear_at: Threshold
    dwell_s: float
    clear_dwell_s: float
    side: Literal["left", "right", "either"]
    min_claim: int = 1
    patience_s: float = 300.0

    def __post_init__(self) -> None:
        if self.clear_ai > self.raise_ai:
            raise ValueError(
                f"limit {self.rule}: clear_at ({self.clear_ai:.3g} AI points) must not lie above raise_at "
                f"({self.raise_ai:.3g})"
            )
        for name in ("dwell_s", "clear_dwell_s", "patience_s"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"limit {self.rule}: {name} {getattr(self, name)} must be finite and not negative")
        if self.side not in ("left", "right", "either"):
            raise ValueError(f"limit {self.rule}: side {self.side!r} is none of left, right, either")
        if not 0 <= self.min_claim <= 4:
            raise ValueError(f"limit {self.rule}: min_claim {self.min_claim} is outside 0 to 4")

    @property
    def raise_ai(self) -> float:
        return threshold_ai(self.raise_at)

    @property
    def clear_ai(self) -> float:
        return threshold_ai(self.clear_at)


@dataclass(frozen=True, slots=True)
class LimitState:
    """The side of the standing alert, the run of votes that would change it, and when that run began and last voted."""

    active: _OneSide | None = None
    pending: Literal["left", "right", "inside"] | None = None
    since_s: float = 0.0
    vote_s: float = 0.0

    @staticmethod
    def start() -> LimitState:
        return LimitState()


def watch(limit: Limit, state: LimitState, figures: tuple[Figure, ...]) -> tuple[LimitState, tuple[Alert, ...]]:
    """The alerts that these figures raise and clear. Figures of other metrics and sites are passed over."""
    raise_ai, clear_ai = limit.raise_ai, limit.clear_ai
    alerts: list[Alert] = []
    for figure in figures:
        if (figure.metric, figure.site) != (limit.metric, limit.site) or figure.reason or math.isnan(figure.ai):
            continue
        if figure.end_s - state.vote_s > limit.patience_s:
            state = replace(state, pending=None)
        active = state.active
        if active is not None:
            inside = _towards(active, figure.ai) < clear_ai
            state = _voted(state, "inside" if inside else None, figure.end_s)
            if state.pending is None or figure.end_s - state.since_s < limit.clear_dwell_s:
                continue
            alerts.append(_alert(limit, figure, active, active=False, limit_ai=clear_ai))
            # The deciding figure may be the first vote of the other side.
            state = LimitState()
        side = _beyond(limit, figure, raise_ai)
        state = _voted(state, side, figure.end_s)
        if side is not None and figure.end_s - state.since_s >= limit.dwell_s:
            alerts.append(_alert(limit, figure, side, active=True, limit_ai=raise_ai))
            state = LimitState(active=side)
    return state, tuple(alerts)


def _beyond(limit: Limit, figure: Figure, raise_ai: float) -> _OneSide | None:
    side: _OneSide = "right" if figure.ai > 0.0 else "left"
    if abs(figure.ai) > raise_ai and figure.claim >= limit.min_claim and limit.side in (side, "either"):
        return side
    return None


def _towards(side: _OneSide, ai: float) -> float:
    return ai if side == "right" else -ai


def _voted(state: LimitState, vote: Literal["left", "right", "inside"] | None, time_s: float) -> LimitState:
    """The run goes on if it is of the same kind, else a new one begins here."""
    since_s = state.since_s if vote is not None and vote == state.pending else time_s
    return LimitState(state.active, vote, since_s, time_s)


def _alert(limit: Limit, figure: Figure, side: _OneSide, *, active: bool, limit_ai: float) -> Alert:
    return Alert(limit.rule, limit.metric, limit.site, figure.end_s, active, side, limit_ai, figure)
