"""What the demonstration consists of: the wearer, the sensors, one alert, and windows short enough to watch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evenside.config import Config, FigureConfig, NodeConfig, Route, WearerConfig
from evenside.simulator import Wearer, default_nodes
from evenside.sources import parse_source_url
from evenside.sources.simulate_options import simulate_options
from evenside_analysis.conversions import Threshold
from evenside_analysis.limits import Limit

__all__ = ["Demo", "demo_config", "demo_of"]

SITES = ("foot", "insole", "strap")
WINDOW_S, HOP_S = 12.0, 2.0  # about eleven strides
# The stance of the demonstration is uneven by 5 AI points.
UNEVEN = Limit(
    *("uneven steps", "stance_time", "insole", Threshold(3.0, "ai"), Threshold(1.5, "ai"), 4.0, 4.0, "either")
)


@dataclass(frozen=True, slots=True)
class Demo:
    """``url`` of the source, ``life_url`` of the same wearer at the speed of life; ``wearer`` behind both.

    ``end_s``: when the session ends, ``scale_ai``: where the pictures end.
    """

    data: Path
    url: str
    life_url: str
    wearer: Wearer
    end_s: float
    scale_ai: float = 15.0


def demo_of(data: Path, *, seconds: float, speed: float, seed: int) -> Demo:
    """``seconds`` of this world."""
    life_url = f"simulate://?script=demo&repeat=yes&seed={seed}"
    url = f"{life_url}&speed={speed:g}&seconds={seconds * speed:g}"
    options = simulate_options(parse_source_url(url))
    return Demo(data, url, life_url, options.wearer, options.seconds)


def demo_config(found: Demo, url: str) -> Config:
    """The configuration with one of the two URLs."""
    nodes = tuple(NodeConfig(node, url) for node in default_nodes() if node.site in SITES)
    wearer = WearerConfig("demo", nodes, (UNEVEN,), routes=(Route(UNEVEN.rule),))
    return Config(found.data / "evenside.toml", found.data, (wearer,), FigureConfig(WINDOW_S, HOP_S))
