"""The bytes of a blob: golden ones, the choice of counts or floats, and anything that is no blob."""

from __future__ import annotations

import zlib
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.readers.evenside_recording.blobs import Encoding, Rows, counts_of, pack, unpack, values_of

TIMES = np.array([5_000_000, 5_010_000, 5_020_001], np.int64)


def test_the_layout_of_counts_is_this() -> None:
    values = np.array([[1.0, 2.0], [nan, 512.0], [-1.0, 2.0]]) * 0.5
    rows = counts_of(TIMES, values, (0.5, 0.5))
    assert rows.encoding == "i2"
    raw = zlib.decompress(pack(rows))
    assert raw.hex(" ", 2) == bytes.fromhex(
        "01 02 0200"  # version, flags, channels
        "10270000 11270000"  # 10000 us, 10001 us
        "20"  # the third cell is missing
        "01 ff ff 02 fe 02"  # low bytes: 1, -1, -1 and 2, 510, -510
        "00 ff ff 00 01 fe"  # high bytes
    ).hex(" ", 2)  # fmt: skip


def test_the_layout_of_floats_is_this() -> None:
    raw = zlib.decompress(pack(counts_of(TIMES[:1], np.array([[1.0]]), None)))
    assert raw == bytes.fromhex("01 00 0100 00 00 00 00 00 00 f0 3f")


@pytest.mark.parametrize(
    ("values", "encoding"),
    [
        ([0.0, 1.0, -32767.0], "i2"),
        ([0.0, nan, 32768.0], "i4"),
        ([nan, nan], "i2"),
        ([2.0**31], "f8"),
        ([-0.0], "f8"),
        ([0.5], "f8"),
        ([np.inf], "f8"),
        ([1e300, nan], "f8"),
    ],
)
def test_counts_are_kept_only_where_no_bit_is_lost(values: list[float], encoding: Encoding) -> None:
    column = np.array(values)[:, np.newaxis]
    rows = counts_of(np.arange(len(values), dtype=np.int64), column, (1.0,))
    assert rows.encoding == encoding
    again = values_of(unpack(encoding, 0, len(values), pack(rows)), (1.0,))
    assert again.tobytes() == column.tobytes()


def test_another_nan_keeps_its_bits() -> None:
    odd = np.array([0x7FF0_0000_0000_0001, 0x7FF8_0000_0000_0000, -1]).view(np.float64)[:, np.newaxis]
    rows = counts_of(TIMES, odd, (1.0,))
    assert values_of(unpack("f8", 5_000_000, 3, pack(rows)), (1.0,)).tobytes() == odd.tobytes()


@pytest.mark.parametrize("scale", [0.0, nan, np.inf])
def test_a_senseless_scale_keeps_the_floats(scale: float) -> None:
    values = np.array([[1.25], [2.0], [nan]])
    rows = counts_of(TIMES, values, (scale,))
    assert rows.encoding == "f8"
    assert values_of(rows, (scale,)).tobytes() == values.tobytes()


def test_steps_of_hours_are_kept() -> None:
    times = np.array([-(1 << 50), 0, 1, 1 << 51], np.int64)
    rows = unpack("f8", int(times[0]), 4, pack(Rows(times, np.zeros((4, 1)))))
    assert rows.time_us.tolist() == times.tolist()


@given(
    blob=st.one_of(
        st.binary(max_size=60),
        st.binary(max_size=60).map(zlib.compress),
        st.binary(max_size=30).map(lambda rest: zlib.compress(b"\x01\x00\x01\x00" + rest)),
    ),
    count=st.integers(-2, 5),
    encoding=st.sampled_from(["i2", "i4", "f8"]),
)
def test_anything_else_is_refused_or_makes_whole_rows(blob: bytes, count: int, encoding: Encoding) -> None:
    try:
        rows = unpack(encoding, 0, count, blob)
    except ValueError:
        return
    assert rows.cells.shape[0] == rows.time_us.size == count


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed(place: int, bit: int) -> None:
    rows = Rows(TIMES, np.array([[1], [2], [3]], np.int16))
    blob = bytearray(pack(rows))
    blob[place % len(blob)] ^= 1 << bit
    try:
        found = unpack("i2", 5_000_000, 3, bytes(blob))
    except ValueError:
        return
    assert found.cells.tolist() == [[1], [2], [3]]  # a bit of the header that says nothing about the content
