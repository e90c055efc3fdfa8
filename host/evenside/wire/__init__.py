"""The evenside wire format: bytes to values and back, and a node made of nothing but them. No I/O, no clock.

firmware/WIRE.md is the specification; tests/vectors/wire.json its golden bytes, obeyed by every implementation.
"""

from __future__ import annotations

from evenside.wire.cobs import cobs_decode, cobs_encode
from evenside.wire.codes import (
    BROADCAST_ADDRESS,
    FRAME_BYTES_MAX,
    GATT_CONTROL,
    GATT_SERVICE,
    GATT_STREAM,
    VERSION,
    ClockKind,
    EventCode,
    FrameFlag,
    Kind,
    LogLevel,
    NodeState,
    Op,
    Result,
    side_code,
    side_of,
    site_code,
    site_of,
)
from evenside.wire.commands import BackfillReply, CalibrationPiece, HelloReply, StartReply
from evenside.wire.describe import DescribePage, schema_from_pages
from evenside.wire.frames import (
    CAUSES,
    Cause,
    Command,
    DataFrame,
    EventFrame,
    Frame,
    LogFrame,
    Rejected,
    Reply,
    SyncReply,
    decode_frame,
    encode_frame,
)
from evenside.wire.line_model import LineModel
from evenside.wire.node_model import NodeModel
from evenside.wire.node_settings import NodeSettings, Signal, Vitals
from evenside.wire.schemas import (
    CLOCK_ERROR,
    FIXED_SCHEMAS,
    QUANTITIES,
    SampleType,
    Schema,
    SchemaChannel,
    decode_samples,
    encode_samples,
    schema_hash,
)
from evenside.wire.sequence import SequenceState, Sighting, announce, place
from evenside.wire.serial_codec import Decoder, crc16, decode_packet, encode_packet, wrap_frame
from evenside.wire.status import StatusFrame

__all__ = [
    "BROADCAST_ADDRESS",
    "CAUSES",
    "CLOCK_ERROR",
    "FIXED_SCHEMAS",
    "FRAME_BYTES_MAX",
    "GATT_CONTROL",
    "GATT_SERVICE",
    "GATT_STREAM",
    "QUANTITIES",
    "VERSION",
    "BackfillReply",
    "CalibrationPiece",
    "Cause",
    "ClockKind",
    "Command",
    "DataFrame",
    "Decoder",
    "DescribePage",
    "EventCode",
    "EventFrame",
    "Frame",
    "FrameFlag",
    "HelloReply",
    "Kind",
    "LineModel",
    "LogFrame",
    "LogLevel",
    "NodeModel",
    "NodeSettings",
    "NodeState",
    "Op",
    "Rejected",
    "Reply",
    "Result",
    "SampleType",
    "Schema",
    "SchemaChannel",
    "SequenceState",
    "Sighting",
    "Signal",
    "StartReply",
    "StatusFrame",
    "SyncReply",
    "Vitals",
    "announce",
    "cobs_decode",
    "cobs_encode",
    "crc16",
    "decode_frame",
    "decode_packet",
    "decode_samples",
    "encode_frame",
    "encode_packet",
    "encode_samples",
    "place",
    "schema_from_pages",
    "schema_hash",
    "side_code",
    "side_of",
    "site_code",
    "site_of",
    "wrap_frame",
]
