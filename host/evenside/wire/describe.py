"""The answer to DESCRIBE: a schema in pages, each small enough for one frame of the link, and put together again.

A page that is damaged, out of order or missing makes the whole description ``Rejected``: half a sample cannot be read.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from evenside.wire.frames import Rejected
from evenside.wire.schemas import CHANNEL_BYTES, Schema, SchemaChannel, pack_channels, unpack_channels

__all__ = ["DescribePage", "schema_from_pages"]

REPLY_BYTES = 4  # of a command reply in front of its data
_HEAD = struct.Struct("<BBBB")


@dataclass(frozen=True, slots=True)
class DescribePage:
    """Some channels of a schema: pages 0 to ``pages`` - 1 in a row are all of them."""

    schema: int
    page: int
    pages: int
    channels_total: int
    channels: tuple[SchemaChannel, ...]

    def pack(self) -> bytes:
        head = _HEAD.pack(self.schema, self.page, self.pages, self.channels_total)
        return head + pack_channels(self.channels)

    @staticmethod
    def unpack(data: bytes) -> DescribePage | Rejected:
        if len(data) < _HEAD.size:
            return Rejected("short")
        channels = unpack_channels(data[_HEAD.size :])
        schema, page, pages, total = _HEAD.unpack_from(data)
        return Rejected("schema") if channels is None else DescribePage(schema, page, pages, total, channels)

    @staticmethod
    def of(schema: Schema, page: int, frame_bytes_max: int) -> DescribePage | None:
        """Page ``page`` where replies may have ``frame_bytes_max`` bytes, or None where there is no such page."""
        fit = max(1, (frame_bytes_max - REPLY_BYTES - _HEAD.size) // CHANNEL_BYTES)
        total = len(schema.channels)
        pages = -(-total // fit)
        channels = schema.channels[page * fit : (page + 1) * fit]
        return DescribePage(schema.id, page, pages, total, channels) if page < pages else None


def schema_from_pages(pages: Sequence[DescribePage]) -> Schema | Rejected:
    """The schema that these pages describe together, all of them, in order."""
    channels = tuple(channel for page in pages for channel in page.channels)
    in_order = all(page.page == at and page.pages == len(pages) for at, page in enumerate(pages))
    if not pages or not in_order or len({page.schema for page in pages}) != 1:
        return Rejected("schema")
    if len(channels) != pages[0].channels_total:
        return Rejected("schema")
    try:
        return Schema.of(pages[0].schema, channels)
    except ValueError:
        return Rejected("schema")
