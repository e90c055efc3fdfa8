"""What the monitor is told before it starts: the nodes worn, the windows of its figures, limits, and how far sensors
can be trusted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from evenside_analysis.correction import Correction
from evenside_analysis.limits import Limit
from evenside_analysis.nudge import NudgeSettings
from evenside_analysis.types import Node, Site

__all__ = ["DEFAULT_TRUST", "MonitorSettings", "Pair", "Trust", "pairs_of"]


@dataclass(frozen=True, slots=True)
class Trust:
    """How well the sensors of a site are known: ``ln_gain_sd`` of ln(gain right / gain left), ``zero_error_n`` of one
    side's zero. inf where nobody knows: nothing then exceeds the bias budget.
    """

    ln_gain_sd: float
    zero_error_n: float = 0.0

    def __post_init__(self) -> None:
        if not (self.ln_gain_sd >= 0.0 and self.zero_error_n >= 0.0):
            raise ValueError(f"{self}: ln_gain_sd and zero_error_n must not be negative; inf where nobody knows")


# Design decisions, until a side swap has measured the sensors at hand. Insoles are off by 5 to 10 % of body weight in
# published comparisons, load cells with a two-point calibration by 1 %, their zero by a few newtons a day.
DEFAULT_TRUST: tuple[tuple[Site, Trust], ...] = (
    ("foot", Trust(0.02)),
    ("shank", Trust(0.02)),
    ("thigh", Trust(0.02)),
    ("wrist", Trust(0.02)),
    ("insole", Trust(0.10, 10.0)),
    ("plate", Trust(0.01, 2.0)),
    ("strap", Trust(0.02, 1.0)),
    ("grip", Trust(0.01, 1.0)),
    ("pedal", Trust(0.02)),
)


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """Of one wearer. Every ``hop_s`` a figure is made of the last ``window_s``; ``trust`` outranks ``DEFAULT_TRUST``.

    ``corrections`` are of calibrated nodes (``calibration.calibrated`` puts them here). ``body_mass_kg``: only to say
    whether force sensors are calibrated; no figure depends on it.

    Raises:
        ValueError: two nodes share an id, or a site and a side; window_s is not a whole number of hops; two corrections
            are of one node; two nudges are called alike; body_mass_kg is not positive.
    """

    nodes: tuple[Node, ...]
    window_s: float = 60.0
    hop_s: float = 10.0
    limits: tuple[Limit, ...] = ()
    trust: tuple[tuple[Site, Trust], ...] = field(default=())
    corrections: tuple[Correction, ...] = ()
    body_mass_kg: float | None = None
    nudges: tuple[NudgeSettings, ...] = ()

    def __post_init__(self) -> None:
        ids = [node.id for node in self.nodes]
        if len(set(ids)) < len(ids):
            raise ValueError(f"two nodes have the same id: {', '.join(ids)}")
        worn = [(node.site, node.side) for node in self.nodes if node.side != "centre"]
        for place in worn:
            if worn.count(place) > 1:
                two = " and ".join(node.id for node in self.nodes if (node.site, node.side) == place)
                raise ValueError(f"{two} are both worn at the {place[1]} {place[0]}: exchange one of the sides")
        hops = self.window_s / self.hop_s if self.hop_s > 0.0 else math.nan
        if not (math.isfinite(hops) and hops >= 1.0 and hops == math.floor(hops)):
            raise ValueError(f"window_s {self.window_s} must be a whole number of hop_s {self.hop_s}, at least 1")
        if self.body_mass_kg is not None and not 0.0 < self.body_mass_kg < math.inf:
            raise ValueError(f"body_mass_kg {self.body_mass_kg} must be positive, or None where nobody knows")
        rules = [nudge.rule for nudge in self.nudges]
        if len(set(rules)) < len(rules):
            raise ValueError(f"two nudges have the same name: {', '.join(rules)}")
        named = [correction.node for correction in self.corrections]
        if len(set(named)) < len(named):
            raise ValueError(f"two corrections are of the same node: {', '.join(named)}")

    def trust_of(self, site: Site) -> Trust:
        """The trust stated for a site, else the default, else none at all."""
        return {**dict(DEFAULT_TRUST), **dict(self.trust)}.get(site, Trust(math.inf, math.inf))


@dataclass(frozen=True, slots=True)
class Pair:
    """The two nodes of one site."""

    site: Site
    left: Node
    right: Node

    @property
    def rate_hz(self) -> float:
        """The lower of both."""
        return min(self.left.rate_hz, self.right.rate_hz)

    @property
    def shares_clock(self) -> bool:
        """Whether one oscillator stamps both sides."""
        return self.left.clock != "" and self.left.clock == self.right.clock


def pairs_of(nodes: tuple[Node, ...]) -> tuple[Pair, ...]:
    """Sites that have a node on both sides, in the order of the left nodes."""
    right = {node.site: node for node in nodes if node.side == "right"}
    return tuple(
        Pair(node.site, node, right[node.site]) for node in nodes if node.side == "left" and node.site in right
    )
