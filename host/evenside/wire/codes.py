"""The numbers on the wire and what they mean. One place; firmware/WIRE.md prints the same tables.

Codes that a receiver does not know are never an error: a newer node may send them. Frames therefore carry plain
integers, and the functions here answer None for a stranger.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final, get_args

from evenside_analysis.types import Side, Site

__all__ = [
    "BROADCAST_ADDRESS",
    "FRAME_BYTES_MAX",
    "GATT_CONTROL",
    "GATT_SERVICE",
    "GATT_STREAM",
    "NOT_KNOWN_U8",
    "NOT_KNOWN_U32",
    "VERSION",
    "ClockKind",
    "EventCode",
    "FrameFlag",
    "Kind",
    "LogLevel",
    "NodeState",
    "Op",
    "Result",
    "first_byte",
    "side_code",
    "side_of",
    "site_code",
    "site_of",
]

VERSION: Final = 1
FRAME_BYTES_MAX: Final = 1024  # one frame, without address, CRC and COBS; longer ones are refused on both ends
BROADCAST_ADDRESS: Final = 255  # every node of a line obeys and answers under its own address
GATT_SERVICE: Final = "dd0b0001-11c9-4e3f-8558-1c7d0a9c2f1d"
GATT_STREAM: Final = "dd0b0002-11c9-4e3f-8558-1c7d0a9c2f1d"  # notify: data, status, event, log
GATT_CONTROL: Final = "dd0b0003-11c9-4e3f-8558-1c7d0a9c2f1d"  # write: commands; notify: replies, sync replies
NOT_KNOWN_U8: Final = 0xFF
NOT_KNOWN_U32: Final = 0xFFFF_FFFF


class Kind(IntEnum):
    """Low nibble of a frame's first byte. 0 to 7 travel from the node to the host, 8 to 15 the other way."""

    DATA = 0
    STATUS = 1
    EVENT = 2
    SYNC_REPLY = 3
    REPLY = 4
    LOG = 5
    COMMAND = 8


class FrameFlag(IntFlag):
    """Second byte of data, status and event frames."""

    NONE = 0
    ACC_CLIPPED = 1
    GYR_CLIPPED = 2
    FORCE_SATURATED = 4
    GAP = 8  # samples were lost between the frame before and this one
    BACKFILL = 16  # sent again on request
    CLOCK_STEPPED = 32  # t_first does not continue the time of the frame before
    LOW_BATTERY = 64
    BACKFILL_LAST = 128  # no further frame of this backfill follows


class Op(IntEnum):
    """What a host can ask of a node."""

    HELLO = 1
    START = 2
    STOP = 3
    SYNC = 4
    BACKFILL = 5
    DESCRIBE = 6
    SET_SIDE = 7
    TARE = 8
    GET_CAL = 9
    SET_CAL = 10
    LED = 11
    IDENTIFY = 12
    GET_LOG = 13
    REBOOT = 14


class Result(IntEnum):
    """Status byte of a command reply."""

    OK = 0
    UNKNOWN_OP = 1
    BAD_ARGS = 2  # too short, or a field outside its range
    BUSY = 3  # ask again later
    NOT_SUPPORTED = 4  # this node cannot do it, or not in its present state
    NOT_OFFERED = 5  # no such schema, rate, page or frame here
    BAD_CRC = 6  # the pieces arrived do not add up to the announced CRC-32
    NO_COMMON_VERSION = 7
    FAILED = 8  # the hardware refused


class EventCode(IntEnum):
    """What happened at a node; the argument's meaning stands behind each."""

    BOOT = 1  # reset cause: 0 power, 1 pin, 2 watchdog, 3 software, 4 fault
    BUTTON = 2  # number of presses: a marker
    TAP = 3  # number of taps
    LOW_BATTERY = 4  # percent
    SENSOR_FAULT = 5  # quantity code of the first channel concerned
    RECORDING_ENDED = 6  # 0
    CLOCK_STEPPED = 7  # by how many microseconds, saturated
    WORN = 8  # 0 strap off, 1 strap on
    TARE_DONE = 9  # number of samples averaged, 0 if it failed


class ClockKind(IntEnum):
    """Which clock stamps the samples."""

    OWN = 0  # a free-running oscillator of this node
    LINE = 1  # one oscillator for all addresses of this line
    SESSION = 2  # the ticks are session time already: a played recording


class NodeState(IntFlag):
    """State byte of a status frame."""

    NONE = 0
    SAMPLING = 1
    SENDING = 2
    BACKFILLING = 4
    ENDED = 8


class LogLevel(IntEnum):
    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


def first_byte(kind: Kind) -> int:
    """The byte that begins a frame of this kind."""
    return VERSION << 4 | kind


_SIDES: tuple[Side, ...] = get_args(Side)  # left, right, centre
_SITES: tuple[Site, ...] = get_args(Site)


def side_of(code: int) -> Side | None:
    """1 left, 2 right, 3 centre; 0 and everything else: not known."""
    return _SIDES[code - 1] if 1 <= code <= len(_SIDES) else None


def side_code(side: Side | None) -> int:
    return 0 if side is None else _SIDES.index(side) + 1


def site_of(code: int) -> Site | None:
    """1 foot to 12 grip, in the order of ``evenside_analysis.types.Site``; 0 and everything else: not known."""
    return _SITES[code - 1] if 1 <= code <= len(_SITES) else None


def site_code(site: Site | None) -> int:
    return 0 if site is None else _SITES.index(site) + 1
