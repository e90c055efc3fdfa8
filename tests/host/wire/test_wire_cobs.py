"""COBS against the package ``cobs`` of the index, which others use too."""

from __future__ import annotations

from cobs import cobs as oracle
from hypothesis import given
from hypothesis import strategies as st

from evenside.wire.cobs import cobs_decode, cobs_encode, encoded_bytes_max

# Runs of one byte reach the 254 and 508 bytes where the format turns; plain binary would hardly ever.
RUNS = st.lists(st.tuples(st.sampled_from([0, 1, 255]), st.sampled_from([1, 2, 253, 254, 255, 508]))).map(
    lambda runs: b"".join(bytes((value,)) * length for value, length in runs)
)
DATA = st.one_of(st.binary(max_size=600), RUNS)


@given(DATA)
def test_encoding_is_the_oracles_and_comes_back(data: bytes) -> None:
    encoded = cobs_encode(data)
    assert encoded == oracle.encode(data)
    assert 0 not in encoded
    assert len(encoded) <= encoded_bytes_max(len(data))
    assert cobs_decode(encoded) == data


@given(st.one_of(st.binary(min_size=1, max_size=300), DATA.map(cobs_encode).map(lambda data: data[:-1])))
def test_decoding_refuses_what_the_oracle_refuses(data: bytes) -> None:
    try:
        expected = oracle.decode(data) if data else None
    except oracle.DecodeError:
        expected = None
    assert cobs_decode(data) == expected


def test_the_longest_encoding_is_reached() -> None:
    assert all(len(cobs_encode(b"\1" * n + b"\0")) <= encoded_bytes_max(n + 1) for n in range(600))
    assert len(cobs_encode(b"\1" * 1027)) == encoded_bytes_max(1027) == 1032
