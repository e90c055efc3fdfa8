"""The stream decoder under noise, damage and any cut."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside import wire
from evenside.wire.frames import DataFrame, Frame
from evenside.wire.serial_codec import PACKET_BYTES_MAX

SAMPLES = st.integers(1, 8)
DATA_FRAMES = st.builds(
    lambda seq, tick, payload, schema, flags: DataFrame(
        seq, tick, 10_000, len(payload) // 12, schema, payload, wire.FrameFlag(flags)
    ),
    st.integers(0, 0xFFFF),
    st.integers(0, 2**32 - 1),
    SAMPLES.flatmap(lambda n: st.binary(min_size=12 * n, max_size=12 * n)),
    st.sampled_from([3, 128, 255]),
    st.integers(0, 255),
)
OTHER_FRAMES: st.SearchStrategy[Frame] = st.one_of(
    st.builds(wire.Command, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=300)),
    st.builds(wire.Reply, *[st.integers(0, 255)] * 3, st.binary(max_size=600)),
    st.builds(wire.LogFrame, st.integers(0, 255), st.integers(0, 2**32 - 1), st.text(max_size=40)),
    st.builds(
        wire.EventFrame,
        st.integers(0, 0xFFFF),
        st.integers(0, 2**32 - 1),
        st.integers(0, 255),
        st.integers(-(2**31), 2**31 - 1),
    ),
    st.builds(wire.SyncReply, st.integers(0, 255), *[st.integers(0, 2**64 - 1)] * 3),
)
PACKETS: st.SearchStrategy[list[tuple[int, Frame]]] = st.lists(
    st.tuples(st.integers(0, 255), st.one_of(DATA_FRAMES, OTHER_FRAMES)), max_size=6
)
CUTS = st.lists(st.integers(0, 5000), max_size=12)
Fed = tuple[list[tuple[int, Frame]], Mapping[wire.Cause, int]]


def _feed(data: bytes, cuts: list[int]) -> Fed:
    decoder = wire.Decoder()
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[first:end] for first, end in pairwise(places)]
    return [found for piece in pieces for found in decoder.feed(piece)], dict(decoder.counts)


def _stream(packets: list[tuple[int, Frame]]) -> bytes:
    return b"".join(wire.encode_packet(address, frame) for address, frame in packets)


def _mutate(draw: st.DrawFn, data: bytes) -> bytes:
    spoilt = bytearray(data)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(spoilt) - 1)))
        match draw(st.sampled_from(["flip", "delete", "insert", "truncate", "zero"])):
            case "flip" if spoilt:
                spoilt[at] ^= 1 << draw(st.integers(0, 7))
            case "zero" if spoilt:
                spoilt[at] = 0
            case "delete":
                del spoilt[at : at + draw(st.integers(1, 20))]
            case "insert":
                spoilt[at:at] = draw(st.binary(min_size=1, max_size=20))
            case "truncate":
                del spoilt[at:]
    return bytes(spoilt)


@st.composite
def spoilt_streams(draw: st.DrawFn) -> bytes:
    return _mutate(draw, _stream(draw(PACKETS)))


NOISE = st.one_of(
    st.binary(max_size=200),
    st.integers(PACKET_BYTES_MAX - 3, 3 * PACKET_BYTES_MAX).map(lambda n: b"\x01" * n),
    st.integers(PACKET_BYTES_MAX - 3, 2 * PACKET_BYTES_MAX).map(lambda n: b"\x11" * n),
)


@given(PACKETS, CUTS)
def test_what_was_sent_is_read_for_any_cut(packets: list[tuple[int, Frame]], cuts: list[int]) -> None:
    assert _feed(_stream(packets), cuts) == (packets, dict.fromkeys(wire.CAUSES, 0))


@settings(max_examples=200)
@given(st.one_of(spoilt_streams(), st.lists(st.one_of(NOISE, st.just(b"\0"))).map(b"".join)), CUTS)
def test_any_bytes_give_the_same_for_any_cut_and_never_raise(data: bytes, cuts: list[int]) -> None:
    found, counts = _feed(data, cuts)
    assert (found, counts) == _feed(data, [])
    runs = sum(bool(run) for run in data.split(b"\0")[:-1])
    assert len(found) + sum(counts.values()) == runs


@given(spoilt_streams(), NOISE, PACKETS)
def test_after_any_garbage_the_next_zero_begins_anew(
    spoilt: bytes, noise: bytes, packets: list[tuple[int, Frame]]
) -> None:
    found, _ = _feed(spoilt + noise + b"\0" + _stream(packets), [])
    assert found[len(found) - len(packets) :] == packets


@given(st.binary(max_size=1100))
def test_a_notification_is_a_frame_or_rejected(data: bytes) -> None:
    frame = wire.decode_frame(data)
    if not isinstance(frame, wire.Rejected | wire.LogFrame):  # a text mended on the way may have grown
        assert isinstance(wire.decode_frame(wire.encode_frame(frame)), type(frame))


@pytest.mark.parametrize("fill", [b"\0", b"\x55"], ids=["zeros", "no zero"])
def test_the_limit_is_the_same_for_sender_and_reader(fill: bytes) -> None:
    longest = wire.Reply(1, 2, 3, fill * (wire.FRAME_BYTES_MAX - 4))
    packet = wire.encode_packet(0, longest)
    cuts = list(range(0, len(packet), 7))
    assert _feed(packet, cuts) == _feed(packet, []) == ([(0, longest)], dict.fromkeys(wire.CAUSES, 0))

    with pytest.raises(ValueError, match="1025 bytes"):
        wire.encode_packet(0, wire.Reply(1, 2, 3, fill * (wire.FRAME_BYTES_MAX - 3)))


def test_one_byte_above_the_limit_is_long_for_any_cut() -> None:
    body = b"\0\x18" + b"\0" * wire.FRAME_BYTES_MAX
    packet = wire.cobs_encode(body + wire.crc16(body).to_bytes(2, "little")) + b"\0"
    counts = {**dict.fromkeys(wire.CAUSES, 0), "long": 1}
    assert _feed(packet, []) == _feed(packet, list(range(len(packet)))) == ([], counts)


def test_an_endless_run_is_not_kept() -> None:
    decoder = wire.Decoder()
    for _ in range(100):
        assert decoder.feed(b"\x01" * 5000) == []
    assert len(decoder._pending) == PACKET_BYTES_MAX + 1
    assert decoder.feed(b"\0" + wire.encode_packet(0, wire.Command(3, 1))) == [(0, wire.Command(3, 1))]
    assert decoder.counts["long"] == 1


@pytest.mark.parametrize("address", [-1, 256])
def test_an_address_is_a_byte(address: int) -> None:
    with pytest.raises(ValueError, match="address"):
        wire.encode_packet(address, wire.Command(3, 1))


@pytest.mark.parametrize(
    "frame",
    [
        DataFrame(65_536, 0, 1, 1, 3, b"\0" * 12),
        DataFrame(0, -1, 1, 1, 3, b"\0" * 12),
        DataFrame(0, 0, 1, 0, 3, b""),
        DataFrame(0, 0, 0, 2, 3, b"\0" * 24),
        DataFrame(0, 0, 1, 1, 3, b"\0" * 13),
        DataFrame(0, 0, 1, 1, 5, b"\0" * 12),
        wire.SyncReply(1, 2**64, 0, 0),
        wire.StatusFrame(1, 2, 3, 4, temperature_c=400.0),
    ],
    ids=repr,
)
def test_a_field_that_does_not_fit_is_refused_before_it_travels(frame: Frame) -> None:
    with pytest.raises(ValueError):
        wire.encode_frame(frame)
