"""Samples on the wire and in SI units."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside import wire
from evenside.wire.schemas import SAMPLE_BYTES_MAX, clip_flags, pack_channels, unpack_channels
from evenside_analysis.types import ACC, FORCE, GYR, POWER

TYPES = st.sampled_from(wire.SampleType)


@st.composite
def described(draw: st.DrawFn) -> wire.Schema:
    quantities = draw(st.lists(st.integers(1, 255), min_size=1, max_size=20, unique=True))
    scale = st.floats(1e-6, 1e3)
    return wire.Schema.of(
        draw(st.integers(128, 255)), [wire.SchemaChannel(code, draw(TYPES), draw(scale)) for code in quantities]
    )


def test_fixed_schemas_have_the_sizes_and_names_of_the_document() -> None:
    assert {key: schema.sample_bytes for key, schema in wire.FIXED_SCHEMAS.items()} == {1: 28, 2: 20, 3: 12, 4: 16}
    cells = tuple(f"force_{cell}" for cell in range(1, 9))
    assert wire.FIXED_SCHEMAS[1].names == (*ACC, *GYR, *cells)
    assert wire.FIXED_SCHEMAS[2].names == (*ACC, *GYR, *cells[:4])
    assert wire.FIXED_SCHEMAS[3].names == (*ACC, *GYR)
    assert wire.FIXED_SCHEMAS[4].names == cells
    assert {*ACC, *GYR, FORCE, POWER} <= set(wire.QUANTITIES.values())


def test_one_g_one_turn_and_one_hundred_newton() -> None:
    payload = struct.pack("<6h8H", 2048, 0, -32768, 16384, 0, -32768, 1000, *range(7))
    values = wire.decode_samples(wire.FIXED_SCHEMAS[1], payload)
    assert values.shape == (1, 14)
    assert values[0, :6] == pytest.approx([9.80665, 0, -156.9064, math.radians(1000), 0, -math.radians(2000)])
    assert values[0, 6:9] == pytest.approx([100.0, 0.0, 0.1])


@given(described(), st.data())
def test_any_payload_has_finite_shape_and_integers_come_back(schema: wire.Schema, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 4))
    payload = data.draw(st.binary(min_size=n * schema.sample_bytes, max_size=n * schema.sample_bytes))
    values = wire.decode_samples(schema, payload)
    assert values.shape == (n, len(schema.channels))
    if not any(channel.type.is_float for channel in schema.channels):
        assert wire.encode_samples(schema, values) == payload


@given(st.binary(min_size=16, max_size=16))
def test_float64_with_scale_one_keeps_every_bit_even_of_a_nan(payload: bytes) -> None:
    schema = wire.Schema.of(200, [wire.SchemaChannel.named(name, wire.SampleType.F64) for name in ("acc_x", "force")])
    values = wire.decode_samples(schema, payload)
    assert values.tobytes() == payload
    assert wire.encode_samples(schema, values) == payload


def test_floats_that_no_arithmetic_likes_are_read() -> None:
    channels = [
        wire.SchemaChannel.named("acc_x", wire.SampleType.F64, 683.0),
        wire.SchemaChannel.named("acc_y", wire.SampleType.F32, 2.0),
    ]
    schema = wire.Schema.of(128, channels)
    signalling = b"\0\0\x81\x7f"
    values = wire.decode_samples(schema, struct.pack("<d", 1.7e308) + signalling)
    assert values[0, 0] == math.inf
    assert np.isnan(values[0, 1])
    assert wire.decode_samples(schema, wire.encode_samples(schema, np.array([[-1e306, 1e300]])))[0, 1] == math.inf


def test_values_saturate_round_and_say_that_they_clip() -> None:
    schema = wire.FIXED_SCHEMAS[1]
    row = np.zeros((1, 14))
    assert clip_flags(schema, wire.encode_samples(schema, row)) == wire.FrameFlag.NONE
    row[0, [0, 5, 13]] = [1e9, -1e9, 1e9]
    payload = wire.encode_samples(schema, row)
    flags = wire.FrameFlag.ACC_CLIPPED | wire.FrameFlag.GYR_CLIPPED | wire.FrameFlag.FORCE_SATURATED
    assert struct.unpack("<6h8H", payload)[::13] == (32767, 65535)
    assert clip_flags(schema, payload) == flags
    cells = wire.encode_samples(wire.FIXED_SCHEMAS[4], np.array([[0.06, 0.04, -3.0, 0.25, 0, 0, 0, 0]]))
    assert struct.unpack("<8H", cells)[:4] == (1, 0, 0, 2)


def test_no_nan_in_an_integer_channel_and_no_wrong_shape() -> None:
    schema = wire.FIXED_SCHEMAS[3]
    with pytest.raises(ValueError, match="NaN"):
        wire.encode_samples(schema, np.full((2, 6), np.nan))
    with pytest.raises(ValueError, match="shape"):
        wire.encode_samples(schema, np.zeros((2, 5)))
    with pytest.raises(ValueError):
        wire.decode_samples(schema, b"\0" * 13)


@given(described())
def test_a_description_comes_back_and_an_unknown_quantity_keeps_its_place(schema: wire.Schema) -> None:
    assert unpack_channels(pack_channels(schema.channels)) == schema.channels
    assert len(set(schema.names)) == len(schema.channels)


def test_descriptions_that_cannot_be_read_are_refused() -> None:
    channel = wire.SchemaChannel.named("acc_x", wire.SampleType.F64)
    assert unpack_channels(pack_channels([channel])[:-1]) is None
    assert unpack_channels(b"\x01\x09" + b"\0" * 8) is None
    for channels in ([], [channel, channel], [wire.SchemaChannel(1, wire.SampleType.S16, 0.0)]):
        with pytest.raises(ValueError):
            wire.Schema.of(128, channels)
    with pytest.raises(ValueError, match=f"of {SAMPLE_BYTES_MAX} bytes"):
        wire.Schema.of(128, [wire.SchemaChannel(code, wire.SampleType.F64, 1.0) for code in range(1, 129)])
    with pytest.raises(ValueError, match="no quantity"):
        wire.SchemaChannel.named("pace", wire.SampleType.F64)


def test_the_hash_changes_with_any_scale() -> None:
    channels = [wire.SchemaChannel.named("power", wire.SampleType.F32, scale) for scale in (1.0, 2.0)]
    assert len({wire.schema_hash([wire.Schema.of(128, [channel])]) for channel in channels}) == 2
