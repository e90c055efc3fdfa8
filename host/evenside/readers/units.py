"""Units that layouts may name, and what one of each is in SI.

One table a quantity. A unit that is not in it is refused where the layout is read; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import pi
from typing import Literal

from evenside_analysis.types import ACC, FORCE, GRAVITY_M_S2, GYR, POWER

__all__ = ["CHANNELS", "UNITS", "Quantity", "quantity_of"]

Quantity = Literal["acceleration", "angular rate", "force", "power", "time"]

UNITS: Mapping[Quantity, Mapping[str, float]] = {
    "acceleration": {"m/s2": 1.0, "m/s^2": 1.0, "g": GRAVITY_M_S2, "mg": GRAVITY_M_S2 / 1e3, "cm/s2": 0.01},
    "angular rate": {"rad/s": 1.0, "mrad/s": 1e-3, "deg/s": pi / 180, "dps": pi / 180, "mdps": pi / 180e3},
    "force": {"N": 1.0, "kN": 1e3, "kgf": GRAVITY_M_S2, "kg": GRAVITY_M_S2, "lbf": 4.4482216152605},
    "power": {"W": 1.0, "kW": 1e3, "mW": 1e-3},
    "time": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0},
}

CHANNELS: Mapping[str, Quantity] = {
    **dict.fromkeys(ACC, "acceleration"),
    **dict.fromkeys(GYR, "angular rate"),
    FORCE: "force",
    POWER: "power",
}


def quantity_of(channel: str) -> Quantity | None:
    """What a channel of this name measures, or None where there is no such channel."""
    return CHANNELS.get(channel)
