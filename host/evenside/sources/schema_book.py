"""What a device has told of its schemas: the fixed ones are known, the others are described page by page.

A description that cannot be read makes its schema unusable, not the device.
"""

from __future__ import annotations

from collections.abc import Sequence

from evenside.wire import (
    CLOCK_ERROR,
    FIXED_SCHEMAS,
    DescribePage,
    HelloReply,
    Rejected,
    Reply,
    Result,
    Schema,
    schema_from_pages,
)
from evenside_analysis.types import FORCE

__all__ = ["SchemaBook", "channels_of", "scale_of"]


class SchemaBook:
    """Of one device, as long as its ``schema_hash`` stays."""

    def __init__(self, hello: HelloReply) -> None:
        self._listed = hello.schemas
        self._known: dict[int, Schema | None] = {**FIXED_SCHEMAS}  # None: cannot be read
        self._pages: list[DescribePage] = []

    def unknown(self) -> tuple[int, int] | None:
        """Schema and page to ask for next, or None."""
        missing = [name for name in self._listed if name not in self._known]
        return (missing[0], len(self._pages)) if missing else None

    def offered(self) -> list[Schema]:
        """What can be had, the preferred one first."""
        return [schema for name in self._listed if (schema := self._known.get(name)) is not None]

    def describe(self, schema: int, reply: Reply) -> None:
        """The answer to DESCRIBE of the page that ``unknown`` named."""
        page = DescribePage.unpack(reply.data) if reply.result == Result.OK else Rejected("schema")
        if isinstance(page, DescribePage) and (page.schema, page.page) == (schema, len(self._pages)):
            self._pages.append(page)
            if len(self._pages) < page.pages:
                return
        found = schema_from_pages(self._pages)
        self._pages = []
        self._known[schema] = found if isinstance(found, Schema) and found.id == schema else None


def channels_of(offered: Sequence[Schema]) -> tuple[str, ...]:
    """What a node of the preferred schema measures, its force cells as the one force that they make up."""
    names = offered[0].names if offered else ()
    measured = (name for name in names if name != CLOCK_ERROR)
    return tuple(dict.fromkeys(FORCE if name.startswith("force_") else name for name in measured))


def scale_of(offered: Sequence[Schema]) -> tuple[float, ...]:
    """The SI value of one count of each of these channels; () where they are floats, or a force adds up cells."""
    sent = offered[0].channels if offered else ()
    if channels_of(offered) != tuple(channel.name for channel in sent):
        return ()
    return () if any(channel.type.is_float for channel in sent) else tuple(channel.scale for channel in sent)
