"""What a codec is told, what it wishes, what it finds, and how a kind of device describes itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from evenside_analysis.types import Floats, Ints, Node, Site

__all__ = [
    "EVENSIDE",
    "Advert",
    "Closing",
    "Codec",
    "DeviceKind",
    "Doing",
    "Event",
    "Found",
    "Heard",
    "Hopeless",
    "Identity",
    "Level",
    "Opened",
    "Read",
    "Said",
    "Samples",
    "SerialAt",
    "Started",
    "Subscribe",
    "Ticked",
    "Timing",
    "WasRead",
    "Wish",
    "Write",
    "uuid16",
]

EVENSIDE = "evenside"
"""What ``device`` of a node names for a sensor that speaks firmware/WIRE.md: no codec is needed for it."""


def uuid16(number: int) -> str:
    """The full form, lower case, of a number that the Bluetooth SIG assigned."""
    return f"0000{number:04x}-0000-1000-8000-00805f9b34fb"


@dataclass(frozen=True, slots=True)
class Advert:
    """What a device says to everybody. ``services``: full UUIDs, lower case."""

    name: str = ""
    services: frozenset[str] = frozenset()
    maker_data: Mapping[int, bytes] = field(default_factory=dict)  # company id -> bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """Of the Device Information service, "" where the device does not say; ``serial`` is what evenside.toml names.

    Without a serial number there it is the advertised name, and without a name the address.
    """

    serial: str = ""
    maker: str = ""
    model: str = ""
    firmware: str = ""


# --- what a codec is told ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """The device is connected, its services are known. The first event of every connection.

    ``max_write``: bytes that fit into one write without response. ``characteristics``: UUIDs that are there.
    """

    at_s: float
    identity: Identity
    max_write: int
    characteristics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Heard:
    """A notification or an indication."""

    at_s: float
    uuid: str
    data: bytes


@dataclass(frozen=True, slots=True)
class WasRead:
    """The answer to ``Read``."""

    at_s: float
    uuid: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time passes, some times a second."""

    at_s: float


@dataclass(frozen=True, slots=True)
class Closing:
    """The host leaves: the last wishes are carried out if there is time."""

    at_s: float


Event = Opened | Heard | WasRead | Ticked | Closing


# --- what it wishes, carried out in order -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Notifications or indications of a characteristic, whichever it has."""

    uuid: str


@dataclass(frozen=True, slots=True)
class Read:
    uuid: str


@dataclass(frozen=True, slots=True)
class Write:
    uuid: str
    data: bytes
    response: bool = False


Wish = Subscribe | Read | Write


# --- what it found ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Samples:
    """Of one node, in the order in which they were taken.

    ``values``: (n, channels of the node), SI units; a row of NaN is a sample that tells nothing, as a balance whose
    side is unknown. ``device_us``: (n,) microseconds of the device's own clock, strictly increasing within a ``clock``;
    None where it has none, then they are timed by their arrival. ``clock`` counts up where the device began its time
    anew. ``lost``: something between these and the last ones is missing.
    """

    node: str
    values: Floats
    arrived_s: float
    device_us: Ints | None = None
    clock: int = 0
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """The device accepted to send; ``words`` for a person, as "200 Hz"."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """What the device said of itself; NaN where it did not."""

    battery_percent: float = float("nan")
    temperature_c: float = float("nan")


@dataclass(frozen=True, slots=True)
class Said:
    """A link event of these nodes (all, where ``node`` is ""): ``kind`` is one of those of ``LinkEvent``."""

    kind: str
    detail: str
    node: str = ""


@dataclass(frozen=True, slots=True)
class Hopeless:
    """The device cannot be what the configuration says: no retry will help. The words carry the mend."""

    why: str


Found = Samples | Started | Level | Said | Hopeless
Doing = Wish | Found


# --- a kind of device -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Timing:
    """How times come about: ``device``: stamped by its clock; ``arrival``: by when they came, spread at the rate.

    ``error_s``: how far two devices of this kind may be off each other, stated where nothing better is measured.
    """

    by: Literal["device", "arrival"]
    error_s: float


@dataclass(frozen=True, slots=True)
class SerialAt:
    """Where a device without a Device Information service keeps its serial number; ``parse`` gives "" for nonsense."""

    uuid: str
    parse: Callable[[bytes], str]


class Codec(Protocol):
    """**Protocol:** a pure step. ``state`` is whatever ``start`` made; a new connection goes on with the last state."""

    def start(self, nodes: tuple[Node, ...], /) -> Any: ...

    def step(self, state: Any, event: Event, /) -> tuple[Any, list[Doing]]: ...


@dataclass(frozen=True, slots=True)
class DeviceKind:
    """One maker's device. ``id`` is what ``device`` of a node in evenside.toml may name.

    ``both_sides``: one device measures left and right and plays two nodes. ``channels``: what a node of it has, in
    the names of evenside; a node of the configuration may leave some out. ``rates_hz``: what it can be asked for, the
    best first; empty where it sends as it likes, at about ``usual_rate_hz``. ``silence_s``: without data for longer
    something is wrong.
    """

    id: str
    name: str
    recognises: Callable[[Advert], bool]
    channels: tuple[str, ...]
    sites: tuple[Site, ...]
    rates_hz: tuple[float, ...]
    timing: Timing
    codec: Codec
    both_sides: bool = False
    silence_s: float = 3.0
    bonds: bool = False  # it wants to be paired before it talks
    gravity: bool = True
    right_handed: bool = False
    serial_at: SerialAt | None = None  # read where Device Information has no serial number, before the name is taken
    usual_rate_hz: float | None = None
    notes: str = ""  # one sentence for whoever chooses it
