"""What may be wrong with what a node says: kinds of faults, what each of them spoils, and the events that tell of them.

The principle of all checks: find what a person cannot do. Swing, stance and step times may differ between the sides of
a person and prove nothing. What is found is of one of three sources:

- ``sensor``: no person does this; what it spoils is not to be believed.
- ``walk``: not enough regular strides to say anything; no fault of a sensor.
- ``advice``: worth a word, no more: it happens to good recordings too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Literal

__all__ = ["FAULTS", "FaultEvent", "FaultKind", "Source", "Spoils", "kind_of"]

Source = Literal["sensor", "walk", "advice"]


class Spoils(IntFlag):
    """Quantities that a fault makes wrong."""

    NOTHING = 0
    TIMES = 1  # contacts of this foot: stance, swing and stride times
    BETWEEN = 2  # times between the feet: step times, double support
    MAGNITUDES = 4  # forces, rates, accelerations
    WAYS = 8  # heel rise and foot flat, ways and turns of the foot: what needs both channels of an IMU
    ALL = 15


@dataclass(frozen=True, slots=True)
class FaultKind:
    """``words`` follow the name of a node, or of a site where both sides are compared."""

    id: str
    source: Source
    spoils: Spoils
    words: str


_TABLE = (
    # Of one node.
    FaultKind("gap", "sensor", Spoils.ALL, "was not heard for a while"),
    FaultKind("lost", "sensor", Spoils.ALL, "lost more than a tenth of its samples"),
    FaultKind("stuck", "sensor", Spoils.ALL, "has an axis that stands still while it moves"),
    FaultKind("line", "sensor", Spoils.ALL, "holds straight lines: somebody bridged a gap"),
    FaultKind("clip", "sensor", Spoils.MAGNITUDES, "has an axis that is cut off at its peaks"),
    FaultKind("gain", "sensor", Spoils.MAGNITUDES, "does not measure gravity as it is"),
    FaultKind("bias", "sensor", Spoils.ALL, "turns while it rests"),
    FaultKind("closure", "sensor", Spoils.ALL, "moves on when the foot stands: its channels do not fit together"),
    FaultKind("tilt", "sensor", Spoils.ALL, "does not come back upright after a stride"),
    FaultKind("turned", "sensor", Spoils.ALL, "sits differently on the foot than before"),
    FaultKind("late", "sensor", Spoils.WAYS, "reports accelerations later than rotations"),
    FaultKind("backward", "walk", Spoils.WAYS, "seems to walk backward"),
    FaultKind("held", "sensor", Spoils.MAGNITUDES, "repeats the same force under load"),
    FaultKind("base", "sensor", Spoils.ALL, "feels a force while the foot is in the air"),
    # Of both sides of a site.
    FaultKind("still", "sensor", Spoils.ALL, "one side travels and the other does not"),
    FaultKind("rest_pair", "sensor", Spoils.MAGNITUDES, "both sides measure gravity differently"),
    FaultKind("stride_time", "sensor", Spoils.TIMES | Spoils.BETWEEN, "strides last longer on one side"),
    FaultKind("stride_length", "sensor", Spoils.MAGNITUDES | Spoils.WAYS, "strides are longer on one side"),
    FaultKind("stride_length_free", "walk", Spoils.WAYS, "strides seem longer on one side"),
    FaultKind("strides", "walk", Spoils.BETWEEN, "one side makes more strides than the other"),
    FaultKind("phase", "walk", Spoils.BETWEEN, "the feet do not keep their order in time"),
    FaultKind("delay", "advice", Spoils.NOTHING, "step times differ far more than swing times: is one side late?"),
    FaultKind("turn_pair", "advice", Spoils.NOTHING, "one foot turns further than the other: is a rate gain off?"),
)
FAULTS = {kind.id: kind for kind in _TABLE}


def kind_of(fault: str) -> FaultKind:
    """The kind with this id; ValueError if there is none."""
    if fault not in FAULTS:
        raise ValueError(f"{fault!r} is no kind of fault; known are {', '.join(FAULTS)}")
    return FAULTS[fault]


@dataclass(frozen=True, slots=True)
class FaultEvent:
    """A fault was found, or is over.

    It reaches from ``start_s`` to ``end_s``, inf while it lasts; the event that it is over has the same kind, place and
    start. ``known_s`` is the moment of the session from which on this is known, whenever it is told: who judges a
    moment takes the events known by then, and no others.
    """

    kind: str
    place: str  # id of the node, or the site of a pair
    start_s: float
    end_s: float
    known_s: float
