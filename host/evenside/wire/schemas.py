"""What one sample is made of: channels, their types on the wire, and the SI value of one count.

Four schemas are fixed; ids 128 to 255 are described by the node itself (DESCRIBE). A described schema may use 64-bit
floats with scale 1, so that a recording can be played as a node without changing a bit. Quantities that are not known
here keep their place under a name of their own, so that the known ones beside them can be used.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evenside.wire.codes import FrameFlag
from evenside_analysis.types import GRAVITY_M_S2, Floats

__all__ = [
    "ACC_SCALE",
    "CHANNEL_BYTES",
    "CLOCK_ERROR",
    "FIXED_SCHEMAS",
    "FORCE_SCALE",
    "GYR_SCALE",
    "QUANTITIES",
    "SAMPLE_BYTES",
    "SAMPLE_BYTES_MAX",
    "SampleType",
    "Schema",
    "SchemaChannel",
    "clip_flags",
    "decode_samples",
    "encode_samples",
    "pack_channels",
    "schema_hash",
    "unpack_channels",
]

ACC_SCALE: Final = 16 * GRAVITY_M_S2 / 32768  # m/s² a count, ±16 g
GYR_SCALE: Final = math.radians(2000) / 32768  # rad/s a count, ±2000 °/s
FORCE_SCALE: Final = 0.1  # N a count, 0 to 6553.5 N
SAMPLE_BYTES_MAX: Final = 1012  # a data frame of one sample
CLOCK_ERROR: Final = "clock_error"  # how far the time of this very sample may be off; no measurement

QUANTITIES: Final[dict[int, str]] = {
    **dict(enumerate(("acc_x", "acc_y", "acc_z"), 1)),  # m/s²
    **dict(enumerate(("gyr_x", "gyr_y", "gyr_z"), 4)),  # rad/s
    **dict(enumerate(("mag_x", "mag_y", "mag_z"), 7)),  # T
    16: "force",  # N
    **{16 + cell: f"force_{cell}" for cell in range(1, 17)},  # N, cells of one force
    33: "power",  # W
    34: "temperature",  # °C
    35: "torque",  # N m
    36: "cop_x",  # m, centre of pressure
    37: "cop_y",  # m
    38: CLOCK_ERROR,  # s
}
_CODES: Final[dict[str, int]] = {name: code for code, name in QUANTITIES.items()}
_CHANNEL = struct.Struct("<BBd")
CHANNEL_BYTES: Final = _CHANNEL.size


class SampleType(IntEnum):
    S16 = 1
    U16 = 2
    S32 = 3
    F32 = 4
    F64 = 5

    @property
    def dtype(self) -> str:
        return ("", "<i2", "<u2", "<i4", "<f4", "<f8")[self]

    @property
    def is_float(self) -> bool:
        return self >= SampleType.F32


@dataclass(frozen=True, slots=True)
class SchemaChannel:
    """One number of a sample. ``scale`` is the SI value of one count."""

    quantity: int  # key of QUANTITIES, or one not known here
    type: SampleType
    scale: float

    @property
    def name(self) -> str:
        return QUANTITIES.get(self.quantity, f"quantity_{self.quantity}")

    @staticmethod
    def named(name: str, kind: SampleType, scale: float = 1.0) -> SchemaChannel:
        """Raises ValueError where ``name`` is no quantity of the wire."""
        if name not in _CODES:
            raise ValueError(f"{name!r} is no quantity of the wire: one of {', '.join(_CODES)}")
        return SchemaChannel(_CODES[name], kind, scale)


@dataclass(frozen=True, slots=True)
class _Run:
    """Channels [first, end) of one type: read in one step."""

    first: int
    end: int
    type: SampleType
    field: str


@dataclass(frozen=True, slots=True)
class Schema:
    """Build with ``Schema.of``."""

    id: int
    channels: tuple[SchemaChannel, ...]
    sample_bytes: int
    _dtype: np.dtype[np.void] = field(repr=False, compare=False)
    _runs: tuple[_Run, ...] = field(repr=False, compare=False)
    _scales: Floats | None = field(repr=False, compare=False)  # None: all are 1

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(channel.name for channel in self.channels)

    @staticmethod
    def of(schema_id: int, channels: Iterable[SchemaChannel]) -> Schema:
        """Raises ValueError for no channel, too many, a repeated one, or a scale that is 0 or not finite."""
        listed = tuple(channels)
        runs: list[_Run] = []
        for kind, group in groupby(listed, lambda channel: channel.type):
            first = runs[-1].end if runs else 0
            runs.append(_Run(first, first + len(list(group)), kind, f"run{len(runs)}"))
        dtype = np.dtype([(run.field, run.type.dtype, (run.end - run.first,)) for run in runs])
        if not 1 <= len(listed) <= 255 or dtype.itemsize > SAMPLE_BYTES_MAX:
            raise ValueError(
                f"schema {schema_id}: {len(listed)} channels, {dtype.itemsize} of {SAMPLE_BYTES_MAX} bytes"
            )
        if len({channel.quantity for channel in listed}) != len(listed):
            raise ValueError(f"schema {schema_id}: a channel is listed twice")
        if not all(math.isfinite(channel.scale) and channel.scale for channel in listed):
            raise ValueError(f"schema {schema_id}: a scale is 0 or not finite")
        scales = np.array([channel.scale for channel in listed])
        plain = bool(np.all(scales == 1.0))
        return Schema(schema_id, listed, dtype.itemsize, dtype, tuple(runs), None if plain else scales)


def _imu() -> list[SchemaChannel]:
    acc = [SchemaChannel.named(f"acc_{axis}", SampleType.S16, ACC_SCALE) for axis in "xyz"]
    return acc + [SchemaChannel.named(f"gyr_{axis}", SampleType.S16, GYR_SCALE) for axis in "xyz"]


def _cells(count: int) -> list[SchemaChannel]:
    return [SchemaChannel.named(f"force_{cell}", SampleType.U16, FORCE_SCALE) for cell in range(1, count + 1)]


FIXED_SCHEMAS: Final[dict[int, Schema]] = {
    1: Schema.of(1, _imu() + _cells(8)),
    2: Schema.of(2, _imu() + _cells(4)),
    3: Schema.of(3, _imu()),
    4: Schema.of(4, _cells(8)),
}
SAMPLE_BYTES: Final[dict[int, int]] = {schema.id: schema.sample_bytes for schema in FIXED_SCHEMAS.values()}


def decode_samples(schema: Schema, payload: bytes) -> Floats:
    """Samples (n, channels) in SI units. What a float channel holds may be NaN or infinite, and is handed on.

    Raises:
        ValueError: ``payload`` is not a whole number of samples. Compare ``frame.sample_bytes`` with the schema first.
    """
    counts = np.frombuffer(payload, schema._dtype)
    values = np.empty((counts.size, len(schema.channels)))
    with np.errstate(all="ignore"):  # any bytes are to be read
        for run in schema._runs:
            values[:, run.first : run.end] = counts[run.field]
        # Not even a multiplication by 1: that would quieten a signalling NaN.
        return values if schema._scales is None else np.multiply(values, schema._scales, out=values)


def encode_samples(schema: Schema, values: Floats) -> bytes:
    """Samples (n, channels) in SI units as bytes. Integers round to the nearest count, and saturate as a sensor does.

    Raises:
        ValueError: the shape is wrong, or an integer channel is to hold a NaN.
    """
    if values.ndim != 2 or values.shape[1] != len(schema.channels):
        raise ValueError(f"schema {schema.id}: {len(schema.channels)} channels, values of shape {values.shape}")
    counts = np.empty(len(values), schema._dtype)
    with np.errstate(all="ignore"):
        scaled = values if schema._scales is None else values / schema._scales
        for run in schema._runs:
            part = scaled[:, run.first : run.end]
            if not run.type.is_float:
                if bool(np.isnan(part).any()):
                    raise ValueError(f"schema {schema.id}: a NaN in an integer channel")
                limits = np.iinfo(run.type.dtype)
                part = np.clip(np.rint(part), limits.min, limits.max)
            counts[run.field] = part
    return counts.tobytes()


def clip_flags(schema: Schema, payload: bytes) -> FrameFlag:
    """Which of the sensors stands at the end of its range, of integer channels. 0 is no end of an unsigned one."""
    counts = np.frombuffer(payload, schema._dtype)
    flags = FrameFlag.NONE
    for run in schema._runs:
        if run.type.is_float:
            continue
        limits = np.iinfo(run.type.dtype)
        part: NDArray[np.int64] = counts[run.field].astype(np.int64)
        ends = (part == limits.max) | ((part == limits.min) & (limits.min < 0))
        for at in np.flatnonzero(ends.any(axis=0)):
            flags |= _CLIP_FLAGS.get(schema.channels[run.first + int(at)].name[:3], FrameFlag.NONE)
    return flags


_CLIP_FLAGS: Final = {
    "acc": FrameFlag.ACC_CLIPPED,
    "gyr": FrameFlag.GYR_CLIPPED,
    "for": FrameFlag.FORCE_SATURATED,
}


def pack_channels(channels: Iterable[SchemaChannel]) -> bytes:
    """Ten bytes a channel, as in a DESCRIBE reply."""
    return b"".join(_CHANNEL.pack(channel.quantity, channel.type, channel.scale) for channel in channels)


def unpack_channels(data: bytes) -> tuple[SchemaChannel, ...] | None:
    """None where a type is not known (its width is not either) or a channel is cut off."""
    if len(data) % _CHANNEL.size:
        return None
    fields = list(_CHANNEL.iter_unpack(data))
    if not all(kind in set(SampleType) for _, kind, _ in fields):
        return None
    return tuple(SchemaChannel(quantity, SampleType(kind), scale) for quantity, kind, scale in fields)


def schema_hash(schemas: Iterable[Schema]) -> int:
    """CRC-32 of all descriptions in the order of HELLO: another value means that the host must ask again."""
    parts = (bytes((schema.id, len(schema.channels))) + pack_channels(schema.channels) for schema in schemas)
    return zlib.crc32(b"".join(parts))
