"""Commands and the data of their replies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside import wire
from evenside.wire import commands as ask
from evenside.wire.commands import ARGS, unpack_args

U8, U16, U32 = st.integers(0, 255), st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)
SHORT_TEXT = st.text(max_size=8)
HELLOS = st.builds(
    wire.HelloReply,
    serial=SHORT_TEXT,
    firmware=st.text("abc.019é", max_size=12),
    boot_id=U32,
    schemas=st.lists(U8, max_size=8).map(tuple),
    period_us=U16,
    side=U8,
    site=U8,
    clock_kind=U8,
    clock_error_us=st.none() | st.integers(0, 2**32 - 2),
    frame_counter=U32,
    schema_hash=U32,
    version_min=U8,
    version_max=U8,
)


@given(HELLOS, st.binary(max_size=9))
def test_hello_comes_back_whatever_a_newer_node_appends(hello: wire.HelloReply, more: bytes) -> None:
    assert wire.HelloReply.unpack(hello.pack() + more) == hello


@given(HELLOS)
def test_hello_cut_off_anywhere_is_rejected(hello: wire.HelloReply) -> None:
    data = hello.pack()
    assert all(wire.HelloReply.unpack(data[:end]) == wire.Rejected("short") for end in range(len(data)))


def test_the_longest_hello_fits_the_smallest_link() -> None:
    longest = wire.HelloReply("s" * 32, "f" * 24, 1, tuple(range(8)), 1)
    assert len(wire.encode_frame(wire.Reply(wire.Op.HELLO, 1, 0, longest.pack()))) <= 97
    with pytest.raises(ValueError, match="33 bytes"):
        wire.HelloReply("s" * 33, "", 1, (3,), 1).pack()


@given(st.binary(max_size=60))
def test_any_reply_data_is_read_or_rejected(data: bytes) -> None:
    for kind in (wire.HelloReply, wire.StartReply, wire.BackfillReply, wire.DescribePage, wire.CalibrationPiece):
        found = kind.unpack(data)
        assert isinstance(found, kind | wire.Rejected)


@given(st.builds(wire.StartReply, U8, U16, U32, U8), st.builds(wire.BackfillReply, U32, U16))
def test_start_and_backfill_replies_come_back(start: wire.StartReply, backfill: wire.BackfillReply) -> None:
    assert wire.StartReply.unpack(start.pack()) == start
    assert wire.BackfillReply.unpack(backfill.pack()) == backfill


def test_arguments_are_read_with_something_behind_and_refused_when_cut() -> None:
    assert unpack_args(wire.Op.BACKFILL, ask.backfill(1, 70_000, 3).args + b"new") == (70_000, 3)
    for op, form in ARGS.items():
        assert (unpack_args(op, b"\0" * (form.size - 1)) is None) == (form.size > 0)


def test_tokens_wrap_and_numbers_that_do_not_fit_are_refused() -> None:
    assert ask.stop(256 + 7) == wire.Command(wire.Op.STOP, 7)
    with pytest.raises(ValueError, match="BACKFILL"):
        ask.backfill(1, -1, 3)


@given(st.integers(1, 60), st.integers(97, 244))
def test_a_description_is_put_together_from_its_pages(n: int, frame_bytes: int) -> None:
    channels = [wire.SchemaChannel(code, wire.SampleType.F64, code / 7) for code in range(1, n + 1)]
    schema = wire.Schema.of(130, channels)
    first = wire.DescribePage.of(schema, 0, frame_bytes)
    assert first is not None
    pages = [wire.DescribePage.of(schema, page, frame_bytes) for page in range(first.pages)]
    assert wire.DescribePage.of(schema, first.pages, frame_bytes) is None

    received = [wire.DescribePage.unpack(page.pack()) for page in pages if page]
    whole = [page for page in received if isinstance(page, wire.DescribePage)]
    assert wire.schema_from_pages(whole) == schema
    assert all(len(page.pack()) + 4 <= frame_bytes for page in whole)
    assert wire.schema_from_pages(whole[1:]) == wire.Rejected("schema")
    if len(whole) > 1:
        assert wire.schema_from_pages(whole[::-1]) == wire.Rejected("schema")
