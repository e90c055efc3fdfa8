"""Frames on a serial line: COBS(address, frame, CRC-16) and a zero behind. Feed whatever arrived, however it was cut.

Every run of bytes between two zeros becomes one frame or is counted under exactly one cause, in the order: too long,
COBS broken, too short, CRC wrong, then what ``decode_frame`` finds. After any garbage the next zero begins anew. The
state is one unfinished run, bounded. The law: for any cut of the input the same frames and the same counts come out.
What it never does: raise because of what came in.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from types import MappingProxyType

from evenside.wire.cobs import cobs_decode, cobs_encode, encoded_bytes_max
from evenside.wire.codes import FRAME_BYTES_MAX
from evenside.wire.frames import CAUSES, Cause, Frame, Rejected, decode_frame, encode_frame

__all__ = ["Decoder", "crc16", "decode_packet", "encode_packet", "wrap_frame"]

_CRC_BYTES = 2
_ENVELOPE_BYTES = 1 + _CRC_BYTES
PACKET_BYTES_MAX = encoded_bytes_max(FRAME_BYTES_MAX + _ENVELOPE_BYTES)  # without the zero
_DELIMITER = b"\0"


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, no reflection, no final XOR; of b"123456789": 0x29B1."""
    return binascii.crc_hqx(data, 0xFFFF)


def wrap_frame(address: int, frame: bytes) -> bytes:
    """A frame's bytes as a packet of a serial line, with the zero at its end.

    Raises:
        ValueError: the address is no byte, or the frame is empty or longer than FRAME_BYTES_MAX.
    """
    if not 0 <= address <= 255:
        raise ValueError(f"address {address}, expected 0 to 255")
    if not 1 <= len(frame) <= FRAME_BYTES_MAX:
        raise ValueError(f"frame of {len(frame)} bytes, expected 1 to {FRAME_BYTES_MAX}")
    body = bytes((address,)) + frame
    return cobs_encode(body + crc16(body).to_bytes(_CRC_BYTES, "little")) + _DELIMITER


def encode_packet(address: int, frame: Frame) -> bytes:
    """A frame as a packet of a serial line. Raises ValueError as ``wrap_frame`` and ``encode_frame`` do."""
    return wrap_frame(address, encode_frame(frame))


def decode_packet(packet: bytes) -> tuple[int, Frame] | Rejected:
    """The address and frame of one packet without its zero. Never raises."""
    if len(packet) > PACKET_BYTES_MAX:
        return Rejected("long")
    body = cobs_decode(packet)
    if body is None:
        return Rejected("cobs")
    if len(body) > FRAME_BYTES_MAX + _ENVELOPE_BYTES:
        return Rejected("long")
    if len(body) <= _ENVELOPE_BYTES:
        return Rejected("short")
    checked, crc = body[:-_CRC_BYTES], body[-_CRC_BYTES:]
    if crc16(checked) != int.from_bytes(crc, "little"):
        return Rejected("crc")
    frame = decode_frame(checked[1:])
    return frame if isinstance(frame, Rejected) else (checked[0], frame)


class Decoder:
    """One direction of one serial line."""

    def __init__(self) -> None:
        self._pending = b""
        self._counts: dict[Cause, int] = dict.fromkeys(CAUSES, 0)

    @property
    def counts(self) -> Mapping[Cause, int]:
        """Rejected packets by cause, a live view. Every cause is a key."""
        return MappingProxyType(self._counts)

    def feed(self, data: bytes) -> list[tuple[int, Frame]]:
        """Addresses and frames that are complete now."""
        *packets, rest = (self._pending + data).split(_DELIMITER)
        self._pending = rest[: PACKET_BYTES_MAX + 1]  # one too many is kept: it says that the run is too long
        frames: list[tuple[int, Frame]] = []
        for packet in filter(None, packets):
            found = decode_packet(packet)
            if isinstance(found, Rejected):
                self._counts[found.cause] += 1
            else:
                frames.append(found)
        return frames
